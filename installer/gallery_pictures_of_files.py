"""Draws the pictures of the examples on texts, sequences and tables: `projects/*.png`.

    NETLOOM_TEST_DATA=../shared/data python installer/gallery_pictures_b.py [NAME ...]

Curves and points are of the real data of each example, which must lie in the folder that the variable names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas
from gallery_pictures import AMBER, BACK, BLUE, GREEN, HEIGHT, LINE, OUT, WIDTH, grid, mark, save_chosen
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF
from sklearn import datasets

DATA = Path(os.environ.get("NETLOOM_TEST_DATA", OUT.parents[1] / "shared" / "data"))
TEXT = QColor("#D6DAE2")
RED = QColor("#E5657B")


# -- sequences ---------------------------------------------------------------------------------------


def sunspots_rnn(painter: QPainter) -> None:
    """Two cycles of the sun, the months that are read, and the one that is said."""
    series = pandas.read_csv(DATA / "sunspots" / "monthly-sunspots.csv")["Sunspots"].to_numpy()[2400:2660]
    grid(painter)
    curve = _curve(series, 0, 260)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_faint(BLUE, 0.16))
    left, right = curve[196].x(), curve[219].x()
    painter.drawRoundedRect(QRectF(left, 20, right - left, HEIGHT - 40), 6, 6)
    _line(painter, curve[:221], BLUE)
    _line(painter, curve[220:], LINE)
    _dot(painter, curve[220], AMBER, 8)


def airline_lstm(painter: QPainter) -> None:
    """Twelve years of passengers; the last one in another colour, for it is the one that is forecast."""
    path = DATA / "airline_passengers" / "airline-passengers.csv"
    series = pandas.read_csv(path)["Passengers"].to_numpy()
    grid(painter)
    curve = _curve(series, 0, 650)
    _line(painter, curve[:132], BLUE)
    _line(painter, curve[131:], AMBER)
    for point in curve[132:]:
        _dot(painter, point, AMBER, 5)


def temporal_convolution(painter: QPainter) -> None:
    """What the last place sees through layers whose holes double."""
    columns, rows = 32, 5
    across, down = WIDTH / (columns + 1), (HEIGHT - 80) / rows

    def at(row: int, column: int) -> QPointF:
        return QPointF((column + 1) * across, HEIGHT - 40 - row * down)

    seen = {(rows, columns - 1)}
    for row in range(rows, 0, -1):
        step = 2 ** (row - 1)
        for _, column in sorted(place for place in seen if place[0] == row):
            for before in (column, column - step):
                if before >= 0:
                    painter.setPen(QPen(_faint(AMBER, 0.55), 1.6))
                    painter.drawLine(at(row, column), at(row - 1, before))
                    seen.add((row - 1, before))
    for row, column in np.ndindex(rows + 1, columns):
        known = (row, column) in seen
        color = LINE if not known else BLUE if row == 0 else AMBER
        _dot(painter, at(row, column), color, 6 if known else 4)


# -- texts -------------------------------------------------------------------------------------------


def lstm_reviews(painter: QPainter) -> None:
    """Words that speak for and against a film, one after the other."""
    lines = ("a warm , funny and", "often moving film", "that loses its way", "in a dull last act .")
    good, bad = {"warm", "funny", "moving"}, {"loses", "dull"}
    for number, line in enumerate(lines):
        words = [(word, GREEN if word in good else RED if word in bad else None) for word in line.split()]
        _chips(painter, words, 48 + 68 * number, "DejaVu Sans", 23)


def gru_waimai(painter: QPainter) -> None:
    """Characters of a review, with what reads them from both sides."""
    signs = "送餐很快味道也不错"
    width, top = 58, 130
    for number, sign in enumerate(signs):
        left = (WIDTH - width * len(signs)) / 2 + number * width
        rect = QRectF(left + 3, top, width - 6, width)
        warm = sign in "快错"
        painter.setPen(QPen(GREEN if warm else LINE, 2))
        painter.setBrush(_faint(GREEN if warm else BLUE, 0.22))
        painter.drawRoundedRect(rect, 8, 8)
        painter.setPen(TEXT)
        painter.setFont(_font("Noto Sans CJK SC", 27))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, sign)
        if number + 1 < len(signs):
            _arrow(painter, QPointF(left + 24, top - 34), QPointF(left + width + 6, top - 34), BLUE)
            _arrow(
                painter,
                QPointF(left + width + 34, top + width + 34),
                QPointF(left + 52, top + width + 34),
                AMBER,
            )


def text_cnn(painter: QPainter) -> None:
    """A sentence as a matrix, and windows over three, four and five words."""
    words, width = 13, 22
    numbers = np.random.default_rng(4).normal(size=(words, width)).clip(-2, 2)
    side = 19
    left, top = 40, (HEIGHT - words * side) / 2
    for row, column in np.ndindex(words, width):
        strength = abs(float(numbers[row, column])) / 2
        color = _faint(BLUE if numbers[row, column] > 0 else AMBER, 0.12 + 0.6 * strength)
        painter.fillRect(QRectF(left + column * side, top + row * side, side - 2, side - 2), color)
    right = left + width * side
    for first, length, color in ((0, 3, GREEN), (4, 4, AMBER), (8, 5, BLUE)):
        rect = QRectF(left - 4, top + first * side - 3, width * side + 6, length * side + 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 3))
        painter.drawRoundedRect(rect, 5, 5)
        for number in range(5):
            end = QPointF(right + 80, rect.center().y() + (number - 2) * 13)
            painter.setPen(QPen(_faint(color, 0.6), 1.5))
            painter.drawLine(QPointF(rect.right(), rect.center().y()), end)
            _dot(painter, end, color, 4)


def text_transformer(painter: QPainter) -> None:
    """Each word listens to the others: arcs as strong as it does."""
    words = ("call", "now", "to", "claim", "your", "prize")
    heard = ((0, 1, 0.5), (0, 5, 0.9), (3, 5, 1.0), (1, 3, 0.4), (2, 3, 0.3), (4, 5, 0.6), (0, 3, 0.35))
    across = WIDTH / len(words)
    for one, other, strength in heard:
        a, b = QPointF((one + 0.5) * across, 232), QPointF((other + 0.5) * across, 232)
        path = QPainterPath(a)
        lift = QPointF(0, -70 - 38 * (other - one))
        path.cubicTo(a + lift, b + lift, b)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(_faint(AMBER if strength > 0.8 else BLUE, strength), 1.5 + 3 * strength))
        painter.drawPath(path)
    for number, word in enumerate(words):
        rect = QRectF(number * across + 8, 236, across - 16, 42)
        loud = word in ("claim", "prize", "call")
        painter.setPen(QPen(AMBER if loud else LINE, 2))
        painter.setBrush(_faint(AMBER if loud else BLUE, 0.2))
        painter.drawRoundedRect(rect, 8, 8)
        painter.setPen(TEXT)
        painter.setFont(_font("DejaVu Sans", 19))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, word)


def char_gpt(painter: QPainter) -> None:
    """The causal mask: each character listens to itself and to those before it."""
    text = "To be, or not to be"
    side, top, left = 15, 20, 40
    strengths = np.random.default_rng(2).random((len(text), len(text)))
    painter.setFont(_font("DejaVu Sans Mono", 11))
    for row, sign in enumerate(text):
        share = np.exp(2.5 * strengths[row, : row + 1])
        for column in range(len(text)):
            rect = QRectF(left + 24 + column * side, top + row * side, side - 2, side - 2)
            there = column <= row
            strength = float(share[column] / share.max()) if there else 0.0
            painter.fillRect(rect, _faint(BLUE, 0.12 + 0.88 * strength) if there else LINE)
        painter.setPen(TEXT)
        place = QRectF(left, top + row * side, 20, side)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "␣" if sign == " " else sign)
    painter.setFont(_font("DejaVu Serif", 19))
    for number, line in enumerate(
        ("ROMEO:", "What is the world,", "that I should be", "the hand of heaven…")
    ):
        painter.setPen(AMBER if number == 0 else TEXT)
        painter.drawText(QPointF(382, 96 + 46 * number), line)


# -- tables ------------------------------------------------------------------------------------------


def titanic(painter: QPainter) -> None:
    """How many survived, by class and sex: as wide as the group is large."""
    table = pandas.read_csv(DATA / "titanic" / "train.csv")
    grid(painter)
    left, unit = 40.0, (WIDTH - 80 - 5 * 10) / len(table)
    for number, ((_, sex), group) in enumerate(table.groupby(["Pclass", "Sex"])):
        share, width = group["Survived"].mean(), len(group) * unit
        rect = QRectF(left, HEIGHT - 30, width, -(HEIGHT - 60))
        painter.fillRect(rect, _faint(LINE, 0.9))
        rect.setHeight(-(HEIGHT - 60) * share)
        painter.fillRect(rect, AMBER if sex == "female" else BLUE)
        left += width + (10 if number < 5 else 0)


def penguins(painter: QPainter) -> None:
    """Length against depth of the bill, a colour and a shape for each species."""
    table = pandas.read_csv(DATA / "penguins" / "penguins.csv").dropna()
    grid(painter)
    painter.setPen(QPen(BACK, 1.5))
    for kind, (_, group) in enumerate(table.groupby("species")):
        painter.setBrush((BLUE, AMBER, GREEN)[kind])
        for u, v in zip(group["bill_length_mm"], group["bill_depth_mm"], strict=True):
            mark(
                painter,
                QPointF(30 + (u - 31) / 30 * (WIDTH - 60), HEIGHT - 24 - (v - 12.5) / 9.5 * 272),
                kind,
            )


def california_housing(painter: QPainter) -> None:
    """The districts where they lie, the dear ones bright."""
    table = pandas.read_csv(DATA / "california_housing" / "housing.csv").sort_values("median_house_value")
    share = table["median_house_value"].rank(pct=True)
    painter.setPen(Qt.PenStyle.NoPen)
    # turned by a quarter, the state lies along the picture
    for u, v, worth in zip(table["latitude"], table["longitude"], share, strict=True):
        color = _between(QColor("#24416B"), AMBER, worth**1.5)
        painter.setBrush(_faint(color, 0.75))
        painter.drawEllipse(
            QPointF(20 + (42 - u) / 9.6 * (WIDTH - 40), HEIGHT - 14 - (v + 124.4) / 10.2 * 292), 2, 2
        )


def auto_mpg(painter: QPainter) -> None:
    """Weight against miles a gallon, and the curve through them."""
    table = pandas.read_csv(DATA / "auto_mpg" / "mpg.csv")
    grid(painter)

    def place(u: float, v: float) -> QPointF:
        return QPointF(30 + (u - 1500) / 3800 * (WIDTH - 60), HEIGHT - 20 - (v - 6) / 43 * (HEIGHT - 40))

    painter.setPen(QPen(BACK, 1))
    painter.setBrush(_faint(BLUE, 0.8))
    for u, v in zip(table["weight"], table["mpg"], strict=True):
        painter.drawEllipse(place(u, v), 5, 5)
    slope, offset = np.polyfit(table["weight"], 1 / table["mpg"], 1)
    _line(painter, [place(u, 1 / (slope * u + offset)) for u in np.linspace(1600, 5200, 60)], AMBER)


def three_experts(painter: QPainter) -> None:
    """Three groups of columns, each with a network of its own, and the mean of what they say."""
    values = datasets.load_breast_cancer().data[:10]
    share = (values - values.min(0)) / (values.max(0) - values.min(0))
    for number, color in enumerate((BLUE, AMBER, GREEN)):
        top = 22 + number * 98
        for row, column in np.ndindex(5, 10):
            strength = 0.12 + 0.8 * float(share[row, number * 10 + column])
            painter.fillRect(QRectF(36 + column * 16, top + row * 16, 14, 14), _faint(color, strength))
        hidden = [QPointF(300, top + 4 + n * 18) for n in range(5)]
        said = QPointF(420, top + 40)
        for point in hidden:
            painter.setPen(QPen(_faint(color, 0.5), 1.2))
            painter.drawLine(QPointF(200, top + 40), point)
            painter.drawLine(point, said)
        painter.setPen(QPen(color, 2))
        painter.drawLine(said, QPointF(560, HEIGHT / 2))
        for point in (*hidden, said):
            _dot(painter, point, color, 6)
    _dot(painter, QPointF(560, HEIGHT / 2), TEXT, 12)


# -- what they share ---------------------------------------------------------------------------------


def _curve(series: NDArray[np.float64], low: float, high: float) -> list[QPointF]:
    """A series along the width of the picture."""
    across = (WIDTH - 40) / (len(series) - 1)
    return [
        QPointF(20 + i * across, HEIGHT - 24 - (float(v) - low) / (high - low) * (HEIGHT - 48))
        for i, v in enumerate(series)
    ]


def _line(painter: QPainter, points: list[QPointF], color: QColor) -> None:
    painter.setPen(QPen(color, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(points))


def _dot(painter: QPainter, at: QPointF, color: QColor, radius: float) -> None:
    painter.setPen(QPen(BACK, 1.5))
    painter.setBrush(color)
    painter.drawEllipse(at, radius, radius)


def _arrow(painter: QPainter, start: QPointF, end: QPointF, color: QColor) -> None:
    painter.setPen(QPen(color, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(start, end)
    back = 7 if end.x() > start.x() else -7
    painter.drawPolyline([end + QPointF(-back, -5), end, end + QPointF(-back, 5)])


def _chips(
    painter: QPainter, words: list[tuple[str, QColor | None]], top: float, family: str, size: int
) -> None:
    """Words side by side, those with a colour of their own filled with it."""
    painter.setFont(_font(family, size))
    left = 34.0
    for word, color in words:
        width = painter.fontMetrics().horizontalAdvance(word) + 26
        rect = QRectF(left, top, width, 46)
        painter.setPen(QPen(color or LINE, 2))
        painter.setBrush(_faint(color or BLUE, 0.25 if color else 0.1))
        painter.drawRoundedRect(rect, 8, 8)
        painter.setPen(TEXT)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, word)
        left += width + 12


def _font(family: str, size: int) -> QFont:
    font = QFont(family)
    font.setPixelSize(size)
    return font


def _faint(color: QColor, share: float) -> QColor:
    made = QColor(color)
    made.setAlphaF(min(1.0, share))
    return made


def _between(one: QColor, other: QColor, share: float) -> QColor:
    parts = [
        round(a + (b - a) * share)
        for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)  # type: ignore[index]
    ]
    return QColor(*parts)


PICTURES: tuple[Callable[[QPainter], None], ...] = (
    sunspots_rnn, airline_lstm, temporal_convolution, lstm_reviews, gru_waimai, text_cnn, text_transformer,
    char_gpt, titanic, penguins, california_housing, auto_mpg, three_experts,
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(save_chosen({draw.__name__: draw for draw in PICTURES}, sys.argv[1:]))
