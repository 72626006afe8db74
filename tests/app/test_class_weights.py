"""The weights of classes: chosen by a rule, or typed, a number for each class."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QLabel

from studio.app.settings_panel.training import TrainingPanel
from studio.graph.operations import MISSING

from .test_settings_panels import setting, training, undo

__all__ = ["training"]


def test_class_weights_are_chosen_or_typed_a_number_for_each_class(training: TrainingPanel) -> None:
    combo = training.findChild(QComboBox, "training_class_weights")
    complaint = training.findChild(QLabel, "training_class_weights_complaint")
    assert combo.currentText() == "all alike"

    def type_in(text: str) -> None:
        combo.setEditText(text)
        combo.lineEdit().editingFinished.emit()

    type_in("1, 2.5; 0")
    assert setting(training, "training", "class_weights") == [1, 2.5, 0]
    assert combo.currentText() == "1, 2.5, 0" and complaint.isHidden()
    for wrong in ("1, two", "1, -2", "0, 0", ""):
        type_in(wrong)
        assert not complaint.isHidden() and complaint.text()
        assert setting(training, "training", "class_weights") == [1, 2.5, 0]
    type_in("balanced")
    assert setting(training, "training", "class_weights") == "balanced" and complaint.isHidden()
    undo(training)
    assert combo.currentText() == "all alike" and setting(training, "training", "class_weights") is MISSING
