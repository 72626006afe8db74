"""`netloom train`'s own code: one run with many epochs, each of them a round.

python -m tests.benchmarks.speed.netloom FOLDER [precision]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

import studio
from studio.data import sources
from studio.data.source import Place, Raw, SourceInfo
from studio.training.commands import Commands
from studio.training.progress import EpochRecord, Progress
from studio.training.run import train
from studio.words import Message

from . import nets, rows
from .turns import Turns

EPOCHS = 1000
"""more than there are rounds: the run is stopped after the last"""


def source(name: str, data: rows.Data) -> SourceInfo:
    x, test_x = (torch.tensor(part) for part in (data.x, data.test_x))
    if name != "lstm":
        x, test_x = (
            torch.from_numpy(rows.scaled(part.numpy()))
            .movedim(-1, 1)
            .clone(memory_format=torch.contiguous_format)
            for part in (x, test_x)
        )
    raw = Raw(x, torch.from_numpy(data.y), (test_x, torch.from_numpy(data.test_y)))

    def load(_: Place) -> Raw:
        return raw

    said = Message("{name}", name=name)
    sizes = {"samples": len(x), "test_samples": len(test_x), "outputs": data.classes}
    return SourceInfo(name, said, said, "classification", tuple(x.shape[1:]), load=load, **sizes)


def run(name: str, seed: int, folder: Path, turns: Turns, **section: Any) -> None:
    data = rows.load(name, folder)
    info = sources.SOURCES["bench"] = source(name, data)
    sample = torch.zeros(2, *info.shape)
    project = studio.from_module(nets.make(name, data.classes), (sample,)).document
    settings = {
        "data": {"source": "bench", "split": {"validation": 0, "test": 0}, "preprocessing": []},
        "training": {"epochs": EPOCHS, "batch_size": rows.BATCH, "device": "cpu", "seed": seed, **section},
    }
    commands, progress = Commands(), Progress()

    def next_round(*_: object) -> None:
        if not turns.begin():
            commands.stop()

    def finished(record: EpochRecord) -> None:
        turns.end(len(data.x))
        next_round()

    project = type(project)(project.name, project.networks, {**project.settings, **settings})
    with tempfile.TemporaryDirectory() as base:
        made = train(project, Path(base), Path(base), progress, commands, finished, on_start=next_round)
    turns.over(made.test["accuracy"], str(progress.pace))


def main() -> None:
    folder, section = Path(sys.argv[1]), {}
    if len(sys.argv) > 2:
        section = {"precision": sys.argv[2]}
    turns = Turns()
    turns.serve(lambda name, seed: run(name, seed, folder, turns, **section))


if __name__ == "__main__":
    main()
