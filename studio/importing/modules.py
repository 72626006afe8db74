"""Any PyTorch module in memory to a project: nested by module, sizes kept as sizes, with a report.

The module is not changed, and nothing of it runs on real numbers. Imports torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from studio.graph.members import in_order
from studio.graph.model import INPUT, Network, ProjectData
from studio.graph.values import Json
from studio.importing import blocks, modes, opaque, runs
from studio.importing.errors import ImportRefusedError, SizeDependentError, UntraceableError
from studio.importing.placing import placed
from studio.importing.report import ImportReport, Note
from studio.importing.scope import Scope
from studio.importing.trace import Tracer
from studio.importing.twin import twin
from studio.words import Message

NETWORK = "model"
FACTOR = 9
"""how many times as wide an image is in the second run: rounded up to windows, too, it is wider then"""


@dataclass(frozen=True, slots=True)
class Imported:
    """The project that was made of a module, and what is to be said of it."""

    project: ProjectData
    report: ImportReport


def read_module(module: nn.Module, inputs: Any, name: str | None = None, partly: bool = False) -> Imported:
    """A project whose network `model` computes what `module` does.

    `inputs` is a tensor, or the tuple of what `forward` is called with; only shapes and data types count. The
    state_dict keys are the module's own. `partly`: what no document can say becomes an opaque node, and
    the rest is drawn; a copy of such a part, and of nothing else, runs on random numbers. Raises
    ImportRefusedError, with the part and the reason, where the module does what no document can say.
    """
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    title = name or type(module).__name__
    try:
        scope, varied, told = _read(module, given, partly)
        read = blocks.networks(scope, NETWORK)
    except UntraceableError as error:
        raise ImportRefusedError(_refusal(title, error)) from error
    networks = {key: in_order(runs.folded(network, read)) for key, network in read.items()}
    whole = ProjectData(networks=networks)
    networks = {key: placed(network, whole) for key, network in reversed(networks.items())}
    networks[NETWORK] = _with_shapes(networks[NETWORK], given, varied)
    project = ProjectData(title, networks)
    return Imported(project, _report(title, module, project, varied, (*told, *_notes(module, scope))))


def _refusal(title: str, error: UntraceableError) -> Message:
    if error.path:
        return Message(
            "{name} cannot be drawn: in {path}, {reason}.", name=title, path=error.path, reason=error.reason
        )
    return Message("{name} cannot be drawn: {reason}.", name=title, reason=error.reason)


# -- reading -----------------------------------------------------------------------------------------


def _read(module: nn.Module, given: tuple[Any, ...], partly: bool) -> tuple[Scope, str, tuple[Note, ...]]:
    """The calls of the module, with as many sizes left open as it allows; and how many those are."""
    failed: list[UntraceableError] = []
    for holes in (False, True) if partly else (False,):
        for varied in ("all", "batch", "none"):
            try:
                return _both_modes(module, given, varied, holes)
            except SizeDependentError as error:
                failed.append(error)
            except UntraceableError as error:
                failed.append(error)
                break
    whole = [error for error in failed if not isinstance(error, SizeDependentError)]
    raise (whole or failed[-1:])[0]


def _both_modes(
    module: nn.Module, given: tuple[Any, ...], varied: str, partly: bool
) -> tuple[Scope, str, tuple[Note, ...]]:
    evaluation = _trace(module, given, varied, False, partly)
    try:
        training = _trace(module, given, varied, True, partly)
        return modes.merged(training, evaluation), varied, ()
    except SizeDependentError:
        raise
    except UntraceableError as error:
        text = Message(
            "Only what it does in evaluation was read: in training, {reason}.", reason=error.reason
        )
        evaluation = _trace(module, given, varied, False, partly)
        return evaluation, varied, (Note(error.path or "", text),)


def _trace(module: nn.Module, given: tuple[Any, ...], varied: str, training: bool, partly: bool) -> Scope:
    copied = twin(module).train(training)
    one = tuple(_like(value, varied, 0) for value in given)
    other = tuple(_like(value, varied, 1) for value in given)
    return Tracer(copied, module, partly).read(one, other)


def _like(value: Any, varied: str, run: int) -> Any:
    """An input without memory as it is in the first run, or in the second.

    The second is larger: modules that do something else for larger images are found out. A text is twice as
    long only, since what a module knows of places ends somewhere.
    """
    if not isinstance(value, Tensor):
        return value
    shape = list(value.shape)
    if shape and varied != "none":
        shape[0] = max(shape[0], 2) + run
    if varied == "all" and run:
        for dim in _open(value):
            shape[dim] *= FACTOR if value.is_floating_point() else 2
    return torch.empty(shape, dtype=value.dtype, device="meta")


def _open(value: Tensor) -> range:
    """The dimensions that may be of any size beside the batch: those of an image, the length of a text."""
    if value.is_floating_point():
        return range(2, value.ndim)
    return range(1, value.ndim)


# -- what comes with the networks --------------------------------------------------------------------


def _with_shapes(network: Network, given: Sequence[Any], varied: str) -> Network:
    tensors = [value for value in given if isinstance(value, Tensor)]
    nodes = dict(network.nodes)
    for node, tensor in zip(network.of_type(INPUT), tensors, strict=False):
        shape: list[Json] = [int(size) for size in tensor.shape]
        params: dict[str, Json] = {"shape": shape if varied == "none" else ["N", *shape[1:]]}
        if tensor.dtype != torch.float32:
            params["dtype"] = str(tensor.dtype).removeprefix("torch.")
        nodes[node.id] = replace(node, params=params)
    return replace(network, nodes=nodes)


def _notes(module: nn.Module, scope: Scope) -> Iterator[Note]:
    """The parameters that nothing reads, by the module that holds them."""
    yield from dict.fromkeys(_told(scope))
    yield from opaque.notes(scope)
    used = set(_paths(scope))
    holders: dict[str, None] = {}
    unread: dict[str, nn.Parameter] = {}
    read: set[int] = set()
    for name, parameter in module.named_parameters(remove_duplicate=False):
        parts = name.split(".")
        if "" in used or any(".".join(parts[:count]) in used for count in range(1, len(parts) + 1)):
            read.add(id(parameter))
        else:
            unread[name] = parameter
    for name, parameter in unread.items():
        if id(parameter) not in read:
            holders[name.rpartition(".")[0] or name] = None
    for path in holders:
        yield Note(path, Message("forward does not use it, and it was left out"))


def _told(scope: Scope) -> Iterator[Note]:
    """What was said of the calls while they were read."""
    yield from scope.notes
    for child in scope.children.values():
        yield from _told(child)


def _paths(scope: Scope) -> Iterator[str]:
    """The paths of the layers and tensors that are nodes."""
    base = f"{scope.path}." if scope.path else ""
    if opaque.has_rest(scope):
        yield scope.path
    for node in scope.nodes.values():
        if node.id not in scope.children:
            yield f"{base}{node.path or node.id}"
    for child in scope.children.values():
        yield from _paths(child)


def _report(
    title: str, module: nn.Module, project: ProjectData, varied: str, notes: tuple[Note, ...]
) -> ImportReport:
    return ImportReport(
        title,
        layers=sum(len(network.nodes) for network in project.networks.values()),
        blocks=len(project.networks),
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        sizes=varied,
        notes=notes,
    )
