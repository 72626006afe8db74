"""A run as a row of the Runs table: its texts, what it is sorted by, and what a search looks into."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem

from studio import quantities
from studio.app import theme
from studio.app.metric_words import metrics_text
from studio.words import tr

if TYPE_CHECKING:
    from studio.training.runs import RunInfo

FOLDER_ROLE = int(Qt.ItemDataRole.UserRole)
STATUS_COLORS = {
    "done": "good",
    "running": "accent",
    "stopped": "second",
    "failed": "error",
    "interrupted": "warning",
}
RUN, STATUS, BEST, TEST, EPOCHS, DURATION, SETTINGS, TAGS = range(8)


class RunItem(QTreeWidgetItem):
    """One row. `matches(words)` says whether a search finds it."""

    def __init__(self, info: RunInfo) -> None:
        wanted = info.settings.get("epochs")
        epochs = f"{info.epochs_done}/{wanted}" if wanted else str(info.epochs_done)
        tags = " ".join(f"#{tag}" for tag in info.labels.tags)
        texts = [
            run_text(info),
            status_text(info.status),
            metrics_of_best(info),
            shown_metrics(info.test or {}),
            epochs,
            quantities.duration(info.seconds),
            _settings(info.settings),
            tags,
        ]
        super().__init__(texts)
        best = info.best or {}
        self._keys: tuple[Any, ...] = (
            (info.started, info.id),
            texts[STATUS],
            _score(best.get("validation") or best.get("train")),
            _score(info.test),
            info.epochs_done,
            info.seconds,
            texts[SETTINGS],
            tags,
        )
        self._words = " ".join(
            [*texts, info.id, info.labels.note, info.device, when_text(info.started)]
        ).lower()
        self.setData(0, FOLDER_ROLE, info.folder)
        tip = filter(None, (info.labels.note, when_text(info.started), str(info.folder)))
        self.setToolTip(0, "\n".join(tip))
        self.setForeground(STATUS, theme.current().color(STATUS_COLORS.get(info.status, "second")))
        for column in (SETTINGS, TAGS):
            self.setForeground(column, theme.current().color("second"))
        self.setFlags(self.flags() | Qt.ItemFlag.ItemIsUserCheckable)

    def sort_key(self, column: int) -> Any:
        return self._keys[column]

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        column = self.treeWidget().sortColumn() if self.treeWidget() is not None else RUN
        if not isinstance(other, RunItem):
            return bool(self._keys[RUN] < other.key())  # type: ignore[attr-defined]
        return bool(self._keys[column] < other._keys[column])

    def matches(self, words: list[str]) -> bool:
        return all(word in self._words for word in words)


def status_text(status: str) -> str:
    known = {
        "done": tr("done"),
        "running": tr("running"),
        "stopped": tr("stopped"),
        "failed": tr("failed"),
        "interrupted": tr("interrupted"),
        "imported": tr("imported"),
    }
    return known.get(status, status)


def run_text(info: RunInfo) -> str:
    """What a run is called: by its title, else by its time."""
    title = info.labels.title or when_text(info.started) or info.id
    return f"★ {title}" if info.labels.star else title


def when_text(started: str) -> str:
    try:
        return datetime.fromisoformat(started).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return started


def metrics_of_best(info: RunInfo) -> str:
    """What the best epoch reached on validation data, or on training data where nothing validated."""
    best = info.best or {}
    return shown_metrics(best.get("validation") or best.get("train") or {})


def shown_metrics(values: object) -> str:
    """The metrics but the loss, which says little beside them; the loss where there is nothing else."""
    return metrics_text(_chosen(values), " · ")


def _chosen(values: object) -> dict[str, float]:
    table = {k: float(v) for k, v in values.items() if v is not None} if isinstance(values, dict) else {}
    return {name: value for name, value in table.items() if name != "loss"} or table


def _score(values: object) -> float:
    """What a column of metrics is sorted by: the first that is shown; a loss counts the other way round."""
    name, value = next(iter(_chosen(values).items()), ("", -math.inf))
    return -value if name in ("loss", "mae") else value


def _settings(settings: object) -> str:
    table = settings if isinstance(settings, dict) else {}
    optimizer = table.get("optimizer") or {}
    lr = optimizer.get("lr", "")
    lr = f"{lr:.4g}" if isinstance(lr, float) else lr
    parts = [f"{optimizer.get('type', '')} {lr}".strip()]
    if table.get("batch_size"):
        parts.append(tr("batch {n}", n=table["batch_size"]))
    return " · ".join(part for part in parts if part)
