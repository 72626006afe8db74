"""The page of keyboard shortcuts: every action with its keys, which can be changed. It can stay open."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.app import language
from studio.app.actions import CANVAS_KEYS, MENUS, SUBMENUS, Actions, Spec, menu_name
from studio.app.named import named
from studio.words import Message, tr

NATIVE = QKeySequence.SequenceFormat.NativeText
KEYS_WIDTH = 184


class ShortcutsPage(QDialog):
    """Two columns of groups; not modal. A click on the keys of an action takes new ones."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("shortcuts_page")
        self._actions = actions
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self.said = named(QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), "keys_said")
        self.reset = named(QPushButton(), "keys_reset")
        self.reset.setAutoDefault(False)
        self.reset.clicked.connect(actions.reset_keys)
        below = QHBoxLayout()
        below.setContentsMargins(24, 8, 24, 16)
        below.addWidget(self.said, 1)
        below.addWidget(self.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        column.addLayout(below)
        self.resize(900, 680)
        actions.keys_changed.connect(self.retranslate)
        language.follow(self, self.retranslate)

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.reset.setText(tr("All as they were"))
        self.said.setText(tr("Click on the keys of an action to change them."))
        seen = self._area.verticalScrollBar().value()
        self._area.setWidget(self._page())
        self._area.verticalScrollBar().setValue(seen)

    def _page(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(24, 20, 24, 20)
        row.setSpacing(32)
        groups = [(title, rows) for title, rows in self._groups() if rows]
        half = (sum(len(rows) + 2 for _, rows in groups) + 1) // 2
        sides = (QVBoxLayout(), QVBoxLayout())
        filled = 0
        for title, rows in groups:
            _add_group(sides[0 if filled < half else 1], title, rows)
            filled += len(rows) + 2
        for side in sides:
            side.addStretch(1)
            row.addLayout(side, 1)
        return page

    def _groups(self) -> Iterable[tuple[str, list[tuple[str, QWidget]]]]:
        for menu in MENUS:
            inside = {menu, *(name for name, (parent, _) in SUBMENUS.items() if parent == menu)}
            specs = [spec for spec, _ in self._actions if spec.menu in inside]
            yield menu_name(menu), [(str(spec.text), self._keys(spec)) for spec in specs]
        fixed: list[tuple[str, QWidget]] = [
            (str(text), _label(QKeySequence(keys).toString(NATIVE))) for keys, text in CANVAS_KEYS
        ]
        yield str(Message("On the canvas")), fixed

    # -- changing --------------------------------------------------------------------------------

    def _keys(self, spec: Spec) -> QWidget:
        return KeysField(spec, self._actions, self.change)

    def change(self, spec: Spec, keys: QKeySequence) -> bool:
        """Gives an action other keys; says why where they cannot be."""
        reason = self._actions.key_fault(spec, keys)
        if reason is not None:
            self.said.setText(str(reason))
            return False
        self._actions.set_keys(spec, keys)
        return True


class KeysField(QWidget):
    """The keys of one action as a button; pressed, it waits for others. Escape leaves them as they were."""

    def __init__(self, spec: Spec, actions: Actions, change: Callable[[Spec, QKeySequence], bool]) -> None:
        super().__init__()
        self._spec, self._change = spec, change
        self.button = named(QPushButton(), f"keys_{spec.id}")
        self.button.setProperty("flat", True)
        self.button.setAutoDefault(False)
        shown = " · ".join(keys.toString(NATIVE) for keys in actions[spec.id].shortcuts())
        self.button.setText(shown or "–")
        self.button.setAccessibleName(tr("Keys of {action}: {keys}", action=spec.text, keys=shown or "–"))
        self.button.clicked.connect(self.ask)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.button)
        self.setFixedWidth(KEYS_WIDTH)
        self.field: _Asking | None = None

    def ask(self) -> None:
        """Waits for keys."""
        if self.field is None:
            self.field = _Asking(self._take, self._leave)
            self.field.setObjectName(f"asking_{self._spec.id}")
            self._row.addWidget(self.field)
        self.button.hide()
        self.field.clear()
        self.field.show()
        self.field.setFocus()

    def _take(self) -> None:
        if self.field is None or not self.field.isVisible():
            return
        keys = self.field.keySequence()
        self._leave()
        self._change(self._spec, keys)

    def _leave(self) -> None:
        if self.field is not None:
            self.field.hide()
        self.button.show()


class _Asking(QKeySequenceEdit):
    """One combination of keys. Escape leaves; Backspace takes the keys away."""

    def __init__(self, take: Callable[[], None], leave: Callable[[], None]) -> None:
        super().__init__()
        self._take, self._leave = take, leave
        self.setMaximumSequenceLength(1)
        if (line := self.findChild(QLineEdit)) is not None:
            line.setPlaceholderText(tr("Press the keys"))
        self.editingFinished.connect(take)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        elif event.key() == Qt.Key.Key_Backspace and not event.modifiers():
            self.clear()
            self._take()
        else:
            super().keyPressEvent(event)


def _label(text: str) -> QLabel:
    made = QLabel(text)
    made.setProperty("second", True)
    made.setFixedWidth(KEYS_WIDTH)
    made.setContentsMargins(12, 0, 0, 0)
    return made


def _add_group(box: QVBoxLayout, title: str, rows: list[tuple[str, QWidget]]) -> None:
    heading = QLabel(title)
    heading.setProperty("heading", True)
    heading.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    box.addWidget(heading)
    grid = QGridLayout()
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(0, 1)
    for number, (text, keys) in enumerate(rows):
        called = QLabel(text)
        called.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        grid.addWidget(called, number, 0)
        grid.addWidget(keys, number, 1)
    box.addLayout(grid)
    box.addSpacing(12)
