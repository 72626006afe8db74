"""Weights that were imported, kept as a run of no epochs: what takes a run takes them too.

The project that was drawn names this run in `training.weights`, so that the next training begins with it.
"""

from __future__ import annotations

import platform
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import __version__
from studio.data.prepare import Prepared, context_of, prepare
from studio.graph.model import ProjectData
from studio.importing import weights
from studio.project import atomic, files
from studio.training import objectives, runs, start
from studio.training.journal import now
from studio.training.settings import Settings, read
from studio.words import NetloomError

if TYPE_CHECKING:
    from torch import nn

STATUS = "imported"


def keep(
    project: ProjectData, base: Path | None, runs_folder: Path, source: weights.Weights
) -> tuple[Path, start.Report]:
    """A new run that holds `source` in the network that is trained; its folder, and what went where.

    What has no tensor is drawn from the project's seed. Raises NetloomError where the network has problems or
    nothing fits.
    """
    from studio.compiler.build import build

    context = objectives.context_of(project)
    settings = read(project.training, context.task)
    module = build(project, settings.network, context, seed=settings.seed)
    planned = start.from_file(module, source)
    start.apply(planned, module)
    report = start.report(planned, module)
    record = _record(project, settings, module, report, _prepared(project, base))
    folder = runs.new_folder(runs_folder)
    try:
        atomic.write(folder / "project.json", files.dumps(without_start(project)))
        _write_weights(folder / "best.safetensors", module)
        runs.write_record(folder, record)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder, report


def without_start(project: ProjectData) -> ProjectData:
    """`project` as it begins with fresh weights."""
    training = {name: value for name, value in project.training.items() if name != "weights"}
    return replace(project, settings={**project.settings, "training": training})


def with_start(project: ProjectData, run: Path) -> ProjectData:
    """`project`, beginning with what the run in `run` holds."""
    return replace(
        project, settings={**project.settings, "training": {**project.training, "weights": run.name}}
    )


def _prepared(project: ProjectData, base: Path | None) -> Prepared | None:
    """The data, where there is some at hand; nothing is fetched."""
    if not project.data.get("source"):
        return None
    try:
        return prepare({**project.data, "download": False}, base)
    except NetloomError:
        return None


def _write_weights(path: Path, module: nn.Module) -> None:
    from safetensors.torch import save_file

    state = {n: value.detach().to("cpu", copy=True).contiguous() for n, value in module.state_dict().items()}
    with atomic.writing(path) as temporary:
        mode = temporary.stat().st_mode
        save_file(state, temporary, metadata={"format": "pt"})
        temporary.chmod(mode)  # safetensors makes a file that nobody else may read


def _record(
    project: ProjectData,
    settings: Settings,
    module: nn.Module,
    report: start.Report,
    data: Prepared | None,
) -> dict[str, Any]:
    import torch

    context = data.context if data is not None else context_of(project.data)
    return {
        "format": runs.FORMAT,
        "version": runs.VERSION,
        "status": STATUS,
        "name": project.name,
        "started": now(),
        "ended": now(),
        "seconds": 0.0,
        "settings": replace(settings, weights=None).to_json(),
        "seed": settings.seed,
        "device": "cpu",
        "threads": torch.get_num_threads(),
        "parameters": sum(p.numel() for p in module.parameters()),
        "multiply_adds": 0,
        "data": {
            "source": data.source if data is not None else None,
            "fingerprint": data.fingerprint if data is not None else None,
            "samples": {},
            "class_names": list(context.class_names),
            "feature_names": [],
        },
        "context": runs.context_to_json(context),
        "preprocessing": data.preprocessing.to_json() if data is not None else {"input": []},
        "objective": {},
        "start": report.to_json(),
        "versions": {
            "netloom": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "system": platform.platform(),
        },
        "epochs": 0,
        "best": None,
        "test": None,
    }
