"""How much work an event makes. Counted, never timed: the milliseconds are in tests/benchmarks/canvas.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication

from studio.app.canvas import edits, hover, overview, pixmaps
from studio.app.canvas.node_item import NodeItem
from studio.app.canvas.panel import CanvasPanel
from studio.graph.document import Change
from studio.graph.model import Network, Node

if TYPE_CHECKING:
    from conftest import Hand, MakePanel

CROWD = 400


def crowd() -> Network:
    """Rows of twenty cards."""
    nodes = [Node(f"n{i}", "nn.ReLU", at=(i % 20 * 208, i // 20 * 96)) for i in range(CROWD)]
    return Network({n.id: n for n in nodes})


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
    before, sheet = panel.graph.store.rendered, panel.view.showing.sheet
    painted, room = sheet.painted, panel.view.viewport().rect()
    for step in (QPoint(-3, -2), QPoint(3, 2)):
        panel.view.pan_by(step)
        assert paints.since() <= 20
    assert sheet.painted - painted == 2 * (3 * (room.height() - 2) + 2 * room.width())
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
    sheet = panel.view.showing.sheet
    painted = sheet.painted
    panel.view.zoom_to(1.2)
    panel.view.viewport().repaint()
    assert sheet.painted == painted
    assert sheet.rough
    settle(panel, qtbot)
    assert not sheet.rough
    shown = panel.view.grab().toImage()
    panel.view.showing.forget()
    settle(panel, qtbot)
    assert panel.view.grab().toImage() == shown


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


def test_from_afar_a_view_on_a_part_paints_that_part(make_panel: MakePanel) -> None:
    nodes = [Node(f"n{i}", "nn.ReLU", at=(i % 60 * 208, i // 60 * 96)) for i in range(3000)]
    panel = make_panel(Network({n.id: n for n in nodes}))
    panel.view.zoom_to(0.35)
    panel.view.center_on(QPointF(0, 0))
    panel.view.viewport().repaint()
    overview = panel.view.showing.overview
    shown = overview._within(panel.view.visible_rect())
    assert 0 < sum(map(len, shown.values())) < 1000


def test_a_drag_of_one_card_paints_its_surroundings_only(
    make_panel: MakePanel, hand_of: Callable[[CanvasPanel], Hand], paints: Paints, qtbot
) -> None:  # type: ignore[no-untyped-def]
    panel = make_panel(crowd())
    panel.view.center_on(panel.graph.cards["n210"].pos())
    settle(panel, qtbot)
    hand = hand_of(panel)
    start = hand.middle("n210")
    hand.press(start)
    hand.move(start + QPointF(44, 35))
    paints.since()
    frames = panel.view.showing.frames
    hand.move(start + QPointF(60, 43))
    assert 1 <= paints.since() <= 14 * (panel.view.showing.frames - frames)
    hand.release(start + QPointF(60, 43))
