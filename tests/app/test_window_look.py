"""Layout, themes and notices of the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from studio import places, words
from studio.app import theme
from studio.app.crash_log import CrashLog
from studio.app.icons import icon
from studio.app.notices import MOST, NoticeBar
from studio.app.preferences import Preferences
from studio.app.stages import Stage
from studio.app.startup import Engine
from studio.app.window import SMALLEST, MainWindow
from studio.words import Message


def contrast(one: str, other: str) -> float:
    return theme.contrast(QColor(one), QColor(other))


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("table", theme.THEMES.values(), ids=lambda table: table.name)
def test_text_can_be_read_on_everything_it_stands_on(table: theme.Theme) -> None:
    grounds = {table.window, table.panel, table.canvas, table.card, table.hover, table.button}
    pairs = [(text, ground) for text in (table.text, table.second) for ground in grounds]
    pairs += [(table.text, table.chosen)]
    pairs += [(table.ink(name).name(), table.panel) for name in ("accent", "good", "warning", "error")]
    pairs += [(table.on_fill, table.fill), (table.on_fill, table.fill_hover)]
    least = 7.0 if table is theme.CONTRAST else 4.5

    assert [(t, g, round(contrast(t, g), 2)) for t, g in pairs if contrast(t, g) < least] == []


@pytest.mark.parametrize("table", theme.THEMES.values(), ids=lambda table: table.name)
def test_every_series_stands_out_from_its_ground(table: theme.Theme) -> None:
    from studio.app.curves.panel import EARLIER_COLORS, STYLES
    from studio.app.settings_panel.points import COLORS
    from studio.app.trying.search_dialog import COLORS as TRIALS

    names = {*EARLIER_COLORS, *COLORS, *TRIALS.values(), *(entry.color for entry in STYLES.values())}
    faint = {
        name: round(theme.contrast(table.series(name), QColor(table.panel)), 2)
        for name in names
        if theme.contrast(table.series(name), QColor(table.panel)) < 3.0
    }

    assert faint == {}


def test_the_sheet_of_a_theme_is_understood_by_qt(window: MainWindow) -> None:
    for table in theme.THEMES.values():
        theme.use(table)  # a rule that Qt cannot read is a warning, and a warning fails the test


def test_the_theme_is_chosen_and_kept(window: MainWindow) -> None:
    window.actions_table["theme_light"].trigger()

    assert theme.current() is theme.LIGHT
    assert window.preferences.theme == "light"
    assert window.actions_table["theme_light"].isChecked()


@pytest.mark.parametrize("size", [SMALLEST, (1600, 1000), (3840, 2160)])
def test_the_canvas_has_most_of_the_room_at_every_size(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    window.resize(*size)
    window.files.new()
    qtbot.waitUntil(lambda: window.workspace.laid_out)

    qtbot.waitUntil(lambda: window.workspace.canvas.width() > size[0] * 0.4)
    qtbot.waitUntil(lambda: window.workspace.docks["palette"].width() <= size[0] * 0.25)
    assert window.width() == size[0] and window.height() == size[1]
    assert window.workspace.canvas.height() > window.height() * 0.35


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_button_of_the_tool_bar_goes_in_the_smallest_window(
    window: MainWindow, qtbot: QtBot, language: str
) -> None:
    words.set_language(language)
    with qtbot.waitSignal(window.files.shown, timeout=10_000):
        window.files.open_example(places.gallery() / "digits.json")
    window.setWindowState(Qt.WindowState.WindowNoState)
    window.resize(*SMALLEST)
    window.trainer._set_state("running")
    label = max(window.toolbar.findChildren(QLabel), key=lambda label: label.isVisible())
    label.setText("epoch 128/200 · 31 400 samples/s · 1:02:12 left")
    qtbot.waitUntil(lambda: window.toolbar.width() <= SMALLEST[0])
    qtbot.wait(50)

    assert window.toolbar.export_button.isVisible()
    window.trainer._set_state("idle")


def test_the_layout_is_kept_and_can_be_reset(window: MainWindow, qtbot: QtBot) -> None:
    window.files.new()
    qtbot.waitUntil(lambda: window.workspace.laid_out)
    window.actions_table["show_inspector"].trigger()
    assert window.workspace.docks["inspector"].isHidden()
    window.workspace.keep_layout()
    assert window.preferences.layout("docks") is not None

    window.actions_table["reset_layout"].trigger()

    assert not window.workspace.docks["inspector"].isHidden()
    assert window.preferences.layout("docks") is None


def test_preferences_outlive_the_object(preferences: Preferences, tmp_path: object) -> None:
    preferences.theme = "dark"
    preferences.language = "zh_CN"
    preferences.add_recent(places.gallery() / "digits.json")
    preferences.add_recent(places.gallery() / "iris.json")
    preferences.add_recent(places.gallery() / "digits.json")
    preferences.sync()

    again = Preferences(tmp_path / "window.ini")  # type: ignore[operator]

    assert (again.theme, again.language) == ("dark", "zh_CN")
    assert [path.stem for path in again.recent] == ["digits", "iris"]


def test_a_dropped_project_opens_and_anything_else_is_answered(window: MainWindow, qtbot: QtBot) -> None:
    def drop(name: str) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(name)])
        plain, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
        window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, plain))

    drop("/somewhere/song.mp3")
    assert "song.mp3 is nothing that Netloom opens" in str(window.notices.notices[0].text)
    with qtbot.waitSignal(window.files.shown, timeout=10_000):
        drop(str(places.gallery() / "iris.json"))
    assert "fc1" in window.session.document.nodes("model") or window.session.document.nodes("model")


def test_the_same_notice_is_shown_once_and_old_ones_make_room(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    for _ in range(3):
        bar.show_notice("error", Message("The disk is full."))
    assert len(bar.notices) == 1

    for number in range(MOST):
        bar.show_notice("warning", Message("{n}", n=number))
    assert [str(notice.text) for notice in bar.notices] == [str(n) for n in range(MOST)]


def test_an_exception_that_repeats_is_written_and_shown_once(qtbot: QtBot, tmp_path: object) -> None:
    now = [0.0]
    crashes = CrashLog(tmp_path, clock=lambda: now[0])  # type: ignore[arg-type]
    told: list[Message] = []
    crashes.caught.connect(told.append)
    crashes._before = (lambda *_: None, crashes._before[1])
    try:
        crashes.install()

        def fail() -> None:
            try:
                raise ValueError("paint")
            except ValueError as error:
                crashes._on_exception(ValueError, error, error.__traceback__)

        for _ in range(50):
            fail()
        assert len(told) == 1
        now[0] = 60.0
        fail()
        assert len(told) == 2
    finally:
        crashes.uninstall()
    assert (tmp_path / "netloom.log").read_text().count("ValueError: paint") == 2  # type: ignore[operator]


def test_an_engine_that_cannot_be_imported_is_told_with_the_cure(qtbot: QtBot) -> None:
    engine = Engine(((Stage(), ("a_module_that_is_not_there",)), (Stage(), ())))

    with qtbot.waitSignal(engine.failed, timeout=5_000) as caught:
        engine.start()
    engine.wait()

    text = str(caught.args[0])
    assert "PyTorch cannot be imported" in text and "netloom doctor" in text


def test_a_dropped_table_gets_a_project_of_its_own(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "plants.csv"
    file.write_text(
        "height,kind\n" + "\n".join(f"{i * 1.5},{'ab'[i % 2]}" for i in range(40)), encoding="utf-8"
    )
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    plain, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton

    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, plain))

    qtbot.waitUntil(lambda: window.session.document.data().data.get("source") == "table", timeout=20_000)
    assert window.files.active


def test_an_icon_that_is_squeezed_to_nothing_is_nothing(qapp: QApplication) -> None:
    assert icon("stop").pixmap(QSize(16, 16)).width() == 16
    assert icon("stop").pixmap(QSize(0, 16)).isNull()
