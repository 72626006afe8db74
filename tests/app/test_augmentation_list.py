"""The list of augmentation and the choice of a split in the Data panel: an edit is a step."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.app.settings_panel.augmentation import AugmentationSteps
from studio.app.settings_panel.augmentation_preview import Changed, look
from studio.app.settings_panel.data import DataPanel
from studio.app.tasks import Ticket
from studio.data.augmentation import samples
from studio.data.sources import KINDS
from studio.graph.model import Network, ProjectData
from studio.graph.operations import MISSING

FLIP, NOISE = {"type": "flip", "horizontal": 0.5, "vertical": 0.0}, {"type": "noise", "std": 0.1}


def session_of(**data: object) -> Session:
    session = Session()
    session.open(ProjectData("Test", {"model": Network()}, {"data": data}), None)
    session._idle.stop()
    return session


def panel_of(qtbot: QtBot, **data: object) -> AugmentationSteps:
    panel = AugmentationSteps(session_of(**data))
    qtbot.addWidget(panel)
    panel.show()
    return panel


def steps(panel: AugmentationSteps) -> object:
    panel.session._idle.stop()
    return panel.session.document.setting(("data", "augmentation"))


def press(panel: AugmentationSteps, name: str) -> None:
    panel.findChild(QToolButton, name).click()


def undo(panel: AugmentationSteps) -> None:
    panel.session.undo_stack.undo()
    panel.session._idle.stop()


def ticket() -> Ticket:
    return Ticket(lambda share, text: None)


# -- the list ------------------------------------------------------------------------------------


def test_only_steps_that_fit_the_data_are_offered(qtbot: QtBot) -> None:
    images = [action.text() for action in panel_of(qtbot, source="digits").add.menu().actions()]
    rows = [action.text() for action in panel_of(qtbot, source="iris").add.menu().actions()]

    assert images[0] == "Flip" and "RandAugment" in images and "Mask words" not in images
    assert rows == ["Noise", "Mask numbers"]
    assert not panel_of(qtbot, source="cartpole").add.menu().actions()


def test_a_step_is_added_with_its_usual_values_and_undone_as_one(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, source="digits")

    panel.add.menu().actions()[0].trigger()

    assert steps(panel) == [FLIP]
    assert panel.session.undo_stack.label(0) == "Add Flip to the augmentation"
    assert [row.type for row in panel._rows] == ["flip"]
    undo(panel)
    assert steps(panel) is MISSING and not panel._rows


def test_steps_are_moved_and_taken_out(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, source="digits", augmentation=[FLIP, NOISE])

    press(panel, "augmentation_down_0")
    assert steps(panel) == [NOISE, FLIP]
    assert [row.type for row in panel._rows] == ["noise", "flip"]
    press(panel, "augmentation_up_1")
    assert steps(panel) == [FLIP, NOISE]
    press(panel, "augmentation_remove_0")
    assert steps(panel) == [NOISE]
    for _ in range(3):
        undo(panel)
    assert steps(panel) == [FLIP, NOISE]


def test_a_value_is_written_and_a_wrong_one_is_told_beside_it(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, source="digits", augmentation=[FLIP, NOISE])
    line = panel.findChild(QLineEdit, "data_augmentation_0_horizontal")

    line.setText("0.25")
    line.editingFinished.emit()
    assert steps(panel) == [{**FLIP, "horizontal": 0.25}, NOISE]

    line.setText("2")
    line.editingFinished.emit()
    assert steps(panel) == [{**FLIP, "horizontal": 0.25}, NOISE]
    assert panel.wrong.text() == "Flip: a number from 0 to 1 is needed here."


def test_a_step_of_other_data_is_told_with_what_to_do(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, source="iris", augmentation=[FLIP])

    assert "Flip is for images, and the data are tables. Take it out" in panel.wrong.text()
    press(panel, "augmentation_remove_0")
    assert steps(panel) is MISSING and not panel.wrong.isVisibleTo(panel)


def test_samples_are_shown_before_and_after(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, source="digits", augmentation=[{"type": "rotate", "degrees": 90}])
    samples.some({"source": "digits"}, None)  # what is imported for it is imported now
    panel.session.engine_ready = True
    panel._look()
    qtbot.waitUntil(lambda: panel.view._found is not None, timeout=20_000)
    first = panel.view._found
    assert first is not None and len(first.before) == len(first.after) == 12

    panel.again.click()
    qtbot.waitUntil(lambda: panel.view._found is not first, timeout=20_000)
    second = panel.view._found
    assert second is not None and second.before == first.before and second.after != first.after
    assert second.kept is first.kept, "the data are read once"


def test_what_is_looked_at_fits_the_data(tmp_path: Path) -> None:
    table = look(ticket(), {"source": "iris", "augmentation": [{"type": "mask", "p": 0.5}]}, None, 0, None)
    assert table.columns[0] == "sepal length (cm)"
    changed = [text for row in table.cells for text, other in row if other]
    assert changed and all("→" in text for text in changed)

    path = tmp_path / "reviews.csv"
    rows = [f"this is the long review number {i} of all,{'good' if i % 2 else 'bad'}" for i in range(60)]
    path.write_text("\n".join(["text,label", *rows]))
    section = {"source": "text", "root": str(path), "reading": KINDS["text"].look(path, {})}
    texts = look(ticket(), {**section, "augmentation": [{"type": "mask_tokens", "p": 0.5}]}, None, 0, None)
    assert texts.columns == ("before", "after")
    assert "□" in texts.cells[0][1][0] and "□" not in texts.cells[0][0][0]

    series = tmp_path / "load.csv"
    series.write_text(
        "date,load\n" + "".join(f"2020-01-{1 + i // 24:02} {i % 24:02}:00,{i % 24}\n" for i in range(480))
    )
    section = {"source": "series", "root": str(series), "reading": KINDS["series"].look(series, {})}
    curves = look(ticket(), {**section, "augmentation": [NOISE]}, None, 0, None)
    assert len(curves.curves) == 12 and curves.curves[0][0] != curves.curves[0][1]
    assert isinstance(curves, Changed)


# -- the split -----------------------------------------------------------------------------------


@pytest.fixture
def plants(qtbot: QtBot, tmp_path: Path) -> DataPanel:
    path = tmp_path / "plants.csv"
    lines = [
        f"{i * 7 % 60},{'abcdef'[i % 6]},{'test' if i % 5 else 'train'},{'xy'[i % 2]}" for i in range(60)
    ]
    path.write_text("\n".join(["height,plot,part,kind", *lines]))
    reading = KINDS["table"].look(path, {"target": "kind"})
    panel = DataPanel(session_of(source="table", root=str(path), reading=reading))
    qtbot.addWidget(panel)
    panel.resize(1000, 400)
    panel.show()
    return panel


def chosen(panel: DataPanel, field: str, text: str) -> None:
    combo = panel.findChild(QComboBox, field)
    combo.setCurrentIndex([combo.itemText(i) for i in range(combo.count())].index(text))
    combo.activated.emit(combo.currentIndex())


def split(panel: DataPanel) -> object:
    panel._session._idle.stop()
    return panel._session.document.setting(("data", "split"))


def test_the_columns_of_the_file_are_offered_to_split_by(plants: DataPanel) -> None:
    column = plants.split_column.editor
    assert not column.isVisibleTo(plants)

    chosen(plants, "data_split_by", "by group")
    assert split(plants) == {"by": "group"}
    assert column.isVisibleTo(plants) and column.placeholderText() == "Choose a column…"
    assert [column.itemText(i) for i in range(column.count())] == ["height", "plot", "part"]

    chosen(plants, "data_split_column", "plot")
    assert split(plants) == {"by": "group", "group": "plot"}
    plants._session.undo_stack.undo()
    assert split(plants) == {"by": "group"}


def test_a_column_that_says_what_tests_is_found_and_is_no_input_any_more(plants: DataPanel) -> None:
    chosen(plants, "data_split_by", "as given")

    assert split(plants) == {"by": "given", "given": "part"}
    columns = plants._session.document.setting(("data", "reading", "columns"))
    assert [entry["type"] for entry in columns if entry["name"] == "part"] == ["left out"]
    plants._session.undo_stack.undo()
    plants._session._idle.stop()
    columns = plants._session.document.setting(("data", "reading", "columns"))
    assert [entry["type"] for entry in columns if entry["name"] == "part"] == ["category"]

    chosen(plants, "data_split_by", "as given")
    chosen(plants, "data_split_by", "automatic")
    assert split(plants) == {}


def test_only_ways_that_the_data_allow_are_offered(qtbot: QtBot) -> None:
    def ways(**data: object) -> list[str]:
        panel = DataPanel(session_of(**data))
        qtbot.addWidget(panel)
        combo = panel.split_by.editor
        return [combo.itemText(i) for i in range(combo.count())]

    assert ways(source="iris") == ["automatic", "at random", "by class"]
    assert ways(source="diabetes") == ["automatic", "at random"]


def test_other_data_take_out_what_does_not_fit_them(plants: DataPanel) -> None:
    session = plants._session
    chosen(plants, "data_split_by", "as given")
    with session.edit("x") as edit:  # type: ignore[arg-type]
        edit.set(("data", "augmentation"), [NOISE, {"type": "mask", "p": 0.1}])

    plants.source.setCurrentIndex(plants.source.findData("digits"))
    plants.source.activated.emit(plants.source.currentIndex())

    session._idle.stop()
    assert session.document.setting(("data", "augmentation")) == [NOISE]
    assert split(plants) == {}
