"""What is done to stored values before the network sees them: fitted on training data, then plain numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

CHUNK = 4096
"""samples a step while mean and deviation are worked out: keeps the float64 copies small"""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Fitted steps, applied in order along dimension 1 (the channels of images, the columns of tables).

    `{"type": "scale", "factor": f}`: x * f. `{"type": "standardize", "mean": [...], "std": [...]}`:
    (x - mean) / std. All arithmetic is float32.
    """

    steps: tuple[Mapping[str, Any], ...] = ()

    def apply(self, x: Tensor) -> Tensor:
        """(N, C, ...) as stored, to float32 of the same shape as the network takes it."""
        import torch

        x = x.to(torch.float32)
        for step in self.steps:
            match step["type"]:
                case "scale":
                    x = x * step["factor"]
                case "standardize":
                    shape = (1, -1, *[1] * (x.dim() - 2))
                    mean, std = (
                        torch.tensor(step[name], dtype=torch.float32, device=x.device).view(shape)
                        for name in ("mean", "std")
                    )
                    x = (x - mean) / std
                case unknown:
                    raise ValueError(f"no preprocessing step {unknown!r}")
        return x

    def to_json(self) -> dict[str, Any]:
        return {"input": [dict(step) for step in self.steps]}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Preprocessing:
        return cls(tuple(table.get("input", ())))


def fit(names: Iterable[str], scale: float, x: Tensor) -> Preprocessing:
    """The steps `names` fitted on the training samples `x` (N, C, ...), after scaling by `scale`."""
    steps: list[Mapping[str, Any]] = []
    if scale != 1.0:
        steps.append({"type": "scale", "factor": scale})
    for name in names:
        if name == "standardize":
            mean, std = moments(x, scale)
            steps.append({"type": "standardize", "mean": mean, "std": std})
    return Preprocessing(tuple(steps))


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
