"""The right dock. It shows one page, made anew when something else is selected and refreshed otherwise."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from studio.app.inspector.node_page import NodePage
from studio.app.inspector.project_page import ProjectPage
from studio.app.language import follow
from studio.app.previews import PreviewHub
from studio.app.session import Session
from studio.words import tr


class InspectorPanel(QWidget):
    """Every argument of the selection as a fitting editor, its shapes, its cost, its problems."""

    def __init__(
        self, session: Session, previews: PreviewHub | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("inspector_panel")
        self._session = session
        self._previews = previews
        self._key: object = None
        self.page: NodePage | ProjectPage | None = None

        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.viewport().setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area)

        session.opened.connect(self._rebuild)
        session.selection_changed.connect(self._rebuild)
        session.network_changed.connect(self._rebuild)
        session.told.connect(self._refresh)
        if previews is not None:
            previews.told.connect(self._show_output)
        follow(self, self.retranslate)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Inspector"))
        self._rebuild()

    def _refresh(self, *_: object) -> None:
        """Brings the page up to date; makes another where the fields themselves are other ones."""
        if self._key != self._fields_key():
            self._rebuild()
        elif self.page is not None:
            self.page.refresh()

    def focus_repeat(self) -> None:
        """Gives the keyboard to the field that says how often the selected block comes."""
        if isinstance(self.page, NodePage):
            self.page.focus_repeat()

    def focus_fields(self) -> None:
        """Gives the keyboard to the first field."""
        fields = self.page.findChildren(QWidget) if self.page is not None else []
        for field in fields:
            if field.focusPolicy() & Qt.FocusPolicy.TabFocus and field.isVisible() and field.isEnabled():
                field.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def _show_output(self) -> None:
        if isinstance(self.page, NodePage):
            self.page.show_output()

    def _rebuild(self, *_: object) -> None:
        session = self._session
        if session.network not in session.document.network_names():
            return
        self._key = self._fields_key()
        self.page = NodePage(session, self._previews) if session.selected_nodes() else ProjectPage(session)
        self.page.setAutoFillBackground(False)
        old = self._area.takeWidget()
        self._area.setWidget(self.page)
        if old is not None:
            old.deleteLater()  # a key or a click in one of its fields may have brought the new page

    def _fields_key(self) -> object:
        """What decides which fields there are."""
        session = self._session
        if session.network not in session.document.network_names():
            return None
        document = session.document
        blocks = {n: tuple(document.network(n).parameters) for n in document.network_names()}
        types = tuple(node.type for node in session.selected_nodes())
        used = tuple(blocks.get(t.removeprefix("block:")) for t in types if t.startswith("block:"))
        return (session.engine_ready, session.network, types, used, blocks.get(session.network))
