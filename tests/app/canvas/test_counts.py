"""How much work an event makes. Counted, never timed: the milliseconds are in tests/benchmarks/canvas.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication

from studio.app.canvas import edits, hover, overview, pixmaps, sheet, showing
from studio.app.canvas.node_item import NodeItem
from studio.app.canvas.panel import CanvasPanel
from studio.graph.document import Change
from studio.graph.model import Network, Node

if TYPE_CHECKING:
    from conftest import Hand, MakePanel

CROWD = 400
SHADES = 40
"""of 255: a wire or a card that is missing, or too much, is further off"""


def crowd() -> Network:
    """Rows of twenty cards."""
    nodes = [Node(f"n{i}", "nn.ReLU", at=(i % 20 * 208, i // 20 * 96)) for i in range(CROWD)]
    return Network({n.id: n for n in nodes})


def mesh() -> Network:
    """The same as a chain, with a skip from every third card to the one seven later."""
    nodes = {}
    for i in range(CROWD):
        wires = ({"n": f"n{i - 1}"}, {"n": f"n{max(0, i - 7)}"}) if i % 3 == 2 else ({"n": f"n{i - 1}"},)
        type_ = "torch.add" if i % 3 == 2 else "nn.ReLU"
        nodes[f"n{i}"] = Node(f"n{i}", type_, args=wires if i else (), at=(i % 20 * 208, i // 20 * 96))
    return Network(nodes)


class Paints:
    """Counts the cards painted since the last look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = NodeItem.draw

        def counting(item: NodeItem, painter: QPainter, corner: QPointF) -> bool:
            self.count += 1
            return real(item, painter, corner)

        monkeypatch.setattr(NodeItem, "draw", counting)

    def since(self) -> int:
        for _ in range(3):
            QApplication.processEvents()
        found, self.count = self.count, 0
        return found


@pytest.fixture
def paints(monkeypatch: pytest.MonkeyPatch) -> Iterator[Paints]:
    yield Paints(monkeypatch)


def settle(panel: CanvasPanel, qtbot) -> None:  # type: ignore[no-untyped-def]
    """Waits until every picture in sight has its exact size."""
    panel.view.viewport().update()
    qtbot.wait(150)
    qtbot.waitUntil(lambda: panel.view.showing.resting, timeout=5000)


def assert_as_painted_anew(panel: CanvasPanel, qtbot) -> None:  # type: ignore[no-untyped-def]
    """But for what no eye sees: where Qt clips a slanting line, the pixels along it are some shades off."""
    shown = pixels(panel)
    panel.view.showing.forget()
    settle(panel, qtbot)
    assert np.abs(pixels(panel) - shown).max() <= SHADES


def pixels(panel: CanvasPanel) -> NDArray[np.int16]:
    """What the view shows: (rows, columns, 4) from 0 to 255."""
    image = panel.view.viewport().grab().toImage()
    found = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return found.astype(np.int16)


def test_hovering_over_a_card_paints_its_surroundings_only(
    make_panel: MakePanel, paints: Paints, qtbot
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    panel.view.center_on(panel.graph.cards["n210"].pos())
    settle(panel, qtbot)
    paints.since()
    hover.highlight(panel.view, panel.graph.cards["n210"].pos() + QPointF(60, 30))
    assert 1 <= paints.since() <= 9


def test_moving_the_mouse_over_nothing_new_paints_nothing(
    make_panel: MakePanel, paints: Paints, qtbot
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    panel.view.center_on(panel.graph.cards["n210"].pos())
    settle(panel, qtbot)
    at = panel.graph.cards["n210"].pos()
    hover.highlight(panel.view, at + QPointF(60, 30))
    assert paints.since() > 0
    hover.highlight(panel.view, at + QPointF(64, 34))
    assert paints.since() == 0


def test_panning_paints_the_strips_that_come_into_sight_and_draws_no_picture_twice(
    make_panel: MakePanel, paints: Paints, qtbot
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    panel.view.pan_by(QPoint(3, 2))
    settle(panel, qtbot)
    paints.since()
    before, shown = panel.graph.store.rendered, panel.view.showing.sheet
    painted, room = shown.painted, panel.view.viewport().rect()
    for step in (QPoint(-3, -2), QPoint(3, 2)):
        panel.view.pan_by(step)
        assert paints.since() <= 20
    assert shown.painted - painted == 2 * (3 * (room.height() - 2) + 2 * room.width())
    assert panel.graph.store.rendered == before


@pytest.mark.parametrize("zoom", [0.2, 0.7, 1.0])
def test_a_picture_that_was_shifted_is_the_one_that_is_painted_anew(
    make_panel: MakePanel, qtbot, zoom: float
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    panel.view.zoom_to(zoom)
    settle(panel, qtbot)
    for step in (QPoint(-9, -5), QPoint(14, 0), QPoint(0, 31), QPoint(-70, 8)):
        panel.view.pan_by(step)
        QApplication.processEvents()
    settle(panel, qtbot)
    shifted = panel.view.grab().toImage()
    panel.view.showing.forget()
    settle(panel, qtbot)
    assert panel.view.grab().toImage() == shifted


def test_a_picture_that_was_scaled_is_painted_anew_at_rest(make_panel: MakePanel, qtbot) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    settle(panel, qtbot)
    shown = panel.view.showing.sheet
    painted = shown.painted
    panel.view.zoom_to(1.2)
    panel.view.viewport().repaint()
    assert shown.painted == painted
    assert shown.rough
    settle(panel, qtbot)
    assert not shown.rough
    assert_as_painted_anew(panel, qtbot)


@pytest.mark.parametrize("way", [(1.0, 0.12), (0.12, 1.0), (0.3, 0.55), (0.5, 0.34)])
def test_a_picture_that_was_scaled_step_by_step_is_painted_anew_at_rest(
    make_panel: MakePanel, qtbot, way: tuple[float, float]
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(mesh())
    view, (start, end) = panel.view, way
    view.zoom_to(start)
    settle(panel, qtbot)
    for step in range(1, 13):
        view.zoom_to(start * (end / start) ** (step / 12))
        QApplication.processEvents()
        assert view.showing.sheet.rough or not view.showing.sheet.waits
    settle(panel, qtbot)
    assert_as_painted_anew(panel, qtbot)


def test_while_one_zooms_a_frame_paints_a_few_bands_and_not_all(
    make_panel: MakePanel, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(sheet, "PATIENCE", 0.0)
    panel = make_panel(mesh())
    panel.view.zoom_to(0.5)
    settle(panel, qtbot)
    shown, room = panel.view.showing.sheet, panel.view.viewport().rect()
    painted = shown.painted
    panel.view.zoom_to(0.5 * 1.4)
    panel.view.viewport().repaint()
    assert shown.painted - painted == room.width() * sheet.BAND
    assert shown.waits
    settle(panel, qtbot)
    assert not shown.waits
    assert_as_painted_anew(panel, qtbot)


@pytest.mark.parametrize("zoom", [0.12, 0.3, 0.6])
def test_a_picture_on_which_many_were_selected_is_the_one_that_is_painted_anew(
    make_panel: MakePanel, qtbot, zoom: float
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(mesh())
    panel.view.zoom_to(zoom)
    settle(panel, qtbot)
    ids = list(panel.graph.cards)
    for chosen in (ids[:300], ids, ids[:50], []):
        panel.session.select(chosen)
        settle(panel, qtbot)
        assert_as_painted_anew(panel, qtbot)


def test_a_selection_from_afar_paints_its_outlines_alone(make_panel: MakePanel, qtbot) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(mesh())
    panel.view.zoom_to(0.12)
    settle(panel, qtbot)
    painted = panel.view.showing.sheet.painted
    panel.session.select(list(panel.graph.cards))
    settle(panel, qtbot)
    assert panel.view.showing.sheet.painted == painted


def test_cards_that_go_while_a_crowd_is_painted_over_leave_nothing(
    make_panel: MakePanel, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(showing, "PATIENCE", 0.0)
    nodes = [Node(f"n{i}", "nn.ReLU", at=(i % 60 * 208, i // 60 * 96)) for i in range(overview.CROWD + 9)]
    panel = make_panel(Network({n.id: n for n in nodes}))
    panel.view.frame(panel.graph.extent())
    settle(panel, qtbot)
    panel.session.select([n.id for n in nodes])
    panel.view.viewport().repaint()
    edits.delete(panel.session, ["n3", "n1200"], heal=False)
    settle(panel, qtbot)
    assert_as_painted_anew(panel, qtbot)


def pressed(panel: CanvasPanel, hand_of: Callable[[CanvasPanel], Hand], qtbot: Any) -> tuple[Hand, QPointF]:
    """The mouse is pressed on a card in the middle of the crowd; where."""
    panel.view.center_on(panel.graph.cards["n210"].pos())
    settle(panel, qtbot)
    hand = hand_of(panel)
    start = hand.middle("n210")
    hand.press(start)
    return hand, start


def test_a_move_of_the_mouse_that_leads_to_the_same_place_shows_nothing_anew(
    make_panel: MakePanel, hand_of: Callable[[CanvasPanel], Hand], qtbot
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    hand, start = pressed(panel, hand_of, qtbot)
    hand.move(start + QPointF(41, 33))
    settle(panel, qtbot)
    frames = panel.view.showing.frames
    hand.move(start + QPointF(42, 34))
    hand.move(start + QPointF(39, 33))
    QApplication.processEvents()
    assert panel.view.showing.frames == frames
    hand.release(start + QPointF(39, 33))


@pytest.mark.parametrize("zoom", [0.2, 0.5, 1.0])
def test_what_was_dragged_leaves_nothing_where_it_was(
    make_panel: MakePanel, hand_of: Callable[[CanvasPanel], Hand], qtbot, zoom: float
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(mesh())
    panel.view.zoom_to(zoom)
    panel.view.center_on(panel.graph.cards["n65"].pos())
    settle(panel, qtbot)
    panel.session.select([f"n{i}" for i in (64, 65, 66, 84, 85, 86)])
    hand = hand_of(panel)
    start = hand.middle("n65")
    hand.press(start)
    for step in range(1, 9):
        hand.move(start + QPointF(step * 13, step * 9))
        QApplication.processEvents()
    hand.release(start + QPointF(104, 72))
    settle(panel, qtbot)
    assert_as_painted_anew(panel, qtbot)


def test_a_frame_draws_no_more_pictures_than_its_budget(make_panel: MakePanel, qtbot) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    settle(panel, qtbot)
    store, view = panel.graph.store, panel.view
    for zoom in (0.9, 0.7, 0.52, 0.45, 0.35, 0.6, 1.2):
        before, frames = store.rendered, view.showing.frames
        view.zoom_to(zoom)
        view.viewport().repaint()
        assert store.rendered - before <= pixmaps.BUDGET * (view.showing.frames - frames)
    settle(panel, qtbot)
    before = store.rendered
    view.viewport().repaint()
    assert store.rendered == before


def test_from_afar_no_card_is_painted_by_itself(make_panel: MakePanel, paints: Paints, qtbot) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    panel.view.zoom_to(0.2)
    paints.since()
    before = panel.graph.store.rendered
    panel.view.viewport().repaint()
    assert paints.since() == 0
    assert panel.graph.store.rendered == before


def test_a_drag_writes_one_operation_a_card_and_only_at_its_end(
    make_panel: MakePanel, hand_of: Callable[[CanvasPanel], Hand]
) -> None:
    panel = make_panel(crowd())
    panel.view.zoom_to(0.4)
    panel.frame_all()
    changes: list[Change] = []
    panel.session.edited.connect(changes.append)
    hand = hand_of(panel)
    panel.session.select([f"n{i}" for i in range(100)])
    start = hand.middle("n0")
    hand.press(start)
    for step in range(1, 30):
        hand.move(start + QPointF(step * 8, step * 4))
    assert changes == []
    hand.release(start + QPointF(240, 120))
    assert [len(change.operations) for change in changes] == [100]


def test_an_edit_of_one_card_touches_no_other_face(panel: CanvasPanel, hand: Hand) -> None:
    faces = {id_: card.face for id_, card in panel.graph.cards.items()}
    hand.drag(hand.middle("drop1"), hand.middle("drop1") + QPointF(80, 160))
    assert all(card.face is faces[id_] for id_, card in panel.graph.cards.items())


def test_a_wire_laid_anew_leaves_all_others_as_they_were(panel: CanvasPanel, hand: Hand) -> None:
    edges = panel.graph.edges
    before = {wire: edges.edge(wire) for wire in edges.wires()}
    hand.drag(hand.port("conv1", "out"), hand.port("drop1", "in"))
    changed = [wire for wire, edge in before.items() if edges.edge(wire) is not edge]
    assert changed == []


def test_a_frame_of_a_drag_lays_only_the_wires_that_leave_what_is_dragged(
    make_panel: MakePanel, hand_of: Callable[[CanvasPanel], Hand], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = [
        Node(f"n{i}", "nn.ReLU", args=({"n": f"n{i - 1}"},) if i else (), at=(i % 8 * 208, i // 8 * 96))
        for i in range(64)
    ]
    panel = make_panel(Network({n.id: n for n in chain}))
    panel.view.zoom_to(0.4)
    panel.frame_all()
    panel.session.select([f"n{i}" for i in range(8, 56)])
    hand = hand_of(panel)
    start = hand.middle("n20")
    hand.press(start)
    hand.move(start + QPointF(40, 8))
    laid: list[object] = []
    real = panel.graph.edges._make
    monkeypatch.setattr(panel.graph.edges, "_make", lambda wire: (laid.append(wire), real(wire))[1])
    hand.move(start + QPointF(80, 16))
    assert len(laid) == 2
    hand.release(start + QPointF(80, 16))
    ends = [panel.graph.edges.edge(wire) for wire in panel.graph.edges.wires()]
    assert all(e is not None and e.start == panel.graph.cards[e.wire.source].port("out", 0) for e in ends)


def test_a_step_of_a_drag_paints_nothing_but_what_is_dragged(
    make_panel: MakePanel, hand_of: Callable[[CanvasPanel], Hand], paints: Paints, qtbot
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    panel.view.center_on(panel.graph.cards["n210"].pos())
    settle(panel, qtbot)
    ids = ["n210", "n211", "n230"]
    panel.session.select(ids)
    hand = hand_of(panel)
    start = hand.middle("n210")
    hand.press(start)
    hand.move(start + QPointF(44, 35))
    settle(panel, qtbot)
    paints.since()
    frames, painted = panel.view.showing.frames, panel.view.showing.sheet.painted
    for step in range(1, 4):
        hand.move(start + QPointF(44 + 8 * step, 35))
        QApplication.processEvents()
    assert panel.view.showing.sheet.painted == painted
    assert paints.since() <= len(ids) * (panel.view.showing.frames - frames)
    hand.release(start + QPointF(68, 35))
    settle(panel, qtbot)
    shown = panel.view.grab().toImage()
    panel.view.showing.forget()
    settle(panel, qtbot)
    assert panel.view.grab().toImage() == shown


def test_from_afar_a_crowd_that_is_selected_is_painted_over_and_nothing_else(
    make_panel: MakePanel, qtbot
) -> None:  # type: ignore[no-untyped-def]
    nodes = [Node(f"n{i}", "nn.ReLU", at=(i % 60 * 208, i // 60 * 96)) for i in range(overview.CROWD)]
    panel = make_panel(Network({n.id: n for n in nodes}))
    panel.view.frame(panel.graph.extent())
    settle(panel, qtbot)
    painted = panel.view.showing.sheet.painted
    for chosen in ([n.id for n in nodes], [n.id for n in nodes[:700]], []):
        panel.session.select(chosen)
        qtbot.wait(100)
        shown = panel.view.viewport().grab().toImage()
        assert panel.view.showing.sheet.painted == painted
        panel.view.showing.forget()
        settle(panel, qtbot)
        assert panel.view.viewport().grab().toImage() == shown
        painted = panel.view.showing.sheet.painted


def test_a_paste_of_most_of_a_network_makes_all_cards_anew_and_so_does_its_undo(
    make_panel: MakePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = make_panel(crowd())
    held = edits.copied(panel.session, panel.session.document.nodes("model"))
    held["nodes"] = [{**node, "id": f"{node['id']}_{part}"} for part in "ab" for node in held["nodes"]]
    followed: list[object] = []
    monkeypatch.setattr(panel.graph, "_reconcile", followed.append)
    edits.paste(panel.session, held, (8000, 0))
    assert panel.graph.cards.keys() == panel.session.document.nodes("model").keys()
    assert len(panel.graph.cards) == 3 * CROWD
    panel.session.undo()
    assert panel.graph.cards.keys() == panel.session.document.nodes("model").keys()
    panel.session.redo()
    assert len(panel.graph.cards) == 3 * CROWD
    assert followed == []


def test_from_afar_a_view_on_a_part_paints_that_part(
    make_panel: MakePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [Node(f"n{i}", "nn.ReLU", at=(i % 60 * 208, i // 60 * 96)) for i in range(3000)]
    panel = make_panel(Network({n.id: n for n in nodes}))
    panel.view.zoom_to(0.35)
    panel.view.center_on(QPointF(0, 0))
    panel.view.viewport().repaint()
    painted: list[int] = []
    monkeypatch.setattr(
        panel.view.showing.overview,
        "_paint_cards",
        lambda painter, by_color, zoom: painted.append(sum(map(len, by_color.values()))),
    )
    panel.view.showing.forget()
    panel.view.viewport().repaint()
    assert len(painted) == 1
    assert 0 < painted[0] < 1000


def test_a_drag_of_one_card_paints_its_surroundings_only(
    make_panel: MakePanel, hand_of: Callable[[CanvasPanel], Hand], paints: Paints, qtbot
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    hand, start = pressed(panel, hand_of, qtbot)
    hand.move(start + QPointF(44, 35))
    paints.since()
    frames = panel.view.showing.frames
    hand.move(start + QPointF(60, 43))
    assert 1 <= paints.since() <= 14 * (panel.view.showing.frames - frames)
    hand.release(start + QPointF(60, 43))
