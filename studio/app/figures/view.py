"""An SVG to look at: it fits at first; the wheel zooms, a drag pans, a double click fits it again."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from studio.app import theme

STEP = 1.2
MOST, LEAST = 8.0, 0.02
NUDGE = 40


class FigureView(QWidget):
    """Shows one figure; nothing before `show_svg`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("figure_view")
        self.setMinimumSize(320, 320)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._renderer = QSvgRenderer(self)
        self._size = QSizeF()
        self._scale, self._at = 1.0, QPointF()
        self._fitted = True
        self._grabbed: QPointF | None = None

    def sizeHint(self) -> QSize:
        return QSize(560, 640)

    @property
    def scale(self) -> float:
        """How large the figure is shown: 1 for its own size."""
        return self._scale

    def show_svg(self, svg: str) -> None:
        """Shows another figure; where one has zoomed, the place stays."""
        self._renderer.load(svg.encode())
        self._size = QSizeF(self._renderer.defaultSize())
        if self._fitted:
            self.fit()
        self.update()

    def fit(self) -> None:
        """Shows all of it, never larger than it is."""
        self._fitted = True
        if self._size.isEmpty():
            return
        across, down = self.width() / self._size.width(), self.height() / self._size.height()
        self._scale = max(LEAST, min(1.0, across, down))
        shown = self._size * self._scale
        self._at = QPointF((self.width() - shown.width()) / 2, (self.height() - shown.height()) / 2)
        self.update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zooms about a point of the widget, its middle if none is named."""
        at = at if at is not None else QPointF(self.width() / 2, self.height() / 2)
        scale = max(LEAST, min(MOST, self._scale * factor))
        self._at = at + (self._at - at) * (scale / self._scale)
        self._scale, self._fitted = scale, False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.current().color("canvas"))
        if not self._size.isEmpty():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._renderer.render(painter, QRectF(self._at, self._size * self._scale))
        if self.hasFocus():
            painter.setPen(theme.current().color("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(STEP ** (event.angleDelta().y() / 120), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None:
            self._pan(event.position() - self._grabbed)
            self._grabbed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {
            Qt.Key.Key_Left: (NUDGE, 0), Qt.Key.Key_Right: (-NUDGE, 0),
            Qt.Key.Key_Up: (0, NUDGE), Qt.Key.Key_Down: (0, -NUDGE),
        }  # fmt: skip
        key = Qt.Key(event.key())
        if key in ways:
            self._pan(QPointF(*ways[key]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / STEP)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_F):
            self.fit()
        else:
            super().keyPressEvent(event)

    def _pan(self, by: QPointF) -> None:
        self._at += by
        self._fitted = False
        self.update()
