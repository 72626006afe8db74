"""The list of everything data can come from, in groups with headings."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from studio.words import Message, tr

_K = Qt.Key
_OPENING = (
    _K.Key_Up, _K.Key_Down, _K.Key_Home, _K.Key_End, _K.Key_PageUp, _K.Key_PageDown, _K.Key_Return,
    _K.Key_Enter, _K.Key_F4,
)  # fmt: skip


class SourceList(QComboBox):
    """A source a row, its name in the project file as the row's data; a heading cannot be chosen.

    While the list is closed, keys open it instead of choosing: a choice may ask for a file at once.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = QStandardItemModel(self)
        self.setModel(self._rows)
        self.setMaxVisibleItems(16)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _OPENING or (event.text().isprintable() and event.text()):
            self.showPopup()
        else:
            super().keyPressEvent(event)

    def display(self, chosen: str | None) -> None:
        """Shows the source `chosen`, None for none."""
        # a search for None would find the first heading
        self.setPlaceholderText(tr("Choose data…"))
        self.setCurrentIndex(self.findData(chosen) if chosen else -1)

    def retranslate(self) -> None:
        """Lists the sources in the language of now; none is chosen afterwards."""
        from studio.data.sources import KINDS, SOURCES

        self.setAccessibleName(tr("Where the data comes from"))
        self._rows.clear()
        bundled = {n: info.title for n, info in SOURCES.items() if not info.needs_root and not info.made}
        made = {name: info.title for name, info in SOURCES.items() if info.made}
        folders = {name: info.title for name, info in SOURCES.items() if info.needs_root}
        own = {name: Message("{kind}…", kind=kind.title) for name, kind in KINDS.items()}
        for heading, sources in (
            (tr("Your own file"), own),
            (tr("Bundled"), bundled),
            (tr("Made to teach"), made),
            (tr("From a folder"), folders),
        ):
            self._rows.appendRow(_heading(heading))
            for name, title in sources.items():
                item = QStandardItem(str(title))
                item.setData(name, Qt.ItemDataRole.UserRole)
                self._rows.appendRow(item)


def _heading(text: str) -> QStandardItem:
    head = QStandardItem(text)
    head.setFlags(Qt.ItemFlag.NoItemFlags)
    font = head.font()
    font.setBold(True)
    head.setFont(font)
    return head
