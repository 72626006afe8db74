"""The objective in the Training panel, and the numbers that it alone has."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from studio.app.settings_panel.training import TrainingPanel
from studio.training.objectives import KINDS

from .test_settings_panels import session_of, setting, shown, undo


def panel_of(qtbot: QtBot, **training: object) -> TrainingPanel:
    panel = TrainingPanel(session_of(data={"source": "digits"}, training=training))
    shown(qtbot, panel)
    return panel


def choose(panel: TrainingPanel, name: str) -> None:
    combo = panel.findChild(QComboBox, "training_objective")
    combo.activated.emit(1 + list(KINDS).index(name))


def test_every_objective_can_be_chosen_and_says_what_it_is(qtbot: QtBot) -> None:
    combo = panel_of(qtbot).findChild(QComboBox, "training_objective")

    assert [combo.itemText(i + 1) for i in range(len(KINDS))] == [str(k.title) for k in KINDS.values()]
    assert all(combo.itemData(i + 1, 3) for i in range(len(KINDS)))  # 3: Qt's role of tool tips


def test_an_objectives_own_numbers_are_fields_below_it(qtbot: QtBot) -> None:
    panel = panel_of(qtbot)

    choose(panel, "variational")
    line = panel.findChild(QLineEdit, "training_objective_beta")
    assert line.text() == "1"
    line.setText("4")
    line.editingFinished.emit()

    assert setting(panel, "training", "objective") == {"type": "variational", "beta": 4.0}
    assert panel.objective.value() == "variational"
    line.setText("-1")
    line.editingFinished.emit()
    assert setting(panel, "training", "objective") == {"type": "variational", "beta": 4.0}


def test_another_objective_drops_a_loss_it_does_not_know_and_undo_brings_both_back(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, loss="nll")

    choose(panel, "autoencoder")
    assert dict(panel._session.document.data().training) == {"objective": "autoencoder"}

    undo(panel)
    assert dict(panel._session.document.data().training) == {"loss": "nll"}
