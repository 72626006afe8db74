"""Where what was imported goes: a project of its own, a network of the open one, or its next training."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.app.files import FileDesk
from studio.app.import_dialog import ImportDialog
from studio.app.importing import Kind, Outcome
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.graph.model import ProjectData
from studio.words import Message


class Importer(QObject):
    """Opens the dialog and carries out what comes of it, as one undo step."""

    def __init__(self, session: Session, files: FileDesk, trainer: Trainer, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._files, self._trainer, self._window = session, files, trainer, window

    def open(self, kind: Kind | None = None, path: Path | None = None) -> ImportDialog:
        """The dialog, with a file that is chosen already where one is named."""
        dialog = ImportDialog(self._session, lambda: self._files.active, self._window)
        dialog.imported.connect(lambda outcome: self._take(outcome, dialog))
        if kind is not None:
            dialog.choose(kind, path)
        dialog.open()
        return dialog

    def _take(self, outcome: Outcome, dialog: ImportDialog) -> None:
        project = outcome.project
        if project is None:
            self._begin_with(outcome)
            dialog.tell(Message("The next training begins with them. Undo takes that back."))
        elif outcome.order.place == "project":
            self._files.show_imported(project, lambda: self._shown(outcome))
        else:
            self._join(outcome, project, dialog)
        self._session.notice.emit("info", Message("Imported {name}.", name=outcome.name))

    def _shown(self, outcome: Outcome) -> None:
        if outcome.run is not None:
            self._trainer.took(outcome.run)

    def _begin_with(self, outcome: Outcome) -> None:
        assert outcome.run is not None
        with self._session.edit(Message("Begin with the weights of {file}", file=outcome.name)) as edit:
            edit.set(("training", "weights"), outcome.run.name)
        self._trainer.took(outcome.run)

    def _join(self, outcome: Outcome, project: ProjectData, dialog: ImportDialog) -> None:
        from studio.importing.joining import join

        with self._session.edit(Message("Import {name}", name=outcome.name)) as edit:
            name = join(edit, project, outcome.name)
        self._session.show_network(name)
        dialog.tell(Message("It is the network {name}. Undo takes it away.", name=name))
        if outcome.run is not None:
            self._trainer.took(outcome.run)
            dialog.tell(
                Message(
                    "To train it, choose the network {name} in the training settings, and to begin with the "
                    "run {run}.",
                    name=name,
                    run=outcome.run.name,
                )
            )
