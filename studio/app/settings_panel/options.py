"""The fields of the finer settings, in sections that open: schedule, steps, overfitting, classes, the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio.app.session import Session
from studio.app.settings_panel import explanations
from studio.app.settings_panel.class_weights import WeightsField
from studio.app.settings_panel.fields import (
    ChoiceField,
    Field,
    ListField,
    NumberField,
    OptionalNumberField,
    WholeField,
    plain,
)
from studio.app.settings_panel.section import Section
from studio.words import Message, NetloomError

SECTION = "training"
Check = Callable[[float], Message | None]
OFF = Message("off")


class ScheduleField(ChoiceField):
    """The class of the schedule. Another one starts with its own usual values."""

    def __init__(self, session: Session) -> None:
        from studio.training.options import SCHEDULES

        choices = [(name, schedule_name(name)) for name in SCHEDULES]
        super().__init__(session, (SECTION, "schedule", "type"), Message("Schedule"), "constant", choices)
        self.about = explanations.SETTINGS["schedule"]

    def value(self) -> str:
        section = self.session.document.setting((SECTION, "schedule"))
        return section if isinstance(section, str) else str(plain(section).get("type", "constant"))

    def write(self, value: object) -> None:
        if value != self.value():
            with self.session.edit(Message("Use the schedule {name}", name=value)) as edit:
                edit.set((SECTION, "schedule"), {"type": value})


def steps(session: Session) -> Section:
    """What tempers a step."""
    section = Section("steps", Message("Steps"))
    _add(
        section,
        _number(session, "warmup_epochs", Message("Warm-up"), 0.0),
        WholeField(session, (SECTION, "warmup_steps"), Message("Warm-up steps"), 0, 0, 10**9),
        _optional(session, "clip_norm", Message("Gradient clip")),
        WholeField(session, (SECTION, "accumulate"), Message("Accumulate"), 1, 1, 10**6),
        _optional(session, "ema", Message("Average (EMA)")),
    )
    return section


def overfitting(session: Session) -> Section:
    """What keeps a network from learning its samples by heart."""
    section = Section("overfitting", Message("Against overfitting"))
    kinds = [("all", Message("all weights")), ("matrices", Message("no biases, no norms"))]
    _add(
        section,
        ChoiceField(session, (SECTION, "decay"), Message("Weight decay on"), "all", kinds),
        _number(session, "l1", Message("L1"), 0.0),
        _number(session, "label_smoothing", Message("Label smoothing"), 0.0),
        _number(session, "mixup", Message("Mixup"), 0.0),
        _number(session, "cutmix", Message("CutMix"), 0.0),
    )
    return section


def classes(session: Session) -> Section:
    """What makes rare classes count."""
    section = Section("classes", Message("Rare classes"))
    draws = [("shuffle", Message("each sample once")), ("balanced", Message("balanced"))]
    _add(
        section,
        WeightsField(session),
        ChoiceField(session, (SECTION, "sampler"), Message("Sampling"), "shuffle", draws),
    )
    return section


def end(session: Session) -> Section:
    """What ends a run before its last epoch."""
    section = Section("end", Message("End early"))
    _add(
        section,
        WholeField(session, (SECTION, "patience"), Message("Patience"), None, 1, 10**6, OFF),
        _optional(session, "max_minutes", Message("Minutes")),
    )
    return section


def _add(section: Section, *fields: Field) -> None:
    for field in fields:
        field.about = explanations.SETTINGS.get(field.path[-1])
        section.form.add(field)


def schedule_fields(session: Session, kind: str) -> list[Field]:
    """A field for each argument of a schedule; PyTorch's own name is its label."""
    from studio.training.options import SCHEDULES

    fields = [_argument(session, kind, name, value) for name, value in SCHEDULES.get(kind, {}).items()]
    for field in fields:
        field.about = explanations.SCHEDULE.get(field.path[-1])
    return fields


def _argument(session: Session, kind: str, name: str, default: Any) -> Field:
    path, label = (SECTION, "schedule", name), Message("{name}", name=name)

    def check(value: Any) -> Message | None:
        return _complaint({"schedule": {"type": kind, name: value}})

    if name == "unit":
        units = [("epochs", Message("epochs")), ("steps", Message("steps"))]
        return ChoiceField(session, path, Message("counted in"), default, units)
    if isinstance(default, list):
        return ListField(session, path, label, default, check, whole=True)
    if isinstance(default, int):
        return WholeField(session, path, label, default, 1, 10**6)
    return NumberField(session, path, label, default, check)


def _number(session: Session, name: str, label: Message, default: float) -> NumberField:
    return NumberField(session, (SECTION, name), label, default, _fits(name))


def _optional(session: Session, name: str, label: Message) -> OptionalNumberField:
    return OptionalNumberField(session, (SECTION, name), label, OFF, _fits(name))


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
        "MultiStepLR": Message("at milestones (MultiStepLR)"),
        "ExponentialLR": Message("exponential (ExponentialLR)"),
        "LinearLR": Message("in a line (LinearLR)"),
        "PolynomialLR": Message("by a power (PolynomialLR)"),
        "CosineAnnealingLR": Message("cosine (CosineAnnealingLR)"),
        "CosineAnnealingWarmRestarts": Message("cosine, again and again (CosineAnnealingWarmRestarts)"),
        "OneCycleLR": Message("one cycle (OneCycleLR)"),
        "ReduceLROnPlateau": Message("on a plateau (ReduceLROnPlateau)"),
    }
    return known.get(name, Message("{name}", name=name))
