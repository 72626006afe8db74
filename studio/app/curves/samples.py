"""Beside the curves: pictures that the run makes with its newest weights, where it is one that makes any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.app.language import follow
from studio.app.tasks import Lane, Ticket
from studio.words import NetloomError, tr

if TYPE_CHECKING:
    from studio.insight.generated import Sheet, Sheets

WIDTH = 184
GAP = 4
REST_MS = 2000
"""between two looks at a training that goes on"""


class SamplesView(QWidget):
    """Shows one run. It is worked out off the GUI thread and hidden while the run makes no pictures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("samples_view")
        self.setFixedWidth(WIDTH)
        self.sheet: Sheet | None = None
        self._shown: tuple[Path, Path | None] | None = None
        self._stale = False
        """what is shown may not be of the newest weights"""
        self._sheets: Sheets | None = None
        self._lane = Lane(self)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self.catch_up)
        self._title = QLabel(wordWrap=True)
        self._title.setProperty("second", True)
        self._pictures = _Pictures()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 6)
        column.setSpacing(6)
        column.addWidget(self._title)
        column.addWidget(self._pictures, 1)
        self.hide()
        follow(self, self.retranslate)

    def show_run(self, folder: Path | None, base: Path | None) -> None:
        """Shows what a run makes; `base` is the folder of its project's file. None for no run."""
        wanted = (folder, base) if folder is not None else None
        if wanted == self._shown:
            return
        self._shown = wanted
        self._rest.stop()
        self._lane.cancel()
        self._take(None)
        self._stale = True
        self.catch_up()

    def outdate(self) -> None:
        """The run may have kept other weights: looked at now and then, while somebody sees it."""
        self._stale = True
        if self._shown is not None and not self._rest.isActive():
            self._rest.start(REST_MS)

    def catch_up(self) -> None:
        """Works it out with the weights that there are now, unless that was done or nobody sees it."""
        around = self.parentWidget()
        if self._stale and self._shown is not None and (around is None or around.isVisible()):
            self._stale = False
            self._lane.start(self._work(), *self._shown)

    def _work(self) -> Callable[..., Sheet | None]:
        """The work of the lane; what it keeps between calls stays with this view."""

        def work(ticket: Ticket, folder: Path, base: Path | None) -> Sheet | None:
            from studio.insight.generated import Sheets

            sheets = self._sheets = self._sheets or Sheets()
            return sheets.of(folder, base, ticket.check)

        return work

    def _take(self, sheet: Sheet | None) -> None:
        self.sheet = sheet
        self._pictures.display(sheet)
        self._title.setToolTip("")
        self.setVisible(sheet is not None)
        self.retranslate()

    def _fail(self, error: Exception) -> None:
        """The pictures of before stay, and it is said that they are old."""
        if self.sheet is not None:
            reason = error.message if isinstance(error, NetloomError) else f"{type(error).__name__}: {error}"
            self._title.setText(tr("Not of the newest weights"))
            self._title.setToolTip(str(reason))

    def retranslate(self) -> None:
        kind = self.sheet.kind if self.sheet is not None else "generated"
        title = tr("Generated") if kind == "generated" else tr("Input, and below it what came of it")
        self._title.setText(title)
        self._pictures.setAccessibleName(title)


class _Pictures(QWidget):
    """The small pictures of a sheet, each pixel a square."""

    def __init__(self) -> None:
        super().__init__()
        self._columns = 1
        self._images: list[QImage] = []

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, WIDTH)

    def display(self, sheet: Sheet | None) -> None:
        self._images = []
        if sheet is not None:
            self._columns = sheet.columns
            grey, color = QImage.Format.Format_Grayscale8, QImage.Format.Format_RGB888
            kind = grey if sheet.channels == 1 else color
            line = sheet.width * sheet.channels
            for picture in sheet.pictures:
                self._images.append(QImage(picture, sheet.width, sheet.height, line, kind).copy())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._images:
            return
        rows = -(-len(self._images) // self._columns)
        wide, high = self._images[0].width(), self._images[0].height()
        room = min(
            (self.width() - GAP * (self._columns - 1)) / (self._columns * wide),
            (self.height() - GAP * (rows - 1)) / (rows * high),
        )
        factor = float(int(room)) if room >= 1 else room
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, factor < 1)
        for number, image in enumerate(self._images):
            left = number % self._columns * (wide * factor + GAP)
            top = number // self._columns * (high * factor + GAP)
            painter.drawImage(QRectF(left, top, wide * factor, high * factor), image)
        painter.end()
