"""`netloom gallery`: trains the example projects from a clean state and holds each against its floor."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli.output import DONE, PROJECT_PROBLEM, UsageError, print_json
from studio.cli.parser import Commands, add_command, add_json
from studio.cli.stopping import stopped_by_signals
from studio.quantities import significant
from studio.words import Message, NetloomError, tr

if TYPE_CHECKING:
    from studio.graph.model import ProjectData
    from studio.insight.lessons import Floor, Lesson
    from studio.training.commands import Commands as Asked
    from studio.training.runs import Run

REACHED, BELOW, SKIPPED, FAILED = "reached", "below", "skipped", "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one project. `onnx` is the score of its exported graph, `note` what is to be known."""

    name: str
    floor: Floor
    status: str
    score: float | None = None
    onnx: float | None = None
    seconds: float = 0.0
    note: object = ""


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "gallery",
        tr("train the example projects and hold each against the score it must reach"),
        run,
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help=tr("which examples; all without it"))
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        type=Path,
        help=tr("where the data sets lie that do not come with the program; else NETLOOM_TEST_DATA says it"),
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.insight import gallery, lessons
    from studio.training.commands import Commands as Asked

    known = gallery.lessons()
    for name in arguments.names:
        if name not in known:
            raise UsageError(
                Message("There is no example {name}. There are: {known}.", name=name, known=", ".join(known))
            )
    chosen = [lessons.load(name) for name in arguments.names or known]
    asked, outcomes = Asked(), []
    with stopped_by_signals(asked):
        for lesson in chosen:
            if asked.stopping:
                break
            outcome = _outcome(lesson, _data_folder(arguments), asked)
            outcomes.append(outcome)
            _tell(outcome, arguments.json, max(len(lesson.name) for lesson in chosen))
    _sum_up(outcomes, arguments.json)
    return DONE if all(o.status in (REACHED, SKIPPED) for o in outcomes) else PROJECT_PROBLEM


def _data_folder(arguments: argparse.Namespace) -> Path | None:
    named = arguments.data or os.environ.get("NETLOOM_TEST_DATA")
    return Path(named) if named else None


def _outcome(lesson: Lesson, folder: Path | None, asked: Asked) -> Outcome:
    """Trains one project in a folder of its own, exports it and scores both; errors are told in the table."""
    from studio.training.start import NotDownloadedError

    found, floor, note = lesson.in_folder(folder)
    if found is None:
        return Outcome(lesson.name, floor, SKIPPED, note=note)
    with tempfile.TemporaryDirectory(prefix="netloom-gallery-") as scratch:
        try:
            outcome = _trained(lesson, found, floor, Path(scratch), asked)
            return replace(outcome, note=note or outcome.note)
        except NotDownloadedError as error:
            return Outcome(lesson.name, floor, SKIPPED, note=error.message)
        except NetloomError as error:
            return Outcome(lesson.name, floor, FAILED, note=error.message)


def _trained(lesson: Lesson, project: ProjectData, floor: Floor, scratch: Path, asked: Asked) -> Outcome:
    from studio.insight import lessons

    runs = _train(lesson, project, floor, scratch, asked)
    seconds = sum(float(run.record.get("seconds") or 0) for run in runs)
    score = _mean([lessons.scores_of(run, floor.split).get(floor.metric) for run in runs])
    onnx = _mean([_exported(run, floor, lesson.project.parent, scratch).get(floor.metric) for run in runs])
    reached = score is not None and floor.holds(score)
    status = REACHED if reached else BELOW
    none = Message("an ONNX graph has no {metric} for {aim}", metric=floor.metric, aim=_aim(runs[0]))
    return Outcome(lesson.name, floor, status, score, onnx, seconds, "" if onnx is not None else none)


def _aim(run: Run) -> Message:
    from studio.training.objectives import KINDS

    return KINDS[run.settings.objective].title


def _train(lesson: Lesson, project: ProjectData, floor: Floor, scratch: Path, asked: Asked) -> list[Run]:
    """The run that is scored; where the floor is of folds, one for each."""
    from studio.insight.exercises import setting
    from studio.insight.lessons import FOLDS
    from studio.training import folds, runs
    from studio.training.run import train

    base = lesson.project.parent
    if floor.split == FOLDS:
        results = folds.validate(
            project, base, scratch, int(setting(project, "data.split.folds") or 5), asked
        )
    else:
        results = [train(project, base, scratch, commands=asked)]
    return [runs.open_run(result.folder) for result in results]


def _exported(run: Run, floor: Floor, base: Path, scratch: Path) -> Mapping[str, float]:
    """The metrics of the run's ONNX file on raw inputs; empty where a graph has none."""
    from studio.data.prepare import prepare
    from studio.export import scoring
    from studio.export.export import export
    from studio.insight.lessons import FOLDS

    if run.settings.objective in scoring.PARTLY:
        return {}
    raw = run.settings.objective not in scoring.CHANGED
    file = scratch / f"{run.folder.name}.onnx"
    path = export(run, "onnx", file, include_preprocessing=raw).paths[0]
    part = "validation" if floor.split == FOLDS else floor.split
    return scoring.score(run, path, prepare(run.project.data, base, as_stored=True), part)


def _mean(scores: list[float | None]) -> float | None:
    found = [score for score in scores if score is not None]
    return sum(found) / len(found) if found and len(found) == len(scores) else None


def _tell(outcome: Outcome, as_json: bool, width: int) -> None:
    floor = outcome.floor
    if as_json:
        print_json(
            "project",
            name=outcome.name,
            status=outcome.status,
            split=floor.split,
            metric=floor.metric,
            score=outcome.score,
            onnx=outcome.onnx,
            floor=dict(floor.bound),
            source=floor.source,
            seconds=round(outcome.seconds, 1),
            note=str(outcome.note),
        )
        return
    cells = [
        outcome.name.ljust(width),
        outcome.status.ljust(8),
        f"{floor.split} {floor.metric}".ljust(26),
        _figure(outcome.score),
        str(floor).rjust(9),
        _figure(outcome.onnx),
        f"{outcome.seconds:7.1f} s" if outcome.seconds else " " * 9,
        *filter(None, (floor.source, str(outcome.note))),
    ]
    print("  ".join(cells), flush=True)


def _figure(number: float | None) -> str:
    return ("–" if number is None else significant(number, 4)).rjust(7)


def _sum_up(outcomes: list[Outcome], as_json: bool) -> None:
    counts = {
        status: sum(o.status == status for o in outcomes) for status in (REACHED, BELOW, FAILED, SKIPPED)
    }
    if as_json:
        print_json("end", **counts)
        return
    print(
        tr(
            "{reached} reached their floor, {below} did not, {failed} failed, {skipped} were left out for "
            "want of their data.",
            **counts,
        )
    )
