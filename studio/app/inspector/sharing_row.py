"""What the inspector says of a layer that is used more than once, and what can be done about it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.app.canvas import edits
from studio.app.inspector.parts import paragraph
from studio.app.session import Session
from studio.graph import sharing
from studio.graph.model import Node
from studio.words import tr

_NAMES = 3


class SharingRow(QWidget):
    """Whom a layer shares its weights with; buttons to use it once more and to give it weights of its own."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(6)
        self.text = paragraph(second=True)
        layout.addWidget(self.text)
        row = QHBoxLayout()
        self.again = QPushButton(tr("Use again"))
        self.again.setObjectName("use_again")
        self.again.setToolTip(tr("Adds another card for this layer: both have the same weights."))
        self.again.clicked.connect(self._use_again)
        self.own = QPushButton(tr("Own weights"))
        self.own.setObjectName("own_weights")
        self.own.setToolTip(tr("This card gets a layer of its own; the others keep theirs."))
        self.own.clicked.connect(self._part)
        row.addWidget(self.again)
        row.addWidget(self.own)
        row.addStretch(1)
        layout.addLayout(row)

    def show_node(self, node: Node | None) -> None:
        """Shows what holds for a node; nothing for what has no module."""
        self.setVisible(node is not None and edits.can_be_used_again(node))
        if node is None:
            return
        nodes = self._session.document.nodes(self._session.network)
        others = [other for other in sharing.uses(nodes, node) if other != node.id]
        said = ", ".join(others[:_NAMES]) + (" …" if len(others) > _NAMES else "")
        self.text.setText(tr("The same layer, with the same weights, as {nodes}.", nodes=said))
        self.text.setVisible(bool(others))
        self.own.setVisible(bool(others))

    def _use_again(self) -> None:
        edits.use_again(self._session, self._session.selection[0])

    def _part(self) -> None:
        edits.part(self._session, self._session.selection[0])
