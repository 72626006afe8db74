"""What a network is asked with: a picture that is dropped, a row in fields, a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QScrollArea, QWidget

from studio.app import drops, theme
from studio.app.named import named
from studio.data.layout import Layout
from studio.words import tr

if TYPE_CHECKING:
    from studio.insight.prediction import Seen

WIDTH, FIELD = 320, 150


class PictureField(QWidget):
    """Takes a picture by drop or click, and shows it as the network sees it. `chosen(path)`, `wanted()`."""

    chosen = Signal(object)
    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("predict_picture")
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(FIELD, 96)
        self._image: QImage | None = None
        self._over = False
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 160)

    def display(self, seen: Seen | None) -> None:
        """Shows a picture; None asks for one again."""
        self._image = None
        if seen is not None:
            kind = QImage.Format.Format_RGB888 if seen.color else QImage.Format.Format_Grayscale8
            line = seen.width * (3 if seen.color else 1)
            self._image = QImage(seen.pixels, seen.width, seen.height, line, kind).copy()
        self.update()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Drop a picture here, or click to choose one"))
        self.setToolTip(tr("As the network sees it: in its size and its colours"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        edge = "accent" if self._over or self.hasFocus() else "line"
        painter.setPen(QPen(colors.color(edge), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(colors.color("card"))
        painter.drawRoundedRect(frame, 8, 8)
        if self._image is None:
            painter.setPen(colors.color("second"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(frame.adjusted(16, 8, -16, -8), int(flags), self.accessibleName())
        else:
            room = min(
                (frame.width() - 16) / self._image.width(), (frame.height() - 16) / self._image.height()
            )
            factor = float(int(room)) if room >= 1 else room
            width, height = self._image.width() * factor, self._image.height() * factor
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, factor < 1)
            place = QRectF(frame.center().x() - width / 2, frame.center().y() - height / 2, width, height)
            painter.drawImage(place, self._image)
        painter.end()

    # -- choosing --------------------------------------------------------------------------------

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.wanted.emit()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if drops.files(event.mimeData()):
            self._hover(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._hover(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._hover(False)
        if paths := drops.files(event.mimeData()):
            event.acceptProposedAction()
            self.chosen.emit(paths[0])

    def _hover(self, over: bool) -> None:
        self._over = over
        self.update()


class RowField(QScrollArea):
    """A field for each column of a table. `changed()` follows what is typed."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("predict_row")
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._fields: dict[str, QLineEdit | QComboBox] = {}
        self._layout: Layout | None = None

    def display(self, layout: Layout) -> None:
        """Asks for a row of such columns. What was typed stays where they are the same."""
        if layout == self._layout:
            return
        self._layout, self._fields = layout, {}
        within = QWidget()
        form = QFormLayout(within)
        form.setContentsMargins(0, 0, 8, 0)
        form.setVerticalSpacing(4)
        for place, column in enumerate(layout.columns):
            field: QLineEdit | QComboBox
            if column.values:
                field = named(QComboBox(), f"predict_column_{place}")
                field.addItems(["", *column.values])
                field.currentIndexChanged.connect(self.changed)
            else:
                field = named(QLineEdit(), f"predict_column_{place}")
                field.setPlaceholderText("2024-05-31" if column.date else "")
                field.textChanged.connect(self.changed)
            field.setAccessibleName(column.name)
            form.addRow(column.name, field)
            self._fields[column.name] = field
        self.setWidget(within)

    def fields(self) -> dict[str, str]:
        """What stands in each column."""
        return {
            name: field.currentText() if isinstance(field, QComboBox) else field.text()
            for name, field in self._fields.items()
        }

    def fill(self, values: dict[str, str]) -> None:
        """Puts values into the fields."""
        for name, value in values.items():
            field = self._fields[name]
            if isinstance(field, QComboBox):
                field.setCurrentText(value)
            else:
                field.setText(value)
