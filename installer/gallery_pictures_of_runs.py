"""Draws the pictures of the gallery's projects that generate, play, segment and pre-train: `projects/*.png`.

    python installer/gallery_pictures_of_runs.py [NAME ...]

Each picture is of what its project gives once it was trained, so this trains them all: some minutes. The
pictures are part of the tree; run this again only to change them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gallery_pictures import AMBER, BLUE, GREEN, HEIGHT, LINE, OUT, WIDTH, grid, save_chosen
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.data.prepare import Prepared, prepare
from studio.project import files
from studio.training import runs
from studio.training.run import train

Image = NDArray[np.float32]
RED = QColor("#E0605E")
CLASSES = (
    BLUE,
    AMBER,
    GREEN,
    RED,
    *map(QColor, ("#B38CFF", "#5FD3E8", "#F2789F", "#A8C64B", "#D9D9D9", "#8C6D46")),
)


@dataclass(frozen=True, slots=True)
class Trained:
    """A project of the gallery after its training: its network at rest, its data."""

    module: torch.nn.Module
    data: Prepared

    def part(self, name: str) -> torch.nn.Module:
        return self.module.get_submodule(name)


def trained(name: str) -> Trained:
    project = files.load(OUT / f"{name}.json")
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        run = runs.open_run(train(project, OUT, Path(folder)).folder)
        return Trained(run.load_module("best").eval(), prepare(project.data, OUT))


def shown(
    painter: QPainter, image: Image, left: float, top: float, side: float, color: QColor = BLUE
) -> None:
    """An image of values from 0 to 1, each a square, from the dark of the page to `color`."""
    cell = side / image.shape[0]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # no seams between pixels
    for row, column in np.ndindex(*image.shape):
        painter.fillRect(
            QRectF(left + column * cell, top + row * cell, cell + 0.2, cell + 0.2),
            mixed(color, float(np.clip(image[row, column], 0, 1))),
        )


def mixed(color: QColor, share: float) -> QColor:
    """Between the dark of a tile, at 0, and `color`."""
    dark = (0.08, 0.10, 0.14)
    parts = (color.redF(), color.greenF(), color.blueF())
    return QColor.fromRgbF(*(a + share * (b - a) for a, b in zip(dark, parts, strict=True)))


def pairs(painter: QPainter, above: list[Image], below: list[Image]) -> None:
    """Two rows of images, what went in above what came out."""
    side, columns = 100.0, len(above)
    gap = (WIDTH - columns * side) / (columns + 1)
    rise = (HEIGHT - 2 * side) / 3
    for number, (one, other) in enumerate(zip(above, below, strict=True)):
        left = gap + number * (side + gap)
        shown(painter, one, left, rise, side)
        shown(painter, other, left, 2 * rise + side, side, AMBER)


def pixels(data: Prepared, images: torch.Tensor) -> list[Image]:
    """Images (N, 1, H, W) as a network takes or gives them, in the brightness of the data: 0 to 1."""
    low, high = float(data.train.x.min()), float(data.train.x.max())
    return [(image[0].numpy() - low) / (high - low) for image in images]


@torch.no_grad()
def autoencoder(painter: QPainter, of: Trained) -> None:
    x = of.data.test.x[:5]
    pairs(painter, pixels(of.data, x), pixels(of.data, of.module(x)))


@torch.no_grad()
def denoising(painter: QPainter, of: Trained) -> None:
    x = of.data.test.x[5:10]
    noisy = x + torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    pairs(painter, pixels(of.data, noisy), pixels(of.data, of.module(noisy)))


@torch.no_grad()
def variational(painter: QPainter, of: Trained) -> None:
    """What the decoder makes of places in the plane of the two codes, each as likely as any other."""
    side, down, across = 40, HEIGHT // 40, WIDTH // 40
    normal = torch.distributions.Normal(0.0, 1.0)
    ys, xs = (normal.icdf((torch.arange(n) + 0.5) / n) for n in (down, across))
    places = torch.stack([xs.repeat(down), ys.repeat_interleave(across)], 1)
    for number, image in enumerate(pixels(of.data, of.part("decoder")(places))):
        shown(painter, image, number % across * side, number // across * side, side - 1)


@torch.no_grad()
def unet(painter: QPainter, of: Trained) -> None:
    x = of.data.test.x[:5]
    masks = of.module(x).argmax(1)
    side, gap = 116.0, 10.0
    top = (HEIGHT - 2 * side - gap) / 2
    for number, (image, mask) in enumerate(zip(pixels(of.data, x), masks, strict=True)):
        left = gap + number * (side + gap)
        shown(painter, image, left, top, side, QColor("#D9DEE8"))
        cell = side / mask.shape[0]
        for row, column in np.ndindex(*mask.shape):
            kind = int(mask[row, column])
            color = mixed(BLUE, 0.12) if kind == 0 else (BLUE, AMBER, GREEN)[kind - 1]
            place = QRectF(left + column * cell, top + side + gap + row * cell, cell + 0.2, cell + 0.2)
            painter.fillRect(place, color)


@torch.no_grad()
def gan(painter: QPainter, of: Trained) -> None:
    side, down, across = 64, HEIGHT // 64, WIDTH // 64
    torch.manual_seed(0)
    made = of.module(torch.zeros(down * across, 1, 8, 8))[1]
    for number, image in enumerate(made[:, 0].numpy()):
        shown(painter, image, number % across * side + 4, number // across * side + 4, side - 8)


@torch.no_grad()
def cartpole_dqn(painter: QPainter, of: Trained) -> None:
    """Which push is worth more, by angle (across) and angular velocity (down), and the way of a few games."""
    angles, speeds = 0.21, 2.2
    velocity, angle = (
        torch.linspace(speeds, -speeds, HEIGHT // 4),
        torch.linspace(-angles, angles, WIDTH // 4),
    )
    seen = torch.zeros(len(velocity), len(angle), 4)
    seen[..., 2], seen[..., 3] = angle, velocity[:, None]
    worth = of.module(seen.view(-1, 4)).view(len(velocity), len(angle), 2)
    better = worth[..., 1] - worth[..., 0]
    scale = float(better.abs().quantile(0.9))
    for row, column in np.ndindex(*better.shape):
        share = 0.12 + 0.5 * min(1.0, abs(float(better[row, column])) / scale)
        color = AMBER if better[row, column] > 0 else BLUE
        painter.fillRect(QRectF(column * 4, row * 4, 4.2, 4.2), mixed(color, share))
    for start in ((0.0, 0.0, 0.17, -0.4), (0.0, 0.0, -0.16, -0.2), (0.0, 0.0, -0.05, 1.4)):
        way = [
            QPointF(WIDTH / 2 * (1 + at[2] / angles), HEIGHT / 2 * (1 - at[3] / speeds))
            for at in played(of.module, start, 60)
        ]
        painter.setPen(QPen(QColor("#F4F6FA"), 2.5))
        painter.drawPolyline(way)
        painter.setBrush(QColor("#F4F6FA"))
        painter.drawEllipse(way[0], 5, 5)


def played(module: torch.nn.Module, start: tuple[float, ...], most: int) -> list[Image]:
    """What is seen of a game from these four numbers on, the better action each time, until it is over."""
    from studio.data.games import Game

    game = Game("CartPole-v1")
    game.put(np.array(start), 0)
    seen, ended = np.array(start, np.float32), False
    found = [seen]
    while not ended and len(found) < most:
        seen, _, ended, _ = game.move(int(module(torch.from_numpy(seen)[None]).argmax()))
        found.append(seen)
    return found


@torch.no_grad()
def cartpole_policy(painter: QPainter, of: Trained) -> None:
    """A pole that is caught at the start of a game, one picture upon the other."""
    tried = [played(of.module, (-0.6, 0.0, lean, 0.0), 110) for lean in (0.2, 0.17, 0.14, 0.11, 0.08)]
    game = max(tried, key=len)
    left, right = (float(edge([at[0] for at in game])) for edge in (min, max))
    grid(painter)
    floor, length = HEIGHT - 60, 200
    painter.setPen(QPen(LINE, 3))
    painter.drawLine(0, floor + 22, WIDTH, floor + 22)
    kept = game[::8]
    for number, at in enumerate(kept):
        share = (number + 1) / len(kept)
        foot = QPointF(90 + (float(at[0]) - left) / (right - left) * (WIDTH - 180), floor)
        tip = foot + QPointF(np.sin(at[2]) * length, -np.cos(at[2]) * length)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(BLUE, 0.15 + 0.85 * share**2))
        painter.drawRoundedRect(QRectF(foot.x() - 34, foot.y() - 11, 68, 30), 6, 6)
        pole = mixed(AMBER, 0.2 + 0.8 * share**2)
        painter.setPen(QPen(pole, 9, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(foot, tip)


@torch.no_grad()
def contrastive(painter: QPainter, of: Trained) -> None:
    """Every test digit where its vector lies, in a plane that keeps neighbours; its colour is its class."""
    from sklearn.manifold import TSNE

    test = of.data.test
    vectors = torch.nn.functional.normalize(of.module(test.x), dim=1).numpy()
    flat: Any = TSNE(random_state=0, perplexity=20, init="pca").fit_transform(vectors)
    low, high = flat.min(0), flat.max(0)
    places = (flat - low) / (high - low) * (WIDTH - 44, HEIGHT - 34) + (14, 8)
    for (left, top), image, kind in zip(places, pixels(of.data, test.x), test.y.tolist(), strict=True):
        drawn(painter, image, left, top, CLASSES[kind])


def drawn(painter: QPainter, image: Image, left: float, top: float, color: QColor) -> None:
    """The bright pixels of a digit, 2 of the page each."""
    for row, column in np.ndindex(*image.shape):
        ink = QColor(color)
        ink.setAlphaF(float(np.clip(image[row, column], 0, 1)))
        painter.fillRect(QRectF(left + column * 2, top + row * 2, 2, 2), ink)


DRAWINGS: tuple[Callable[[QPainter, Trained], None], ...] = (
    autoencoder,
    denoising,
    variational,
    unet,
    gan,
    cartpole_dqn,
    cartpole_policy,
    contrastive,
)


def _of_its_run(draw: Callable[..., None]) -> Callable[[QPainter], None]:
    """A drawing that trains its example first."""
    return lambda painter: draw(painter, trained(draw.__name__))


if __name__ == "__main__":
    sys.exit(save_chosen({draw.__name__: _of_its_run(draw) for draw in DRAWINGS}, sys.argv[1:]))
