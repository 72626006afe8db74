"""Icons of file dialogs by the name alone.

Qt's own look into files to tell their kind, and some do not answer: a dialog whose folder or history holds
`/proc` hangs, and the window with it.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QFileInfo
from PySide6.QtGui import QAbstractFileIconProvider, QIcon
from PySide6.QtWidgets import QFileDialog, QFileIconProvider

_Kind = QAbstractFileIconProvider.IconType


class _ByName(QFileIconProvider):
    """Two icons, made once; the kind of a file is its suffix."""

    def __init__(self) -> None:
        super().__init__()
        self._folder, self._file = super().icon(_Kind.Folder), super().icon(_Kind.File)

    def icon(self, what: QFileInfo | QAbstractFileIconProvider.IconType) -> QIcon:
        if isinstance(what, QFileInfo):
            return self._folder if what.isDir() else self._file
        return super().icon(what)

    def type(self, info: QFileInfo) -> str:
        return info.suffix()


def use(dialog: QFileDialog) -> None:
    """Lets a dialog show its files without reading them."""
    dialog.setIconProvider(_icons())


@cache
def _icons() -> _ByName:
    """One for all dialogs: no dialog owns its provider or may outlive it."""
    return _ByName()
