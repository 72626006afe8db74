"""Several inputs of an exported file: which columns of the stored and of the prepared table each takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from studio.export.formats import ExportError
from studio.graph.model import INPUT
from studio.words import Message

if TYPE_CHECKING:
    from studio.data.preprocessing import Preprocessing
    from studio.training.runs import Run


@dataclass(frozen=True, slots=True)
class Cut:
    """In the order of the network's inputs: the places of the stored columns of each, and where its prepared
    ones begin and end. `names` are those of all stored columns, `prepared_names` of all prepared ones.
    """

    stored: tuple[tuple[int, ...], ...]
    prepared: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    prepared_names: tuple[str, ...]

    def apart(self, x: Tensor, raw: bool) -> tuple[Tensor, ...]:
        """What each input takes of rows (N, columns), as they are stored (`raw`) or prepared."""
        if raw:
            return tuple(x[:, list(places)] for places in self.stored)
        return tuple(x[:, first:end] for first, end in self.prepared)

    def together(self, inputs: Sequence[Tensor]) -> Tensor:
        """The stored rows (N, columns) of what the inputs take of them."""
        order = [place for places in self.stored for place in places]
        rows = torch.cat(list(inputs), 1)
        if order == sorted(order):
            return rows
        return rows[:, sorted(range(len(order)), key=order.__getitem__)]

    def columns(self, number: int, raw: bool) -> list[str]:
        """The names of the columns of an input."""
        if raw:
            return [self.names[place] for place in self.stored[number]]
        return list(self.prepared_names[slice(*self.prepared[number])])


def of(run: Run) -> Cut | None:
    """How the data of a run are shared out to the inputs of its network; None where there is one."""
    from studio.data.sources import known

    inputs = [node.id for node in run.project.networks[run.settings.network].of_type(INPUT)]

    info = known(run.project.data)
    if not run.context.names or info is None:
        return None
    columns, places = info.stored.columns, run.context.columns
    return Cut(
        tuple(tuple(i for i, c in enumerate(columns) if c.input == name) for name in inputs),
        tuple((places[name].start, places[name].stop) for name in inputs),
        tuple(column.name for column in columns),
        tuple(run.record["data"]["feature_names"]),
    )


class DeployedApart(nn.Module):
    """A network of several inputs behind its preprocessing: takes what is stored of each, (N, columns).

    Raises ExportError where the data have columns that no input takes: they are not at hand to be prepared.
    """

    def __init__(self, network: nn.Module, preprocessing: Preprocessing, cut: Cut) -> None:
        super().__init__()
        self.network = network
        self._preprocessing, self._cut = preprocessing, cut
        taken = {place for places in cut.stored for place in places}
        left = [name for place, name in enumerate(cut.names) if place not in taken]
        if left:
            raise ExportError(
                Message(
                    "No input of the network takes {columns}, which the preprocessing was fitted with. Give "
                    "them to another input, or export without preprocessing.",
                    columns=", ".join(left),
                )
            )

    def forward(self, *inputs: Tensor) -> Any:
        x = self._preprocessing.apply(self._cut.together(inputs))
        return self.network(*self._cut.apart(x, raw=False))
