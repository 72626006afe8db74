"""Frames around cards: drawn, titled, moved with what is in them, kept in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QMenu

from studio.app.canvas import frame_edits, menu
from studio.app.canvas.panel import CanvasPanel
from studio.graph import frames
from studio.graph.frames import Frame
from studio.graph.model import Network, ProjectData
from studio.project import files

if TYPE_CHECKING:
    from .hand import Hand

SHIFT = Qt.KeyboardModifier.ShiftModifier


def framed(panel: CanvasPanel, hand: Hand, title: str = "Stem") -> Frame:
    """A frame around conv1 and relu1."""
    panel.session.select(["conv1", "relu1"])
    hand.key(Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    panel.rename_field.setText(title)
    hand.key(Qt.Key.Key_Return)
    return held(panel)["frame1"]


def held(panel: CanvasPanel) -> dict[str, Frame]:
    return frames.frames(panel.session.document.network("model"))


def test_a_frame_is_drawn_around_the_selection_and_titled_in_one_step(panel: CanvasPanel, hand: Hand) -> None:
    frame = framed(panel, hand)
    assert frame == Frame((-24, 68), (232, 190), "Stem")
    assert hand.steps() == ["Frame 2 nodes"]
    panel.session.undo()
    assert not held(panel) and not panel.graph.frames.items


def test_a_frame_takes_what_is_in_it_along(panel: CanvasPanel, hand: Hand) -> None:
    frame = framed(panel, hand)
    start = QPointF(*frame.at) + QPointF(60, 14)
    hand.drag(start, start + QPointF(80, 40))
    assert held(panel)["frame1"].at == (56, 108)
    assert hand.place("conv1") == (80, 136)
    assert hand.place("relu1") == (80, 232)
    assert hand.place("fc") == (0, 288)
    assert hand.steps()[-1] == "Move a frame"


def test_with_shift_a_frame_moves_alone(panel: CanvasPanel, hand: Hand) -> None:
    frame = framed(panel, hand)
    start = QPointF(*frame.at) + QPointF(60, 14)
    hand.drag(start, start + QPointF(80, 40), SHIFT)
    assert held(panel)["frame1"].at == (56, 108)
    assert hand.place("conv1") == (0, 96)


def test_escape_puts_a_frame_and_its_cards_back(panel: CanvasPanel, hand: Hand) -> None:
    frame = framed(panel, hand)
    start = QPointF(*frame.at) + QPointF(60, 14)
    hand.pull(start, start + QPointF(80, 40))
    hand.key(Qt.Key.Key_Escape)
    assert held(panel)["frame1"] == frame
    assert panel.graph.cards["conv1"].pos() == QPointF(0, 96)
    assert panel.graph.frames.items["frame1"].pos() == QPointF(*frame.at)


def test_a_corner_resizes_a_frame(panel: CanvasPanel, hand: Hand) -> None:
    frame = framed(panel, hand)
    corner = QPointF(*frame.at) + QPointF(*frame.size) - QPointF(4, 4)
    hand.drag(corner, corner + QPointF(80, 40))
    assert held(panel)["frame1"].size == (312, 230)
    assert hand.place("conv1") == (0, 96)


def test_a_double_click_asks_for_the_title(panel: CanvasPanel, hand: Hand) -> None:
    frame = framed(panel, hand)
    hand.double_click(QPointF(*frame.at) + QPointF(60, 14))
    panel.rename_field.setText("Trunk")
    hand.key(Qt.Key.Key_Return)
    assert held(panel)["frame1"].title == "Trunk"


def test_its_menu_colours_and_removes_it(panel: CanvasPanel, hand: Hand) -> None:
    frame = framed(panel, hand)
    at = hand.at(QPointF(*frame.at) + QPointF(60, 14)).toPoint()
    made = menu.build(panel, at)
    colors = made.findChild(QMenu)
    next(action for action in colors.actions() if action.text() == "Green frame").trigger()
    assert held(panel)["frame1"].color == "normalisation"
    made.actions()[-1].trigger()
    assert held(panel) == {}
    assert hand.place("conv1") == (0, 96)


def test_cards_are_in_a_frame_by_their_middle() -> None:
    rects = {"in": (10.0, 10.0, 40.0, 40.0), "half": (80.0, 0.0, 60.0, 20.0), "out": (200.0, 0.0, 9.0, 9.0)}
    assert frame_edits.inside(Frame((0, 0), (120, 100)), rects) == ["in", "half"]


def test_each_frame_is_a_line_of_the_file_and_what_is_none_is_kept() -> None:
    extra = {"frames": {"b": Frame((0, 8), (64, 64), "B").to_json(), "a": {"odd": 1}}}
    project = ProjectData(networks={"model": Network(extra=extra)})
    text = files.dumps(project)
    assert '\n        "b": {"at": [0, 8], "size": [64, 64], "color": "second", "title": "B"}' in text
    loaded = files.loads(text, "x.json")
    assert loaded == project
    assert list(frames.frames(loaded.networks["model"])) == ["b"]
