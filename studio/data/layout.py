"""What a sample is between two steps of preprocessing: known before anything is read. Knows no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

TABLE, IMAGE, SERIES, GAME, OTHER = "table", "image", "series", "game", "other"
TEXT, PIECES, TOKENS = "text", "pieces", "tokens"
"""texts as they are stored, pieces of a long one, and the numbers of their tokens"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table or a series. `values` are those of a category; a `date` is days since 2000."""

    name: str
    values: tuple[str, ...] = ()
    date: bool = False
    input: str = ""
    """where a network has several inputs, the one that it goes to"""

    @property
    def number(self) -> bool:
        return not self.values and not self.date


@dataclass(frozen=True, slots=True)
class Layout:
    """`shape` is one sample's, without the batch; `axis` the dimension of (N, ...) where its columns lie.

    `columns` are those of tables and series, by their names; of images `axis` is that of the channels.
    """

    kind: str
    shape: tuple[int, ...]
    axis: int = 1
    columns: tuple[Column, ...] = ()
    each_pixel: bool = False
    """whether each pixel of an image has a class of its own, which has to stay where it is"""

    @property
    def width(self) -> int:
        """How many columns, or channels, there are."""
        return self.shape[self.axis - 1] if self.shape else 0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The places of the columns that are numbers; of what has no columns, of all channels."""
        if not self.columns:
            return tuple(range(self.width))
        return tuple(i for i, column in enumerate(self.columns) if column.number)

    def places(self, names: Sequence[str] | None) -> tuple[int, ...]:
        """The places of the named columns of numbers, or of all. A name that is not there has none."""
        if names is None:
            return self.numbers
        return tuple(i for i in self.numbers if self.columns and self.columns[i].name in names)

    def of_columns(self, columns: Iterable[Column]) -> Layout:
        """The same with other columns, as many as there now are."""
        found = tuple(columns)
        shape = list(self.shape)
        shape[self.axis - 1] = len(found)
        return replace(self, shape=tuple(shape), columns=found)
