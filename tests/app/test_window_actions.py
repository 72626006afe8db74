"""The table of actions: complete, without clashes, and it does what it says."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton, QKeySequenceEdit, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from studio import places, words
from studio.app.actions import CANVAS_KEYS, MENUS, SUBMENUS, TABLE, Actions
from studio.app.command_palette import CommandPalette
from studio.app.shortcuts_page import ShortcutsPage
from studio.app.window import MainWindow
from studio.graph.model import Node
from studio.words import Message


def chinese() -> dict[str, str]:
    table: dict[str, str] = {}
    for file in (places.resources() / "translations" / "zh_CN").glob("*.json"):
        table |= json.loads(file.read_text(encoding="utf-8"))
    return table


def test_no_two_actions_share_an_id_or_a_shortcut() -> None:
    ids = Counter(spec.id for spec in TABLE)
    keys = Counter(QKeySequence(keys).toString() for spec in TABLE for keys in spec.keys)

    assert [id_ for id_, n in ids.items() if n > 1] == []
    assert [key for key, n in keys.items() if n > 1] == []
    assert all(keys)


def test_plain_keys_of_the_canvas_are_no_keys_of_the_window() -> None:
    window_wide = {QKeySequence(keys).toString() for spec in TABLE if not spec.canvas for keys in spec.keys}

    assert window_wide.isdisjoint(QKeySequence(keys).toString() for keys, _ in CANVAS_KEYS)


def test_every_action_has_words_in_both_languages_and_stands_in_a_menu() -> None:
    known = chinese()

    for text in [*(spec.text for spec in TABLE), *MENUS.values(), *(text for _, text in SUBMENUS.values())]:
        assert text.text in known
    assert {spec.menu for spec in TABLE} <= MENUS.keys() | SUBMENUS.keys()


def test_every_icon_of_the_table_is_drawn() -> None:
    drawn = {file.stem for file in (places.resources() / "icons").glob("*.svg")}

    assert {spec.icon for spec in TABLE if spec.icon} <= drawn


def test_every_action_is_bound(window: MainWindow) -> None:
    unbound = [
        spec.id for spec, action in window.actions_table if not action.isSignalConnected(_triggered(action))
    ]

    assert unbound == []


def _triggered(action: object) -> object:
    meta = action.metaObject()  # type: ignore[attr-defined]
    return meta.method(meta.indexOfSignal("triggered(bool)"))


def test_undo_names_the_step_and_takes_it_back(window: MainWindow) -> None:
    window.files.new()
    with window.session.edit(Message("Add {node}", node="relu1")) as edit:
        edit.add_node("model", Node("relu1", "nn.ReLU"))

    undo = window.actions_table["undo"]
    assert undo.text() == "Undo: Add relu1"
    undo.trigger()
    assert "relu1" not in window.session.document.nodes("model")
    assert window.actions_table["redo"].text() == "Redo: Add relu1"
    assert not undo.isEnabled()


def test_actions_of_a_project_are_closed_on_the_welcome_page(window: MainWindow) -> None:
    assert not window.actions_table["save"].isEnabled()
    assert not window.actions_table["train"].isEnabled()
    assert window.actions_table["new"].isEnabled()


def test_the_command_palette_finds_an_action_by_parts_of_its_name_and_runs_it(
    window: MainWindow, qtbot: QtBot
) -> None:
    palette = CommandPalette(window.actions_table, window)
    palette.open()
    qtbot.keyClicks(palette.field, "new pro")
    assert palette.list.count() == 1

    qtbot.keyClick(palette.field, Qt.Key.Key_Return)

    assert window.files.active


def test_the_shortcuts_page_shows_every_action_with_its_keys(window: MainWindow) -> None:
    page = ShortcutsPage(window.actions_table, window)
    page.show()
    shown = " ".join(label.text() for label in page.findChildren(QWidget) if hasattr(label, "text"))  # type: ignore[attr-defined]

    assert all(str(spec.text) in shown for spec in TABLE)
    assert "Ctrl+Shift+L" in shown
    page.close()


def test_keys_are_changed_on_the_page_and_kept(window: MainWindow, qtbot: QtBot) -> None:
    page = ShortcutsPage(window.actions_table, window)
    page.show()
    qtbot.mouseClick(page.findChild(QPushButton, "keys_tidy"), Qt.MouseButton.LeftButton)
    field = page.findChild(QKeySequenceEdit, "asking_tidy")
    qtbot.keyClick(field, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    action = window.actions_table["tidy"]
    qtbot.waitUntil(lambda: action.shortcut().toString() == "Ctrl+T", timeout=5_000)

    again = Actions(window, window.preferences)
    assert again["tidy"].shortcut().toString() == "Ctrl+T"
    assert "Ctrl+T" in action.toolTip()

    page.reset.click()
    assert action.shortcut().toString() == "Ctrl+Shift+L"
    page.close()


@pytest.mark.parametrize(
    ("keys", "said"), [("Ctrl+S", "Save already"), ("T", "for typing"), ("Tab", "Tab alone is for typing")]
)
def test_keys_that_mean_something_else_are_refused_with_the_reason(
    window: MainWindow, keys: str, said: str
) -> None:
    page = ShortcutsPage(window.actions_table, window)
    spec = next(spec for spec in TABLE if spec.id == "tidy")

    assert not page.change(spec, QKeySequence(keys))

    assert said in page.said.text()
    assert window.actions_table["tidy"].shortcut().toString() == "Ctrl+Shift+L"
    page.close()


def test_words_that_name_keys_follow_those_a_person_chose(window: MainWindow) -> None:
    table, search = window.actions_table, window.workspace.left.palette_panel.search
    window.workspace.show_tab("curves")
    curves = window.workspace.pages["curves"].panel
    train, find = (next(spec for spec in TABLE if spec.id == id_) for id_ in ("train", "find_layer"))
    assert "F5" in window.controls.train_button.toolTip() and "/" in search.placeholderText()

    table.set_keys(train, QKeySequence("F9"))
    table.set_keys(find, QKeySequence())

    assert window.controls.train_button.toolTip() == "Train the network (F9)"
    assert curves is not None and curves._empty.text() == "Press Train (F9) to see the curves."
    assert search.placeholderText() == "Search layers"
    table.reset_keys()
    assert window.controls.train_button.toolTip() == "Train the network (F5)"


def test_the_command_palette_follows_the_language_while_it_is_open(window: MainWindow, qtbot: QtBot) -> None:
    palette = CommandPalette(window.actions_table, window)
    palette.open()
    qtbot.keyClicks(palette.field, "quit")
    assert palette.list.item(0).text() == "Quit"

    words.set_language("zh_CN")

    assert palette.field.placeholderText() == chinese()["Type a command"]
    assert palette.list.item(0).text() == chinese()["Quit"]
    palette.close()


def test_the_language_is_switched_live_and_kept(window: MainWindow) -> None:
    window.actions_table["language_zh_CN"].trigger()

    assert window.actions_table["save"].text() == "保存"
    assert window.welcome.new_button.text() == "空白项目"
    assert window.preferences.language == "zh_CN"
    words.set_language("en")
    assert window.actions_table["save"].text() == "Save"


def test_what_can_be_clicked_has_a_name_for_tests_and_for_screen_readers(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.files.new()
    window.workspace.build_rest()
    qtbot.waitUntil(
        lambda: all(page.panel is not None for page in window.workspace.pages.values()), timeout=20_000
    )

    for button in window.findChildren(QAbstractButton):
        if button.objectName().startswith("qt_") or isinstance(button.parent(), QLineEdit):
            continue  # Qt's own: the arrow of a full tool bar, the sign inside a field
        if not button.isVisible():
            continue  # a legend has no series yet
        assert button.text() or button.accessibleName() or button.toolTip(), (button, button.parent())


@pytest.mark.parametrize("keys", ["Ctrl+C", "Del", "Ctrl+A", "F2"])
def test_keys_of_text_reach_a_text_field_and_not_the_canvas(window: MainWindow, keys: str) -> None:
    spec = next(spec for spec in TABLE if keys in spec.keys)
    action = window.actions_table[spec.id]

    assert action.shortcutContext() == Qt.ShortcutContext.WidgetWithChildrenShortcut
    assert window.workspace.canvas in action.associatedObjects()


def test_copy_from_the_menu_copies_the_text_that_has_the_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    from PySide6.QtGui import QGuiApplication

    window.files.new()
    field = window.workspace.left.palette_panel.findChild(QLineEdit)
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.setText("conv")
    field.selectAll()

    window.actions_table["copy"].trigger()

    assert QGuiApplication.clipboard().text() == "conv"
    field.clear()
