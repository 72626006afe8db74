"""The Curves panel: loss and a metric beside each other while training runs, earlier runs over them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QWidget

from studio import quantities
from studio.app.curves.history import TRAIN, VALIDATION, History
from studio.app.curves.legend import EntryStyle
from studio.app.curves.lines import Line
from studio.app.curves.plot import CurvePlot
from studio.app.curves.samples import SamplesView
from studio.app.curves.side import Side
from studio.app.language import follow
from studio.app.metric_words import PERCENT, metric_text, metric_title
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import Trainer
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.training.progress import Progress

SHORTEST_S, LONGEST_S = 0.1, 2.5
SHARE = 0.05
"""the part of the time that drawing may take, which on a small machine training lacks"""
STYLES = {TRAIN: EntryStyle("accent"), VALIDATION: EntryStyle("warning", marker=True)}
EARLIER_COLORS = ("attention", "pooling", "recurrent", "convolution", "normalisation", "dropout")


class CurvesPanel(QWidget):
    """Two plots over epochs. Points are taken in at every tick, drawn ten times a second at most."""

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curves_panel")
        self.setAutoFillBackground(True)
        self.session, self.trainer = session, trainer
        self.history = History()
        self.earlier: dict[Path, History] = {}
        self.chosen_metric: str | None = None
        self._progress: Progress | None = None
        self._drawn_at = 0.0
        self._lane = Lane(self)
        self._lane.done.connect(self._take_earlier)
        self._lane.failed.connect(self._earlier_failed)
        self._opening = Lane(self)
        self._opening.done.connect(self._take_newest)
        self._opening.failed.connect(self._earlier_failed)
        self._build()
        trainer.state_changed.connect(self._on_state)
        trainer.ticked.connect(self._on_tick)
        trainer.epoch_done.connect(lambda _: self.samples.outdate())
        session.opened.connect(self._clear)
        follow(self, self.retranslate)
        self._look_for_newest()

    def _build(self) -> None:
        self.loss, self.other = CurvePlot("loss_plot"), CurvePlot("metric_plot")
        self.samples = SamplesView()
        self.side = Side(self)
        self._train_keys = ""
        self._empty = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setObjectName("curves_empty")
        self._empty.setProperty("second", True)
        plots = QWidget()
        row = QHBoxLayout(plots)
        row.setContentsMargins(8, 2, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.loss, 1)
        row.addWidget(self.other, 1)
        row.addWidget(self.samples)
        row.addWidget(self.side)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(plots)
        for plot in (self.loss, self.other):
            plot.read_at.connect(self._read)
        self.loss.describe = lambda x: self._describe(x, "loss")
        self.other.describe = lambda x: self._describe(x, self.chosen_metric)
        self.other.legend.metric_chosen.connect(self._choose_metric)

    # -- data ------------------------------------------------------------------------------------

    def _on_state(self, state: str) -> None:
        if state == "preparing" and self.trainer.progress is not None:
            self._begin()
            self.redraw()
        elif state == "idle":
            self.redraw()
            self.samples.outdate()
            self._progress = None

    def _begin(self) -> None:
        self._opening.cancel()
        self.history = History(window=self.history.window)
        self._progress = None
        self.loss.fitted = self.other.fitted = True

    def _clear(self) -> None:
        if not self.trainer.active:
            self._begin()
            self.earlier = {}
            self.redraw()
            self._look_for_newest()

    def _look_for_newest(self) -> None:
        """A project that was trained before shows the curves of its newest run."""
        if self.session.path is not None and not self.trainer.active:
            self._opening.start(_read_newest, self.session.path)

    def _take_newest(self, found: History | None) -> None:
        if found is not None:
            found.smooth_over(self.history.window)
            self.history = found
            self.redraw()

    def _on_tick(self, progress: Progress) -> None:
        self._progress = progress
        if self.isVisible():
            if time.perf_counter() - self._drawn_at >= self._rest():
                self._advance()
        elif progress.step - len(self.history.steps) > progress.capacity // 4:
            # before the ring of the loop overwrites what nobody has looked at
            self._take_in()

    def _take_in(self) -> bool:
        """Reads what the run has said since; False where that is nothing."""
        return self._progress is not None and self.history.feed(self._progress)

    def _advance(self) -> None:
        """Draws what is new; the plot on the right only after an epoch."""
        epochs = self.history.epochs_read
        if not self._take_in():
            return
        if epochs != self.history.epochs_read or self._stack.currentIndex() == 0:
            self._draw()
            return
        self._smooth_by_itself()
        self._show_entries(self.loss, "loss")
        self.loss.show_lines(self._lines("loss"), self._span(), self.history.marks)
        self._drawn_at = time.perf_counter()

    def _rest(self) -> float:
        """How long to rest after the last drawing, so that training and the window keep their pace."""
        cost = sum(plot.cost_s for plot in (self.loss, self.other))
        return min(max(cost / SHARE, SHORTEST_S), LONGEST_S)

    # -- drawing ---------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Draws what is known, unless nobody looks."""
        if self.isVisible():
            self._take_in()
            self._draw()

    def _draw(self) -> None:
        """Draws everything that was taken in."""
        history = self.history
        self._stack.setCurrentIndex(0 if history.empty and not self.earlier else 1)
        self._say_why_empty()
        self.side.show_run(history.name)
        self.samples.show_run(history.run, self.session.path.parent if self.session.path else None)
        self._smooth_by_itself()
        metrics = list(
            dict.fromkeys(m for h in (history, *self._others().values()) for m in h.metric_names())
        )
        if self.chosen_metric not in metrics:
            self.chosen_metric = metrics[0] if metrics else None
        self._head(metrics)
        span = self._span()
        self.loss.show_lines(self._lines("loss"), span, history.marks)
        self.other.set_percent(self._metric_or_guess() in PERCENT)
        lines = self._lines(self.chosen_metric) if self.chosen_metric else []
        self.other.show_lines(lines, span, history.marks)
        self._drawn_at = time.perf_counter()

    def histories(self) -> list[History]:
        """Every run that is drawn, each once."""
        return [self.history, *self._others().values()]

    def _others(self) -> dict[Path, History]:
        """The earlier runs that are laid over the one that is shown: not that one once more."""
        return {path: earlier for path, earlier in self.earlier.items() if path != self.history.run}

    def _say_why_empty(self) -> None:
        self._empty.setText(
            tr("The curves begin with the first step.") if self.trainer.active else self._how_to_begin()
        )

    def _how_to_begin(self) -> str:
        keys = self._train_keys
        if keys:
            return tr("Press Train ({keys}) to see the curves.", keys=keys)
        return tr("Press Train to see the curves.")

    def name_keys(self, train: str) -> None:
        """Says which keys train, where there are no curves yet."""
        self._train_keys = train
        self._say_why_empty()

    def _span(self) -> int:
        """How many epochs are in view while the plots are fitted."""
        return max([self.history.epochs or 1, *(h.epochs for h in self._others().values())])

    def _lines(self, metric: str | None) -> list[Line]:
        history, lines = self.history, []
        for number, (path, earlier) in enumerate(self._others().items()):
            color = EARLIER_COLORS[number % len(EARLIER_COLORS)]
            points = earlier.metrics.get((VALIDATION, metric or "")) or earlier.metrics.get(
                (TRAIN, metric or "")
            )
            if points:
                lines.append(Line(path.name, "earlier marked", color, points))
        if metric == "loss" and len(history.steps):
            lines.append(Line(TRAIN, "fine", STYLES[TRAIN].color, history.steps))
            lines.append(Line(TRAIN, "bold", STYLES[TRAIN].color, history.smooth))
        elif points := history.metrics.get((TRAIN, metric or "")):
            lines.append(Line(TRAIN, "bold", STYLES[TRAIN].color, points))
        if points := history.metrics.get((VALIDATION, metric or "")):
            lines.append(Line(VALIDATION, "marked", STYLES[VALIDATION].color, points))
        return lines

    def _head(self, metrics: list[str]) -> None:
        self.loss.legend.set_title(tr("Loss"))
        self.other.legend.set_title(metric_title(self._metric_or_guess()))
        self.other.legend.set_choices({name: metric_title(name) for name in metrics}, self.chosen_metric)
        for plot, metric in ((self.loss, "loss"), (self.other, self.chosen_metric)):
            self._show_entries(plot, metric)

    def _show_entries(self, plot: CurvePlot, metric: str | None) -> None:
        names = []
        for entry, style, label, points in self._entries(metric):
            names.append(entry)
            plot.legend.show_entry(entry, style, f"{label} {self._newest(points, metric)}".strip())
        plot.legend.keep_only(names)

    def _entries(self, metric: str | None) -> list[tuple[str, EntryStyle, str, object]]:
        history = self.history
        train = (
            history.smooth
            if metric == "loss" and len(history.smooth)
            else history.metrics.get((TRAIN, metric or ""))
        )
        entries: list[tuple[str, EntryStyle, str, object]] = []
        if not history.empty:
            entries.append((TRAIN, STYLES[TRAIN], tr("train"), train))
            entries.append(
                (
                    VALIDATION,
                    STYLES[VALIDATION],
                    tr("validation"),
                    history.metrics.get((VALIDATION, metric or "")),
                )
            )
        for number, (path, earlier) in enumerate(self._others().items()):
            color = EARLIER_COLORS[number % len(EARLIER_COLORS)]
            style = EntryStyle(color, marker=True, dashed=True, text_color="second")
            entries.append((path.name, style, earlier.name, earlier.metrics.get((VALIDATION, metric or ""))))
        return entries

    def _newest(self, points: object, metric: str | None) -> str:
        from studio.app.curves.pyramid import Pyramid

        if not isinstance(points, Pyramid) or not len(points):
            return ""
        return metric_text(metric, float(points.y[-1]))

    def _metric_or_guess(self) -> str:
        """The metric on the right; before the first epoch, the one that the objective will give."""
        if self.chosen_metric:
            return self.chosen_metric
        from studio.data.prepare import context_of
        from studio.training.objectives import KINDS, USUAL, named

        project = self.session.document.data()
        kind = KINDS.get(named(project.training, context_of(project.data).task), KINDS[USUAL])
        return kind.metrics[0]

    def _smooth_by_itself(self) -> None:
        if not self.side.touched:
            steps = len(self.history.steps)
            wanted = min(max(5.0, steps / 40), 1000.0)
            if not 0.5 < wanted / self.history.window < 2:
                self.smooth_over(wanted)
            self.side.show_window(self.history.window)

    def smooth_over(self, window: float) -> None:
        """Smooths the bold line over about `window` steps."""
        self.history.smooth_over(window)
        for earlier in self.earlier.values():
            earlier.smooth_over(window)

    # -- reading ---------------------------------------------------------------------------------

    def _read(self, x: float | None) -> None:
        for plot in (self.loss, self.other):
            plot.read(x)

    def _describe(self, x: float, metric: str | None) -> str:
        history = self.history
        parts = [tr("epoch {n}", n=f"{x:.2f}")]
        if metric == "loss" and len(history.steps):
            step, smooth = history.steps.at(x), history.smooth.at(x)
            if step and smooth:
                number = round(step[0] * history.steps_per_epoch)
                parts[0] += " · " + tr("step {n}", n=quantities.count(number))
                parts.append(tr("train {value}", value=metric_text(metric, step[1])))
                parts.append(tr("smoothed {value}", value=metric_text(metric, smooth[1])))
        elif (points := history.metrics.get((TRAIN, metric or ""))) and (found := points.at(x)):
            parts.append(tr("train {value}", value=metric_text(metric, found[1])))
        if (points := history.metrics.get((VALIDATION, metric or ""))) and (found := points.at(x)):
            parts.append(tr("validation {value}", value=metric_text(metric, found[1])))
        for earlier in self._others().values():
            if (points := earlier.metrics.get((VALIDATION, metric or ""))) and (found := points.at(x)):
                parts.append(f"{earlier.name} {metric_text(metric, found[1])}")
        return "  ".join(parts)

    def _choose_metric(self, metric: str) -> None:
        self.chosen_metric = metric
        self.other.fitted = True
        self.redraw()

    # -- earlier runs ----------------------------------------------------------------------------

    def show_runs(self, folders: list[Path]) -> None:
        """Lays earlier runs over the curves; the list replaces the one before."""
        self._lane.start(_read_runs, [Path(folder) for folder in folders])

    def _take_earlier(self, earlier: dict[Path, History]) -> None:
        self.earlier = earlier
        self.redraw()

    def _earlier_failed(self, error: Exception) -> None:
        self.session.notice.emit(
            "error", Message("The earlier runs could not be read: {reason}", reason=error)
        )

    # -- the widget ------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.redraw()
        self.samples.catch_up()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._read(None)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Curves"))
        self._say_why_empty()
        self.loss.area.setAccessibleName(tr("Loss over the epochs"))
        self.other.area.setAccessibleName(tr("The metric over the epochs"))
        self.side.retranslate()
        for plot in (self.loss, self.other):
            plot.area.epochs.restyle()
        self.redraw()


def _read_runs(ticket: Ticket, folders: list[Path]) -> dict[Path, History]:
    from studio.app.curves.earlier import read

    found = {}
    for folder in folders:
        ticket.check()
        found[folder] = read(folder)
    return found


def _read_newest(ticket: Ticket, project: Path) -> History | None:
    """The newest run of a project that has something to show."""
    from studio.app.curves.earlier import read
    from studio.training.runs import list_runs, runs_folder

    for info in reversed(list_runs(runs_folder(project))):
        ticket.check()
        history = read(info.folder)
        if not history.empty:
            return history
    return None
