"""A module that does this for some sizes and that for others is read once for every answer it may get.

What a module asks about sizes (`sizes.judge`) it is told first as the first run has it, and then otherwise.
The readings are put together: an argument that differs becomes `{"if": [comparison, a, b]}`, and a node of
one reading alone stays, used by that reading alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from studio.catalog import literals, table
from studio.graph.model import BLOCK, INPUT, OUTPUT, Node
from studio.graph.operations import same
from studio.graph.values import Json, arithmetic, form, is_reference
from studio.importing import modes, trees
from studio.importing.errors import SizeDependentError, UntraceableError
from studio.importing.report import Note
from studio.importing.scope import Question, Scope
from studio.importing.sizes import Length, depends
from studio.words import Message

if TYPE_CHECKING:
    from studio.importing.trace import Tracer

MOST = 20_000
"""the nodes that are read of one call, in all its ways, before its questions are too many"""


@dataclass(frozen=True, slots=True)
class Way:
    """What a call does: its scope, and what it gives in either run; or why it could not be read."""

    scope: Scope
    one: Any = None
    other: Any = None
    failed: UntraceableError | None = None


def standing_in(
    tracer: Tracer, scope: Scope, instead: Mapping[int, Tensor], args: Any, kwargs: Any
) -> tuple[Any, Any]:
    """The arguments of a call, with tensors of other sizes for some, which stand for them."""
    if not instead:
        return args, kwargs
    memory = tracer.memory
    for tensor in trees.tensors((args, kwargs)):
        if id(tensor) in instead and scope.parent is not None:
            memory.track(instead[id(tensor)], memory.partners[id(instead[id(tensor)])])
            scope.parent.tensors[id(instead[id(tensor)])] = tracer.said(tensor)
    changed: tuple[Any, Any] = trees.mapped(
        (args, kwargs), lambda number: number, lambda one: instead.get(id(one), one)
    )
    return changed


def explored(attempt: Callable[[tuple[bool, ...]], Way]) -> Way:
    """All ways of a call in one. `attempt(answers)` reads it with the first answers given."""
    left = MOST

    def read(answers: tuple[bool, ...]) -> Way:
        nonlocal left
        way = attempt(answers)
        left -= _count(way.scope)
        asked = list(way.scope.asked.values())
        for place in reversed(range(len(answers), len(asked))):
            if way.failed is not None:
                return way
            if left <= 0:
                turned = Way(way.scope, failed=SizeDependentError(Message("it asks too much about sizes")))
            else:
                turned = read((*(q.answer for q in asked[:place]), not asked[place].answer))
            way = _settled(asked[place], way, turned)
        return way

    return read(())


def _near(n: int) -> list[int]:
    """Lengths for the second run, by that of the first."""
    return [n // 2, n * 2, n - 1, n + 1]


def _about(n: int) -> list[tuple[int, int]]:
    """Lengths for both runs, by the number that a length is compared with."""
    return [(n, n // 2), (2 * n + 1, 5 * n + 2), (n - 1, n // 3), (4 * n, 6 * n)]


_TIMES = 4
"""how many such lengths there are"""


def fitting(
    attempt: Callable[[Mapping[int, Tensor]], Way], given: list[Tensor], partners: dict[int, Tensor]
) -> Way:
    """`attempt({})`, where need be with other sizes.

    Where a run would go another way than the call is told, what it is given need not fit there. Then other
    lengths take the place of those that were asked about, for which what is told is so: `attempt` is given
    tensors by the ids of those in `given`, and `partners` what these are in the second run.
    """
    way = attempt({})
    told = list(way.scope.asked.values())
    wrong = [question for question in told if {question.one, question.other} != {question.answer}]
    if way.failed is None or not wrong:
        return way
    for time in range(_TIMES):
        instead = {}
        for tensor in given:
            if id(tensor) in partners:
                made = _resized(tensor, partners[id(tensor)], wrong, time)
                instead[id(tensor)], partners[id(made[0])] = made
        again = attempt(instead)
        asked = again.scope.asked
        if again.failed is None and all(q.one == q.other == q.answer for q in asked.values()):
            for key, real in zip(list(asked), told, strict=False):
                asked[key] = replace(asked[key], one=real.one, other=real.other)
            return again
    return way


def _resized(tensor: Tensor, partner: Tensor, wrong: list[Question], time: int) -> tuple[Tensor, Tensor]:
    """A tensor for either run, those of its open lengths changed that `wrong` asks about."""
    with torch._C.DisableTorchFunction():  # noqa: SLF001 - the public switch leaves modes on
        ones, others = list(tensor.shape), list(partner.shape)
        for question in wrong:
            for dim in (dim for place, dim in question.sizes if place == id(tensor)):
                if tensor.shape[dim] != partner.shape[dim]:
                    ones[dim], others[dim] = _lengths(question, ones[dim], others[dim], time)
        fits = min([*ones, *others], default=1) > 0
        sizes = (ones, others) if fits else (tensor.shape, partner.shape)
        return tensor.new_empty(sizes[0]), tensor.new_empty(sizes[1])


def _lengths(question: Question, one: int, other: int, time: int) -> tuple[int, int]:
    """Lengths for which the answer to a question is that which the call was told."""
    if question.one == question.answer:
        pairs = [(one, near) for near in _near(one)]
    else:
        pairs = _about(max(_whole(question.said), default=1))
    fitting_ = [pair for pair in pairs if all(_holds(question, length) for length in pair)]
    return fitting_[time % len(fitting_)] if fitting_ else (one, other)


def _holds(question: Question, length: int) -> bool:
    """Whether the answer fits where the length that is asked about is this. Of several nothing is known."""
    if length < 1 or len(set(question.sizes)) > 1:
        return length > 0
    return bool(_worked_out(question.said, length)) == question.answer


def _worked_out(value: Json, length: int) -> Json:
    if not isinstance(value, dict):
        return value
    if "expr" not in value:
        return length
    return arithmetic(value["expr"], [_worked_out(item, length) for item in value["of"]])


def _whole(value: Json) -> list[int]:
    """The whole numbers in a comparison, but not the dimensions of sizes."""
    if type(value) is int:
        return [value]
    held = value.get("of", []) if isinstance(value, dict) else []
    return [number for item in held for number in _whole(item)]


def _count(scope: Scope) -> int:
    return 1 + len(scope.nodes) + sum(map(_count, scope.children.values()))


def _settled(question: Question, kept: Way, turned: Way) -> Way:
    """Both answers to a question in one way. One that the module refuses itself need not be drawn."""
    failed = turned.failed
    if failed is None:
        yes, no = (kept, turned) if question.answer else (turned, kept)
        try:
            return _both(question, yes, no)
        except UntraceableError as error:
            failed = error
    if question.one != question.other:
        return replace(kept, failed=SizeDependentError(depends()))
    if not failed.own:
        condition = literals.text(question.said)
        text = (
            Message("was read for sizes at which {condition}; at others it does something else",
                    condition=condition)
            if question.answer
            else Message("was read for sizes at which not {condition}; at others it does something else",
                         condition=condition)
        )  # fmt: skip
        kept.scope.notes.append(Note(kept.scope.path, text))
    return kept


def _both(question: Question, yes: Way, no: Way) -> Way:
    one, other = (yes if question.one else no).one, (yes if question.other else no).other
    if _form(yes.one) != _form(no.one) or _form(one) != _form(other):
        raise SizeDependentError(Message("what it gives depends on the size of its input"))
    if _alike(yes.scope, no.scope):
        return replace(yes, one=one, other=other)
    return Way(_joined(question, yes.scope, no.scope), one, other)


def _form(result: Any) -> list[Any]:
    """What a module gives, its tensors and lengths left out."""
    return [None if isinstance(v, Tensor | Length) else (type(v), v) for v in trees.flat(result)]


def _alike(one: Scope, other: Scope) -> bool:
    """Whether two readings are the same."""
    return (
        same(list(map(_table, one.nodes.values())), list(map(_table, other.nodes.values())))
        and same(one.given, other.given)
        and all(_alike(child, other.children[id_]) for id_, child in one.children.items())
    )


def _table(node: Node) -> list[Json]:
    return [node.id, node.type, node.path, dict(node.params), list(node.args), dict(node.kwargs)]


# -- two readings in one -----------------------------------------------------------------------------


def _joined(question: Question, yes: Scope, no: Scope) -> Scope:
    """Raises UntraceableError where the readings cannot stand in one network."""
    condition = json.dumps(question.said)
    matched = modes.matched(yes, no, question.place)
    nodes: dict[str, Node] = {}
    when: dict[str, dict[str, bool]] = {}
    children = dict(yes.children)
    for one, other in matched.nodes:
        if one is not None and other is not None:
            ones, others = yes.when.get(one.id, {}), no.when.get(matched.whose[one.id], {})
            nodes[one.id] = modes.both(one, other, _Choice(question.said, ones, others))
            when[one.id] = {key: held for key, held in ones.items() if others.get(key) == held}
            if one.id in children and not _alike(children[one.id], no.children[matched.whose[one.id]]):
                raise SizeDependentError(depends())
            continue
        node, scope = (one, yes) if one is not None else (other, no)
        assert node is not None
        own = node.id if one is not None else matched.whose[node.id]
        _check(node, scope, own)
        nodes[node.id] = node
        when[node.id] = {**scope.when.get(own, {}), condition: one is not None}
        if own in scope.children:
            children[node.id] = scope.children[own]
    given = _given(matched, yes, no)
    held = replace(yes, nodes=nodes, children=children, given=[given[i] for i in nodes if i in given])
    held.when, held.notes = when, [*yes.notes, *(n for n in no.notes if n not in yes.notes)]
    return held


def _given(matched: modes.Matched, yes: Scope, no: Scope) -> dict[str, Json]:
    """What each input is handed."""
    found = dict(zip(_inputs(yes), yes.given, strict=False))
    handed = dict(zip(_inputs(no), no.given, strict=False))
    for one, other in matched.nodes:
        node = one or other
        if other is None or node is None or node.type != INPUT:
            continue
        value = handed.get(matched.whose[node.id])
        if one is not None and not same(found.get(node.id), value):
            raise SizeDependentError(depends())
        if yes.parent is not None:
            found[node.id] = value
    return found


def _inputs(scope: Scope) -> list[str]:
    return [node.id for node in scope.nodes.values() if node.type == INPUT]


@dataclass(frozen=True, slots=True)
class _Choice:
    """One of two values by whether `said` holds. `ones` and `others` are known to hold where each counts."""

    said: Json
    ones: Mapping[str, bool]
    others: Mapping[str, bool]

    def __call__(self, one: Json, other: Json) -> Json:
        if same(_assuming(other, self.ones), one):
            return other
        if same(_assuming(one, self.others), other):
            return one
        return {"if": [self.said, one, other]}


def _assuming(value: Json, known: Mapping[str, bool]) -> Json:
    """`value` with what is known put in."""
    if not known or is_reference(value):
        return value
    if isinstance(value, list):
        return [_assuming(item, known) for item in value]
    if not isinstance(value, dict):
        return value
    if form(value) == "if" and (holds := known.get(json.dumps(value["if"][0]))) is not None:
        return _assuming(value["if"][1 if holds else 2], known)
    return {key: _assuming(item, known) for key, item in value.items()}


_RANDOM = ("rand", "dropout", "gumbel", "rrelu", "multinomial", "bernoulli", "normal")


def _check(node: Node, scope: Scope, id_: str) -> None:
    """A node of one reading is computed for all sizes: it must draw no numbers and keep none.

    Raises SizeDependentError.
    """
    if node.type in (INPUT, "param", "buffer", "const"):
        return
    if node.type == OUTPUT:
        raise SizeDependentError(Message("what it gives depends on the size of its input"))
    if node.type.startswith(BLOCK):
        for inner in scope.children[id_].nodes.values():
            if inner.type != OUTPUT:
                _check(inner, scope.children[id_], inner.id)
        return
    entry = table.entry(node.type)
    category = entry.category if entry is not None else ""
    keeps = "Norm" in node.type and not node.type.endswith(("LayerNorm", "GroupNorm", "RMSNorm"))
    if keeps or category == "dropout" or any(word in node.type.lower() for word in _RANDOM):
        raise SizeDependentError(depends())
