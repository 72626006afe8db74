"""How many errors and how many warnings there are, told apart by the shape of a sign as well as by colour."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app import theme
from studio.app.icons import icon
from studio.words import tr

SIGNS = {"error": ("error", "error"), "warning": ("problem", "warning"), "hint": ("info", "second")}
"""icon and colour of each severity"""
_SIGN, _GAP = 14, 4


def count_text(severity: str, number: int) -> str:
    """`2 errors`, `1 warning`."""
    if severity == "error":
        return tr("1 error") if number == 1 else tr("{n} errors", n=number)
    return tr("1 warning") if number == 1 else tr("{n} warnings", n=number)


class ProblemCounts(QWidget):
    """The two numbers as a small picture; nothing where there are neither. For the tab of the problems."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problem_counts")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(0, 0)
        self._counts: tuple[tuple[str, int], ...] = ()
        theme.notifier().changed.connect(self.update)

    def show_counts(self, errors: int, warnings: int) -> bool:
        """Shows two numbers. Returns whether the picture is another one."""
        before = self._counts
        self._counts = tuple((name, n) for name, n in (("error", errors), ("warning", warnings)) if n)
        self.setAccessibleName(", ".join(count_text(name, n) for name, n in self._counts))
        self.setFixedSize(self.sizeHint())
        self.update()
        return self._counts != before

    def sizeHint(self) -> QSize:
        width = sum(_SIGN + 3 * _GAP + self._advance(n) for _, n in self._counts)
        return QSize(width, max(_SIGN, self.fontMetrics().height()) if width else 0)

    def _advance(self, number: int) -> int:
        return self.fontMetrics().horizontalAdvance(str(number))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        left = _GAP
        for name, number in self._counts:
            sign, colour = SIGNS[name]
            icon(sign, colour).paint(painter, QRect(left, (self.height() - _SIGN) // 2, _SIGN, _SIGN))
            left += _SIGN + _GAP
            painter.setPen(theme.current().ink(colour))
            place = QRect(left, 0, self._advance(number) + 1, self.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, str(number))
            left += self._advance(number) + 2 * _GAP
