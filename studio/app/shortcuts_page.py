"""The page of keyboard shortcuts, written from the table of actions. It can stay open beside the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.app import language
from studio.app.actions import CANVAS_KEYS, MENUS, SUBMENUS, TABLE, menu_name
from studio.words import Message, tr

NATIVE = QKeySequence.SequenceFormat.NativeText


class ShortcutsPage(QDialog):
    """Two columns of groups; not modal."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("shortcuts_page")
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        self.resize(760, 620)
        language.follow(self, self.retranslate)

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Keyboard shortcuts"))
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(24, 20, 24, 20)
        row.setSpacing(32)
        groups = _groups()
        half = (sum(len(rows) + 2 for _, rows in groups) + 1) // 2
        sides: tuple[list[int], list[int]] = ([], [])
        filled = 0
        for number, (_, rows) in enumerate(groups):
            sides[0 if filled < half else 1].append(number)
            filled += len(rows) + 2
        for side in sides:
            box = QVBoxLayout()
            for number in side:
                _add_group(box, *groups[number])
            box.addStretch(1)
            row.addLayout(box, 1)
        self._area.setWidget(page)


def _groups() -> list[tuple[str, list[tuple[str, str]]]]:
    result = []
    for menu in MENUS:
        inside = {menu, *(name for name, (parent, _) in SUBMENUS.items() if parent == menu)}
        rows = [
            (" · ".join(QKeySequence(keys).toString(NATIVE) for keys in spec.keys), str(spec.text))
            for spec in TABLE
            if spec.menu in inside and spec.keys
        ]
        if rows:
            result.append((menu_name(menu), rows))
    canvas = [(QKeySequence(keys).toString(NATIVE), str(text)) for keys, text in CANVAS_KEYS]
    result.append((str(Message("On the canvas")), canvas))
    return result


def _add_group(box: QVBoxLayout, title: str, rows: list[tuple[str, str]]) -> None:
    heading = QLabel(title)
    heading.setProperty("heading", True)
    heading.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    box.addWidget(heading)
    grid = QGridLayout()
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(0, 1)
    for number, (keys, text) in enumerate(rows):
        shown = QLabel(keys)
        shown.setProperty("second", True)
        named = QLabel(text)
        for column, label in enumerate((named, shown)):
            label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            grid.addWidget(label, number, column)
    box.addLayout(grid)
    box.addSpacing(12)
