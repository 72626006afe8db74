"""The Explore panel: what the data holds is shown, oddities have cures, and each cure is one step."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio import words
from studio.app.data_page.models import ColumnRows
from studio.app.data_page.painting import FIGURE, Histogram, Relation, Share
from studio.app.data_page.panel import ExplorePanel
from studio.app.session import Session
from studio.app.settings_panel.own_file import OwnFile
from studio.app.window import MainWindow
from studio.data.sources import KINDS
from studio.graph.model import Network, ProjectData

ROWS = 120


@pytest.fixture
def plants(tmp_path: Path) -> Path:
    """A table where "bloom" tells "kind", and one in six is low."""
    file = tmp_path / "plants.csv"
    rows = []
    for i in range(ROWS):
        kind = "low" if i % 6 == 0 else "tall"
        rows.append(f"{i * 7 % 40 / 4},{'wet' if i % 7 % 2 else 'dry'},{kind.upper()},{kind}")
    file.write_text("\n".join(["height,soil,bloom,kind", *rows]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def panel(qtbot: QtBot, plants: Path) -> ExplorePanel:
    """The panel after it has looked at the table."""
    reading = KINDS["table"].look(plants, {})
    data = {"source": "table", "root": str(plants), "reading": reading}
    session = Session()
    session.open(ProjectData("Test", {"model": Network()}, {"data": data}), None)
    session._idle.stop()
    session.engine_ready = True
    panel = ExplorePanel(session)
    qtbot.addWidget(panel)
    panel.resize(1100, 260)
    panel.show()
    looked(qtbot, panel)
    return panel


def looked(qtbot: QtBot, panel: ExplorePanel) -> None:
    qtbot.waitUntil(lambda: panel._look is not None and panel._seen == panel._key(), timeout=60_000)
    qtbot.waitUntil(lambda: not panel._lane.busy, timeout=60_000)
    panel._session._idle.stop()


def cure(panel: ExplorePanel, label: str) -> QPushButton:
    return next(b for b in panel.findings.findChildren(QPushButton, "cure_button") if b.text() == label)


def test_columns_come_with_their_distribution_and_what_they_say(panel: ExplorePanel) -> None:
    model = panel.columns
    names = [model.index(row, ColumnRows.NAME).data() for row in range(model.rowCount())]
    assert names == ["kind", "height", "soil", "bloom"]

    bins = model.index(1, ColumnRows.BINS).data(FIGURE)
    said = model.index(3, ColumnRows.RELATION).data(FIGURE)
    assert isinstance(bins, Histogram) and not bins.category and sum(bins.bins) == 108
    assert isinstance(said, Relation) and said.value == pytest.approx(1.0) and not said.signed


def test_columns_are_sorted_by_how_much_they_say(panel: ExplorePanel) -> None:
    table = panel._column_table
    table.sortByColumn(ColumnRows.RELATION, Qt.SortOrder.DescendingOrder)

    assert table.model().index(0, ColumnRows.NAME).data() == "bloom"


def test_a_class_that_is_chosen_shows_its_samples_only(panel: ExplorePanel) -> None:
    panel._class_table.selectRow(1)

    assert panel.classes.index(1, 0).data() == "low"
    assert isinstance(panel.classes.index(1, 1).data(FIGURE), Share)
    assert panel.pages.currentWidget() is panel._sample_table
    assert panel.rows.heads()[0] == "kind"
    assert {panel.rows.index(row, 0).data() for row in range(panel.rows.rowCount())} == {"low"}

    panel._class_table.selectRow(0)
    assert {panel.rows.index(row, 0).data() for row in range(panel.rows.rowCount())} == {"low", "tall"}


def test_a_cure_of_the_training_is_one_step_and_goes_with_it(qtbot: QtBot, panel: ExplorePanel) -> None:
    cure(panel, "Weigh rare classes more").click()

    document = panel._session.document
    assert document.setting(("training", "class_weights")) == "balanced"
    assert panel._session.undo_stack.count() == 1
    looked(qtbot, panel)
    assert "Weigh rare classes more" not in [
        b.text() for b in panel.findings.findChildren(QPushButton, "cure_button") if b.isVisibleTo(panel)
    ]


def test_a_cure_of_the_file_looks_at_it_again_as_one_step(qtbot: QtBot, panel: ExplorePanel) -> None:
    file = OwnFile(panel._session)
    qtbot.addWidget(file)
    panel.look_again.connect(file.look_again)

    cure(panel, "Leave bloom out").click()
    qtbot.waitUntil(lambda: panel._session.undo_stack.count() == 1, timeout=20_000)
    panel._session._idle.stop()

    looked(qtbot, panel)
    assert [c.name for c in panel.columns.entries if c.type == "left out"] == ["bloom"]
    assert not [f for f in panel._look.findings if f.code == "leak"]
    panel._session.undo_stack.undo()
    panel._session._idle.stop()
    looked(qtbot, panel)
    assert [f for f in panel._look.findings if f.code == "leak"]


def test_what_was_found_of_another_project_cures_nothing(panel: ExplorePanel) -> None:
    button = cure(panel, "Weigh rare classes more")
    with panel._session.edit(words.Message("Set the seed")) as edit:
        edit.set(("data", "split"), {"seed": 7})
    panel._session._idle.stop()

    assert not button.isEnabled()
    panel._cure(panel._look.findings[0].cures[0])
    assert panel._session.undo_stack.count() == 1


def test_looking_can_be_stopped_and_taken_up_again(qtbot: QtBot, panel: ExplorePanel) -> None:
    panel._start()
    panel.button.click()
    assert not panel._lane.busy and "Stopped" in panel.status.text()

    panel.button.click()
    looked(qtbot, panel)
    assert "96 to train" in panel.status.text()


def test_what_cannot_be_read_is_said(qtbot: QtBot, panel: ExplorePanel, plants: Path) -> None:
    plants.unlink()
    panel._start()

    qtbot.waitUntil(lambda: "is not there" in panel.status.text(), timeout=20_000)
    assert panel.split.isHidden()


def test_images_are_shown_before_their_columns_and_texts_beside_their_classes(
    qtbot: QtBot, panel: ExplorePanel
) -> None:
    panel._session.open(ProjectData("D", {"model": Network()}, {"data": {"source": "digits"}}), None)
    panel._session._idle.stop()
    looked(qtbot, panel)

    assert panel.pages.currentWidget() is panel.gallery
    panel._class_table.selectRow(4)
    shown = panel.gallery.model()
    assert {shown.index(row, 0).data() for row in range(shown.rowCount())} == {"3"}


def test_a_narrow_page_gives_what_is_odd_a_tab_of_its_own(panel: ExplorePanel) -> None:
    assert panel.findings.isVisible() and panel._class_table.isVisible()

    panel.resize(500, 260)
    assert not panel.findings.isVisible() and not panel._class_table.isVisible()
    panel._choose_view("oddities")
    assert panel.findings.isVisible() and not panel.pages.isVisible()
    panel._choose_view("samples")
    assert panel._class_table.isVisible() and panel.pages.isVisible()


def test_the_tab_says_how_many_warnings_there_are(window: MainWindow) -> None:
    window.workspace._count_oddities(3)
    titles = [window.workspace.tabs.tabText(i) for i in range(window.workspace.tabs.count())]
    assert "Explore (3)" in titles
