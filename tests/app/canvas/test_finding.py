"""Finding nodes, bookmarks of the camera, and the search that learns what a person wires behind what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from studio.app.canvas import keyboard
from studio.app.canvas.edits import Source, Target
from studio.app.canvas.habits import Habits
from studio.app.canvas.panel import CanvasPanel
from studio.graph import frames
from studio.graph.document import Change
from studio.graph.model import Arguments, Node
from studio.graph.operations import AddNode, SetArguments
from studio.words import Message

if TYPE_CHECKING:
    from .hand import Hand

CTRL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


def test_a_node_is_found_by_its_name_in_any_network(panel: CanvasPanel, hand: Hand) -> None:
    panel.finding.open()
    assert panel.search.field.placeholderText() == "Find a node"
    panel.search.field.setText("fc")
    hand.key(Qt.Key.Key_Return)
    assert panel.session.selection == ("fc",)
    middle = panel.view.visible_rect().center() - hand.middle("fc")
    assert middle.manhattanLength() < 4
    panel.finding.open()
    panel.search.field.setText("y residual")
    hand.key(Qt.Key.Key_Return)
    assert (panel.session.network, panel.session.selection) == ("Residual", ("y",))


def test_a_bookmark_is_set_gone_to_and_kept_with_the_project(panel: CanvasPanel, hand: Hand) -> None:
    panel.view.zoom_to(0.5)
    panel.view.center_on(QPointF(100, 200))
    hand.key(Qt.Key.Key_3, CTRL_ALT)
    panel.view.zoom_to(1.5)
    panel.view.center_on(QPointF(900, -300))
    hand.key(Qt.Key.Key_3)
    assert panel.view.zoom == 0.5
    assert (panel.view.visible_rect().center() - QPointF(100, 200)).manhattanLength() < 12
    kept = frames.bookmarks(panel.session.document.network("model"))
    assert kept["3"].zoom == 50
    assert hand.steps() == ["Set bookmark 3"]


def test_a_bookmark_that_is_none_says_how_to_set_it(panel: CanvasPanel, hand: Hand) -> None:
    told: list[str] = []
    panel.session.notice.connect(lambda _level, message: told.append(str(message)))
    hand.key(Qt.Key.Key_7)
    assert told == ["There is no bookmark 7 yet. Ctrl+Alt+7 sets it."]


def wired(source: str, target: str) -> Change:
    return Change(
        Message("x"),
        (SetArguments("model", target, Arguments(), Arguments(({"n": source},))),),
    )


NODES = {
    "a": Node("a", "nn.Conv2d"),
    "b": Node("b", "nn.BatchNorm2d"),
    "c": Node("c", "nn.ReLU"),
}


def test_what_is_wired_behind_what_is_counted_and_what_is_old_counts_less() -> None:
    habits = Habits()
    for _ in range(3):
        habits.follow(wired("a", "b"), NODES)
    for _ in range(40):
        habits.follow(wired("a", "c"), NODES)
    counts = habits.after("nn.Conv2d")
    assert counts["nn.ReLU"] > 20 * counts["nn.BatchNorm2d"] > 0
    assert set(habits.before("nn.ReLU")) == {"nn.Conv2d"}


def test_a_wire_that_was_there_a_cut_and_a_paste_teach_nothing() -> None:
    habits = Habits()
    habits.follow(wired("a", "b").inverse(), NODES)
    habits.follow(Change(Message("x"), wired("a", "b").operations * 30), NODES)
    same = Arguments(({"n": "a"},))
    habits.follow(Change(Message("x"), (SetArguments("model", "b", same, same),)), NODES)
    habits.follow(Change(Message("x"), (AddNode("model", NODES["a"], 0),)), NODES)
    assert habits.text() == "{}"


def test_habits_are_kept_as_json_and_nonsense_counts_for_nothing() -> None:
    habits, again = Habits(), Habits()
    kept: list[str] = []
    habits.keep = kept.append
    habits.follow(wired("a", "b"), NODES)
    again.restore(kept[-1])
    assert again.after("nn.Conv2d") == {"nn.BatchNorm2d": 1.0}
    for nonsense in ("", "{", "[1]", '{"a": 3, "b": {"c": "x"}}'):
        again.restore(nonsense)
        assert again.after("a") == again.after("b") == {}


def test_the_search_offers_first_what_was_wired_there_before(panel: CanvasPanel, hand: Hand) -> None:
    first = panel.searching._offered(Source("conv1"))[0].type
    assert first != "nn.Dropout"
    hand.drag(hand.port("conv1", "out"), hand.port("drop1", "in"))
    assert panel.searching._offered(Source("conv1"))[0].type == "nn.Dropout"
    assert panel.searching._offered(Target("drop1"))[0].type == "nn.Conv2d"


def test_every_key_of_the_canvas_stands_on_the_page_of_keys() -> None:
    from PySide6.QtGui import QKeySequence

    from studio.app.actions import CANVAS_KEYS, TABLE

    def text(key: Qt.Key, held: Qt.KeyboardModifier) -> str:
        return QKeySequence(held.value | key.value).toString()

    known = {QKeySequence(keys).toString() for keys, _ in CANVAS_KEYS}
    known |= {QKeySequence(keys).toString() for spec in TABLE for keys in spec.keys}
    assert {text(*keys) for keys in keyboard.COMMANDS} - known == {"Enter"}
