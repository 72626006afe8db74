"""The palette: searching, folding, placing by keyboard, what a drag carries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from studio import words as language
from studio.app import palette_list, theme
from studio.app.palette import PalettePanel
from studio.app.palette_list import KIND, TYPE
from studio.app.session import Session
from studio.catalog import table
from studio.graph.model import Network, Node, ProjectData


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = Session()
    yield made
    made._idle.stop()


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> PalettePanel:
    made = PalettePanel(session)
    qtbot.addWidget(made)
    made.resize(220, 700)
    made.show()
    return made


@pytest.fixture
def chinese() -> Iterator[None]:
    yield
    language.set_language("en")


def rows(panel: PalettePanel) -> list[QTreeWidgetItem]:
    top = [panel.list.topLevelItem(i) for i in range(panel.list.topLevelItemCount())]
    return [item for item in top if item is not None]


def test_the_palette_offers_every_type_that_is_not_another_way_to_write_one(panel: PalettePanel) -> None:
    for entry in table.entries():
        assert (panel.list.item_of(entry.type) is not None) == (entry.twin is None)


def test_the_search_finds_other_ways_to_write_a_type_too(panel: PalettePanel, qtbot: QtBot) -> None:
    panel.focus_search()
    qtbot.keyClicks(panel.search, "f.conv2d")
    assert panel.list.current_type() == "F.conv2d"


def test_typing_shows_what_fits_best_first_and_enter_appends_it(
    panel: PalettePanel, session: Session, qtbot: QtBot
) -> None:
    panel.focus_search()
    qtbot.keyClicks(panel.search, "conv2")
    assert panel.list.current_type() == "nn.Conv2d"
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert list(session.document.nodes("model")) == ["conv1"]
    assert session.selection == ("conv1",)


def test_arrow_keys_in_the_search_field_move_in_the_list(panel: PalettePanel, qtbot: QtBot) -> None:
    qtbot.keyClicks(panel.search, "conv")
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    assert panel.list.current_type() == "nn.Conv3d"
    qtbot.keyClick(panel.search, Qt.Key.Key_Up)
    assert panel.list.current_type() == "nn.Conv1d"


def test_escape_clears_the_search(panel: PalettePanel, qtbot: QtBot) -> None:
    qtbot.keyClicks(panel.search, "conv")
    qtbot.keyClick(panel.search, Qt.Key.Key_Escape)
    assert panel.search.text() == ""
    assert rows(panel)[0].data(0, KIND) == "category"


def test_appending_wires_after_the_selected_node_in_one_undo_step(
    panel: PalettePanel, session: Session
) -> None:
    panel.append("input")
    panel.append("nn.ReLU")
    assert session.document.node("model", "relu1").args == ({"n": "input"},)
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert list(session.document.nodes("model")) == ["input"]
    assert session.undo_stack.redoText() == "Add ReLU"


def test_a_double_click_appends_once(panel: PalettePanel, session: Session, qtbot: QtBot) -> None:
    item = panel.list.item_of("nn.Linear")
    assert item is not None
    panel.list.scrollToItem(item)
    place = panel.list.visualItemRect(item).center()
    viewport = panel.list.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert not session.document.nodes("model")
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert list(session.document.nodes("model")) == ["fc1"]


def test_a_click_on_a_category_folds_it_and_a_search_does_not_forget(
    panel: PalettePanel, qtbot: QtBot
) -> None:
    category = rows(panel)[0]
    place = panel.list.visualItemRect(category).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not category.isExpanded()
    panel.search.setText("x")
    panel.search.clear()
    assert not rows(panel)[0].isExpanded()
    assert rows(panel)[1].isExpanded()


def test_rarer_types_lie_behind_one_more_row(panel: PalettePanel) -> None:
    rare = panel.list.item_of("nn.Softsign")
    assert rare is not None and rare.isHidden()
    category = rare.parent()
    assert category is not None
    children = [category.child(i) for i in range(category.childCount())]
    more = next(child for child in children if child.data(0, KIND) == "more")
    panel.list.toggle(more)
    assert not rare.isHidden()
    assert more.isHidden()


def test_a_drag_carries_the_type() -> None:
    data = palette_list.mime("nn.Conv2d")
    assert bytes(data.data("application/x-netloom-node-type").data()) == b"nn.Conv2d"


def test_the_picture_of_a_drag_shows_the_colour_of_the_category(qtbot: QtBot) -> None:
    from PySide6.QtGui import QFont

    image = palette_list.card_picture("nn.Conv2d", 2.0, QFont()).toImage()
    assert image.pixelColor(6, 44).name().upper() == theme.CATEGORIES["convolution"]


def test_the_tooltip_is_escaped_and_has_a_signature_once_torch_is_there() -> None:
    block = palette_list.tooltip("block:<b>&", False)
    assert "&lt;b&gt;&amp;" in block and "<b>&" not in block.replace("<b>&lt;", "")
    assert "LeakyReLU(negative_slope=0.01" in palette_list.tooltip("nn.LeakyReLU", True)
    assert "negative_slope" not in palette_list.tooltip("nn.LeakyReLU", False)


def test_other_networks_are_offered_as_blocks_but_not_those_that_hold_this_one(
    panel: PalettePanel, session: Session
) -> None:
    inner = Network({"x": Node("x", "input")})
    outer = Network({"m": Node("m", "block:model")})
    session.open(ProjectData(networks={"model": Network(), "Inner": inner, "Outer": outer}), None)
    assert panel.list.item_of("block:Inner") is not None
    assert panel.list.item_of("block:model") is None
    assert panel.list.item_of("block:Outer") is None
    session.show_network("Inner")
    assert panel.list.item_of("block:Inner") is None
    assert panel.list.item_of("block:Outer") is not None


def test_the_palette_follows_the_language(panel: PalettePanel, chinese: None) -> None:
    language.set_language("zh_CN")
    assert rows(panel)[2].text(0) == "卷积"
    assert panel.search.accessibleName() == "搜索层"


def test_nothing_found_is_said(panel: PalettePanel, qtbot: QtBot) -> None:
    panel.search.setText("qqqq")
    assert rows(panel) == []
    assert panel.list.current_type() is None
    assert all(row.data(0, TYPE) is None for row in rows(panel))


def test_a_block_that_nothing_uses_can_be_deleted(
    panel: PalettePanel, session: Session, qtbot: QtBot
) -> None:
    used = Network({"inner": Node("inner", "block:Inner")})
    session.open(ProjectData("Test", {"model": Network(), "Outer": used, "Inner": Network()}), None)
    with qtbot.waitSignal(session.notice) as told:
        panel.list.removed.emit("block:Inner")
    assert told.args is not None and "by inner in Outer" in str(told.args[1])
    panel.list.removed.emit("block:Outer")
    panel.list.removed.emit("block:Inner")
    assert session.document.network_names() == ["model"]
    session.undo()
    assert panel.list.item_of("block:Inner") is not None
