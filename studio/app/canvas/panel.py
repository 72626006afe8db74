"""The canvas as a panel: the view, the map, the trail of networks, and every command by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from operator import attrgetter

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from studio.app.canvas import edits, frame_edits, keyboard, menu, rename_field, wire_edits
from studio.app.canvas.animation import Glide
from studio.app.canvas.block_commands import BlockCommands
from studio.app.canvas.breadcrumb import Breadcrumb
from studio.app.canvas.clipboard import Clipboard
from studio.app.canvas.finding import Finding
from studio.app.canvas.habits import Habits
from studio.app.canvas.minimap import Minimap
from studio.app.canvas.rename_field import RenameField
from studio.app.canvas.scene import GraphScene
from studio.app.canvas.searching import Searching
from studio.app.canvas.tidying import Tidying
from studio.app.canvas.view import READABLE, GraphView
from studio.app.language import follow
from studio.app.session import Session
from studio.catalog import summary, table, wiring
from studio.graph.document import Change
from studio.words import tr

INSET = 14
ZOOM_STEP = 1.25


class CanvasPanel(QWidget):
    """The middle of the window. `repeat_wanted` asks for the field that says how often a block comes,
    `edit_wanted` for the fields of the selected node."""

    repeat_wanted = Signal()
    edit_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.session = session
        self.graph = GraphScene(session, self)
        self.view = GraphView(self.graph, self)
        self.view.setObjectName("canvas_view")
        self.minimap = Minimap(self.view, self)
        self.breadcrumb = Breadcrumb(session, self)
        self.rename_field = RenameField(session, self)
        self.glide = Glide(self.graph, self)
        self.tidying = Tidying(self)
        self.blocks = BlockCommands(self)
        self.clipboard = Clipboard(self)
        self.habits = Habits()
        self.searching = Searching(self)
        self.finding = Finding(self)
        self.search = self.searching.popup
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
        self.view.describe = self._description
        self.view.sized.connect(self._fit)
        self.view.touched.connect(self.keep_camera)
        self.minimap.moved.connect(self.keep_camera)
        self.session.selection_changed.connect(self._show_selected)
        self.view.menu_wanted.connect(self._show_menu)
        self.view.entered.connect(self.enter)
        self.view.arranged.connect(self.glide.start)
        self.view.frame_entered.connect(self.ask_title)
        self.view.camera_moved.connect(self.rename_field.leave)
        self.rename_field.closed.connect(self.view.setFocus)
        self.breadcrumb.wanted.connect(self.session.show_network)
        self.session.opened.connect(self._opened)
        self.session.network_changed.connect(self._opened)
        self.session.selection_changed.connect(self._describe)
        self.session.edited.connect(self._learn)
        self.graph.changed_cards.connect(self._describe)
        self.graph.changed_faces.connect(self._describe)

    def retranslate(self) -> None:
        self.view.setAccessibleName(tr("Canvas"))
        self.graph.restyle()
        self._describe()

    def _describe(self, _: object = None) -> None:
        """Whoever listens is told that the canvas has something else to say of itself."""
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self.view, QAccessible.Event.DescriptionChanged))

    def _description(self) -> str:
        """What a screen reader says of the canvas: the network, and the selected card with its wires."""
        count = len(self.session.selection)
        chosen = self.session.selected_nodes() if count == 1 else []
        if not chosen:
            return tr(
                "Network {name}, {count} nodes, {selected} selected. Arrow keys walk along the wires, "
                "Tab adds a layer.",
                name=self.session.network,
                count=len(self.graph.cards),
                selected=count,
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
        problem = self.graph.faces.problem(node.id)
        return f"{text}. {problem.text}" if problem is not None else text

    def _fit(self) -> None:
        """Until the person touches the canvas, a network that was opened stays in sight."""
        if self._fitting:
            self.show_whole()

    def show_whole(self) -> None:
        """Brings all of the network into sight, as far as it can be read then."""
        self.view.frame(self.graph.extent(), smallest=READABLE)

    def _learn(self, change: Change) -> None:
        if self.session.network in self.session.document.network_names():
            self.habits.follow(change, self.session.document.nodes(self.session.network))

    def keep_camera(self) -> None:
        """From now on the camera stays where it was brought, also when the canvas gets another size."""
        self._fitting = False

    def _show_selected(self, ids: tuple[str, ...]) -> None:
        """A card selected elsewhere comes into sight."""
        if len(ids) != 1 or ids[0] not in self.graph.cards or self.view.gesture:
            return
        if not self.view.visible_rect().intersects(QRectF(*self.graph.cards[ids[0]].box())):
            self.keep_camera()
            self.view.reveal(ids[0])

    # -- the camera ------------------------------------------------------------------------------

    def frame_all(self) -> None:
        self.keep_camera()
        self.view.frame(self.graph.extent())

    def frame_selection(self) -> None:
        self.keep_camera()
        rect = self.graph.extent(self.session.selection)
        self.view.frame(rect if not rect.isNull() else self.graph.extent())

    def zoom_in(self) -> None:
        self.keep_camera()
        self.view.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        self.keep_camera()
        self.view.zoom_by(1 / ZOOM_STEP)

    def zoom_reset(self) -> None:
        self.keep_camera()
        self.view.zoom_to(1.0)

    def set_animated(self, animated: bool) -> None:
        """Whether cards glide when they are tidied up."""
        self.glide.enabled = self.finding.flight.enabled = animated

    def _opened(self, _name: str = "") -> None:
        self.search.close_popup()
        self.rename_field.close_field()
        self._fitting = True
        self._fit()

    # -- selection and networks ------------------------------------------------------------------

    def select_all(self) -> None:
        self.session.select(self.session.document.network(self.session.network).nodes)

    def deselect(self) -> None:
        """Escape: gives up what is worked out, else takes the selection away."""
        if self.tidying.busy:
            self.tidying.cancel()
        else:
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
        """Goes into the selected block, or to the fields of another node."""
        chosen = self.session.selected_nodes()
        if len(chosen) != 1:
            return
        if chosen[0].block in self.session.document.network_names():
            self.enter(chosen[0].id)
        else:
            self.edit_wanted.emit()

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

    def bypass_selected(self) -> None:
        """Bypasses the selected nodes, or takes them in again."""
        wire_edits.bypass(self.session, self.session.selection)

    def straighten_selected(self) -> None:
        """Puts the selected cards below what feeds them."""
        before = self.graph.rects()
        wire_edits.straighten(self.session, self.session.selection, before)
        self.glide.start({id_: before[id_][:2] for id_ in self.session.selection})

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
            self.rename_field.open(rename_field.of_node(self.session, id_), self._card_here(id_))

    def ask_block_name(
        self, id_: str, made: object | None = None, then: Callable[[], object] = lambda: None
    ) -> None:
        """Asks for the name of a block over the card of one of its uses; `made` is the step that made it.

        `then` follows a name that was given.
        """
        block = self.session.document.node(self.session.network, id_).block or ""
        asked = rename_field.of_block(self.session, block, made, then)
        self.rename_field.open(asked, self._card_here(id_))

    def frame_selected(self) -> None:
        """Draws a frame around the selected cards and asks for its title."""
        chosen = [self.graph.cards[i].box() for i in self.session.selection if i in self.graph.cards]
        made = frame_edits.around(self.session, chosen)
        if made is not None:
            self.ask_title(made, frame_edits.key(self.session, made))

    def ask_title(self, id_: str, made: object | None = None) -> None:
        """Asks for the title of a frame, where it stands."""
        item = self.graph.frames.items[id_]
        strip = QRectF(item.pos().x(), item.pos().y(), item.rect().width(), frame_edits.TITLE)
        box = self.view.mapFromScene(strip).boundingRect()
        asked = rename_field.of_frame(self.session, id_, made)
        self.rename_field.open(asked, QRect(self.view.mapTo(self, box.topLeft()), box.size()))

    def _card_here(self, id_: str) -> QRect:
        """Where a card is in the panel, once it has been brought into sight."""
        self.view.reveal(id_)
        box = self.view.mapFromScene(QRectF(*self.graph.cards[id_].box())).boundingRect()
        return QRect(self.view.mapTo(self, box.topLeft()), box.size())

    def tidy(self) -> None:
        """Lays out the selection, or everything; one undo step, once it is worked out."""
        self.tidying.start()

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
            attrgetter(name)(self)()
        elif (bookmark := keyboard.bookmark(event)) is not None:
            digit, sets = bookmark
            (self.finding.keep if sets else self.finding.go)(digit)
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
