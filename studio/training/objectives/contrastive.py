"""Contrastive pre-training (SimCLR; Chen and others 2020): two views of an image shall lie near each other.

Nothing is said of classes while it learns. How much the network has found is shown by the nearest neighbour:
the share of samples whose nearest other sample, by the angle between their vectors, is of the same class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Aim, Context
from studio.training.objectives import checks
from studio.training.objectives.kind import Kind, Number, refuse
from studio.training.objectives.objective import Objective, Outcome
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training.recognition import Probed
    from studio.training.settings import Settings

TITLE = Message("Contrastive pre-training")
SEED = 0
"""of the views that are judged: the same weights get the same figure each time"""
WIDTH = 32
"""values of a vector where the last layer is left to itself"""
MOST = 4096
"""samples that are looked at for a neighbour"""
CHUNK = 512


class Contrastive(Objective):
    """Predictions (N, values): a vector for each image; their length does not count.

    `temperature` divides the similarities; `strength` is how much the views differ, 0 for not at all.
    `shown`: a few samples (n, ...) and their classes (n,). Nothing is learned from them; at the end a linear
    classifier is fitted on their vectors, which therefore stand behind those of each batch that is judged.
    """

    def __init__(self, temperature: float, strength: float, shown: tuple[Tensor, Tensor]) -> None:
        self._temperature, self._strength, self._shown = temperature, strength, shown

    def check(self, prediction: Any, y: Tensor) -> None:
        checks.one_output(prediction, (None,), TITLE)

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        """Of vectors of two views each, (2N, values): the second half is that of the first, in order."""
        return nt_xent(prediction, self._temperature)

    def step(self, module: nn.Module, x: Tensor, y: Tensor, turn: str) -> Outcome:
        return self.loss(module(self._views(x, None)), y), None, y

    def judge(self, module: nn.Module, x: Tensor, y: Tensor) -> Outcome:
        import torch

        loss = self.loss(module(self._views(x, torch.Generator().manual_seed(SEED))), y)
        return loss, (module(x), module(self._shown[0])), y

    def _views(self, x: Tensor, generator: Generator | None) -> Tensor:
        import torch

        return torch.cat([view(x, self._strength, generator) for _ in range(2)])

    def meter(self) -> Neighbours:
        return Neighbours()

    def appraisal(self) -> Probed:
        from studio.training import recognition

        return recognition.Probed(self._shown[1])

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        return (-metrics["loss"],)


def nt_xent(vectors: Tensor, temperature: float) -> Tensor:
    """The normalised temperature-scaled cross-entropy of (2N, values): each against its twin N rows away."""
    import torch
    from torch.nn import functional

    vectors = functional.normalize(vectors, dim=1)
    alike = vectors @ vectors.T / temperature
    alike = alike.masked_fill(torch.eye(len(vectors), dtype=torch.bool, device=vectors.device), float("-inf"))
    twins = torch.arange(len(vectors), device=vectors.device).roll(len(vectors) // 2)
    return functional.cross_entropy(alike, twins)


def view(x: Tensor, strength: float, generator: Generator | None) -> Tensor:
    """Images (N, C, H, W) turned, moved, resized and with noise, each in its own way, by `strength`."""
    import torch
    from torch.nn import functional

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator).to(x) * 2 - 1

    turn, size, move = draw(len(x)) * 0.35 * strength, 1 + draw(len(x)) * 0.2 * strength, draw(len(x), 2)
    cos, sin = turn.cos() * size, turn.sin() * size
    shift = move * 0.25 * strength
    places = torch.stack([cos, -sin, shift[:, 0], sin, cos, shift[:, 1]], 1).view(-1, 2, 3)
    grid = functional.affine_grid(places, list(x.shape), align_corners=False)
    moved = functional.grid_sample(x, grid, padding_mode="border", align_corners=False)
    noise = torch.randn(x.shape, generator=generator).to(x)
    return moved * (1 + draw(len(x), 1, 1, 1) * 0.3 * strength) + noise * 0.2 * strength


def neighbours(vectors: Tensor, classes: Tensor) -> Tensor:
    """Whether the nearest other vector is of the same class: (N, values) and (N,) to (N,) booleans."""
    import torch
    from torch.nn import functional

    vectors = functional.normalize(vectors, dim=1)
    right = []
    for first in range(0, len(vectors), CHUNK):
        alike = vectors[first : first + CHUNK] @ vectors.T
        rows = torch.arange(len(alike), device=alike.device)
        alike[rows, rows + first] = float("-inf")
        right.append(classes[alike.argmax(1)] == classes[first : first + CHUNK])
    return torch.cat(right)


class Neighbours:
    """Vectors and classes of samples that are judged; nothing is gathered of training."""

    def __init__(self) -> None:
        self._vectors: list[Tensor] = []
        self._classes: list[Tensor] = []
        self._samples = 0

    def add(self, prediction: tuple[Tensor, Tensor] | None, y: Tensor) -> None:
        if prediction is not None and self._samples < MOST:
            self._vectors.append(prediction[0].detach())
            self._classes.append(y)
            self._samples += len(y)

    def result(self) -> dict[str, float]:
        import torch

        if self._samples < 2:
            return {}
        right = neighbours(torch.cat(self._vectors), torch.cat(self._classes))
        return {"neighbour_accuracy": float(right.float().mean())}

    def state(self) -> dict[str, Tensor]:
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None: ...


def _make(settings: Settings, data: Prepared, module: nn.Module) -> Contrastive:
    from studio.training import recognition

    return Contrastive(settings.aim["temperature"], settings.aim["strength"], recognition.few(data.train))


def _wants(context: Context, _: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    if not context.inputs:
        return WIDTH, aim
    spec = context.whole
    if len(spec.shape) != 4 or not spec.dtype.startswith("float"):
        text = Message("{aim} makes two views of an image, and the data gives {shape}.",
                       aim=TITLE, shape=str(spec))  # fmt: skip
        return context.outputs, replace(aim, refusal=refuse(text, "classification"))
    return WIDTH, replace(aim, outputs=(("D",),))


KIND = Kind(
    "contrastive",
    TITLE,
    Message("Vectors in which two views of the same image lie near each other. Classes only judge it."),
    ("nt_xent",),
    _make,
    tasks=("classification",),
    wants=_wants,
    numbers={
        "temperature": Number(Message("Temperature"), 0.5, 0.01, 100.0),
        "strength": Number(Message("Strength of the views"), 1.0, 0.0, 2.0),
    },
    metrics=("neighbour_accuracy",),
    at_the_end=("probe_accuracy",),
)
