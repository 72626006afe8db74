"""The line above a plot: its title, and an entry a series with its newest value. A click hides the series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from studio.app import theme
from studio.words import tr


@dataclass(frozen=True, slots=True)
class EntryStyle:
    """How a series is told from the others: colour, and a marker or a dash besides."""

    color: str
    marker: bool = False
    dashed: bool = False
    text_color: str = ""

    def __post_init__(self) -> None:
        if not self.text_color:
            object.__setattr__(self, "text_color", self.color)


class LegendEntry(QAbstractButton):
    """A short piece of the line and "train 0.041"."""

    def __init__(self, style: EntryStyle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry_style = style
        self.setCheckable(True)
        self.setChecked(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        font = QFont(self.font())
        font.setPixelSize(12)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        if text == self.text():
            return
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        # the width of a value changes with every figure; a step keeps the neighbours still
        text = -(-metrics.horizontalAdvance(self.text()) // 8) * 8
        return QSize(20 + text + 8, metrics.height() + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        table = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isChecked() else 0.45)
        color = table.series(self.entry_style.color)
        middle = self.height() / 2
        line = Qt.PenStyle.DotLine if self.entry_style.dashed else Qt.PenStyle.SolidLine
        painter.setPen(QPen(color, 2, line))
        painter.drawLine(QPointF(4, middle), QPointF(15, middle))
        if self.entry_style.marker:
            painter.setBrush(color)
            painter.drawEllipse(QPointF(9.5, middle), 2.2, 2.2)
        font = QFont(self.font())
        font.setStrikeOut(not self.isChecked())
        painter.setFont(font)
        painter.setPen(table.color(self.entry_style.text_color if self.isChecked() else "second"))
        text = QRectF(20, 0, self.width() - 20, self.height())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, self.text())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(table.color("accent"), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


class Legend(QWidget):
    """`toggled(entry, shown)` after a click; `metric_chosen(name)` where the title offers a choice."""

    toggled = Signal(str, bool)
    metric_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel()
        self._choice = QToolButton()
        self._choice.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._choice.hide()
        font = QFont(self._title.font())
        font.setPixelSize(13)
        font.setBold(True)
        for title in (self._title, self._choice):
            title.setFont(font)
        self._entries: dict[str, LegendEntry] = {}
        self._offered: tuple[dict[str, str], str | None] = ({}, None)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(46, 0, 0, 0)
        self._row.setSpacing(4)
        self._row.addWidget(self._title)
        self._row.addWidget(self._choice)
        self._row.addSpacing(6)
        self._more = QToolButton()
        self._more.setObjectName("legend_more")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(QMenu(self._more))
        self._more.menu().aboutToShow.connect(self._list_hidden)
        self._more.hide()
        self._row.addWidget(self._more)
        self._row.addStretch(1)
        self.setFixedHeight(26)
        # a value that grows by a figure must not move the plots
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_title(self, text: str) -> None:
        if text != self._title.text():
            self._title.setText(text)
            self._make_room()

    def set_choices(self, titles: dict[str, str], chosen: str | None) -> None:
        """Makes the title a choice where there is more than one: metric name to what a person reads."""
        self._choice.setVisible(len(titles) > 1)
        self._title.setVisible(len(titles) <= 1)
        if len(titles) <= 1 or (titles, chosen) == self._offered:
            return
        self._offered = dict(titles), chosen
        menu = QMenu(self._choice)
        for name, title in titles.items():
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.triggered.connect(lambda _=False, metric=name: self.metric_chosen.emit(metric))
        old = self._choice.menu()
        self._choice.setMenu(menu)
        if old is not None:
            old.deleteLater()
        text = titles.get(chosen or "", "")
        self._choice.setText(f"{text} ▾")
        self._choice.setAccessibleName(text)
        self._make_room()

    def title(self) -> str:
        return self._title.text()

    def entries(self) -> dict[str, LegendEntry]:
        return dict(self._entries)

    def show_entry(self, name: str, style: EntryStyle, text: str) -> None:
        """Adds the entry `name` or writes its new text."""
        entry = self._entries.get(name)
        if entry is None:
            entry = LegendEntry(style, self)
            entry.setObjectName(f"legend_{name}")
            entry.toggled.connect(lambda shown: self.toggled.emit(name, shown))
            self._entries[name] = entry
            self._row.insertWidget(self._row.count() - 2, entry)
        entry.setToolTip(tr("Click to hide or show this series"))
        if entry.text() != text:
            entry.show_text(text)
            self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Entries that do not fit go into a menu behind the others."""
        title = self._choice if self._choice.isVisibleTo(self) else self._title
        left = self.width() - self._row.contentsMargins().left() - title.sizeHint().width() - 12
        widths = [entry.sizeHint().width() + self._row.spacing() for entry in self._entries.values()]
        if sum(widths) > left:
            left -= self._more.sizeHint().width() + self._row.spacing()
        hidden = 0
        for entry, width in zip(self._entries.values(), widths, strict=True):
            left -= width
            fits = left >= 0 and not hidden
            hidden += not fits
            entry.setVisible(fits)  # also before it was ever shown: the layout would show it otherwise
        if self._more.text() != f"+{hidden}":
            self._more.setText(f"+{hidden}")
            self._more.setAccessibleName(tr("{n} more series", n=hidden))
        self._more.setVisible(bool(hidden))

    def _list_hidden(self) -> None:
        menu = self._more.menu()
        menu.clear()
        for entry in self._entries.values():
            if entry.isHidden():
                action = menu.addAction(entry.text())
                action.setCheckable(True)
                action.setChecked(entry.isChecked())
                action.toggled.connect(entry.setChecked)

    def keep_only(self, names: Iterable[str]) -> None:
        """Takes away the other entries; these stand in this order."""
        wanted = list(names)
        if list(self._entries) == wanted:
            return
        for name in [known for known in self._entries if known not in wanted]:
            entry = self._entries.pop(name)
            self._row.removeWidget(entry)
            entry.hide()
            entry.deleteLater()
        self._entries = {name: self._entries[name] for name in wanted}
        for entry in self._entries.values():
            self._row.removeWidget(entry)
            self._row.insertWidget(self._row.count() - 2, entry)
        self._make_room()
