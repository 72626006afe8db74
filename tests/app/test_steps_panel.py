"""The list of steps in the Data panel: in words, by mouse and by keyboard, each change undoable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.app.settings_panel import data_words, preview
from studio.app.settings_panel.steps import StepsPanel
from studio.app.tasks import Ticket
from studio.data.sources import KINDS as SOURCE_KINDS
from studio.data.steps import KINDS
from studio.graph.model import Network, ProjectData

TABLE = {
    "source": "table",
    "root": "things.csv",
    "reading": {
        "encoding": "utf-8",
        "separator": ",",
        "header": True,
        "rows": 9,
        "target": "kind",
        "columns": [
            {"name": "age", "type": "number"},
            {"name": "colour", "type": "category", "values": ["blue", "red"]},
            {"name": "kind", "type": "category", "values": ["a", "b"]},
        ],
    },
}


def panel_of(qtbot: QtBot, **data: Any) -> StepsPanel:
    session = Session()
    session.open(ProjectData("Test", {"model": Network()}, {"data": data}), None)
    session._idle.stop()
    panel = StepsPanel(session)
    session.edited.connect(lambda _: panel.refresh())
    qtbot.addWidget(panel)
    panel.retranslate()
    panel.show()
    return panel


def lines(panel: StepsPanel) -> list[str]:
    panel.session._idle.stop()
    return [panel.list.item(i).text() for i in range(panel.list.count())]


def written(panel: StepsPanel) -> Any:
    return panel.session.document.setting(("data", "preprocessing"))


def action(panel: StepsPanel, kind: str) -> QAction:
    """What the menu has for a step."""
    panel._fill_menu()
    return next(a for a in panel.menu.actions() if a.text().startswith(str(KINDS[kind].title)))


def test_steps_stand_in_their_order_in_words(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, **TABLE, missing="mean")

    assert lines(panel) == [
        "1  Missing numbers become the mean",
        "2  Standardise",
        "3  Categories become columns of 0 and 1",
    ]


def test_a_step_is_added_behind_the_chosen_one_and_undone(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, source="wine")

    action(panel, "outliers").trigger()

    assert lines(panel) == ["1  Standardise", "2  Values farther than 3 deviations are clipped"]
    assert written(panel) == [{"type": "standardize"}, {"type": "outliers"}]
    assert panel.session.undo_stack.undoText() == "Add the step Outliers"
    assert panel.list.currentRow() == 1
    panel.session.undo_stack.undo()
    assert lines(panel) == ["1  Standardise"]


def test_what_stands_there_by_itself_is_written_only_where_the_order_needs_it(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, **TABLE)
    panel.list.setCurrentRow(2)

    action(panel, "pca").trigger()

    assert written(panel) == [{"type": "standardize"}, {"type": "one_hot"}, {"type": "pca", "components": 2}]
    panel.list.setCurrentRow(0)
    assert not panel.delete.isEnabled()
    assert "by itself" in panel.delete.toolTip()


def test_steps_are_moved_and_removed_by_keys(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, source="wine", preprocessing=[{"type": "standardize"}, {"type": "outliers"}])
    panel.list.setCurrentRow(1)

    qtbot.keyClick(panel.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)

    assert [step["type"] for step in written(panel)] == ["outliers", "standardize"]
    assert panel.list.currentRow() == 0
    assert panel.session.undo_stack.undoText() == "Move the step Outliers up"
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert written(panel) == [{"type": "standardize"}]
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    assert written(panel) == []
    assert panel.list.count() == 0


def test_a_missing_step_moved_down_is_told_from_then_on(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, **TABLE, missing="mean")
    panel.list.setCurrentRow(0)

    panel.down.click()

    assert written(panel) == [{"type": "standardize"}, {"type": "missing", "by": "mean"}]
    assert lines(panel)[1] == "2  Missing numbers become the mean"


def test_the_fields_of_the_chosen_step_are_edited(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, **TABLE)
    panel.list.setCurrentRow(0)
    choice = panel.findChild(QComboBox, "data_step_by")

    choice.setCurrentIndex(4)
    choice.activated.emit(4)

    assert written(panel) == [{"type": "missing", "by": "neighbours"}, {"type": "standardize"}]
    rows = panel.findChildren(QSpinBox, "data_step_neighbours")[-1]
    rows.setValue(9)
    assert written(panel)[0] == {"type": "missing", "by": "neighbours", "neighbours": 9}
    assert lines(panel)[0] == "1  Missing numbers become the mean of the 9 rows most like theirs"
    panel.session.undo_stack.undo()
    assert written(panel)[0] == {"type": "missing", "by": "neighbours"}


def test_a_number_out_of_range_is_told_and_not_written(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, source="wine", preprocessing=[{"type": "outliers"}])
    line = panel.findChild(QLineEdit, "data_step_deviations")

    line.setText("0")
    line.editingFinished.emit()

    assert written(panel) == [{"type": "outliers"}]
    assert panel.form._complaints[panel.form.fields[1]].text() == "Needed is a number from 0.1 to 100."


def test_columns_are_ticked_in_a_menu(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, source="iris")
    field = panel.form.fields[0]

    field._fill()
    field._menu.actions()[1].trigger()

    assert written(panel) == [{"type": "standardize", "columns": ["sepal width (cm)"]}]
    assert lines(panel) == ["1  Standardise: sepal width (cm)"]


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        ({"source": "wine"}, "grey", "Grey (it is for images)"),
        ({"source": "digits"}, "grey", "Grey (the images have no colour)"),
        ({"source": "digits"}, "pca", "Main directions (PCA) (it is for tables)"),
        ({"source": "wine"}, "one_hot", "One-hot categories (none of the columns is a category)"),
    ],
)
def test_a_step_that_does_not_fit_is_switched_off_with_the_reason(
    qtbot: QtBot, data: dict[str, Any], kind: str, reason: str
) -> None:
    found = action(panel_of(qtbot, **data), kind)

    assert not found.isEnabled()
    assert found.text() == reason


def test_a_step_that_does_not_fit_any_more_is_struck_out_and_the_problem_told(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, source="digits", preprocessing=[{"type": "standardize"}, {"type": "pca"}])

    assert panel.list.item(1).font().strikeOut()
    assert not panel.list.item(0).font().strikeOut()
    assert "data.preprocessing[1]: Main directions (PCA) does not fit here" in panel.problem.text()


def test_how_many_rows_the_steps_leave_out_is_said_with_the_samples(tmp_path: Path) -> None:
    file = tmp_path / "things.csv"
    rows = [f"{'' if i % 10 == 0 else i},{'ab'[i % 2]}" for i in range(50)]
    file.write_text("size,kind\n" + "\n".join(rows) + "\n")
    reading = SOURCE_KINDS["table"].look(file, {"target": "kind"})
    steps = [{"type": "missing", "by": "drop"}]
    ticket = Ticket(lambda share, text: None)

    found = preview.read(
        ticket,
        {"source": "table", "root": str(file), "reading": reading, "preprocessing": steps},
        None,
        False,
    )

    assert sum(found.counts) == 45
    assert data_words.counts_text(found).endswith("· 5 left out")
