"""What the mouse does on the canvas. Each gesture is one undo step or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPointF, Qt

from studio.app.canvas.panel import CanvasPanel
from studio.app.session import Session
from studio.graph.document import Document
from studio.graph.model import Arguments
from studio.words import Message

if TYPE_CHECKING:
    from conftest import Hand

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def whole(document: Document) -> object:
    return document.data()


# -- wiring --------------------------------------------------------------------------------------


def test_a_wire_is_drawn_from_port_to_port(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.drag(hand.port("conv1", "out"), hand.port("drop1", "in"))
    assert hand.args("drop1") == ({"n": "conv1"},)
    assert hand.steps() == ["Connect conv1 to drop1"]


def test_a_wire_jumps_to_a_port_nearby(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.drag(hand.port("conv1", "out"), hand.port("drop1", "in") + QPointF(-12, -14))
    assert hand.args("drop1") == ({"n": "conv1"},)


def test_a_wire_dropped_on_a_card_takes_its_free_input(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    hand.drag(hand.port("conv1", "out"), hand.middle("drop1"))
    assert hand.args("drop1") == ({"n": "conv1"},)


def test_a_wire_can_be_drawn_backwards(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.drag(hand.port("drop1", "in"), hand.port("relu1", "out"))
    assert hand.args("drop1") == ({"n": "relu1"},)


def test_a_wire_that_closes_a_circle_is_refused_with_the_reason(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    told: list[str] = []
    session.notice.connect(lambda _level, message: told.append(str(message)))
    hand.pull(hand.port("fc", "out"), hand.port("conv1", "in"))
    tips = [text for _, text, _ in panel.graph.overlay.labels]
    hand.release(hand.port("conv1", "in"))
    assert hand.args("conv1") == ({"n": "image"},)
    assert hand.steps() == []
    assert tips == told and "circle" in told[0]


def test_cards_where_a_wire_cannot_end_are_dimmed_while_it_is_drawn(panel: CanvasPanel, hand: Hand) -> None:
    hand.pull(hand.port("relu1", "out"), (300, 300))
    dimmed = {id_ for id_, card in panel.graph.cards.items() if card.dimmed}
    panel.view.cancel_gesture()
    assert dimmed == {"image", "conv1"}
    assert not any(card.dimmed for card in panel.graph.cards.values())


def test_a_wire_dropped_in_space_asks_for_a_layer_and_wires_it(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    hand.drag(hand.port("drop1", "out"), (420, 300))
    assert panel.search.isVisible()
    panel.search.field.setText("relu")
    hand.key(Qt.Key.Key_Return)
    assert hand.args("relu2") == ({"n": "drop1"},)
    assert hand.steps() == ["Add relu2"]


def test_a_wired_input_is_picked_up_and_dropped_elsewhere(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    hand.drag(hand.port("relu1", "in"), hand.port("drop1", "in"))
    assert hand.args("relu1") == ()
    assert hand.args("drop1") == ({"n": "conv1"},)
    assert len(hand.steps()) == 1


def test_a_wired_input_pulled_into_space_is_cut(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.drag(hand.port("relu1", "in"), (400, 260))
    assert hand.args("relu1") == ()
    assert not panel.search.isVisible()
    assert hand.steps() == ["Disconnect conv1 from relu1"]


def test_a_wire_let_go_where_it_was_changes_nothing(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    start = hand.port("relu1", "in")
    hand.pull(start, (300, 260))
    hand.move(start)
    hand.release(start)
    assert hand.args("relu1") == ({"n": "conv1"},)
    assert hand.steps() == []


def test_ctrl_moves_all_wires_of_an_output(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.drag(hand.port("conv1", "out"), hand.port("drop1", "out"), CTRL)
    assert hand.args("relu1") == ({"n": "drop1"},)
    assert len(hand.steps()) == 1


def test_two_clicks_draw_a_wire_too(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.click(hand.port("conv1", "out"))
    hand.move((200, 120))
    assert panel.view.gesture
    hand.click(hand.port("drop1", "in"))
    assert hand.args("drop1") == ({"n": "conv1"},)
    assert not panel.view.gesture


def test_alt_and_a_click_cut_a_wire(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.click(hand.wire_into("fc"), ALT)
    assert hand.args("fc") == ()
    assert len(hand.steps()) == 1


# -- moving and selecting ------------------------------------------------------------------------


def test_a_drag_moves_a_card_once_on_release(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    start = hand.middle("drop1")
    hand.pull(start, start + QPointF(160, 200))
    assert hand.place("drop1") == (320, 96)
    assert panel.graph.cards["drop1"].pos() == QPointF(480, 296)
    hand.release(start + QPointF(160, 200))
    assert hand.place("drop1") == (480, 296)
    assert hand.steps() == ["Move drop1"]


def test_a_selection_moves_together(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    session.select(("conv1", "relu1"))
    hand.drag(hand.middle("conv1"), hand.middle("conv1") + QPointF(-240, 8))
    moved = [hand.place(i) for i in ("conv1", "relu1")]
    assert moved == [(-240, 104), (-240, 200)]
    assert hand.steps() == ["Move 2 nodes"]


def test_a_lone_card_dragged_onto_a_wire_goes_into_it(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    hand.drag(hand.middle("drop1"), hand.wire_into("fc"))
    assert hand.args("drop1") == ({"n": "relu1"},)
    assert hand.args("fc") == ({"n": "drop1"},)
    assert hand.steps() == ["Insert drop1"]


def test_a_lone_card_that_cannot_go_into_a_wire_is_put_on_it(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    with session.edit(Message("Give {node} what it takes", node="drop1")) as edit:
        edit.set_arguments("model", "drop1", Arguments(([None],), {}))
    hand.drag(hand.middle("drop1"), hand.wire_into("fc"))
    assert hand.args("fc") == ({"n": "relu1"},)
    card = panel.graph.cards["drop1"]
    assert (card.pos().x(), card.pos().y()) == hand.place("drop1") != (320, 96)
    assert hand.steps()[-1] == "Move drop1"


def test_ctrl_and_a_drag_duplicate(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    start = hand.middle("conv1")
    hand.drag(start, start + QPointF(-240, 0), CTRL)
    assert hand.place("conv2") == (-240, 96)
    assert hand.place("conv1") == (0, 96)
    assert session.selection == ("conv2",)
    assert hand.steps() == ["Duplicate conv1"]


def test_the_rubber_band_selects_what_it_meets(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.drag((-60, 60), (100, 220))
    assert session.selection == ("conv1", "relu1")
    hand.drag((300, 60), (540, 120), SHIFT)
    assert session.selection == ("conv1", "relu1", "drop1")


def test_clicks_select_toggle_and_clear(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.click(hand.middle("conv1"))
    hand.click(hand.middle("fc"), CTRL)
    assert session.selection == ("conv1", "fc")
    hand.click(hand.middle("conv1"), CTRL)
    assert session.selection == ("fc",)
    hand.click((-100, 60))
    assert session.selection == ()


# -- Escape, and keys in the middle of a drag ----------------------------------------------------


@pytest.mark.parametrize("gesture", ["move", "wire", "pick up", "band", "duplicate"])
def test_escape_takes_a_gesture_back(panel: CanvasPanel, hand: Hand, session: Session, gesture: str) -> None:
    before, spots = whole(session.document), {i: c.pos() for i, c in panel.graph.cards.items()}
    start, keys = {
        "move": (hand.middle("conv1"), Qt.KeyboardModifier.NoModifier),
        "wire": (hand.port("conv1", "out"), Qt.KeyboardModifier.NoModifier),
        "pick up": (hand.port("relu1", "in"), Qt.KeyboardModifier.NoModifier),
        "band": (QPointF(-100, 60), Qt.KeyboardModifier.NoModifier),
        "duplicate": (hand.middle("conv1"), CTRL),
    }[gesture]
    hand.pull(start, QPointF(340, 330), keys)
    assert panel.view.gesture
    hand.key(Qt.Key.Key_Escape)
    hand.release((340, 330))
    assert not panel.view.gesture
    assert whole(session.document) == before
    assert {i: c.pos() for i, c in panel.graph.cards.items()} == spots
    assert hand.steps() == []


def test_delete_in_the_middle_of_a_drag_does_nothing(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    hand.pull(hand.middle("conv1"), (300, 300))
    hand.key(Qt.Key.Key_Delete)
    assert "conv1" in session.document.nodes("model")
    panel.view.cancel_gesture()


def test_an_edit_from_elsewhere_ends_a_drag(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.pull(hand.middle("conv1"), (300, 300))
    with session.edit(Message("Delete {node}", node="conv1")) as edit:
        edit.remove_nodes("model", ["conv1"])
    hand.release((300, 300))
    assert not panel.view.gesture
    assert len(hand.steps()) == 1


def test_another_button_does_not_end_a_drag(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.pull(hand.middle("conv1"), (300, 300))
    hand.release((300, 300), Qt.MouseButton.RightButton)
    assert panel.view.gesture
    panel.view.cancel_gesture()


def test_a_drag_whose_release_was_lost_is_taken_back(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    hand.pull(hand.middle("drop1"), (500, 400))
    hand.lose_button()
    hand.move((510, 410))
    assert not panel.view.gesture
    assert panel.graph.cards["drop1"].pos() == QPointF(320, 96)


def test_one_can_pan_while_wiring(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.click(hand.port("conv1", "out"))
    hand.move((260, 200))
    before = panel.view.visible_rect().center()
    hand.drag((260, 200), (300, 240), button=Qt.MouseButton.MiddleButton)
    assert panel.view.visible_rect().center() != before
    assert panel.view.gesture
    hand.click(hand.port("drop1", "in"))
    assert hand.args("drop1") == ({"n": "conv1"},)


def test_the_middle_button_and_space_pan(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    before = panel.view.visible_rect().center()
    hand.drag((0, 450), (40, 480), button=Qt.MouseButton.MiddleButton)
    moved = panel.view.visible_rect().center() - before
    assert (round(moved.x()), round(moved.y())) == (-40, -30)
    hand.hold_space()
    hand.drag(hand.middle("conv1"), hand.middle("conv1") + QPointF(30, 30))
    hand.let_space_go()
    assert hand.place("conv1") == (0, 96)
    assert not panel.search.isVisible()
    assert hand.steps() == []


# -- drops from the palette ----------------------------------------------------------------------


def test_a_type_dropped_in_space_is_centred_at_the_mouse(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    hand.drop("nn.Conv2d", (420, 300))
    assert hand.place("conv2") == (328, 272)
    assert session.selection == ("conv2",)
    assert hand.steps() == ["Add conv2"]


def test_a_type_dropped_on_a_card_lands_beside_it(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.drop("nn.Conv2d", hand.middle("drop1"))
    new = panel.graph.cards["conv2"].box()
    others = panel.graph.rects(("conv2",)).values()
    assert not any(
        new[0] < r[0] + r[2] and r[0] < new[0] + new[2] and new[1] < r[1] + r[3] and r[1] < new[1] + new[3]
        for r in others
    )


def test_a_type_dropped_on_a_wire_is_inserted_and_what_follows_makes_room(
    panel: CanvasPanel, hand: Hand, session: Session
) -> None:
    hand.drop("nn.BatchNorm2d", hand.wire_into("fc"))
    new = session.document.node("model", "bn1")
    assert new.args == ({"n": "relu1"},)
    assert hand.args("fc") == ({"n": "bn1"},)
    assert new.at == (0, 288)
    assert [hand.place(i) for i in ("fc", "digit")] == [(0, 384), (0, 480)]
    assert hand.place("drop1") == (320, 96)
    assert hand.steps() == ["Insert bn1"]


def test_an_unknown_type_is_not_taken(panel: CanvasPanel, hand: Hand, session: Session) -> None:
    hand.drop("os.system", (420, 300))
    assert hand.steps() == []
    assert not panel.view.gesture


# -- out of the wires, and through them ----------------------------------------------------------

RIGHT = Qt.MouseButton.RightButton


def test_alt_pulls_a_card_out_of_its_wires_which_close_behind_it(hand: Hand) -> None:
    hand.drag(hand.middle("relu1"), (420, 320), ALT)
    assert hand.args("fc") == ({"n": "conv1"},)
    assert hand.args("relu1") == ()
    assert hand.place("relu1") != (0, 192)
    assert hand.steps() == ["Take relu1 out of its wires"]


def test_x_held_is_what_alt_is(hand: Hand) -> None:
    hand.hold(Qt.Key.Key_X)
    hand.drag(hand.middle("relu1"), (320, 320))
    hand.let_go(Qt.Key.Key_X)
    assert hand.args("relu1") == () and hand.args("fc") == ({"n": "conv1"},)
    hand.drag(hand.middle("conv1"), (320, 200))
    assert hand.args("conv1") == ({"n": "image"},), "X is let go"


def test_shaking_a_card_takes_it_out_too(panel: CanvasPanel, hand: Hand) -> None:
    start = hand.middle("relu1")
    hand.press(start)
    for way in (60, -60, 60, -60, 60, -60, 60):
        hand.move(start + QPointF(way, 0))
    hand.release(start + QPointF(300, 40))
    assert hand.args("fc") == ({"n": "conv1"},)
    assert hand.args("relu1") == ()


def test_a_card_that_is_only_moved_about_keeps_its_wires(hand: Hand) -> None:
    start = hand.middle("relu1")
    hand.press(start)
    for way in (60, 200, 120, 260, 300):
        hand.move(start + QPointF(way, 0))
    hand.release(start + QPointF(300, 40))
    assert hand.args("relu1") == ({"n": "conv1"},)


def test_a_card_pulled_out_goes_into_the_wire_it_is_dropped_on(panel: CanvasPanel, hand: Hand) -> None:
    hand.drag(hand.middle("relu1"), hand.wire_into("digit"), ALT)
    assert hand.args("fc") == ({"n": "conv1"},)
    assert hand.args("relu1") == ({"n": "fc"},)
    assert hand.args("digit") == ({"n": "relu1"},)
    assert len(hand.steps()) == 1


def test_with_shift_a_card_stays_out_of_wires(panel: CanvasPanel, hand: Hand) -> None:
    start, wire = hand.middle("drop1"), hand.wire_into("relu1")
    hand.pull(start, wire)
    hand.move(wire, SHIFT)
    hand.release(wire, keys=SHIFT)
    assert hand.args("relu1") == ({"n": "conv1"},)


def test_alt_and_the_right_button_wire_from_body_to_body(panel: CanvasPanel, hand: Hand) -> None:
    hand.drag(hand.middle("conv1"), hand.middle("drop1"), ALT, RIGHT)
    assert hand.args("drop1") == ({"n": "conv1"},)
    hand.drag(hand.middle("digit"), hand.middle("drop1"), ALT, RIGHT)  # upwards: drop1 feeds digit
    assert hand.args("digit") == ({"n": "drop1"},)
    assert hand.steps() == ["Connect conv1 to drop1", "Connect drop1 to digit"]


def test_a_wire_dropped_on_a_card_whose_only_input_is_taken_replaces_it(hand: Hand) -> None:
    hand.drag(hand.port("image", "out"), hand.middle("relu1"))
    assert hand.args("relu1") == ({"n": "image"},)
    assert hand.steps() == ["Connect image to relu1"]


def test_a_line_drawn_across_wires_cuts_them(panel: CanvasPanel, hand: Hand) -> None:
    middle = hand.wire_into("relu1")
    hand.drag(middle - QPointF(60, 0), middle + QPointF(60, 4), CTRL, RIGHT)
    assert hand.args("relu1") == ()
    assert hand.steps() == ["Disconnect conv1 from relu1"]
    assert not panel.graph.overlay.cut


def test_with_y_held_the_left_button_cuts(panel: CanvasPanel, hand: Hand) -> None:
    middle = hand.wire_into("fc")
    hand.hold(Qt.Key.Key_Y)
    hand.drag(middle - QPointF(60, 0), middle + QPointF(60, 4))
    hand.let_go(Qt.Key.Key_Y)
    assert hand.args("fc") == ()
    hand.drag(hand.middle("drop1"), hand.middle("drop1") + QPointF(40, 40))
    assert hand.place("drop1") != (320, 96)


def test_escape_takes_a_cut_back(panel: CanvasPanel, hand: Hand) -> None:
    middle = hand.wire_into("fc")
    hand.pull(middle - QPointF(60, 0), middle + QPointF(60, 4), CTRL, RIGHT)
    hand.key(Qt.Key.Key_Escape)
    assert hand.steps() == []
    assert not panel.graph.overlay.cut


def test_alt_and_a_click_on_a_port_cut_its_wires(hand: Hand) -> None:
    hand.click(hand.port("conv1", "out"), ALT)
    assert hand.args("relu1") == ()
    assert hand.steps() == ["Disconnect conv1 from relu1"]


# -- dots and bypassing --------------------------------------------------------------------------


def test_a_double_click_on_a_wire_puts_a_dot_there(panel: CanvasPanel, hand: Hand) -> None:
    hand.double_click(hand.wire_into("relu1"))
    assert hand.args("dot1") == ({"n": "conv1"},)
    assert hand.args("relu1") == ({"n": "dot1"},)
    assert hand.steps() == ["Put a dot on the wire from conv1 to relu1"]
    assert panel.graph.cards["dot1"].box()[2:] == (16.0, 16.0)


def test_a_dot_is_moved_by_its_middle_wired_at_its_rim_and_healed_when_deleted(
    panel: CanvasPanel, hand: Hand
) -> None:
    hand.double_click(hand.wire_into("relu1"))
    hand.drag(hand.middle("dot1"), hand.middle("dot1") + QPointF(200, 0))
    assert hand.place("dot1")[0] > 180
    assert hand.args("relu1") == ({"n": "dot1"},)
    hand.drag(hand.middle("dot1") + QPointF(0, 8), hand.port("drop1", "in"))
    assert hand.args("drop1") == ({"n": "dot1"},)
    panel.session.select(["dot1"])
    hand.key(Qt.Key.Key_Delete)
    assert hand.args("relu1") == hand.args("drop1") == ({"n": "conv1"},)


def test_m_bypasses_what_is_selected_and_takes_it_in_again(panel: CanvasPanel, hand: Hand) -> None:
    panel.session.select(["relu1", "drop1"])
    hand.key(Qt.Key.Key_M)
    assert panel.graph.cards["relu1"].face.bypassed
    assert not panel.graph.cards["drop1"].face.bypassed  # it has no wire to pass on
    hand.key(Qt.Key.Key_M)
    assert not panel.graph.cards["relu1"].face.bypassed
    assert hand.steps() == ["Bypass relu1", "Stop bypassing relu1"]


def test_q_puts_cards_below_what_feeds_them(panel: CanvasPanel, hand: Hand) -> None:
    hand.drag(hand.middle("relu1"), hand.middle("relu1") + QPointF(80, 0))
    panel.session.select(["relu1", "fc"])
    hand.key(Qt.Key.Key_Q)
    assert hand.place("relu1") == (0, 192)
    assert hand.steps()[-1] == "Straighten the wires"
