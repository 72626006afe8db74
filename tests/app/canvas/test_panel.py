"""The canvas by keyboard and by its commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QAccessible, QAction, QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio import words
from studio.app.canvas import accessible, frame_edits, menu
from studio.app.canvas.geometry import overlaps
from studio.app.canvas.panel import CanvasPanel
from studio.app.session import Session
from studio.catalog import table
from studio.graph import frames
from studio.graph.model import Network, Node
from studio.words import Message

if TYPE_CHECKING:
    from conftest import Hand, MakePanel

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
K = Qt.Key


# -- search and place ----------------------------------------------------------------------------


def test_tab_searches_and_enter_places_behind_the_selected_card(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    session.select(("conv1",))
    hand.key(K.Key_Tab)
    assert panel.search.isVisible()
    panel.search.field.setText("batchnorm2d")
    hand.key(K.Key_Return)
    assert not panel.search.isVisible()
    assert hand.args("bn1") == ({"n": "conv1"},)
    assert hand.args("relu1") == ({"n": "bn1"},)
    assert session.selection == ("bn1",)
    assert len(hand.steps()) == 1


def test_space_searches_too_and_escape_closes_it(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.key(K.Key_Space, text=" ")
    assert panel.search.isVisible()
    hand.key(K.Key_Escape)
    assert not panel.search.isVisible()
    assert QApplication.focusWidget() is panel.view
    assert hand.steps() == []


def test_a_double_click_in_space_searches_there(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.double_click((420, 396))
    panel.search.field.setText("relu")
    hand.key(K.Key_Return)
    assert session.document.node("model", "relu2").at == (328, 368)


def test_the_search_of_a_loose_wire_offers_only_what_fits(panel: CanvasPanel, hand: Hand) -> None:
    hand.drag(hand.port("drop1", "out"), (420, 300))
    offered = {entry.type for entry in panel.search.found()}
    assert "input" not in offered and "nn.ReLU" in offered and "output" in offered
    hand.key(K.Key_Escape)
    hand.drag(hand.port("drop1", "in"), (420, 20))
    assert "output" not in {entry.type for entry in panel.search.found()}


def test_the_search_offers_first_what_commonly_follows(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    session.select(("conv1",))
    hand.key(K.Key_Tab)
    assert panel.search.found()[0].category == "normalisation"
    assert {entry.type for entry in panel.search.found()} >= {entry.type for entry in table.entries()}


def test_the_networks_of_the_project_can_be_placed_as_blocks(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    session.select(("conv1",))
    hand.key(K.Key_Tab)
    panel.search.field.setText("resid")
    hand.key(K.Key_Return)
    assert session.document.node("model", "residual1").type == "block:Residual"


# -- walking and naming --------------------------------------------------------------------------


def test_arrows_walk_along_the_wires(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    walked = []
    for key in (K.Key_Down, K.Key_Down, K.Key_Down, K.Key_Up, K.Key_Right, K.Key_Left):
        hand.key(key)
        walked += session.selection
    assert walked == ["image", "conv1", "relu1", "conv1", "drop1", "conv1"]


def test_shift_and_arrows_nudge_and_make_one_step(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    session.select(("drop1",))
    hand.key(K.Key_Right, SHIFT)
    hand.key(K.Key_Right, SHIFT)
    hand.key(K.Key_Up, SHIFT)
    assert hand.place("drop1") == (336, 88)
    assert hand.steps() == ["Move drop1"]


def test_f2_renames_in_place(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    session.select(("conv1",))
    hand.key(K.Key_F2)
    assert panel.rename_field.isVisible()
    panel.rename_field.setText("stem.conv")
    hand.key(K.Key_Return)
    assert hand.args("relu1") == ({"n": "stem.conv"},)
    assert session.selection == ("stem.conv",)
    assert hand.steps() == ["Rename conv1 to stem.conv"]


@pytest.mark.parametrize("name", ["relu1", "", "2x", "class", "forward"])
def test_a_name_that_cannot_be_is_not_taken(
    panel: CanvasPanel, hand: Hand, session: Session, name: str
) -> None:
    session.select(("conv1",))
    panel.rename_selected()
    panel.rename_field.setText(name)
    hand.key(K.Key_Return)
    assert panel.rename_field.isVisible()
    assert panel.rename_field.fault.isVisible()
    hand.key(K.Key_Escape)
    assert not panel.rename_field.fault.isVisible()
    assert "conv1" in session.document.nodes("model")
    assert hand.steps() == []


# -- deleting and wiring by keyboard -------------------------------------------------------------


def test_deleting_a_card_in_a_chain_heals_the_wire(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    session.select(("relu1",))
    hand.key(K.Key_Delete)
    assert hand.args("fc") == ({"n": "conv1"},)
    assert hand.steps() == ["Delete relu1"]


def test_shift_and_delete_leave_the_wire_cut(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    session.select(("relu1",))
    hand.key(K.Key_Delete, SHIFT)
    assert hand.args("fc") == ()


def test_c_connects_the_selected_in_order(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    session.select(("relu1", "drop1"))
    hand.key(K.Key_C)
    assert hand.args("drop1") == ({"n": "relu1"},)
    hand.key(K.Key_C, SHIFT)
    assert hand.args("drop1") == ()


def test_c_says_why_it_cannot(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    told: list[str] = []
    session.notice.connect(lambda _level, message: told.append(str(message)))
    session.select(("digit", "drop1"))
    hand.key(K.Key_C)
    assert hand.steps() == [] and "digit" in told[0]


# -- the clipboard -------------------------------------------------------------------------------


def test_copy_and_paste_keep_the_wires_inside(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    session.select(("conv1", "relu1"))
    hand.key(K.Key_C, CTRL)
    hand.key(K.Key_V, CTRL)
    assert hand.args("relu2") == ({"n": "conv2"},)
    assert hand.args("conv2") == ()
    assert session.selection == ("conv2", "relu2")
    assert hand.steps() == ["Paste 2 nodes"]


def test_a_paste_can_keep_the_wires_from_outside(panel: CanvasPanel, session: Session, hand: Hand) -> None:
    session.select(("relu1",))
    panel.clipboard.copy()
    panel.clipboard.paste_with_wires()
    assert hand.args("relu2") == ({"n": "conv1"},)


def test_what_is_copied_is_text_and_text_can_be_pasted(panel: CanvasPanel, session: Session) -> None:
    session.select(("conv1",))
    panel.clipboard.cut()
    assert "conv1" not in session.document.nodes("model")
    text = QGuiApplication.clipboard().text()
    QGuiApplication.clipboard().setText(f"{text}\n")
    panel.clipboard.paste()
    assert session.document.node("model", "conv1").params["out_channels"] == 8


def test_text_that_is_no_fragment_is_refused_in_words(panel: CanvasPanel, session: Session) -> None:
    told: list[str] = []
    session.notice.connect(lambda _level, message: told.append(str(message)))
    QGuiApplication.clipboard().setText("hello")
    panel.clipboard.paste()
    assert session.undo_stack.count() == 0 and len(told) == 1


def test_pastes_and_duplicates_never_cover_a_card(panel: CanvasPanel, session: Session) -> None:
    session.select(("conv1", "drop1"))
    panel.clipboard.copy()
    for _ in range(3):
        panel.clipboard.paste()
        panel.clipboard.duplicate()
    rects = list(panel.graph.rects().values())
    assert len(rects) == 6 + 12
    assert not any(overlaps(one, two) for i, one in enumerate(rects) for two in rects[:i])


# -- networks ------------------------------------------------------------------------------------


def test_enter_goes_into_a_block_and_backspace_out(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    with session.edit(Message("Tidy up")) as edit:
        edit.add_node("model", Node("block1", "block:Residual", at=(320, 300)))
    hand.double_click(hand.middle("block1"))
    assert session.network == "Residual"
    assert panel.breadcrumb.trail == ["model", "Residual"]
    hand.key(K.Key_Backspace)
    assert session.network == "model"
    session.select(("block1",))
    hand.key(K.Key_Return)
    assert session.network == "Residual"


def test_enter_on_a_layer_asks_for_its_fields(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    asked: list[bool] = []
    panel.edit_wanted.connect(lambda: asked.append(True))
    session.select(("conv1",))
    hand.key(Qt.Key.Key_Return)
    assert asked == [True] and session.network == "model"


def test_a_network_reached_otherwise_begins_a_new_trail(panel: CanvasPanel, session: Session) -> None:
    session.show_network("Residual")
    assert panel.breadcrumb.trail == ["Residual"]


# -- the camera ----------------------------------------------------------------------------------


def test_the_wheel_zooms_at_the_mouse(panel: CanvasPanel) -> None:
    view, at = panel.view, QPointF(700, 500)
    before = view.mapToScene(at.toPoint())
    event = QWheelEvent(
        at,
        view.viewport().mapToGlobal(at),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)
    after = view.mapToScene(at.toPoint())
    assert view.zoom > 1.1
    assert (after - before).manhattanLength() < 2


def test_the_zoom_has_ends_and_a_way_back(panel: CanvasPanel, hand: Hand) -> None:
    for _ in range(30):
        panel.zoom_in()
    assert panel.view.zoom == pytest.approx(4.0)
    for _ in range(60):
        panel.zoom_out()
    assert panel.view.zoom == pytest.approx(0.05)
    hand.key(K.Key_0, CTRL)
    assert panel.view.zoom == pytest.approx(1.0)


def test_home_shows_all_and_f_the_selection(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    panel.view.pan_by(QPoint(5000, 5000))
    hand.key(K.Key_Home)
    assert panel.view.visible_rect().contains(panel.graph.extent())
    session.select(("drop1",))
    hand.key(K.Key_F)
    assert panel.view.visible_rect().center().x() == pytest.approx(320 + 92, abs=2)


def test_the_map_moves_the_view(panel: CanvasPanel, qtbot) -> None:  # type: ignore[no-untyped-def]
    panel.view.zoom_to(2.0)
    panel.frame_selection()
    panel.minimap.repaint()
    before = panel.view.visible_rect().center()
    qtbot.mouseClick(panel.minimap, Qt.MouseButton.LeftButton, pos=QPoint(15, 15))
    assert (panel.view.visible_rect().center() - before).manhattanLength() > 50


def test_the_canvas_stays_where_it_was_brought_when_it_gets_another_size(
    panel: CanvasPanel, session: Session
) -> None:
    with session.edit(Message("Move")) as edit:
        edit.move("model", "digit", (0, 6000))
    panel.show_whole()
    session.select(("digit",))  # as the outline and the problems do
    before = panel.view.visible_rect().top()
    assert before > 3000

    panel.resize(800, 640)
    QApplication.processEvents()

    assert panel.view.visible_rect().top() > 3000


# -- tidy up -------------------------------------------------------------------------------------


def test_tidy_up_is_one_step_without_overlaps(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    with session.edit(Message("Tidy up")) as edit:
        for id_ in session.document.nodes("model"):
            edit.move("model", id_, (0, 0))
    panel.tidy()
    rects = list(panel.graph.rects().values())
    assert not any(overlaps(one, two) for i, one in enumerate(rects) for two in rects[:i])
    assert hand.place("image")[1] < hand.place("conv1")[1] < hand.place("relu1")[1]
    assert len(hand.steps()) == 2


def test_tidy_up_leaves_cards_as_large_as_they_can_be_read(panel: CanvasPanel, session: Session) -> None:
    with session.edit(Message("Move")) as edit:
        edit.move("model", "digit", (0, 6000))
    panel.tidy()
    assert panel.view.zoom >= 0.8
    panel.view.zoom_to(0.5)
    panel.tidy()
    assert panel.view.zoom >= 0.5


def test_tidy_up_takes_frames_along_in_the_same_step(panel: CanvasPanel, session: Session) -> None:
    boxes = panel.graph.rects(())
    frame_edits.around(session, [boxes["conv1"], boxes["relu1"]])
    with session.edit(Message("Move")) as edit:
        edit.move("model", "image", (-600, 400))
    panel.tidy()
    (frame,) = frames.frames(session.document.network("model")).values()
    assert sorted(frame_edits.inside(frame, panel.graph.rects())) == ["conv1", "relu1"]
    session.undo_stack.undo()
    (frame,) = frames.frames(session.document.network("model")).values()
    assert panel.graph.rects()["image"][:2] == (-600, 400)
    assert frame.at[1] < boxes["conv1"][1]


def test_tidy_up_glides_and_an_edit_ends_the_glide(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    with session.edit(Message("Tidy up")) as edit:
        edit.move("model", "relu1", (400, 600))
    panel.set_animated(True)
    panel.tidy()
    assert panel.glide.running
    session.undo_stack.undo()
    assert not panel.glide.running
    assert panel.graph.cards["relu1"].pos() == QPointF(400, 600)


# -- for everyone --------------------------------------------------------------------------------


def test_a_screen_reader_hears_the_selected_card_and_its_wires(panel: CanvasPanel, session: Session) -> None:
    accessible.install()
    session.select(("conv1",))
    heard = QAccessible.queryAccessibleInterface(panel.view)
    assert heard.text(QAccessible.Text.Name) == "Canvas"
    said = heard.text(QAccessible.Text.Description)
    assert all(word in said for word in ("conv1", "Conv2d", "image", "relu1"))


def test_the_canvas_speaks_chinese_at_once(panel: CanvasPanel) -> None:
    panel.view.repaint()
    words.set_language("zh_CN")
    assert panel.view.accessibleName() == "画布"
    assert panel.search.field.placeholderText() == "搜索层"


@pytest.mark.parametrize(
    ("what", "expected"), [("conv1", "Rename"), ("wire", "Cut wire"), ("", "Select all")]
)
def test_the_menu_fits_what_lies_under_the_mouse(
    panel: CanvasPanel, hand: Hand, what: str, expected: str
) -> None:
    at = {"conv1": hand.middle("conv1"), "wire": hand.wire_into("relu1"), "": QPointF(-100, 40)}[what]
    made = menu.build(panel, hand.at(at).toPoint())
    assert expected in [action.text().split("\t")[0] for action in made.actions()]
    made.deleteLater()


def test_a_layer_is_used_again_from_its_menu_and_parted_there(
    panel: CanvasPanel, session: Session, hand: Hand
) -> None:
    def offered(id_: str) -> dict[str, QAction]:
        made = menu.build(panel, hand.at(hand.middle(id_)).toPoint())
        return {action.text().split("\t")[0]: action for action in made.actions()}

    assert "Use again" not in offered("image") and "Own weights" not in offered("fc")
    offered("fc")["Use again"].trigger()
    (made,) = session.selection
    assert session.document.node("model", made).path == "fc"
    offered(made)["Own weights"].trigger()
    assert session.document.node("model", made).path is None


def test_places_on_the_screen_are_told_to_tests(panel: CanvasPanel, hand: Hand) -> None:
    view = panel.view
    rect = view.node_rect_on_screen("conv1")
    middle = view.viewport().mapToGlobal(hand.at(hand.middle("conv1"))).toPoint()
    assert (rect.center() - middle).manhattanLength() <= 2
    assert rect.contains(view.port_on_screen("conv1", "out") - QPoint(0, 2))
    wire = view.graph.edges.wires_into("relu1")[0]
    assert view.wire_point_on_screen(wire).x() == view.port_on_screen("conv1", "out").x()


def test_an_empty_canvas_says_how_to_begin(make_panel: MakePanel) -> None:
    panel = make_panel(Network())
    hinted = panel.view.grab().toImage()
    panel.session.select(())
    with panel.session.edit(Message("Tidy up")) as edit:
        edit.add_node("model", Node("far", "input", at=(5000, 5000)))
    QApplication.processEvents()
    assert panel.view.grab().toImage() != hinted
    panel.session.undo_stack.undo()
    QApplication.processEvents()
    assert panel.view.grab().toImage() == hinted


def test_in_a_small_canvas_the_search_is_whole_and_the_map_covers_no_card(
    panel: CanvasPanel, hand: Hand
) -> None:
    window = QWidget()
    window.resize(900, 640)
    panel.setParent(window)
    panel.resize(320, 150)
    window.show()
    window.activateWindow()
    panel.show()
    try:
        assert not panel.minimap.isVisible()
        panel.searching.open()
        search = panel.search
        corner = search.mapTo(window, QPoint(0, 0))
        assert search.isVisible()
        assert window.rect().contains(QRect(corner, search.size()))
        panel.resize(800, 600)
        assert panel.minimap.isVisible()
    finally:
        panel.search.setParent(panel)
        panel.setParent(None)
        window.deleteLater()
