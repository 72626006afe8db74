"""Our loop against a plain PyTorch loop with a DataLoader, on MNIST, interleaved in one process.

    python -m tests.benchmarks.loop FOLDER [--rounds 5] [--samples 12800] [--threads 1]

Prints the median samples per second of each and the ratio, with the same network, optimiser and batches.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import transforms
from torchvision.datasets import MNIST

from studio.compiler.build import build
from studio.data.batches import steps
from studio.data.prepare import Prepared, Split, prepare
from studio.places import gallery
from studio.project import files
from studio.training import objectives, optimizers
from studio.training.commands import Commands
from studio.training.loop import Attendants, Movers, fit
from studio.training.progress import Progress
from studio.training.settings import read

DATA = {"source": "mnist", "split": {"validation": 0.1, "seed": 0}}


def network(context: object) -> nn.Module:
    project = files.load(gallery() / "digits.json")
    return build(replace(project, settings={"data": DATA}), "model", context, seed=0)  # type: ignore[arg-type]


def ours(data: Prepared) -> float:
    settings = read({"epochs": 1, "batch_size": 64})
    module, progress = network(data.context), Progress()
    progress.epochs, progress.steps_per_epoch = 1, steps(len(data.train), 64)
    optimizer = optimizers.make(settings.optimizer, module.parameters())
    fit(
        module,
        data,
        objectives.make(settings, data, module),
        Movers(optimizer),
        settings,
        progress,
        Commands(),
        Attendants(lambda r: None),
    )
    return progress.samples / progress.train_seconds


def plain(data: Prepared, dataset: torch.utils.data.Dataset, samples: int) -> float:
    """What tutorials write: a DataLoader, and the loss read every hundred steps."""
    module = network(data.context).train()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.001)
    loader = DataLoader(dataset, batch_size=64, shuffle=True)
    seen, began = 0, time.perf_counter()
    for step, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(x), y)
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            loss.item()
        seen += len(y)
        if seen >= samples:
            break
    return seen / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="the folder with MNIST/raw")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=12_800)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    data = prepare({**DATA, "root": str(arguments.folder)})
    part = slice(0, arguments.samples)
    none = Split(data.validation.x[:0], data.validation.y[:0])
    data = replace(data, train=Split(data.train.x[part], data.train.y[part]), validation=none)
    loops = {
        "ours": lambda: ours(data),
        "DataLoader, tensors": lambda: plain(
            data, TensorDataset(data.train.x, data.train.y), arguments.samples
        ),
    }
    raw = arguments.folder / "MNIST" / "raw"
    if (raw / "train-images-idx3-ubyte").is_file():
        change = transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.1307, 0.3081)])
        images = MNIST(str(arguments.folder), transform=change)
        loops["DataLoader, transforms"] = lambda: plain(data, images, arguments.samples)
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(arguments.rounds):
        for name, loop in loops.items():
            rates[name].append(loop())
    for name, found in rates.items():
        print(f"{name}: median {statistics.median(found):.0f} samples/s of {[round(rate) for rate in found]}")
    mine = statistics.median(rates["ours"])
    for name in list(rates)[1:]:
        print(f"ours / {name}: {mine / statistics.median(rates[name]):.2f}")


if __name__ == "__main__":
    main()
