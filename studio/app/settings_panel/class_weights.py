"""The field of class weights: all alike, balanced, or a number for each class, typed with commas between."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QComboBox

from studio.app.session import Session
from studio.app.settings_panel.fields import ChoiceField, number_text
from studio.training.options import BALANCED, OptionError, read
from studio.words import Message

_CHOICES = [(None, Message("all alike")), (BALANCED, Message("balanced"))]
_EXPECTED = Message("Numbers with commas between them are needed, one for each class, as in 1, 2.5.")


class WeightsField(ChoiceField):
    """One of the choices, or what is typed over it. `complaint` is told what is wrong with that."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, ("training", "class_weights"), Message("Class weights"), None, _CHOICES)
        self._combo.setEditable(True)
        self._combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._combo.setCompleter(None)  # type: ignore[arg-type] # what is typed are numbers
        line = self._combo.lineEdit()
        assert line is not None
        self._line = line
        line.editingFinished.connect(self._typed)

    def text(self, value: Any) -> str:
        return _text(value) if isinstance(value, list | tuple) else super().text(value)

    def display(self, value: Any) -> None:
        super().display(value)
        if isinstance(value, list | tuple) and self._combo.isEditable():
            self._combo.setEditText(_text(value))
        self.complaint(None)

    def _typed(self) -> None:
        text = self._line.text().strip()
        chosen = next((value for value, said in _CHOICES if text == str(said)), text)
        if not isinstance(chosen, str) or chosen == BALANCED:
            self.complaint(None)
            self.write(chosen)
            return
        try:
            weights = [float(part) for part in text.replace(";", ",").split(",")]
            read({"class_weights": weights})
        except ValueError:
            self.complaint(_EXPECTED)
        except OptionError as error:
            self.complaint(error.message)
        else:
            self.complaint(None)
            self.write([int(weight) if weight.is_integer() else weight for weight in weights])


def _text(weights: Any) -> str:
    return ", ".join(number_text(weight) for weight in weights)
