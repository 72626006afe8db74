"""Line icons from resources/icons, drawn in the colours of the theme each time they are painted."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from studio import places
from studio.app import theme


@cache
def icon(name: str, color: str = "text") -> QIcon:
    """The icon in `resources/icons/{name}.svg`; follows the theme without being made anew.

    `color` is a name in the theme's table, or `#RRGGBB` for one that stays. Raises FileNotFoundError for a
    name that is not drawn.
    """
    return QIcon(_LineIcon(_source(name), color))


@cache
def _source(name: str) -> str:
    return (places.resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@cache
def _renderer(source: str, color: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(source.replace("currentColor", color).encode()))


class _LineIcon(QIconEngine):
    def __init__(self, source: str, color: str) -> None:
        super().__init__()
        self._drawing = source
        self._color = color

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        table = theme.current()
        color = self._color if self._color.startswith("#") else table.color(self._color).name()
        painter.save()
        if mode == QIcon.Mode.Disabled:
            painter.setOpacity(painter.opacity() * 0.4)
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        _renderer(self._drawing, color).render(painter, square)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        made = QPixmap(size)
        if made.isNull():  # a button that is squeezed to nothing
            return made
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        return _LineIcon(self._drawing, self._color)
