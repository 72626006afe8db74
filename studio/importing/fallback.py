"""What is done about a part that running it could not read: torch.export is asked, then it is opaque."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch import nn

from studio.graph.model import Node
from studio.importing import choices, opaque
from studio.importing.errors import SizeDependentError, UntraceableError
from studio.importing.report import Note
from studio.importing.scope import Scope
from studio.words import Message

if TYPE_CHECKING:
    from studio.importing.trace import Tracer


def is_held(tracer: Tracer, error: UntraceableError) -> bool:
    """Whether another way is tried for a part that cannot be read: not while sizes may yet be held fixed."""
    open_sizes = isinstance(error, SizeDependentError) and len(set(tracer.batches)) > 1
    return tracer.partly and not open_sizes


def by_export(
    tracer: Tracer,
    module: nn.Module,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    error: UntraceableError,
    begin: Callable[[], Scope],
) -> choices.Way:
    """A call whose own lines could not be read, for `error`, as torch.export has them.

    Raises UntraceableError, and SizeDependentError where it could be read for these sizes alone.
    """
    from studio.importing import exported  # it loads torch.export, which most modules can do without
    from studio.importing.trace import quiet

    with quiet():
        original = tracer.original.get_submodule(tracer.paths[id(module)][0])
        found = exported.graph_of(original, module, args, kwargs, tracer.partner)
    try:
        way = _instead(tracer, module, found.forward, begin, args, kwargs)
    except SizeDependentError:
        raise
    except UntraceableError:
        with quiet():
            found = found.without_writing()
        way = _instead(tracer, module, found.forward, begin, args, kwargs)
    text = Message(
        "was read by torch.export ({reason}): for sizes of two and more; what else it decides by is as in "
        "the example",
        reason=error.reason,
    )
    way.scope.notes.append(Note(way.scope.path, text))
    return way


def _instead(
    tracer: Tracer,
    module: nn.Module,
    forward: Callable[..., Any],
    begin: Callable[[], Scope],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> choices.Way:
    """A call of a module, `forward` in place of its own."""
    own, tracer.forwards[id(module)] = tracer.forwards[id(module)], forward
    try:
        return tracer.explored(begin, args, kwargs)
    finally:
        tracer.forwards[id(module)] = own


def as_opaque(
    tracer: Tracer,
    module: nn.Module,
    path: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    error: UntraceableError,
) -> Any:
    """One node for a module; or what was read of it before it broke off, and a node for the rest."""
    original = tracer.original.get_submodule(tracer.paths[id(module)][0])
    one, other = opaque.results(original, module.training, args, kwargs, tracer.partner)
    id_, again = tracer.identity(path, "opaque")
    scope = error.scope
    if scope is not None and scope.module is module and opaque.is_drawn(scope):
        one = opaque.ended(scope, tracer.memory, one, other, error, tracer.batches)
        tracer.scope.add(Node(id_, f"block:{scope.name}", args=tuple(scope.given), path=again))
        tracer.scope.children[id_] = scope
        return tracer.given_back(id_, one, one)
    given = opaque.flat_call(args, kwargs, tracer.said)
    specs = opaque.specs(one, other, tracer.batches)
    node = opaque.node(id_, module, str(error.reason), given, specs, again)
    tracer.scope.add(node)
    return opaque.taken(tracer.scope, tracer.memory, node, one, other)
