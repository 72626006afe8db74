"""Runs on the disk: one folder each, never overwritten. Listing them imports no torch.

A run folder holds `project.json` (the project as it was trained), `run.json` (what came of it and in which
surroundings), `metrics.jsonl` (one epoch a line), `steps.safetensors` (the loss of every step) and the
weights `best.safetensors` and `last.safetensors`. `step-120.safetensors` is a snapshot after 120 steps, and
`events.jsonl` says what was done to the run while it ran.
"""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import places
from studio.compiler.analysis import SYMBOLS, Context, Size, TensorSpec
from studio.data.preprocessing import Preprocessing
from studio.graph.model import ProjectData
from studio.project import atomic, processes
from studio.training import index, labels, objectives
from studio.training.labels import Labels
from studio.training.settings import Settings, read
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch.fx import GraphModule

    from studio.training.progress import Event

FORMAT, VERSION = "netloom-run", 1
METRICS, EVENTS = "metrics.jsonl", "events.jsonl"
_LISTED = (
    "format", "version", "status", "name", "started", "settings", "device", "process", "epochs", "best",
    "test", "samples_per_second", "fault", "group",
)  # fmt: skip
"""what of a record a list of runs shows"""
POSITION = "state.safetensors"
"""where a run that is not done stands (see `training.position`)"""


class RunError(NetloomError):
    """A run folder cannot be made, found or read."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run as listed. `status`: running, done, stopped, failed, or interrupted where its process is gone."""

    folder: Path
    status: str
    started: str
    name: str = ""
    epochs: int = 0
    best: Mapping[str, Any] | None = None
    test: Mapping[str, float] | None = None
    samples_per_second: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    labels: Labels = field(default_factory=Labels)
    group: Mapping[str, Any] | None = None
    """what the run is part of: its `id` and `kind` ("folds", "search"), `number` in it, and `of` how many"""
    resumable: bool = False
    """it did not end by itself, and the position where it goes on was kept"""
    device: str = ""
    epochs_done: int = 0
    seconds: float = 0.0
    """of its epochs; pauses are left out"""

    @property
    def id(self) -> str:
        return self.folder.name


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was opened: the project as it was, and what is needed to use what it learned."""

    info: RunInfo
    project: ProjectData
    settings: Settings
    context: Context
    preprocessing: Preprocessing
    record: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        return self.info.folder

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """One entry an epoch: `epoch`, `step`, `train`, `validation`, `seconds`, `complete`."""
        return metrics_of(self.folder)

    def checkpoints(self) -> list[str]:
        """Which weights there are: `best`, `last`, and the snapshots, the first one first."""
        return checkpoints_of(self.folder)

    def weights(self, which: str = "best") -> Path:
        """The file of the `best`, the `last` or a snapshot's weights. Raises RunError where there is none."""
        path = self.folder / f"{which}.safetensors"
        if not path.is_file():
            raise RunError(
                Message(
                    "The run {run} has no {which} weights: it ended before its first epoch, or they could "
                    "not be written. Train again.",
                    run=self.folder,
                    which=which,
                )
            )
        return path

    def load_module(self, which: str = "best", apart: bool = False) -> GraphModule:
        """The trained network in evaluation mode, on the processor. Raises RunError, CompileError.

        It takes batches as the data has them; `apart`, several inputs each for itself.

        No weights are drawn on the way, so a training in another thread keeps its random numbers.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        from studio.training import whole

        path = self.weights(which)
        module = self.skeleton() if apart else whole.taking(self.skeleton(), self.context)
        try:
            module.load_state_dict(load_file(path), assign=True)
        except (SafetensorError, OSError, RuntimeError) as error:
            raise RunError(
                Message("The weights {path} could not be read: {reason}", path=path, reason=error)
            ) from error
        module.eval()
        return module

    def skeleton(self) -> GraphModule:
        """The network as drawn, its parameters without values; only what no file keeps has them."""
        import torch

        from studio.compiler.build import build
        from studio.training import generator

        network = self.settings.network
        with torch.device("meta"):
            module = build(self.project, network, self.context)
        kept = module.state_dict().keys()
        if all(name in kept or not buffer.is_meta for name, buffer in module.named_buffers()):
            return module
        with generator.alone():
            return build(self.project, network, self.context, seed=self.settings.seed)


def runs_folder(project: Path | None) -> Path:
    """Where a project's runs lie: `NAME.runs` beside its file.

    Where that place cannot be written to (the gallery of an installed program), or the project has no file
    yet, it is a folder of the person's own.
    """
    if project is None:
        return places.user_data() / "runs" / "untitled.runs"
    project = project.resolve()
    beside = project.with_name(f"{project.stem}.runs")
    if os.access(beside if beside.exists() else project.parent, os.W_OK):
        return beside
    mark = zlib.crc32(str(project).encode())
    return places.user_data() / "runs" / f"{project.stem}-{mark:08x}.runs"


def new_folder(runs: Path) -> Path:
    """Makes a folder named by the time, of its own even where another has that name. Raises WriteError."""
    name = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    try:
        runs.mkdir(parents=True, exist_ok=True)
        for number in range(1, 10_000):
            folder = runs / (name if number == 1 else f"{name}_{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise atomic.WriteError(
            Message(
                "The folder for this run could not be made in {folder}: {reason}. Save the project where you "
                "may write, or free some space.",
                folder=runs,
                reason=error.strerror or error,
            )
        ) from error
    raise RunError(Message("{folder} holds too many runs of this second.", folder=runs))


def adopt(runs: Iterable[Path], into: Path) -> dict[Path, Path]:
    """Moves run folders into another folder of runs; gives where each lies now. Never overwrites one.

    Raises WriteError where that cannot be done; a run is then still whole where it was.
    """
    moved: dict[Path, Path] = {}
    for run in runs:
        place = into / run.name
        number = 2
        while place.exists():
            place = into / f"{run.name}_{number}"
            number += 1
        try:
            into.mkdir(parents=True, exist_ok=True)
            shutil.move(run, place)
        except OSError as error:
            raise atomic.WriteError(
                Message(
                    "The run {run} could not be moved to {folder}: {reason}. It stays where it is.",
                    run=run,
                    folder=into,
                    reason=error.strerror or error,
                )
            ) from error
        moved[run] = place
    return moved


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Writes `run.json`. Raises WriteError."""
    text = json.dumps(_plain(record), indent=1, ensure_ascii=False, allow_nan=False)
    atomic.write(folder / "run.json", text + "\n")


def append_metrics(folder: Path, line: Mapping[str, Any]) -> None:
    """Appends one epoch to `metrics.jsonl`. Raises OSError."""
    _append(folder / METRICS, line)


def write_metrics(folder: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Writes all epochs of `metrics.jsonl` anew. Raises WriteError."""
    _write_lines(folder / METRICS, lines)


def metrics_of(folder: Path) -> list[dict[str, Any]]:
    """The epochs of a run; a last line that was cut off by a crash is left out."""
    return _lines(folder / METRICS)


def append_event(folder: Path, line: Mapping[str, Any]) -> None:
    """Appends what was done to a run between two steps to `events.jsonl`. Raises OSError."""
    _append(folder / EVENTS, line)


def write_events(folder: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Writes all of `events.jsonl` anew, where there is anything. Raises WriteError."""
    found = list(lines)
    if found or (folder / EVENTS).exists():
        _write_lines(folder / EVENTS, found)


def events_of(folder: Path) -> list[Event]:
    """What was done to a run while it ran, the first thing first."""
    from studio.training.progress import Event

    names = ("kind", "step", "epoch", "values")
    return [Event(*(line[name] for name in names)) for line in _lines(folder / EVENTS)]


def _append(path: Path, line: Mapping[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(_plain(line), ensure_ascii=False, allow_nan=False) + "\n")


def _write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    texts = (json.dumps(_plain(line), ensure_ascii=False, allow_nan=False) for line in lines)
    atomic.write(path, "".join(f"{text}\n" for text in texts))


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    lines = []
    for line in text.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines


def list_runs(folder: Path) -> list[RunInfo]:
    """The runs in `folder`, oldest first; folders that hold no readable run are left out."""
    if not folder.is_dir():
        return []
    children = sorted((child for child in folder.iterdir() if child.name != index.FILE), key=_age)
    return [_listed(child, entry) for child, entry in index.entries(folder, children, _entry).items()]


def _entry(folder: Path) -> index.Entry | None:
    """What the index keeps of a run; None for what is no readable run."""
    try:
        record, lines = record_of(folder), metrics_of(folder)
    except RunError:
        return None
    seconds = sum(float(line.get("seconds") or 0) for line in lines)
    kept = {name: record[name] for name in _LISTED if name in record}
    return index.Entry(kept, labels.read(folder).to_json(), len(lines), seconds)


def checkpoints_of(folder: Path) -> list[str]:
    """The weights that a run kept, by name: `best`, `last`, and the snapshots, the first one first."""
    kept = [name for name in ("best", "last") if (folder / f"{name}.safetensors").is_file()]
    steps = sorted(int(n) for path in folder.glob("step-*.safetensors") if (n := path.stem[5:]).isdigit())
    return kept + [f"step-{step}" for step in steps]


def find_run(reference: str | Path, folder: Path | None) -> Path:
    """The folder that `reference` means: `last`, a name in `folder`, or a path. Raises RunError."""
    if str(reference) == "last":
        runs = list_runs(folder) if folder is not None else []
        if not runs:
            raise RunError(
                Message("There is no run in {folder} yet. Train the project first.", folder=folder or "?")
            )
        return runs[-1].folder
    for candidate in ([folder / reference] if folder is not None else []) + [Path(reference)]:
        if (candidate / "run.json").is_file():
            return candidate
    raise RunError(
        Message("{run} is no run: there is no run.json in it. Name a run folder, or last.", run=reference)
    )


def open_run(reference: str | Path, folder: Path | None = None) -> Run:
    """Opens the run that `reference` means (see `find_run`). Raises RunError, ProjectError."""
    from studio.project import files

    found = find_run(reference, folder)
    record = record_of(found)
    project = files.load(found / "project.json")
    try:
        return Run(
            _info(found, record, labels.read(found)),
            project,
            read(record["settings"]),
            objectives.aimed(context_from_json(record["context"]), record["settings"]),
            Preprocessing.from_json(record["preprocessing"]),
            record,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(found / "run.json", error) from error


def steps_of(folder: Path) -> list[float]:
    """The loss of every step of a finished run, the first one first; empty where they were not kept."""
    path = folder / "steps.safetensors"
    if not path.is_file():
        return []
    from safetensors.numpy import load_file

    return [float(value) for value in load_file(path)["loss"]]


def context_to_json(context: Context) -> dict[str, Any]:
    return {
        "inputs": [
            {"shape": [str(d) if isinstance(d, Size) else d for d in spec.shape], "dtype": spec.dtype}
            for spec in context.inputs
        ],
        "outputs": context.outputs,
        "task": context.task,
        "class_names": list(context.class_names),
        **({"names": list(context.names)} if context.names else {}),
    }


def context_from_json(table: Mapping[str, Any]) -> Context:
    return Context(
        tuple(
            TensorSpec(tuple(SYMBOLS.get(d) or int(d) for d in spec["shape"]), spec["dtype"])
            for spec in table["inputs"]
        ),
        table["outputs"],
        table["task"],
        tuple(table["class_names"]),
        names=tuple(table.get("names", ())),
    )


def _age(folder: Path) -> tuple[str, int]:
    stamp, _, number = folder.name.partition("_")[2].partition("_")
    return folder.name[:10] + stamp, int(number) if number.isdigit() else 0


def record_of(folder: Path) -> dict[str, Any]:
    """What `run.json` says. Raises RunError."""
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(folder / "run.json", error) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise _unreadable(folder / "run.json", ValueError(f"format is not {FORMAT}"))
    return record


def _info(folder: Path, record: Mapping[str, Any], said: Labels) -> RunInfo:
    status = str(record.get("status", "failed"))
    if status == "running" and _abandoned(record.get("process")):
        status = "interrupted"
    return RunInfo(
        folder,
        status,
        str(record.get("started", "")),
        str(record.get("name", "")),
        int(record.get("epochs") or 0),
        record.get("best"),
        record.get("test"),
        record.get("samples_per_second"),
        record.get("settings") or {},
        said,
        record.get("group"),
        _goes_on(status, record) and (folder / POSITION).is_file(),
        str(record.get("device", "")),
    )


def _listed(folder: Path, entry: index.Entry) -> RunInfo:
    info = _info(folder, entry.record, Labels.from_json(entry.labels))
    return replace(info, epochs_done=entry.epochs, seconds=entry.seconds)


def _goes_on(status: str, record: Mapping[str, Any]) -> bool:
    """Whether going on may help: a run that diverged would do so again."""
    return status in ("stopped", "interrupted") or (status == "failed" and "fault" not in record)


def _abandoned(process: Any) -> bool:
    """Whether the process that wrote "running" is gone; of one on another machine nothing is known."""
    if not isinstance(process, Mapping) or process.get("machine") != platform.node():
        return False
    number = process.get("id")
    return isinstance(number, int) and processes.runs(number) is False


def _plain(value: Any) -> Any:
    """JSON has no NaN: what is no number is null."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _unreadable(path: Path, error: Exception) -> RunError:
    return RunError(Message("The run file {path} could not be read: {reason}", path=path, reason=error))
