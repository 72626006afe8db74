"""What is done to stored values before the network sees them: fitted on training data, then plain numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.data import texts

if TYPE_CHECKING:
    from torch import Tensor

CHUNK = 4096
"""samples a step while mean and deviation are worked out: keeps the float64 copies small"""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Fitted steps, applied in order along dimension 1 (channels of images, columns of tables), or `axis`.

    `{"type": "scale", "factor": f}`: x * f. `{"type": "standardize", "mean": [...], "std": [...]}`:
    (x - mean) / std. `{"type": "impute", "values": [...]}`: a column's value where x is NaN.
    `{"type": "one_hot", "categories": [[], ["a", "b"], ...]}`: a column of numbers stays, one of places among
    categories becomes a column of 0 and 1 each; NaN, or a place beyond them, is all 0. The arithmetic is
    float32. `{"type": "tokens", ...}`, of texts and always alone, gives int64: see `texts`.
    """

    steps: tuple[Mapping[str, Any], ...] = ()

    def apply(self, x: Tensor) -> Tensor:
        """(N, C, ...) as stored, to float32 of the same shape as the network takes it."""
        import torch

        if self.steps and self.steps[0]["type"] == "tokens":
            return texts.apply(self.steps[0], x)
        x = x.to(torch.float32)
        for step in self.steps:
            match step["type"]:
                case "scale":
                    x = x * step["factor"]
                case "standardize":
                    shape = [1] * x.dim()
                    shape[step.get("axis", 1)] = -1
                    mean, std = (
                        torch.tensor(step[name], dtype=torch.float32, device=x.device).view(shape)
                        for name in ("mean", "std")
                    )
                    x = (x - mean) / std
                case "impute":
                    values = torch.tensor(step["values"], dtype=torch.float32, device=x.device)
                    x = torch.where(torch.isnan(x), values, x)
                case "one_hot":
                    x = torch.cat(
                        [_spread(x[:, i : i + 1], len(v)) for i, v in enumerate(step["categories"])], 1
                    )
                case unknown:
                    raise ValueError(f"no preprocessing step {unknown!r}")
        return x

    @property
    def of_texts(self) -> bool:
        """Whether it makes numbers of texts, which no tensor operation does."""
        return any(step["type"] == "tokens" for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        return {"input": [dict(step) for step in self.steps]}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Preprocessing:
        return cls(tuple(table.get("input", ())))


def _spread(column: Tensor, categories: int) -> Tensor:
    """(N, 1) as it is, or a place among `categories` as (N, categories) of 0 and 1."""
    import torch

    if not categories:
        return column
    return (column == torch.arange(categories, dtype=column.dtype, device=column.device)).to(column.dtype)


def fit(names: Iterable[str], scale: float, x: Tensor, axis: int = 1) -> Preprocessing:
    """The steps `names` fitted on the training samples `x` (N, C, ...), after scaling by `scale`.

    The channels C lie along `axis`.
    """
    steps: list[Mapping[str, Any]] = []
    if scale != 1.0:
        steps.append({"type": "scale", "factor": scale})
    for name in names:
        if name == "standardize":
            mean, std = moments(x.movedim(axis, 1), scale)
            steps.append(
                {"type": "standardize", "mean": mean, "std": std, **({"axis": axis} if axis != 1 else {})}
            )
    return Preprocessing(tuple(steps))


def fit_columns(
    names: Iterable[str], strategy: str, x: Tensor, categories: Sequence[Sequence[str]]
) -> Preprocessing:
    """The steps for columns of numbers and of places among `categories`, fitted on the training rows `x`.

    A missing number is filled in by `strategy` of scikit-learn's SimpleImputer, a missing category by the
    most frequent one. Only numbers are standardised. `x` is (N, columns).
    """
    values = _fillings(x, strategy, categories)
    steps: list[Mapping[str, Any]] = [{"type": "impute", "values": values}]
    filled = Preprocessing(tuple(steps)).apply(x)
    if "standardize" in names:
        mean, std = moments(filled)
        of_numbers = [not values for values in categories]
        mean = [m if number else 0.0 for m, number in zip(mean, of_numbers, strict=True)]
        std = [s if number else 1.0 for s, number in zip(std, of_numbers, strict=True)]
        steps.append({"type": "standardize", "mean": mean, "std": std})
    if any(categories):
        steps.append({"type": "one_hot", "categories": [list(values) for values in categories]})
    return Preprocessing(tuple(steps))


def _fillings(x: Tensor, strategy: str, categories: Sequence[Sequence[str]]) -> list[float]:
    """What a missing value of each column becomes; 0 where a column has no value at all."""
    from sklearn.impute import SimpleImputer

    filled = []
    for i, values in enumerate(categories):
        imputer = SimpleImputer(strategy="most_frequent" if values else strategy, keep_empty_features=True)
        filled.append(float(imputer.fit(x[:, i : i + 1].numpy()).statistics_[0]))
    return filled


def moments(x: Tensor, scale: float = 1.0) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of `x * scale` a channel. A constant channel gets the deviation 1."""
    import torch

    if not len(x):
        raise ValueError("no samples to fit on")
    columns = x.shape[1]
    total = torch.zeros(columns, dtype=torch.float64)
    # two passes: the sum of squares alone cancels badly for values far from zero
    for part in torch.split(x, CHUNK):
        total += _columns(part, scale).sum(0)
    count = x.numel() // columns
    mean = total / count
    squares = torch.zeros(columns, dtype=torch.float64)
    for part in torch.split(x, CHUNK):
        squares += (_columns(part, scale) - mean).square_().sum(0)
    std = (squares / count).sqrt()
    std[std <= 1e-12 * mean.abs()] = 1.0
    return mean.tolist(), std.tolist()


def _columns(x: Tensor, scale: float) -> Tensor:
    """(n, C, ...) to (n * ..., C) in float64."""
    import torch

    return x.to(torch.float64).mul_(scale).movedim(1, -1).reshape(-1, x.shape[1])
