"""The welcome page: examples in groups, fitted to the width of the page, with their pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSize
from pytestqt.qtbot import QtBot

from studio import words
from studio.app import theme
from studio.app.network_thumbnails import picture
from studio.app.preferences import Preferences
from studio.app.welcome import WelcomePage
from studio.graph.model import Network, Node
from studio.insight import gallery


@pytest.fixture
def page(qtbot: QtBot) -> WelcomePage:
    made = WelcomePage(Preferences())
    qtbot.addWidget(made)
    made.resize(1400, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.draw_networks()
    return made


def across(page: WelcomePage) -> int:
    """How many cards of the first group stand in its first row."""
    cards = page.groups[0].cards
    return sum(card.y() == cards[0].y() for card in cards)


def test_every_example_is_shown_once_in_its_group(page: WelcomePage) -> None:
    shown = [(str(shelf.title), [card.example.name for card in shelf.cards]) for shelf in page.groups]

    assert shown == [(str(title), [e.name for e in group]) for title, group in gallery.grouped()]


def test_a_narrower_page_has_fewer_cards_in_a_row(page: WelcomePage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: across(page) == 3)

    page.resize(1000, 640)

    qtbot.waitUntil(lambda: across(page) == 2)
    assert page.horizontalScrollBar().maximum() == 0


def test_the_name_of_a_group_leads_to_it(page: WelcomePage, qtbot: QtBot) -> None:
    shelf = page.groups[1]

    page._links[1].click()

    top = shelf.mapTo(page.viewport(), QPoint(0, 0)).y()
    assert 0 <= top < page.viewport().height() // 2
    assert shelf.cards[0].hasFocus() or not page.isActiveWindow()


def test_pictures_come_when_they_are_read(page: WelcomePage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not any(card._picture.isNull() for card in page.cards))


def test_every_example_shows_its_network_in_the_colours_of_the_theme(page: WelcomePage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not any(card._network.isNull() for card in page.cards), timeout=20_000)
    before = page.cards[0]._network.toImage()

    theme.use(theme.LIGHT)
    try:
        qtbot.waitUntil(lambda: page.cards[0]._network.toImage() != before, timeout=20_000)
    finally:
        theme.use(theme.DARK)


def test_a_recent_file_shows_its_network_and_one_that_is_gone_none(
    page: WelcomePage, qtbot: QtBot, tmp_path: Path
) -> None:
    kept, gone = tmp_path / "kept.json", tmp_path / "gone.json"
    kept.write_bytes(gallery.grouped()[0][1][0].file.read_bytes())
    page._preferences.add_recent(gone)
    page._preferences.add_recent(kept)

    qtbot.waitUntil(lambda: not page._recent_buttons[kept].icon().isNull(), timeout=20_000)

    assert page._recent_buttons[gone].icon().isNull()


def test_a_wide_drawing_runs_from_left_to_right() -> None:
    nodes = (Node("x", "input"), Node("y", "output", args=({"n": "x"},), at=(0, 96)))
    network = Network({node.id: node for node in nodes})

    def filled(size: QSize) -> tuple[int, int]:
        image = picture(network, theme.DARK, size)
        across, down = range(image.width()), range(image.height())
        spots = [(x, y) for x in across for y in down if image.pixelColor(x, y).alpha()]
        xs, ys = zip(*spots, strict=True)
        return max(xs) - min(xs), max(ys) - min(ys)

    wide, tall = filled(QSize(200, 40)), filled(QSize(40, 200))

    assert wide[0] > wide[1] and tall[1] > tall[0]


def test_groups_follow_the_language(page: WelcomePage) -> None:
    words.set_language("zh_CN")

    assert page._links[0].text() == "入门"
    assert page.groups[0].accessibleName() == "入门"
