"""The training controls of the toolbar: how far it is, and the buttons that do the obvious."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from studio import quantities
from studio.app import theme
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.rate_field import RateField
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.words import tr

if TYPE_CHECKING:
    from studio.training.progress import Progress

BAR_WIDTH, BAR_HEIGHT = 200, 6


class SlimBar(QWidget):
    """A share from 0 to 1 as a thin green line; amber while paused."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels = 0
        self._paused = False
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(BAR_WIDTH, BAR_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, BAR_HEIGHT)

    @property
    def share(self) -> float:
        return self._share

    def show_share(self, share: float, paused: bool = False) -> None:
        """Repaints only when a pixel changes."""
        self._share = min(max(share, 0.0), 1.0)
        pixels = round(self._share * self.width())
        if (pixels, paused) != (self._pixels, self._paused):
            self._pixels, self._paused = pixels, paused
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("dots"))
        painter.drawRoundedRect(QRectF(self.rect()), 3, 3)
        painter.setBrush(colors.color("warning" if self._paused else "good"))
        painter.drawRoundedRect(QRectF(0, 0, self._share * self.width(), self.height()), 3, 3)


class TrainControls(QWidget):
    """Text, bar and buttons. The first button trains, or pauses, or goes on; the second stops."""

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train_controls")
        self._session, self._trainer = session, trainer
        self._train_keys = ""
        self.text = QLabel()
        self.text.setObjectName("train_text")
        self.text.setProperty("second", True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.text.setMinimumWidth(80)  # where there is no room words are cut off, not buttons
        self.bar = SlimBar()
        self.train_button = named(QPushButton(), "train_button")
        self.train_button.setIcon(icon("play"))
        self.train_button.clicked.connect(trainer.start)
        self.pause_button = named(QPushButton(), "pause_button")
        self.pause_button.clicked.connect(self._pause_or_resume)
        self.stop_button = named(QPushButton(), "stop_button")
        self.stop_button.setIcon(icon("stop"))
        self.stop_button.clicked.connect(trainer.stop)
        self.rate = RateField(trainer)
        self.more = named(QToolButton(), "run_more_button")
        self.more.setIcon(icon("chevron"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.more.setMenu(QMenu(self.more))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        buttons = (self.train_button, self.pause_button, self.stop_button, self.more)
        for button in buttons:
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the canvas
        for widget in (self.text, self.bar, self.rate, *buttons):
            row.addWidget(widget)
        trainer.state_changed.connect(self._show)
        trainer.ticked.connect(self._tick)
        follow(self, self.retranslate)

    def offer(self, actions: Iterable[QAction]) -> None:
        """What else can be done with a run is in a menu behind the buttons."""
        self.more.menu().addActions(list(actions))

    def name_keys(self, train: str) -> None:
        """Says which keys train, in the words of the button."""
        self._train_keys = train
        self.retranslate()

    def retranslate(self) -> None:
        self.more.setAccessibleName(tr("More for this run"))
        self.more.setToolTip(tr("More for this run"))
        self.train_button.setText(tr("Train"))
        keys = self._train_keys
        self.train_button.setToolTip(
            tr("Train the network ({keys})", keys=keys) if keys else tr("Train the network")
        )
        self.stop_button.setText(tr("Stop"))
        self.stop_button.setToolTip(tr("End the training and keep what it learned so far"))
        self.bar.setAccessibleName(tr("Progress of the training"))
        self._show(self._trainer.state)

    def _show(self, state: str) -> None:
        running = state != "idle"
        one, other = (self.train_button, self.pause_button)[:: 1 if running else -1]
        held = one.hasFocus()
        other.setVisible(True)
        if held:  # else Qt would give the keyboard to the button behind them, which exports
            other.setFocus(Qt.FocusReason.OtherFocusReason)
        one.setVisible(False)
        self.stop_button.setVisible(running)
        self.more.setVisible(running)
        self.pause_button.setEnabled(state in ("running", "paused"))
        self.stop_button.setEnabled(state in ("preparing", "running", "paused"))
        paused = state == "paused"
        self.pause_button.setIcon(icon("play" if paused else "pause"))
        self.pause_button.setText(tr("Resume") if paused else tr("Pause"))
        self.pause_button.setToolTip(
            tr("Go on with the training") if paused else tr("Hold the training here")
        )
        self.bar.setVisible(running)
        self.text.setVisible(running or bool(self.text.text()))
        self._write(self._trainer.progress)

    def _tick(self, progress: Progress) -> None:
        self._write(progress)

    def _write(self, progress: Progress | None) -> None:
        state = self._trainer.state
        text = {"preparing": tr("preparing…"), "stopping": tr("stopping…")}.get(state, "")
        if progress is not None:
            steps = max(1, progress.epochs * progress.steps_per_epoch)
            self.bar.show_share(progress.step / steps, state == "paused")
            if state in ("running", "paused"):
                text = progress_text(progress, paused=state == "paused")
        if text != self.text.text():
            self.text.setText(text)

    def _pause_or_resume(self) -> None:
        if self._trainer.state == "paused":
            self._trainer.resume()
        else:
            self._trainer.pause()


def progress_text(progress: Progress, paused: bool = False) -> str:
    """ "epoch 8/10 · 31 400 samples/s · 0:12 left"."""
    epoch = min(progress.epochs, max(1, progress.epoch))
    parts = [tr("epoch {epoch}/{epochs}", epoch=epoch, epochs=progress.epochs)]
    if paused:
        return " · ".join([*parts, tr("paused")])
    if (speed := progress.samples_per_second) and speed > 0:
        parts.append(tr("{n} samples/s", n=quantities.count(_three_digits(speed))))
    left = progress.seconds_left
    if left is not None and left == left:
        parts.append(tr("{time} left", time=quantities.duration(left)))
    return " · ".join(parts)


def _three_digits(value: float) -> int:
    """31 427 as 31 400: more would only flicker."""
    return int(float(f"{value:.3g}"))
