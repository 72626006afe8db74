"""What no document can hold of a module: a node that says what is there, with the shapes it gives.

Reading goes on behind it with tensors of those shapes. See docs/decisions/0127-opaque-nodes.md.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from studio.catalog import ports, table
from studio.graph.model import INPUT, OPAQUE, OUTPUT, Node
from studio.graph.values import Json
from studio.importing import trees
from studio.importing.errors import SizeDependentError, UntraceableError
from studio.importing.memory import Memory
from studio.importing.report import Note
from studio.importing.scope import Scope
from studio.importing.sizes import Length, depends, first, second
from studio.words import Message

REST = "rest"
"""the id of the node for what follows where a module was read in part, and the mark of such a node"""


def results(
    part: nn.Module,
    training: bool,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    partner: Callable[[Tensor], Tensor],
) -> tuple[Any, Any]:
    """What a module gives in either run, its tensors without memory: it runs on random numbers, in a copy.

    Raises UntraceableError where it fails, SizeDependentError where the second run gives something else.
    """
    if any(tensor.is_meta for tensor in (*part.parameters(), *part.buffers())):
        raise UntraceableError(Message("its weights have no values to run it with"))
    runs = []
    for number, beside in ((first, None), (second, partner)):

        def drawn(tensor: Tensor, beside: Callable[[Tensor], Tensor] | None = beside) -> Tensor:
            return random(tensor if beside is None else beside(tensor))

        given, named = trees.mapped((args, dict(kwargs)), number, drawn)
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            try:
                made = copy.deepcopy(part).train(training)(*given, **named)
            except Exception as error:
                reason = Message(
                    "{kind}: {reason}", kind=type(error).__name__, reason=str(error).partition("\n")[0]
                )
                raise UntraceableError(reason) from error
        runs.append(trees.mapped(made, lambda n: n, lambda t: t.to("meta")))
    plain = [[None if isinstance(v, Tensor) else v for v in trees.flat(run)] for run in runs]
    if plain[0] != plain[1]:
        raise SizeDependentError(depends())
    return runs[0], runs[1]


def random(like: Tensor) -> Tensor:
    """A tensor of this shape on the processor: numbers between 0 and 1, or the first of all classes."""
    if like.is_floating_point():
        return torch.rand(like.shape, dtype=like.dtype)
    return torch.zeros(like.shape, dtype=like.dtype)


def node(
    id_: str,
    part: nn.Module,
    reason: str,
    args: tuple[Json, ...],
    gives: list[Json],
    path: str | None = None,
    rest: bool = False,
) -> Node:
    """The node for a module, or for the `rest` of one that was read in part."""
    kind = type(part)
    said: dict[str, Json] = {
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "reason": reason,
        "gives": gives,
    }
    if rest:
        said[REST] = True
    return Node(id_, OPAQUE, args=args, path=path, extra={ports.OUTPUTS: len(gives), OPAQUE: said})


def specs(one: Any, other: Any, batches: tuple[int, int]) -> list[Json]:
    """The shapes and data types of what a module gives, as a document says them: "N" for the batch."""
    found: list[Json] = []
    for tensor, beside in zip(trees.tensors(one), trees.tensors(other), strict=True):
        pairs = zip(tensor.shape, beside.shape, strict=True)
        shape = ["N" if batches[0] != batches[1] and pair == batches else pair[0] for pair in pairs]
        found.append({"shape": shape, "dtype": str(tensor.dtype).removeprefix("torch.")})
    return found


def taken(scope: Scope, memory: Memory, node: Node, one: Any, other: Any) -> Any:
    """Takes in the tensors that an opaque node gives; returns what the module gives."""
    partners, place = iter(trees.tensors(other)), itertools.count()
    several = len(trees.tensors(one)) > 1

    def take(tensor: Tensor) -> Tensor:
        memory.track(tensor, next(partners))
        scope.tensors[id(tensor)] = {"n": node.id, "i": next(place)} if several else {"n": node.id}
        return tensor

    return trees.mapped(one, lambda number: number, take)


def ended(
    scope: Scope, memory: Memory, one: Any, other: Any, error: UntraceableError, batches: tuple[int, int]
) -> Any:
    """Ends a call that broke off with `error`: one node for the rest, and outputs. Returns what it gives."""
    id_, given, gives = scope.free(REST), loose(scope), specs(one, other, batches)
    rest = node(id_, scope.module, str(error.reason), given, gives, rest=True)
    scope.add(rest)
    made = taken(scope, memory, rest, one, other)
    for name, value in trees.named(made):
        scope.output(name, memory.said(value, scope))
    return made


def is_drawn(scope: Scope | None) -> bool:
    """Whether enough of a call was read before it broke off that it is worth showing: a layer, or a block."""
    return scope is not None and any(
        node.block is not None or table.is_module(node.type) for node in scope.nodes.values()
    )


def loose(scope: Scope) -> tuple[Json, ...]:
    """What nothing in the scope takes: the rest of the module is what uses it."""
    used = {value["n"] for node in scope.nodes.values() for _, value in node.arguments.references()}
    held = (node for node in scope.nodes.values() if node.id not in used and node.type not in (INPUT, OUTPUT))
    return tuple({"n": node.id} for node in held)


def notes(scope: Scope) -> Iterator[Note]:
    """A line of the report for each opaque node."""
    base = f"{scope.path}." if scope.path else ""
    for node in scope.nodes.values():
        if said := _said(node):
            kind = str(said["class"]).rpartition(".")[2]
            text = Message(
                "{kind} is opaque: {reason}. Its place and the shapes of what it gives are kept; it is built "
                "with the module only",
                kind=kind,
                reason=said["reason"],
            )
            yield Note(f"{base}{node.id}", text)
    for child in scope.children.values():
        yield from notes(child)


def has_rest(scope: Scope) -> bool:
    """Whether a part of its module was not read."""
    return any(_said(node).get(REST) is True for node in scope.nodes.values())


def _said(node: Node) -> Mapping[str, Json]:
    """What an opaque node says of the module it stands for; nothing for any other node."""
    said = node.extra.get(OPAQUE)
    return said if isinstance(said, dict) else {}


def flat_call(
    args: tuple[Any, ...], kwargs: Mapping[str, Any], said: Callable[[Any], Json]
) -> tuple[Json, ...]:
    """What a module is given: as it was called, or the tensors of it where a document cannot say the rest."""
    given = [*args, *kwargs.values()]
    try:
        return tuple(said(value) for value in given)
    except UntraceableError:
        return tuple(said(v) for v in trees.flat(given) if isinstance(v, Tensor | Length))
