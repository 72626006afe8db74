"""The Try panel: dropped pictures and typed rows and sentences, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from studio.app import drops
from studio.app.predicting.panel import TryPanel
from studio.app.predicting.shares import SharesView, percent
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.app.window import MainWindow
from studio.graph.model import ProjectData
from studio.insight.prediction import Answer
from studio.project import files
from studio.training import run as training
from tests.conftest import PATIENCE_MS
from tests.export.test_own_files_script import project, table, texts
from tests.export.test_training_script import example


@pytest.fixture
def session() -> Session:
    return Session()


def saved(drawn: ProjectData, folder: Path) -> Path:
    """The file of a project that was trained once."""
    path = folder / "mine.json"
    files.save(path, drawn)
    training.train(drawn, folder, folder / "mine.runs")
    return path


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> Iterator[TryPanel]:
    trainer = Trainer(session)
    made = TryPanel(session, trainer)
    qtbot.addWidget(made)
    made.show()
    yield made
    trainer.shutdown()


def opened(qtbot: QtBot, panel: TryPanel, session: Session, path: Path) -> None:
    session.open(files.load(path), path)
    qtbot.waitUntil(lambda: panel.run.count() == 1 and panel.pages.isVisible(), timeout=PATIENCE_MS)


def answer(qtbot: QtBot, panel: TryPanel) -> Answer:
    qtbot.waitUntil(lambda: panel.shares.answer is not None, timeout=PATIENCE_MS)
    assert panel.shares.answer is not None
    return panel.shares.answer


def test_before_anything_was_trained_the_panel_says_how_to_begin(qtbot: QtBot, panel: TryPanel) -> None:
    assert "Train the network" in panel._nothing.text()
    assert not panel.takes_pictures


@pytest.mark.slow
def test_a_picture_dropped_on_the_window_is_told_where_the_network_knows_pictures(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    dark = np.full((20, 20), 255, np.uint8)
    dark[4:16, 8:12] = 0
    Image.fromarray(dark).save(tmp_path / "one.png")
    (tmp_path / "torn.png").write_bytes(b"none")
    window.files.open(saved(example("digits"), tmp_path))
    qtbot.waitUntil(lambda: window.files.active, timeout=PATIENCE_MS)
    window.workspace.show_tab("try")
    panel: Any = window.workspace.pages["try"].panel
    qtbot.waitUntil(lambda: bool(panel.takes_pictures), timeout=PATIENCE_MS)
    window.workspace.show_tab("curves")

    assert drops.take([tmp_path / "one.png"], window)
    said = answer(qtbot, panel)

    assert window.workspace.tabs.currentWidget() is window.workspace.pages["try"]
    assert said.swapped
    assert panel.swap.isChecked()
    assert panel.folder_button.isVisible()
    assert sum(share for _, share in said.shares) == pytest.approx(1.0)

    panel.swap.click()
    qtbot.waitUntil(lambda: panel.shares.answer is not said, timeout=PATIENCE_MS)
    assert not answer(qtbot, panel).swapped

    assert drops.take([tmp_path / "torn.png"], window)
    qtbot.waitUntil(lambda: "torn.png does not open" in panel.status.text(), timeout=PATIENCE_MS)
    assert panel.shares.answer is None


@pytest.mark.slow
def test_a_row_is_told_as_it_is_typed(
    qtbot: QtBot, panel: TryPanel, session: Session, tmp_path: Path
) -> None:
    opened(qtbot, panel, session, saved(project(table(tmp_path)), tmp_path))

    panel.row.fill({"age": "41", "place": "south"})
    first = answer(qtbot, panel)
    assert panel.row.fields()["place"] == "south"
    assert {name for name, _ in first.shares} == {"no", "yes"}

    panel.row.fill({"age": "many"})
    qtbot.waitUntil(lambda: "'many' in the column age" in panel.status.text(), timeout=PATIENCE_MS)


@pytest.mark.slow
def test_a_sentence_is_told_as_it_is_typed(
    qtbot: QtBot, panel: TryPanel, session: Session, tmp_path: Path
) -> None:
    opened(qtbot, panel, session, saved(project(texts(tmp_path)), tmp_path))

    panel.sentence.setPlainText("a good film")

    assert len(answer(qtbot, panel).shares) == 2


def test_bars_say_what_they_show(qtbot: QtBot) -> None:
    view = SharesView()
    qtbot.addWidget(view)

    view.display(Answer(shares=(("cat", 0.75), ("dog", 0.25))))

    assert view.accessibleName() == "cat 75.0 %, dog 25.0 %"
    assert view.height() > 0
    view.display(Answer(values=(("price", 12.345),)))
    assert view.accessibleName() == "price 12.3"
    view.grab()


def test_what_is_nearly_certain_does_not_look_certain() -> None:
    assert [percent(share) for share in (0.0, 0.0001, 0.5, 0.99999, 1.0)] == [
        "0.0 %",
        "< 0.1 %",
        "50.0 %",
        "> 99.9 %",
        "100.0 %",
    ]
