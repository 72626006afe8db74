"""`netloom train`: trains a project into a new run folder, with what `--set` changes for this run alone."""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.cli.opening import open_project
from studio.cli.output import (
    DONE,
    FILE_FAILED,
    INTERRUPTED,
    UsageError,
    print_json,
    say_error,
    scores,
    status_of,
)
from studio.cli.parser import Commands as Subparsers
from studio.cli.parser import add_changes, add_command, add_json
from studio.cli.stopping import stopped_by_signals
from studio.data import settings as data_settings
from studio.graph.model import ProjectData
from studio.graph.values import Json, set_at
from studio.quantities import count, duration, short
from studio.training import ranks
from studio.training import settings as training_settings
from studio.training.schedule_settings import SCHEDULES
from studio.words import Message, NetloomError, tr

if TYPE_CHECKING:
    from studio.training.commands import Commands
    from studio.training.progress import EpochRecord, Progress
    from studio.training.run import RunResult

BAR = 20
REDRAW_SECONDS = 0.2


def add(commands: Subparsers) -> None:
    parser = add_command(commands, "train", tr("train a project; the run lands in a folder beside it"), run)
    parser.add_argument(
        "projects",
        metavar="PROJECT",
        type=Path,
        nargs="+",
        help=tr("the project's JSON file; several are trained one after the other"),
    )
    add_changes(parser)
    parser.add_argument(
        "--from",
        dest="weights",
        metavar="RUN",
        help=tr("begin with what a run learned, or with a weights file: a run's folder, last, or a file"),
    )
    parser.add_argument(
        "--resume",
        metavar="RUN",
        help=tr("go on with a run that was stopped or cut off: its folder, or last"),
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Trains each project in its turn; an error of one is told and does not hold up the next."""
    projects: list[Path] = arguments.projects
    if len(projects) == 1:
        return _run(arguments, projects[0])
    if arguments.resume is not None:
        raise UsageError(Message("--resume goes on with one run. Name one project."))
    worst = DONE
    for project in projects:
        try:
            status = _run(arguments, project)
        except NetloomError as error:
            status = say_error(error, arguments.json, status_of(error))
        worst = max(worst, status)
        if status == INTERRUPTED:
            break
    return worst


def _run(arguments: argparse.Namespace, project: Path) -> int:
    from studio.training.commands import Commands
    from studio.training.progress import Progress

    arguments.project = project
    if (count := _processes(arguments)) > 1:
        return _on_several(arguments, count)
    progress, commands = Progress(), Commands()
    show: _Json | _Text | Silence = _Json(progress) if arguments.json else _Text(progress)
    if ranks.expected():
        show = Silence()  # the first process speaks for all
    with stopped_by_signals(commands), ranks.joined(), show:
        begin = _train if arguments.resume is None else _resume
        result = begin(arguments, progress, commands, show)
    show.end(result)
    if ranks.asked() and not result.problems:
        return DONE  # another status would be an error to torchrun
    if result.problems:
        for problem in result.problems:
            print(f"netloom: {problem}", file=sys.stderr)
        return FILE_FAILED
    return INTERRUPTED if result.status == "stopped" else DONE


def _processes(arguments: argparse.Namespace) -> int:
    """How many processes are to be started for this: none where torchrun has started them."""
    from studio.training import runs

    if ranks.asked():
        return 1
    if arguments.resume is None:
        return ranks.wanted(with_changes(open_project(arguments), arguments.changes).training)
    folder = runs.find_run(arguments.resume, runs.runs_folder(arguments.project))
    return ranks.wanted(runs.open_run(folder).record.get("settings") or {})


def _on_several(arguments: argparse.Namespace, count: int) -> int:
    """The same command, on so many processes of this machine."""
    from studio.training.commands import Commands

    again = [*ranks.command(count), "studio", "train", str(arguments.project)]
    again += [word for change in arguments.changes for word in ("--set", change)]
    for name, value in (
        ("device", arguments.device),
        ("from", arguments.weights),
        ("resume", arguments.resume),
    ):
        again += [f"--{name}", str(value)] if value is not None else []
    again += ["--json"] if arguments.json else []
    with stopped_by_signals(Commands()):  # Ctrl-C reaches torchrun by itself, which hands it on
        return subprocess.run(again, check=False).returncode


def _train(
    arguments: argparse.Namespace, progress: Progress, commands: Commands, show: _Json | _Text | Silence
) -> RunResult:
    from studio.training.run import train
    from studio.training.runs import runs_folder

    path: Path = arguments.project
    project = with_changes(open_project(arguments), arguments.changes)
    if arguments.weights is not None:
        project = _beginning_with(project, arguments.weights, path)
    return train(
        project,
        path.resolve().parent,
        runs_folder(path),
        progress,
        commands,
        on_epoch=show.epoch,
        device=arguments.device,
        on_start=show.start,
    )


def _resume(
    arguments: argparse.Namespace, progress: Progress, commands: Commands, show: _Json | _Text | Silence
) -> RunResult:
    from studio.training.run import resume
    from studio.training.runs import find_run, runs_folder

    if arguments.changes or arguments.device or arguments.weights:
        raise UsageError(
            Message("--resume goes on with a run as it was; --set, --device and --from are for a new one.")
        )
    path: Path = arguments.project
    folder = find_run(arguments.resume, runs_folder(path))
    return resume(folder, path.resolve().parent, progress, commands, show.epoch, show.start)


def _beginning_with(project: ProjectData, reference: str, path: Path) -> ProjectData:
    """`project` with `training.weights` set; a path that is typed starts from here, not from the file."""
    from studio.training.runs import runs_folder

    name = reference.partition("/")[0]
    known = name == "last" or (runs_folder(path) / name).is_dir()
    value = reference if known or not Path(reference).exists() else str(Path(reference).resolve())
    return replace(project, settings=set_at(dict(project.settings), ("training", "weights"), value))


def with_changes(project: ProjectData, changes: list[str]) -> ProjectData:
    """A copy of `project` with each `KEY=VALUE` set. Values are JSON, else text. Raises UsageError."""
    settings: dict[str, Json] = dict(project.settings)
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise UsageError(
                Message(
                    "--set {change} has no value. Write KEY=VALUE, as in training.epochs=3.", change=change
                )
            )
        known = _known(settings)
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise UsageError(
                Message("There is no setting {key}. Did you mean {near}?", key=key, near=near[0])
                if near
                else Message(
                    "There is no setting {key}. There are: {known}.", key=key, known=", ".join(known)
                )
            )
        path = tuple(key.split("."))
        if path[1] in _TABLES and len(path) > 2:
            settings = set_at(settings, path[:2], _table(settings, path[1]))
        settings = set_at(settings, path, _value(text))
        if path[1] in _TABLES and path[2:] == ("type",):
            settings = _fitting(settings, path[1])
    return replace(project, settings=settings)


_TABLES: Mapping[str, tuple[Mapping[str, Mapping[str, Json]], str]] = {
    "optimizer": (training_settings.OPTIMIZERS, "Adam"),
    "schedule": (SCHEDULES, "constant"),
}
"""settings that are a class of PyTorch with its arguments: what is known of each class, and the usual one"""


def _known(settings: Mapping[str, Json]) -> list[str]:
    """The keys that may be set, those of the optimiser and the schedule in use among them."""
    known = [
        *(f"data.{key}" for key in data_settings.DEFAULTS),
        *(f"data.split.{key}" for key in data_settings.DEFAULT_SPLIT),
        *(f"training.{key}" for key in training_settings.DEFAULTS),
    ]
    for name, (kinds, usual) in _TABLES.items():
        kind = str(_table(settings, name).get("type", usual))
        known += [f"training.{name}.{key}" for key in ("type", *kinds.get(kind, {}))]
    return known


def _table(settings: Mapping[str, Json], name: str) -> dict[str, Json]:
    """A setting that may be written in short, by its type alone."""
    said = (settings.get("training") or {}).get(name) or {}
    return {"type": said} if isinstance(said, str) else dict(said) if isinstance(said, Mapping) else {}


def _value(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _fitting(settings: dict[str, Json], name: str) -> dict[str, Json]:
    """Another class knows other arguments: those it lacks go, the file's are not in its way."""
    table = _table(settings, name)
    known = _TABLES[name][0].get(str(table["type"]))
    if known is None:
        return settings
    kept = {key: value for key, value in table.items() if key == "type" or key in known}
    return {**settings, "training": {**settings["training"], name: kept}}


class Silence:
    """Says nothing."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None

    def start(self, record: Mapping[str, Any]) -> None: ...

    def epoch(self, record: EpochRecord) -> None: ...

    def end(self, result: RunResult) -> None: ...


class _Json:
    """One object a line: start, each epoch, end."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None

    def start(self, record: Mapping[str, Any]) -> None:
        settings = ("name", "settings", "device", "threads", "pace", "start", "resumed")
        names = (*settings, "parameters", "multiply_adds", "data", "versions")
        print_json("start", run=str(self._progress.run), **{name: record.get(name) for name in names})

    def epoch(self, record: EpochRecord) -> None:
        print_json(
            "epoch",
            epoch=record.epoch,
            step=record.step,
            train=dict(record.train),
            validation=dict(record.validation),
            seconds=record.seconds,
            complete=record.complete,
        )

    def end(self, result: RunResult) -> None:
        print_json(
            "end",
            run=str(result.folder),
            status=result.status,
            best=result.best,
            test=dict(result.test),
            samples_per_second=result.samples_per_second,
            notices=[str(notice) for notice in self._progress.notices],
        )


class _Text:
    """A line an epoch; on a terminal the line being made is drawn again while its epoch runs."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._live = sys.stdout.isatty()
        self._over = threading.Event()
        self._line = threading.Lock()
        self._artist = threading.Thread(target=self._draw, name="progress", daemon=True)
        self._notices = 0

    def __enter__(self) -> None:
        if self._live:
            self._artist.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._live:
            self._artist.join()
            self._clear()

    def start(self, record: Mapping[str, Any]) -> None:
        samples = record["data"]["samples"]
        self._print(
            tr(
                "{name}: {parameters} parameters, {train} samples to train on, {validation} to validate, "
                "{test} to test; {device}, threads: {threads}",
                name=record["name"],
                parameters=count(record["parameters"]),
                train=count(samples["train"]),
                validation=count(samples["validation"]),
                test=count(samples["test"]),
                device=record["device"],
                threads=record["threads"],
            )
        )
        if (pace := record.get("pace")) and pace["said"]:
            self._print(str(Message.from_json(pace["said"])))
        if record.get("resumed"):
            self._print(tr("It goes on at step {step}.", step=count(self._progress.step)))
        elif record.get("start") is not None:
            self._print(tr("It begins with {source}.", source=record["start"]["from"]))
            for line in record["start"]["report"]:
                self._print(f"  {line}")

    def epoch(self, record: EpochRecord) -> None:
        progress = self._progress
        text = tr(
            "epoch {epoch}/{epochs}", epoch=_wide(record.epoch, progress.epochs), epochs=progress.epochs
        )
        parts = [text, *_metrics(record)]
        if not record.complete:
            parts.append(tr("stopped half-way"))
        self._print("  ".join(parts))
        for notice in progress.notices[self._notices :]:
            self._print(str(notice))
        self._notices = len(progress.notices)

    def end(self, result: RunResult) -> None:
        if result.best is not None:
            best = result.best["validation"] or result.best["train"]
            print(tr("best: epoch {epoch}, {scores}", epoch=result.best["epoch"], scores=scores(best)))
        if result.test:
            print(tr("test: {scores}", scores=scores(result.test)))
        print(tr("{rate} samples/s", rate=short(round(result.samples_per_second))))
        print(tr("run: {folder}", folder=result.folder))

    def _print(self, line: str) -> None:
        with self._line:
            if self._live:
                self._clear()
            print(line, flush=True)

    def _draw(self) -> None:
        while not self._over.wait(REDRAW_SECONDS):
            progress = self._progress
            if progress.status != "running":
                continue
            made = round(BAR * progress.share)
            left = "" if progress.seconds_left is None else duration(progress.seconds_left)
            line = tr(
                "epoch {epoch}/{epochs}  {bar}  {rate} samples/s  {left} left",
                epoch=_wide(progress.epoch, progress.epochs),
                epochs=progress.epochs,
                bar="━" * made + "─" * (BAR - made),
                rate=short(round(progress.samples_per_second)),
                left=left,
            )
            with self._line:
                sys.stdout.write(f"\r\x1b[2K{line}")
                sys.stdout.flush()

    def _clear(self) -> None:
        sys.stdout.write("\r\x1b[2K")
        sys.stdout.flush()


def _wide(number: int, of: int) -> str:
    return str(number).rjust(len(str(of)))


def _metrics(record: EpochRecord) -> Iterator[str]:
    yield tr("train: {scores}", scores=scores(record.train))
    if record.validation:
        yield tr("validation: {scores}", scores=scores(record.validation))
