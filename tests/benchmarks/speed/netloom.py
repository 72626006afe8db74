"""`netloom train`'s own code: one run with many epochs, each of them a round.

What is judged are the weights after the last of them, as every other side's are.

python -m tests.benchmarks.speed.netloom FOLDER [precision]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

import studio
from studio.data import sources
from studio.data.source import Place, Raw, SourceInfo
from studio.training.commands import Commands
from studio.training.progress import EpochRecord, Progress
from studio.training.run import train
from studio.words import Message

from . import nets, rows
from .torch_sides import accuracy, tensors
from .turns import Turns

EPOCHS = 1000
"""more than there are rounds: the run is stopped after the last"""
START = "start.safetensors"
"""the weights that every side in PyTorch begins with"""


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
    shape = tuple(x.shape[1:])
    # ordered: the split leaves the samples lying as the other sides have them
    return SourceInfo(name, said, said, "classification", shape, load=load, ordered=True, **sizes)


def run(name: str, seed: int, folder: Path, turns: Turns, **section: Any) -> None:
    data = rows.load(name, folder)
    info = sources.SOURCES["bench"] = source(name, data)
    sample = torch.zeros(2, *info.shape)
    project = studio.from_module(nets.make(name, data.classes), (sample,)).document
    settings = {
        "data": {"source": "bench", "split": {"validation": 0, "test": 0}, "preprocessing": []},
        "training": {"epochs": EPOCHS, "batch_size": rows.BATCH, "device": "cpu", "seed": seed, **section},
    }
    settings["training"]["weights"] = START
    commands, progress = Commands(), Progress()

    def next_round(*_: object) -> None:
        if not turns.begin():
            commands.stop()

    def finished(record: EpochRecord) -> None:
        turns.end(len(data.x))
        next_round()

    project = type(project)(project.name, project.networks, {**project.settings, **settings})
    with tempfile.TemporaryDirectory() as base:
        save_file(nets.make(name, data.classes, seed).state_dict(), Path(base) / START)
        made = train(project, Path(base), Path(base), progress, commands, finished, on_start=next_round)
        module = nets.make(name, data.classes)
        module.load_state_dict(load_file(made.folder / "last.safetensors"))
    turns.over(accuracy(module, *tensors(name, data)[2:]), str(progress.pace))


def main() -> None:
    folder, section = Path(sys.argv[1]), {}
    if len(sys.argv) > 2:
        section = {"precision": sys.argv[2]}
    turns = Turns()
    turns.serve(lambda name, seed: run(name, seed, folder, turns, **section))


if __name__ == "__main__":
    main()
