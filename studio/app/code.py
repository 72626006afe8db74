"""The Code panel: the network, or its training, as Python; an edit of it comes back into the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app import file_icons, questions, stages, theme
from studio.app.code_text import CodeText, Spans, spans_of
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.questions import Answer
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import first_error
from studio.compiler.analysis import Context
from studio.graph.document import Change, Document, EditError, Ranks
from studio.graph.model import ProjectData
from studio.words import Message, NetloomError, tr

WAIT_MS = 150
Kind = Literal["module", "script"]
KINDS: Mapping[Kind, Message] = {"module": Message("Module"), "script": Message("Training script")}


@dataclass(frozen=True, slots=True)
class _Written:
    """What the source shown was written from, so that an edit of it can be compared with that."""

    document: Document
    revision: int
    project: ProjectData
    ranks: Ranks
    context: Context


class CodePanel(QWidget):
    """Where the network has errors, comments say them. Where its drawing is so unsound that it cannot be
    written, the last good source stays, greyed, with the reason above.

    "Edit" unlocks the module; "Apply" reads it back without running it and makes one step that can be undone,
    or marks the lines that cannot be read and changes nothing. "Discard" shows the network's source again.
    `wanted` asks that the panel come into sight: there is a question about what was typed in it.
    """

    wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code_panel")
        self.setAutoFillBackground(True)
        self._session = session
        self._source = ""
        self._spans: Spans = {}
        self._reason: Message | NetloomError | Exception | None = None
        self._stale = True
        self._wanted: _Written | None = None
        self._written: _Written | None = None
        self._edited: _Written | None = None
        self._broken = False
        """whether the network that is written has problems"""
        self._then: Callable[[], object] = lambda: None
        self._lane = Lane(self, needs=stages.ENGINE)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self._reading = Lane(self, needs=stages.ENGINE)
        self._reading.done.connect(self._apply)
        self._reading.failed.connect(self._refuse)
        self._reading.busy_changed.connect(self._say)
        self._wait = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._wait.timeout.connect(self._write)
        self._typed = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._typed.timeout.connect(self._recolour)
        self.text = CodeText()
        self.text.setObjectName("code_text")
        self.text.textChanged.connect(self._changed_by_hand)
        self._build()
        session.analysed.connect(self._changed)
        session.opened.connect(self._forget)
        theme.notifier().changed.connect(self._restyle)
        follow(self, self.retranslate)

    def _build(self) -> None:
        self.kind = named(QComboBox(), "code_kind")
        for kind, words in KINDS.items():
            self.kind.addItem(str(words), kind)
        self.kind.currentIndexChanged.connect(self._choose)
        self.status = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.status.setObjectName("code_status")
        self.edit_button = self._button("code_edit", "rename", self.begin)
        self.apply_button = self._button("code_apply", "good", lambda: self.apply())
        self.discard_button = self._button("code_discard", "undo", self.discard)
        self.copy_button = self._button("code_copy", "copy", self._copy)
        self.save_button = self._button("code_save", "save", self._ask_path)
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 4)
        row.addWidget(self.kind)
        row.addSpacing(8)
        row.addWidget(self.status, 1)
        for button in (
            self.edit_button,
            self.apply_button,
            self.discard_button,
            self.copy_button,
            self.save_button,
        ):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.text, 1)

    def _button(self, name: str, picture: str, slot: object) -> QPushButton:
        made = named(QPushButton(), name)
        made.setIcon(icon(picture))
        made.clicked.connect(slot)
        return made

    @property
    def source(self) -> str:
        """The source shown, or the last good one; what was typed, while it is edited."""
        return self._source if self._edited is None else self.text.toPlainText()

    @property
    def editing(self) -> bool:
        return self._edited is not None

    @property
    def unapplied(self) -> bool:
        """Whether something was typed that the network has not."""
        return self._edited is not None and self.text.toPlainText() != self._source

    def retranslate(self) -> None:
        self.text.setAccessibleName(tr("The network as Python"))
        self.kind.setAccessibleName(tr("What is written"))
        for place, words in enumerate(KINDS.values()):
            self.kind.setItemText(place, str(words))
        self.edit_button.setText(tr("Edit"))
        self.apply_button.setText(tr("Apply"))
        self.discard_button.setText(tr("Discard"))
        self.copy_button.setText(tr("Copy"))
        self.save_button.setText(tr("Save as…"))
        self._say()

    # -- writing ---------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._wait.start()

    def _changed(self, _: object) -> None:
        self._stale = True
        if self.isVisible() and not self.editing:
            self._wait.start()

    def _forget(self) -> None:
        self._lane.cancel()
        self._reading.cancel()
        self._end()
        self._show("", {})
        self._written = None
        self._reason = None
        self._changed(None)

    def _choose(self) -> None:
        self._lane.cancel()
        self._show("", {})
        self._reason = None
        self._changed(None)

    def _write(self) -> None:
        session = self._session
        if self.editing:
            return
        if not session.engine_ready:
            self._say()
            return
        self._stale = False
        project = session.document.data()
        problem = first_error(project, session.analysis.errors)
        self._broken = problem is not None
        if problem is not None and self.kind.currentData() == "script":
            self._lane.cancel()
            self._fail(NetloomError(problem.text))
            return
        document = session.document
        self._wanted = _Written(document, document.revision, project, document.ranks(), session.context)
        self._lane.start(_coloured_source, project, session.context, self.kind.currentData())

    def _take(self, written: tuple[str, Spans]) -> None:
        if self.editing:
            self._stale = True
            return
        self._reason = None
        self._written = self._wanted
        self._show(*written)

    def _fail(self, error: Exception) -> None:
        self._reason = error
        self._restyle()
        self._say()

    def _show(self, source: str, spans: Spans) -> None:
        highlighter = self.text.highlighter
        greyed, highlighter.grey = highlighter.grey, False
        if source != self.text.toPlainText():
            self.text.show_source(source, spans)
        if greyed or highlighter.spans != spans:
            highlighter.spans = spans
            highlighter.rehighlight()
        self._source, self._spans = source, spans
        self._say()

    def _say(self, _: object = None) -> None:
        has, module = bool(self.source), self.kind.currentData() == "module"
        self.copy_button.setEnabled(has)
        self.save_button.setEnabled(has)
        self.kind.setEnabled(not self.editing)
        self.edit_button.setVisible(not self.editing and module)
        self.edit_button.setEnabled(has and self._reason is None and self._written is not None)
        for button in (self.apply_button, self.discard_button):
            button.setVisible(self.editing)
        self.apply_button.setEnabled(not self._reading.busy)
        self.status.setProperty("second", self._reason is None)
        self.status.setText(self._words(has))
        colors = theme.current()
        tone = colors.second if self._reason is None else colors.error if self.editing else colors.warning
        self.status.setStyleSheet(f"color: {tone}")

    def _words(self, has: bool) -> str:
        if self._reason is not None and self.editing:
            return str(self._reason)
        if self._reason is not None:
            return (tr("The source below is from before the problem.") + " " if has else "") + str(
                self._reason
            )
        if not self._session.engine_ready:
            return tr("PyTorch is still loading…")
        if self._broken and not self.editing and self.kind.currentData() == "module":
            return tr("A comment says where the network has a problem. The code can be edited all the same.")
        if self.editing:
            return tr("It is read, never run. Apply takes it into the network as one step.")
        if self.kind.currentData() == "script":
            return tr("Trains as Netloom does, to the last bit, and needs nothing of it.")
        return tr("Plain PyTorch; it needs nothing of Netloom.")

    def _restyle(self) -> None:
        self.text.highlighter.grey = self._reason is not None and not self.editing
        self.text.highlighter.rehighlight()
        self.text.mark(self.text.marks)
        self._say()

    # -- editing -----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Lets the module be edited, as it is shown."""
        if self._written is None or self.editing or self.kind.currentData() != "module":
            return
        self._edited = self._written
        self.text.setUndoRedoEnabled(True)
        self.text.setReadOnly(False)
        self.text.setFocus()
        self._say()

    def apply(self, then: Callable[[], object] = lambda: None) -> None:
        """Reads what was typed back, off this thread; `_apply` or `_refuse` goes on.

        `then` is called when it is in the network, and not at all where it is refused.
        """
        begun = self._edited
        if begun is not None and not self._reading.busy:
            self._then = then
            self._reading.start(_read_back, begun.project, begun.ranks, begun.context, self.source)

    def discard(self) -> None:
        """Shows the network's source again."""
        self._reading.cancel()
        self._end()
        self._show(self._source, self._spans)
        self._changed(None)

    def leave(self, then: Callable[[], object]) -> None:
        """Calls `then` at once where nothing that was typed would be lost, else when the person decided."""
        if not self.unapplied:
            then()
            return

        def discard() -> None:
            self.discard()
            then()

        self.wanted.emit()
        questions.ask(
            self.window(),
            Message("The code that you typed is not in the network yet. Apply it?"),
            Message("Applied, it is one step that can be undone; what cannot be read is marked in the code."),
            (
                Answer(Message("Apply"), lambda: self.apply(then), "apply_code_button", "default"),
                Answer(Message("Discard"), discard, "discard_code_button"),
                Answer(Message("Cancel"), lambda: None, "cancel_button", "cancel"),
            ),
        )

    def _end(self) -> None:
        self._edited = None
        self._reason = None
        self.text.setReadOnly(True)
        self.text.setUndoRedoEnabled(False)
        self.text.mark({})

    def _apply(self, read: tuple[Change | None, int]) -> None:
        begun, session = self._edited, self._session
        change, remarks = read
        if begun is None:
            return
        try:
            if change is not None and session.document.revision == begun.revision:
                with session.edit(change.label) as edit:
                    for operation in change.operations:
                        edit.do(operation)
            elif change is not None:
                session.document.adopt(change)
        except EditError as error:
            changed = Message(
                "The network was changed meanwhile where the code was, too: {reason}", reason=error
            )
            self._refuse(NetloomError(changed))
            return
        if remarks:
            session.notice.emit(
                "warning", Message("A network has no place for comments: {n} were left out.", n=remarks)
            )
        applied = self.source
        self._end()
        self._source, self._spans = applied, self.text.highlighter.spans
        self._written = None  # the next edit begins with what is written of the network as it is now
        self._changed(None)
        self._say()
        self._then()

    def _refuse(self, error: Exception) -> None:
        self._reason = error
        reasons: dict[int, str] = {}
        for fault in getattr(error, "faults", ()):
            reasons.setdefault(fault.line, str(fault.text))
        self.text.mark(reasons)
        if reasons:
            self.text.show_line(min(reasons))
        self._say()

    def _changed_by_hand(self) -> None:
        if self.editing:
            self._typed.start()

    def _recolour(self) -> None:
        """Colours what was typed. What was wrong is told until it is applied again, or its line changed."""
        if not self.editing:
            return
        self.text.highlighter.spans = spans_of(self.text.toPlainText())
        self.text.blockSignals(True)
        self.text.highlighter.rehighlight()
        self.text.blockSignals(False)

    # -- copying and saving ------------------------------------------------------------------------

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.source)

    def _ask_path(self) -> None:
        dialog = QFileDialog(self, tr("Save the source"))
        file_icons.use(dialog)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("py")
        dialog.setNameFilter("Python (*.py)")
        dialog.selectFile("model.py" if self.kind.currentData() == "module" else "train.py")
        dialog.fileSelected.connect(lambda path: self.save(Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def save(self, path: Path) -> None:
        """Writes the source shown to `path`."""
        from studio.project import atomic

        try:
            atomic.write(path, self.source)
        except (NetloomError, OSError) as error:
            self._session.notice.emit(
                "error", Message("The source could not be saved: {reason}", reason=error)
            )
            return
        self._session.notice.emit("info", Message("The source is saved in {path}.", path=path))


def _coloured_source(ticket: Ticket, project: ProjectData, context: Context, kind: Kind) -> tuple[str, Spans]:
    """The source, and what is coloured in it."""
    source = _source_of(ticket, project, context, kind)
    ticket.check()
    return source, spans_of(source)


def _source_of(ticket: Ticket, project: ProjectData, context: Context, kind: Kind) -> str:
    ticket.check()
    if kind == "script":
        from studio.export.training_script import training_script

        return training_script(project)
    from studio.compiler.reading.merge import editable
    from studio.compiler.survey import main_network

    return editable(project, main_network(project), context)


def _read_back(
    ticket: Ticket, project: ProjectData, ranks: Ranks, context: Context, text: str
) -> tuple[Change | None, int]:
    """What a source changes, and how many remarks in it cannot be kept."""
    from studio.compiler.reading.file import remarks
    from studio.compiler.reading.merge import merge
    from studio.compiler.survey import main_network

    ticket.check()
    return merge(project, text, main_network(project), context, ranks), len(remarks(text))
