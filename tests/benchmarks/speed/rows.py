"""The five rows of the benchmark: data as NumPy arrays, and how many samples a round has. No torch."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

BATCH = 64
WORDS, LENGTH = 5000, 100


@dataclass(frozen=True)
class Row:
    """`samples` are trained on in a round, at most `rounds` times, from each of `seeds` seeds."""

    name: str
    title: str
    samples: int
    rounds: int = 99
    seeds: int = 3


ROWS = {
    row.name: row
    for row in (
        Row("mlp", "MLP 784-128-10", 19_200, seeds=6),
        Row("conv", "MNIST convolutions 32, 64, hidden 128", 1_920),
        Row("lenet", "LeNet on 32x32x3", 4_800),
        Row("lstm", "LSTM: embedding 32, hidden 64, length 100", 1_280),
        Row("resnet", "ResNet-18 on 32x32x3", 640, 3),
    )
}


@dataclass(frozen=True)
class Data:
    """Images uint8 (N, H, W, C) or words int64 (N, 100), with classes int64. `note`: where they come from."""

    x: npt.NDArray[np.generic]
    y: npt.NDArray[np.int64]
    test_x: npt.NDArray[np.generic]
    test_y: npt.NDArray[np.int64]
    classes: int
    note: str


def load(name: str, folder: Path) -> Data:
    """The data of a row out of `folder`; random numbers of the same size where they are not there."""
    makers = {"mlp": _mnist, "conv": _mnist, "lenet": _pictures, "resnet": _pictures, "lstm": _words}
    samples = ROWS[name].samples
    try:
        x, y, test_x, test_y, classes, note = makers[name](folder, samples)
    except OSError as error:
        shape = (LENGTH,) if name == "lstm" else (28, 28, 1) if name in ("mlp", "conv") else (32, 32, 3)
        draw = np.random.default_rng(0)
        x, test_x = (
            draw.integers(0, WORDS, (n, *shape), dtype=np.int64)
            if name == "lstm"
            else draw.integers(0, 256, (n, *shape), dtype=np.uint8)
            for n in (samples, 1000)
        )
        y, test_y = draw.integers(0, 10, samples), draw.integers(0, 10, 1000)
        classes, note = 10, f"random numbers ({error})"
    index = np.arange(samples) % len(x)
    return Data(x[index], y[index].astype(np.int64), test_x, test_y.astype(np.int64), classes, note)


def scaled(x: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """Images as every side takes them: mean 0 and deviation 1, roughly."""
    return (x.astype(np.float32) / 255 - 0.13) / 0.31


def _mnist(folder: Path, samples: int):  # type: ignore[no-untyped-def]
    raw = folder / "mnist" / "MNIST" / "raw"

    def read(name: str, offset: int) -> npt.NDArray[np.uint8]:
        return np.frombuffer(
            gzip.decompress((raw / f"{name}-ubyte.gz").read_bytes()), np.uint8, offset=offset
        )

    x, test_x = (read(f"{n}-images-idx3", 16).reshape(-1, 28, 28, 1) for n in ("train", "t10k"))
    y, test_y = (read(f"{n}-labels-idx1", 8) for n in ("train", "t10k"))
    return x[:samples], y[:samples], test_x[:2000], test_y[:2000], 10, "MNIST"


def _pictures(folder: Path, samples: int):  # type: ignore[no-untyped-def]
    from PIL import Image

    parts: dict[str, tuple[list[npt.NDArray[np.uint8]], list[int]]] = {"train": ([], []), "test": ([], [])}
    with zipfile.ZipFile(folder / "cifar10_png" / "cifar10_png_subset.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        labels = sorted({name.split("/")[-2] for name in names})
        for name in names:
            part = parts["train" if "train/" in name else "test"]
            part[0].append(np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")))
            part[1].append(labels.index(name.split("/")[-2]))
    (x, y), (test_x, test_y) = ((np.stack(images), np.array(found)) for images, found in parts.values())
    mixed = np.random.default_rng(0).permutation(len(x))
    return x[mixed][:samples], y[mixed][:samples], test_x, test_y, 10, "2,000 images of CIFAR-10, repeated"


def _words(folder: Path, samples: int):  # type: ignore[no-untyped-def]
    lines, y = [], []
    for label, name in enumerate(("neg", "pos")):
        text = (folder / "rt_polarity" / f"rt-polarity.{name}").read_text(encoding="latin-1")
        found = [re.findall(r"[a-z']+", line.lower()) for line in text.splitlines()]
        lines += found
        y += [label] * len(found)
    common = Counter(word for line in lines for word in line).most_common(WORDS - 2)
    numbers = {word: number for number, (word, _) in enumerate(common, 2)}
    x = np.zeros((len(lines), LENGTH), np.int64)
    for row, line in zip(x, lines, strict=True):
        ids = [numbers.get(word, 1) for word in line][:LENGTH]
        row[LENGTH - len(ids) :] = ids
    mixed = np.random.default_rng(0).permutation(len(x))
    x, y = x[mixed], np.array(y)[mixed]
    return x[:-1000][:samples], y[:-1000][:samples], x[-1000:], y[-1000:], 2, "film reviews of rt-polarity"
