"""The Code panel: the Python source of the project, written anew after each edit, beside the graph."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QGuiApplication,
    QShowEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app import stages, theme
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import first_error
from studio.compiler.analysis import Context
from studio.graph.model import ProjectData
from studio.words import Message, NetloomError, tr

WAIT_MS = 150
COLORS = {
    "Keyword": "recurrent",
    "Name.Builtin": "convolution",
    "Name.Function": "linear",
    "Name.Class": "activation",
    "Name.Decorator": "activation",
    "Literal.String": "normalisation",
    "Literal.Number": "dropout",
    "Comment": "second",
    "Operator": "second",
    "Punctuation": "second",
}
LIGHT_DARKER = 165
"""the category colours are for chips; as text on white they are darkened to a contrast of 4.5"""


class PythonHighlighter(QSyntaxHighlighter):
    """Colours by Pygments, which reads the whole text once; the document is only replaced, never typed in."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._spans: dict[int, list[tuple[int, int, str]]] = {}
        self.grey = False

    def read(self, source: str) -> None:
        """Takes in the text that will be shown next."""
        from pygments.lexers import PythonLexer

        self._spans = {}
        line, column = 0, 0
        for token, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(source):
            name = _color_of(str(token).removeprefix("Token."))
            for part in text.splitlines(keepends=True):
                width = len(part.rstrip("\n"))
                if name and width:
                    self._spans.setdefault(line, []).append((column, width, name))
                column += width
                if part.endswith("\n"):
                    line, column = line + 1, 0

    def highlightBlock(self, text: str) -> None:
        if self.grey:
            self.setFormat(0, len(text), _format("second"))
            return
        for column, width, name in self._spans.get(self.currentBlock().blockNumber(), ()):
            self.setFormat(column, width, _format(name))


def _color_of(token: str) -> str | None:
    while token:
        if token in COLORS:
            return COLORS[token]
        token = token.rpartition(".")[0]
    return None


def _format(name: str) -> QTextCharFormat:
    colors = theme.current()
    color = QColor(colors.color(name))
    if colors.name == "light" and name in theme.CATEGORIES:
        color = color.darker(LIGHT_DARKER)
    made = QTextCharFormat()
    made.setForeground(color)
    if name == "second":
        made.setFontItalic(False)
    return made


class CodePanel(QWidget):
    """Read-only. Where the network has errors, the last good source stays, greyed, with the reason above."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code_panel")
        self.setAutoFillBackground(True)
        self._session = session
        self._source = ""
        self._reason: Message | NetloomError | Exception | None = None
        self._stale = True
        self._lane = Lane(self, needs=stages.ENGINE)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self._wait = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._wait.timeout.connect(self._write)
        self.text = QPlainTextEdit(readOnly=True)
        self.text.setObjectName("code_text")
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(12)
        self.text.setFont(font)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self._highlighter = PythonHighlighter(self.text.document())
        self.status = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.status.setObjectName("code_status")
        self.copy_button = named(QPushButton(), "code_copy")
        self.copy_button.setIcon(icon("copy"))
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._source))
        self.save_button = named(QPushButton(), "code_save")
        self.save_button.setIcon(icon("save"))
        self.save_button.clicked.connect(self._ask_path)
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 4)
        row.addWidget(self.status, 1)
        row.addWidget(self.copy_button)
        row.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        session.analysed.connect(self._changed)
        session.opened.connect(self._forget)
        theme.notifier().changed.connect(self._restyle)
        follow(self, self.retranslate)

    @property
    def source(self) -> str:
        """The source shown, or the last good one."""
        return self._source

    def retranslate(self) -> None:
        self.text.setAccessibleName(tr("The network as Python"))
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
        if self.isVisible():
            self._wait.start()

    def _forget(self) -> None:
        self._lane.cancel()
        self._show("")
        self._reason = None
        self._changed(None)

    def _write(self) -> None:
        session = self._session
        if not session.engine_ready:
            self._say()
            return
        self._stale = False
        project = session.document.data()
        problem = first_error(project, session.analysis.errors)
        if problem is not None:
            self._lane.cancel()
            self._fail(NetloomError(problem.text))
            return
        self._lane.start(_source_of, project, session.context)

    def _take(self, source: str) -> None:
        self._reason = None
        self._show(source)

    def _fail(self, error: Exception) -> None:
        self._reason = error
        self._restyle()
        self._say()

    def _show(self, source: str) -> None:
        greyed, self._highlighter.grey = self._highlighter.grey, False
        if source != self._source or greyed:
            self._source = source
            self._highlighter.read(source)
            bar = self.text.verticalScrollBar()
            place = bar.value()
            self.text.setPlainText(source)
            bar.setValue(place)
        self._say()

    def _say(self) -> None:
        has = bool(self._source)
        self.copy_button.setEnabled(has)
        self.save_button.setEnabled(has)
        self.status.setProperty("second", self._reason is None)
        if self._reason is not None:
            kept = tr("The source below is from before the problem.") + " " if has else ""
            self.status.setText(kept + str(self._reason))
        elif not self._session.engine_ready:
            self.status.setText(tr("PyTorch is still loading…"))
        else:
            self.status.setText(tr("Plain PyTorch; it needs nothing of Netloom."))
        self.status.setStyleSheet(
            f"color: {theme.current().warning if self._reason else theme.current().second}"
        )

    def _restyle(self) -> None:
        self._highlighter.grey = self._reason is not None
        self._highlighter.rehighlight()
        self._say()

    # -- saving ----------------------------------------------------------------------------------

    def _ask_path(self) -> None:
        dialog = QFileDialog(self, tr("Save the source"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("py")
        dialog.setNameFilter("Python (*.py)")
        dialog.selectFile("model.py")
        dialog.fileSelected.connect(lambda path: self.save(Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def save(self, path: Path) -> None:
        """Writes the source shown to `path`."""
        from studio.project import atomic

        try:
            atomic.write(path, self._source)
        except (NetloomError, OSError) as error:
            self._session.notice.emit(
                "error", Message("The source could not be saved: {reason}", reason=error)
            )
            return
        self._session.notice.emit("info", Message("The source is saved in {path}.", path=path))


def _source_of(ticket: Ticket, project: ProjectData, context: Context) -> str:
    from studio.compiler.source import source

    ticket.check()
    network = str(project.training.get("network") or "model")
    if network not in project.networks:
        network = next(iter(project.networks), network)
    return str(source(project, network, context))
