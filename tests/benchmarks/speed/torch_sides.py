"""Sides in PyTorch: the tutorial's loop, a loop tuned by hand, Lightning and skorch.

They begin with the weights of `nets.make` and take the samples in one order, as `netloom train` does.

python -m tests.benchmarks.speed.torch_sides FOLDER tutorial|tuned|tuned-bf16|lightning|skorch
"""

from __future__ import annotations

import copy
import logging
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, TensorDataset

from . import nets, rows
from .orders import Order, order
from .turns import Turns


class Pictures(Dataset[tuple[Tensor, int]]):
    """What torchvision's own datasets do: an image of the array, as PIL has it, through the transforms."""

    def __init__(self, data: rows.Data) -> None:
        from torchvision import transforms

        self._x, self._y = data.x, data.y
        channels = data.x.shape[-1]
        normalize = transforms.Normalize((0.13,) * channels, (0.31,) * channels)
        self._transform = transforms.Compose([transforms.ToTensor(), normalize])

    def __len__(self) -> int:
        return len(self._x)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        from PIL import Image

        image = self._x[index]
        return self._transform(Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image)), int(
            self._y[index]
        )


def tensors(name: str, data: rows.Data) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    y, test_y = torch.tensor(data.y), torch.tensor(data.test_y)
    if name == "lstm":
        return torch.tensor(data.x), y, torch.tensor(data.test_x), test_y
    x, test_x = (
        torch.from_numpy(rows.scaled(part)).movedim(-1, 1).clone(memory_format=torch.contiguous_format)
        for part in (data.x, data.test_x)
    )
    return x, y, test_x, test_y


def accuracy(module: nn.Module, x: Tensor, y: Tensor) -> float:
    module.eval()
    with torch.no_grad():
        right = sum(
            int((module(a).argmax(1) == b).sum()) for a, b in zip(x.split(250), y.split(250), strict=True)
        )
    return right / len(y)


def tutorial(name: str, seed: int, folder: Path, turns: Turns) -> None:
    data = rows.load(name, folder)
    x, y, test_x, test_y = tensors(name, data)
    dataset: Any = TensorDataset(x, y) if name == "lstm" else Pictures(data)
    module = nets.make(name, data.classes, seed)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.001)
    loader = DataLoader(dataset, batch_size=rows.BATCH, sampler=Order(len(y), seed))
    module.train()
    while turns.begin():
        running = 0.0
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = functional.cross_entropy(module(inputs), targets)
            loss.backward()
            optimizer.step()
            running += loss.item()
        turns.end(len(y))
    turns.over(accuracy(module, test_x, test_y))


def tuned(name: str, seed: int, folder: Path, turns: Turns, low: bool = False) -> None:
    """One tensor by index, fused Adam, channels last, the better number of threads; autocast where `low`."""
    data = rows.load(name, folder)
    x, y, test_x, test_y = tensors(name, data)
    module = nets.make(name, data.classes, seed)
    if x.dim() == 4:
        module, x = (
            module.to(memory_format=torch.channels_last),
            x.contiguous(memory_format=torch.channels_last),
        )
    optimizer = torch.optim.Adam(module.parameters(), lr=0.001, fused=True)

    def step(index: Tensor) -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            prediction = module(x.index_select(0, index) if x.dim() < 4 else x[index])
        loss = functional.cross_entropy(prediction.float(), y[index])
        loss.backward()
        optimizer.step()
        return loss.detach()

    fresh = copy.deepcopy(module.state_dict())
    threads = _threads(lambda: step(torch.arange(rows.BATCH)))
    torch.set_num_threads(threads)
    module.load_state_dict(fresh)  # the steps that were timed do not count
    optimizer.state.clear()
    module.train()
    epoch = 0
    while turns.begin():
        epoch += 1
        losses = [step(index) for index in order(len(y), seed, epoch).split(rows.BATCH)]
        float(torch.stack(losses).mean())
        turns.end(len(y))
    turns.over(accuracy(module, test_x, test_y), f"{threads} threads")


def _threads(step: Callable[[], object]) -> int:
    found = {}
    for threads in sorted({1, torch.get_num_threads()}):
        torch.set_num_threads(threads)
        step()
        best = float("inf")
        for _ in range(4):
            began = time.perf_counter()
            step()
            best = min(best, time.perf_counter() - began)
        found[threads] = best
    return min(found, key=lambda threads: found[threads])


def lightning(name: str, seed: int, folder: Path, turns: Turns) -> None:
    import lightning

    data = rows.load(name, folder)
    x, y, test_x, test_y = tensors(name, data)

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = nets.make(name, data.classes, seed)

        def training_step(self, batch: Any, _: int) -> Tensor:
            return functional.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), lr=0.001)

    class Rounds(lightning.Callback):
        def on_train_epoch_start(self, trainer: Any, module: Any) -> None:
            trainer.should_stop = not turns.begin()

        def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
            if not trainer.should_stop:
                turns.end(len(y))

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    module = Module()
    trainer = lightning.Trainer(
        max_epochs=1000,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[Rounds()],
    )
    trainer.fit(module, DataLoader(TensorDataset(x, y), batch_size=rows.BATCH, sampler=Order(len(y), seed)))
    turns.over(accuracy(module.net, test_x, test_y))


def skorch(name: str, seed: int, folder: Path, turns: Turns) -> None:
    from skorch import NeuralNetClassifier

    data = rows.load(name, folder)
    x, y, test_x, test_y = tensors(name, data)
    given = {"lr": 0.001, "batch_size": rows.BATCH, "max_epochs": 1, "verbose": 0, "train_split": None}
    net = NeuralNetClassifier(
        nets.make(name, data.classes, seed),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        iterator_train__sampler=Order(len(y), seed),
        **given,
    )
    images, labels = x.numpy(), np.asarray(y)
    net.initialize()
    while turns.begin():
        net.partial_fit(images, labels)
        turns.end(len(y))
    turns.over(accuracy(net.module_, test_x, test_y))


def main() -> None:
    warnings.filterwarnings("ignore")
    folder, side = Path(sys.argv[1]), sys.argv[2]
    makers: dict[str, Callable[[str, int, Path, Turns], None]] = {
        "tutorial": tutorial,
        "tuned": tuned,
        "tuned-bf16": lambda *given: tuned(*given, low=True),
        "lightning": lightning,
        "skorch": skorch,
    }
    if side in ("lightning", "skorch"):
        __import__(side)  # where it is not installed, the side ends here
    turns = Turns()
    turns.serve(lambda name, seed: makers[side](name, seed, folder, turns))


if __name__ == "__main__":
    main()
