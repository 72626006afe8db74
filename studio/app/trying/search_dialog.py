"""The search in the window: what is searched, the trials as they come, and the best one taken by a click."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app import theme
from studio.app.language import follow
from studio.app.metric_words import metric_text, metric_title
from studio.app.named import named
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.app.trying.chart import Chart, Series
from studio.app.trying.command import Command
from studio.app.trying.space_table import SpaceTable
from studio.training.search import space
from studio.training.search.states import state_text
from studio.words import Message, NetloomError, tr

NUMBER = int(Qt.ItemDataRole.UserRole)
COLORS = {"done": "good", "running": "accent", "pruned": "second", "failed": "error", "cut off": "warning"}


class SearchDialog(QDialog):
    """Stays beside the window. The trials lie in a journal: they are there again when it is opened again."""

    run_made = Signal()

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("search_dialog")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(940, 680)
        self._session = session
        self._trials: dict[int, dict[str, Any]] = {}
        self._head: dict[str, Any] = {}
        self._end: dict[str, Any] = {}
        self._problem: Message | None = None
        self._trying = False
        self.command = Command(session, trainer, self)
        self.command.said.connect(self._take)
        self.command.ended.connect(self._ended)
        self.command.active_changed.connect(lambda _: self._refresh())
        self._build()
        session.opened.connect(self.close)
        session.edited.connect(self._show_settings)
        follow(self, self.retranslate)
        self._show_settings()
        self._list()

    def _build(self) -> None:
        self.space = SpaceTable(self._session)
        self.trials = named(QSpinBox(), "search_trials")
        self.trials.setRange(1, 100_000)
        self.trials.editingFinished.connect(lambda: self._set("trials", self.trials.value()))
        self.sampler, self.pruner = named(QComboBox(), "search_sampler"), named(QComboBox(), "search_pruner")
        for box, names, key in (
            (self.sampler, space.SAMPLERS, "sampler"),
            (self.pruner, space.PRUNERS, "pruner"),
        ):
            for name in names:
                box.addItem(name, name)
            box.activated.connect(lambda _, box=box, key=key: self._set(key, box.currentData()))
        self._labels = (QLabel(), QLabel(), QLabel())
        form = QFormLayout()
        for label, field in zip(self._labels, (self.trials, self.sampler, self.pruner), strict=True):
            form.addRow(label, field)
        self.start_button = named(QPushButton(), "search_start")
        self.start_button.setDefault(True)
        self.start_button.clicked.connect(self._start)
        right = QVBoxLayout()
        right.addLayout(form)
        right.addStretch(1)
        right.addWidget(self.start_button)
        above = QHBoxLayout()
        above.setSpacing(20)
        above.addWidget(self.space, 1)
        above.addLayout(right)
        head = QWidget()
        head.setLayout(above)
        above.setContentsMargins(0, 0, 0, 0)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(1)
        for part, stretch in ((head, 2), (self._build_charts(), 3), (self._build_table(), 3)):
            parts.addWidget(part)
            parts.setStretchFactor(parts.count() - 1, stretch)
        self.said = named(QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), "search_said")
        self.use_button = named(QPushButton(), "search_use")
        self.use_button.setAutoDefault(False)
        self.use_button.clicked.connect(self._use)
        below = QHBoxLayout()
        below.addWidget(self.said, 1)
        below.addWidget(self.use_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(parts, 1)
        column.addLayout(below)

    def _build_charts(self) -> QWidget:
        self.chart = named(Chart(), "search_chart")
        self.importances = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.importances.setObjectName("search_importances")
        self.importances.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.importances.setProperty("second", True)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.chart, 1)
        row.addWidget(self.importances)
        return middle

    def _build_table(self) -> QWidget:
        self.table = named(QTreeWidget(), "search_table")
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.itemSelectionChanged.connect(self._refresh)
        return self.table

    # -- settings --------------------------------------------------------------------------------

    def _set(self, key: str, value: object) -> None:
        if self._session.document.setting((space.SECTION, key)) == value:
            return
        if self._said(key) != value:
            with self._session.edit(Message("Change the search")) as edit:
                edit.set((space.SECTION, key), value)

    def _said(self, key: str) -> Any:
        section = self._session.document.data().settings.get(space.SECTION) or {}
        return section.get(key, space.DEFAULTS[key])

    def _show_settings(self) -> None:
        self.trials.setValue(int(self._said("trials")))
        self.sampler.setCurrentIndex(self.sampler.findData(self._said("sampler")))
        self.pruner.setCurrentIndex(self.pruner.findData(self._said("pruner")))
        self._refresh()

    # -- the search ------------------------------------------------------------------------------

    def _list(self) -> None:
        """What was found before, for the same question."""
        self._trying = False
        self.command.start("search", "--list")

    def _start(self) -> None:
        if self.command.active and self._trying:
            self.command.stop()
            return
        self._trials, self._end, self._problem, self._trying = {}, {}, None, True
        self.table.clear()
        self.command.start("search")

    def _take(self, told: dict[str, Any]) -> None:
        match told["event"]:
            case "search":
                self._head = told
                self._name_columns()
            case "trial":
                self._trials[told["number"]] = told
                self._show_trial(told)
                if told.get("mine"):
                    self.run_made.emit()
            case "epoch":
                trial = self._trials[told["number"]]
                trial["epochs"] = told["epoch"]
                trial["score"] = told["score"]
                self._show_trial(trial)
            case "end":
                self._end = told
                for trial in told.get("trials", ()):
                    self._show_trial(trial)
        self._draw()
        self._refresh()

    def _ended(self, problem: Message | None) -> None:
        self._problem, self._trying = problem, False
        self._refresh()

    # -- showing ---------------------------------------------------------------------------------

    def _keys(self) -> list[str]:
        return list(self._head.get("space") or {})

    def _name_columns(self) -> None:
        keys = self._keys()
        metric = metric_title(self._head.get("metric") or "loss")
        self.chart.y_title = metric
        names = [
            tr("Trial"),
            tr("Status"),
            metric,
            *(short_key(key) for key in keys),
            tr("Run"),
            tr("Reason"),
        ]
        self.table.setColumnCount(len(names))
        self.table.setHeaderLabels(names)

    def _show_trial(self, trial: dict[str, Any]) -> None:
        found = self.table.findItems(str(trial["number"] + 1), Qt.MatchFlag.MatchExactly, 0)
        item = found[0] if found else QTreeWidgetItem()
        score = "" if trial["score"] is None else metric_text(self._head.get("metric") or "", trial["score"])
        values = [
            space.short(trial["values"].get(key)) if key in trial["values"] else "" for key in self._keys()
        ]
        texts = [str(trial["number"] + 1), trial_state(trial), score, *values]
        texts += [trial["run"] or "", trial["reason"] or ""]
        for column, text in enumerate(texts):
            item.setText(column, text)
        item.setData(0, NUMBER, trial["number"])
        item.setToolTip(len(texts) - 1, trial["reason"] or "")
        item.setForeground(1, theme.current().ink(COLORS.get(trial["state"], "second")))
        if not found:
            self.table.addTopLevelItem(item)
            self.table.scrollToItem(item)

    def _draw(self) -> None:
        scored = [
            (t["number"] + 1, float(t["score"])) for t in self._trials.values() if t["score"] is not None
        ]
        done = [p for p in scored if self._trials[p[0] - 1]["state"] == "done"]
        rest = [p for p in scored if p not in done]
        best, line = None, []
        for number, score in sorted(done):
            less = bool(self._head.get("minimised"))
            best = score if best is None else min(best, score) if less else max(best, score)
            line.append((float(number), best))
        self.chart.show_series(
            Series(line, "good", width=1.4),
            Series(rest, "second", dots=True),
            Series(done, "accent", dots=True),
        )
        shares = self._end.get("importances") or {}
        lines = [f"{share:>4.0%}  {short_key(key)}" for key, share in shares.items()]
        self.importances.setText("\n".join([tr("How much each matters:"), *lines]) if lines else "")

    def _refresh(self) -> None:
        trying = self._trying and self.command.active
        self.start_button.setText(tr("Stop") if trying else tr("Search"))
        self.start_button.setEnabled(trying or (not self.command.active and not self.space.problem))
        for field in (self.space, self.trials, self.sampler, self.pruner):
            field.setEnabled(not trying)
        chosen = self._chosen()
        self.use_button.setEnabled(chosen is not None)
        self.said.setText(self._text(trying, chosen))

    def _chosen(self) -> dict[str, Any] | None:
        """The trial that was picked, else the best one."""
        picked = [self._trials[item.data(0, NUMBER)] for item in self.table.selectedItems()]
        if picked:
            return picked[0]
        done = [t for t in self._trials.values() if t["state"] == "done" and t["score"] is not None]
        pick = min if self._head.get("minimised") else max
        return pick(done, key=lambda t: t["score"], default=None)

    def _text(self, trying: bool, chosen: dict[str, Any] | None) -> str:
        if self.space.problem:
            return self.space.problem
        if self._problem is not None:
            return str(self._problem)
        if not self._trials:
            return (
                tr("The first trial is being prepared…")
                if trying
                else tr(
                    "Each trial is a run. What was tried is kept: a search that is started again goes on."
                )
            )
        counts: dict[str, int] = {}
        for trial in self._trials.values():
            counts[trial["state"]] = counts.get(trial["state"], 0) + 1
        text = "  ·  ".join(f"{state_text(state)} {n}" for state, n in counts.items())
        if chosen is not None and chosen["score"] is not None:
            metric = self._head.get("metric") or ""
            score = f"{metric_title(metric)} {metric_text(metric, float(chosen['score']))}"
            text += "\n" + tr(
                "Trial {n}: {score} with {values}",
                n=chosen["number"] + 1,
                score=score,
                values=space.shown(chosen["values"]),
            )
        return text

    def _use(self) -> None:
        """One step that can be undone."""
        chosen = self._chosen()
        if chosen is None:
            return
        try:
            with self._session.edit(Message("Use the settings of trial {n}", n=chosen["number"] + 1)) as edit:
                space.use(edit, self._session.document.data(), chosen["values"])
        except NetloomError as error:
            self._session.notice.emit("error", error.message)

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Search for settings"))
        for label, text in zip(self._labels, (tr("Trials"), tr("Method"), tr("Give up early")), strict=True):
            label.setText(text)
        known = {
            "tpe": tr("TPE: learns from the trials"),
            "random": tr("at random"),
            "grid": tr("a grid"),
            "median": tr("below the median"),
            "hyperband": "Hyperband",
            "none": tr("never"),
        }
        for box in (self.sampler, self.pruner):
            for index in range(box.count()):
                box.setItemText(index, known[box.itemData(index)])
        self.chart.x_title = tr("trial")
        self.chart.setAccessibleName(tr("The score of each trial"))
        self.table.setAccessibleName(tr("Trials"))
        self.use_button.setText(tr("Use these settings"))
        self._name_columns()
        for trial in self._trials.values():
            self._show_trial(trial)
        self._draw()
        self._refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.command.leave(self, event)


def short_key(key: str) -> str:
    """`lr` for `training.optimizer.lr`, `fc1.out_features` for `model.fc1.out_features`."""
    return key.rpartition(".")[2] if key.startswith("training.") else key.partition(".")[2]


def trial_state(trial: dict[str, Any]) -> str:
    if trial["state"] == "running" and trial["epochs"]:
        return tr("epoch {n}", n=trial["epochs"])
    return state_text(trial["state"])
