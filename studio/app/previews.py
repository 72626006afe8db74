"""What the nodes give for one sample, for whoever draws it: worked out off the GUI thread, the newest kept.

A picture never stands beside a network it is not of: an edit drops what is being worked out, an error or
other data takes the pictures away.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import Trainer
from studio.compiler.analysis import Analysis, Context
from studio.graph.document import Change
from studio.graph.model import ProjectData
from studio.graph.operations import SetAttribute
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from studio.insight.activations import Findings, Probe
    from studio.insight.pictures import Output
    from studio.training.progress import EpochRecord

DELAY_MS = 300
LIVE_MS = 2000
"""the rest between two looks at a training that goes on"""
MANY = 200
"""cards of a network with more nodes carry no pictures unless the person asks for them"""


class PreviewHub(QObject):
    """The outputs of every node for `sample`. Lives on the GUI thread.

    `changed(ids)` carries the nodes of the session's network whose output is another one now; `told()` comes
    after each attempt, when the facts about the sample, or the reason why nothing is shown, may be new.
    `on_cards_changed` follows the switch. A training's kept weights are looked at while it goes on.
    """

    changed = Signal(object)
    told = Signal()
    on_cards_changed = Signal(bool)

    def __init__(self, session: Session, trainer: Trainer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sample = 0
        self.found: Findings | None = None
        self.reason: Message | None = None
        self._session = session
        self._choice: bool | None = None
        self._was_on = self.on_cards
        self._stale = True
        self._settled = False
        """the session's analysis is of the project as it is"""
        self._probe: Probe | None = None
        self._lane = Lane(self)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self._delay = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._delay.timeout.connect(self._start)
        self._live = QTimer(self, singleShot=True, interval=LIVE_MS)
        self._live.timeout.connect(self._outdate)
        session.opened.connect(self._forget)
        session.edited.connect(self._on_edit)
        session.analysed.connect(self._on_analysis)
        session.selection_changed.connect(self._ask)
        session.network_changed.connect(self._on_network)
        trainer.state_changed.connect(self._on_training)
        trainer.epoch_done.connect(self._on_epoch)
        trainer.runs_moved.connect(self._outdate)

    # -- what the person chooses -----------------------------------------------------------------

    @property
    def on_cards(self) -> bool:
        """Whether cards carry pictures: as chosen, else where the network is not too large."""
        if self._choice is not None:
            return self._choice
        session = self._session
        known = session.network in session.document.network_names()
        return not known or len(session.document.nodes(session.network)) <= MANY

    def choose_on_cards(self, choice: bool | None) -> None:
        """Switches the pictures on cards on or off; None leaves it to the size of the network."""
        self._choice = choice
        self._tell_switch()
        self._ask()

    def choose_sample(self, sample: int) -> None:
        """Shows another sample, counted from 0 and round at the ends."""
        if self.found is not None:
            self.sample = sample % self.found.samples
            self._stale = True
            self._start()

    # -- what is known ---------------------------------------------------------------------------

    def output(self, node: str) -> Output | None:
        """What a node of the session's network gives, if that is known."""
        return self.found.outputs.get((self._session.network, node)) if self.found is not None else None

    @property
    def busy(self) -> bool:
        return self._lane.busy or self._delay.isActive()

    # -- when it is worked out -------------------------------------------------------------------

    def _wanted(self) -> bool:
        return self.on_cards or bool(self._session.selection)

    def _on_edit(self, change: Change) -> None:
        moved = (isinstance(o, SetAttribute) and o.path == ("at",) for o in change.operations)
        if not all(moved):
            self._stale, self._settled = True, False
            self._delay.stop()
            self._lane.cancel()
        self._tell_switch()

    def _on_network(self, _name: str) -> None:
        self._tell_switch()
        self._ask()

    def _on_analysis(self, analysis: Analysis) -> None:
        self._settled = True
        if analysis.errors or not self._session.document.data().data.get("source"):
            self._lane.cancel()
            self._stale = True
            self._show(None, None)
        else:
            self._ask()

    def _on_training(self, state: str) -> None:
        if state == "idle":
            self._outdate()

    def _on_epoch(self, _: EpochRecord) -> None:
        """A run that is under way may have kept better weights; looked at now and then."""
        if not self._live.isActive():
            self._live.start()

    def _outdate(self) -> None:
        """Other weights may be the newest."""
        self._stale = True
        self._ask()

    def _ask(self, *_: object) -> None:
        if self._due():
            self._delay.start()

    def _due(self) -> bool:
        """Whether there is something new to work out and nothing against it."""
        session = self._session
        return (
            self._stale
            and self._settled
            and self._wanted()
            and not session.analysis.errors
            and bool(session.document.data().data.get("source"))
        )

    def _start(self) -> None:
        if not self._due():
            return
        session = self._session
        project, analysis = session.document.data(), session.analysis
        self._stale = False
        self._delay.stop()
        self._lane.start(self._work(), project, session.path, session.context, analysis, self.sample)

    def _work(self) -> Callable[..., Findings]:
        """The work of the lane; what it keeps between calls stays with this hub."""

        def work(
            ticket: Ticket,
            project: ProjectData,
            path: Path | None,
            context: Context,
            analysis: Analysis,
            sample: int,
        ) -> Findings:
            from studio.insight.activations import Probe, Request
            from studio.training.runs import runs_folder

            probe = self._probe = self._probe or Probe()
            base = path.parent if path else None
            request = Request(project, base, runs_folder(path), context, analysis, sample)
            return probe.run(request, ticket.check)

        return work

    # -- what came of it -------------------------------------------------------------------------

    def _take(self, found: Findings) -> None:
        if not self._stale:
            self.sample = found.sample
            self._show(found, None)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, NetloomError):
            self._show(None, error.message)
        else:
            reason = f"{type(error).__name__}: {error}"
            self._show(None, Message("The outputs could not be worked out: {reason}", reason=reason))

    def _show(self, found: Findings | None, reason: Message | None) -> None:
        before = self.found.outputs if self.found is not None else {}
        after = found.outputs if found is not None else {}
        self.found, self.reason = found, reason
        here = self._session.network
        ids = {n for network, n in before.keys() | after.keys() if network == here}
        changed = tuple(sorted(n for n in ids if before.get((here, n)) != after.get((here, n))))
        if changed:
            self.changed.emit(changed)
        self.told.emit()

    def _forget(self) -> None:
        """Another project is shown."""
        self._delay.stop()
        self._live.stop()
        self._lane.cancel()
        self._probe = None
        self._stale, self._settled = True, False
        self.sample = 0
        self._show(None, None)
        self._tell_switch()

    def _tell_switch(self) -> None:
        if self.on_cards != self._was_on:
            self._was_on = self.on_cards
            self.on_cards_changed.emit(self._was_on)
            self._ask()
