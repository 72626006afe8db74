"""Draws the pictures of the gallery from the data or the network of each example: `projects/*.png`.

    python installer/gallery_pictures.py [NAME ...]

The pictures are part of the tree; run this again only to change them. What a network learned is read from the
last run beside its project (`projects/NAME.runs`), so train it first: such a picture is left as it is
without.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPen
from safetensors.numpy import load_file
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.neural_network import MLPClassifier

OUT = Path(__file__).resolve().parents[1] / "projects"
WIDTH, HEIGHT = 640, 320
BACK, LINE = QColor("#14161A"), QColor("#262A33")
BLUE, AMBER, GREEN = QColor("#4C9AFF"), QColor("#E5A84B"), QColor("#3FB68B")


def digits(painter: QPainter) -> None:
    """Real images, a few rows of them."""
    images = datasets.load_digits().images
    side, gap = 64, 12
    columns = WIDTH // (side + gap) + 1
    for number in range(columns * 5):
        left = (number % columns) * (side + gap) - 20
        top = (number // columns) * (side + gap) - 26
        image = images[number]
        for row, column in np.ndindex(8, 8):
            shade = image[row, column] / 16
            color = QColor.fromRgbF(0.08 + 0.36 * shade, 0.10 + 0.58 * shade, 0.14 + 0.84 * shade)
            painter.fillRect(QRectF(left + column * 8, top + row * 8, 8.2, 8.2), color)


def iris(painter: QPainter) -> None:
    """Petal length against petal width, a colour and a shape for each species."""
    data = datasets.load_iris()
    x, y = data.data[:, 2], data.data[:, 3]
    grid(painter)
    for kind, color in enumerate((BLUE, AMBER, GREEN)):
        painter.setPen(QPen(BACK, 1.5))
        painter.setBrush(color)
        for u, v in zip(x[data.target == kind], y[data.target == kind], strict=True):
            at = QPointF(40 + (u - 0.8) / 6.4 * (WIDTH - 80), HEIGHT - 30 - v / 2.7 * (HEIGHT - 60))
            mark(painter, at, kind)


def mark(painter: QPainter, at: QPointF, kind: int) -> None:
    """Circle, square or triangle: species differ by more than hue."""
    if kind == 0:
        painter.drawEllipse(at, 7, 7)
    elif kind == 1:
        painter.drawRoundedRect(QRectF(at.x() - 6, at.y() - 6, 12, 12), 2, 2)
    else:
        painter.drawPolygon([at + QPointF(0, -8), at + QPointF(8, 6), at + QPointF(-8, 6)])


def diabetes(painter: QPainter) -> None:
    """Body mass index against progression, and the line of least squares through them."""
    data = datasets.load_diabetes()
    x, y = data.data[:, 2], data.target
    grid(painter)
    slope, offset = np.polyfit(x, y, 1)

    def place(u: float, v: float) -> QPointF:
        return QPointF(40 + (u + 0.1) / 0.28 * (WIDTH - 80), HEIGHT - 24 - v / 360 * (HEIGHT - 48))

    painter.setPen(QPen(BACK, 1))
    color = QColor(BLUE)
    color.setAlphaF(0.8)
    painter.setBrush(color)
    for u, v in zip(x, y, strict=True):
        painter.drawEllipse(place(u, v), 5, 5)
    painter.setPen(QPen(AMBER, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(place(-0.09, slope * -0.09 + offset), place(0.16, slope * 0.16 + offset))


def perceptron(painter: QPainter) -> None:
    """Two measurements of each tumour, and the line that Rosenblatt's rule finds between the classes."""
    x, y = _tumours()
    rule = max((Perceptron(random_state=n).fit(x, y) for n in range(20)), key=lambda r: r.score(x, y))
    grid(painter)
    for kind, color in ((1, BLUE), (0, AMBER)):
        _points(painter, _place_of(x[y == kind], 3.0), color, kind, 4.5)
    (a, b), c = rule.coef_[0], rule.intercept_[0]
    ends = np.array([[-3.4, (3.4 * a - c) / b], [3.4, (-3.4 * a - c) / b]])
    start, end = _place_of(ends, 3.0)
    painter.setPen(QPen(GREEN, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(start, end)


def linear_regression(painter: QPainter) -> None:
    """The noisy line's points, and the line of least squares through them."""
    from studio.data.prepare import prepare

    data = prepare({"source": "noisy_line", "preprocessing": []})
    x, y = data.train.x[:, 0].numpy(), data.train.y[:, 0].numpy()
    slope, offset = np.polyfit(x, y, 1)
    grid(painter)

    def place(u: float, v: float) -> QPointF:
        return QPointF(30 + u / 10 * (WIDTH - 60), HEIGHT - 24 - (v + 9) / 40 * (HEIGHT - 48))

    painter.setPen(QPen(BACK, 1))
    painter.setBrush(GREEN)
    for u, v in zip(x, y, strict=True):
        painter.drawEllipse(place(u, v), 4.5, 4.5)
    painter.setPen(QPen(BLUE, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(place(0, offset), place(10, 10 * slope + offset))


def logistic_regression(painter: QPainter) -> None:
    """How sure one is by one measurement: tumours below and above, and the curve between them."""
    x, y = _tumours()
    grid(painter)
    found = LogisticRegression().fit(x[:, :1], y)
    shake = np.random.default_rng(0).normal(0, 0.028, len(y))

    def place(u: float, v: float) -> QPointF:
        return QPointF(WIDTH / 2 + u / 3 * WIDTH / 2, HEIGHT - 42 - v * (HEIGHT - 84))

    for kind, color in ((1, BLUE), (0, AMBER)):
        spots = [place(u, kind + s) for u, s in zip(x[y == kind, 0], shake[y == kind], strict=True)]
        _points(painter, spots, color, kind, 4)
    across = np.linspace(-3, 3, 200)
    curve = [place(u, p) for u, p in zip(across, found.predict_proba(across[:, None])[:, 1], strict=True)]
    painter.setPen(QPen(GREEN, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(curve)


def two_two_one(painter: QPainter) -> None:
    """XOR's points, and what two hidden units make of the plane behind them."""
    from studio.data.prepare import prepare

    data = prepare({"source": "xor", "preprocessing": []})
    x, y = data.train.x.numpy(), data.train.y.numpy()
    kind_of = {"activation": "tanh", "solver": "lbfgs", "alpha": 1e-3, "max_iter": 2000}
    nets = [MLPClassifier((2,), random_state=n, **kind_of).fit(x, y) for n in range(20)]
    net = max(nets, key=lambda found: found.score(x, y))
    step, wide = 5, 1.15
    for left in range(0, WIDTH, step):
        for top in range(0, HEIGHT, step):
            u, v = (left / WIDTH * 2 - 1) * wide, (1 - top / HEIGHT * 2) * 1.15
            share = float(net.predict_proba([[u, v]])[0, 1])
            painter.fillRect(QRectF(left, top, step + 0.5, step + 0.5), _blend(BLUE, AMBER, share, 0.34))
    for kind, color in ((0, BLUE), (1, AMBER)):
        spots = [QPointF(WIDTH / 2 * (1 + u / wide), HEIGHT / 2 * (1 - v / 1.15)) for u, v in x[y == kind]]
        _points(painter, spots, color, kind, 5)


def mnist_mlp(painter: QPainter) -> None:
    """What the hidden units look for: rows of the first layer, laid out as the picture they look at."""
    weights = learned("mnist_mlp", "fc1.weight")
    order = np.argsort(-np.abs(weights).sum(1))
    side, gap = 56, 8
    for number in range(60):
        left, top = (number % 10) * (side + gap) + 4, (number // 10) * (side + gap) - 6
        _signed(painter, weights[order[number]].reshape(28, 28), QRectF(left, top, side, side))


def mnist_cnn(painter: QPainter) -> None:
    """The 32 filters of the first convolution, 3 x 3 each."""
    weights = learned("mnist_cnn", "conv1.weight")[:, 0]
    side, gap = 66, 14
    for number, filter_ in enumerate(weights):
        left, top = (number % 8) * (side + gap) + 8, (number // 8) * (side + gap) + 7
        _signed(painter, filter_, QRectF(left, top, side, side))


def lenet_cifar10(painter: QPainter) -> None:
    """The feature maps of LeNet, as they are drawn since 1998: sheets that get smaller and more."""
    maps = ((3, 32, BLUE), (6, 28, AMBER), (6, 14, AMBER), (16, 10, GREEN), (16, 5, GREEN))
    left = 26.0
    for count, size, color in maps:
        side, shift = 14 + size * 2.3, 3.0
        top = HEIGHT / 2 - (side + shift * count) / 2
        for sheet in range(count):
            at = QRectF(left + sheet * shift, top + sheet * shift, side, side)
            painter.setPen(QPen(BACK, 1))
            painter.setBrush(_blend(BACK, color, 0.25 + 0.55 * sheet / count, 1.0))
            painter.drawRoundedRect(at, 3, 3)
        left += side + shift * count + 12
    for count, high in ((24, 250), (17, 180), (10, 106)):
        for unit in range(count):
            painter.setBrush(_blend(BACK, BLUE, 0.45 + 0.5 * ((unit * 7) % 10) / 10, 1.0))
            top = HEIGHT / 2 - high / 2 + unit * high / count
            painter.drawRoundedRect(QRectF(left, top, 11, high / count - 1.5), 2, 2)
        left += 24


def residual(painter: QPainter) -> None:
    """Three blocks in a row, each with the way around it."""
    grid(painter)
    middle, wide = HEIGHT / 2 + 34, 136
    for block in range(3):
        left = 60 + block * (wide + 54)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(AMBER, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(QRectF(left - 26, middle - 120, wide + 52, 240), 0, 180 * 16)
        for part, color in enumerate((BLUE, GREEN)):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawRoundedRect(QRectF(left + part * 74, middle - 46, 62, 92), 8, 8)
    painter.setPen(QPen(QColor("#9AA3B2"), 3))
    for gap in range(4):
        start = -20 + gap * (wide + 54)
        painter.drawLine(QPointF(start, middle), QPointF(start + 80, middle))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(AMBER)
    for block in range(3):
        painter.drawEllipse(QPointF(60 + block * (wide + 54) + wide + 26, middle), 9, 9)


def transfer(painter: QPainter) -> None:
    """A long network that stays as it is, and the one layer behind it that learns."""
    grid(painter)
    left, still = 30.0, QColor("#5B6472")
    for depth in range(9):
        high = 230 - depth * 18
        wide = 34 + depth * 3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_blend(BACK, still, 0.55 + 0.05 * depth, 1.0))
        painter.drawRoundedRect(QRectF(left, (HEIGHT - high) / 2, wide, high), 6, 6)
        left += wide + 8
    painter.setPen(QPen(QColor("#9AA3B2"), 3))
    painter.drawLine(QPointF(left - 6, HEIGHT / 2), QPointF(left + 22, HEIGHT / 2))
    for unit in range(10):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(AMBER if unit == 3 else _blend(BACK, AMBER, 0.45, 1.0))
        painter.drawRoundedRect(QRectF(left + 24, 45 + unit * 23.5, 56, 18), 5, 5)


def learned(name: str, tensor: str) -> NDArray[np.float32]:
    """A tensor of the last run of a project. Raises FileNotFoundError where there is none."""
    kept = sorted((OUT / f"{name}.runs").glob("*/best.safetensors"))
    if not kept:
        raise FileNotFoundError(f"projects/{name}.runs: train the project first")
    found: NDArray[np.float32] = load_file(kept[-1])[tensor]
    return found


def _tumours() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Radius and texture of the tumours, standardised; 1 is benign."""
    data = datasets.load_breast_cancer()
    x = data.data[:, :2]
    return (x - x.mean(0)) / x.std(0), data.target


def _place_of(x: NDArray[np.float64], most: float) -> list[QPointF]:
    """Standardised pairs as places in the picture."""
    return [QPointF(WIDTH / 2 * (1 + u / most), HEIGHT / 2 * (1 - v / most)) for u, v in x]


def _points(painter: QPainter, spots: list[QPointF], color: QColor, kind: int, size: float) -> None:
    """Circles for one class, squares for the other."""
    painter.setPen(QPen(BACK, 1))
    painter.setBrush(color)
    for at in spots:
        if kind:
            painter.drawEllipse(at, size, size)
        else:
            painter.drawRoundedRect(QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size), 2, 2)


def _signed(painter: QPainter, values: NDArray[np.float32], box: QRectF) -> None:
    """A table of numbers: blue above 0, amber below."""
    rows, columns = values.shape
    largest = float(np.abs(values).max()) or 1.0
    wide, high = box.width() / columns, box.height() / rows
    for row, column in np.ndindex(rows, columns):
        value = float(values[row, column]) / largest
        color = _blend(BACK, BLUE if value > 0 else AMBER, math.sqrt(abs(value)), 1.0)
        painter.fillRect(
            QRectF(box.left() + column * wide, box.top() + row * high, wide + 0.4, high + 0.4), color
        )


def _blend(first: QColor, second: QColor, share: float, strength: float) -> QColor:
    """Between two colours, and that much of it over the background."""
    mixed = [a + (b - a) * share for a, b in zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)]
    over = [b + (m - b) * strength for b, m in zip(BACK.getRgb()[:3], mixed, strict=True)]
    return QColor(*(round(value) for value in over))


def grid(painter: QPainter) -> None:
    painter.setPen(QPen(LINE, 1))
    for step in range(1, 5):
        painter.drawLine(0, step * HEIGHT // 5, WIDTH, step * HEIGHT // 5)
    for step in range(1, 9):
        painter.drawLine(step * WIDTH // 9, 0, step * WIDTH // 9, HEIGHT)


DRAWINGS = (
    digits, iris, diabetes, perceptron, linear_regression, logistic_regression, two_two_one, mnist_mlp,
    mnist_cnn, lenet_cifar10, residual, transfer,
)  # fmt: skip


def save_chosen(drawings: Mapping[str, Callable[[QPainter], None]], names: list[str]) -> int:
    """Saves the pictures of the examples `names`, all without any. One without its data is left as it is."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QGuiApplication([])
    for name, draw in drawings.items():
        if names and name not in names:
            continue
        image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        image.fill(BACK)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        try:
            draw(painter)
            image.save(str(OUT / f"{name}.png"))
        except FileNotFoundError as error:
            sys.stderr.write(f"{error}\n")
        finally:
            painter.end()
    del app
    return 0


if __name__ == "__main__":
    sys.exit(save_chosen({draw.__name__: draw for draw in DRAWINGS}, sys.argv[1:]))
