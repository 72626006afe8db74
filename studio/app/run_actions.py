"""What a person does with runs: name them, note, star, compare, go back to one, put them in the trash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFile, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from studio.app import file_icons, questions
from studio.app.branch_dialog import BranchDialog
from studio.app.icons import icon
from studio.app.named import named
from studio.app.questions import Answer
from studio.app.run_comparison import Comparison, SampleFlips
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import Trainer
from studio.training.labels import Labels, tags_of
from studio.words import Message, NetloomError, tr

if TYPE_CHECKING:
    from studio.training.predictions import Comparison as Samples
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

    def __init__(
        self,
        table: QWidget,
        chosen: Callable[[], Runs],
        compared: Callable[[], Runs],
        session: Session,
        trainer: Trainer,
    ) -> None:
        super().__init__(table)
        self._table, self._chosen, self._compared = table, chosen, compared
        self._session, self._trainer = session, trainer
        self._looking = Lane(self)
        self._looking.done.connect(self._show_branch)
        self._looking.failed.connect(self._failed)
        self._flipping = Lane(self)
        self._flipping.done.connect(self._show_flips)
        self._flipping.failed.connect(self._failed)
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
        runs, compared = self._chosen(), len(self._compared())
        menu = QMenu(self._table)
        menu.setObjectName("runs_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        one = len(runs) == 1
        starred = all(info.labels.star for info in runs.values())
        over = bool(runs) and all(info.status != "running" for info in runs.values())
        kept = all(info.best is not None for info in runs.values())
        resumable = one and all(info.resumable for info in runs.values())
        for name, text, picture, run, possible in (
            ("go_on", tr("Continue the run"), "play", self.go_on, resumable),
            ("branch", tr("New run from here…"), "add", self.branch, one and kept),
            ("rename", tr("Rename…"), "rename", self.rename, one),
            ("note", tr("Note…"), "info", self.write_note, one),
            ("tags", tr("Tags…"), "rename", self.write_tags, bool(runs)),
            ("star", tr("Take the star away") if starred else tr("Star"), "good", self.star, bool(runs)),
            ("compare", tr("Compare"), "runs", self.compare, compared > 1),
            ("flips", tr("Compare sample by sample"), "search", self.compare_samples, compared == 2),
            ("csv", tr("Save the numbers (CSV)…"), "save", self.ask_for_csv, bool(runs)),
            ("tensorboard", tr("Save for TensorBoard…"), "curves", self.ask_for_tensorboard, bool(runs)),
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

    def write_tags(self) -> None:
        """Asks for the tags of the chosen runs; those that all have are there already."""
        runs = self._chosen()
        if not runs:
            return
        common = [
            t for t in next(iter(runs.values())).labels.tags if all(t in i.labels.tags for i in runs.values())
        ]
        dialog = self._dialog(tr("Tags of the run"), "tags", tr("Words, with commas or spaces between them"))
        dialog.setTextValue(" ".join(common))
        dialog.textValueSelected.connect(lambda text: self._tag(runs, common, tags_of(text)))
        dialog.open()

    def _tag(self, runs: Runs, common: list[str], tags: tuple[str, ...]) -> None:
        """Gives each run the tags, and takes away those of the common ones that were taken out."""
        said = {}
        for folder, info in runs.items():
            own = [tag for tag in info.labels.tags if tag not in common or tag in tags]
            said[folder] = replace(info.labels, tags=tuple(dict.fromkeys([*own, *tags])))
        self._write(said)

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
        dialog = self._dialog(title, field, folder.name)
        if multiline:
            dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
        dialog.setTextValue(getattr(labels, field))
        dialog.textValueSelected.connect(
            lambda text: self._write({folder: replace(labels, **{field: text.strip()})})
        )
        dialog.open()

    def _dialog(self, title: str, name: str, label: str) -> QInputDialog:
        dialog = QInputDialog(self._table)
        dialog.setObjectName(f"run_{name}_dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText(label)
        return dialog

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

    def branch(self) -> None:
        """Asks what a new run from the chosen one is to be like."""
        for folder, info in self._chosen().items():
            self._looking.start(_checkpoints, folder, info)

    def _show_branch(self, found: tuple[RunInfo, list[str]]) -> None:
        info, checkpoints = found
        dialog = BranchDialog(info, self._session.document.data(), checkpoints, self._trainer, self._table)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def compare(self) -> None:
        """Shows in what the selected or ticked runs differ."""
        self._comparing.start(_compare, self._compared())

    def compare_samples(self) -> None:
        """Shows which samples one of the two runs gets right and the other wrong."""
        if len(self._compared()) == 2:
            self._flipping.start(_flips, self._compared())

    def _show_flips(self, found: tuple[list[str], Samples]) -> None:
        dialog = SampleFlips(*found, self._table)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # -- for other programs ----------------------------------------------------------------------

    def ask_for_csv(self) -> None:
        """Asks where to put a table of all numbers of the chosen runs."""
        dialog = self._file_dialog(tr("Save the numbers"), "csv_dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.setNameFilter("CSV (*.csv)")
        dialog.selectFile(f"{self._session.document.name}-runs.csv")
        dialog.fileSelected.connect(
            lambda path: self._writing.start(_save_csv, list(self._chosen()), Path(path))
        )
        dialog.open()

    def ask_for_tensorboard(self) -> None:
        """Asks for the folder in which each chosen run gets a folder of event files."""
        dialog = self._file_dialog(tr("Folder for TensorBoard"), "tensorboard_dialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(
            lambda path: self._writing.start(_save_tensorboard, list(self._chosen()), Path(path))
        )
        dialog.open()

    def _file_dialog(self, title: str, name: str) -> QFileDialog:
        dialog = QFileDialog(self._table, title)
        file_icons.use(dialog)
        dialog.setObjectName(name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _show_comparison(self, found: tuple[list[str], list[tuple[str, tuple[str, ...]]]]) -> None:
        dialog = Comparison(*found, self._table)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
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

    def _done(self, said: tuple[str, Message] | None) -> None:
        if said is not None:
            self.told.emit(*said)
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        said = error.message if isinstance(error, NetloomError) else Message("{text}", text=error)
        self.told.emit("error", said)


def _write(ticket: Ticket, said: Said) -> None:
    from studio.training import labels

    for folder, text in said.items():
        labels.write(folder, text)


def _compare(ticket: Ticket, runs: Runs) -> tuple[list[str], list[tuple[str, tuple[str, ...]]]]:
    from studio.training.compare import differences

    return [info.labels.title or info.id for info in runs.values()], differences(list(runs))


def _checkpoints(ticket: Ticket, folder: Path, info: RunInfo) -> tuple[RunInfo, list[str]]:
    from studio.training.runs import checkpoints_of

    return info, checkpoints_of(folder)


def _flips(ticket: Ticket, runs: Runs) -> tuple[list[str], Samples]:
    from studio.training.predictions import compare

    return [info.labels.title or info.id for info in runs.values()], compare(*runs)


def _save_csv(ticket: Ticket, runs: list[Path], path: Path) -> tuple[str, Message]:
    from studio.training.curve_files import write_csv

    write_csv(runs, path)
    return "info", Message("The numbers of {n} runs are in {path}.", n=len(runs), path=path)


def _save_tensorboard(ticket: Ticket, runs: list[Path], folder: Path) -> tuple[str, Message]:
    from studio.training.curve_files import write_tensorboard

    write_tensorboard(runs, folder)
    return "info", Message("Look at the runs with: tensorboard --logdir {folder}", folder=folder)


def _delete(ticket: Ticket, runs: list[Path]) -> tuple[str, Message] | None:
    kept = [folder for folder in runs if not QFile.moveToTrash(str(folder))]
    if not kept:
        return None
    said = Message(
        "{run} could not be put in the trash and is where it was. Delete its folder by hand: {folder}",
        run=kept[0].name,
        folder=kept[0],
    )
    return "error", said
