"""How often a block comes, one after the other: a number, or arithmetic on parameters; nothing for once."""

from __future__ import annotations

from studio.app.inspector.fields import LineField, named
from studio.app.session import Session
from studio.catalog import literals
from studio.catalog.literals import LiteralError
from studio.graph import repeats
from studio.graph.edit import Edit
from studio.graph.model import Node
from studio.graph.operations import MISSING
from studio.graph.values import Json
from studio.words import Message, NetloomError, tr


class RepeatField(LineField):
    """The repetitions of the selected block. The arrow keys count up and down."""

    def __init__(self, session: Session) -> None:
        super().__init__(self._read_times, literals.text, _step)
        self._session = session
        self._node = ""
        named(self, "repeat")
        self.setToolTip(tr("So many times, one after the other, each with weights of its own"))
        self.edited.connect(self._set)

    def show_node(self, node: Node) -> None:
        self._node = node.id
        self.show_value(MISSING if node.repeat is None else node.repeat, hint=tr("once"))

    def _read_times(self, text: str) -> Json:
        cleaned = text.strip().strip("×xX").strip()
        if not cleaned:
            return MISSING
        parameters = self._session.document.network(self._session.network).parameters
        value = literals.number(cleaned, parameters, whole=True)
        if not isinstance(value, dict) and not 1 <= value <= repeats.MOST:
            raise LiteralError(Message("A whole number from 1 to {most} is wanted here.", most=repeats.MOST))
        return value

    def _set(self, value: Json) -> None:
        session = self._session
        key = ("repeat", session.network, self._node, id(self), self.visit)
        with session.edit(Message("Repeat {node}", node=self._node), key) as edit:
            edit.set_repeat(session.network, self._node, None if value is MISSING else value)
            if value is MISSING:
                _first_values(edit, session.network, self._node)


def _first_values(edit: Edit, network: str, id_: str) -> None:
    """A block that comes once has the first of the values that its repetitions had."""
    for name, value in edit.document.node(network, id_).params.items():
        if any(repeats.schedules(value)):
            try:
                edit.set_param(network, id_, name, repeats.at(value, 0))
            except NetloomError:
                edit.set_param(network, id_, name, MISSING)


def _step(value: Json, by: int) -> Json:
    if value is MISSING:
        return max(1, 1 + by)
    return max(1, value + by) if isinstance(value, int) else MISSING
