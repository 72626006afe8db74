"""What differs between kinds of learning: one file an objective. Light: torch comes in when one is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Context
from studio.data import misfits, prepare
from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.training.objectives import (
    actor_critic,
    autoencoder,
    binary,
    classification,
    contrastive,
    denoising,
    dqn,
    gan,
    language,
    multilabel,
    perceptron,
    regression,
    reinforce,
    segmentation,
    variational,
)
from studio.training.objectives.kind import AimError, Kind
from studio.training.objectives.objective import Meter, Objective, ObjectiveError, Outcome
from studio.words import Message

if TYPE_CHECKING:
    from torch import nn

    from studio.data.prepare import Prepared
    from studio.training.settings import Settings

__all__ = [
    "KINDS",
    "AimError",
    "Kind",
    "Meter",
    "Objective",
    "ObjectiveError",
    "Outcome",
    "context_of",
    "make",
]

KINDS: dict[str, Kind] = {
    module.KIND.name: module.KIND
    for module in (
        classification,
        binary,
        multilabel,
        regression,
        segmentation,
        language,
        autoencoder,
        denoising,
        variational,
        gan,
        contrastive,
        perceptron,
        dqn,
        reinforce,
        actor_critic,
    )
}
"""every objective by its name in the project file, in the order a person sees them"""
USUAL = "classification"
"""what is learned where neither the project nor its data says it"""


def make(settings: Settings, data: Prepared, module: nn.Module) -> Objective:
    """The objective of `settings` for this data and module. Raises ObjectiveError."""
    objective = KINDS[settings.objective].make(settings, data, module)
    if len(objective.turns) > 1 and settings.options.accumulate > 1:
        raise ObjectiveError(
            Message(
                "{aim} moves several networks in turn, so gradients are not gathered over several batches. "
                "Set training.accumulate to 1.",
                aim=KINDS[settings.objective].title,
            )
        )
    return objective


def named(section: Mapping[str, Json], task: str | None) -> str:
    """The objective that a training section means, known or not: what it says, else what the data is for."""
    said = section.get("objective")
    if isinstance(said, Mapping):
        said = said.get("type")
    return str(said if said is not None else task or USUAL)


def params(section: Mapping[str, Json], kind: Kind) -> dict[str, Any]:
    """The objective's own settings with their defaults filled in. Raises AimError."""
    said = section.get("objective")
    given = said if isinstance(said, Mapping) else {}
    return {
        name: number.read(f"training.objective.{name}", given.get(name, number.default))
        for name, number in kind.numbers.items()
    }


def context_of(project: ProjectData) -> Context:
    """What data and objective say of the network that is trained, without reading any data."""
    made = aimed(prepare.context_of(project.data), project.training)
    if made.aim is None or made.aim.refusal is not None:
        return made
    return replace(made, aim=replace(made.aim, refusal=misfits.refusal(project.data)))


def aimed(context: Context, section: Mapping[str, Json]) -> Context:
    """What the data says, and what the objective of a training section makes of it.

    Where the section cannot be read the data alone speaks; whoever trains is told of the section.
    """
    kind = KINDS.get(named(section, context.task))
    if kind is None:
        return replace(context, derive=context_of)
    loss = section.get("loss")
    try:
        found = params(section, kind)
    except AimError:
        found = {name: number.default for name, number in kind.numbers.items()}
    known = str(loss) if loss in kind.losses else kind.losses[0]
    made = replace(kind.context(context, found, known, context.task or USUAL), derive=context_of)
    if made.aim is not None and made.aim.refusal is None:
        made = replace(made, aim=replace(made.aim, refusal=kind.rules(section)))
    return made
