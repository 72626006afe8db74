"""What augmentation costs: ours on a whole batch, against torchvision.transforms.v2 a sample at a time.

    python -m tests.benchmarks.augmentation [--size 32] [--batch 128] [--threads 1]

Prints milliseconds a batch, the least of several rounds in turns, and how many times as long torchvision
takes. A batch that is given to it whole is changed in one way throughout, so samples are given one by one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import InterpolationMode

from studio.data import augmentation
from studio.data.augmentation.kind import Facts
from studio.data.augmentation.pipeline import Augmentation
from studio.data.preprocessing import Preprocessing
from studio.training import allocator

ROUNDS = 15
BILINEAR = InterpolationMode.BILINEAR
Change = Callable[[Tensor], Tensor]


def steps_of(size: int) -> dict[str, tuple[list[dict[str, object]], Change]]:
    """Our steps, and torchvision's that do the same to a sample."""
    pad = max(1, size // 8)
    return {
        "flip": ([{"type": "flip"}], v2.RandomHorizontalFlip()),
        "crop": ([{"type": "crop", "padding": pad}], v2.RandomCrop(size, padding=pad)),
        "resized_crop": (
            [{"type": "resized_crop", "smallest": 0.3}],
            v2.RandomResizedCrop(size, (0.3, 1), antialias=True),
        ),
        "rotate": ([{"type": "rotate", "degrees": 15}], v2.RandomRotation(15, BILINEAR)),
        "affine": (
            [{"type": "affine", "shear": 5}],
            v2.RandomAffine(10, (0.1, 0.1), (0.9, 1.1), 5, BILINEAR),
        ),
        "color_jitter": (
            [{"type": "color_jitter", "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}],
            v2.ColorJitter(0.4, 0.4, 0.4, 0.1),
        ),
        "erase": ([{"type": "erase"}], v2.RandomErasing(0.5)),
        "rand_augment": ([{"type": "rand_augment"}], v2.RandAugment(interpolation=BILINEAR)),
        "noise": ([{"type": "noise", "std": 0.05}], v2.GaussianNoise(0, 0.05, clip=False)),
    }


def ours(steps: list[dict[str, object]]) -> Augmentation:
    from studio.data.sources import described

    read = augmentation.read({"augmentation": steps}, described({"source": "cifar10"}))
    scale = Preprocessing(({"type": "scale", "factor": 1 / 255},))
    mean, std = [0.49, 0.48, 0.45], [0.25, 0.24, 0.26]
    after = Preprocessing(({"type": "standardize", "mean": mean, "std": std},))
    return Augmentation(read, scale, after, Facts())


def theirs(change: Change) -> Change:
    finish = v2.Compose(
        [
            v2.ToDtype(torch.float32, scale=True),
            change,
            v2.Normalize([0.49, 0.48, 0.45], [0.25, 0.24, 0.26]),
        ]
    )
    return lambda x: torch.stack([finish(image) for image in x])


def milliseconds(sides: list[Callable[[], object]]) -> list[float]:
    best = [float("inf")] * len(sides)
    for _ in range(ROUNDS):
        for place, work in enumerate(sides):
            began = time.perf_counter()
            work()
            best[place] = min(best[place], time.perf_counter() - began)
    return [1000 * seconds for seconds in best]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    x = torch.randint(256, (given.batch, 3, given.size, given.size), dtype=torch.uint8)
    y = torch.zeros(given.batch, dtype=torch.int64)
    table = steps_of(given.size)
    table["flip + crop"] = (
        table["crop"][0] + table["flip"][0],
        v2.Compose([table["crop"][1], table["flip"][1]]),
    )
    plain = ours([])
    print(f"batch of {given.batch} images 3x{given.size}x{given.size}, threads: {given.threads}")
    print(f"{'step':14}{'ours ms':>10}{'v2 ms':>10}{'v2 / ours':>11}")
    with allocator.keeping_memory():  # as a run does
        (floor,) = milliseconds([lambda: plain.apply(x, y, 0)])
        print(f"{'(none)':14}{floor:10.2f}")
        for name, (steps, change) in table.items():
            change_ours, change_theirs = ours(steps), theirs(change)
            here, there = milliseconds([lambda: change_ours.apply(x, y, 1), lambda: change_theirs(x)])  # noqa: B023
            print(f"{name:14}{here:10.2f}{there:10.2f}{there / here:11.1f}", flush=True)


if __name__ == "__main__":
    main()
