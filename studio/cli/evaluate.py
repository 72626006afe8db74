"""`netloom evaluate`: what a run's network achieves on a part of its data."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from studio.cli.opening import open_project, open_run
from studio.cli.output import DONE, UsageError, print_json, print_table, scores
from studio.cli.parser import Commands, add_command, add_json, add_trained
from studio.quantities import significant
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.training.appraisal import Verdict

SPLITS = ("train", "validation", "test")


def add(commands: Commands) -> None:
    parser = add_command(
        commands, "evaluate", tr("what a trained network achieves on a part of its data"), run
    )
    add_trained(parser)
    parser.add_argument(
        "--split", choices=SPLITS, default="test", help=tr("train, validation or test; test without it")
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    opened = open_run(arguments)
    from studio.data.prepare import prepare
    from studio.training import objectives
    from studio.training.judging import evaluate
    from studio.training.verdict import appraise

    module = opened.load_module(arguments.weights)
    # what was imported before there was data is judged by the project's own
    chosen = opened.project if opened.project.data.get("source") else open_project(arguments)
    data = prepare(chosen.data, arguments.project.resolve().parent)
    split = getattr(data, arguments.split)
    if not len(split):
        raise UsageError(
            Message(
                "The {split} part of the data has no samples. Choose another with --split.",
                split=arguments.split,
            )
        )
    same = opened.record["data"]["fingerprint"] in (None, data.fingerprint)
    if not same:
        note = tr(
            "the data has changed since this run was trained, so the figures do not compare with its own"
        )
        print(tr("netloom: note: {note}", note=note), file=sys.stderr)
    judge = objectives.make(opened.settings, data, module).of_kept()
    metrics = evaluate(module, split, judge, opened.settings.batch_size)
    found = appraise(module, split, judge, opened.settings.batch_size)
    if arguments.json:
        print_json(
            "evaluation",
            run=str(opened.folder),
            split=arguments.split,
            weights=arguments.weights,
            samples=len(split),
            same_data=same,
            metrics=metrics,
            verdict=None if found is None else found.to_json(),
        )
    else:
        print(
            tr(
                "{split}, {samples} samples: {scores}",
                split=arguments.split,
                samples=len(split),
                scores=scores(metrics),
            )
        )
        if found is not None:
            _print(found)
    return DONE


def _print(found: Verdict) -> None:
    """Every metric with the interval it lies in at 95 %."""
    rows: list[tuple[str, str, str]] = [(tr("metric"), tr("value"), tr("95 % of resamples"))]
    for name, value in found.metrics.items():
        low_high = found.intervals.get(name)
        span = "" if low_high is None else " – ".join(map(significant, low_high))
        rows.append((name, significant(value), span))
    print()
    print_table(rows, right=(1,))
