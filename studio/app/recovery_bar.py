"""Offers the work that a crash left unsaved. Offering deletes nothing; only the person does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QLocale, QObject

from studio import words
from studio.app import questions, stages
from studio.app.files import FileDesk
from studio.app.notices import Choice, Notice, NoticeBar
from studio.app.questions import Answer
from studio.app.tasks import Lane, Ticket
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from studio.graph.model import ProjectData
    from studio.project.recovery import Recoverable

SHORT = QLocale.FormatType.ShortFormat


class RecoveryBar(QObject):
    """Looks for journals of programs that no longer run, and offers one after the other, the newest first."""

    def __init__(self, files: FileDesk, notices: NoticeBar) -> None:
        super().__init__(files)
        self._files = files
        self._notices = notices
        self._others: list[Recoverable] = []
        self._looking = Lane(self, needs=stages.PROJECT)
        self._looking.done.connect(self._offer)
        self._looking.failed.connect(self._tell)
        self._reading = Lane(self, needs=stages.PROJECT)
        self._reading.done.connect(self._show)
        self._reading.failed.connect(self._tell)
        self._discarding = Lane(self, needs=stages.PROJECT)

    def look(self) -> None:
        self._looking.start(_find)

    def _offer(self, found: list[Recoverable]) -> None:
        """The newest, and how many others there are; they come when this one is dealt with."""
        if not found:
            return
        work, self._others = found[0], found[1:]
        said = {"name": work.original.stem if work.original is not None else work.name, "when": _When(work)}
        text = (
            Message(
                "Work on {name} from {when} was not saved before Netloom ended. {n} more like it.",
                n=len(self._others),
                **said,
            )
            if self._others
            else Message("Work on {name} from {when} was not saved before Netloom ended.", **said)
        )
        shown: list[Notice] = []
        choices = [
            Choice(Message("Recover"), partial(self._recover, work), "recover_button"),
            Choice(Message("Delete it"), partial(self._ask, work, shown), "discard_button", stays=True),
        ]
        if self._others:
            choices.append(Choice(Message("Show the next"), self._next, "next_work_button"))
        shown.append(self._notices.show_notice("info", text, tuple(choices)))

    def _next(self) -> None:
        self._offer(self._others)

    def _recover(self, work: Recoverable) -> None:
        self._reading.start(_read, work)
        self._next()

    def _show(self, result: tuple[Recoverable, ProjectData]) -> None:
        work, project = result
        self._files.show_recovered(project, work.original, lambda: self._discarding.start(_discard, work))

    def _ask(self, work: Recoverable, shown: list[Notice]) -> None:
        def delete() -> None:
            self._discarding.start(_discard, work)
            self._notices.remove(shown[0])
            self._next()

        questions.ask(
            self._notices.window(),
            Message("Delete the unsaved work on {name}?", name=work.name),
            Message("It cannot be brought back. The project's own file is not touched."),
            (
                Answer(Message("Delete it"), delete, "delete_work"),
                Answer(Message("Keep it"), lambda: None, "keep_work", "cancel"),
            ),
        )

    def _tell(self, error: Exception) -> None:
        text = (
            error.message
            if isinstance(error, NetloomError)
            else Message(
                "Unsaved work could not be read: {reason}", reason=f"{type(error).__name__}: {error}"
            )
        )
        self._notices.show_notice("error", text)


class _When:
    """A time as the language writes it, when it is shown."""

    def __init__(self, work: Recoverable) -> None:
        self._when = work.when

    def __str__(self) -> str:
        locale = QLocale(words.language())
        return str(locale.toString(QDateTime.fromMSecsSinceEpoch(int(self._when.timestamp() * 1000)), SHORT))


def _find(ticket: Ticket) -> list[Recoverable]:
    from studio.project import recovery

    return recovery.find()


def _read(ticket: Ticket, work: Recoverable) -> tuple[Recoverable, ProjectData]:
    return work, work.project()


def _discard(ticket: Ticket, work: Recoverable) -> None:
    work.discard()
