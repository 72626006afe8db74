"""The Training panel: objective, optimiser and run as fields; what is wrong is said beside them at once."""

from __future__ import annotations

import math
import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from studio import quantities
from studio.app import theme
from studio.app.language import follow
from studio.app.session import Session
from studio.app.settings_panel import explanations, fast, options
from studio.app.settings_panel.aim import AimField, number_fields
from studio.app.settings_panel.beginning import Beginning
from studio.app.settings_panel.fields import (
    CheckField,
    ChoiceField,
    Field,
    Form,
    ListField,
    NumberField,
    WholeField,
    plain,
)
from studio.app.settings_panel.proposing import Proposing
from studio.app.settings_panel.section import Section
from studio.graph.document import Change
from studio.graph.operations import MISSING, AddNetwork, RemoveNetwork, RenameNetwork, SetSetting
from studio.words import Message, NetloomError, tr

SECTION = "training"
FORM_WIDTH = 244
PROMINENT = ("lr", "momentum", "weight_decay")
"""arguments of an optimiser that people change; the others are in a section that opens"""


class TrainingPanel(QWidget):
    """Every field shows what holds: the project's value, or the default where it says nothing."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training_panel")
        self.setAutoFillBackground(True)
        self._session = session
        self._kind = self._aim = ""
        self.aims = Form()
        self._schedule = ""
        self._stale = False
        self.goal, self.method, self.parameters, self.run = Form(), Form(), Form(), Form()
        self.pace, self.pace_parameters = Form(), Form()
        self.steps, self.overfitting = options.steps(session), options.overfitting(session)
        self.classes, self.end = options.classes(session), options.end(session)
        self.more = Section("optimizer", Message("More of the method"))
        self.machine = Section("machine", Message("How it is computed"))
        self.proposing = Proposing(session)
        self._headings = [QLabel(), QLabel(), QLabel(), QLabel()]
        self.summary = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.summary.setObjectName("training_summary")
        self.beginning = Beginning(session)
        self._build_fields()
        self._lay_out()
        session.opened.connect(self._refresh)
        session.edited.connect(self._on_edit)
        session.analysed.connect(lambda _: self._on_analysis())
        theme.notifier().changed.connect(self._check)
        follow(self, self.retranslate)

    def _lay_out(self) -> None:
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(12)
        columns = (
            (self.goal, self.aims, self.beginning, self.classes),
            (self.method, self.parameters, self.more, self.overfitting),
            (self.run, self.machine),
            (self.pace, self.pace_parameters, self.steps, self.end),
        )
        for heading, forms in zip(self._headings, columns, strict=True):
            heading.setStyleSheet("font-weight: 600")
            column = QVBoxLayout()
            column.setSpacing(6)
            column.addStrut(FORM_WIDTH)
            column.addWidget(heading)
            for form in forms:
                column.addWidget(form)
            column.addStretch(1)
            row.addLayout(column)
        row.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(inside)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.proposing)
        column.addWidget(scroll, 1)
        self.beginning.said.setContentsMargins(16, 4, 16, 0)
        column.addWidget(self.beginning.said)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 4, 16, 8)
        foot.setSpacing(12)
        foot.addWidget(self.summary, 1)
        foot.addWidget(self.proposing.button)
        column.addLayout(foot)

    def _build_fields(self) -> None:
        session = self._session
        self.objective = AimField(session)
        self.loss = ChoiceField(session, (SECTION, "loss"), Message("Loss"), MISSING, [])
        self.network = ChoiceField(session, (SECTION, "network"), Message("Network"), "model", [])
        for choice in (self.objective, self.loss, self.network):
            self.goal.add(choice)
        self.kind = _KindField(session)
        self.method.add(self.kind)
        self.run.add(WholeField(session, (SECTION, "epochs"), Message("Epochs"), 10, 1, 10**9))
        self.run.add(WholeField(session, (SECTION, "batch_size"), Message("Batch size"), 64, 1))
        self.run.add(WholeField(session, (SECTION, "seed"), Message("Seed"), 0, 0))
        self.device = ChoiceField(session, (SECTION, "device"), Message("Device"), "auto", [])
        self.run.add(self.device)
        unset = Message("automatic")
        self.machine.form.add(
            WholeField(session, (SECTION, "threads"), Message("Threads"), None, 1, 1024, unset)
        )
        for field in fast.fields(session):
            self.machine.form.add(field)
        self.machine.form.add(WholeField(session, (SECTION, "processes"), Message("Processes"), 1, 1, 1024))
        self.schedule = options.ScheduleField(session)
        self.pace.add(self.schedule)
        for field in (*self.goal.fields, *self.run.fields, *self.machine.form.fields):
            field.about = explanations.SETTINGS.get(field.path[-1])

    # -- following the document ------------------------------------------------------------------

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Training settings"))
        titles = (tr("What is learned"), tr("Optimiser"), tr("Run"), tr("Learning rate"))
        for heading, title in zip(self._headings, titles, strict=True):
            heading.setText(title)
        for form in self._forms():
            form.retranslate()
        for section in self._sections():
            section.retranslate()
        self.beginning.retranslate()
        self.proposing.retranslate()
        self._refresh()

    def _on_edit(self, change: Change) -> None:
        if any(
            isinstance(o, SetSetting | AddNetwork | RemoveNetwork | RenameNetwork) for o in change.operations
        ):
            self._refresh()

    def _on_analysis(self) -> None:
        """What follows from the network is brought up to date when it is looked at: every edit comes here."""
        self._stale = True
        if self.isVisible():
            self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def _refresh(self) -> None:
        self._stale = False
        self._offer()
        kind = self.kind.value()
        if kind != self._kind:
            self._kind = kind
            self._build_parameters()
        if self.schedule.value() != self._schedule:
            self._schedule = self.schedule.value()
            self.pace_parameters.clear()
            for field in options.schedule_fields(self._session, self._schedule):
                self.pace_parameters.add(field)
            self.pace_parameters.retranslate()
        for form in self._forms():
            form.refresh()
        for section in self._sections():
            section.refresh()
        self.beginning.refresh()
        self._check()

    def _offer(self) -> None:
        from studio.data.prepare import context_of
        from studio.training.objectives import KINDS, USUAL, named

        task = context_of(self._session.document.data().data).task
        auto = (
            Message("from the data ({task})", task=objective_name(task)) if task else Message("from the data")
        )
        self.objective.offer([(MISSING, auto), *((name, kind.title) for name, kind in KINDS.items())])
        kind = KINDS.get(named(self._session.document.data().training, task), KINDS[USUAL])
        if kind.name != self._aim:
            self._aim = kind.name
            self.aims.clear()
            for field in number_fields(self._session, kind.name):
                self.aims.add(field)
            self.aims.retranslate()
        known = kind.losses
        usual = Message("usual ({loss})", loss=loss_name(known[0]))
        self.loss.offer([(MISSING, usual), *((name, loss_name(name)) for name in known)])
        self.network.offer(self._networks())
        self.device.offer([(name, _device_name(name)) for name in devices()])

    def _networks(self) -> list[tuple[str, Message]]:
        return [(name, Message("{name}", name=name)) for name in self._session.document.network_names()]

    def _forms(self) -> tuple[Form, ...]:
        first = (self.goal, self.aims)
        return *first, self.method, self.parameters, self.run, self.pace, self.pace_parameters

    def _sections(self) -> tuple[Section, ...]:
        return self.more, self.overfitting, self.classes, self.machine, self.end, self.steps

    def _build_parameters(self) -> None:
        from studio.training.settings import OPTIMIZERS

        self.parameters.clear()
        self.more.form.clear()
        for name, default in OPTIMIZERS.get(self._kind, {}).items():
            form = self.parameters if name in PROMINENT else self.more.form
            added = form.add(_parameter_field(self._session, self._kind, name, default))
            added.about = explanations.OPTIMIZER.get(name)
        self.parameters.retranslate()
        self.more.retranslate()

    # -- what holds, and what is wrong -----------------------------------------------------------

    def _check(self) -> None:
        from studio.data.prepare import context_of
        from studio.training.settings import read

        project = self._session.document.data()
        try:
            settings = read(project.training, context_of(project.data).task)
        except NetloomError as error:
            self.summary.setText(str(error))
            self.summary.setStyleSheet(f"color: {theme.current().ink('error').name()}")
            return
        self.summary.setStyleSheet(f"color: {theme.current().second}")
        self.summary.setText(_summary(project.data, settings.epochs, settings.batch_size))


class _KindField(ChoiceField):
    """The optimiser's class. Another one starts with its own usual values: rates do not carry over."""

    def __init__(self, session: Session) -> None:
        from studio.training.settings import OPTIMIZERS

        choices = [(name, Message("{name}", name=name)) for name in OPTIMIZERS]
        super().__init__(session, (SECTION, "optimizer", "type"), Message("Method"), "Adam", choices)

    def value(self) -> str:
        section = self.session.document.setting((SECTION, "optimizer"))
        return section if isinstance(section, str) else str(plain(section).get("type", "Adam"))

    def write(self, value: object) -> None:
        if value != self.value():
            with self.session.edit(Message("Use the optimiser {name}", name=value)) as edit:
                edit.set((SECTION, "optimizer"), {"type": value})


def _parameter_field(session: Session, kind: str, name: str, default: object) -> Field:
    """The field that fits a parameter; PyTorch's own name is its label."""
    path, label = (SECTION, "optimizer", name), Message("{name}", name=name)
    if isinstance(default, bool):
        return CheckField(session, path, label, default)
    if isinstance(default, list):
        return ListField(session, path, label, default, lambda values: _misfit(kind, name, values))
    check = {"lr": _rate, "beta2_decay": lambda value: _misfit(kind, name, value)}.get(name, _not_negative)
    return NumberField(session, path, label, float(default), check)  # type: ignore[arg-type]


def _misfit(kind: str, name: str, value: object) -> Message | None:
    """What is wrong with one argument of an optimiser."""
    from studio.training.optimizer_settings import read

    try:
        read({"type": kind, name: value})
    except NetloomError as error:
        return error.message
    return None


def _rate(value: float) -> Message | None:
    return None if value > 0 else Message("The learning rate has to be above 0.")


def _not_negative(value: float) -> Message | None:
    return None if value >= 0 else Message("A number from 0 is needed.")


def objective_name(name: str | None) -> Message:
    from studio.training.objectives import KINDS

    kind = KINDS.get(name or "")
    return kind.title if kind is not None else Message("{name}", name=name)


def loss_name(name: str) -> Message:
    """A loss in words, its name in torch.nn where it has one there."""
    known = {
        "cross_entropy": Message("cross-entropy"),
        "nll": Message("negative log-likelihood"),
        "mse": Message("mean squared error"),
        "l1": Message("mean absolute error"),
        "huber": Message("Huber"),
        "smooth_l1": Message("smooth L1"),
        "binary_cross_entropy_with_logits": Message("binary cross-entropy"),
        "multilabel_soft_margin": Message("multi-label soft margin"),
        "dice": Message("Dice"),
        "perceptron": Message("perceptron"),
        "nt_xent": Message("NT-Xent"),
        "policy_gradient": Message("policy gradient"),
    }
    return known.get(name, Message("{name}", name=name))


def devices() -> list[str]:
    """What can be trained on, as far as known: PyTorch is asked only when it is there already."""
    found = ["auto", "cpu"]
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "cuda") and hasattr(torch, "backends"):
        found += ["cuda"] if torch.cuda.is_available() else []
        found += ["mps"] if torch.backends.mps.is_available() else []
    return found


def _device_name(name: str) -> Message:
    return Message("automatic") if name == "auto" else Message("{name}", name=name.upper())


def _summary(data: object, epochs: int, batch_size: int) -> str:
    """How long a training is, in steps."""
    from studio.data.settings import read

    if not plain(data).get("source"):
        return tr("Choose data in the Data panel; then the number of steps is known.")
    try:
        chosen = read(plain(data))
    except NetloomError as error:
        return str(error)
    info = chosen.info
    test = 0.0 if info.test_samples else chosen.split.test
    samples = info.samples - round(info.samples * chosen.split.validation) - round(info.samples * test)
    steps = math.ceil(samples / batch_size)
    return tr(
        "About {samples} samples to train on: {steps} steps an epoch, {all} in all.",
        samples=quantities.count(samples),
        steps=quantities.count(steps),
        all=quantities.count(steps * epochs),
    )
