"""What is found by trying: a learning rate, settings, and how well a network does over folds."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QWidget

from studio.app.session import Session
from studio.app.trainer import Trainer

DIALOGS = {
    "find_lr": ("lr_dialog", "LrDialog"),
    "search_settings": ("search_dialog", "SearchDialog"),
    "validate": ("folds_dialog", "FoldsDialog"),
}
"""by the action that opens each: the module here, which is imported then, and the class"""


class Trying(QObject):
    """Opens the dialogs of one window, each once."""

    def __init__(self, session: Session, trainer: Trainer, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._trainer, self._window = session, trainer, window
        self._open: dict[str, QDialog] = {}

    def actions(self) -> dict[str, Callable[[], object]]:
        """What the actions do, by their ids."""
        return {name: lambda name=name: self.show(name) for name in DIALOGS}  # type: ignore[misc]

    def show(self, name: str) -> QDialog:
        """Brings the dialog of an action into sight."""
        dialog = self._open.get(name)
        if dialog is None or not dialog.isVisible():
            module, kind = DIALOGS[name]
            made = getattr(import_module(f"studio.app.trying.{module}"), kind)
            dialog = self._open[name] = made(self._session, self._trainer, self._window)
            dialog.destroyed.connect(lambda: self._gone(name, dialog))
            if hasattr(dialog, "run_made"):
                dialog.run_made.connect(self._trainer.runs_moved)
        dialog.show()
        dialog.raise_()
        return dialog

    def _gone(self, name: str, dialog: QDialog) -> None:
        if self._open.get(name) is dialog:
            del self._open[name]
