"""What a data source is: what it says of itself without being read, and what reading it gives.

The sources themselves lie in `sources/`, one file each. Knows no torch until something is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from studio.data import layout
from studio.data.layout import Layout
from studio.data.watching import Watch, quiet
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import Tensor

    from studio.data.faults import Faults
    from studio.data.rows import Stored
    from studio.data.texts import Tokens


class DataError(NetloomError):
    """The data cannot be read or does not fit: where, what was expected, and the cure."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source looks: the folder the person named, and whether it may fetch what is missing.

    `watch` is told how far the reading is.
    """

    folder: Path | None = None
    download: bool = False
    watch: Watch = quiet

    def named(self, title: Message) -> Path:
        """The folder, for the source `title` that needs one. Raises DataError where none is named."""
        if self.folder is None:
            raise DataError(
                Message(
                    "{title} is read from a folder, and none is named. Choose its folder (data.root).",
                    title=title,
                )
            )
        return self.folder


@dataclass(frozen=True, slots=True)
class SplitColumn:
    """What the files say of each sample beside what the network sees: as text, "" where nothing stands.

    `lines` are those of the file, empty where there are none.
    """

    name: str
    values: Sequence[str]
    lines: Sequence[int] = ()

    def place(self, sample: int) -> Message:
        """Where a sample's value stands, for a person."""
        if len(self.lines):
            return Message("line {line}", line=self.lines[sample])
        return Message("sample {number}", number=sample + 1)


@dataclass(frozen=True, slots=True)
class Raw:
    """What reading gives: `x` (N, ...) as stored, uint8 or float32; `y` by what the source is for.

    `y` is (N,) int64 classes, (N, columns) float32, (N, labels) float32 of 0 and 1, or (N, H, W) int64.
    A source with a test set of its own has it in `own_test`, x and y. `column` gives those of
    `SourceInfo.split_columns` for the samples of `x`. `place` says where one of
    them lies. `faults` are those that were skipped.
    """

    x: Tensor | Stored
    y: Tensor
    own_test: tuple[Tensor | Stored, Tensor] | None = None
    column: Callable[[str], SplitColumn] | None = None
    place: Callable[[int], Message] | None = None
    faults: Faults | None = None

    @property
    def parts(self) -> tuple[tuple[Tensor | Stored, Tensor], ...]:
        """Everything that was read, as (x, y)."""
        own = (self.x, self.y)
        return (own,) if self.own_test is None else (own, self.own_test)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source as it is known before it is read.

    `shape` is one sample's, without the batch; `scale` is what stored values are multiplied by first;
    `task` is what it is for, by the name of the usual objective: "classification", "regression",
    "multilabel", "segmentation" or "dqn"; `outputs` the number of classes, labels, columns or actions;
    `test_samples` those of its own test set.
    """

    name: str
    title: Message
    description: Message
    task: str
    shape: tuple[int, ...]
    samples: int
    outputs: int
    load: Callable[[Place], Raw]
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    scale: float = 1.0
    needs_root: bool = False
    test_samples: int = 0
    files: str = ""
    """what lies in the folder the person names, relative to it"""
    categories: tuple[tuple[str, ...], ...] = ()
    """of a table with categories: a column's values, none for one of numbers (see `Preprocessing`)"""
    dates: tuple[str, ...] = ()
    """of a table, the columns that are days since 2000"""
    dtype: str = "float32"
    """what the network is given"""
    made: bool = False
    """whether it was thought up to teach, and never measured"""
    brought: bool = False
    """whether it is a file of the person's own, so that what it holds was looked up"""
    environment: str = ""
    """of games: their name in Gymnasium; a sample is how one starts, and is never standardised"""

    ordered: bool = False
    """whether the samples follow each other in time, so that later ones validate and test"""
    split_columns: tuple[str, ...] = ()
    """columns by which samples may be split, as groups, by time or as they say themselves"""
    parted: str | None = None
    """of these, the one by which samples are split where nobody says otherwise: the files part them"""
    channel: int = 1
    """the dimension of (N, ...) along which values are standardised"""
    tokens: Tokens | None = None
    """of texts: how they are cut; what is stored of one are its code points"""

    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """of a table, the columns of each input by its name; empty where the network has one input"""
    after: Layout | None = None
    """what the steps of preprocessing make of a sample, where a project says which they are"""

    @property
    def stored(self) -> Layout:
        """One sample as it is read, before any preprocessing."""
        names = self.feature_names
        if self.tokens is not None:
            return Layout(layout.PIECES if self.task == "language" else layout.TEXT, self.shape)
        if self.environment:
            return Layout(layout.GAME, self.shape)
        if len(self.shape) == 3:
            return Layout(layout.IMAGE, self.shape, each_pixel=self.task == "segmentation")
        if len(self.shape) == 1:
            values = self.categories or ((),) * self.shape[0]
            called = names or tuple(f"x{i}" for i in range(self.shape[0]))
            into = {column: name for name, columns in self.inputs.items() for column in columns}
            columns = tuple(
                layout.Column(n, v, n in self.dates, into.get(n, ""))
                for n, v in zip(called, values, strict=True)
            )
            return Layout(layout.TABLE, self.shape, 1, columns)
        if len(self.shape) == 2 and self.ordered:
            known = names if len(names) == self.shape[self.channel - 1] else ()
            columns = tuple(layout.Column(name, date=name in self.dates) for name in known)
            return Layout(layout.SERIES, self.shape, self.channel, columns)
        return Layout(layout.OTHER, self.shape, self.channel)

    @property
    def given(self) -> tuple[int, ...]:
        """One sample's shape as the network gets it, without the batch."""
        if self.tokens is not None and self.after is None:
            return (self.tokens.length,)
        return self.shape if self.after is None else self.after.shape

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that the network gets."""
        return self.feature_names if self.after is None else self.after.names

    @property
    def counts(self) -> tuple[int, ...]:
        """How many samples: all of them, or those to train on and those of its own test set."""
        return (self.samples, self.test_samples) if self.test_samples else (self.samples,)
