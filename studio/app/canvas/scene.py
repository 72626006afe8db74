"""The scene of one network: a card for each node and the layer of wires, kept in step with the document.

Nothing else creates or removes items. The session's changes are followed operation by operation; only another
document or another network is built anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtWidgets import QGraphicsScene

from studio.app.canvas import look, painting
from studio.app.canvas.edge_layer import EdgeLayer
from studio.app.canvas.faces import Faces
from studio.app.canvas.frame_layer import FrameLayer
from studio.app.canvas.geometry import THUMB, THUMB_GAP, Rect, Side, union
from studio.app.canvas.lifting import Lift
from studio.app.canvas.marks import Marks
from studio.app.canvas.node_item import Asks, NodeItem
from studio.app.canvas.overlay import Overlay
from studio.app.canvas.pixmaps import PixmapStore
from studio.app.canvas.thumbnails import Thumb
from studio.app.collection import no_collection
from studio.app.session import Session
from studio.catalog import ports
from studio.compiler.analysis import Analysis
from studio.graph import operations as op
from studio.graph.document import Change
from studio.graph.model import INPUT, OUTPUT, Node, Wire, wires_into
from studio.graph.operations import Operation
from studio.graph.values import Path

SPARE = 2000.0
"""how far around the cards the scene's index of items reaches"""
MANY = 200
"""beyond so many moved cards every wire is laid anew instead of those near them"""
WHOLESALE = 500
"""a change of fewer operations is followed node by node"""
_BOX = Qt.ItemSelectionMode.IntersectsItemBoundingRect


class GraphScene(QGraphicsScene):
    """Shows `session.network`. `about_to_change` comes before items follow a change: gestures end there.
    `changed_cards` comes after, for the minimap and the hint of an empty canvas; `changed_faces` where every
    card stands as it stood and some say something new."""

    about_to_change = Signal()
    changed_cards = Signal()
    changed_faces = Signal()
    changed_places = Signal(object)
    stained = Signal()
    marked = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.store = PixmapStore()
        self.cards: dict[str, NodeItem] = {}
        self.stains: list[QRectF] = []
        """where it looks different since the view last asked; null for everywhere"""
        self.faces = Faces(session, self.cards)
        self.edges = EdgeLayer(self.store, self.cards.get, self.cards_in, self.faces.chip_text, self.stain)
        self.overlay = Overlay(self)
        self.marks = Marks()
        self._asks = Asks(self.faces.face_of, self._thumb_fits, self.marks.of, self.stain)
        self.lift = Lift(self)
        self.frames = FrameLayer(session, self)
        self._network = ""
        self._hovered: str | None = None
        self._targets: frozenset[str] = frozenset()
        self._dimmed: set[str] = set()
        self._fitting: dict[str, bool] = {}
        self._held: set[str] = set()
        session.opened.connect(self.rebuild)
        session.network_changed.connect(self.rebuild)
        session.edited.connect(self.follow)
        session.selection_changed.connect(self._mark_selection)
        session.analysed.connect(self._take_analysis)
        session.told.connect(self._show_held)
        self.rebuild()

    def begin_frame(self, zoom: float, ratio: float, extent: float, resting: bool, hasty: bool) -> None:
        """Tells every painter the zoom, the device pixel ratio, the viewport's longer side in pixels, whether
        the zoom is what it was in the frame before, and whether the frame is one of many and soon gone."""
        self.store.begin_frame(zoom, ratio, resting)
        self.edges.begin_frame(zoom, extent, hasty)
        self.overlay.begin_frame(zoom)

    def stain(self, rect: QRectF) -> None:
        """Something looks different in a rectangle of the scene; everywhere, if it is null."""
        if not self.stains:
            self.stains.append(rect)
            self.stained.emit()
        elif rect.isNull():
            self.stains[:] = [rect]
        elif not self.stains[0].isNull():
            self.stains.append(rect)

    # -- the whole network -----------------------------------------------------------------------

    def rebuild(self, _name: str = "") -> None:
        """Builds every card and wire anew: another document or network is shown."""
        with no_collection():
            self.about_to_change.emit()
            self.stain(QRectF())
            self._hovered, self._targets = None, frozenset()
            self.faces.forget_uses()
            self._dimmed = set()
            self._fitting.clear()
            self._held.clear()
            self.edges.clear()
            for card in self.cards.values():
                self.removeItem(card)
            self.cards.clear()
            self._network = self.session.network
            self.faces.take(self.session.analysis)
            nodes = self._nodes()
            for node in nodes.values():
                self._add_card(node)
            self.setSceneRect(self.extent().adjusted(-SPARE, -SPARE, SPARE, SPARE))
            for node in nodes.values():
                self.edges.set_wires(node.id, tuple(wires_into(node)))
            self._lay_all()
            self._mark_selection(self.session.selection)
            self.changed_cards.emit()

    def _fit_index(self, touched: Iterable[str]) -> None:
        """Lets Qt's tree of items span the cards: on a far larger rectangle they would all share one leaf."""
        span = self.sceneRect()
        if not all(span.contains(self.cards[id_].pos()) for id_ in touched if id_ in self.cards):
            self.setSceneRect(self.extent().adjusted(-SPARE, -SPARE, SPARE, SPARE))

    def _nodes(self) -> dict[str, Node]:
        if self.session.network not in self.session.document.network_names():
            return {}
        return dict(self.session.document.nodes(self.session.network))

    def _add_card(self, node: Node) -> None:
        card = NodeItem(node, self.faces.shape_of(node), self.store, self._asks)
        self.cards[node.id] = card
        self.addItem(card)
        card.repaint()

    def _lay_all(self) -> None:
        for wire in [w for id_ in self.cards for w in self.edges.wires_into(id_)]:
            self.edges.lay_wire(wire)
        for id_ in self.cards:
            self.edges.refresh_chips(id_)

    # -- following edits -------------------------------------------------------------------------

    def follow(self, change: Change) -> None:
        """Brings the items in step with the document after a commit, an undo or a redo."""
        self.about_to_change.emit()
        if self.session.network != self._network:
            renamed = any(isinstance(o, op.RenameNetwork) for o in change.operations)
            if not renamed:
                self.rebuild()
                return
            self._network = self.session.network
        if self._is_another(change):
            self.rebuild()
            return
        touched: dict[str, None] = {}
        for operation in change.operations:
            for id_ in self._touched_by(operation):
                touched[id_] = None
        others = [id_ for id_ in touched if not self._says_more(id_)]
        if others:
            self._reconcile(others)
            self._fit_index(others)
            self._mark_selection(self.session.selection)
            self.changed_cards.emit()
        elif touched:
            self.changed_faces.emit()

    def _is_another(self, change: Change) -> bool:
        """Whether so many nodes came or went that all cards are made anew in less time."""
        if len(change.operations) < WHOLESALE:
            return False
        here = self._network
        added_or_gone = (op.AddNode, op.RemoveNode)
        count = sum(isinstance(o, added_or_gone) and o.network == here for o in change.operations)
        return 2 * count > max(len(self.cards), len(self._nodes()))

    def _says_more(self, id_: str) -> bool:
        """Takes a node over whose card stands as it stood, with the same ports and wires.

        Its new face is painted when the session tells, with the shapes that follow from it.
        """
        card = self.cards.get(id_)
        node = self.session.document.nodes(self._network).get(id_) if self._nodes_exist() else None
        if card is None or node is None:
            return False
        old = card.node
        alike = (old.type, old.path, old.at) == (node.type, node.path, node.at)
        if not alike or tuple(wires_into(node)) != self.edges.wires_into(id_):
            return False
        if self.faces.shape_of(node) != card.shape_:
            return False
        card.node = node
        card.forget_face()
        self._held.add(id_)
        return True

    def _show_held(self) -> None:
        for id_ in self._held:
            if id_ in self.cards:
                self.cards[id_].repaint()
        self._held.clear()

    def _touched_by(self, operation: Operation) -> Iterable[str]:
        """The nodes of the shown network whose card may look different after an operation."""
        here = self._network
        match operation:
            case op.AddNode(network, node) | op.RemoveNode(network, node) if network == here:
                shared = (node.path,) if node.path else ()
                return (node.id, *shared, *(wire.target for wire in self.edges.wires_from(node.id)))
            case op.AddNode(network, node) | op.RemoveNode(network, node) if node.type in {INPUT, OUTPUT}:
                return self._blocks(network)
            case op.RenameNode(network, old, new) if network == here:
                return (old, new, *(wire.target for wire in self.edges.wires_from(old)))
            case op.SetAttribute(network, node, ("path",), old, new) if network == here:
                return (node, *(owner for owner in (old, new) if isinstance(owner, str)))
            case op.SetArguments(network, node) | op.SetAttribute(network, node) if network == here:
                return (node,)
            case op.RenameNode(network) | op.SetNetwork(network):
                return self._blocks(network)
            case op.AddNetwork(name) | op.RemoveNetwork(name):
                return self._blocks(name)
            case op.RenameNetwork(old, new):
                return (*self._blocks(old), *self._blocks(new))
            case _:
                return ()

    def _blocks(self, network: str) -> list[str]:
        return [id_ for id_, card in self.cards.items() if card.node.block == network]

    def _reconcile(self, touched: Iterable[str]) -> None:
        """Makes, removes and updates the cards of `touched` as the document has them now."""
        nodes = self.session.document.nodes(self._network) if self._nodes_exist() else {}
        self.faces.forget_uses()
        moved: list[QRectF] = []
        relaid: list[str] = []
        for id_ in touched:
            node, card = nodes.get(id_), self.cards.get(id_)
            if card is not None and (node is None or card.node is not node):
                moved.append(_area(card))
            if node is None:
                if card is not None:
                    self._remove_card(id_)
                continue
            if card is None:
                self._add_card(node)
            else:
                self._update_card(card, node)
            relaid.append(id_)
            moved.append(_area(self.cards[id_]))
        self._refit_thumbs(moved)
        for id_ in relaid:
            self.edges.set_wires(id_, tuple(wires_into(nodes[id_])))
        if len(relaid) > MANY:
            self._lay_all()
            return
        laid = self.edges.lay_many(relaid)
        if len(moved) <= MANY:
            self.edges.relay_around(*moved, without=laid)

    def _nodes_exist(self) -> bool:
        return self._network in self.session.document.network_names()

    def _remove_card(self, id_: str) -> None:
        self.edges.set_wires(id_, ())
        card = self.cards.pop(id_)
        for wire in self.edges.wires_from(id_):
            self.edges.lay_wire(wire)
        if self._hovered == id_:
            self._hovered = None
        card.repaint()
        self.removeItem(card)

    def _update_card(self, card: NodeItem, node: Node) -> None:
        old, card.node = card.node, node
        if (card.pos().x(), card.pos().y()) != node.at:
            card.place(*node.at)
        alike = (old.type, old.id, old.path) == (node.type, node.id, node.path)
        only_moved = (
            old is not node
            and alike
            and all(
                one is other
                for one, other in (
                    (old.params, node.params),
                    (old.args, node.args),
                    (old.kwargs, node.kwargs),
                    (old.extra, node.extra),
                )
            )
        )
        if not only_moved or node.block is not None:
            card.reshape(self.faces.shape_of(node))

    # -- the analysis ----------------------------------------------------------------------------

    def _take_analysis(self, analysis: Analysis) -> None:
        changed, of_problems = self.faces.take(analysis)
        for id_ in self.cards:
            if id_ in changed:
                self.cards[id_].invalidate()
                self.edges.refresh_chips(id_)
        if of_problems:
            self.changed_cards.emit()

    # -- selection and highlights ----------------------------------------------------------------

    def _mark_selection(self, _ids: object) -> None:
        self.update_marks()

    def update_marks(self) -> None:
        """Gives every card the outline that fits: selected, a fitting target, under the mouse."""
        changed = self.marks.show(self._hovered, self.session.selection, self._targets)
        if len(changed) > MANY:
            self.marked.emit(changed)
            return
        for id_ in changed:
            if id_ in self.cards:
                self.cards[id_].repaint()

    def hover(self, id_: str | None) -> None:
        if id_ != self._hovered:
            self._hovered = id_
            self.update_marks()

    def set_targets(self, ids: Iterable[str]) -> None:
        self._targets = frozenset(ids)
        self.update_marks()

    def set_dimmed(self, ids: Iterable[str]) -> None:
        dimmed = set(ids)
        for id_ in self._dimmed ^ dimmed:
            if id_ in self.cards:
                self.cards[id_].set_dimmed(id_ in dimmed)
        self._dimmed = dimmed

    def restyle(self) -> None:
        """The theme, the font or the language changed."""
        painting.forget_fonts()
        self.store.clear()
        for card in self.cards.values():
            card.forget_face()
        self.stain(QRectF())

    # -- pictures beside cards -------------------------------------------------------------------

    def set_thumbs(self, thumbs: Mapping[str, Thumb | None]) -> None:
        """Gives cards the picture of what they give, or takes it away; wires make room for it."""
        changed: list[NodeItem] = []
        for id_, thumb in thumbs.items():
            card = self.cards[id_]
            if (card.thumb is None) != (thumb is None):
                changed.append(card)
            card.set_thumb(thumb)
        if len(changed) > MANY:
            self._lay_all()
            return
        for card in changed:
            self.edges.relay_around(card.thumb_box())

    def _thumb_fits(self, card: NodeItem) -> bool:
        """Whether the picture beside a card lies on no other card."""
        known = self._fitting.get(card.node.id)
        if known is None:
            box = card.thumb_box()
            others = (QRectF(*other.box()) for other in self.cards_in(box) if other is not card)
            known = not any(box.intersects(other) for other in others)
            self._fitting[card.node.id] = known
        return known

    def _refit_thumbs(self, moved: list[QRectF]) -> None:
        """Cards came, went or moved: pictures near them may have room now, or none any more."""
        if not self._fitting:
            return
        self._fitting.clear()
        reach = float(2 * (THUMB_GAP + THUMB))
        for area in moved if len(moved) <= MANY else ():
            for card in self.cards_in(area.adjusted(-reach, 0, reach, 0)):
                if card.thumb is not None:
                    card.repaint()
        if len(moved) > MANY:
            self.stain(QRectF())

    # -- hit tests -------------------------------------------------------------------------------

    def cards_in(self, rect: QRectF) -> list[NodeItem]:
        """The cards whose rectangle, ports included, meets `rect`."""
        return [item for item in self.items(rect, _BOX) if isinstance(item, NodeItem)]

    def card_at(self, at: QPointF) -> NodeItem | None:
        """The topmost card under a point."""
        for card in self.cards_in(QRectF(at.x() - 0.5, at.y() - 0.5, 1, 1)):
            left, top, width, height = card.box()
            if left <= at.x() <= left + width and top <= at.y() <= top + height:
                return card
        return None

    def port_at(
        self, at: QPointF, reach: float, side: Side | None = None
    ) -> tuple[NodeItem, Side, int] | None:
        """The port nearest to a point, no farther than `reach`; of one side only if `side` says so."""
        box = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
        best: tuple[float, NodeItem, Side, int] | None = None
        sides: tuple[Side, ...] = (side,) if side else ("in", "out")
        for card in self.cards_in(box):
            for one in sides:
                for index in range(card.count(one)):
                    gap = card.port(one, index) - at
                    far = QPointF.dotProduct(gap, gap) ** 0.5
                    if far <= reach and (best is None or far < best[0]):
                        best = (far, card, one, index)
        return best[1:] if best else None

    def rects_near(self, rect: Rect, reach: float = 2000) -> list[Rect]:
        """The cards that may be in the way of one at `rect`, each with the picture beside it."""
        left, top, width, height = rect
        around = QRectF(left - reach, top - reach, width + 2 * reach, height + 2 * reach)
        return [card.footprint() for card in self.cards_in(around)]

    def inlet(self, wire: Wire) -> int:
        """Which input of its target's card a wire ends at."""
        return look.inlet_of(self.cards[wire.target].shape_.inlets, wire.slot) or 0

    def free_inlet(self, card: NodeItem) -> int | None:
        """The input that the next wire dropped on a card takes."""
        return self.inlet_at(card, ports.free_slot(card.node, self.faces.project_of(card.node)))

    def inlet_at(self, card: NodeItem, slot: Path | None) -> int | None:
        """Which input of a card is at `slot`."""
        return None if slot is None else look.inlet_of(card.shape_.inlets, slot)

    def moved_cards(self, ids: Iterable[str]) -> None:
        """Cards were moved by a gesture or an animation, not by the document: their wires follow."""
        moved = list(ids)
        self.refit_thumbs(moved)
        self.edges.lay_many(moved)
        self.changed_places.emit(moved)

    def refit_thumbs(self, ids: Iterable[str]) -> None:
        """Pictures beside cards near these may have room now, or none any more."""
        if self._fitting:
            self._refit_thumbs([_area(self.cards[id_]) for id_ in ids if id_ in self.cards])

    def rects(self, without: Iterable[str] = ()) -> dict[str, Rect]:
        """The rectangle of every card but those of `without`."""
        left_out = set(without)
        return {id_: card.box() for id_, card in self.cards.items() if id_ not in left_out}

    def extent(self, ids: Iterable[str] | None = None) -> QRectF:
        """The rectangle around cards, all of them by default; null where there are none."""
        chosen = self.cards.values() if ids is None else [self.cards[i] for i in ids if i in self.cards]
        found = union([card.settled() for card in chosen])
        return QRectF(*found) if found else QRectF()


def _area(card: NodeItem) -> QRectF:
    return QRectF(*card.box())
