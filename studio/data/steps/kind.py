"""What a step of preprocessing is: what it makes of a sample, how it is fitted. Each family has its own file.

A step in the project file is a name and options. Fitted on the training samples it becomes operations, plain
JSON with numbers, which `operations` applies to any tensor: those are kept with the run and exported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from studio.data.layout import Layout
from studio.data.rows import Stored, parts
from studio.data.source import DataError
from studio.data.steps.options import Option, Values
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

CHUNK, CHUNK_NUMBERS = 4096, 2**25
"""samples that are turned into float64 at a time, fewer where they are large"""
Operation = Mapping[str, Any]


class UnfitError(DataError):
    """A step that does not fit the samples that reach it: why, and the cure."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What a step is fitted on: training samples `x` (N, ...) as stored, `y`; `before` is done to `x`."""

    x: Tensor | Stored
    y: Tensor
    before: tuple[Operation, ...]
    task: str

    def chunks(self) -> Iterator[Tensor]:
        """The samples as they reach the step, some at a time, float64 (n, ...)."""
        import torch

        from studio.data.steps import operations

        # what is only scaled is not rounded to float32 on the way to its mean
        factors = [step["factor"] for step in self.before if step["type"] == "scale"]
        plain = len(factors) == len(self.before) <= 1
        for part in parts(self.x, max(1, min(CHUNK, CHUNK_NUMBERS // max(1, self.x[:1].numel())))):
            if plain:
                yield part.to(torch.float64).mul_(factors[0] if factors else 1.0)
            else:
                yield operations.apply(self.before, part).to(torch.float64)

    def column(self, place: int, axis: int = 1) -> NDArray[Any]:
        """One column of them, (N * ..., 1) float64."""
        import torch

        if not self.before and isinstance(self.x, Stored) and self.x.dim() == 2:
            return self.x.all[:, place][self.x.order].unsqueeze(1).to(torch.float64).numpy()
        if not self.before:  # what is only stored need not be turned as a whole for each of its columns
            found = [part.select(axis, place).reshape(-1, 1) for part in parts(self.x, CHUNK)]
            return torch.cat(found).to(torch.float64).numpy()
        found = [part.select(axis, place).reshape(-1, 1) for part in self.chunks()]
        return torch.cat(found).numpy()

    def some(self, most: int) -> Samples:
        """The same, or where there are more than `most` samples as many of them, evenly spread."""
        import torch

        if len(self.x) <= most:
            return self
        index = torch.linspace(0, len(self.x) - 1, most, dtype=torch.float64).long()
        return replace(self, x=self.x[index], y=self.y[index])

    def rows(self, axis: int = 1) -> NDArray[Any]:
        """All samples at once, (N * ..., columns) float64: the columns lie along `axis`."""
        import torch

        found = [part.movedim(axis, -1).reshape(-1, part.shape[axis]) for part in self.chunks()]
        return torch.cat(found).numpy()


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a step became, and what is known of the samples after it now: the true names of the columns."""

    operations: tuple[Operation, ...]
    layout: Layout


@dataclass(frozen=True, slots=True)
class StepKind:
    """One type of step.

    `after(layout, options)` is the layout behind it; it raises UnfitError where the step does not fit. `fit`
    does the work. `says` is the step in one line of words. `begin(layout)` are the options that a person who
    adds it starts from, as far as they follow from the data.
    """

    type: str
    title: Message
    about: Message
    options: tuple[Option, ...]
    after: Callable[[Layout, Values], Layout]
    fit: Callable[[Samples, Layout, Values], Fitted]
    says: Callable[[Values], Message]
    begin: Callable[[Layout], dict[str, Any]] = field(default=lambda layout: {})


def named(layout: Layout, names: list[str] | None) -> None:
    """Raises UnfitError where one of the columns is not there."""
    strange = [name for name in names or () if name not in layout.names]
    if strange:
        raise UnfitError(
            Message(
                "there is no column {name} here; there are {known}",
                name=strange[0],
                known=", ".join(layout.names) or "–",
            )
        )


def numbers_only(layout: Layout) -> None:
    """Raises UnfitError for anything but a table whose columns are all numbers."""
    if layout.kind != "table":
        raise UnfitError(Message("it is for tables"))
    other = next((column for column in layout.columns if not column.number), None)
    if other is not None:
        raise UnfitError(
            Message(
                "the column {name} is no number yet: put the step that makes numbers of it before this one",
                name=other.name,
            )
        )
