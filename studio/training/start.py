"""What a run begins with: fresh weights, those of a file, or what a run learned before the last edits.

`training.weights` names it. A file's tensors are taken where name and shape agree. From a run, layers that
are as they were keep what they learned, a resized one keeps the part that both have, a new one starts fresh.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.graph.model import ProjectData
from studio.importing import weights
from studio.importing.sources import TORCHVISION, trained_file
from studio.training import runs
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import Tensor, nn


State = Mapping[str, "Tensor"]


class StartError(NetloomError):
    """What a run was to begin with is not there or does not fit."""


class NotDownloadedError(StartError):
    """Trained weights that torchvision offers are not on this machine yet."""


@dataclass(frozen=True, slots=True)
class Report:
    """Layers by what becomes of them. `resized` keep the part that old and new have in common.

    `lines` say the same to a person, and more of a file's tensors.
    """

    source: Path
    kept: tuple[str, ...] = ()
    resized: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    lines: tuple[Message, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As the run's record keeps it."""
        return {
            "from": str(self.source),
            "kept": list(self.kept),
            "resized": list(self.resized),
            "fresh": list(self.fresh),
            "unused": list(self.unused),
            "report": [str(line) for line in self.lines],
        }


@dataclass(slots=True)
class Plan:
    """Which source tensor each tensor of the network takes from, whole (`kept`) or in part (`resized`)."""

    source: Path
    state: State
    kept: dict[str, str] = field(default_factory=dict)
    resized: dict[str, str] = field(default_factory=dict)
    lines: tuple[Message, ...] | None = None


def find(reference: str, base: Path | None, runs_folder: Path) -> Path:
    """The run folder or the file that `training.weights` means. Raises StartError or RunError.

    `last`, a run's name, a run's name with one of its checkpoints behind a stroke (`last/step-120`),
    `torchvision:resnet18` for trained weights that were downloaded before, or a path that starts from the
    project's folder.
    """
    if reference.startswith(TORCHVISION):
        return _of_torchvision(reference.removeprefix(TORCHVISION))
    name, _, which = reference.partition("/")
    if name == "last" or (runs_folder / name / "run.json").is_file():
        run = runs.find_run(name, runs_folder)
        return runs.open_run(run).weights(which) if which else run
    path = Path(reference).expanduser()
    path = path if path.is_absolute() else (base or Path.cwd()) / path
    if (path / "run.json").is_file() or path.is_file():
        return path
    raise StartError(
        Message(
            "training.weights is {value}, and there is neither a run nor a file of that name. Choose "
            "another, or begin with fresh weights.",
            value=reference,
        )
    )


def _of_torchvision(name: str) -> Path:
    file = trained_file(name)
    if file.is_file():
        return file
    raise NotDownloadedError(
        Message(
            "The trained weights of {name} are not on this machine. Download them once, by “netloom import "
            "torchvision:{name} --download” or by Import in the window, or put {file} into {folder}.",
            name=name,
            file=file.name,
            folder=file.parent,
        )
    )


def plan(project: ProjectData, network: str, module: nn.Module, found: Path) -> Plan:
    """What `module`, built from `project`, can take from a run or a file. Raises StartError where nothing."""
    of_run = found.parent if (found.parent / "run.json").is_file() else found
    if of_run.is_file():
        return from_file(module, weights.read(found))
    run = runs.open_run(of_run)
    from studio.training import learned

    made = Plan(found, weights.read(found if found.is_file() else run.weights()).tensors)
    made.kept, made.resized = learned.pairs(run, made.state, project, network, module)
    if not made.kept and not made.resized:
        raise StartError(
            Message(
                "Nothing of {source} fits the network as it is now. Begin with fresh weights.", source=found
            )
        )
    return made


def from_file(module: nn.Module, source: weights.Weights) -> Plan:
    """What `module` can take from a file's weights. Raises StartError where nothing fits."""
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    match = weights.match(source.shapes, wanted, source.ordered)
    if not match.pairs:
        raise StartError(
            Message(
                "Nothing of {source} fits the network: {report}",
                source=source.path,
                report=" ".join(map(str, match.lines())),
            )
        )
    return Plan(source.path, source.tensors, dict(match.pairs), lines=tuple(match.lines()))


def apply(
    made: Plan, module: nn.Module, adapt: Callable[[dict[str, Tensor]], dict[str, Tensor]] = lambda s: s
) -> None:
    """Writes what was planned into `module`; what takes nothing stays as it was drawn.

    `adapt` turns weights as they are kept into weights as they are trained (see `Objective.taken`).
    """
    import torch

    from studio.training import learned

    own = module.state_dict()
    sources = {**made.kept, **made.resized}
    taken = adapt({name: made.state[other].to(own[name].dtype) for name, other in sources.items()})
    with torch.no_grad():
        for name, tensor in taken.items():
            if name in made.kept:
                own[name].copy_(tensor)
            else:
                learned.overlay(own[name], tensor, *learned.parts(module, name))


def report(made: Plan, module: nn.Module) -> Report:
    """What becomes of each layer, in the order of the network."""
    fates: dict[str, set[str]] = {}
    for name in module.state_dict():
        if not name.endswith(weights.COUNTER):
            fate = "kept" if name in made.kept else "resized" if name in made.resized else "fresh"
            fates.setdefault(layer_of(name), set()).add(fate)
    kept = tuple(layer for layer, found in fates.items() if found == {"kept"})
    fresh = tuple(layer for layer, found in fates.items() if found == {"fresh"})
    partly = tuple(layer for layer in fates if layer not in kept and layer not in fresh)
    used = {*made.kept.values(), *made.resized.values()}
    left = dict.fromkeys(layer_of(n) for n in made.state if n not in used and not n.endswith(weights.COUNTER))
    unused = tuple(layer for layer in left if layer not in {layer_of(name) for name in used})
    said = made.lines if made.lines is not None else tuple(_lines(kept, partly, fresh, unused))
    return Report(made.source, kept, partly, fresh, unused, said)


def _lines(*groups: tuple[str, ...]) -> list[Message]:
    kept, resized, fresh, unused = ({"n": len(group), "names": weights.listed(group)} for group in groups)
    said = []
    if kept["n"]:
        said.append(Message("Layers that keep what they learned ({n}): {names}.", **kept))
    if resized["n"]:
        said.append(
            Message("Resized layers, which keep the part that old and new share ({n}): {names}.", **resized)
        )
    if fresh["n"]:
        said.append(Message("Layers that start fresh ({n}): {names}.", **fresh))
    if unused["n"]:
        said.append(
            Message("Layers of the run that are not in the network any more ({n}): {names}.", **unused)
        )
    return said


def layer_of(name: str) -> str:
    """The layer that a tensor of a state_dict belongs to; a parameter node is one by itself."""
    return name.rpartition(".")[0] or name


def forecast(project: ProjectData, base: Path | None, runs_folder: Path) -> Report | None:
    """What the next run of `project` would begin with; None for fresh weights. Trains and draws nothing."""
    import torch

    from studio.compiler.build import build
    from studio.training.objectives import context_of
    from studio.training.settings import read

    context = context_of(project)
    settings = read(project.training, context.task)
    if settings.weights is None:
        return None
    found = find(settings.weights, base, runs_folder)
    with torch.device("meta"):
        module = build(project, settings.network, context)
    return report(plan(project, settings.network, module, found), module)
