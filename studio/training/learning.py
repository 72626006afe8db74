"""How fast each part of a network learns: a node may have a factor to the learning rate, or be frozen.

A node's key `learning` says it: "frozen", or a number that the rate is multiplied with. Of a block it holds
for all that is inside; factors multiply, and what is frozen outside is frozen inside. A module that several
nodes use learns as the node says that owns it. Frozen norms keep the statistics they have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MethodType
from typing import TYPE_CHECKING

from studio.graph.model import Node, ProjectData
from studio.graph.values import Json
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import nn

    from studio.compiler.analysis import Context
    from studio.compiler.survey import Survey

KEY = "learning"
FROZEN = "frozen"
MOST = 1000
"""a larger factor would be a mistake"""


class LearningError(NetloomError):
    """A node's `learning` that cannot be used: which node, the value, and the cure."""


def factor_of(node: Node) -> float:
    """How the node's learning rate is multiplied; 0 for a frozen one. Raises LearningError."""
    value = node.extra.get(KEY, 1.0)
    if value == FROZEN:
        return 0.0
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST:
        return float(value)
    raise LearningError(
        Message(
            "{node} has learning {value}; expected is frozen or a number above 0, at most {most}. Set it in "
            "the inspector.",
            node=node.id,
            value=repr(value),
            most=MOST,
        )
    )


def is_said(project: ProjectData) -> bool:
    """Whether any node of the project learns in another way than the rest."""
    return any(KEY in node.extra for network in project.networks.values() for node in network.nodes.values())


def factors(project: ProjectData, network: str, context: Context) -> dict[str, float]:
    """Path of a module or tensor to its factor, where that is another than that of what it lies in.

    Raises LearningError.
    """
    if not is_said(project):
        return {}
    from studio.compiler.ready import ready

    _, walk = ready(project, network, context)
    return dict(_factors(walk, "", 1.0))


def _factors(walk: Survey, prefix: str, outer: float) -> Iterator[tuple[str, float]]:
    for name in walk.order:
        step = walk.steps[name]
        if step.node.path is not None and step.node.path != step.node.id:
            continue  # its owner says how it learns
        own = outer * factor_of(step.node)
        if step.nested is None:
            if own != outer:
                yield prefix + step.module_path, own
            continue
        for path, nested in zip(step.module_paths, step.repetitions, strict=True):
            if own != outer:
                yield prefix + path, own
            yield from _factors(nested, f"{prefix}{path}.", own)


def freeze(module: nn.Module, found: Mapping[str, float]) -> None:
    """Stops the parameters whose factor is 0, and keeps the norms among them in evaluation mode for good.

    Raises LearningError where nothing is left that learns.
    """
    frozen = [path for path, factor in found.items() if factor == 0.0]
    for name, parameter in module.named_parameters():
        if any(_inside(name, path) for path in frozen):
            parameter.requires_grad_(False)
    if frozen and not any(parameter.requires_grad for parameter in module.parameters()):
        raise LearningError(
            Message("Every layer with weights is frozen, so nothing would be learned. Let one of them learn.")
        )
    for name, inner in module.named_modules():
        if getattr(inner, "running_mean", None) is not None and any(_inside(name, path) for path in frozen):
            inner.train = MethodType(_stay, inner)
            inner.eval()


def _stay(module: nn.Module, mode: bool = True) -> nn.Module:
    """In place of `Module.train`: a frozen norm uses its statistics and leaves them, whatever is asked."""
    return type(module).train(module, False)


def of_parameters(module: nn.Module, found: Mapping[str, float]) -> dict[nn.Parameter, float]:
    """The factor of each parameter of `module`: that of the innermost path it lies in."""
    factors = {}
    for name, parameter in module.named_parameters():
        fits = [path for path in found if _inside(name, path)]
        factors[parameter] = found[max(fits, key=len)] if fits else 1.0
    return factors


def _inside(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}.")


def shown(value: Json) -> str:
    """What a card says of a node's `learning`; nothing where it learns as the rest."""
    if value == FROZEN:
        return FROZEN
    return f"×{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else ""
