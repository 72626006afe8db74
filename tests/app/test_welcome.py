"""The welcome page: examples in groups, fitted to the width of the page, with their pictures."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from studio import words
from studio.app.preferences import Preferences
from studio.app.welcome import WelcomePage
from studio.insight import gallery


@pytest.fixture
def page(qtbot: QtBot) -> WelcomePage:
    made = WelcomePage(Preferences())
    qtbot.addWidget(made)
    made.resize(1400, 800)
    made.show()
    qtbot.waitExposed(made)
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


def test_groups_follow_the_language(page: WelcomePage) -> None:
    words.set_language("zh_CN")

    assert page._links[0].text() == "入门"
    assert page.groups[0].accessibleName() == "入门"
