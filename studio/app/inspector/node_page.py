"""The page of the inspector for one or several selected nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.inspector import arguments, editors, reports
from studio.app.inspector.block_parameters import offer_parameter
from studio.app.inspector.editors import Surroundings
from studio.app.inspector.fields import Field, LineField, named
from studio.app.inspector.learning_row import LearningRow
from studio.app.inspector.output import OutputSection
from studio.app.inspector.parts import Figures, Form, ProblemCards, heading, paragraph
from studio.app.inspector.repeat_field import RepeatField
from studio.app.inspector.sharing_row import SharingRow
from studio.app.previews import PreviewHub
from studio.app.session import Session
from studio.catalog import table, words
from studio.catalog.entry import Parameter
from studio.graph import naming
from studio.graph.model import Node
from studio.graph.operations import MISSING, same
from studio.graph.values import Json
from studio.words import Message, NetloomError, tr


class NodePage(QWidget):
    """Built for one selection; `refresh` brings it up to date without touching the focus."""

    def __init__(self, session: Session, previews: PreviewHub | None = None) -> None:
        super().__init__()
        self._session = session
        self.output = OutputSection(session, previews) if previews is not None else None
        self._fields: dict[str, Field] = {}
        nodes = session.selected_nodes()
        self._parameters = _common(nodes, session)
        self._editable = session.engine_ready or all(node.block for node in nodes)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.setSpacing(4)
        self._title = paragraph()
        self._title.setProperty("heading", True)
        self._about = paragraph(second=True)
        layout.addWidget(self._title)
        layout.addWidget(self._about)
        self._name: NameField | None = None
        self._repeat: RepeatField | None = None
        layout.addWidget(self._build_form(nodes))
        self.learning = LearningRow(session)
        layout.addWidget(self.learning)
        self.sharing = SharingRow(session)
        layout.addWidget(self.sharing)
        # under the fields: a problem that comes while one types must not push the field away
        self._problems = ProblemCards(session.apply)
        self._problems.setSpacing(8)
        self._problems.setContentsMargins(0, 8, 0, 2)
        self._shown_fields: object = None
        layout.addLayout(self._problems)
        self._waiting = paragraph(second=True)
        layout.addWidget(self._waiting)
        self._shapes_heading = heading(tr("Shapes"))
        self._shapes = Figures()
        self._cost_heading = heading(tr("Cost"))
        self._cost = Figures()
        for part in (self._shapes_heading, self._shapes, self._cost_heading, self._cost):
            layout.addWidget(part)
        if self.output is not None:
            layout.addWidget(self.output)
        layout.addStretch(1)
        self.refresh()

    # -- building --------------------------------------------------------------------------------

    def _build_form(self, nodes: list[Node]) -> Form:
        form = Form()
        if len(nodes) == 1:
            self._name = NameField(self._session)
            named(self._name, "name")
            form.add(tr("name"), self._name)
        if len(nodes) == 1 and nodes[0].block is not None:
            self._repeat = RepeatField(self._session)
            form.add(tr("repeat"), self._repeat)
        around = self._surroundings()
        for parameter in self._parameters:
            auto = all(arguments.is_auto(node, parameter.name) for node in nodes)
            field = editors.editor(nodes[0].type, parameter, around, auto)
            named(field, parameter.name)
            field.edited.connect(self._writer(parameter, field))
            self._fields[parameter.name] = field
            label = form.add(parameter.name, field)
            if len(nodes) == 1 and arguments.is_made_with(nodes[0], parameter.name):
                offer_parameter(label, self._session, nodes[0].id, parameter)
        return form

    def _surroundings(self) -> Surroundings:
        session = self._session
        network = session.document.network(session.network)
        return Surroundings(dict(network.parameters), frozenset(network.nodes), self._is_repeated)

    def _is_repeated(self) -> bool:
        return any(node.repeat is not None for node in self._session.selected_nodes())

    def _writer(self, parameter: Parameter, field: Field) -> Callable[[Json], None]:
        def write(value: Json) -> None:
            session = self._session
            ids = tuple(node.id for node in session.selected_nodes())
            label = Message("Set {name} of {node}", name=parameter.name, node=", ".join(ids[:3]))
            with session.edit(label, ("argument", ids, parameter.name, id(field), field.visit)) as edit:
                for id_ in ids:
                    arguments.write(edit, session.network, id_, parameter, value)

        return write

    # -- showing ---------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Shows what the document and the analysis say now."""
        nodes = self._session.selected_nodes()
        if not nodes:
            return
        self._show_head(nodes)
        self._show_fields(nodes)
        self._problems.show_problems(reports.problems(self._session, nodes), self._session.analysis)
        self.learning.show_nodes(nodes)
        self.sharing.show_node(nodes[0] if len(nodes) == 1 else None)
        if len(nodes) == 1:
            shapes = reports.shapes(self._session, nodes[0])
        else:
            shapes = []
        self._shapes_heading.setVisible(bool(shapes))
        self._shapes.show_rows(shapes)
        cost = reports.cost(self._session, nodes)
        self._cost_heading.setVisible(bool(cost))
        self._cost.show_rows(cost)
        self.show_output()
        waiting = self._waiting_text(nodes)
        self._waiting.setText(waiting)
        self._waiting.setVisible(bool(waiting))

    def focus_repeat(self) -> None:
        """Gives the keyboard to the field of the repetitions, where there is one."""
        if self._repeat is not None:
            self._repeat.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._repeat.selectAll()

    def show_output(self) -> None:
        """Shows what the node gives for the sample, as far as that is known."""
        if self.output is not None:
            self.output.refresh()

    def _show_head(self, nodes: list[Node]) -> None:
        if len(nodes) == 1:
            node = nodes[0]
            full = words.torch_name(node.type)
            self._title.setText(table.label(node.type))
            self._about.setText(words.sentence(node.type) + (f"\n{full}" if full else ""))
            if self._name is not None:
                self._name.show_name(node.id)
            if self._repeat is not None:
                self._repeat.show_node(node)
            return
        self._title.setText(tr("{n} nodes", n=len(nodes)))
        self._about.setText(", ".join(dict.fromkeys(table.label(node.type) for node in nodes)))

    def _show_fields(self, nodes: list[Node]) -> None:
        """Shows the arguments; when shapes alone have changed, only what follows from them can be new."""
        known = reports.auto(self._session, nodes)
        hint = reports.input_hint(self._session, nodes) if nodes[0].type == "input" else ""
        shown = (self._session.document.revision, known, hint)
        if shown == self._shown_fields:
            return
        self._shown_fields = shown
        for parameter in self._parameters:
            self._show_field(self._fields[parameter.name], parameter, nodes, known, hint)

    def _show_field(
        self, field: Field, parameter: Parameter, nodes: list[Node], known: Mapping[str, Json], of_input: str
    ) -> None:
        known_nodes = self._session.document.nodes(self._session.network)
        values = [arguments.read(node, parameter.name, known_nodes) for node in nodes]
        auto = all(arguments.is_auto(node, parameter.name) for node in nodes)
        default = MISSING if auto or parameter.required else parameter.default
        shown = [default if v is MISSING and not isinstance(field, LineField) else v for v in values]
        mixed = not all(same(value, shown[0]) for value in shown)
        hint = editors.hint_text(parameter, auto, known)
        if nodes[0].type == "input" and parameter.name == "shape":
            hint = of_input
        if arguments.is_input(nodes[0], parameter.name):
            hint = tr("a wire or a number")
            shown = [arguments.source(value) or value for value in shown]
        by_mode = any(arguments.is_by_mode(value) for value in values)
        field.show_value(shown[0], editors.rest_text(parameter, auto), hint, mixed or by_mode)
        wired = any(arguments.is_wired(value) and not _is_size(value) for value in values)
        told = any(arguments.is_told(node, parameter.name) for node in nodes)
        field.setEnabled(not (wired or by_mode or told))

    def _waiting_text(self, nodes: list[Node]) -> str:
        if not self._editable:
            return tr("PyTorch is being loaded. The arguments appear in a moment.")
        if len(nodes) == 1:
            report = self._session.analysis.report(self._session.network, nodes[0].id)
            if report is not None and report.waits_for:
                return tr("Waits for {node}: its shape is not known yet.", node=report.waits_for)
        elif not self._parameters:
            return tr("These nodes have no argument in common.")
        return ""


class NameField(LineField):
    """The id of a node. The node is renamed on Enter or when the field is left, and only to a valid id."""

    def __init__(self, session: Session) -> None:
        super().__init__(self._read_name, str)
        self._session = session
        self._id = ""
        self.editingFinished.connect(self._rename)

    def show_name(self, id_: str) -> None:
        self._id = id_
        self.show_value(id_)

    def _read_name(self, text: str) -> str:
        fault = naming.fault(text)
        if fault is None and text != self._id and text in self._session.document.nodes(self._session.network):
            fault = Message("There is a node {node} already.", node=text)
        if fault is not None:
            raise NetloomError(fault)
        return text

    @property
    def unsent(self) -> bool:
        """Whether another name is typed than the node has."""
        return self._typing

    def settle(self) -> None:
        """Leaving the field keeps the text: `_rename` has the last word."""

    def _send(self, value: Json) -> None:
        """Not while one types: half a name is none."""

    def _rename(self) -> None:
        session, new = self._session, self.text()
        if not self._typing:
            return
        if self._id not in session.document.nodes(session.network):
            self._typing = False
            return
        if self.property("invalid"):
            return
        self._typing = False
        if new != self._id:
            with session.edit(Message("Rename {old} to {new}", old=self._id, new=new)) as edit:
                edit.rename_node(session.network, self._id, new)


def _common(nodes: list[Node], session: Session) -> tuple[Parameter, ...]:
    """The arguments that all of `nodes` have, by name and kind of editor, in the order of the first."""
    if not nodes or not (session.engine_ready or all(node.block for node in nodes)):
        return ()
    networks = session.document.data().networks
    found = []
    for node in {node.type: node for node in nodes}.values():
        block = networks.get(node.block) if node.block else None
        found.append(arguments.parameters(node, dict(block.parameters) if block else None))
    return tuple(
        p
        for p in found[0]
        if all(any(p.name == q.name and p.kind == q.kind for q in other) for other in found)
    )


def _is_size(value: Json) -> bool:
    """Whether the wires in a value are sizes of tensors only, which an editor can show and read."""
    if isinstance(value, list):
        return all(_is_size(item) for item in value)
    return not isinstance(value, dict) or set(value) == {"size"}
