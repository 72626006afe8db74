"""A network while it is being read: one for each call of a module that is not itself a layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from studio.catalog import ports
from studio.graph import naming
from studio.graph.model import INPUT, OUTPUT, Network, Node
from studio.graph.values import Json
from studio.importing.report import Note


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a module asked about sizes: whether `said`, a comparison, holds.

    `one` and `other` are what is so in the two runs, `answer` is what the module was told, `place` counts the
    nodes that were there before, and `sizes` are those that it follows from: the id of a tensor, a dimension.
    """

    said: Json
    one: bool
    other: bool
    answer: bool
    place: int
    sizes: tuple[tuple[int, int], ...] = ()


@dataclass(eq=False, slots=True)
class Scope:
    """What is known of one call of `module`, which lies at `path` in the whole.

    `tensors` and `lengths` say under which reference a value is known here: by the id of the tensor, by the
    formula of the length, by the ids of the tensors in a list. `children` are the calls within, by the id of
    their node.
    """

    module: nn.Module
    path: str
    parent: Scope | None = None
    nodes: dict[str, Node] = field(default_factory=dict)
    tensors: dict[int, Json] = field(default_factory=dict)
    lengths: dict[Any, Json] = field(default_factory=dict)
    lists: dict[tuple[int, ...], Json] = field(default_factory=dict)
    given: list[Json] = field(default_factory=list)
    """what the parent hands to each input, in their order"""
    children: dict[str, Scope] = field(default_factory=dict)
    stale: set[int] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    upon: set[str] = field(default_factory=set)
    """the paths of layers that do more besides: what they hold has nodes beside them"""
    plan: tuple[bool, ...] = ()
    """the first answers; what is asked beyond them is answered as the first run would have it"""
    asked: dict[Any, Question] = field(default_factory=dict)
    when: dict[str, dict[str, bool]] = field(default_factory=dict)
    """of a node that counts only where comparisons hold, or do not: these, as text"""
    notes: list[Note] = field(default_factory=list)

    def __post_init__(self) -> None:
        members = (*self.module._modules, *self.module._parameters, *self.module._buffers)  # noqa: SLF001
        self.taken.update(members)

    @property
    def name(self) -> str:
        return type(self.module).__name__

    def free(self, wanted: str) -> str:
        """`wanted` where no node or member has that name, else the next number of it."""
        if naming.fault(wanted):
            wanted = "x"
        return wanted if wanted not in self.taken else naming.fresh(wanted, self.taken)

    def answer(self, key: Any) -> bool | None:
        """What this call, or one around it, was told when it asked the same."""
        if key in self.asked:
            return self.asked[key].answer
        return self.parent.answer(key) if self.parent is not None else None

    def ask(self, key: Any, said: Json, one: bool, other: bool) -> bool:
        """What the call is told that asks whether `said` holds. `key` is equal for the same question."""
        place = len(self.asked)
        answer = self.plan[place] if place < len(self.plan) else one
        self.asked[key] = Question(said, one, other, answer, len(self.nodes), tuple(_sizes(key)))
        return answer

    def add(self, node: Node) -> Json:
        """Appends a node; returns the reference to what it gives."""
        self.nodes[node.id] = node
        self.taken.add(node.id)
        return {"n": node.id}

    def input(self, wanted: str, given: Json) -> Json:
        """One more input, which the parent hands `given`."""
        self.given.append(given)
        return self.add(Node(self.free(wanted), INPUT))

    def output(self, wanted: str, value: Json) -> None:
        self.add(Node(self.free(wanted), OUTPUT, args=(value,)))

    def network(self) -> Network:
        """Inputs first, then the calls in the order they were made."""
        ordered: Iterable[Node] = sorted(self.nodes.values(), key=lambda node: node.type != INPUT)
        return Network({node.id: node for node in ordered})


def _sizes(key: Any) -> Iterator[tuple[int, int]]:
    """The sizes in a formula, as `memory.key_of` tells it apart."""
    if isinstance(key, tuple):
        if len(key) == 3 and key[0] == "size":
            yield key[1:]
        else:
            for part in key:
                yield from _sizes(part)


def picked(node: Node, place: int | None) -> Json:
    """Output `place` of a node; one that the catalogue does not tell apart is taken out by its number."""
    if place is None:
        return {"n": node.id}
    if len(ports.outputs(node)) > 1 and place < len(ports.outputs(node)):
        return {"n": node.id, "i": place}
    return {"getitem": [{"n": node.id}, place]}
