"""The lesson of a gallery project beside its network: its page, its exercises, and when it is in sight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio import places, words
from studio.app.lesson import LessonPanel
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.app.window import MainWindow
from studio.graph.model import ProjectData
from studio.insight import gallery
from studio.project import files
from studio.training.run import train


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    return Session()


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> Iterator[LessonPanel]:
    trainer = Trainer(session)
    made = LessonPanel(session, trainer)
    qtbot.addWidget(made)
    yield made
    trainer.deleteLater()


def copy_of(name: str) -> ProjectData:
    return gallery.own_copy(files.load(places.gallery() / f"{name}.json"), name)


@pytest.fixture
def open_copy(session: Session, panel: LessonPanel, qtbot: QtBot) -> Callable[[str, Path | None], None]:
    def open_(name: str, path: Path | None = None) -> None:
        with qtbot.waitSignal(panel.found, check_params_cb=bool):
            session.open(copy_of(name), path)

    return open_


def check(panel: LessonPanel, qtbot: QtBot) -> None:
    panel.check_button.click()
    qtbot.waitUntil(lambda: panel.check_button.isEnabled() and bool(panel.rows[0].said), timeout=20_000)


def test_a_copy_of_an_example_shows_its_page_and_its_exercises(
    panel: LessonPanel, open_copy: Callable[..., None]
) -> None:
    open_copy("iris")

    assert "Iris flowers" in panel.page.toPlainText()
    assert len(panel.rows) == 3


def test_the_page_changes_with_the_language(panel: LessonPanel, open_copy: Callable[..., None]) -> None:
    open_copy("iris")

    words.set_language("zh_CN")

    assert "鸢尾花" in panel.page.toPlainText()
    assert panel.check_button.text() == "检查"
    assert "训练" in panel.rows[0].exercise.text(words.language())


def test_a_project_of_ones_own_has_no_lesson(
    session: Session, panel: LessonPanel, open_copy: Callable[..., None]
) -> None:
    open_copy("iris")

    session.open(ProjectData("Mine"), None)

    assert not panel.has_lesson
    assert panel.rows == []
    assert panel.check_button.isHidden()


def test_checking_says_what_is_still_missing(
    panel: LessonPanel, open_copy: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_copy("iris", tmp_path / "iris.json")

    check(panel, qtbot)

    assert [row.solved for row in panel.rows] == [False, False, False]
    assert panel.rows[0].said == "Now train (F5): the rest is read off the run."
    assert "nn.ReLU" in panel.rows[1].said


def test_a_solved_exercise_stays_ticked(
    session: Session, panel: LessonPanel, open_copy: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_copy("iris", tmp_path / "iris.json")
    train(copy_of("iris"), tmp_path, tmp_path / "iris.runs")
    check(panel, qtbot)
    assert panel.rows[0].solved

    with session.edit(words.Message("Take out")) as edit:
        edit.set_param("model", "fc1", "out_features", 5)
    check(panel, qtbot)

    assert panel.rows[0].solved
    assert panel.rows[0].said == "Solved."


def test_a_run_of_another_lesson_does_not_count(
    panel: LessonPanel, open_copy: Callable[..., None], qtbot: QtBot, tmp_path: Path
) -> None:
    open_copy("digits", tmp_path / "iris.json")
    train(copy_of("iris"), tmp_path, tmp_path / "iris.runs")

    check(panel, qtbot)

    assert panel.rows[0].said == "Now train (F5): the rest is read off the run."


def test_with_a_lesson_the_panels_below_reach_to_the_right(window: MainWindow) -> None:
    workspace, corner = window.workspace, Qt.Corner.BottomRightCorner

    workspace.lesson.found.emit(True)
    assert workspace.corner(corner) == Qt.DockWidgetArea.BottomDockWidgetArea

    workspace.lesson.found.emit(False)
    assert workspace.corner(corner) == Qt.DockWidgetArea.RightDockWidgetArea
