"""The parts a page of the inspector is made of: headings, rows of figures, problems with their cures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFont, QFontDatabase, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from studio.app import theme
from studio.app.inspector.fields import LineField
from studio.app.problem_counts import SIGNS
from studio.compiler.analysis import Analysis, Cure, Problem
from studio.words import tr

LABEL_WIDTH = 104
_BUTTON_MARGIN = 30
"""padding and border of a button, both sides"""
_BUTTON_HEIGHT = 11
"""the same above and below its text"""


def heading(text: str) -> QLabel:
    """A small heading over a section."""
    label = QLabel(text.upper())
    label.setProperty("second", True)
    font = QFont(label.font())
    font.setPixelSize(11)
    font.setWeight(QFont.Weight.DemiBold)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.4)
    label.setFont(font)
    label.setStyleSheet("font-size: 11px; font-weight: 600;")
    label.setContentsMargins(0, 10, 0, 2)
    return label


def paragraph(text: str = "", second: bool = False) -> QLabel:
    """Text that wraps. It is plain text whatever it holds."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("second", second)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
    return label


class Figures(QWidget):
    """Rows of a name and a figure, the figures flush right in a fixed-width font."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, QLabel]] = []

    def show_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Shows these rows in place of the last ones."""
        while len(self._rows) < len(rows):
            self._add()
        for place, (name, value) in enumerate(self._rows):
            shown = place < len(rows)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(rows[place][0])
                value.setText(rows[place][1])

    def texts(self) -> list[tuple[str, str]]:
        """The rows that are shown."""
        return [(name.text(), value.text()) for name, value in self._rows if not value.isHidden()]

    def _add(self) -> None:
        name, value = QLabel(), _Figure()
        name.setTextFormat(Qt.TextFormat.PlainText)
        row = len(self._rows)
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1)
        self._rows.append((name, value))


class _Figure(QLabel):
    """Text that the mouse can mark. Only where the mouse is, for text of that kind is slow to lay out."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setWordWrap(True)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasSelectedText():
            self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        super().leaveEvent(event)


class Form(QWidget):
    """Rows of a name and an editor."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)

    def add(self, name: str, editor: QWidget) -> QLabel:
        """Adds a row; returns the label of its name."""
        label = _NameLabel(name)
        label.setBuddy(editor)
        row = self._grid.rowCount()
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(editor, row, 1)
        if isinstance(editor, LineField):
            reason = _Reason()
            self._grid.addWidget(reason, row + 1, 0, 1, 2)
            editor.judged.connect(reason.tell)
        return label


class _Reason(QLabel):
    """Why the text in the field above is no value; takes no room while it is one."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("field_reason")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        self.hide()

    def tell(self, reason: str) -> None:
        if reason:
            self.setStyleSheet(f"color: {theme.current().ink('error').name()}")
        self.setText(reason)
        self.setVisible(bool(reason))


class _NameLabel(QLabel):
    """The name of an argument, shortened where the column is too narrow for it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._name = name
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("second", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        short = self.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, self.width())
        if short != self.text():
            self.setText(short)
        self.setToolTip(self._name if short != self._name else "")


class CureButton(QPushButton):
    """A cure. Its label breaks into lines: two cures often differ in their last word only."""

    def __init__(self, cure: Cure) -> None:
        super().__init__()
        self._label = str(cure.label)
        self.setObjectName("cure_button")
        self.setToolTip(self._label)
        self.setAccessibleName(self._label)
        self.setText(self._label)
        policy = QSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def _broken(self, width: int) -> str:
        """The label in lines that are no wider than the room in a button of `width`."""
        room, metrics = width - _BUTTON_MARGIN + 1, self.fontMetrics()
        lines: list[str] = []
        for word in self._label.split(" "):
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and metrics.horizontalAdvance(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return "\n".join(metrics.elidedText(line, Qt.TextElideMode.ElideRight, room) for line in lines)

    def sizeHint(self) -> QSize:
        wanted = self.fontMetrics().horizontalAdvance(self._label) + _BUTTON_MARGIN
        return QSize(wanted, self.heightForWidth(wanted))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())

    def heightForWidth(self, width: int) -> int:
        metrics = self.fontMetrics()
        return metrics.lineSpacing() * (self._broken(width).count("\n") + 1) + _BUTTON_HEIGHT

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        broken = self._broken(self.width())
        if broken != self.text():
            self.setText(broken)


class ProblemCard(QFrame):
    """What is wrong, why, and a button for each cure. PyTorch's own words unfold."""

    def __init__(self, problem: Problem, cure: Callable[[Cure], None]) -> None:
        super().__init__()
        self._colour = SIGNS[problem.severity][1]
        self.setObjectName("problem_card")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 10, 8)
        layout.setSpacing(6)
        layout.addWidget(paragraph(str(problem.text)))
        for offered in problem.cures:
            button = CureButton(offered)
            button.clicked.connect(lambda _=False, chosen=offered: cure(chosen))
            layout.addWidget(button)
        if problem.detail:
            layout.addWidget(_Detail(problem.detail))

    def set_waiting(self, waits: bool) -> None:
        """While cures are being tried again, none of those before can be chosen."""
        for button in self.findChildren(CureButton):
            button.setEnabled(not waits)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.color(self._colour, 0.10))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setBrush(colours.color(self._colour))
        painter.drawRoundedRect(QRectF(0, 0, 4, self.height()), 2, 2)


class ProblemCards(QVBoxLayout):
    """A card for each problem. While cures are tried again for the same problems, the cards stay and wait."""

    def __init__(self, cure: Callable[[Cure], None]) -> None:
        super().__init__()
        self._cure = cure
        self._shown: tuple[Problem, ...] | None = None
        self._cards: list[ProblemCard] = []

    def show_problems(self, problems: tuple[Problem, ...], analysis: Analysis) -> None:
        if self._shown is not None and analysis.tells(problems, self._shown):
            for card in self._cards:
                card.set_waiting(not analysis.cures_known)
            return
        self._shown = problems
        emptied(self)
        self._cards = [ProblemCard(problem, self._cure) for problem in problems]
        for card in self._cards:
            self.addWidget(card)


class _Detail(QWidget):
    """A button that unfolds a technical text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self._button = QPushButton()
        self._button.setProperty("link", True)
        self._button.setCheckable(True)
        self._text = paragraph(text, second=True)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.hide()
        self._button.toggled.connect(self._toggled)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._text)
        self._toggled(False)

    def _toggled(self, open_: bool) -> None:
        self._text.setVisible(open_)
        self._button.setText(tr("Hide PyTorch's message") if open_ else tr("What PyTorch says"))


def emptied(layout: QVBoxLayout) -> None:
    """Takes every widget out of a layout; they are gone once the running event is done with."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
