"""The palette: one search field over the list of everything that can be placed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from studio.app.language import follow
from studio.app.own_blocks import OWN
from studio.app.palette_list import CATEGORY, PaletteList
from studio.app.session import Session
from studio.catalog import search, table, wiring
from studio.graph.blocks import uses
from studio.graph.document import Change
from studio.graph.model import BLOCK
from studio.words import Message, tr

MINE = "mine"
"""the category of a person's own blocks"""


class PalettePanel(QWidget):
    """Left dock. Dragging an entry places it; Enter or a double-click appends it after the selected node."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette_panel")
        self._session = session
        self._folded: set[str] = set()
        self._blocks: tuple[str, ...] = ()

        self.search = QLineEdit(self)
        self.search.setObjectName("palette_search")
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._fill)
        self.list = PaletteList(lambda: session.engine_ready, self)
        self.list.chosen.connect(self.append)
        self.list.itemCollapsed.connect(lambda item: self._folded.add(item.data(0, CATEGORY)))
        self.list.itemExpanded.connect(lambda item: self._folded.discard(item.data(0, CATEGORY)))

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        top = QVBoxLayout()
        top.setContentsMargins(10, 10, 10, 2)
        top.addWidget(self.search)
        layout.addLayout(top)
        layout.addWidget(self.list)

        session.opened.connect(self._blocks_changed)
        session.network_changed.connect(self._blocks_changed)
        session.edited.connect(self._on_edit)
        session.own_blocks.changed.connect(self._fill)
        self.list.removed.connect(self._remove)
        self._blocks = self._usable_blocks()
        self._search_keys = ""
        follow(self, self.retranslate)

    def name_keys(self, search: str) -> None:
        """Says which keys lead to the search, in its field."""
        self._search_keys = search
        self.retranslate()

    def retranslate(self) -> None:
        keys = self._search_keys
        self.search.setPlaceholderText(
            tr("Search layers ( {keys} )", keys=keys) if keys else tr("Search layers")
        )
        self.search.setAccessibleName(tr("Search layers"))
        self.list.setAccessibleName(tr("Layers"))
        self.setAccessibleName(tr("Palette"))
        self._fill()

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def append(self, type_: str) -> str:
        """Adds a node of `type_` after the selected one as one undo step, selects it, returns its id."""
        session = self._session
        after = session.selection[-1] if session.selection else None
        with session.edit(Message("Add {node}", node=table.label(type_))) as edit:
            made = wiring.append_new(edit, session.network, session.own_blocks.brought(edit, type_), after)
        session.select([made])
        return made

    def _remove(self, type_: str) -> None:
        """Takes a block out of the person's own, or out of the project where nothing uses it."""
        session, name = self._session, type_.partition(":")[2]
        if type_.startswith(OWN):
            session.own_blocks.remove(name)
        elif users := uses(session.document.data(), name):
            network, node = users[0]
            text = Message(
                "{block} is still used, by {node} in {network}.", block=name, node=node, network=network
            )
            session.notice.emit("warning", text)
        else:
            with session.edit(Message("Delete {node}", node=name)) as edit:
                edit.remove_network(name)

    # -- filling ---------------------------------------------------------------------------------

    def _fill(self) -> None:
        self.list.clear()
        text = self.search.text()
        if text.strip():
            self._fill_results(text)
        else:
            self._fill_categories()

    def _fill_results(self, text: str) -> None:
        terms = text.casefold().split()
        for name in self._blocks:
            if search.label_rank(name, terms) is not None:
                self.list.add_result(f"{BLOCK}{name}")
        for name in self._session.own_blocks.names():
            if search.label_rank(name, terms) is not None:
                self.list.add_result(f"{OWN}{name}")
        for entry in search.find(text):
            self.list.add_result(entry.type)
        self.list.show_nothing(tr("Nothing is called “{text}”. Try another word.", text=text.strip()))
        self.list.select_first()

    def _fill_categories(self) -> None:
        for category, title in table.CATEGORIES.items():
            types = [entry.type for entry in table.entries() if entry.category == category and not entry.twin]
            if category == "block":
                types = [f"{BLOCK}{name}" for name in self._blocks]
            shown = [type_ for type_ in types if category == "block" or type_ in table.COMMON]
            if types:
                self.list.add_category(category, str(title), shown, [t for t in types if t not in shown])
        if own := [f"{OWN}{name}" for name in self._session.own_blocks.names()]:
            self.list.add_category(MINE, tr("My blocks"), own, [])
        for i in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(i)
            if item is not None:
                item.setExpanded(item.data(0, CATEGORY) not in self._folded)

    def _usable_blocks(self) -> tuple[str, ...]:
        """The networks that may be used in the one that is shown without containing themselves."""
        document = self._session.document
        uses = {
            name: {node.block for node in document.nodes(name).values() if node.block}
            for name in document.network_names()
        }
        return tuple(name for name in uses if not _reaches(uses, name, self._session.network))

    def _blocks_changed(self, *_: object) -> None:
        blocks = self._usable_blocks()
        if blocks != self._blocks:
            self._blocks = blocks
            self._fill()

    def _on_edit(self, change: Change) -> None:
        self._blocks_changed()

    # -- gestures --------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                return self._search_key(event)
        return super().eventFilter(watched, event)

    def _search_key(self, event: QKeyEvent) -> bool:
        match event.key():
            case Qt.Key.Key_Down:
                self.list.step(1)
            case Qt.Key.Key_Up:
                self.list.step(-1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if (type_ := self.list.current_type()) is not None:
                    self.append(type_)
                    self.search.setText(self.search.text())  # now Ctrl+Z is for the node, not for the word
                    self.search.selectAll()
            case Qt.Key.Key_Escape if self.search.text():
                self.search.clear()
            case _:
                return False
        return True


def _reaches(uses: dict[str, set[str]], start: str, goal: str) -> bool:
    """Whether network `start` is `goal` or holds it somewhere inside."""
    open_, seen = [start], set[str]()
    while open_:
        name = open_.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            open_ += uses.get(name, ())
    return False
