"""What the selected node gives for one sample: a picture, figures, and the way to another sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio import quantities
from studio.app import heat, theme
from studio.app.inspector.parts import Figures, heading, paragraph
from studio.app.previews import PreviewHub
from studio.app.session import Session
from studio.words import tr

if TYPE_CHECKING:
    from studio.insight.pictures import Output

COLUMNS = 4
GAP = 2
BARS_HEIGHT = 96
LARGEST = 132
"""the side of a picture that stands alone"""


class OutputSection(QWidget):
    """Shown where the outputs are known, or where there is a reason that they are not."""

    def __init__(self, session: Session, previews: PreviewHub) -> None:
        super().__init__()
        self.setObjectName("output_section")
        self._session = session
        self._previews = previews
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._title = heading("")
        self._before = _step("‹", "previous_sample", tr("Previous sample"))
        self._after = _step("›", "next_sample", tr("Next sample"))
        self._before.clicked.connect(lambda: previews.choose_sample(previews.sample - 1))
        self._after.clicked.connect(lambda: previews.choose_sample(previews.sample + 1))
        head = QHBoxLayout()
        head.setSpacing(2)
        head.setContentsMargins(0, 8, 0, 0)
        self._title.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._before)
        head.addWidget(self._after)
        self.picture = OutputPicture()
        self._figures = Figures()
        self._words = paragraph()
        self._words.setObjectName("sample_words")
        self._note = paragraph(second=True)
        column.addLayout(head)
        for part in (self._words, self.picture, self._figures, self._note):
            column.addWidget(part)

    def refresh(self) -> None:
        """Shows what is known now of the one selected node."""
        nodes = self._session.selected_nodes()
        found, reason = self._previews.found, self._previews.reason
        output = self._previews.output(nodes[0].id) if len(nodes) == 1 else None
        self.setVisible(len(nodes) == 1 and (output is not None or reason is not None))
        if self.isHidden():
            return
        shown = output is not None and found is not None
        for part in (self._before, self._after, self.picture, self._figures):
            part.setVisible(shown)
        self._words.setVisible(found is not None and bool(found.words))
        if output is None or found is None:
            self._title.setText(tr("Output").upper())
            self._note.setText(str(reason))
            return
        self._title.setText(tr("Output of sample {n}", n=found.sample + 1).upper())
        self._title.setToolTip(tr("One of {n} samples to choose from", n=found.samples))
        self._words.setText(found.words)
        self.picture.display(output)
        self._figures.show_rows([(tr("label"), found.label), *_figures(output)])
        self._note.setText(_note(output, str(found.weights)))

    def texts(self) -> tuple[str, dict[str, str], str]:
        """What is written: the title, the figures by name, the note."""
        return self._title.text(), dict(self._figures.texts()), self._note.text()


class OutputPicture(QWidget):
    """The planes in a grid, or the bars. As wide as there is room, its height follows."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("output_picture")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.output: Output | None = None
        self._images: list[QImage] = []

    def display(self, output: Output) -> None:
        if output is not self.output:
            self.output = output
            self._images = [heat.image(output, place) for place in range(len(output.planes))]
            self.setAccessibleName(tr("Picture of the output"))
            self._fit()
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def _fit(self) -> None:
        if not self._images:
            height = BARS_HEIGHT
        else:
            rows = -(-len(self._images) // COLUMNS)
            height = round(rows * (self._cell()[1] + GAP) - GAP)
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)

    def _cell(self) -> tuple[float, float]:
        """Width and height of one plane: in proportion, four beside each other."""
        image = self._images[0]
        columns = COLUMNS if len(self._images) > 1 else 1
        width = (self.width() - (columns - 1) * GAP) / columns
        if columns == 1:
            width = min(width, LARGEST * max(1.0, image.width() / image.height()))
        return width, max(4.0, min(width * image.height() / image.width(), LARGEST))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.output is None:
            return
        painter = QPainter(self)
        if not self._images:
            frame = QRectF(self.rect())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.current().color("window"))
            painter.drawRoundedRect(frame, 4, 4)
            heat.draw_bars(painter, self.output.values, frame.adjusted(8, 8, -8, -8))
            return
        width, height = self._cell()
        for place, image in enumerate(self._images):
            left, top = place % COLUMNS * (width + GAP), place // COLUMNS * (height + GAP)
            cell = QRectF(left, top, width, height)
            painter.fillRect(cell, heat.color(0))
            heat.draw(painter, image, cell)


def _step(sign: str, name: str, spoken: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setText(sign)
    button.setAutoRaise(True)
    button.setFixedSize(24, 24)
    button.setAccessibleName(spoken)
    button.setToolTip(spoken)
    return button


def _figures(output: Output) -> list[tuple[str, str]]:
    def number(value: float) -> str:
        return quantities.significant(value).replace("-", "−")

    rows = [
        (tr("range"), f"{number(output.low)} … {number(output.high)}"),
        (tr("mean"), number(output.mean)),
        (tr("zeros"), f"{100 * output.zeros:.0f} %"),
    ]
    if output.broken:
        rows.append((tr("not a number"), f"{100 * output.broken:.0f} %"))
    return rows


def _note(output: Output, weights: str) -> str:
    if output.kind == "planes" and output.channels > len(output.planes):
        return tr(
            "{shown} of {all} channels, {weights}",
            shown=len(output.planes),
            all=quantities.count(output.channels),
            weights=weights,
        )
    return weights
