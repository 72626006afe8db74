"""A file of the person's own, in the Data panel: looked at once, then shown as it was understood."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QLabel, QVBoxLayout, QWidget

from studio.app import file_icons
from studio.app.language import follow
from studio.app.session import Session
from studio.app.settings_panel import own_arrays
from studio.app.settings_panel.fields import plain
from studio.app.settings_panel.own_faults import FaultsPart
from studio.app.settings_panel.own_parts import PARTS, Reading
from studio.app.settings_panel.splitting import drop_misfits
from studio.app.tasks import Lane, Ticket
from studio.words import Message, NetloomError, tr

SECTION = "data"


class OwnFile(QWidget):
    """Looks at files, and shows the part of `own_parts` that fits what was found."""

    busy_changed = Signal()
    progressed = Signal(float)
    """the share of a file that was looked at"""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.error: Exception | None = None
        self._label: Message | None = None
        self._lane = Lane(self)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self._lane.progressed.connect(lambda share, _: self.progressed.emit(share))
        self._lane.busy_changed.connect(lambda _: self.busy_changed.emit())
        self.facts = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.facts.setProperty("second", True)
        self.parts = {kind: part(self) for kind, part in {**PARTS, **own_arrays.PARTS}.items()}
        self.faults = FaultsPart(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.facts, self.faults, *self.parts.values()):
            column.addWidget(widget)
        follow(self, self.retranslate)

    @property
    def busy(self) -> bool:
        return self._lane.busy

    @property
    def _settings(self) -> dict[str, Any]:
        return dict(plain(self.session.document.data().settings.get(SECTION)))

    @property
    def instead(self) -> Path | None:
        """The file that is likely meant where the one that was dropped is no data."""
        return getattr(self.error, "instead", None)

    def forget(self) -> None:
        """Says no more of a file that was refused: the data is another by now."""
        self.error = None

    def cancel(self) -> None:
        """Looks no further: the data stays what it was."""
        self._lane.cancel()

    def reading(self) -> Reading:
        """What was found in the file, as the project keeps it."""
        return plain(self._settings.get("reading"))

    def retranslate(self) -> None:
        for part in (*self.parts.values(), self.faults):
            part.retranslate()
        self.refresh()

    def refresh(self) -> None:
        """Shows what the project says of the file."""
        from studio.data.sources import KINDS, known

        settings = self._settings
        self.setVisible(settings.get("source") in KINDS)
        info = known(settings)
        for kind, part in self.parts.items():
            part.setVisible(info is not None and kind == info.name)
        if info is not None and info.name in self.parts:
            facts = self.parts[info.name].display(self.reading())
            self.faults.display(self.reading())
            self.facts.setText(facts)
            self.facts.setVisible(bool(facts))

    # -- looking at a file -----------------------------------------------------------------------

    def ask(self, kind: str) -> None:
        """Lets the person choose a file of this kind, and looks at it."""
        from studio.data.sources import KINDS

        found = KINDS[kind]
        names = " ".join(f"*{suffix}" for suffix in found.suffixes)
        folder = str(Path(str(self._settings.get("root") or "")).parent)
        filters = f"{found.title} ({names});;{tr('All files')} (*)"
        dialog = QFileDialog(self, str(found.title), folder, filters)
        file_icons.use(dialog)
        if found.folder:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.look(kind, Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def guess(self, path: Path) -> None:
        """Looks at a file that was dropped, as what it is taken for."""
        self._label = Message("Use the data {name}", name=path.name)
        self._start(None, path, {})

    def look(self, kind: str, path: Path) -> None:
        """Looks at a file; what it holds becomes the project's data, as one step."""
        self._label = Message("Use the data {name}", name=path.name)
        self._start(kind, path, {})

    def look_again(self, label: Message, change: Reading) -> None:
        """Looks at the file once more, with something told otherwise."""
        settings = self._settings
        self._label = label
        path = self.full(str(settings.get("root") or ""))
        self._start(str(settings["source"]), path, {**self.reading(), **change})

    def write(self, label: Message, key: str, value: Any) -> None:
        """Changes what needs no second look at the file."""
        reading = self.reading()
        if reading.get(key) != value:
            with self.session.edit(label) as edit:
                edit.set((SECTION, "reading"), {**reading, key: value})

    def full(self, root: str) -> Path:
        """A path as the project keeps it, from here."""
        path, project = Path(root).expanduser(), self.session.path
        return path if path.is_absolute() or project is None else project.parent / path

    def _start(self, kind: str | None, path: Path, told: Reading) -> None:
        self.error = None
        self._lane.start(_look, kind, path, told)

    def _take(self, found: tuple[str, Path, dict[str, Any] | None]) -> None:
        kind, path, reading = found
        label = self._label or Message("Use the data {name}", name=path.name)
        settings = self._settings
        known = (settings.get("source"), str(self.full(str(settings.get("root") or ""))))
        with self.session.edit(label) as edit:
            edit.set((SECTION, "source"), kind)
            edit.set((SECTION, "root"), _near(path, self.session.path))
            if reading is None:
                edit.unset((SECTION, "reading"))
            else:
                edit.set((SECTION, "reading"), reading)
            edit.unset((SECTION, "download"))
            if (kind, str(path)) != known:
                edit.unset((SECTION, "duplicates"))  # that was said of another file
            drop_misfits(edit, {**self._settings, "source": kind, "reading": reading})

    def _fail(self, error: Exception) -> None:
        self.error = error
        self.refresh()
        self.busy_changed.emit()


def _look(
    ticket: Ticket, kind: str | None, path: Path, told: Mapping[str, Any]
) -> tuple[str, Path, dict[str, Any] | None]:
    """What a file holds, taken for what its name and its beginning say where no `kind` is named.

    A set that everybody has alike holds what it always does: nothing is looked up.
    """
    from studio.data.guessing import guess
    from studio.data.sources import KINDS

    ticket.check()
    if kind is None:
        guessed = guess(path)
        if not guessed.brought:
            return guessed.source, guessed.root, None
        kind, path = guessed.source, guessed.root
    found = KINDS[kind]
    reading = found.look(path, told, ticket.progress)
    found.describe(reading)  # what cannot be used is said before it is in the project
    ticket.check()
    return found.name, path, reading


def _near(path: Path, project: Path | None) -> str:
    """A path as the project keeps it: from the project's folder where the file lies below it."""
    if project is not None and path.is_absolute() and path.is_relative_to(project.parent):
        return path.relative_to(project.parent).as_posix()
    return str(path)


def error_text(error: Exception) -> str:
    """What is said of a file that could not be looked at."""
    return str(error) if isinstance(error, NetloomError) else f"{type(error).__name__}: {error}"
