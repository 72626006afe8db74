"""Samples as a person sees them: pictures, texts, rows, curves. All are of the training split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from studio import quantities
from studio.data import texts
from studio.data.rows import rows
from studio.insight.data_look.facts import Curve, Picture, Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from studio.data.source import Raw, SourceInfo

SHOWN, EACH = 240, 60
"""samples that are shown, and of one class"""
SIDE = 64
"""pixels of a picture's longer side"""
LETTERS = 400
"""of a text"""
SPANS = 600
"""parts of a curve"""
FIELDS = 30
"""columns of a row"""


def chosen(train: Tensor, y: Tensor, classes: int) -> list[int]:
    """Training samples that are shown: the first of each class in turn, so that no class is missing."""
    order = train[: max(SHOWN, 50_000)].tolist()
    if not classes or y.dim() != 1:
        return order[:SHOWN]
    each = max(3, min(EACH, SHOWN // classes))
    taken: dict[int, int] = {}
    found = []
    for place, label in zip(order, y[order].tolist(), strict=True):
        if taken.get(label, 0) < each:
            taken[label] = taken.get(label, 0) + 1
            found.append(place)
        if len(found) == SHOWN:
            break
    return found


def of(raw: Raw, info: SourceInfo, places: Sequence[int]) -> tuple[tuple[str, ...], tuple[Sample, ...]]:
    """The heads of the rows, if they are rows, and the samples at `places`."""
    import torch

    index = torch.tensor(list(places), dtype=torch.int64)
    x, y = rows(raw.x, index), raw.y[index]
    labels = [label(value, info.class_names) for value in y] if info.task != "language" else [""] * len(y)
    if info.tokens is not None:
        return (), tuple(
            Sample(said, text=t[:LETTERS]) for said, t in zip(labels, texts.read(x), strict=True)
        )
    if len(info.shape) == 3 and info.shape[0] in (1, 3):
        return (), tuple(Sample(said, p) for said, p in zip(labels, _pictures(x), strict=True))
    if len(info.shape) == 1:
        heads = tuple(info.feature_names[:FIELDS]) or tuple(
            f"x{i}" for i in range(min(FIELDS, info.shape[0]))
        )
        return heads, tuple(Sample(said, fields=f) for said, f in zip(labels, _fields(x, info), strict=True))
    return (), ()


def label(value: Tensor, names: Sequence[str]) -> str:
    """What is to be found out of a sample, in words."""
    if value.dim() >= 2:
        return ""
    numbers = value.flatten().tolist()
    if value.dim() == 1 and len(names) == len(numbers) > 1:
        return " ".join(name for name, there in zip(names, numbers, strict=True) if there) or "–"
    if not value.is_floating_point():
        return ", ".join(names[n] if 0 <= n < len(names) else str(n) for n in numbers)
    return "  ".join(quantities.significant(float(n)) for n in numbers)


def _pictures(x: Tensor) -> Iterator[Picture]:
    """Pictures (n, C, H, W), large ones shrunk to SIDE."""
    import torch

    if not len(x):
        return
    if max(x.shape[-2:]) > SIDE:
        scale = SIDE / max(x.shape[-2:])
        size = [max(1, round(side * scale)) for side in x.shape[-2:]]
        x = torch.nn.functional.interpolate(x.float(), size=size, mode="area")
    low, high = (0, 255) if x.dtype == torch.uint8 else (float(x.min()), float(x.max()))
    pixels = ((x.float() - low) / max(high - low, 1e-12) * 255).round().clamp(0, 255).byte()
    for picture in pixels.movedim(1, -1).contiguous():
        height, width, channels = picture.shape
        yield Picture(width, height, channels == 3, picture.numpy().tobytes())


def _fields(x: Tensor, info: SourceInfo) -> Iterator[tuple[str, ...]]:
    """Rows (n, columns) as text: numbers, categories by their names, nothing where a value is missing."""
    known = info.categories or ((),) * x.shape[1]
    for row in x[:, :FIELDS].tolist():
        yield tuple(_field(value, values) for value, values in zip(row, known, strict=False))


def _field(value: float, values: Sequence[str]) -> str:
    if value != value:
        return ""
    if values:
        return values[int(value)] if 0 <= int(value) < len(values) else ""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"


def curve(name: str, values: NDArray[Any]) -> Curve:
    """A column (N,) in the order of time, as the range of each of at most SPANS spans: no peak is lost."""
    import numpy as np

    spans = [span for span in np.array_split(values, min(SPANS, len(values))) if len(span)]
    return Curve(name, tuple(float(np.nanmin(s)) for s in spans), tuple(float(np.nanmax(s)) for s in spans))
