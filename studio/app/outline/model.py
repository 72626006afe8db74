"""What the outline shows: networks, the nodes in each in the order they run, the inside of blocks below them.

It holds no truth: rows are read off the document where they are opened, and read again after an edit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from studio.app.named_nodes import said
from studio.app.session import Session
from studio.compiler.analysis import Analysis, Severity
from studio.graph import naming, order
from studio.graph.document import Change
from studio.graph.model import Network, Node
from studio.graph.operations import SetAttribute, SetSetting
from studio.words import tr

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
ROW = int(Qt.ItemDataRole.UserRole)
ORDERED = 2_000
"""a network of more nodes is listed as in the file: sorting it at every edit would hold up the window"""
DEEPEST = 32


@dataclass(slots=True, eq=False)
class Row:
    """A network, or with `node` one of its nodes. `above` is None for a network of the project."""

    number: int
    network: str
    node: str | None = None
    above: Row | None = None
    place: int = 0
    rows: list[Row] | None = field(default=None, repr=False)

    @property
    def key(self) -> tuple[str | None, ...]:
        """Where it is in the tree, by names."""
        return (*(self.above.key if self.above else (self.network,)), self.node)

    @property
    def depth(self) -> int:
        return 1 + (self.above.depth if self.above else 0)


class OutlineModel(QAbstractItemModel):
    """`renamed(old, new)` asks for another name of a node of the network shown; `read_again` follows a reset.

    An index holds the number of its row, never the row: one that outlived a reset leads nowhere.
    """

    renamed = Signal(str, str)
    read_again = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._networks: list[Row] = []
        self._numbers = count()
        self._known: dict[int, Row] = {}
        self._severities: dict[tuple[str, str], Severity] = {}
        self.active = False
        self._wait = QTimer(self, singleShot=True, interval=0)
        self._wait.timeout.connect(self.read)
        session.opened.connect(self.read)
        session.edited.connect(self._edited)
        session.analysed.connect(self._analysed)

    def set_active(self, active: bool) -> None:
        """While nobody looks, nothing is read."""
        self.active = active
        if active:
            self.read()

    def read(self) -> None:
        """Reads all rows anew."""
        if not self.active:
            return
        self.beginResetModel()
        names = self._session.document.network_names()
        self._known = {}
        self._networks = [self._made(name, None, None, place) for place, name in enumerate(names)]
        self.endResetModel()
        self.read_again.emit()

    def _later(self) -> None:
        if self.active:
            self._wait.start()

    def _edited(self, change: Change) -> None:
        told = [o for o in change.operations if not isinstance(o, SetSetting) and not _is_a_move(o)]
        if not told:
            return
        if all(isinstance(o, SetAttribute) and o.path[0] in ("params", "extra") for o in told):
            self._repaint()
        else:
            self._later()

    def _analysed(self, analysis: Analysis) -> None:
        found: dict[tuple[str, str], Severity] = {}
        for problem in analysis.problems:
            if problem.node is not None and problem.severity != "hint":
                found.setdefault((problem.network, problem.node), problem.severity)
        self._severities = found
        self._repaint()

    def _repaint(self) -> None:
        if self._networks and self.active:
            last = self.index(len(self._networks) - 1, 0)
            self.dataChanged.emit(self.index(0, 0), last)

    # -- rows ------------------------------------------------------------------------------------

    def _made(self, network: str, node: str | None, above: Row | None, place: int) -> Row:
        row = Row(next(self._numbers), network, node, above, place)
        self._known[row.number] = row
        return row

    def row(self, index: Index) -> Row | None:
        return self._known.get(index.internalId()) if index.isValid() else None

    def index_of(self, row: Row) -> QModelIndex:
        return self.createIndex(row.place, 0, row.number)

    def find(self, network: str, node: str | None = None) -> QModelIndex:
        """Where a network of the project is, or a node of it; invalid where there is none."""
        for row in self._networks:
            if row.network == network:
                inside = (each for each in self._rows(row) if each.node == node)
                found = row if node is None else next(inside, None)
                return self.index_of(found) if found is not None else QModelIndex()
        return QModelIndex()

    def node(self, row: Row) -> Node | None:
        """The node of a row, None for a network, and where it has gone meanwhile."""
        if row.node is None or row.network not in self._session.document.network_names():
            return None
        return self._session.document.nodes(row.network).get(row.node)

    def inside(self, row: Row) -> str | None:
        """The network that lies inside a row; None where there is none, or none any more."""
        name: str | None = row.network
        if row.node is not None:
            node = self.node(row)
            name = node.block if node is not None and row.depth < DEEPEST else None
        return name if name in self._session.document.network_names() else None

    def _rows(self, row: Row) -> list[Row]:
        if row.rows is None:
            name = self.inside(row)
            ids = _in_order(self._session.document.network(name)) if name is not None else ()
            row.rows = [self._made(str(name), id_, row, place) for place, id_ in enumerate(ids)]
        return row.rows

    # -- Qt --------------------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: Index = NOWHERE) -> QModelIndex:
        above = self.row(parent)
        rows = self._networks if above is None else self._rows(above)
        return self.createIndex(row, column, rows[row].number) if 0 <= row < len(rows) else QModelIndex()

    def parent(self, index: Index = NOWHERE) -> QModelIndex:  # type: ignore[override]
        row = self.row(index)
        return self.index_of(row.above) if row is not None and row.above is not None else QModelIndex()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        above = self.row(parent)
        return len(self._networks if above is None else self._rows(above))

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 1

    def hasChildren(self, parent: Index = NOWHERE) -> bool:
        row = self.row(parent)
        if row is None:
            return bool(self._networks)
        name = self.inside(row)
        return name is not None and bool(self._session.document.nodes(name))

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.row(index)
        if row is None:
            return Qt.ItemFlag.NoItemFlags
        found = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return found if row.node is None else found | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = 0) -> object:
        row = self.row(index)
        if row is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return row.node if row.node is not None else row.network
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return self.said(row)
        return row if role == ROW else None

    def setData(self, index: Index, value: object, role: int = 0) -> bool:
        row = self.row(index)
        new = str(value).strip()
        if row is None or row.node is None or not new or new == row.node or naming.fault(new) is not None:
            return False
        if row.network != self._session.network:
            self._session.show_network(row.network)
        self.renamed.emit(row.node, new)
        return True

    # -- words -----------------------------------------------------------------------------------

    def severity(self, row: Row) -> Severity | None:
        return self._severities.get((row.network, row.node or ""))

    def said(self, row: Row) -> str:
        """A row in one line: its name, what it is, what it gives, and what is wrong with it."""
        if row.node is not None:
            return said(self._session, row.network, row.node)
        there = row.network in self._session.document.network_names()
        held = len(self._session.document.nodes(row.network)) if there else 0
        return tr("Network {name}, {count} nodes", name=row.network, count=held)


def _in_order(network: Network) -> list[str]:
    if len(network.nodes) > ORDERED:
        return list(network.nodes)
    try:
        return order.topological(network)
    except order.CycleError:
        return list(network.nodes)


def _is_a_move(operation: object) -> bool:
    return isinstance(operation, SetAttribute) and operation.path == ("at",)
