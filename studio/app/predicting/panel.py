"""The Try panel: a picture that is dropped, a row or a sentence that is typed, and what the network says.

The run's own preprocessing is done to it. Pictures are decoded and the network is run off the GUI thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.app import drops, file_icons
from studio.app.language import follow
from studio.app.named import named
from studio.app.predicting.asked import WIDTH, PictureField, RowField
from studio.app.predicting.shares import SharesView
from studio.app.run_rows import when_text
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import Trainer
from studio.words import Message, NetloomError, tr

if TYPE_CHECKING:
    from studio.insight.prediction import Answer, Kind, Predictor
    from studio.training.runs import RunInfo

WAIT_MS = 250
"""of typing before the network is asked"""
PAGES = ("picture", "row", "sentence")


@dataclass(frozen=True, slots=True)
class Found:
    """The runs of the project that have weights, the newest first, and what that one is asked with."""

    runs: tuple[RunInfo, ...] = ()
    kind: Kind | None = None


class TryPanel(QWidget):
    """`data_wanted(path)` asks that the folder of a picture becomes the project's data."""

    data_wanted = Signal(object)

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("try_panel")
        self.setAutoFillBackground(True)
        self._session, self._trainer = session, trainer
        self._found = Found()
        self._predictor: Predictor | None = None
        self._picture: Path | None = None
        self._dropped = False
        self._swap: bool | None = None
        self._said: Message | None = None
        self._listing, self._opening, self._asking = Lane(self), Lane(self), Lane(self)
        self._listing.done.connect(self._take_runs)
        self._listing.failed.connect(lambda _: self._take_runs(Found()))
        self._opening.done.connect(self._take_predictor)
        self._opening.failed.connect(self._fail)
        self._asking.done.connect(self._take_answer)
        self._asking.failed.connect(self._fail)
        self._wait = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._wait.timeout.connect(self.ask)
        self._build()
        session.opened.connect(self._begin_anew)
        session.path_changed.connect(self.list_runs)
        trainer.finished.connect(self._learned)
        trainer.runs_moved.connect(self.list_runs)
        follow(self, self.retranslate)
        self.list_runs()

    # -- building --------------------------------------------------------------------------------

    def _build(self) -> None:
        self._run_label = QLabel()
        self.run = named(QComboBox(), "predict_run")
        self.run.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.run.currentIndexChanged.connect(lambda _: self._open())
        self.folder_button = named(QPushButton(), "predict_folder")
        self.folder_button.setProperty("link", True)
        self.folder_button.clicked.connect(self._use_folder)
        head = QHBoxLayout()
        head.addWidget(self._run_label)
        head.addWidget(self.run)
        head.addStretch(1)
        head.addWidget(self.folder_button)
        self._body = QWidget()
        row = QHBoxLayout(self._body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(24)
        row.addWidget(self._build_pages())
        row.addLayout(self._build_answer(), 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 6, 16, 8)
        whole.addLayout(head)
        whole.addWidget(self._body, 1)
        self._nothing = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._nothing.setProperty("second", True)
        whole.addWidget(self._nothing, 1)

    def _build_pages(self) -> QWidget:
        """What the network is asked with."""
        self.picture, self.row = PictureField(), RowField()
        self.picture.chosen.connect(self.take_picture)
        self.picture.wanted.connect(self.ask_for_picture)
        self.row.changed.connect(self._wait.start)
        self.swap = named(QCheckBox(), "predict_swap")
        self.swap.clicked.connect(self._choose_swap)
        self.sentence = named(QPlainTextEdit(), "predict_sentence")
        self.sentence.setTabChangesFocus(True)
        self.sentence.textChanged.connect(self._wait.start)
        picture = QWidget()
        column = QVBoxLayout(picture)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.picture, 1)
        column.addWidget(self.swap)
        self.pages = QStackedWidget()
        self.pages.setFixedWidth(WIDTH)
        for page in (picture, self.row, self.sentence):
            self.pages.addWidget(page)
        return self.pages

    def _build_answer(self) -> QVBoxLayout:
        """What it says."""
        self.shares = SharesView()
        self._bars = QScrollArea(widgetResizable=True)
        self._bars.setFrameShape(QScrollArea.Shape.NoFrame)
        self._bars.setWidget(self.shares)
        self.status = named(QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), "predict_status")
        self.status.setProperty("second", True)
        right = QVBoxLayout()
        right.addWidget(self.status)
        right.addWidget(self._bars, 1)
        return right

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Try"))
        self._run_label.setText(tr("What it learned"))
        self.run.setAccessibleName(tr("What it learned"))
        self.swap.setText(tr("Exchange light and dark"))
        self.swap.setToolTip(
            tr("For a dark digit on light paper, say, where the network learned from light ones on dark")
        )
        self.sentence.setPlaceholderText(tr("Type a sentence for the network to read."))
        self.sentence.setAccessibleName(self.sentence.placeholderText())
        self.folder_button.setText(tr("Use its folder as data instead"))
        self.picture.retranslate()
        self._show()

    # -- what can be asked -----------------------------------------------------------------------

    @property
    def takes_pictures(self) -> bool:
        """Whether the newest run of the open project is of a network that tells what a picture is."""
        return self._found.kind == "picture"

    def list_runs(self, _: object = None) -> None:
        """Looks which runs there are to be asked."""
        self._listing.start(_list, self._session.path)

    def _learned(self, _: object) -> None:
        """A run has ended, which may have gone on in its old folder: its weights are loaded anew."""
        self._predictor = None
        self.list_runs()

    def _begin_anew(self) -> None:
        """Another project is open: what was asked is of the one before."""
        self._picture, self._predictor, self._found = None, None, Found()
        self._opening.cancel()
        self._asking.cancel()
        self.sentence.clear()
        self._take_answer(None)
        self.list_runs()

    def _take_runs(self, found: Found) -> None:
        before = self.run.currentData()
        newest = self.run.currentIndex() <= 0
        self._found = found
        with QSignalBlocker(self.run):
            self.run.clear()
            for info in found.runs:
                self.run.addItem(info.labels.title or when_text(info.started), info.folder)
            place = self.run.findData(before)
            self.run.setCurrentIndex(0 if newest or place < 0 else place)
        if self.isVisible():
            self._open()
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._open()

    def _open(self) -> None:
        """Loads the chosen run, unless it is loaded."""
        folder = self.run.currentData()
        if folder is None:
            self._predictor = None
        elif self._predictor is None or self._predictor.run.folder != folder:
            self._predictor = None
            self._tell(Message("Loading what it learned…"))
            self._opening.start(_open, folder)

    def _take_predictor(self, predictor: Predictor) -> None:
        self._predictor = predictor
        if predictor.kind == "row":
            self.row.display(predictor.layout)
        self.swap.setVisible(predictor.kind == "picture" and predictor.info.shape[0] == 1)
        self._said = None
        self._show()
        if self._asked() is not None:
            self.ask()

    # -- asking ----------------------------------------------------------------------------------

    def take_picture(self, path: Path, dropped: bool = False) -> None:
        """Asks what a picture is. `dropped`: it may have been meant for the folder that it lies in."""
        self._picture, self._dropped, self._swap = path, dropped, None
        self.swap.setChecked(False)
        self._open()
        self.ask()

    def _choose_swap(self, on: bool) -> None:
        self._swap = on
        self.ask()

    def ask_for_picture(self) -> None:
        """Lets a picture be chosen."""
        dialog = QFileDialog(self, tr("Choose a picture"))
        file_icons.use(dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setObjectName("predict_dialog")
        endings = " ".join(f"*{ending}" for ending in drops.PICTURES)
        dialog.setNameFilters([tr("Pictures ({endings})", endings=endings), tr("All files (*)")])
        dialog.fileSelected.connect(lambda text: self.take_picture(Path(text)))
        dialog.open()

    def ask(self) -> None:
        """Asks the network, if it is loaded; else that is done when it is."""
        asked, predictor = self._asked(), self._predictor
        if predictor is None or asked is None:
            if predictor is not None:
                self._asking.cancel()
                self._take_answer(None)
            return
        self._asking.start(_ask, predictor, asked, self._swap)

    def _asked(self) -> Any:
        """What is to be asked; None for nothing yet."""
        kind = self._predictor.kind if self._predictor is not None else None
        match kind:
            case "picture":
                return self._picture
            case "row":
                fields = self.row.fields()
                return fields if any(fields.values()) else None
            case "sentence":
                return self.sentence.toPlainText() or None
        return None

    def _take_answer(self, answer: Answer | None) -> None:
        self._said = None
        self.shares.display(answer)
        self.picture.display(answer.seen if answer is not None else None)
        if answer is not None:
            self.swap.setChecked(answer.swapped)
        self._show()

    def _fail(self, error: Exception) -> None:
        self.shares.display(None)
        self.picture.display(None)
        self._tell(error.message if isinstance(error, NetloomError) else Message("{text}", text=error))

    def _tell(self, said: Message) -> None:
        self._said = said
        self._show()

    def _use_folder(self) -> None:
        if self._picture is not None:
            self._dropped = False
            self._show()
            self.data_wanted.emit(self._picture)

    # -- showing ---------------------------------------------------------------------------------

    def _show(self) -> None:
        runs = bool(self._found.runs)
        for widget in (self._run_label, self.run, self._body):
            widget.setVisible(runs)
        self._nothing.setVisible(not runs)
        self._nothing.setText(
            tr("Train the network, then try it here on a picture, a row or a sentence of your own.")
        )
        self.folder_button.setVisible(runs and self._dropped and self._picture is not None)
        if self._predictor is not None:
            self.pages.setCurrentIndex(PAGES.index(self._predictor.kind))
        self.pages.setVisible(self._predictor is not None)
        said = str(self._said) if self._said is not None else self._about()
        self.status.setText(said)
        self.status.setProperty("second", self._said is None)
        self.status.style().polish(self.status)
        self.status.setVisible(bool(said))

    def _about(self) -> str:
        """What is asked, in a line above the answer."""
        answer = self.shares.answer
        if self._predictor is None:
            return ""
        if answer is None:
            return tr("What the network says stands here.")
        if self._predictor.kind == "picture" and self._picture is not None:
            return self._picture.name
        return tr("What the network says")


def _list(ticket: Ticket, path: Path | None) -> Found:
    from studio.data.sources import known
    from studio.insight.prediction import kind_of
    from studio.training.runs import list_runs, open_run, runs_folder

    infos = reversed(list_runs(runs_folder(path)))
    runs = tuple(info for info in infos if (info.folder / "best.safetensors").is_file())
    if not runs:
        return Found()
    try:
        run = open_run(runs[0].folder)
    except NetloomError:
        return Found(runs)
    return Found(runs, kind_of(known(run.project.data), run.settings.objective))


def _open(ticket: Ticket, folder: Path) -> Predictor:
    from studio.insight.prediction import Predictor

    return Predictor(folder)


def _ask(ticket: Ticket, predictor: Predictor, asked: Any, swap: bool | None = None) -> Answer:
    match predictor.kind:
        case "picture":
            return predictor.of_picture(asked, swap)
        case "row":
            return predictor.of_row(asked)
    return predictor.of_sentence(asked)
