"""What a network says of a sample: a bar for each class with its probability, or predicted numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app import theme
from studio.quantities import significant
from studio.words import tr

if TYPE_CHECKING:
    from studio.insight.prediction import Answer

ROW, LABEL, PERCENT, GAP, MOST = 26, 180, 64, 10, 20
"""pixels of a row and at most of a name, of a probability and between; classes that are shown at most"""


class SharesView(QWidget):
    """The likeliest first. `display(None)` shows nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("predict_shares")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.answer: Answer | None = None
        self._names = 0
        theme.notifier().changed.connect(self.update)

    def display(self, answer: Answer | None) -> None:
        self.answer = answer
        self.setAccessibleName(self.in_words())
        self.setFixedHeight(max(1, self._rows()) * ROW)
        self._names = self._wide()
        self.update()

    def _rows(self) -> int:
        return 0 if self.answer is None else min(MOST, len(self.answer.shares) or len(self.answer.values))

    def _wide(self) -> int:
        """Pixels that the names take."""
        if self.answer is None:
            return 0
        bold = QFont(self.font())
        bold.setBold(True)
        listed = (*self.answer.shares[:MOST], *self.answer.values[:MOST])
        names = [name or tr("Predicted value") for name, _ in listed]
        return min(LABEL, max((QFontMetrics(bold).horizontalAdvance(name) for name in names), default=0) + 4)

    def in_words(self) -> str:
        """The same in a line, for who cannot see it."""
        if self.answer is None:
            return ""
        said = [f"{name} {percent(share)}" for name, share in self.answer.shares[:3]]
        said += [f"{name} {significant(value)}".strip() for name, value in self.answer.values]
        return ", ".join(said)

    def sizeHint(self) -> QSize:
        return QSize(LABEL + PERCENT + 240, max(1, self._rows()) * ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.answer is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, (name, share) in enumerate(self.answer.shares[:MOST]):
            self._paint_share(painter, row, name, share)
        for row, (name, value) in enumerate(self.answer.values[:MOST]):
            self._write(painter, row, name or tr("Predicted value"), row == 0)
            area = QRectF(self._names + GAP, row * ROW, self.width() - self._names - GAP, ROW)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, significant(value))
        painter.end()

    def _paint_share(self, painter: QPainter, row: int, name: str, share: float) -> None:
        first = row == 0 or (self.answer is not None and self.answer.labels and share > 0.5)
        self._write(painter, row, name, first)
        colors = theme.current()
        wide = self.width() - self._names - PERCENT - 2 * GAP
        room = QRectF(self._names + GAP, row * ROW + 7, wide, ROW - 14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("line"))
        painter.drawRoundedRect(room, 4, 4)
        painter.setBrush(colors.color("accent" if first else "second"))
        filled = QRectF(room)
        filled.setWidth(max(2.0, room.width() * share))
        painter.drawRoundedRect(filled, 4, 4)
        painter.setPen(colors.color("text" if first else "second"))
        area = QRectF(self.width() - PERCENT, row * ROW, PERCENT, ROW)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, percent(share))

    def _write(self, painter: QPainter, row: int, name: str, first: bool) -> None:
        """The name of a row, the likeliest in bold."""
        font = QFont(self.font())
        font.setBold(first)
        painter.setFont(font)
        painter.setPen(theme.current().color("text" if first else "second"))
        area = QRectF(0, row * ROW, self._names, ROW)
        elided = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, self._names)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, elided)


def percent(share: float) -> str:
    """`97.3 %`; what is not quite nothing or everything does not look so."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f} %"
