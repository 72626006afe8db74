"""The tour: six steps at the first project, gone for good when it is skipped, and never in the way."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from pytestqt.qtbot import QtBot

from studio import words
from studio.app.tour import beside
from studio.app.window import MainWindow


def test_it_begins_with_the_first_project_only_and_has_six_steps(window: MainWindow, qtbot: QtBot) -> None:
    window.preferences.tour_seen = False
    window.files.new()
    qtbot.waitUntil(lambda: window.tour.tour is not None, timeout=10_000)
    tour = window.tour.tour
    assert tour is not None
    assert [name for name, dock in window.workspace.docks.items() if dock.isHidden()] == ["lesson"]

    seen = []
    while window.tour.tour is not None:
        seen.append(tour.accessibleName())
        qtbot.mouseClick(tour.next_button, Qt.MouseButton.LeftButton)

    assert len(set(seen)) == 6
    window.files.close()
    window.files.new()
    qtbot.wait(50)
    assert window.tour.tour is None


def test_escape_skips_it_and_the_menu_brings_it_back(window: MainWindow, qtbot: QtBot) -> None:
    window.files.new()
    window.actions_table["tour"].trigger()
    tour = window.tour.tour
    assert tour is not None

    qtbot.keyClick(tour, Qt.Key.Key_Right)
    assert tour.step == 1
    qtbot.keyClick(tour, Qt.Key.Key_Escape)
    assert window.tour.tour is None

    window.actions_table["tour"].trigger()
    assert window.tour.tour is not None
    window.files.close()
    assert window.tour.tour is None


def test_it_speaks_chinese_at_once(window: MainWindow) -> None:
    window.files.new()
    window.actions_table["tour"].trigger()
    words.set_language("zh_CN")
    assert window.tour.tour is not None
    assert window.tour.tour.accessibleName().startswith("层。") or "画布" in window.tour.tour.accessibleName()
    words.set_language("en")


def test_the_whole_text_of_every_step_is_seen(window: MainWindow) -> None:
    window.files.new()
    window.actions_table["tour"].trigger()
    tour = window.tour.tour
    assert tour is not None
    for language in ("en", "zh_CN"):
        words.set_language(language)
        for _ in range(6):
            tour._column.activate()
            assert tour._text.height() >= tour._text.heightForWidth(tour._text.width())
            tour._place = (tour._place + 1) % 6
            tour.retranslate()
    words.set_language("en")


@pytest.mark.parametrize(
    "target",
    [QRect(0, 100, 200, 800), QRect(1300, 100, 300, 800), QRect(200, 0, 1100, 40), QRect(0, 0, 1600, 1000)],
)
def test_the_bubble_stays_in_the_window_and_beside_its_target(target: QRect) -> None:
    size, window = QSize(340, 160), QSize(1600, 1000)

    at = beside(target, size, window)

    assert QRect(QPoint(0, 0), window).contains(QRect(at, size))
    if target.width() < 1600:
        assert not QRect(at, size).intersects(target)
