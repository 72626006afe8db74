"""The Data and Training panels: each field is an edit that can be undone, each mistake is told beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from studio import words
from studio.app.session import Session
from studio.app.settings_panel.data import DataPanel
from studio.app.settings_panel.training import TrainingPanel
from studio.graph.model import Network, ProjectData
from studio.graph.operations import MISSING
from studio.training.options import SCHEDULES
from studio.training.proposals import Proposal
from studio.words import Message, NetloomError


def session_of(**settings: object) -> Session:
    session = Session()
    session.open(ProjectData("Test", {"model": Network()}, settings), None)
    session._idle.stop()
    return session


def shown(qtbot: QtBot, panel: QWidget) -> None:
    qtbot.addWidget(panel)
    panel.resize(1000, 260)
    panel.show()


@pytest.fixture
def training(qtbot: QtBot) -> TrainingPanel:
    panel = TrainingPanel(session_of(data={"source": "digits"}))
    shown(qtbot, panel)
    return panel


@pytest.fixture
def data(qtbot: QtBot) -> DataPanel:
    panel = DataPanel(session_of(data={}))
    shown(qtbot, panel)
    return panel


def setting(panel: TrainingPanel | DataPanel, *path: str) -> object:
    panel._session._idle.stop()
    return panel._session.document.setting(path)


def undo(panel: TrainingPanel | DataPanel) -> None:
    panel._session.undo_stack.undo()
    panel._session._idle.stop()


def typed(qtbot: QtBot, panel: QWidget, name: str, text: str) -> QLineEdit:
    line = panel.findChild(QLineEdit, name)
    line.setText(text)
    line.editingFinished.emit()
    return line


# -- training ----------------------------------------------------------------------------------


def test_defaults_are_shown_where_the_project_says_nothing(training: TrainingPanel) -> None:
    assert training.findChild(QSpinBox, "training_epochs").value() == 10
    assert training.findChild(QSpinBox, "training_batch_size").value() == 64
    assert training.findChild(QSpinBox, "training_threads").text() == "automatic"
    assert training.findChild(QLineEdit, "training_optimizer_lr").text() == "0.001"
    assert (
        training.findChild(QComboBox, "training_objective").currentText() == "from the data (Classification)"
    )


def test_the_length_of_the_training_is_reckoned(training: TrainingPanel) -> None:
    assert training.summary.text().endswith("23 steps an epoch, 230 in all.")


def test_a_field_writes_the_project_and_undo_takes_it_back(training: TrainingPanel) -> None:
    spin = training.findChild(QSpinBox, "training_epochs")
    spin.setValue(25)
    assert setting(training, "training", "epochs") == 25
    assert training._session.undo_stack.label(0) == "Set Epochs"
    undo(training)
    assert spin.value() == 10
    assert setting(training, "training", "epochs") is MISSING


def test_clicks_on_one_field_that_follow_each_other_are_one_step(training: TrainingPanel) -> None:
    spin = training.findChild(QSpinBox, "training_epochs")
    for _ in range(5):
        spin.stepUp()
    assert setting(training, "training", "epochs") == 15
    assert training._session.undo_stack.count() == 1


def test_two_fields_are_two_steps(training: TrainingPanel) -> None:
    training.findChild(QSpinBox, "training_epochs").setValue(3)
    training.findChild(QSpinBox, "training_seed").setValue(7)
    training._session._idle.stop()
    assert training._session.undo_stack.count() == 2


def test_another_optimiser_brings_its_own_fields_and_usual_values(
    training: TrainingPanel, qtbot: QtBot
) -> None:
    typed(qtbot, training, "training_optimizer_lr", "0.5")
    kind = training.findChild(QComboBox, "training_optimizer_type")
    kind.setCurrentText("SGD")
    kind.activated.emit(kind.currentIndex())
    assert setting(training, "training", "optimizer") == {"type": "SGD"}
    shown = [[f.path[-1] for f in form.fields] for form in (training.parameters, training.more.form)]
    assert shown == [["lr", "momentum", "weight_decay"], ["dampening", "nesterov"]]
    undo(training)
    assert setting(training, "training", "optimizer", "lr") == 0.5


@pytest.mark.parametrize("text", ["fast", "", "1e", "nan", "-1", "0"])
def test_a_learning_rate_that_is_none_is_told_and_not_written(
    training: TrainingPanel, qtbot: QtBot, text: str
) -> None:
    typed(qtbot, training, "training_optimizer_lr", text)
    complaint = training.findChild(QLabel, "training_optimizer_lr_complaint")
    assert not complaint.isHidden() and complaint.text()
    assert setting(training, "training", "optimizer") is MISSING
    typed(qtbot, training, "training_optimizer_lr", "3e-4")
    assert complaint.isHidden()
    assert setting(training, "training", "optimizer", "lr") == 3e-4


def test_leaving_a_field_as_it_is_edits_nothing(qtbot: QtBot) -> None:
    panel = TrainingPanel(session_of(training={"optimizer": {"type": "Adam", "weight_decay": 0}}))
    shown(qtbot, panel)
    panel.findChild(QLineEdit, "training_optimizer_weight_decay").editingFinished.emit()
    panel.findChild(QLineEdit, "training_optimizer_betas").editingFinished.emit()
    assert panel._session.undo_stack.count() == 0


def test_two_numbers_are_read_as_a_pair(training: TrainingPanel, qtbot: QtBot) -> None:
    typed(qtbot, training, "training_optimizer_betas", "0.8, 0.99")
    assert setting(training, "training", "optimizer", "betas") == [0.8, 0.99]
    typed(qtbot, training, "training_optimizer_betas", "0.8")
    assert not training.findChild(QLabel, "training_optimizer_betas_complaint").isHidden()
    assert setting(training, "training", "optimizer", "betas") == [0.8, 0.99]


def test_threads_can_be_left_to_the_machine_again(training: TrainingPanel) -> None:
    spin = training.findChild(QSpinBox, "training_threads")
    spin.setValue(2)
    assert setting(training, "training", "threads") == 2
    spin.setValue(spin.minimum())
    assert setting(training, "training", "threads") is None


def test_an_optimiser_written_by_its_name_alone_keeps_it_when_a_parameter_is_set(qtbot: QtBot) -> None:
    panel = TrainingPanel(session_of(training={"optimizer": "SGD"}))
    shown(qtbot, panel)
    assert panel.findChild(QLineEdit, "training_optimizer_momentum").text() == "0.9"
    typed(qtbot, panel, "training_optimizer_lr", "0.1")
    assert setting(panel, "training", "optimizer") == {"type": "SGD", "lr": 0.1}


def test_settings_that_do_not_fit_the_data_are_told(qtbot: QtBot) -> None:
    panel = TrainingPanel(session_of(data={"source": "diabetes"}, training={"objective": "classification"}))
    shown(qtbot, panel)
    assert "the data is for regression" in panel.summary.text()


def test_losses_follow_the_task_of_the_data(qtbot: QtBot) -> None:
    panel = TrainingPanel(session_of(data={"source": "diabetes"}))
    shown(qtbot, panel)
    combo = panel.findChild(QComboBox, "training_loss")
    assert [combo.itemText(i) for i in range(combo.count())] == [
        "usual (mean squared error)", "mean squared error", "mean absolute error", "Huber", "smooth L1",
    ]  # fmt: skip


def test_the_training_panel_speaks_chinese(training: TrainingPanel) -> None:
    words.set_language("zh_CN")
    assert training.objective.title.text() == "目标"
    assert training.findChild(QSpinBox, "training_threads").text() == "自动"


# -- data --------------------------------------------------------------------------------------


def choose(panel: DataPanel, name: str) -> None:
    panel.source.setCurrentIndex(panel.source.findData(name))
    panel.source.activated.emit(panel.source.currentIndex())
    panel._session._idle.stop()


def test_without_data_only_the_choice_is_shown(data: DataPanel) -> None:
    assert data.form.isHidden()
    assert data.status.text() == "Choose the data that the network learns from."


def test_sources_are_grouped_and_the_headings_cannot_be_chosen(data: DataPanel) -> None:
    model = data.source.model()
    rows = [
        (model.index(i, 0).data(), model.index(i, 0).data(Qt.ItemDataRole.UserRole))
        for i in range(model.rowCount())
    ]
    assert rows[0] == ("Your own file", None)
    assert {
        ("Bundled", None),
        ("Made to teach", None),
        ("From a folder", None),
        ("Table (CSV, TSV)…", "table"),
    } <= set(rows)
    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsEnabled


def test_choosing_data_is_one_step_and_describes_it(data: DataPanel) -> None:
    choose(data, "iris")
    assert setting(data, "data", "source") == "iris"
    assert "150 samples" in data.description.text() and "3 classes" in data.description.text()
    assert data._session.undo_stack.count() == 1
    undo(data)
    assert data.source.currentIndex() == -1


def test_a_source_with_files_asks_for_their_folder(data: DataPanel) -> None:
    choose(data, "iris")
    assert data._folder.isHidden()
    choose(data, "mnist")
    assert not data._folder.isHidden()
    data.root.setText("/data/mnist")
    data.root.editingFinished.emit()
    assert setting(data, "data", "root") == "/data/mnist"
    data.download.click()
    assert setting(data, "data", "download") is True


def test_another_source_forgets_the_folder_and_the_leave_to_download(data: DataPanel) -> None:
    choose(data, "mnist")
    data.root.setText("/data/mnist")
    data.root.editingFinished.emit()
    data.download.click()
    choose(data, "cifar10")
    assert setting(data, "data", "root") is MISSING
    assert setting(data, "data", "download") is MISSING


def test_a_share_that_cannot_be_is_told(data: DataPanel, qtbot: QtBot) -> None:
    choose(data, "iris")
    typed(qtbot, data, "data_split_validation", "1.5")
    assert not data.findChild(QLabel, "data_split_validation_complaint").isHidden()
    typed(qtbot, data, "data_split_validation", "0.25")
    assert setting(data, "data", "split", "validation") == 0.25


def test_a_set_of_its_own_fixes_the_test_share(data: DataPanel) -> None:
    choose(data, "mnist")
    assert not data._test.editor.isEnabled()
    choose(data, "iris")
    assert data._test.editor.isEnabled()


@pytest.mark.parametrize(("source", "kind"), [("digits", "pictures"), ("wine", "table")])
def test_samples_and_classes_are_shown(data: DataPanel, qtbot: QtBot, source: str, kind: str) -> None:
    data._session.engine_ready = True
    choose(data, source)
    qtbot.waitUntil(lambda: data._found is not None, timeout=120_000)
    assert data.view.samples.currentWidget() is getattr(data.view, kind)
    assert "to train" in data.status.text()
    found = data._found
    assert found is not None and sum(n for _, n in found.classes) == found.counts[0]
    data._session._idle.stop()


def test_a_folder_without_the_files_is_told_and_nothing_is_fetched(
    data: DataPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    data._session.engine_ready = True
    choose(data, "mnist")
    data.download.click()
    data.root.setText(str(tmp_path))
    data.root.editingFinished.emit()
    data._session._idle.stop()
    qtbot.waitUntil(lambda: data._error is not None, timeout=120_000)
    assert str(tmp_path) in data.status.text()
    assert not data.fetch.isHidden()
    assert list(tmp_path.iterdir()) == []


def test_the_label_of_an_undo_step_changes_with_the_language(data: DataPanel) -> None:
    choose(data, "iris")
    words.set_language("zh_CN")
    assert data._session.undo_stack.label(0).startswith("使用数据")
    assert str(Message("Choose data…")) == data.source.placeholderText()


@pytest.mark.parametrize(
    ("text", "epochs", "complaint"),
    [
        ("2.5", MISSING, "A whole number from 1 is needed."),
        ("0", MISSING, "A whole number from 1 is needed."),
        ("many", MISSING, "A whole number from 1 is needed."),
        ("1e3", 1000, ""),
        ("1 000", 1000, ""),
        ("25", 25, ""),
    ],
)
def test_a_whole_number_is_taken_as_typed_or_not_at_all(
    training: TrainingPanel, qtbot: QtBot, text: str, epochs: object, complaint: str
) -> None:
    spin = training.findChild(QSpinBox, "training_epochs")
    spin.selectAll()
    qtbot.keyClicks(spin, text)
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert setting(training, "training", "epochs") == epochs
    assert training.findChild(QLabel, "training_epochs_complaint").text() == complaint


def chosen(panel: QWidget, name: str, index: int) -> None:
    box = panel.findChild(QComboBox, name)
    box.setCurrentIndex(index)
    box.activated.emit(index)


def test_a_schedule_brings_its_own_arguments(training: TrainingPanel, qtbot: QtBot) -> None:
    assert training.findChild(QWidget, "training_schedule_gamma") is None
    kinds = list(SCHEDULES)
    chosen(training, "training_schedule_type", kinds.index("StepLR"))
    assert setting(training, "training", "schedule") == {"type": "StepLR"}
    typed(qtbot, training, "training_schedule_gamma", "0.5")
    assert setting(training, "training", "schedule") == {"type": "StepLR", "gamma": 0.5}
    chosen(training, "training_schedule_type", kinds.index("CosineAnnealingLR"))
    assert setting(training, "training", "schedule") == {"type": "CosineAnnealingLR"}
    assert training.findChild(QWidget, "training_schedule_eta_min") is not None
    undo(training)
    assert setting(training, "training", "schedule") == {"type": "StepLR", "gamma": 0.5}


def test_milestones_are_numbers_with_commas_between_them(training: TrainingPanel, qtbot: QtBot) -> None:
    chosen(training, "training_schedule_type", list(SCHEDULES).index("MultiStepLR"))
    typed(qtbot, training, "training_schedule_milestones", "3, 8")
    assert setting(training, "training", "schedule", "milestones") == [3, 8]
    typed(qtbot, training, "training_schedule_milestones", "8, 3")
    assert setting(training, "training", "schedule", "milestones") == [3, 8]
    told = training.findChild(QLabel, "training_schedule_milestones_complaint")
    assert "each larger than the one before" in told.text()


def test_a_closed_section_says_what_is_set_in_it_and_nothing_else(training: TrainingPanel) -> None:
    said = training.findChild(QLabel, "section_overfitting_said")
    assert said.isHidden() and not training.overfitting.form.isVisible()
    training.findChild(QLineEdit, "training_l1").setText("0.001")
    training.findChild(QLineEdit, "training_l1").editingFinished.emit()
    assert said.text() == "L1 0.001" and not said.isHidden()
    training.findChild(QToolButton, "section_overfitting").click()
    assert training.overfitting.open and not training.overfitting.form.isHidden() and said.isHidden()


def test_every_field_says_what_it_means(training: TrainingPanel) -> None:
    forms = (training.goal, training.run, *(s.form for s in training._sections() if s is not training.more))
    fields = [field for form in forms for field in form.fields]
    assert len(fields) > 15
    assert [field.path for field in fields if not field.editor.toolTip()] == []
    tips = {field.path[-1]: field.editor.toolTip() for field in fields}
    assert "Default: off" in tips["clip_norm"] and "Default: 64" in tips["batch_size"]
    assert "Default: each sample once" in tips["sampler"] and "Default: automatic" in tips["threads"]


def test_proposed_settings_are_one_edit_with_a_reason_each(training: TrainingPanel, qtbot: QtBot) -> None:
    found = [
        Proposal("batch_size", 32, Message("Few samples.")),
        Proposal("optimizer", {"type": "AdamW", "lr": 0.01}, Message("It is steady.")),
    ]
    typed(qtbot, training, "training_clip_norm", "3")
    count = training._session.undo_stack.count()
    training.proposing._take(found)
    assert training._session.undo_stack.count() == count + 1
    assert setting(training, "training", "optimizer") == {"type": "AdamW", "lr": 0.01}
    assert setting(training, "training", "clip_norm") is MISSING
    told = training.findChild(QLabel, "proposed_said").text().splitlines()
    assert told == ["Batch size: 32 — Few samples.", "Optimiser: AdamW, lr 0.01 — It is steady."]
    undo(training)
    assert setting(training, "training", "clip_norm") == 3
    assert setting(training, "training", "optimizer") is MISSING


def test_data_that_cannot_be_read_are_told_where_settings_were_to_be_proposed(
    training: TrainingPanel,
) -> None:
    training.proposing._fail(NetloomError(Message("No such file.")))
    assert training.findChild(QLabel, "proposed_said").text() == "No such file."
    assert not training.proposing.isHidden() and training.proposing.button.isEnabled()


def test_a_value_outside_its_range_is_told_beside_its_field_and_not_taken(
    training: TrainingPanel, qtbot: QtBot
) -> None:
    typed(qtbot, training, "training_label_smoothing", "1.5")
    told = training.findChild(QLabel, "training_label_smoothing_complaint")
    assert "training.label_smoothing is 1.5" in told.text()
    assert setting(training, "training", "label_smoothing") is MISSING


def test_an_emptied_bound_is_off_again(training: TrainingPanel, qtbot: QtBot) -> None:
    line = typed(qtbot, training, "training_clip_norm", "2.5")
    assert setting(training, "training", "clip_norm") == 2.5
    typed(qtbot, training, "training_clip_norm", "")
    assert setting(training, "training", "clip_norm") is None
    assert (line.text(), line.placeholderText()) == ("", "off")


# -- a file of one's own -------------------------------------------------------------------------


@pytest.fixture
def brought(qtbot: QtBot, data: DataPanel, tmp_path: Path) -> DataPanel:
    """The panel after a table was dropped on it."""
    file = tmp_path / "plants.csv"
    rows = [f"{'tall' if i % 3 else 'low'},{i * 1.5},{i % 2},p{i}" for i in range(30)]
    file.write_text("\n".join(["kind,height,wet,name", *rows]) + "\n", encoding="utf-8")
    data.own.look("table", file)
    qtbot.waitUntil(lambda: setting(data, "data", "source") == "table", timeout=20_000)
    return data


def entry(panel: DataPanel, column: str) -> dict:
    reading = setting(panel, "data", "reading")
    return next(dict(found) for found in reading["columns"] if found["name"] == column)


def test_a_table_becomes_the_data_as_one_step(brought: DataPanel) -> None:
    assert brought.source.currentText() == "Table (CSV, TSV)…"
    assert brought.own.isVisibleTo(brought) and brought.own.parts["table"].target.currentText() == "name"

    undo(brought)

    assert setting(brought, "data", "source") is MISSING
    assert not brought.own.isVisibleTo(brought)


def test_another_column_is_predicted(qtbot: QtBot, brought: DataPanel) -> None:
    choice = brought.own.parts["table"].target
    choice.setCurrentText("kind")
    choice.activated.emit(choice.currentIndex())

    qtbot.waitUntil(lambda: setting(brought, "data", "reading")["target"] == "kind", timeout=20_000)

    assert entry(brought, "kind")["values"] == ["low", "tall"]
    assert entry(brought, "name")["type"] == "left out"
    assert brought._session.undo_stack.undoText() == "Predict kind"


def test_a_column_is_taken_as_something_else(qtbot: QtBot, brought: DataPanel) -> None:
    choice = brought.own.parts["table"].columns.cellWidget(2, 1)
    assert isinstance(choice, QComboBox)
    choice.setCurrentIndex(choice.findData("category"))
    choice.activated.emit(choice.currentIndex())

    qtbot.waitUntil(lambda: entry(brought, "wet")["type"] == "category", timeout=20_000)

    assert entry(brought, "wet")["values"] == ["0", "1"]


def test_what_is_no_table_is_said_and_changes_nothing(
    qtbot: QtBot, brought: DataPanel, tmp_path: Path
) -> None:
    before = setting(brought, "data", "reading")
    (tmp_path / "empty.csv").write_bytes(b"")

    brought.own.look("table", tmp_path / "empty.csv")
    qtbot.waitUntil(lambda: "is empty" in brought.status.text(), timeout=20_000)

    assert setting(brought, "data", "reading") == before


def test_a_first_network_is_drawn_for_data_that_has_none(qtbot: QtBot, data: DataPanel) -> None:
    session = data._session
    choose(data, "iris")
    session.set_engine_ready()
    qtbot.waitUntil(lambda: not data.draw.isHidden(), timeout=30_000)

    data.draw.click()

    assert [node.type for node in session.document.nodes("model").values()][-2:] == ["nn.Linear", "output"]
    undo(data)
    assert not session.document.nodes("model")
