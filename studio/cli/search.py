"""`netloom search`: settings by Optuna. Two of them on one project, or on two machines, work together."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.cli.for_window import add_window, base_and_runs, stoppable
from studio.cli.opening import open_project
from studio.cli.output import DONE, INTERRUPTED, PROJECT_PROBLEM, print_json, print_table
from studio.cli.parser import Commands, add_command, add_json, add_project
from studio.quantities import significant
from studio.training.search.space import PRUNERS, SAMPLERS, Search, parse, read, short, shown
from studio.training.search.states import STATES, state_text
from studio.words import tr

if TYPE_CHECKING:
    from studio.graph.model import ProjectData
    from studio.training.progress import EpochRecord
    from studio.training.search.study import Study, Trial


def add(commands: Commands) -> None:
    parser = add_command(commands, "search", tr("search for better settings by trying them"), run)
    add_project(parser)
    parser.add_argument(
        "--space",
        metavar="KEY=WHAT",
        action="append",
        default=[],
        help=tr(
            "what is searched: training.optimizer.lr=1e-4:0.1:log, training.batch_size=16,32, "
            "model.fc1.out_features=8:64:8; may be repeated; without it, what the project says"
        ),
    )
    parser.add_argument(
        "--trials", metavar="N", type=int, help=tr("how many trials there are to be, 20 without it")
    )
    parser.add_argument("--sampler", choices=SAMPLERS, help=tr("how values are chosen"))
    parser.add_argument("--pruner", choices=PRUNERS, help=tr("how hopeless trials are found early"))
    parser.add_argument("--metric", metavar="NAME", help=tr("the validation metric that counts"))
    parser.add_argument("--seed", metavar="N", type=int, help=tr("other values are tried with another one"))
    parser.add_argument("--list", action="store_true", help=tr("say what was found so far and try nothing"))
    parser.add_argument(
        "--use", action="store_true", help=tr("write the best trial's settings into the project's file")
    )
    parser.add_argument(
        "--device", metavar="DEVICE", help=tr("where to compute: auto, cpu, cuda, cuda:1, mps")
    )
    add_json(parser)
    add_window(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.training.commands import Commands as Asked
    from studio.training.search.study import Study, Told

    project = open_project(arguments)
    base, runs_folder = base_and_runs(arguments)
    study = Study(project, _search(project, arguments), runs_folder)
    asked, show = Asked(), _Json(study) if arguments.json else _Text(study)
    show.start()
    if not arguments.list:
        with stoppable(arguments, asked):
            study.run(base, asked, Told(show.trial, show.epoch), arguments.device)
    best = study.best()
    show.end(best)
    if arguments.use and best is not None:
        _use(arguments, project, best)
    if asked.stopping:
        return INTERRUPTED
    return DONE if best is not None or arguments.list else PROJECT_PROBLEM


def _search(project: ProjectData, arguments: argparse.Namespace) -> Search:
    """The project's own search with what the command line says otherwise. Raises SearchError."""
    from studio.training.search.space import whole

    found = read(project)
    given: dict[str, Any] = {
        name: value
        for name in ("trials", "sampler", "pruner", "metric", "seed")
        if (value := getattr(arguments, name)) is not None
    }
    for name, least in (("trials", 1), ("seed", 0)):
        if name in given:
            whole(name, given[name], least)
    if arguments.space:
        given["space"] = dict(parse(project, text) for text in arguments.space)
    return replace(found, **given)


def _use(arguments: argparse.Namespace, project: ProjectData, best: Trial) -> None:
    from studio.project import files
    from studio.training.search.space import with_values

    files.save(arguments.project, with_values(project, best.values))
    if not arguments.json:
        print(tr("The project now has the settings of trial {number}.", number=best.number + 1))


class _Json:
    """A line for the search, for each trial that begins or ends, for each epoch, and one at the end."""

    def __init__(self, study: Study) -> None:
        self._study = study

    def start(self) -> None:
        study = self._study
        print_json(
            "search",
            id=study.id,
            journal=str(study.path),
            metric=study.metric,
            minimised=study.minimised,
            target=study.target,
            **{k: v for k, v in study.search.to_json().items() if k not in {"metric", "trials"}},
        )
        for trial in study.trials():
            print_json("trial", mine=False, **trial.to_json())

    def trial(self, trial: Trial) -> None:
        print_json("trial", mine=True, **trial.to_json())

    def epoch(self, number: int, record: EpochRecord, score: float) -> None:
        print_json("epoch", number=number, epoch=record.epoch, score=score)

    def end(self, best: Trial | None) -> None:
        counts: dict[str, int] = {}
        for trial in self._study.trials():
            counts[trial.state] = counts.get(trial.state, 0) + 1
        print_json(
            "end",
            best=best.to_json() if best is not None else None,
            counts=counts,
            importances=self._study.importances(),
        )


class _Text:
    """A line a trial, and a table at the end."""

    def __init__(self, study: Study) -> None:
        self._study = study

    def start(self) -> None:
        study = self._study
        what = ", ".join(f"{key}={said}" for key, said in study.search.space.items())
        print(tr("Searching {what} for the best {metric}", what=what, metric=study.metric))
        if done := study.trials():
            print(tr("{n} trials were made before.", n=len(done)))

    def trial(self, trial: Trial) -> None:
        if trial.state == "running":
            return
        score = "–" if trial.score is None else significant(trial.score)
        line = tr(
            "trial {number}: {metric} {score}, {state}  {values}",
            number=trial.number + 1,
            metric=self._study.metric,
            score=score,
            state=state_text(trial.state),
            values=shown(trial.values),
        )
        print(f"{line}  {trial.reason}" if trial.reason is not None else line, flush=True)

    def epoch(self, number: int, record: EpochRecord, score: float) -> None: ...

    def end(self, best: Trial | None) -> None:
        trials = self._study.trials()
        print()
        for state in STATES:
            if count := sum(trial.state == state for trial in trials):
                print(f"{state_text(state)}: {count}")
        shares = self._study.importances()
        if shares:
            print(tr("How much each matters:"))
            print_table([(key, f"{share:.0%}") for key, share in shares.items()], right=(1,))
        if best is None:
            print(tr("No trial came to its end."))
            return
        print(
            tr(
                "Best: trial {number}, {metric} {score}, in {run}",
                number=best.number + 1,
                metric=self._study.metric,
                score=significant(best.score or 0.0),
                run=best.run,
            )
        )
        print_table([(key, short(value)) for key, value in best.values.items()])
