"""The text of the Code panel: Python in colours, its lines numbered, what is wrong told at the line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from studio.app import theme

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


Spans = Mapping[int, list[tuple[int, int, str]]]
"""of each line, counted from 0, what is coloured: from which column, how wide, in what colour of the theme"""


def spans_of(source: str) -> Spans:
    """What is coloured in Python source, by Pygments. No Qt: large ones are read off the GUI thread."""
    from pygments.lexers import PythonLexer

    spans: dict[int, list[tuple[int, int, str]]] = {}
    line, column = 0, 0
    for token, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(source):
        name = _color_of(str(token).removeprefix("Token."))
        for part in text.splitlines(keepends=True):
            width = len(part.rstrip("\n"))
            if name and width:
                spans.setdefault(line, []).append((column, width, name))
            column += width
            if part.endswith("\n"):
                line, column = line + 1, 0
    return spans


def _coloured(source: str, spans: Spans) -> list[tuple[str, list[tuple[int, int, str]] | None]]:
    return [(line, spans.get(number)) for number, line in enumerate(source.split("\n"))]


class PythonHighlighter(QSyntaxHighlighter):
    """Colours by `spans`, which are set before the lines they are of come into the document."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.spans: Spans = {}
        self.grey = False
        self._theme: theme.Theme | None = None
        self._formats: dict[str, QTextCharFormat] = {}

    def highlightBlock(self, text: str) -> None:
        if self._theme is not theme.current():
            self._theme, self._formats = theme.current(), {}
        if self.grey:
            self.setFormat(0, len(text), self._format("second"))
            return
        for column, width, name in self.spans.get(self.currentBlock().blockNumber(), ()):
            self.setFormat(column, width, self._format(name))

    def _format(self, name: str) -> QTextCharFormat:
        if name not in self._formats:
            self._formats[name] = _format(name)
        return self._formats[name]


@cache
def _color_of(token: str) -> str | None:
    while token:
        if token in COLORS:
            return COLORS[token]
        token = token.rpartition(".")[0]
    return None


def _format(name: str) -> QTextCharFormat:
    colors = theme.current()
    color = QColor(colors.color(name))
    if not colors.dark and name in theme.CATEGORIES:
        color = color.darker(LIGHT_DARKER)
    made = QTextCharFormat()
    made.setForeground(color)
    if name == "second":
        made.setFontItalic(False)
    return made


class _Numbers(QWidget):
    """The numbers of the lines, beside the text."""

    def __init__(self, text: CodeText) -> None:
        super().__init__(text)
        self._text = text

    def sizeHint(self) -> QSize:
        return QSize(self._text.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._text.paint_numbers(event, self)


class CodeText(QPlainTextEdit):
    """Read-only until it is told otherwise. `mark` shows reasons at lines that count from 1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(12)
        self.setFont(font)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self._marked: list[tuple[QTextCursor, str]] = []
        self.highlighter = PythonHighlighter(self.document())
        self._numbers = _Numbers(self)
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._follow)
        self._make_room()

    def show_source(self, source: str, spans: Spans) -> None:
        """Shows other source; lines that are as before at its beginning and its end are not touched."""
        before = _coloured(self.toPlainText(), self.highlighter.spans)
        after = _coloured(source, spans)
        shorter = min(len(before), len(after))
        top = next((n for n in range(shorter) if before[n] != after[n]), shorter)
        rest = range(shorter - top)
        below = next((n for n in rest if before[-1 - n] != after[-1 - n]), len(rest))
        self.highlighter.spans = spans
        if not top or not below or before == after:
            bar = self.verticalScrollBar()
            place = bar.value()
            self.setPlainText(source)
            bar.setValue(place)
            return
        cursor = QTextCursor(self.document().findBlockByNumber(top - 1))
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        end = self.document().findBlockByNumber(len(before) - below - 1)
        cursor.setPosition(end.position() + end.length() - 1, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText("".join(f"\n{line}" for line, _ in after[top : len(after) - below]))

    @property
    def marks(self) -> dict[int, str]:
        """The reasons shown, by the lines where they stand now: typing above moves them."""
        return {cursor.blockNumber() + 1: reason for cursor, reason in self._marked}

    def mark(self, reasons: Mapping[int, str]) -> None:
        """Shows each reason at its line, and nothing at the others."""
        self._marked = []
        selections = []
        for line, reason in reasons.items():
            chosen = QTextEdit.ExtraSelection()
            chosen.cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
            chosen.format.setBackground(theme.current().color("error", 0.16))
            chosen.format.setProperty(QTextCharFormat.Property.FullWidthSelection, True)
            selections.append(chosen)
            self._marked.append((QTextCursor(chosen.cursor), reason))
        self.setExtraSelections(selections)
        self.viewport().update()
        self._numbers.update()

    def show_line(self, line: int) -> None:
        """Puts the cursor into a line, and the line where it can be seen."""
        cursor = self.textCursor()
        cursor.setPosition(self.document().findBlockByNumber(line - 1).position())
        self.setTextCursor(cursor)
        self.centerCursor()

    # -- painting ----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        marks = self.marks
        if not marks:
            return
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        painter.setPen(theme.current().ink("error"))
        for block, area in self._visible():
            reason = marks.get(block.blockNumber() + 1)
            if reason is not None:
                start = self.fontMetrics().horizontalAdvance(block.text()) + self.contentOffset().x() + 28
                room = QRect(
                    round(start), area.top(), self.viewport().width() - round(start) - 8, area.height()
                )
                text = self.fontMetrics().elidedText(
                    reason, Qt.TextElideMode.ElideRight, max(room.width(), 0)
                )
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()

    def paint_numbers(self, event: QPaintEvent, beside: QWidget) -> None:
        colors = theme.current()
        painter = QPainter(beside)
        painter.fillRect(event.rect(), QColor(colors.window))
        painter.setFont(self.font())
        marks = self.marks
        for block, area in self._visible():
            number = block.blockNumber() + 1
            painter.setPen(colors.ink("error") if number in marks else QColor(colors.second))
            room = QRect(0, area.top(), beside.width() - 10, area.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
        painter.end()

    def _visible(self) -> list[tuple[QTextBlock, QRect]]:
        """The blocks that can be seen, each with its place in the viewport."""
        found = []
        block = self.firstVisibleBlock()
        while block.isValid():
            area = self.blockBoundingGeometry(block).translated(self.contentOffset()).toRect()
            if area.top() > self.viewport().height():
                break
            found.append((block, area))
            block = block.next()
        return found

    # -- the room of the numbers -------------------------------------------------------------------

    def numbers_width(self) -> int:
        digits = max(2, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("0") * digits + 22

    def _make_room(self) -> None:
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)
        self._place()

    def _place(self) -> None:
        inner = self.contentsRect()
        self._numbers.setGeometry(inner.left(), inner.top(), self.numbers_width(), inner.height())

    def _follow(self, area: QRect, moved: int) -> None:
        if moved:
            self._numbers.scroll(0, moved)
        else:
            self._numbers.update(0, area.y(), self._numbers.width(), area.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
