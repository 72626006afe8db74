"""What a person does with runs: name them, note, star, compare, go back to one, put them in the trash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFile, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QInputDialog,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app import questions
from studio.app.icons import icon
from studio.app.named import named
from studio.app.questions import Answer
from studio.app.tasks import Lane, Ticket
from studio.training.labels import Labels
from studio.words import Message, NetloomError, tr

if TYPE_CHECKING:
    from studio.training.runs import RunInfo

Runs = dict[Path, "RunInfo"]
"""folders of runs with what is known of each"""
Said = dict[Path, Labels]


class RunActions(QObject):
    """The menu of the runs table. `changed` follows whatever the disk shows now, `told` is for the log."""

    changed = Signal()
    told = Signal(str, object)
    open_requested = Signal(object)
    go_on_requested = Signal(object)

    def __init__(self, table: QWidget, chosen: Callable[[], Runs]) -> None:
        super().__init__(table)
        self._table, self._chosen = table, chosen
        self._writing = Lane(self)
        self._writing.done.connect(self._done)
        self._writing.failed.connect(self._failed)
        self._comparing = Lane(self)
        self._comparing.done.connect(self._show_comparison)
        self._comparing.failed.connect(self._failed)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._open_menu)
        for key, run in (("F2", self.rename), ("Delete", self.ask_to_delete)):
            QShortcut(QKeySequence(key), table, run, context=Qt.ShortcutContext.WidgetShortcut)

    def _open_menu(self, at: QPoint) -> None:
        self.menu().popup(self._table.mapToGlobal(at))

    def menu(self) -> QMenu:
        """What can be done with the runs that are chosen."""
        runs = self._chosen()
        menu = QMenu(self._table)
        menu.setObjectName("runs_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        one = len(runs) == 1
        starred = all(info.labels.star for info in runs.values())
        over = bool(runs) and all(info.status != "running" for info in runs.values())
        resumable = one and all(info.resumable for info in runs.values())
        for name, text, picture, run, possible in (
            ("go_on", tr("Continue the run"), "play", self.go_on, resumable),
            ("rename", tr("Rename…"), "rename", self.rename, one),
            ("note", tr("Note…"), "info", self.write_note, one),
            ("star", tr("Take the star away") if starred else tr("Star"), "good", self.star, bool(runs)),
            ("compare", tr("Compare"), "runs", self.compare, len(runs) > 1),
            ("restore", tr("Open as a project"), "open", self.open_project, one),
            ("delete", tr("Put in the trash"), "delete", self.ask_to_delete, over),
        ):
            action = named(menu.addAction(icon(picture), text), f"run_{name}")
            action.triggered.connect(run)
            action.setEnabled(possible)
        return menu

    # -- labels ----------------------------------------------------------------------------------

    def rename(self) -> None:
        """Asks for the title of the chosen run."""
        self._ask(tr("Name of the run"), "title", multiline=False)

    def write_note(self) -> None:
        """Asks for the note of the chosen run."""
        self._ask(tr("Note on the run"), "note", multiline=True)

    def star(self) -> None:
        """Stars the chosen runs, or takes the stars away where all have one."""
        runs = self._chosen()
        on = not all(info.labels.star for info in runs.values())
        self._write({folder: replace(info.labels, star=on) for folder, info in runs.items()})

    def _ask(self, title: str, field: str, multiline: bool) -> None:
        runs = self._chosen()
        if len(runs) != 1:
            return
        folder, labels = next((folder, info.labels) for folder, info in runs.items())
        dialog = QInputDialog(self._table)
        dialog.setObjectName(f"run_{field}_dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText(folder.name)
        if multiline:
            dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
        dialog.setTextValue(getattr(labels, field))
        dialog.textValueSelected.connect(
            lambda text: self._write({folder: replace(labels, **{field: text.strip()})})
        )
        dialog.open()

    def _write(self, said: Said) -> None:
        self._writing.start(_write, said)

    # -- the project of a run, and others beside it ----------------------------------------------

    def open_project(self) -> None:
        """Opens a copy of the project as the chosen run trained it."""
        for folder in self._chosen():
            self.open_requested.emit(folder / "project.json")

    def go_on(self) -> None:
        """Continues the chosen run where it was stopped or cut off."""
        for folder in self._chosen():
            self.go_on_requested.emit(folder)

    def compare(self) -> None:
        """Shows in what the chosen runs differ."""
        self._comparing.start(_compare, self._chosen())

    def _show_comparison(self, found: tuple[list[str], list[tuple[str, tuple[str, ...]]]]) -> None:
        dialog = Comparison(*found, self._table)
        dialog.open()

    # -- the trash -------------------------------------------------------------------------------

    def ask_to_delete(self) -> None:
        """Asks, and puts the chosen runs in the system's trash."""
        chosen = self._chosen()
        runs = [folder for folder, info in chosen.items() if info.status != "running"]
        if not runs:
            return
        questions.ask(
            self._table.window(),
            Message("Put {n} runs in the trash?", n=len(runs))
            if len(runs) > 1
            else Message("Put the run {run} in the trash?", run=runs[0].name),
            Message("Its weights and curves go with it. It can be taken out of the trash again."),
            (
                Answer(Message("Put in the trash"), partial(self._delete, runs), "trash_button", "default"),
                Answer(Message("Cancel"), lambda: None, "cancel_button", "cancel"),
            ),
        )

    def _delete(self, runs: list[Path]) -> None:
        self._writing.start(_delete, runs)

    # -- what came of it -------------------------------------------------------------------------

    def _done(self, problem: Message | None) -> None:
        if problem is not None:
            self.told.emit("error", problem)
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        said = error.message if isinstance(error, NetloomError) else Message("{text}", text=error)
        self.told.emit("error", said)


class Comparison(QDialog):
    """A table: a row for each place in which the runs differ, a column for each run."""

    def __init__(
        self, titles: list[str], rows: list[tuple[str, tuple[str, ...]]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("comparison_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("In what the runs differ"))
        self.resize(760, 480)
        self.table = named(QTreeWidget(), "comparison_table")
        self.table.setRootIsDecorated(False)
        self.table.setAlternatingRowColors(True)
        self.table.setHeaderLabels([tr("Place"), *titles])
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        shown = rows or [(tr("They differ in nothing but the time."), ())]
        self.table.addTopLevelItems([QTreeWidgetItem([place, *values]) for place, values in shown])
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.table)
        column.addWidget(buttons)


def _write(ticket: Ticket, said: Said) -> None:
    from studio.training import labels

    for folder, text in said.items():
        labels.write(folder, text)


def _compare(ticket: Ticket, runs: Runs) -> tuple[list[str], list[tuple[str, tuple[str, ...]]]]:
    from studio.training.compare import differences

    return [info.labels.title or info.id for info in runs.values()], differences(list(runs))


def _delete(ticket: Ticket, runs: list[Path]) -> Message | None:
    kept = [folder for folder in runs if not QFile.moveToTrash(str(folder))]
    if not kept:
        return None
    return Message(
        "{run} could not be put in the trash and is where it was. Delete its folder by hand: {folder}",
        run=kept[0].name,
        folder=kept[0],
    )
