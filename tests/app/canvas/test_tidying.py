"""Tidy up of networks that take a while: the window goes on; the layout comes as one step or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.app.canvas.geometry import overlaps
from studio.app.canvas.panel import CanvasPanel
from studio.app.canvas.tidying import AT_ONCE
from studio.graph.model import Network
from studio.words import Message

from .hand import Hand, node

if TYPE_CHECKING:
    from conftest import MakePanel


def heap(count: int) -> Network:
    """A chain whose cards stand to and fro."""
    nodes = [node("n0", "input")]
    nodes += [node(f"n{i}", "nn.ReLU", f"n{i - 1}", at=(i % 7 * 50, i * 20)) for i in range(1, count)]
    return Network({made.id: made for made in nodes})


@pytest.fixture
def large(make_panel: MakePanel) -> CanvasPanel:
    return make_panel(heap(AT_ONCE + 20))


def test_a_large_network_is_tidied_by_another_thread_in_one_step(large: CanvasPanel, qtbot: QtBot) -> None:
    session, before = large.session, large.session.document.network("model")
    large.tidy()
    assert large.tidying.busy and session.document.network("model") is before
    qtbot.waitUntil(lambda: not large.tidying.busy)
    assert [session.undo_stack.label(i) for i in range(session.undo_stack.count())] == ["Tidy up"]
    boxes = list(large.graph.rects().values())
    assert not any(overlaps(one, other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_a_layout_is_dropped_where_the_network_was_changed_meanwhile(
    large: CanvasPanel, qtbot: QtBot
) -> None:
    said: list[str] = []
    large.session.notice.connect(lambda _kind, message: said.append(str(message)))
    large.tidy()
    with large.session.edit(Message("Edit")) as edit:
        edit.move("model", "n5", (900, 900))
    qtbot.waitUntil(lambda: not large.tidying.busy)
    assert large.session.document.node("model", "n5").at == (900, 900)
    assert large.session.undo_stack.count() == 1
    assert said == ["The network was changed meanwhile: it is not tidied up."]


def test_escape_gives_a_layout_up(large: CanvasPanel, hand_of: Callable[[CanvasPanel], Hand]) -> None:
    large.session.select(("n5",))
    large.tidy()
    hand_of(large).key(Qt.Key.Key_Escape)
    assert not large.tidying.busy and large.session.selection == ("n5",)
    assert large.session.undo_stack.count() == 0
