"""Whether what a node gives fits another, by the shapes that are known, and the node that would make it fit.

Shapes are those of the last analysis: nothing is worked out here. Knows no Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.catalog import ranks, table
from studio.compiler.analysis import TensorSpec
from studio.graph.model import Node
from studio.graph.values import Json
from studio.words import Message

Fix = tuple[str, Mapping[str, Json]]
"""the type of a node and its values"""
FLATTEN: Fix = ("nn.Flatten", {})
IMAGE = 4
"""so many dimensions are a picture; a Linear layer behind one is nearly always meant to see all of it"""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a wire would not do what one expects, and what goes between to mend it."""

    reason: Message
    fix: Fix | None = None

    @property
    def advice(self) -> Message | None:
        """What letting go does."""
        if self.fix is None:
            return None
        return Message("{type} goes between; with Shift it does not", type=table.label(self.fix[0]))


def misfit(source: str, given: TensorSpec | None, taker: Node) -> Misfit | None:
    """What is wrong with a wire from `source`, which gives `given`, to `taker`, as far as that is known."""
    if given is None:
        return None
    have, wanted = len(given.shape), ranks.wanted(taker.type)
    if wanted and have not in wanted:
        text = Message(
            "{node} works on {form}, {source} gives {shape}.",
            node=taker.id,
            form=ranks.form(taker.type),
            source=source,
            shape=str(given),
        )
        return Misfit(text, _fix(have, wanted[0]))
    if taker.type == "nn.Linear" and have >= IMAGE:
        text = Message(
            "{node} works on the last dimension alone, {source} gives {shape}.",
            node=taker.id,
            source=source,
            shape=str(given),
        )
        return Misfit(text, FLATTEN)
    return None


def _fix(have: int, want: int) -> Fix | None:
    """What brings `have` dimensions to `want`."""
    if have > want:
        return FLATTEN if want == 2 else ("torch.flatten", {"start_dim": want - 1})
    return ("torch.unsqueeze", {"dim": 1}) if have == want - 1 else None
