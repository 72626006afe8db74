"""The fields of the finer settings: the schedule of the learning rate and what tempers a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio.app.session import Session
from studio.app.settings_panel.fields import (
    ChoiceField,
    Field,
    Form,
    NumberField,
    OptionalNumberField,
    WholeField,
    plain,
)
from studio.words import Message, NetloomError

SECTION = "training"
Check = Callable[[float], Message | None]


class ScheduleField(ChoiceField):
    """The class of the schedule. Another one starts with its own usual values."""

    def __init__(self, session: Session) -> None:
        from studio.training.options import SCHEDULES

        choices = [(name, schedule_name(name)) for name in SCHEDULES]
        super().__init__(session, (SECTION, "schedule", "type"), Message("Schedule"), "constant", choices)

    def value(self) -> str:
        section = self.session.document.setting((SECTION, "schedule"))
        return section if isinstance(section, str) else str(plain(section).get("type", "constant"))

    def write(self, value: object) -> None:
        if value != self.value():
            with self.session.edit(Message("Use the schedule {name}", name=value)) as edit:
                edit.set((SECTION, "schedule"), {"type": value})


def add_fields(session: Session, form: Form) -> ScheduleField:
    """Puts the finer settings into `form`; gives the field of the schedule, which is added by the caller."""
    off = Message("off")
    form.add(_number(session, "warmup_epochs", Message("Warm-up"), 0.0))
    form.add(
        OptionalNumberField(
            session, (SECTION, "clip_norm"), Message("Gradient clip"), off, _fits("clip_norm")
        )
    )
    form.add(WholeField(session, (SECTION, "accumulate"), Message("Accumulate"), 1, 1, 10**6))
    form.add(_number(session, "label_smoothing", Message("Label smoothing"), 0.0))
    kinds = [("all", Message("all weights")), ("matrices", Message("no biases, no norms"))]
    form.add(ChoiceField(session, (SECTION, "decay"), Message("Weight decay on"), "all", kinds))
    form.add(WholeField(session, (SECTION, "patience"), Message("Patience"), None, 1, 10**6, off))
    return ScheduleField(session)


def schedule_fields(session: Session, kind: str) -> list[Field]:
    """A field for each argument of a schedule; PyTorch's own name is its label."""
    from studio.training.options import SCHEDULES

    return [_argument(session, kind, name, value) for name, value in SCHEDULES.get(kind, {}).items()]


def _argument(session: Session, kind: str, name: str, default: Any) -> Field:
    path, label = (SECTION, "schedule", name), Message("{name}", name=name)
    if isinstance(default, int):
        return WholeField(session, path, label, default, 1, 10**6)

    def check(value: float) -> Message | None:
        return _complaint({"schedule": {"type": kind, name: value}})

    return NumberField(session, path, label, default, check)


def _number(session: Session, name: str, label: Message, default: float) -> NumberField:
    return NumberField(session, (SECTION, name), label, default, _fits(name))


def _fits(name: str) -> Check:
    return lambda value: _complaint({name: value})


def _complaint(section: dict[str, Any]) -> Message | None:
    """What is wrong with a section of these settings alone."""
    from studio.training.options import read

    try:
        read(section)
    except NetloomError as error:
        return error.message
    return None


def schedule_name(name: str) -> Message:
    known = {
        "constant": Message("constant"),
        "StepLR": Message("in steps (StepLR)"),
        "ExponentialLR": Message("exponential (ExponentialLR)"),
        "CosineAnnealingLR": Message("cosine (CosineAnnealingLR)"),
        "OneCycleLR": Message("one cycle (OneCycleLR)"),
        "ReduceLROnPlateau": Message("on a plateau (ReduceLROnPlateau)"),
    }
    return known.get(name, Message("{name}", name=name))
