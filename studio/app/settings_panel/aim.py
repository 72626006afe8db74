"""What is learned, as fields: the objective, and the numbers that it alone has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from PySide6.QtCore import Qt

from studio.app.session import Session
from studio.app.settings_panel.fields import ChoiceField, NumberField
from studio.graph.operations import MISSING
from studio.words import Message

PATH = ("training", "objective")


class AimField(ChoiceField):
    """The objective by name. Another one starts with its own numbers, and with its own loss where it must."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, PATH, Message("Objective"), MISSING, [])

    def value(self) -> Any:
        said = self.session.document.setting(self.path)
        return said.get("type", MISSING) if isinstance(said, Mapping) else MISSING if said is None else said

    def retranslate(self) -> None:
        from studio.training.objectives import KINDS

        super().retranslate()
        for place, (name, _) in enumerate(self._choices):
            if name in KINDS:
                self.editor.setItemData(place, str(KINDS[name].sentence), Qt.ItemDataRole.ToolTipRole)

    def write(self, value: Any) -> None:
        from studio.training.objectives import KINDS

        if value == self.value():
            return
        loss = self.session.document.setting(("training", "loss"))
        kind = KINDS.get(str(value))
        with self.session.edit(Message("Set {name}", name=self.label)) as edit:
            if value is MISSING:
                edit.unset(self.path)
            else:
                edit.set(self.path, value)
            if loss is not MISSING and (kind is None or loss not in kind.losses):
                edit.unset(("training", "loss"))


def number_fields(session: Session, objective: str) -> Iterator[NumberField]:
    """The fields of an objective's own numbers."""
    from studio.training.objectives import KINDS
    from studio.training.objectives.kind import Number

    def check(number: Number, value: float) -> Message | None:
        return None if number.fits(value) else number.expected()

    kind = KINDS.get(objective)
    for name, number in kind.numbers.items() if kind is not None else ():
        yield NumberField(
            session,
            (*PATH, name),
            number.label,
            number.default,
            lambda value, number=number: check(number, value),  # type: ignore[misc]
        )
