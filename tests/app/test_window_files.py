"""Opening, saving and closing in a real window: nothing is lost, and one is asked once, in words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QFileInfo, Qt
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from studio import places
from studio.app import questions
from studio.app.canvas.geometry import CARD_HEIGHT
from studio.app.import_dialog import ImportDialog
from studio.app.window import MainWindow
from studio.graph.model import Network, Node, ProjectData
from studio.project import files, recovery
from studio.words import Message

DIGITS = places.gallery() / "digits.json"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "mine.json"
    shutil.copy(DIGITS, path)
    return path


def opened(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    with qtbot.waitSignal(window.files.shown, timeout=10_000):
        window.files.open(path)


def add_node(window: MainWindow, id_: str = "extra") -> None:
    with window.session.edit(Message("Add {node}", node=id_)) as edit:
        edit.add_node("model", Node(id_, "nn.ReLU"))


def press(window: MainWindow, qtbot: QtBot, name: str) -> None:
    button = window.findChild(QPushButton, name)
    assert button is not None, f"there is no {name}"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def question(window: MainWindow) -> QMessageBox | None:
    return next((box for box in window.findChildren(QMessageBox) if box.isVisible()), None)


def test_the_window_begins_with_the_gallery_and_three_ways_of_ones_own(window: MainWindow) -> None:
    assert window.stack.currentWidget() is window.welcome
    assert [card.example.file.stem for card in window.welcome.cards][:3] == ["digits", "iris", "diabetes"]
    page = window.welcome
    assert all(button.isVisible() for button in (page.new_button, page.open_button, page.import_button))


def test_a_model_is_imported_from_the_first_page(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.welcome.import_button, Qt.MouseButton.LeftButton)
    dialog = next(iter(window.findChildren(ImportDialog)), None)
    assert dialog is not None and dialog.isVisible()
    dialog.close()


def test_a_project_is_shown_as_large_as_it_can_be_read(
    window: MainWindow, qtbot: QtBot, project: Path
) -> None:
    opened(window, qtbot, project)
    canvas = window.workspace.canvas
    qtbot.waitUntil(lambda: canvas.view.viewport().height() > 200 and canvas.view.zoom >= 0.8)
    seen = canvas.view.visible_rect()
    canvas.resize(canvas.width(), canvas.height() - 60)
    assert canvas.view.zoom >= 0.8 and seen.contains(canvas.graph.cards["image"].pos())


def test_one_click_opens_a_copy_of_an_example(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.files.shown, timeout=10_000):
        qtbot.mouseClick(window.welcome.cards[0], Qt.MouseButton.LeftButton)

    assert window.session.path is None
    assert "conv1" in window.session.document.nodes("model")
    assert "about" not in window.session.document.settings
    assert not window.session.dirty


def test_a_new_project_shows_where_data_is_chosen(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.welcome.new_button, Qt.MouseButton.LeftButton)

    page = window.workspace.pages["data"]
    assert window.workspace.tabs.currentWidget() is page
    assert page.panel is not None
    assert window.windowTitle() == "Untitled — Netloom"


def test_saving_writes_what_is_shown_and_takes_the_star_away(
    window: MainWindow, qtbot: QtBot, project: Path
) -> None:
    opened(window, qtbot, project)
    add_node(window)
    assert window.windowTitle() == "mine* — Netloom"

    with qtbot.waitSignal(window.session.path_changed, timeout=10_000):
        window.actions_table["save"].trigger()

    assert "extra" in files.load(project).networks["model"].nodes
    assert window.windowTitle() == "mine — Netloom"


def test_what_is_edited_while_a_file_is_written_stays_unsaved(
    window: MainWindow, qtbot: QtBot, project: Path
) -> None:
    opened(window, qtbot, project)
    add_node(window, "before")
    with qtbot.waitSignal(window.session.path_changed, timeout=10_000):
        window.files.save()
        add_node(window, "after")

    assert window.session.dirty
    assert "after" not in files.load(project).networks["model"].nodes


def test_a_project_saved_for_the_first_time_takes_the_name_of_its_file(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.files.new()
    window.files.save_as()
    dialog = window.findChild(object, "save_dialog")
    with qtbot.waitSignal(window.session.path_changed, timeout=10_000):
        dialog.fileSelected.emit(str(tmp_path / "flowers.json"))
    dialog.close()

    assert json.loads((tmp_path / "flowers.json").read_text())["name"] == "flowers"
    assert window.preferences.recent == [tmp_path / "flowers.json"]


def test_unsaved_work_is_asked_about_once_and_by_name(
    window: MainWindow, qtbot: QtBot, project: Path
) -> None:
    opened(window, qtbot, project)
    add_node(window)

    window.close()

    box = question(window)
    assert window.isVisible()
    assert box is not None
    assert box.text() == "Save changes to mine?"
    assert box.informativeText() == "One edit is not in the file yet: Add extra."
    press(window, qtbot, "cancel_button")
    assert window.isVisible()


def test_a_project_that_was_never_saved_is_asked_about_as_such(window: MainWindow, qtbot: QtBot) -> None:
    window.files.new()
    add_node(window)
    window.close()
    box = question(window)
    assert box is not None and box.informativeText() == "Nothing of it is in a file yet."
    press(window, qtbot, "cancel_button")


def test_dont_save_closes_and_leaves_the_file_as_it_was(
    window: MainWindow, qtbot: QtBot, project: Path
) -> None:
    opened(window, qtbot, project)
    before = project.read_bytes()
    add_node(window)
    window.close()
    press(window, qtbot, "dont_save_button")

    qtbot.waitUntil(lambda: not window.isVisible())
    assert project.read_bytes() == before
    assert recovery.find() == []


def test_save_in_the_question_saves_and_then_closes(window: MainWindow, qtbot: QtBot, project: Path) -> None:
    opened(window, qtbot, project)
    add_node(window)
    window.close()
    press(window, qtbot, "save_button")

    qtbot.waitUntil(lambda: not window.isVisible(), timeout=10_000)
    assert "extra" in files.load(project).networks["model"].nodes


def test_a_broken_file_is_told_and_the_open_project_stays(
    window: MainWindow, qtbot: QtBot, project: Path, tmp_path: Path
) -> None:
    opened(window, qtbot, project)
    broken = tmp_path / "broken.json"
    broken.write_text("{")

    with qtbot.waitSignal(window.session.notice, timeout=10_000):
        window.files.open(broken)

    assert window.session.path == project
    notices = window.notices.notices
    assert [notice.level for notice in notices] == ["error"]
    assert "broken.json" in str(notices[0].text)


def test_what_was_said_of_a_file_goes_when_another_project_is_opened(
    window: MainWindow, qtbot: QtBot, project: Path, tmp_path: Path
) -> None:
    broken, newer = tmp_path / "broken.json", tmp_path / "newer.json"
    broken.write_text("{")
    newer.write_text(json.dumps(json.loads(project.read_text()) | {"version": 99}))
    with qtbot.waitSignal(window.session.notice, timeout=10_000):
        window.files.open(broken)
    window.session.notice.emit("warning", Message("The disk is nearly full."))

    opened(window, qtbot, newer)
    said = [str(notice.text).partition(":")[0] for notice in window.notices.notices]
    assert said == ["The disk is nearly full.", "newer.json"]

    opened(window, qtbot, project)
    assert [str(notice.text) for notice in window.notices.notices] == ["The disk is nearly full."]


def test_a_file_of_a_newer_version_is_never_written_over(
    window: MainWindow, qtbot: QtBot, project: Path
) -> None:
    content = json.loads(project.read_text()) | {"version": 99}
    project.write_text(json.dumps(content))
    opened(window, qtbot, project)
    before = project.read_bytes()

    assert window.files.read_only is not None
    window.files.save()

    dialog = window.findChild(object, "save_dialog")
    assert dialog is not None
    dialog.fileSelected.emit(str(project))
    dialog.close()
    window.files.finish()
    assert project.read_bytes() == before


def test_work_of_a_window_that_died_is_offered_and_counts_as_unsaved(
    window: MainWindow, qtbot: QtBot, project: Path
) -> None:
    from studio.graph.document import Document
    from studio.project.journal import Journal

    document = Document(files.load(project))
    journal = Journal(recovery.default_folder(), document, project)
    with document.transaction(Message("Add")) as edit:
        edit.add_node("model", Node("unsaved", "nn.ReLU"))
    journal.close(discard=False)

    window.recovery.look()
    qtbot.waitUntil(lambda: bool(window.notices.notices), timeout=10_000)
    assert len(recovery.find()) == 1

    with qtbot.waitSignal(window.files.shown, timeout=10_000):
        press(window, qtbot, "recover_button")
    assert "unsaved" in window.session.document.nodes("model")
    assert window.session.dirty
    assert window.session.path == project
    qtbot.waitUntil(lambda: recovery.find() == [], timeout=10_000)


def test_an_edit_of_an_untitled_project_reaches_the_journal(window: MainWindow, qtbot: QtBot) -> None:
    window.files.new()
    add_node(window)

    journals = recovery.default_folder()
    qtbot.waitUntil(lambda: any(journals.glob("*.jsonl")), timeout=5_000)


def test_closing_while_training_asks_and_waits_for_the_run_to_end(window: MainWindow, qtbot: QtBot) -> None:
    window.files.new()
    window.trainer._set_state("running")

    window.close()
    box = question(window)
    assert box is not None
    assert box.text() == "Training is under way. Stop it?"
    press(window, qtbot, "stop_and_leave")
    assert window.isVisible()

    window.trainer._set_state("idle")
    qtbot.waitUntil(lambda: not window.isVisible())


def test_a_file_without_places_is_laid_out_and_not_edited_by_it(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    nodes = [{"id": "a", "type": "input"}, {"id": "b", "type": "nn.ReLU", "args": [{"n": "a"}]}]
    path = tmp_path / "written.json"
    content = {"format": "netloom-project", "version": 1, "networks": {"model": {"nodes": nodes}}}
    path.write_text(json.dumps(content), encoding="utf-8")

    opened(window, qtbot, path)

    first, second = (window.session.document.node("model", id_).at for id_ in ("a", "b"))
    assert second[1] >= first[1] + CARD_HEIGHT
    assert not window.session.dirty


def test_cards_that_were_placed_stay_where_they_are(window: MainWindow, qtbot: QtBot, project: Path) -> None:
    before = files.load(project)

    opened(window, qtbot, project)

    assert window.session.document.data().networks == before.networks


def test_a_file_dialog_tells_files_by_their_name_and_reads_none(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG\r\n\x1a\n")  # who reads it knows that it is one
    dialog = questions.open_file(window, tmp_path, lambda path: None)
    icons = dialog.iconProvider()
    assert icons.type(QFileInfo(str(tmp_path / "picture"))) == ""
    assert icons.type(QFileInfo(str(tmp_path / "mine.json"))) == "json"
    dialog.reject()


def test_every_file_dialog_shows_files_by_their_name() -> None:
    for file in (places.resources().parent / "studio" / "app").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert text.count("= QFileDialog(") == text.count("file_icons.use(dialog)"), file


def test_work_of_several_programs_is_offered_one_after_the_other(window: MainWindow, qtbot: QtBot) -> None:
    from studio.graph.document import Document
    from studio.project.journal import Journal

    for name in ("one", "two", "three"):
        document = Document(ProjectData(name, {"model": Network()}))
        journal = Journal(recovery.default_folder(), document, None)
        with document.transaction(Message("Add")) as edit:
            edit.add_node("model", Node("unsaved", "nn.ReLU"))
        journal.close(discard=False)
    window.recovery.look()
    qtbot.waitUntil(lambda: bool(window.notices.notices), timeout=10_000)
    for left in (2, 1):
        [notice] = window.notices.notices
        assert f"{left} more" in str(notice.text)
        notice.findChild(QPushButton, "next_work_button").click()
    [notice] = window.notices.notices
    assert "more" not in str(notice.text)
    assert len(recovery.find()) == 3, "offering deletes nothing"


def test_a_recent_file_that_is_gone_leaves_the_list(
    window: MainWindow, qtbot: QtBot, project: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    gone = tmp_path / "gone.json"
    for path in (project, broken, gone):
        window.preferences.add_recent(path)
    for path in (gone, broken):
        with qtbot.waitSignal(window.session.notice, timeout=10_000):
            window.files.open(path)
    assert window.preferences.recent == [broken, project]
