"""Draws the pictures of the gallery from the real data of each example: `projects/*.png`.

    python installer/gallery_pictures.py

The pictures are part of the tree; run this again only to change them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPen
from sklearn import datasets

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


def grid(painter: QPainter) -> None:
    painter.setPen(QPen(LINE, 1))
    for step in range(1, 5):
        painter.drawLine(0, step * HEIGHT // 5, WIDTH, step * HEIGHT // 5)
    for step in range(1, 9):
        painter.drawLine(step * WIDTH // 9, 0, step * WIDTH // 9, HEIGHT)


def main() -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QGuiApplication([])
    for draw in (digits, iris, diabetes):
        image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        image.fill(BACK)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter)
        painter.end()
        image.save(str(OUT / f"{draw.__name__}.png"))
    del app
    return 0


if __name__ == "__main__":
    sys.exit(main())
