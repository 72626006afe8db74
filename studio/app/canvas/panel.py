"""The canvas as a panel: the view, the map, the trail of networks, and every command by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from studio.app.canvas import edits, keyboard, menu, suggest
from studio.app.canvas.animation import Glide
from studio.app.canvas.block_commands import BlockCommands
from studio.app.canvas.breadcrumb import Breadcrumb
from studio.app.canvas.edits import Source, Target
from studio.app.canvas.geometry import CARD_HEIGHT, CARD_WIDTH, GRID
from studio.app.canvas.minimap import Minimap
from studio.app.canvas.placing import free_place
from studio.app.canvas.rename_field import RenameField
from studio.app.canvas.scene import GraphScene
from studio.app.canvas.search_popup import SearchPopup
from studio.app.canvas.view import GraphView
from studio.app.language import follow
from studio.app.session import Session
from studio.catalog import summary, table, wiring
from studio.catalog.entry import Entry
from studio.graph import fragment, layout
from studio.graph.model import Wire
from studio.graph.values import Json
from studio.words import NetloomError, tr

FRAGMENT = "application/x-netloom-fragment+json"
INSET = 14
ZOOM_STEP = 1.25
READABLE = 0.8
"""a network that is opened is shown no smaller, from its top"""


class CanvasPanel(QWidget):
    """The middle of the window. `repeat_wanted` asks for the field that says how often a block comes."""

    repeat_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.session = session
        self.graph = GraphScene(session, self)
        self.view = GraphView(self.graph, self)
        self.view.setObjectName("canvas_view")
        self.minimap = Minimap(self.view, self)
        self.breadcrumb = Breadcrumb(session, self)
        self.search = SearchPopup(self)
        self.rename_field = RenameField(session, self)
        self.glide = Glide(self.graph, self)
        self.blocks = BlockCommands(self)
        self._wanted_at = QPointF()
        self._end: Source | Target | Wire | None = None
        self._menu = QMenu(self)
        self._fitting = True
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        self.setFocusProxy(self.view)
        for floating in (self.minimap, self.breadcrumb, self.search, self.rename_field):
            floating.raise_()
        self._wire_up()
        follow(self, self.retranslate)

    def _wire_up(self) -> None:
        self.view.node_wanted.connect(self._search_at)
        self.view.sized.connect(self._fit)
        self.view.touched.connect(self._stop_fitting)
        self.minimap.moved.connect(self._stop_fitting)
        self.session.selection_changed.connect(self._show_selected)
        self.view.menu_wanted.connect(self._show_menu)
        self.view.entered.connect(self.enter)
        self.view.camera_moved.connect(self.rename_field.close_field)
        self.search.chosen.connect(self._place)
        self.search.closed.connect(self._search_closed)
        self.rename_field.closed.connect(self.view.setFocus)
        self.breadcrumb.wanted.connect(self.session.show_network)
        self.session.opened.connect(self._opened)
        self.session.network_changed.connect(self._opened)
        self.session.selection_changed.connect(self._describe)
        self.graph.changed_cards.connect(self._describe)

    def retranslate(self) -> None:
        self.view.setAccessibleName(tr("Canvas"))
        self.graph.restyle()
        self._describe()

    def _describe(self, _: object = None) -> None:
        """What a screen reader says of the canvas: the network, and the selected card with its wires."""
        self.view.setAccessibleDescription(self._description())
        QAccessible.updateAccessibility(QAccessibleEvent(self.view, QAccessible.Event.DescriptionChanged))

    def _description(self) -> str:
        chosen = self.session.selected_nodes()
        if len(chosen) != 1:
            return tr(
                "Network {name}, {count} nodes, {selected} selected. Arrow keys walk along the wires, "
                "Tab adds a layer.",
                name=self.session.network,
                count=len(self.graph.cards),
                selected=len(chosen),
            )
        node = chosen[0]
        before = ", ".join(wire.source for wire in self.graph.edges.wires_into(node.id)) or tr("nothing")
        after = ", ".join(wire.target for wire in self.graph.edges.wires_from(node.id)) or tr("nothing")
        text = tr(
            "{name}, {type}, {summary}; after {before}; before {after}",
            name=node.id,
            type=table.label(node.type),
            summary=summary.summary(node) or tr("default values"),
            before=before,
            after=after,
        )
        problem = self.graph.problem(node.id)
        return f"{text}. {problem.text}" if problem is not None else text

    def _fit(self) -> None:
        """Until the person touches the canvas, a network that was opened stays in sight."""
        if self._fitting:
            self.show_whole()

    def show_whole(self) -> None:
        """Brings all of the network into sight, as far as it can be read then."""
        self.view.frame(self.graph.extent(), smallest=READABLE)

    def _stop_fitting(self) -> None:
        self._fitting = False

    def _show_selected(self, ids: tuple[str, ...]) -> None:
        """A card selected elsewhere comes into sight."""
        if len(ids) != 1 or ids[0] not in self.graph.cards or self.view.gesture:
            return
        if not self.view.visible_rect().intersects(QRectF(*self.graph.cards[ids[0]].box())):
            self.view.reveal(ids[0])

    # -- the camera ------------------------------------------------------------------------------

    def frame_all(self) -> None:
        self.view.frame(self.graph.extent())

    def frame_selection(self) -> None:
        rect = self.graph.extent(self.session.selection)
        self.view.frame(rect if not rect.isNull() else self.graph.extent())

    def zoom_in(self) -> None:
        self._stop_fitting()
        self.view.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        self._stop_fitting()
        self.view.zoom_by(1 / ZOOM_STEP)

    def zoom_reset(self) -> None:
        self._stop_fitting()
        self.view.zoom_to(1.0)

    def set_animated(self, animated: bool) -> None:
        """Whether cards glide when they are tidied up."""
        self.glide.enabled = animated

    def _opened(self, _name: str = "") -> None:
        self.search.close_popup()
        self.rename_field.close_field()
        self._fitting = True
        self._fit()

    # -- search and place ------------------------------------------------------------------------

    def open_search(self) -> None:
        """Opens the search at the mouse; what is chosen follows the selected node, if there is one."""
        self._search_at(self.view.mouse_in_scene(), None)

    def search_for_wire(self, at: QPointF, wire: Wire) -> None:
        """Opens the search for a layer that goes into a wire."""
        self._open_search(at, wire, [e for e in table.entries() if e.inputs and e.outputs])

    def _search_at(self, at: QPointF, end: Source | Target | None) -> None:
        self._open_search(at, end, self._offered(end))
        if end is not None:
            self._show_loose_wire(at, end)

    def _open_search(self, at: QPointF, end: Source | Target | Wire | None, offered: list[Entry]) -> None:
        self._wanted_at, self._end = at, end
        over = self.window()
        if self.search.parentWidget() is not over:
            self.search.setParent(over)  # it may lie over other panels too: a small canvas has no room for it
        self.search.open(offered, self.blocks.entries())
        spot = self.view.mapTo(over, self.view.mapFromScene(at))
        room = over.rect().adjusted(8, 8, -8 - self.search.width(), -8 - self.search.height())
        self.search.move(
            max(room.left(), min(spot.x(), room.right())), max(room.top(), min(spot.y(), room.bottom()))
        )

    def _offered(self, end: Source | Target | None) -> list[Entry]:
        """What fits a loose end, or the selected card; the likeliest first."""
        entries = list(table.entries())
        chosen = self.session.selection
        near = end.node if end is not None else chosen[0] if len(chosen) == 1 else None
        if near not in self.graph.cards:
            return entries
        category = self.graph.cards[near].category
        if isinstance(end, Target):
            return suggest.before(category, [entry for entry in entries if entry.outputs])
        if isinstance(end, Source):
            entries = [entry for entry in entries if entry.inputs]
        return suggest.after(category, entries)

    def _show_loose_wire(self, at: QPointF, end: Source | Target) -> None:
        """The wire that was let go stays in sight while one searches."""
        card = self.graph.cards.get(end.node)
        if card is not None:
            overlay = self.graph.overlay
            if isinstance(end, Source):
                overlay.wires = [(card.port("out", end.output or 0), at)]
            else:
                inlet = self.graph.inlet(Wire("", None, end.node, end.slot or ()))
                overlay.wires = [(at, card.port("in", inlet))]
            overlay.refresh()

    def _search_closed(self) -> None:
        self.graph.overlay.clear()
        self.view.setFocus()

    def _place(self, type_: str) -> None:
        """Adds what was chosen: in the wire, at the loose end, behind the selected node, or by itself."""
        end, at = self._end, self._wanted_at
        if isinstance(end, Wire):
            if end in self.graph.edges.wires():
                edits.insert(self.session, type_, end, self.graph.rects(), (at.x(), at.y()))
            return
        if end is None:
            self._place_after_selection(type_, at)
            return
        top = at.y() if isinstance(end, Source) else at.y() - CARD_HEIGHT
        id_ = edits.add(self.session, type_, self._free(at.x() - CARD_WIDTH / 2, top), end)
        self.view.reveal(id_)

    def _place_after_selection(self, type_: str, at: QPointF) -> None:
        chosen = self.session.selection
        if len(chosen) == 1 and chosen[0] in self.graph.cards:
            id_ = edits.append(self.session, type_, chosen[0])
        else:
            id_ = edits.add(
                self.session, type_, self._free(at.x() - CARD_WIDTH / 2, at.y() - CARD_HEIGHT / 2)
            )
        self.view.reveal(id_)

    def free_spot(self) -> tuple[int, int]:
        """Where a card has room, nearest to the mouse."""
        at = self.view.mouse_in_scene()
        return self._free(at.x() - CARD_WIDTH / 2, at.y() - CARD_HEIGHT / 2)

    def _free(self, left: float, top: float) -> tuple[int, int]:
        wanted = (left, top, float(CARD_WIDTH), float(CARD_HEIGHT))
        return free_place(wanted, self.graph.rects_near(wanted))

    # -- selection and networks ------------------------------------------------------------------

    def select_all(self) -> None:
        self.session.select(self.session.document.network(self.session.network).nodes)

    def deselect(self) -> None:
        self.session.select(())

    def enter(self, id_: str) -> None:
        """Goes into a block; the camera goes to another node."""
        node = self.session.document.nodes(self.session.network).get(id_)
        if node is None:
            return
        if node.block is None or node.block not in self.session.document.network_names():
            self.session.select((id_,))
            return
        self.breadcrumb.entering(node.block)
        self.session.show_network(node.block)

    def enter_selected(self) -> None:
        if len(self.session.selection) == 1:
            self.enter(self.session.selection[0])

    def leave(self) -> None:
        """Goes back to the network one came from."""
        if self.breadcrumb.parent_network is not None:
            self.session.show_network(self.breadcrumb.parent_network)

    # -- edits -----------------------------------------------------------------------------------

    def delete(self, heal: bool) -> None:
        edits.delete(self.session, self.session.selection, heal)

    def delete_and_heal(self) -> None:
        self.delete(True)

    def delete_and_cut(self) -> None:
        self.delete(False)

    def connect_selected(self) -> None:
        """Wires the selected nodes in the order in which they were selected."""
        chosen = self.session.selection
        project = self.session.document.data()
        pairs = list(pairwise(chosen))
        for source, target in pairs:
            verdict = wiring.verdict(project, self.session.network, source, target)
            if not verdict.ok:
                if verdict.reason is not None:
                    self.session.notice.emit("warning", verdict.reason)
                return
        if pairs:
            edits.connect_chain(self.session, pairs)

    def cut_selected_wires(self) -> None:
        """Cuts the wires between the selected nodes; all wires of a single one."""
        chosen = self.session.selection
        wires = list(dict.fromkeys(w for id_ in chosen for w in self.graph.edges.wires_at(id_)))
        if len(chosen) > 1:
            wires = [w for w in wires if w.source in chosen and w.target in chosen]
        edits.cut(self.session, wires)

    def rename_selected(self) -> None:
        if len(self.session.selection) == 1:
            id_ = self.session.selection[0]
            self.rename_field.open(id_, self._card_here(id_))

    def ask_block_name(
        self, id_: str, made: object | None = None, then: Callable[[], object] = lambda: None
    ) -> None:
        """Asks for the name of a block over the card of one of its uses; `made` is the step that made it.

        `then` follows a name that was given.
        """
        block = self.session.document.node(self.session.network, id_).block
        self.rename_field.open(id_, self._card_here(id_), block, made, then)

    def _card_here(self, id_: str) -> QRect:
        """Where a card is in the panel, once it has been brought into sight."""
        self.view.reveal(id_)
        box = self.view.mapFromScene(QRectF(*self.graph.cards[id_].box())).boundingRect()
        return QRect(self.view.mapTo(self, box.topLeft()), box.size())

    def tidy(self) -> None:
        """Lays out the selection, or everything, in layers from top to bottom; one undo step."""
        chosen = self.session.selection if len(self.session.selection) > 1 else tuple(self.graph.cards)
        rects = {id_: self.graph.cards[id_].box() for id_ in chosen if id_ in self.graph.cards}
        if not rects:
            return
        inside = [
            (wire.source, wire.target)
            for wire in self.session.document.network(self.session.network).wires()
            if wire.source in rects and wire.target in rects
        ]
        places = layout.layered({i: (int(r[2]), int(r[3])) for i, r in rects.items()}, inside)
        edits.tidy(self.session, self._anchored(rects, places))
        self.glide.start({id_: (rect[0], rect[1]) for id_, rect in rects.items()})
        if len(chosen) == len(self.graph.cards):
            self.view.frame(_extent(rects, edits.places_of(self.session, rects)))

    def _anchored(
        self, rects: dict[str, tuple[float, float, float, float]], places: dict[str, tuple[int, int]]
    ) -> dict[str, tuple[int, int]]:
        """The layout, moved so that its top and its middle stay where the cards had them; clear of others."""
        old_left = min(r[0] for r in rects.values())
        old_right = max(r[0] + r[2] for r in rects.values())
        new_left = min(x for x, _ in places.values())
        new_right = max(places[i][0] + rects[i][2] for i in places)
        top = min(r[1] for r in rects.values()) - min(y for _, y in places.values())
        height = max(y for _, y in places.values()) + CARD_HEIGHT - min(y for _, y in places.values())
        left = (old_left + old_right - new_right + new_left) / 2
        wanted = (left, min(r[1] for r in rects.values()), new_right - new_left, float(height))
        others = [rect for id_, rect in self.graph.rects(rects).items()]
        x, _y = free_place(wanted, others) if others else (round(left / GRID) * GRID, 0)
        shift = x - new_left
        down = (_y - wanted[1]) if others else 0
        return {i: (round(px + shift), round(py + top + down)) for i, (px, py) in places.items()}

    # -- the clipboard ---------------------------------------------------------------------------

    def copy(self) -> None:
        if not self.session.selection:
            return
        text = fragment.dumps(edits.copied(self.session, self.session.selection))
        held = QMimeData()
        held.setData(FRAGMENT, text.encode())
        held.setText(text)
        QGuiApplication.clipboard().setMimeData(held)

    def cut(self) -> None:
        self.copy()
        edits.delete(self.session, self.session.selection, heal=True)

    def paste(self, keep_wires: bool = False) -> None:
        """Adds the nodes on the clipboard at the mouse, or beside what is there."""
        held = self._held()
        if held is None or not held["nodes"]:
            return
        at = self.view.mouse_in_scene()
        wanted = (at.x(), at.y(), *edits.size_of(held))
        spot = free_place(wanted, self.graph.rects_near(wanted))
        ids = edits.paste(self.session, held, spot, keep_wires)
        if ids:
            self.view.reveal(ids[0])

    def paste_with_wires(self) -> None:
        self.paste(keep_wires=True)

    def _held(self) -> dict[str, Json] | None:
        data = QGuiApplication.clipboard().mimeData()
        if data is None or not (data.hasFormat(FRAGMENT) or data.hasText()):
            return None
        text = bytes(data.data(FRAGMENT).data()).decode() if data.hasFormat(FRAGMENT) else data.text()
        try:
            return fragment.loads(text)
        except NetloomError as error:
            self.session.notice.emit("warning", error.message)
            return None

    def duplicate(self) -> None:
        """Copies the selection beside itself."""
        chosen = self.session.selection
        rect = self.graph.extent(chosen)
        if rect.isNull():
            return
        wanted = (rect.right() + GRID * 4, rect.top(), rect.width(), rect.height())
        at = free_place(wanted, self.graph.rects_near(wanted))
        ids = edits.duplicate(self.session, chosen, at)
        if ids:
            self.view.reveal(ids[0])

    # -- events ----------------------------------------------------------------------------------

    def _show_menu(self, at: QPoint) -> None:
        self._menu.deleteLater()
        self._menu = menu.build(self, at)
        self._menu.popup(self.view.viewport().mapToGlobal(at))

    def focusNextPrevChild(self, next_: bool) -> bool:
        """A Tab that the view passes on is a command, not a step to the next widget."""
        return False if next_ and self.view.hasFocus() else super().focusNextPrevChild(next_)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What the view had no use for: the commands of the keyboard."""
        direction = keyboard.ARROWS.get(Qt.Key(event.key()))
        name = keyboard.command(event)
        if direction is not None:
            self._arrow(direction, event.modifiers())
        elif name is not None:
            getattr(self, name)()
        else:
            super().keyPressEvent(event)

    def _arrow(self, direction: tuple[int, int], held: Qt.KeyboardModifier) -> None:
        chosen = self.session.selection
        if held & Qt.KeyboardModifier.ShiftModifier:
            self._nudge(chosen, direction)
            return
        found = keyboard.walk(self.graph, chosen[-1] if chosen else None, direction)
        if found is None:
            return
        add = bool(held & Qt.KeyboardModifier.ControlModifier)
        self.session.select([*(i for i in chosen if i != found), found] if add else (found,))
        self.view.reveal(found)

    def _nudge(self, ids: Iterable[str], direction: tuple[int, int]) -> None:
        known = self.session.document.nodes(self.session.network)
        dx, dy = keyboard.nudge(direction)
        places = {i: (known[i].at[0] + dx, known[i].at[1] + dy) for i in ids}
        if places:
            edits.move(self.session, places, (edits.NUDGE, tuple(places)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.breadcrumb.move(INSET, INSET)
        self.minimap.fit(event.size())
        self.minimap.move(
            self.width() - self.minimap.width() - INSET, self.height() - self.minimap.height() - INSET
        )

    # -- for tests with a real mouse -------------------------------------------------------------

    def node_rect_on_screen(self, id_: str) -> QRect:
        """Where a card is on the screen, in global pixels."""
        return self.view.node_rect_on_screen(id_)


def _extent(
    rects: dict[str, tuple[float, float, float, float]], places: dict[str, tuple[int, int]]
) -> QRectF:
    found = QRectF()
    for id_, (x, y) in places.items():
        found = found.united(QRectF(x, y, rects[id_][2], rects[id_][3]))
    return found
