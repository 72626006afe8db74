"""Pictures that a trained network makes: a GAN of noise, an autoencoder of the pictures it is given."""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from studio.training.runs import Run, RunError, open_run
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

    from studio.data.preprocessing import Preprocessing

GAP = 1
"""pixels between two pictures"""
LEAST_SIDE = 32
"""smaller pictures are shown larger, each pixel a square"""
MOST = 10_000
COLUMNS = 6
"""pictures beside each other on a sheet, which has as many rows"""
MOST_MULTIPLY_ADDS = 200_000_000
"""a sample; for larger networks there is no sheet"""
AGAIN = ("autoencoder", "denoising", "variational")
"""objectives whose network gives pictures for pictures"""


def generate(run: Run, count: int, seed: int = 0, weights: str = "best") -> Tensor:
    """So many samples as the network makes them, (count, ...) float32. The same seed makes the same.

    Raises RunError where the run is of no GAN, or `count` is not from 1 to 10,000.
    """
    import torch

    if run.settings.objective != "gan":
        raise RunError(
            Message(
                "{run} has no GAN: its objective is {objective}.",
                run=run.folder.name,
                objective=run.settings.objective,
            )
        )
    if not 1 <= count <= MOST:
        raise RunError(
            Message("The number of pictures is {count}; it is from 1 to {most}.", count=count, most=MOST)
        )
    module = run.load_module(weights)
    shape = [dim for dim in run.context.whole.shape[1:] if isinstance(dim, int)]
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made: Tensor = module(torch.zeros(count, *shape))[1]
    return made


def png(made: Tensor, preprocessing: Preprocessing) -> bytes:
    """Samples (N, C, H, W) as a square of pictures, C 1 or 3. Raises RunError where they are no pictures."""
    from PIL import Image

    if made.dim() != 4 or made.shape[1] not in (1, 3):
        raise RunError(
            Message(
                "What this network makes is no picture: {shape}.", shape="×".join(map(str, made.shape[1:]))
            )
        )
    rows = tiled(levels(made, preprocessing))
    side = max(made.shape[2:])
    factor = max(1, LEAST_SIDE // side)
    picture = Image.fromarray(rows.squeeze(-1).numpy() if rows.shape[-1] == 1 else rows.numpy())
    size = (picture.width * factor, picture.height * factor)
    file = io.BytesIO()
    picture.resize(size, Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def levels(made: Tensor, preprocessing: Preprocessing) -> Tensor:
    """(N, C, H, W) in the network's units to bytes: what was done to the data before is undone.

    Data that were scaled are from 0 to 1; of others the least value is black and the greatest white.
    """
    import torch

    scaled = any(step["type"] == "scale" for step in preprocessing.steps)
    for step in reversed(preprocessing.steps):
        if step["type"] == "standardize":
            mean, std = (torch.tensor(step[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
            made = made * std + mean
    if not scaled:
        low, high = made.min(), made.max()
        made = (made - low) / (high - low).clamp_min(1e-12)
    return (made * 255).round().clamp(0, 255).to(torch.uint8)


def tiled(pictures: Tensor) -> Tensor:
    """(N, C, H, W) side by side in as many columns as rows: (H', W', C), with a white line between."""
    from torch.nn import functional

    count, channels, height, width = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    spare = rows * columns - count
    pictures = functional.pad(pictures, (0, GAP, 0, GAP), value=255)
    pictures = functional.pad(pictures, (0, 0, 0, 0, 0, 0, 0, spare), value=255)
    grid = pictures.view(rows, columns, channels, height + GAP, width + GAP)
    whole = grid.permute(0, 3, 1, 4, 2).reshape(rows * (height + GAP), columns * (width + GAP), channels)
    return whole[:-GAP, :-GAP].contiguous()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Small pictures, `columns` in a row: of each, `height` rows of `width` pixels of `channels` bytes.

    "reconstructed": a row of what went in, and below it what came of it, and so on.
    """

    kind: Literal["generated", "reconstructed"]
    columns: int
    width: int
    height: int
    channels: int
    pictures: tuple[bytes, ...]


class Sheets:
    """Makes the sheet of a run anew whenever it kept other weights. Safe to be called from any thread."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._kept: tuple[Path, Tensor] | None = None

    def of(self, folder: Path, base: Path | None, check: Callable[[], None] = lambda: None) -> Sheet | None:
        """What the best weights make; None where there are none yet, or the run makes no pictures.

        `base` is the folder of the project's file. `check` may raise to give up. Raises NetloomError where
        the run or its data cannot be read.
        """
        with self._turn:
            if not (folder / "best.safetensors").is_file():
                return None
            run = open_run(folder)
            if not _makes_pictures(run):
                return None
            check()
            if run.settings.objective == "gan":
                return _sheet("generated", generate(run, COLUMNS**2), run.preprocessing)
            given = self._given(run, base)
            check()
            return _sheet("reconstructed", _beside(given, _again(run, given)), run.preprocessing)

    def _given(self, run: Run, base: Path | None) -> Tensor:
        """Samples that were not trained on, as the network is given them: with the noise it takes off."""
        import torch

        from studio.data.prepare import prepare

        if self._kept is None or self._kept[0] != run.folder:
            data = prepare({**run.project.data, "download": False}, base)
            part = data.validation if len(data.validation) else data.train
            x = part.inputs(slice(0, COLUMNS**2 // 2)).clone()
            noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
            self._kept = (run.folder, x + noise * run.settings.aim.get("noise", 0.0))
        return self._kept[1]


def _makes_pictures(run: Run) -> bool:
    """Whether it gives pictures, one channel or three, of a network that is quickly run."""
    shape = run.context.whole.shape if run.context.inputs else ()
    known = run.settings.objective in ("gan", *AGAIN) and len(shape) == 4 and shape[1] in (1, 3)
    return known and run.record.get("multiply_adds", 0) <= MOST_MULTIPLY_ADDS


def _again(run: Run, given: Tensor) -> Tensor:
    """What the network makes of pictures (N, C, H, W)."""
    import torch

    module = run.load_module()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = module(given)
    found: Tensor = made[0] if isinstance(made, tuple) else made
    return found


def _beside(given: Tensor, made: Tensor) -> Tensor:
    """Rows of `COLUMNS` of the one and of the other in turn."""
    import torch

    first = range(0, len(given), COLUMNS)
    return torch.cat([part[i : i + COLUMNS] for i in first for part in (given, made)])


def _sheet(kind: Literal["generated", "reconstructed"], made: Tensor, preprocessing: Preprocessing) -> Sheet:
    pixels = levels(made, preprocessing).permute(0, 2, 3, 1).contiguous()  # (N, H, W, C)
    _, height, width, channels = pixels.shape
    return Sheet(kind, COLUMNS, width, height, channels, tuple(bytes(one.numpy()) for one in pixels))
