"""Steps that bring columns to one range: (x - offset) / divisor, the two fitted a column or channel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from studio.data.layout import GAME, PIECES, TEXT, TOKENS, Layout
from studio.data.steps.kind import Fitted, Samples, StepKind, UnfitError, named
from studio.data.steps.options import Values, columns
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

Moments = tuple[list[float], list[float]]


def after(layout: Layout, values: Values) -> Layout:
    if layout.kind in (TEXT, PIECES, TOKENS):
        raise UnfitError(Message("texts are no numbers"))
    if layout.kind == GAME:
        raise UnfitError(
            Message("what a game shows later lies far from its starts, so nothing is fitted on those")
        )
    named(layout, values["columns"])
    if not layout.places(values["columns"]):
        raise UnfitError(Message("none of the columns is a number"))
    return layout


def moments(chunks: Iterable[Tensor], again: Iterable[Tensor], axis: int = 1) -> Moments:
    """Mean and standard deviation a column of samples (n, ...) in float64, which come twice, part by part.

    Missing numbers do not count. A constant column gets the deviation 1.
    """
    import torch

    # two passes: the sum of squares alone cancels badly for values far from zero
    total, count = _sums(chunks, axis, None)
    mean = total / count
    squares, _ = _sums(again, axis, mean)
    std = (squares / count).sqrt()
    std[(std <= 1e-12 * mean.abs()) | torch.isnan(std)] = 1.0
    return mean.nan_to_num(nan=0.0).tolist(), std.tolist()


def _sums(chunks: Iterable[Tensor], axis: int, mean: Tensor | None) -> tuple[Tensor, Tensor]:
    """The sum a column, of squares of what differs from `mean` where it is given, and how many there are."""
    import torch

    total = count = None
    for part in chunks:
        flat = part.movedim(axis, -1).reshape(-1, part.shape[axis])
        if mean is not None:
            flat = (flat - mean).square_()
        found, present = flat.sum(0), torch.full((flat.shape[1],), len(flat))
        if torch.isnan(found).any():
            lacking = torch.isnan(flat)
            found, present = torch.where(lacking, 0.0, flat).sum(0), (~lacking).sum(0)
        total = found if total is None else total + found
        count = present if count is None else count + present
    if total is None or count is None or not count.any():
        raise ValueError("no samples to fit on")
    return total, count


def _standard(samples: Samples, layout: Layout) -> Moments:
    return moments(samples.chunks(), samples.chunks(), layout.axis)


def _min_max(samples: Samples, layout: Layout) -> Moments:
    """scikit-learn's MinMaxScaler, part by part."""
    from sklearn.preprocessing import MinMaxScaler

    scaler = MinMaxScaler()
    for part in samples.chunks():
        scaler.partial_fit(part.movedim(layout.axis, -1).reshape(-1, part.shape[layout.axis]).numpy())
    return scaler.data_min_.tolist(), (1.0 / scaler.scale_).tolist()


def _robust(samples: Samples, layout: Layout) -> Moments:
    """scikit-learn's RobustScaler."""
    from sklearn.preprocessing import RobustScaler

    scaler = RobustScaler().fit(samples.rows(layout.axis))
    return scaler.center_.tolist(), scaler.scale_.tolist()


def _fit(work: Callable[[Samples, Layout], Moments]) -> Callable[[Samples, Layout, Values], Fitted]:
    def fit(samples: Samples, layout: Layout, values: Values) -> Fitted:
        mean, std = work(samples, layout)
        chosen = layout.places(values["columns"])
        mean = [m if i in chosen else 0.0 for i, m in enumerate(mean)]
        std = [s if i in chosen else 1.0 for i, s in enumerate(std)]
        along = {"axis": layout.axis} if layout.axis != 1 else {}
        return Fitted(({"type": "standardize", "mean": mean, "std": std, **along},), layout)

    return fit


def _says(name: Message) -> Callable[[Values], Message]:
    def says(values: Values) -> Message:
        if values["columns"]:
            return Message("{step}: {columns}", step=name, columns=", ".join(values["columns"]))
        return name

    return says


def _kind(type_: str, title: Message, about: Message, work: Callable[[Samples, Layout], Moments]) -> StepKind:
    return StepKind(type_, title, about, (columns(),), after, _fit(work), _says(title))


KINDS = (
    _kind(
        "standardize",
        Message("Standardise"),
        Message("Each column, or channel of images, gets the mean 0 and the standard deviation 1."),
        _standard,
    ),
    _kind(
        "min_max",
        Message("Scale to 0 … 1"),
        Message("The least value of the training samples becomes 0, the greatest 1."),
        _min_max,
    ),
    _kind(
        "robust",
        Message("Scale by the quartiles"),
        Message("The median becomes 0 and the quartiles lie 1 apart: outliers do not spoil the scale."),
        _robust,
    ),
)
