"""Which project is open and where it is kept: new, open, save, close, and the question about unsaved work.

Files are read and written in a lane, one after the other, never on the GUI thread. What goes wrong is told
through `session.notice`; nothing is lost by it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal
from PySide6.QtWidgets import QWidget

from studio import words
from studio.app import questions, stages
from studio.app.canvas.unplaced import laid_out
from studio.app.preferences import Preferences
from studio.app.questions import Answer
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.graph.document import Document
from studio.graph.model import Network, ProjectData
from studio.insight import gallery
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from studio.project.files import Opened, Saved
    from studio.project.journal import Journal

UNTITLED = "Untitled"

Then = Callable[[], object]


class _GoneError(NetloomError):
    """There is no file any more where one was to be opened."""


class FileDesk(QObject):
    """Opens and keeps the project of a session.

    Signals: `shown(bool)` when a project is shown or the last one closed, `started()` when it is a new, empty
    one, `busy(Message|None)` while a file is read or written, `outdated(Message)` when what was said of a
    file that could not be opened, or only read, matters no more: another project is shown.
    """

    shown = Signal(bool)
    started = Signal()
    busy = Signal(object)
    outdated = Signal(object)
    _journal_fault = Signal(object)

    def __init__(self, session: Session, preferences: Preferences, window: QWidget) -> None:
        super().__init__(window)
        self.session = session
        self.preferences = preferences
        self.active = False
        self.read_only: Message | None = None
        self._window = window
        self._pool = QThreadPool(self, maxThreadCount=1)
        self._reading = Lane(self, self._pool, stages.PROJECT)
        self._writing = Lane(self, self._pool, stages.PROJECT)
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self._not_opened)
        self._writing.done.connect(self._saved)
        self._writing.failed.connect(self._not_saved)
        self._journal: Journal | None = None
        self._journal_fault.connect(
            lambda text: self.session.notice.emit("warning", text), Qt.ConnectionType.QueuedConnection
        )
        self._wanted: tuple[Path | None, str] = (None, "")
        self._write_of: tuple[Path, Document, ProjectData] | None = None
        self._then: list[Then] = []
        self._said_of_files: list[Message] = []
        self.begin_leaving: Callable[[Then], object] = lambda then: then()
        """asked before the question about unsaved work: there may be text that is no work yet"""
        self.leave: Callable[[Then], object] = lambda then: then()
        """asked after the question about unsaved work, before a project goes: a run may be under way"""

    # -- opening ---------------------------------------------------------------------------------

    def new(self) -> None:
        """An empty project, after the question about the one that is open."""
        self.ask_about_unsaved(self._new)

    def _new(self) -> None:
        self._show(ProjectData(UNTITLED, {"model": Network()}), None)
        self.started.emit()

    def choose(self) -> None:
        """Asks for a file and opens it."""
        self.ask_about_unsaved(
            lambda: questions.open_file(
                self._window, self.preferences.folder, lambda path: self._read(path, path)
            )
        )

    def open(self, path: Path) -> None:
        """Opens a project file, after the question about unsaved work."""
        self.ask_about_unsaved(lambda: self._read(path, path))

    def open_example(self, path: Path) -> None:
        """Opens a copy of a gallery project; the gallery itself is never written."""
        self.ask_about_unsaved(lambda: self._read(path, None))

    def show_recovered(self, project: ProjectData, original: Path | None, then: Then) -> None:
        """Shows work that was recovered: it counts as unsaved until it is saved.

        `then` is called once this project's own journal holds it.
        """

        def show() -> None:
            self._show(project, original, unsaved=True)
            self.session.undo_stack.resetClean()
            if self._journal is not None and self._journal.flush():
                then()

        self.ask_about_unsaved(show)

    def show_imported(self, project: ProjectData, then: Then) -> None:
        """Shows a project that was imported: it counts as unsaved until it is saved."""

        def show() -> None:
            self._show(project, None, unsaved=True)
            self.session.undo_stack.resetClean()
            then()

        self.ask_about_unsaved(show)

    def _read(self, path: Path, keep: Path | None) -> None:
        self._wanted = (keep, path.name)
        self.busy.emit(Message("Opening {file}…", file=path.name))
        self._reading.start(_load, path)

    def _take(self, opened: Opened) -> None:
        path, name = self._wanted
        self.busy.emit(None)
        project = laid_out(opened.project)
        self._show(project if path is not None else gallery.own_copy(project, Path(name).stem), path)
        self.read_only = opened.read_only
        if opened.read_only is not None:
            self.say_of_file("warning", opened.read_only)
        if path is not None:
            self.preferences.add_recent(path)

    def _not_opened(self, error: Exception) -> None:
        self.busy.emit(None)
        path, _ = self._wanted
        if path is not None and isinstance(error, _GoneError):
            self.preferences.forget_recent(path)
        self.say_of_file("error", self._reason(error))

    def say_of_file(self, level: str, text: Message) -> None:
        """Tells of a file what is true until another project is shown."""
        self._said_of_files.append(text)
        self.session.notice.emit(level, text)

    def _show(self, project: ProjectData, path: Path | None, unsaved: bool = False) -> None:
        said, self._said_of_files = self._said_of_files, []
        for text in said:
            self.outdated.emit(text)
        self._end_journal()
        self.active = True
        self.read_only = None
        self.session.open(project, path)
        self._begin_journal(unsaved)
        self.shown.emit(True)

    def _begin_journal(self, unsaved: bool) -> None:
        from studio.project.journal import Journal
        from studio.project.recovery import default_folder

        try:
            self._journal = Journal(
                default_folder(), self.session.document, self.session.path, unsaved, self._journal_fault.emit
            )
        except NetloomError as error:
            self.session.notice.emit("warning", error.message)

    def _end_journal(self) -> None:
        """The work is saved or given up: the person was asked."""
        journal, self._journal = self._journal, None
        if journal is not None:
            journal.close(discard=True)

    # -- saving ----------------------------------------------------------------------------------

    def save(self, then: Then | None = None) -> None:
        """Saves where the project lies; asks for a place where it has none."""
        path = self.session.path
        if path is None or self.read_only is not None:
            self.save_as(then)
        else:
            self._write(path, then)

    def save_as(self, then: Then | None = None) -> None:
        suggestion = self.session.path or self.preferences.folder / f"{self.title_name()}.json"
        questions.save_file(self._window, suggestion, lambda path: self._save_to(path, then))

    def _save_to(self, path: Path, then: Then | None) -> None:
        if self.read_only is not None and path == self.session.path:
            self.session.notice.emit("error", self.read_only)
            return
        if self.session.document.name == UNTITLED:
            with self.session.edit(Message("Name the project {name}", name=path.stem)) as edit:
                edit.set(("name",), path.stem)
        self._write(path, then)

    def _write(self, path: Path, then: Then | None) -> None:
        document = self.session.document
        if then is not None:
            self._then.append(then)
        self._write_of = (path, document, document.data())
        self.busy.emit(Message("Saving {file}…", file=path.name))
        self._writing.start(_save, path, document.data(), self._journal)

    def _saved(self, saved: Saved) -> None:
        self.busy.emit(None)
        if self._write_of is None:
            return
        path, document, written = self._write_of
        self._write_of = None
        waiting, self._then = self._then, []
        if saved.warning is not None:
            self.session.notice.emit("warning", saved.warning)
        if document is not self.session.document:
            return
        self.read_only = None
        if self._journal is not None:
            self._journal.saved(path, written)
        if document.data() is written:
            self.session.mark_saved(path)
        else:
            self.session.path = path
            self.session.path_changed.emit(path)
        self.preferences.add_recent(path)
        for then in waiting:
            then()

    def _not_saved(self, error: Exception) -> None:
        self._then = []
        self.busy.emit(None)
        self.session.notice.emit("error", self._reason(error))

    def _reason(self, error: Exception) -> Message:
        if isinstance(error, NetloomError):
            return error.message
        return Message(
            "{file} could not be read or written: {reason}. The open project is as it was; try again, "
            "or save it in another folder.",
            file=self._write_of[0].name if self._write_of else self._wanted[1],
            reason=f"{type(error).__name__}: {error}",
        )

    # -- closing ---------------------------------------------------------------------------------

    def close(self) -> None:
        """Goes back to the welcome page, after the question about unsaved work."""
        self.ask_about_unsaved(self._close)

    def _close(self) -> None:
        self._end_journal()
        self.active = False
        self.read_only = None
        self.session.open(ProjectData(UNTITLED, {"model": Network()}), None)
        self.shown.emit(False)

    def ask_about_unsaved(self, then: Then) -> None:
        """Calls `then` at once where nothing would be lost, else when the person decided."""
        self.begin_leaving(lambda: self._ask_about_unsaved(then))

    def _ask_about_unsaved(self, then: Then) -> None:
        if not (self.active and self.session.dirty):
            self.leave(then)
            return
        questions.ask(
            self._window,
            Message("Save changes to {name}?", name=self.title_name()),
            self._what_is_lost(),
            (
                Answer(
                    Message("Save"), lambda: self.save(lambda: self.leave(then)), "save_button", "default"
                ),
                Answer(Message("Don't save"), lambda: self.leave(then), "dont_save_button"),
                Answer(Message("Cancel"), lambda: None, "cancel_button", "cancel"),
            ),
        )

    def _what_is_lost(self) -> Message:
        if self.session.path is None:
            return Message("Nothing of it is in a file yet.")
        stack = self.session.undo_stack
        last = stack.label(stack.index() - 1) if stack.index() > 0 else ""
        steps = abs(stack.index() - stack.cleanIndex()) if stack.cleanIndex() >= 0 else 0
        if steps == 1 and last:
            return Message("One edit is not in the file yet: {last}.", last=last)
        if steps > 1 and last:
            return Message("{n} edits are not in the file yet, the last: {last}.", n=steps, last=last)
        return Message("What changed since the last save is not in the file yet.")

    def finish(self) -> None:
        """Waits until what is being written is on the disk and ends the journal; for the window's end."""
        self._pool.waitForDone()
        self._end_journal()

    def title_name(self) -> str:
        """What the project is called: by its file, else by its name."""
        if self.session.path is not None:
            return self.session.path.stem
        name = self.session.document.name
        return words.tr("Untitled") if name == UNTITLED else name


def _load(ticket: Ticket, path: Path) -> Opened:
    from studio.project.files import open_project

    try:
        return open_project(path)
    except NetloomError as error:
        if not path.exists():
            raise _GoneError(error.message) from error
        raise


def _save(ticket: Ticket, path: Path, project: ProjectData, journal: Journal | None) -> Saved:
    from studio.project.files import save

    if journal is not None:
        journal.flush()  # so that no journal is older than its file
    return save(path, project)
