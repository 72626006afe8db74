"""What a trained GAN makes, as one picture of many small ones."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

from studio.training.runs import Run, RunError
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

    from studio.data.preprocessing import Preprocessing

GAP = 1
"""pixels between two pictures"""
LEAST_SIDE = 32
"""smaller pictures are shown larger, each pixel a square"""
MOST = 10_000


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
    shape = [dim for dim in run.context.inputs[0].shape[1:] if isinstance(dim, int)]
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
