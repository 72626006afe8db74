"""What the window is about: a document, a selection, what is known of it, and the run. No widget lives here.

Every panel is given the session and listens to it. Edits go through `session.edit(...)`, never elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app import stages
from studio.app.collection import no_collection
from studio.app.own_blocks import OwnBlocks
from studio.app.tasks import Lane, Ticket
from studio.app.undo import UndoStack
from studio.compiler.analysis import Analysis, Context, Cure
from studio.graph.document import Change, Document, EditError
from studio.graph.edit import Edit
from studio.graph.model import Node, ProjectData
from studio.graph.operations import AddNode, RemoveNode, RenameNetwork, RenameNode, SetArguments, SetAttribute
from studio.words import Message

if TYPE_CHECKING:
    from studio.compiler.survey import ProjectSurvey

HOLD_MS = 40
"""so long what an edit changes waits for the shapes that follow, so that both are painted in one frame"""

_IN_A_NETWORK = AddNode | RemoveNode | RenameNode | SetArguments | SetAttribute


class Session(QObject):
    """One open project. Lives on the GUI thread.

    Signals: `opened` (another document is shown), `edited(Change)` after each commit, undo and redo,
    `selection_changed(tuple of ids)`, `network_changed(name)`, `analysed(Analysis)`, `told` (what there is to
    say of the project is new: after an analysis, and `HOLD_MS` after an edit whose analysis takes longer),
    `path_changed(Path|None)`, `dirty_changed(bool)`, `notice(level, Message)` for the log and the status
    bar, where level is "info", "warning" or "error".
    """

    opened = Signal()
    edited = Signal(object)
    selection_changed = Signal(object)
    network_changed = Signal(str)
    analysed = Signal(object)
    told = Signal()
    path_changed = Signal(object)
    dirty_changed = Signal(bool)
    notice = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = Document()
        self.undo_stack = UndoStack(self.document, self)
        self.path: Path | None = None
        self.network = "model"
        self.selection: tuple[str, ...] = ()
        self.analysis = Analysis()
        self.context = Context()
        self.engine_ready = False
        self.own_blocks = OwnBlocks(self)
        self.own_blocks.said.connect(self.notice)
        self._end: Callable[[], None] = lambda: None
        self._lane = Lane(self, needs=stages.ENGINE)
        self._lane.done.connect(self._take_analysis)
        self._lane.failed.connect(self._analysis_failed)
        self._cures = Lane(self, needs=stages.ENGINE)
        self._cures.done.connect(self._take_cures)
        self._cures.failed.connect(self._analysis_failed)
        self._idle = QTimer(self, singleShot=True, interval=0)
        self._idle.timeout.connect(self._analyse)
        self._hold = QTimer(self, singleShot=True, interval=HOLD_MS)
        self._hold.timeout.connect(self.told)
        self._listen()

    # -- the document ----------------------------------------------------------------------------

    def open(self, project: ProjectData, path: Path | None) -> None:
        """Shows another project. Unsaved work is the caller's to ask about first."""
        self._outdate()
        self._end()
        self.undo_stack.close()
        self.undo_stack.setParent(None)
        self.document = Document(project)
        self.undo_stack = UndoStack(self.document, self)
        self.path = path
        names = self.document.network_names()
        self.network = "model" if "model" in names or not names else names[0]
        self.selection = ()
        self.analysis = Analysis()
        self._listen()
        self.opened.emit()
        self.path_changed.emit(path)
        self.dirty_changed.emit(False)
        self._idle.start()

    def _listen(self) -> None:
        self._end = self.document.subscribe(self._on_change)
        self.undo_stack.cleanChanged.connect(self._clean_changed)

    def _clean_changed(self, clean: bool) -> None:
        self.dirty_changed.emit(not clean)

    def edit(self, label: Message, merge_key: object | None = None) -> AbstractContextManager[Edit]:
        """The one door for change: `with session.edit(Message("Move {node}", node=...)) as edit: ...`."""
        return self.document.transaction(label, merge_key)

    def apply(self, cure: Cure) -> None:
        """Applies a cure as one undo step; says so where the project has changed since it was found."""
        try:
            self.document.adopt(Change(cure.label, cure.operations))
        except EditError as error:
            self.notice.emit("warning", error.message)

    def undo(self) -> None:
        """Takes the last step back, where it can be seen."""
        self._replay(self.undo_stack.undo)

    def redo(self) -> None:
        """Takes the next step again, where it can be seen."""
        self._replay(self.undo_stack.redo)

    def _replay(self, replay: Callable[[], None]) -> None:
        """Shows the network that the step concerns and selects the nodes that it brought."""
        changes: list[Change] = []
        end = self.document.subscribe(changes.append)
        try:
            with no_collection():
                replay()
        finally:
            end()
        operations = [o for change in changes for o in change.operations]
        networks = [o.network for o in operations if isinstance(o, _IN_A_NETWORK)]
        if networks and self.network not in networks:
            self.show_network(networks[0])
        added: dict[str, None] = {}
        for operation in operations:
            match operation:
                case AddNode(self.network, node):
                    added[node.id] = None
                case RenameNode(self.network, old, new) if old in added:
                    del added[old]
                    added[new] = None
        known = [id_ for id_ in added if id_ in self.document.nodes(self.network)]
        if known:
            self.select(sorted(known, key=lambda id_: self.document.rank(self.network, id_)))

    @property
    def dirty(self) -> bool:
        return not self.undo_stack.isClean()

    def mark_saved(self, path: Path) -> None:
        self.path = path
        self.undo_stack.setClean()
        self.path_changed.emit(path)
        self.dirty_changed.emit(False)

    # -- selection and network -------------------------------------------------------------------

    def select(self, ids: Iterable[str]) -> None:
        known = self.document.nodes(self.network)
        wanted = dict.fromkeys(ids)
        chosen = tuple(wanted) if wanted.keys() <= known.keys() else tuple(i for i in wanted if i in known)
        if chosen != self.selection:
            self.selection = chosen
            self.selection_changed.emit(chosen)

    def selected_nodes(self) -> list[Node]:
        known = self.document.nodes(self.network)
        return [known[i] for i in self.selection if i in known]

    def show_network(self, name: str) -> None:
        if name != self.network and name in self.document.network_names():
            self.select(())
            self.network = name
            self.network_changed.emit(name)

    # -- what follows from an edit ---------------------------------------------------------------

    def _outdate(self) -> None:
        """What is being found out is of the document as it was."""
        self._lane.cancel()
        self._cures.cancel()

    def _on_change(self, change: Change) -> None:
        self._outdate()
        for operation in change.operations:
            match operation:
                case RenameNode(self.network, old, new) if old in self.selection:
                    self.selection = tuple(new if i == old else i for i in self.selection)
                case RenameNetwork(self.network, new):
                    self.network = new
        if self.network not in self.document.network_names():
            self.network = next(iter(self.document.network_names()), "model")
            self.network_changed.emit(self.network)
        self.edited.emit(change)
        if self.network in self.document.network_names():
            self.select(self.selection)
        self._tell_soon()
        self._idle.start()

    def _tell_soon(self) -> None:
        """Tells of an edit with what follows from it; without that where it takes too long."""
        if not self.engine_ready:
            self.told.emit()
        elif not self._hold.isActive():
            self._hold.start()

    def set_engine_ready(self) -> None:
        """PyTorch is imported: shapes can be worked out from now on."""
        self.engine_ready = True
        self._idle.start()

    def reanalyse(self) -> None:
        self._idle.start()

    def _analyse(self) -> None:
        if self.engine_ready:
            self._cures.cancel()
            self._lane.start(_analyse, self.document.data(), self.path)

    def _take_analysis(self, result: tuple[Context, Analysis, ProjectSurvey | None]) -> None:
        """Shapes, costs and problems come first; cures, which take the longest, when those are shown."""
        self.context, analysis, walked = result
        self.take(analysis)
        if walked is not None:
            self._cures.start(_try_cures, walked)

    def _take_cures(self, analysis: Analysis) -> None:
        self.take(analysis)

    def take(self, analysis: Analysis) -> None:
        """Tells everybody what was found out of the document as it is."""
        self._hold.stop()
        self.analysis = analysis
        self.analysed.emit(analysis)
        self.told.emit()

    def _analysis_failed(self, error: Exception) -> None:
        self.notice.emit("error", Message("The shapes could not be worked out: {reason}", reason=error))


def _analyse(
    ticket: Ticket, project: ProjectData, path: Path | None
) -> tuple[Context, Analysis, ProjectSurvey | None]:
    """What the data says, the analysis, and, where cures are still to be tried, what they start from."""
    from studio.compiler.infer import first_report
    from studio.compiler.survey import survey
    from studio.training.objectives import context_of

    context = context_of(project)
    ticket.check()
    walked = survey(project, context)
    analysis = first_report(walked)
    return context, analysis, None if analysis.cures_known else walked


def _try_cures(ticket: Ticket, walked: ProjectSurvey) -> Analysis:
    from studio.compiler.infer import report

    return report(walked, ticket.check)
