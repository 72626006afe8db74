"""How fast a node with weights learns: as the rest, slower, faster, or not at all."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from studio.app.inspector.parts import LABEL_WIDTH
from studio.app.session import Session
from studio.graph.model import Node
from studio.graph.operations import MISSING
from studio.training.learning import FROZEN, KEY, shown
from studio.words import Message, tr

CHOICES = (MISSING, 0.5, 0.1, 0.01, 10.0, FROZEN)


class LearningRow(QWidget):
    """A row for the selected nodes; hidden where none of them has weights of its own."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._nodes: list[Node] = []
        self._values: list[object] = []
        self._texts: list[str] = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(10)
        label = QLabel(tr("learning"))
        label.setProperty("second", True)
        label.setFixedWidth(LABEL_WIDTH)
        self.choice = QComboBox()
        self.choice.setObjectName("argument_learning")
        self.choice.setAccessibleName(tr("learning"))
        self.choice.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        tip = tr(
            "Multiplies the learning rate here. Frozen weights, and statistics of norms, stay as they are."
        )
        for widget in (label, self.choice):
            widget.setToolTip(tip)
        self.choice.activated.connect(self._write)
        layout.addWidget(label)
        layout.addWidget(self.choice, 1)

    def show_nodes(self, nodes: list[Node]) -> None:
        """Shows what holds for the nodes that have weights."""
        self._nodes = [node for node in nodes if self._learns(node)]
        self.setVisible(bool(self._nodes))
        said = {str(node.extra.get(KEY, MISSING)): node.extra.get(KEY, MISSING) for node in self._nodes}
        self._values = list(CHOICES)
        if len(said) == 1 and (value := next(iter(said.values()))) not in self._values:
            self._values.append(value)
        texts = [_text(value) for value in self._values]
        with QSignalBlocker(self.choice):
            if texts != self._texts:
                self._texts = texts
                self.choice.clear()
                self.choice.addItems(texts)
                self.choice.setPlaceholderText(tr("mixed"))
            self.choice.setCurrentIndex(self._values.index(value) if len(said) == 1 else -1)

    def _learns(self, node: Node) -> bool:
        """Whether a node has weights that it is asked for; of a layer used again its first card is."""
        if node.path is not None and node.path != node.id:
            return False
        report = self._session.analysis.report(self._session.network, node.id)
        return KEY in node.extra or (report is not None and report.parameters > 0)

    def _write(self, index: int) -> None:
        value, ids = self._values[index], [node.id for node in self._nodes]
        with self._session.edit(Message("Set learning of {node}", node=", ".join(ids[:3]))) as edit:
            for id_ in ids:
                edit.set_extra(self._session.network, id_, KEY, value)


def _text(value: object) -> str:
    if value is MISSING:
        return tr("as the rest")
    if value == FROZEN:
        return tr("frozen")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return tr("rate {factor}", factor=shown(value))
    return str(value)
