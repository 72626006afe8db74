"""The menu under the right mouse button: what can be done with what lies there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from studio.app import theme as themes
from studio.app.canvas import edits, frame_edits, wire_edits
from studio.app.canvas.frame_item import COLOR_NAMES, FrameItem
from studio.app.canvas.hover import WIRE_REACH
from studio.graph import passing, sharing
from studio.graph.blocks import uses
from studio.graph.model import Node, Wire
from studio.words import tr

if TYPE_CHECKING:
    from studio.app.canvas.panel import CanvasPanel


def build(panel: CanvasPanel, at: QPoint) -> QMenu:
    """The menu for a point of the viewport. A card there is selected first, if it is not."""
    view = panel.view
    scene_at = view.viewportTransform().inverted()[0].map(QPointF(at))
    menu = QMenu(panel)
    card = view.graph.card_at(scene_at)
    wire = None if card else view.graph.edges.edge_at(scene_at, WIRE_REACH / view.zoom)
    if card is not None:
        if card.node.id not in panel.session.selection:
            panel.session.select((card.node.id,))
        _for_cards(menu, panel)
    elif wire is not None:
        _for_wire(menu, panel, wire, scene_at)
    elif (frame := view.graph.frames.at(scene_at, view.zoom)) is not None:
        _for_frame(menu, panel, frame[0])
    else:
        _for_canvas(menu, panel, scene_at)
    return menu


def _for_cards(menu: QMenu, panel: CanvasPanel) -> None:
    chosen = panel.session.selected_nodes()
    if len(chosen) == 1:
        if chosen[0].block is not None:
            _for_block(menu, panel)
        _add(menu, tr("Rename"), "F2", panel.rename_selected)
        _for_layer(menu, panel, chosen[0])
    else:
        action = _add(menu, tr("Connect in order"), "C", panel.connect_selected)
        action.setEnabled(len(chosen) > 1)
    _add(menu, tr("Cut wires"), "Shift+C", panel.cut_selected_wires)
    wired = [node for node in chosen if passing.may_be_bypassed(node)]
    if wired:
        text = tr("Stop bypassing") if all(map(passing.passes, wired)) else tr("Bypass")
        _add(menu, text, "Ctrl+B", panel.bypass_selected)
    menu.addSeparator()
    _add(menu, tr("Draw a frame around"), "Ctrl+J", panel.frame_selected)
    _add(menu, tr("Make a block"), "Ctrl+G", panel.blocks.group)
    if any(node.block is not None for node in chosen):
        _add(menu, tr("Dissolve the block"), "Ctrl+Shift+G", panel.blocks.dissolve)
    menu.addSeparator()
    _add(menu, tr("Copy"), "Ctrl+C", panel.clipboard.copy)
    _add(menu, tr("Cut"), "Ctrl+X", panel.clipboard.cut)
    _add(menu, tr("Duplicate"), "Ctrl+D", panel.clipboard.duplicate)
    menu.addSeparator()
    _add(menu, tr("Tidy up"), "", panel.tidy)
    _add(menu, tr("Frame selection"), "F", panel.frame_selection)
    menu.addSeparator()
    _add(menu, tr("Delete"), "Del", panel.delete_and_heal)
    _add(menu, tr("Delete and leave the wires cut"), "Shift+Del", panel.delete_and_cut)


def _for_block(menu: QMenu, panel: CanvasPanel) -> None:
    _add(menu, tr("Enter block"), "Enter", panel.enter_selected)
    _add(menu, tr("Rename the block…"), "", panel.blocks.rename)
    _add(menu, tr("Repeat the block…"), "Ctrl+R", panel.blocks.repeat)
    linked = len(uses(panel.session.document.data(), panel.session.selected_nodes()[0].block or ""))
    if linked > 1:
        _add(menu, tr("Make independent"), "", panel.blocks.make_independent)
    _add(menu, tr("Add to my blocks"), "", panel.blocks.keep)
    menu.addSeparator()


def _for_layer(menu: QMenu, panel: CanvasPanel, node: Node) -> None:
    session = panel.session
    if edits.can_be_used_again(node):
        _add(menu, tr("Use again"), "Ctrl+U", panel.blocks.use_again)
        if len(sharing.uses(session.document.nodes(session.network), node)) > 1:
            _add(menu, tr("Own weights"), "", panel.blocks.own_weights)


def _for_wire(menu: QMenu, panel: CanvasPanel, wire: Wire, at: QPointF) -> None:
    _add(menu, tr("Insert a layer here…"), "", lambda: panel.searching.for_wire(at, wire))
    place = (at.x(), at.y())
    _add(
        menu, tr("Put a dot here"), tr("Double-click"), lambda: wire_edits.add_dot(panel.session, wire, place)
    )
    _add(menu, tr("Cut wire"), tr("Alt+click"), lambda: edits.cut(panel.session, [wire]))


def _for_frame(menu: QMenu, panel: CanvasPanel, item: FrameItem) -> None:
    session, id_ = panel.session, item.id
    _add(menu, tr("Title…"), tr("Double-click"), lambda: panel.ask_title(id_))
    colors = menu.addMenu(tr("Colour of the frame"))
    for name, words in COLOR_NAMES.items():
        chip = QPixmap(12, 12)
        chip.fill(themes.current().color(name))
        action = _add(colors, str(words), "", partial(frame_edits.recolor, session, id_, name))
        action.setIcon(QIcon(chip))
    menu.addSeparator()
    _add(menu, tr("Remove the frame"), "", lambda: frame_edits.remove(session, id_))


def _for_canvas(menu: QMenu, panel: CanvasPanel, at: QPointF) -> None:
    _add(menu, tr("Add a layer…"), "Tab", lambda: panel.view.ask_for_node(at))
    _add(menu, tr("New empty block"), "Ctrl+Shift+B", panel.blocks.new)
    _add(menu, tr("Paste"), "Ctrl+V", panel.clipboard.paste)
    menu.addSeparator()
    _add(menu, tr("Select all"), "Ctrl+A", panel.select_all)
    _add(menu, tr("Tidy up"), "", panel.tidy)
    _add(menu, tr("Show all"), "Home", panel.frame_all)


def _add(menu: QMenu, text: str, keys: str, do: Callable[[], object]):  # type: ignore[no-untyped-def]
    action = menu.addAction(f"{text}\t{keys}" if keys else text)
    action.triggered.connect(lambda _checked=False: do())
    return action
