"""The status bar tells the truth all the time: saved, size, cost, memory, device, problems, language."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QLabel, QMenu, QStatusBar, QToolButton, QWidget

from studio import quantities, words
from studio.app import theme
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.problem_counts import SIGNS, count_text
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.compiler.analysis import NetworkReport
from studio.graph.model import ProjectData
from studio.words import tr

FLOAT_BYTES = 4
STATES_PER_WEIGHT = {"Adam": 2, "AdamW": 2, "NAdam": 2, "RAdam": 2, "Adamax": 2, "RMSprop": 1, "Adagrad": 1}


class StatusBar(QStatusBar):
    """`problems_clicked` asks for the Problems panel."""

    problems_clicked = Signal()

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_bar")
        self.setSizeGripEnabled(False)
        self._session, self._trainer = session, trainer
        self.saved = self._label("saved_state")
        self.parameters = self._label("parameters")
        self.operations = self._label("multiply_adds")
        self.memory = self._label("memory")
        self.device = self._label("device")
        self.engine = named(QLabel(), "engine_state")
        self.problems = self._button("problems_button")
        self.errors, self.warnings = self._button("errors_button"), self._button("warnings_button")
        for severity, button in (("error", self.errors), ("warning", self.warnings)):
            button.setIcon(icon(*SIGNS[severity]))
            button.setIconSize(QSize(14, 14))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for button in (self.problems, self.errors, self.warnings):
            button.clicked.connect(self.problems_clicked)
        self.language = self._button("language_button")
        self.language.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.language.setMenu(self._language_menu())
        for widget in (self.engine, self.errors, self.warnings, self.problems, self.language):
            self.addPermanentWidget(widget)
        self.setContentsMargins(8, 0, 8, 0)
        session.dirty_changed.connect(self._refresh)
        session.path_changed.connect(self._refresh)
        session.opened.connect(self._refresh)
        session.told.connect(self._refresh)
        session.network_changed.connect(self._refresh)
        trainer.state_changed.connect(self._refresh)
        theme.notifier().changed.connect(self._restyle)
        follow(self, self.retranslate)

    def _label(self, name: str) -> QLabel:
        label = named(QLabel(), name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setContentsMargins(0, 0, 14, 0)
        self.addWidget(label)
        return label

    def _button(self, name: str) -> QToolButton:
        button = named(QToolButton(), name)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        return button

    def _language_menu(self) -> QMenu:
        menu, group = QMenu(self), QActionGroup(self)
        for code, name in words.LANGUAGES.items():
            action = QAction(name, menu, checkable=True)
            action.setData(code)
            action.triggered.connect(lambda _=False, chosen=code: words.set_language(chosen))
            group.addAction(action)
            menu.addAction(action)
        return menu

    # -- texts -----------------------------------------------------------------------------------

    def retranslate(self) -> None:
        code = words.language()
        self.language.setText(f"{words.LANGUAGES[code]} ▾")
        self.language.setAccessibleName(tr("Language"))
        self.language.setToolTip(tr("The language of the window"))
        for action in self.language.menu().actions():
            action.setChecked(action.data() == code)
        self._refresh()
        self._restyle()

    def _refresh(self) -> None:
        session = self._session
        self._write(self.saved, _saved_text(session))
        report = session.analysis.networks.get(session.network)
        project = session.document.data()
        self._write(
            self.parameters, tr("{n} parameters", n=quantities.count(report.parameters)) if report else ""
        )
        self._write(
            self.operations,
            tr("{n} multiply-adds", n=quantities.short(report.multiply_adds)) if report else "",
            tr("Multiplications with an addition for one sample, forward"),
        )
        self._write(self.memory, _memory_text(report, project) if report else "")
        self._write_device(project)
        self._write_engine()
        self._write_problems()

    def _write(self, label: QLabel, text: str, tip: str = "") -> None:
        if label.text() != text:
            label.setText(text)
        label.setVisible(bool(text))
        if tip:
            label.setToolTip(tip)

    def _write_device(self, project: ProjectData) -> None:
        """What computes; while a training runs also in which way, and in the tooltip why in that one."""
        text, progress = tr("device {name}", name=_device(project)), self._trainer.progress
        if progress is None or progress.way is None or self._trainer.state not in ("running", "paused"):
            self._write(self.device, text)
            return
        said = f"{progress.device.upper()} · {progress.way}"
        self._write(self.device, tr("device {name}", name=said), str(progress.pace or ""))

    def _write_engine(self) -> None:
        state = self._trainer.state
        texts = {
            "preparing": tr("preparing the training"),
            "running": tr("training"),
            "paused": tr("training paused"),
            "stopping": tr("stopping the training"),
        }
        if not self._session.engine_ready:
            text = tr("loading PyTorch…")
        else:
            text = texts.get(state, "")
        self.engine.setText(text)
        self.engine.setVisible(bool(text))

    def _write_problems(self) -> None:
        analysis = self._session.analysis
        errors, warnings = analysis.of("error"), analysis.of("warning")
        for severity, button, found in (("error", self.errors, errors), ("warning", self.warnings, warnings)):
            button.setText(count_text(severity, len(found)))
            button.setVisible(bool(found))
        self.problems.setText(tr("no problems"))
        self.problems.setVisible(not errors and not warnings)
        for button in (self.problems, self.errors, self.warnings):
            button.setToolTip(tr("Show the problems and their cures"))

    def _restyle(self) -> None:
        for name, button in (("second", self.problems), ("error", self.errors), ("warning", self.warnings)):
            button.setStyleSheet(f"QToolButton {{ color: {theme.current().ink(name).name()}; }}")


def memory_in_training(report: NetworkReport, project: ProjectData) -> int:
    """Bytes that training needs, about: weights, gradients, the optimiser's state, activations both ways."""
    from studio.data.sources import known

    training = project.training
    chosen = training.get("optimizer")
    optimizer = chosen if isinstance(chosen, dict) else {}
    name = str(optimizer.get("type", "Adam"))
    states = STATES_PER_WEIGHT.get(name, 1 if optimizer.get("momentum") else 0)
    batch = training.get("batch_size")
    samples = batch if isinstance(batch, int) else 64
    if (source := known(project.data)) is not None:
        samples = min(samples, source.samples)
    return FLOAT_BYTES * report.parameters * (2 + states) + 2 * report.activation_bytes * samples


def _memory_text(report: NetworkReport, project: ProjectData) -> str:
    return tr(
        "model {model} · training ≈ {training}",
        model=quantities.data_size(FLOAT_BYTES * report.parameters),
        training=quantities.data_size(memory_in_training(report, project)),
    )


def _device(project: ProjectData) -> str:
    """The device that training takes; "auto" takes the fastest one known."""
    from studio.app.settings_panel.training import devices

    chosen = str(project.training.get("device") or "auto")
    return (devices()[-1] if chosen == "auto" else chosen).upper()


def _saved_text(session: Session) -> str:
    if session.path is None:
        return tr("○ Not saved yet")
    return tr("○ Unsaved changes") if session.dirty else tr("● Saved")
