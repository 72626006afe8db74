"""With A held a swipe aligns cards or lays out a branch: shown while it is drawn, one step, or given up."""

from __future__ import annotations

from itertools import combinations

from PySide6.QtCore import QPointF, Qt

from studio.app.canvas import arranging
from studio.app.canvas.geometry import overlaps
from studio.app.canvas.panel import CanvasPanel

from .hand import Hand

A = Qt.Key.Key_A


def rects(panel: CanvasPanel) -> list[tuple[float, float, float, float]]:
    return list(panel.graph.rects().values())


def test_a_swipe_down_over_cards_puts_them_in_a_column(panel: CanvasPanel, hand: Hand) -> None:
    first = hand.place("image")
    hand.drag(hand.middle("relu1"), hand.middle("relu1") + QPointF(48, 0))
    hand.hold(A)
    hand.drag(hand.middle("image"), hand.middle("relu1"))
    hand.let_go(A)
    assert hand.place("relu1")[0] == hand.place("conv1")[0] == first[0]
    assert hand.place("image") == first
    assert hand.steps()[-1] == "Align 3 nodes"
    assert not panel.graph.overlay.swipe and not panel.graph.overlay.ghosts


def test_a_swipe_across_puts_cards_in_a_row(panel: CanvasPanel, hand: Hand) -> None:
    top = hand.place("conv1")[1]
    hand.hold(A)
    hand.drag(hand.middle("conv1"), hand.middle("drop1"))
    hand.let_go(A)
    assert hand.place("drop1")[1] == top == hand.place("conv1")[1]
    assert not any(overlaps(one, other) for one, other in combinations(rects(panel), 2))


def test_a_swipe_down_from_one_card_lays_out_what_it_feeds(panel: CanvasPanel, hand: Hand) -> None:
    stays = hand.place("conv1")
    hand.drag(hand.middle("fc"), hand.middle("fc") + QPointF(200, 20))
    start = hand.middle("conv1") - QPointF(80, 0)
    hand.hold(A)
    hand.pull(start, start + QPointF(0, 40))
    assert [text for _, text, _ in panel.graph.overlay.labels] == ["What conv1 feeds"]
    hand.release(start + QPointF(0, 40))
    hand.let_go(A)
    assert hand.place("conv1") == stays
    assert hand.place("fc")[0] == stays[0] and hand.place("relu1")[0] == stays[0]
    assert hand.steps()[-1] == "Lay out what conv1 feeds"
    assert not any(overlaps(one, other) for one, other in combinations(rects(panel), 2))


def test_escape_gives_a_swipe_up(panel: CanvasPanel, hand: Hand) -> None:
    hand.hold(A)
    hand.pull(hand.middle("image"), hand.middle("relu1"))
    assert len(panel.graph.overlay.ghosts) == 3
    hand.key(Qt.Key.Key_Escape)
    hand.let_go(A)
    assert hand.steps() == [] and not panel.graph.overlay.ghosts


def test_cards_in_a_column_go_below_what_is_in_their_way() -> None:
    boxes = {
        "a": (0.0, 0.0, 184.0, 56.0),
        "b": (300.0, 100.0, 184.0, 56.0),
        "wall": (16.0, 90.0, 184.0, 56.0),
    }
    places = arranging.in_a_column(["a", "b"], boxes)
    assert places["a"] == (0, 0)
    assert places["b"][0] == 0 and places["b"][1] >= 146


def test_a_branch_goes_around_what_it_would_cover() -> None:
    card = (184.0, 56.0)
    boxes = {"a": (0.0, 0.0, *card), "b": (500.0, 300.0, *card), "c": (500.0, 600.0, *card)}
    boxes["wall"] = (0.0, 100.0, *card)
    places = arranging.branch("a", ["b", "c"], boxes, [("a", "b"), ("b", "c")])
    laid = [(float(x), float(y), *card) for x, y in places.values()]
    assert places["b"][0] == places["c"][0]
    assert not any(overlaps(one, other) for one in laid for other in (boxes["a"], boxes["wall"]))
