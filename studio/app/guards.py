"""What a run in trouble is told with: the sentence, and buttons that cure it or go on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.app.notices import Choice, NoticeBar
from studio.app.run_rows import when_text
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import Trainer
from studio.words import Message

if TYPE_CHECKING:
    from studio.training.divergence import Fault
    from studio.training.runs import RunInfo

CLIP = 1.0
"""the bound on the gradient that is proposed"""


class Guards(QObject):
    """Turns what a trainer says of a run in trouble into notices. `reveal(network, node)` shows a card."""

    def __init__(
        self, session: Session, trainer: Trainer, notices: NoticeBar, reveal: Callable[[str, str], object]
    ) -> None:
        super().__init__(trainer)
        self._session, self._trainer, self._notices = session, trainer, notices
        self._reveal = reveal
        self._waits: Message | None = None
        self._held: Message | None = None
        self._project_open = False
        self._of_project: list[Message] = []
        self._looking = Lane(self)
        self._looking.done.connect(self._offer_interrupted)
        trainer.cut_off.connect(self._offer_to_go_on)
        trainer.diverged.connect(self._offer_cures)
        trainer.waiting.connect(self._follow_waiting)
        trainer.queue.changed.connect(self._follow_queue)
        session.opened.connect(self._look)

    # -- a run that ended unasked ----------------------------------------------------------------

    def _offer_to_go_on(self, run: Path, text: Message) -> None:
        self._notices.take_back(text)
        self._of_project.append(text)
        self._notices.show_notice("error", text, (self._continue(run),))

    def _continue(self, run: Path) -> Choice:
        return Choice(Message("Continue the run"), lambda: self._trainer.go_on(run), "continue_button")

    def _look(self) -> None:
        """A project whose newest run was cut off, by a crash of the window say, is told so when it opens.

        What was told of the project before goes: its runs are not this one's.
        """
        self._project_open = True
        told, self._of_project = self._of_project, []
        for text in told:
            self._notices.take_back(text)
        if self._session.path is not None and not self._trainer.active:
            self._looking.start(_newest, self._session.path)
        self._follow_queue()

    def _offer_interrupted(self, found: RunInfo | None) -> None:
        if found is None or self._trainer.active:
            return
        text = Message(
            "The run of {when} was cut off after {n} epochs. It can go on where it was.",
            when=when_text(found.started) or found.id,
            n=found.epochs_done,
        )
        self._of_project.append(text)
        self._notices.show_notice("warning", text, (self._continue(found.folder),))

    # -- a loss that is no number ----------------------------------------------------------------

    def _offer_cures(self, fault: Fault | None, text: Message) -> None:
        self._notices.take_back(text)
        self._of_project.append(text)
        self._notices.show_notice("error", text, tuple(self._cures(fault)))

    def _cures(self, fault: Fault | None) -> list[Choice]:
        choices = []
        if fault is not None and fault.node:
            show = partial(self._reveal, fault.network, fault.node)
            choices.append(
                Choice(Message("Show {node}", node=fault.node), show, "show_fault_button", stays=True)
            )
        if fault is not None and fault.kind in ("input", "target"):
            return choices
        lr = self._rate() / 10
        smaller = Message("Learning rate {lr}", lr=f"{lr:.4g}")
        choices.append(
            Choice(
                smaller, partial(self._set, smaller, ("training", "optimizer", "lr"), lr), "lower_lr_button"
            )
        )
        if self._session.document.data().training.get("clip_norm") is None:
            clip = Message("Clip the gradient at {n}", n=f"{CLIP:g}")
            choices.append(
                Choice(clip, partial(self._set, clip, ("training", "clip_norm"), CLIP), "clip_button")
            )
        return choices

    def _rate(self) -> float:
        from studio.training.settings import DEFAULTS, OPTIMIZERS

        chosen = self._session.document.data().training.get("optimizer", DEFAULTS["optimizer"])
        table = chosen if isinstance(chosen, dict) else {"type": chosen}
        return float(table.get("lr") or OPTIMIZERS[str(table.get("type", "Adam"))]["lr"])

    def _set(self, label: Message, path: tuple[str, ...], value: float) -> None:
        with self._session.edit(label) as edit:
            chosen = self._session.document.data().training.get("optimizer")
            if path[1] == "optimizer" and isinstance(chosen, str):
                edit.set(path[:2], {"type": chosen})
            edit.set(path, value)

    # -- a run that waits, a queue that waits ----------------------------------------------------

    def _follow_waiting(self, text: Message | None) -> None:
        if self._waits is not None:
            self._notices.take_back(self._waits)
        self._waits = text
        if text is not None:
            self._notices.take_back(text)
            again = Choice(Message("Try again"), self._trainer.resume, "try_again_button", stays=True)
            self._notices.show_notice("warning", text, (again,))

    def _follow_queue(self) -> None:
        """Offers to go on with a queue that is held, once there is a window around it that shows a run."""
        queue = self._trainer.queue
        if self._held is not None:
            self._notices.take_back(self._held)
            self._held = None
        if queue.held and queue.waiting and self._project_open and not self._trainer.closing:
            self._held = Message("The queue is held. Runs that wait: {n}.", n=len(queue.waiting))
            go_on = Choice(Message("Go on with the queue"), queue.go_on, "queue_go_on_button")
            self._notices.show_notice("info", self._held, (go_on,))


def _newest(ticket: Ticket, project: Path) -> RunInfo | None:
    """The newest run, where it was cut off and can go on."""
    from studio.training.runs import list_runs, runs_folder

    found = list_runs(runs_folder(project))
    newest = found[-1] if found else None
    return newest if newest is not None and newest.status == "interrupted" and newest.resumable else None
