"""The Lesson panel: the page of a gallery project, and its exercises, which the program checks itself.

A copy of an example knows its lesson (`studio.insight.gallery.LESSON`). Lanes read and check; an exercise
that was solved once stays ticked while the project is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio import words
from studio.app import stages, theme
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import Trainer
from studio.insight import gallery
from studio.words import Message, tr

if TYPE_CHECKING:
    from pathlib import Path

    from studio.graph.model import ProjectData
    from studio.insight.exercises import Exercise
    from studio.insight.lessons import Lesson

HEADINGS = {1: 17, 2: 14, 3: 13}
"""pixels of a heading of each level"""
LINE_HEIGHT = 130
"""percent"""


@dataclass(frozen=True, slots=True)
class Read:
    """A lesson with what its files say: its pages by language, and the example it belongs to."""

    lesson: Lesson
    pages: Mapping[str, str]
    original: ProjectData


class LessonPanel(QWidget):
    """Page above, exercises below. `found(bool)` says whether the open project has a lesson."""

    found = Signal(bool)
    close_wanted = Signal()

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lesson_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session, self._trainer = session, trainer
        self._read: Read | None = None
        self._reading = Lane(self, needs=stages.PROJECT)
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self._not_read)
        self._checking = Lane(self)
        self._checking.done.connect(self._take_missing)
        self._checking.failed.connect(self._not_checked)
        self._checking.busy_changed.connect(lambda busy: self.check_button.setEnabled(not busy))
        self.page = named(QTextBrowser(), "lesson_page")
        self.page.setOpenExternalLinks(True)
        self.page.setFrameShape(QFrame.Shape.NoFrame)
        self.page.document().setDocumentMargin(14)
        self.page.document().setIndentWidth(16)
        self.rows: list[ExerciseRow] = []
        self._build()
        session.opened.connect(self._open)
        trainer.finished.connect(lambda _: self.check())
        theme.notifier().changed.connect(self._restyle)
        self._restyle()
        follow(self, self.retranslate)

    def _build(self) -> None:
        self._title = QLabel()
        self._title.setProperty("second", True)
        self._close = named(QToolButton(), "lesson_close")
        self._close.setIcon(icon("close"))
        self._close.clicked.connect(lambda: self.close_wanted.emit())
        head = QHBoxLayout()
        head.setContentsMargins(14, 4, 6, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._close)
        self._heading = QLabel()
        self._heading.setProperty("heading", True)
        self.check_button = named(QPushButton(), "lesson_check")
        self.check_button.clicked.connect(self.check)
        task_head = QHBoxLayout()
        task_head.setContentsMargins(14, 8, 12, 0)
        task_head.addWidget(self._heading, 1)
        task_head.addWidget(self.check_button)
        inside = QWidget()
        inside.setAutoFillBackground(False)
        self._tasks = QVBoxLayout(inside)
        self._tasks.setContentsMargins(14, 4, 12, 12)
        self._tasks.setSpacing(10)
        self._scroll = named(QScrollArea(), "lesson_exercises")
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.page, 3)
        column.addLayout(task_head)
        column.addWidget(self._scroll, 2)

    def sizeHint(self) -> QSize:
        return QSize(340, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 200)

    # -- which lesson ----------------------------------------------------------------------------

    def _open(self) -> None:
        """Another project is open: its lesson is read, if it has one."""
        self._checking.cancel()
        self._reading.cancel()
        name = gallery.lesson_of(self._session.document.data())
        self._show(None)
        if name is not None:
            self._reading.start(_read, name)

    def _take(self, read: Read) -> None:
        self._show(read)

    def _not_read(self, error: Exception) -> None:
        self._session.notice.emit("warning", Message("The lesson could not be read: {reason}", reason=error))

    def _show(self, read: Read | None) -> None:
        self._read = read
        for row in self.rows:
            row.hide()
            row.deleteLater()
        exercises = read.lesson.exercises if read is not None else ()
        self.rows = [ExerciseRow(number, exercise) for number, exercise in enumerate(exercises, 1)]
        while self._tasks.takeAt(0) is not None:
            pass
        for row in self.rows:
            self._tasks.addWidget(row)
        self._tasks.addStretch(1)
        self.check_button.setVisible(bool(self.rows))
        self._heading.setVisible(bool(self.rows))
        self._show_page()
        self.found.emit(read is not None)

    @property
    def has_lesson(self) -> bool:
        return self._read is not None

    # -- the exercises ---------------------------------------------------------------------------

    def check(self) -> None:
        """Looks at the project and at the last run, and says what each exercise still misses."""
        if self._read is not None and not all(row.solved for row in self.rows):
            project, folder = self._session.document.data(), self._trainer.runs_folder
            self._checking.start(_check, self._read, project, folder)

    def _take_missing(self, missing: list[list[Message]]) -> None:
        for row, said in zip(self.rows, missing, strict=True):
            row.show_missing(said)

    def _not_checked(self, error: Exception) -> None:
        self._session.notice.emit(
            "warning", Message("The exercises could not be checked: {reason}", reason=error)
        )

    # -- words and colours -----------------------------------------------------------------------

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Lesson"))
        self.page.setAccessibleName(tr("Lesson"))
        self._title.setText(tr("Lesson"))
        self._heading.setText(tr("Exercises"))
        self.check_button.setText(tr("Check"))
        self.check_button.setToolTip(tr("Say what each exercise still misses"))
        self._close.setToolTip(tr("Close the lesson; View, Panels, Lesson brings it back"))
        self._close.setAccessibleName(tr("Close the lesson"))
        for row in self.rows:
            row.retranslate()
        self._show_page()

    def _restyle(self) -> None:
        panel = f"#lesson_panel {{ background: {theme.current().panel}; }}"
        self.setStyleSheet(f"{panel} #lesson_page {{ background: transparent; border: 0; }}")
        self._close.setIcon(icon("close"))
        for row in self.rows:
            row.retranslate()
        self._show_page()

    def _show_page(self) -> None:
        """The page in the language in use; where the reader stands is kept."""
        at = self.page.verticalScrollBar().value()
        if self._read is None:
            self.page.setPlainText(tr("A lesson belongs to each example of the welcome page."))
            return
        self.page.setMarkdown(self._read.pages[words.language()])
        _style(self.page)
        self.page.verticalScrollBar().setValue(at)


class ExerciseRow(QWidget):
    """A task, its number or its tick, and what it still misses."""

    def __init__(self, number: int, exercise: Exercise) -> None:
        super().__init__()
        self.setObjectName(f"exercise_{number}")
        self.exercise = exercise
        self.solved = False
        self._number = number
        self._missing: list[Message] | None = None
        self._sign = QLabel()
        self._sign.setFixedWidth(20)
        self._text = QLabel(wordWrap=True)
        self._said = QLabel(wordWrap=True)
        self._said.setProperty("second", True)
        for label in (self._text, self._said):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        column = QVBoxLayout()
        column.setSpacing(3)
        column.addWidget(self._text)
        column.addWidget(self._said)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        self.retranslate()

    def show_missing(self, missing: list[Message]) -> None:
        """What is still missing; nothing at all solves the exercise, for good."""
        self.solved = self.solved or not missing
        self._missing = missing
        self.retranslate()

    @property
    def said(self) -> str:
        return "" if self._said.isHidden() else self._said.text()

    def retranslate(self) -> None:
        self._text.setText(self.exercise.text(words.language()))
        if self.solved:
            self._sign.setPixmap(icon("good", "good").pixmap(QSize(16, 16), self.devicePixelRatioF()))
        else:
            self._sign.setText(f"{self._number}.")
        told = [tr("Solved.")] if self.solved else [str(text) for text in self._missing or ()]
        self._said.setText("\n".join(told))
        self._said.setVisible(bool(told))
        self.setAccessibleName(" ".join([self._text.text(), *told]))


def _style(page: QTextBrowser) -> None:
    """Headings and paragraphs of the page as the rest of the window has them."""
    colors = theme.current()
    cursor = QTextCursor(page.document())
    block = page.document().begin()
    first = True
    while block.isValid():
        level = block.blockFormat().headingLevel()
        cursor.setPosition(block.position())
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        shape = QTextBlockFormat()
        shape.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        shape.setTopMargin(0 if first else 14 if level else 4)
        shape.setBottomMargin(4)
        cursor.mergeBlockFormat(shape)
        letters = QTextCharFormat()
        letters.setForeground(colors.color("text"))
        if level:
            font = QFont(page.font())
            font.setPixelSize(HEADINGS.get(level, HEADINGS[3]))
            font.setWeight(QFont.Weight.DemiBold)
            letters.setFont(font)
            cursor.setCharFormat(letters)  # in place of Qt's own, whose sizes are relative
        else:
            cursor.mergeCharFormat(letters)
        block = block.next()
        first = False


def _read(ticket: Ticket, name: str) -> Read:
    from studio.insight import lessons

    lesson = lessons.load(name)
    return Read(lesson, {code: lesson.page(code) for code in words.LANGUAGES}, lesson.original())


def _check(ticket: Ticket, read: Read, project: ProjectData, runs_folder: Path) -> list[list[Message]]:
    """What each exercise misses, in the order of the exercises."""
    from studio.compiler.infer import analyse
    from studio.insight import lessons
    from studio.insight.exercises import Standing
    from studio.training.objectives import context_of

    analysis = analyse(project, context_of(project))
    ticket.check()
    trained = lessons.last_trained(runs_folder, read.lesson.name)
    standing = Standing(project, analysis, read.original, trained)
    return [exercise.missing(standing) for exercise in read.lesson.exercises]
