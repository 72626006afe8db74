"""Runs that belong together, under one row of the Runs table: folds of a validation, trials of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem

from studio import quantities
from studio.app import theme
from studio.app.metric_words import metric_text, metric_title
from studio.app.run_rows import (
    BEST,
    DURATION,
    EPOCHS,
    RUN,
    STATUS,
    TEST,
    RunItem,
    shown_metrics,
    status_text,
    when_text,
)
from studio.words import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio.training.folds import Spread
    from studio.training.runs import RunInfo

GROUP_ROLE = int(Qt.ItemDataRole.UserRole) + 1


class GroupItem(QTreeWidgetItem):
    """The row above the runs of a group, the oldest one first. It is sorted by when it began."""

    def __init__(self, infos: Sequence[RunInfo]) -> None:
        group: dict[str, Any] = dict(infos[0].group or {})
        running = any(info.status == "running" for info in infos)
        done = sum(info.status == "done" for info in infos)
        texts = [""] * (max(BEST, TEST, EPOCHS, DURATION) + 1)
        texts[RUN] = _title(group, infos)
        texts[STATUS] = status_text("running") if running else tr("{n} done", n=done)
        texts[BEST] = _reached(group, infos)
        texts[DURATION] = quantities.duration(sum(info.seconds for info in infos))
        super().__init__(texts)
        self._key = (infos[0].started, infos[0].id)
        self.setData(0, GROUP_ROLE, group.get("id"))
        self.setToolTip(0, when_text(infos[0].started))
        self.setForeground(STATUS, theme.current().color("accent" if running else "second"))
        for info in infos:
            item = RunItem(info)
            number = (info.group or {}).get("number")
            item.setText(RUN, f"{number} · {item.text(RUN)}")
            self.addChild(item)

    def runs(self) -> list[RunItem]:
        children = (self.child(index) for index in range(self.childCount()))
        return [child for child in children if isinstance(child, RunItem)]

    def key(self) -> tuple[str, str]:
        return self._key

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        theirs = other.key() if isinstance(other, GroupItem) else other.sort_key(RUN)  # type: ignore[attr-defined]
        return bool(self._key < theirs)


def rows(infos: Sequence[RunInfo]) -> list[QTreeWidgetItem]:
    """A row for each run that stands alone and for each group, the newest one first."""
    groups: dict[str, list[RunInfo]] = {}
    for info in infos:
        if info.group:
            groups.setdefault(str(info.group.get("id")), []).append(info)
    found: list[QTreeWidgetItem] = []
    for info in infos:
        if not info.group:
            found.append(RunItem(info))
        elif members := groups.pop(str(info.group.get("id")), None):
            found.append(GroupItem(members))
    return list(reversed(found))


def runs_of(item: QTreeWidgetItem | None) -> list[RunItem]:
    """The runs of a row of the table."""
    if isinstance(item, GroupItem):
        return item.runs()
    return [item] if isinstance(item, RunItem) else []


def _title(group: dict[str, Any], infos: Sequence[RunInfo]) -> str:
    if group.get("kind") == "folds":
        return tr("Cross-validation, {n} folds", n=group.get("of"))
    return tr("Search, {n} trials", n=len(infos))


def _reached(group: dict[str, Any], infos: Sequence[RunInfo]) -> str:
    """Mean and deviation of folds; of a search, the best trial."""
    from studio.training.folds import spread_of

    scores = [info.best["validation"] for info in infos if info.best and info.best.get("validation")]
    if not scores:
        return ""
    if group.get("kind") == "folds":
        found = {name: spread for name, spread in spread_of(scores).items() if name != "loss"}
        return " · ".join(_spread(name, spread) for name, spread in found.items())
    first = next((name for name in scores[0] if name != "loss"), "loss")
    pick = min if first in ("loss", "mae") else max
    return shown_metrics(pick(scores, key=lambda score: score.get(first) or 0.0))


def _spread(name: str, spread: Spread) -> str:
    return f"{metric_title(name)} {metric_text(name, spread.mean)} ± {metric_text(name, spread.deviation)}"
