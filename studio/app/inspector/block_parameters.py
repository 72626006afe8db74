"""The parameters of the block that is shown: their names, their defaults, and a button for one more."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from studio.app.icons import icon
from studio.app.inspector.fields import LineField, named
from studio.app.inspector.parts import LABEL_WIDTH, heading, paragraph
from studio.app.session import Session
from studio.catalog import literals
from studio.catalog.entry import Parameter
from studio.graph import parameters
from studio.graph.document import EditError
from studio.graph.operations import MISSING
from studio.graph.values import Json
from studio.words import Message, NetloomError, tr

FIRST = 64
"""what a new parameter is, until it is given another value"""


class BlockParameters(QWidget):
    """A row a parameter: its name, its default, and a cross. Made anew when there are other ones."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._network = session.network
        self._fields: dict[str, LineField] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(heading(tr("Block parameters")))
        self._grid = QGridLayout()
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        self._grid.setVerticalSpacing(6)
        column.addLayout(self._grid)
        known = session.document.network(self._network).parameters
        for name, value in known.items():
            self._add_row(name, value)
        column.addWidget(paragraph(_explanation(bool(known)), second=True))
        self.more = QPushButton(tr("Add a parameter"))
        self.more.setObjectName("add_parameter")
        self.more.setProperty("link", True)
        self.more.clicked.connect(self._add)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    def _add_row(self, name: str, value: Json) -> None:
        row = self._grid.rowCount()
        title = NameField(lambda text: self._read_name(text, name), lambda text: self._rename(name, text))
        named(title, f"parameter_{name}")
        title.setAccessibleName(tr("Name of the parameter"))
        title.setFixedWidth(LABEL_WIDTH)
        title.show_value(name)
        field = LineField(str if isinstance(value, str) else literals.table, literals.text)
        named(field, name)
        field.edited.connect(lambda new: self._set(name, new, field.visit))
        self._fields[name] = field
        cross = QToolButton()
        cross.setObjectName(f"remove_{name}")
        cross.setIcon(icon("close", "second"))
        cross.setIconSize(QSize(14, 14))
        cross.setAutoRaise(True)
        cross.setToolTip(tr("Remove the parameter: its default takes its place"))
        cross.setAccessibleName(tr("Remove the parameter {name}", name=name))
        cross.clicked.connect(lambda _=False: self._remove(name))
        for place, widget in enumerate((title, field, cross)):
            self._grid.addWidget(widget, row, place)

    def refresh(self) -> None:
        """Shows the defaults that the document has now."""
        known = self._session.document.network(self._network).parameters
        for name, field in self._fields.items():
            if name in known:
                field.show_value(known[name])

    # -- edits -----------------------------------------------------------------------------------

    def _read_name(self, text: str, old: str) -> str:
        fault = parameters.fault(self._session.document.network(self._network), text.strip(), old)
        if fault is not None:
            raise NetloomError(fault)
        return text.strip()

    def _rename(self, old: str, new: str) -> None:
        with self._session.edit(Message("Rename {old} to {new}", old=old, new=new)) as edit:
            parameters.rename(edit, self._network, old, new)

    def _set(self, name: str, value: Json, visit: int) -> None:
        label = Message("Set {name} of {node}", name=name, node=self._network)
        with self._session.edit(label, ("parameter", self._network, name, visit)) as edit:
            edit.set_network_parameter(self._network, name, value)

    def _remove(self, name: str) -> None:
        with self._session.edit(Message("Remove the parameter {name}", name=name)) as edit:
            parameters.remove(edit, self._network, name)

    def _add(self) -> None:
        name = parameters.fresh_name(self._session.document.network(self._network))
        with self._session.edit(Message("Add the parameter {name}", name=name)) as edit:
            edit.set_network_parameter(self._network, name, FIRST)


class NameField(LineField):
    """A name that is given on Enter or when the field is left, and only if it can be."""

    def __init__(self, read: Callable[[str], str], rename: Callable[[str], None]) -> None:
        super().__init__(read, str)
        self._give = rename
        self.editingFinished.connect(self._finish)

    def settle(self) -> None:
        """Leaving the field keeps the text: `_finish` has the last word."""

    def _send(self, value: Json) -> None:
        """Not while one types: half a name is none."""

    def _finish(self) -> None:
        if self._typing and not self.property("invalid"):
            self._typing = False
            if self.text().strip() != self._value:
                self._give(self.text().strip())


def offer_parameter(label: QLabel, session: Session, node: str, argument: Parameter) -> None:
    """Gives the name of an argument a menu under the right mouse button that makes its value a parameter."""
    network = session.network

    def make() -> None:
        name = parameters.fresh_name(session.document.network(network), argument.name)
        try:
            with session.edit(Message("Make {argument} a parameter", argument=argument.name)) as edit:
                value = edit.document.node(network, node).params.get(argument.name, MISSING)
                if value is MISSING and not argument.required:
                    edit.set_param(network, node, argument.name, argument.default)
                parameters.make(edit, network, node, argument.name, name)
        except EditError as error:
            session.notice.emit("warning", error.message)

    action = QAction(tr("Make it a parameter of {block}", block=network), label)
    action.triggered.connect(lambda _=False: make())
    label.addAction(action)
    label.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)


def _explanation(any_: bool) -> str:
    if any_:
        return tr("Inside, a field may say what it is made of them: width, 2 * width, width // groups.")
    return tr("A parameter is a value that each use of the block can set, such as a width.")
