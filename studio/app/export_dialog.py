"""The export dialog: which run, which format, where to; ends with the proof that the file works.

Never modal.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app import file_icons
from studio.app.branch_dialog import checkpoint_text
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.run_rows import metrics_of_best, status_text, when_text
from studio.app.session import Session
from studio.app.task_dialog import INDENT, MARGIN, TaskDialog
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import Trainer
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.export.formats import Report
    from studio.training.runs import RunInfo

WIDTH = 680


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported."""

    run: Path
    format: str
    out: Path
    which: str
    preprocessing: bool


class ExportDialog(TaskDialog):
    """The runs of the session's project, and a file of what one of them learned."""

    CANCELLED = Message("The export was cancelled; nothing was written.")
    UNFORESEEN = Message("The export failed unexpectedly: {error}")

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__("export", WIDTH, parent)
        self._session, self._trainer = session, trainer
        self._named_by_hand = False
        self._list_lane = Lane(self)
        self._list_lane.done.connect(self._take_runs)
        self._list_lane.failed.connect(self._fail)
        self._infos: list[RunInfo] = []
        self._snapshots: dict[Path, list[str]] = {}
        self._build()
        trainer.finished.connect(self.list_runs)  # a lambda would outlive the dialog
        trainer.runs_moved.connect(self.list_runs)
        follow(self, self.retranslate)
        self.list_runs()

    # -- building --------------------------------------------------------------------------------

    def _build(self) -> None:
        self._run_label, self._which_label, self._path_label = QLabel(), QLabel(), QLabel()
        self.run = named(QComboBox(), "export_run")
        self.run.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.run.currentIndexChanged.connect(lambda _: self._enable())
        self.which = named(QComboBox(), "export_which")
        self.run.currentIndexChanged.connect(self._list_checkpoints)
        self.preprocessing = named(QCheckBox(), "export_preprocessing")
        self.preprocessing.setChecked(True)
        self.path = named(QLineEdit(), "export_path")
        self.path.textEdited.connect(self._named)
        self._browse = named(QPushButton(), "export_browse")
        self._browse.clicked.connect(self._ask_path)
        above = QGridLayout()
        above.setHorizontalSpacing(12)
        above.addWidget(self._run_label, 0, 0)
        above.addWidget(self.run, 0, 1)
        above.addWidget(self._which_label, 1, 0)
        above.addWidget(self.which, 1, 1)
        above.setColumnStretch(1, 1)
        below = QHBoxLayout()
        below.addWidget(self._path_label)
        below.addWidget(self.path, 1)
        below.addWidget(self._browse)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(12)
        column.addLayout(above)
        column.addLayout(self._build_formats())
        column.addWidget(self.preprocessing)
        column.addLayout(below)
        column.addWidget(self._build_outcome(self._build_after()))
        column.addStretch(1)
        column.addLayout(self._build_buttons())

    def _build_formats(self) -> QVBoxLayout:
        from studio.export.formats import FORMATS

        self._formats = QButtonGroup(self)
        self._explanations: dict[str, QLabel] = {}
        column = QVBoxLayout()
        column.setSpacing(2)
        for name in FORMATS:
            self._explanations[name] = self._add_choice(self._formats, f"format_{name}", column, 6)
        self._formats.buttons()[0].setChecked(True)
        self._formats.buttonToggled.connect(lambda *_: self._choose_format())
        return column

    def _build_after(self) -> QHBoxLayout:
        """What can be done with the file."""
        self.open_folder = named(QPushButton(), "export_open_folder")
        self.open_folder.setIcon(icon("open"))
        self.open_folder.clicked.connect(self._open_folder)
        self.copy_path = named(QPushButton(), "export_copy_path")
        self.copy_path.setIcon(icon("copy"))
        self.copy_path.clicked.connect(self._copy_path)
        row = QHBoxLayout()
        row.setContentsMargins(INDENT, 0, 0, 0)
        row.addWidget(self.open_folder)
        row.addWidget(self.copy_path)
        row.addStretch(1)
        return row

    # -- words -----------------------------------------------------------------------------------

    def retranslate(self) -> None:
        from studio.export.formats import FORMATS

        self.setWindowTitle(tr("Export"))
        self._run_label.setText(tr("Run"))
        self.run.setAccessibleName(tr("Run"))
        self._which_label.setText(tr("Weights"))
        self.which.setAccessibleName(tr("Weights"))
        self._list_checkpoints()
        for button, (name, found) in zip(self._formats.buttons(), FORMATS.items(), strict=True):
            button.setText(str(found.title))
            button.setAccessibleDescription(str(found.description))
            self._explanations[name].setText(str(found.description))
        self.preprocessing.setText(tr("Put the preprocessing inside, so that it takes raw values"))
        self._path_label.setText(tr("Save to"))
        self.path.setAccessibleName(tr("Save to"))
        self._browse.setText(tr("Choose…"))
        self.now_button.setText(tr("Export"))
        self.open_folder.setText(tr("Open folder"))
        self.copy_path.setText(tr("Copy path"))
        self._list()
        self._enable()
        self._say()

    # -- runs ------------------------------------------------------------------------------------

    def list_runs(self, _: object = None) -> None:
        """Reads which runs there are."""
        self._list_lane.start(_read_runs, self._session.path)

    def select_run(self, folder: Path) -> None:
        """Chooses the run in `folder`, now or as soon as the list is there."""
        self._trainer.last_run = folder
        self.list_runs()

    def _take_runs(self, found: tuple[list[RunInfo], dict[Path, list[str]]]) -> None:
        infos, self._snapshots = found
        self._infos = list(reversed(infos))
        self._list()
        wanted = self._trainer.last_run
        places = [i for i, info in enumerate(self._infos) if info.folder == wanted]
        self.run.setCurrentIndex(places[0] if places else 0 if self._infos else -1)
        self._list_checkpoints()
        self._suggest()
        self._enable()

    def _list(self) -> None:
        current = self.run.currentIndex()
        self.run.blockSignals(True)
        self.run.clear()
        for info in self._infos:
            parts = [when_text(info.started) or info.id, status_text(info.status), metrics_of_best(info)]
            self.run.addItem(" · ".join(part for part in parts if part))
        self.run.setPlaceholderText(tr("No run yet: train the network first"))
        self.run.setCurrentIndex(current)
        self.run.blockSignals(False)

    def _list_checkpoints(self, _: int = 0) -> None:
        """Offers the weights that the chosen run kept: two epochs, and the snapshots."""
        chosen, place = self.which.currentData(), self.run.currentIndex()
        snapshots = (
            self._snapshots.get(self._infos[place].folder, []) if 0 <= place < len(self._infos) else []
        )
        self.which.clear()
        for name in ("best", "last", *snapshots):
            self.which.addItem(checkpoint_text(name), name)
        self.which.setCurrentIndex(max(0, self.which.findData(chosen)))

    # -- format and path -------------------------------------------------------------------------

    @property
    def format(self) -> str:
        chosen = self._formats.checkedButton() or self._formats.buttons()[0]
        return chosen.objectName().removeprefix("format_")

    def choose(self, name: str) -> None:
        """Chooses the format `name`."""
        for button in self._formats.buttons():
            if button.objectName() == f"format_{name}":
                button.setChecked(True)

    def _choose_format(self) -> None:
        self._suggest()
        self._enable()

    def _suggest(self) -> None:
        """A path beside the project; one that was typed in keeps its name and takes the new suffix."""
        from studio.export.formats import FORMATS

        suffix = FORMATS[self.format].suffix
        if self._named_by_hand and self.path.text().strip():
            typed = Path(self.path.text().strip())
            known = {found.suffix for found in FORMATS.values()}
            self.path.setText(str(typed.with_suffix(suffix) if typed.suffix in known else typed))
            return
        project = self._session.path
        folder = project.resolve().parent if project is not None else Path.home()
        name = project.stem if project is not None else self._session.document.name
        self.path.setText(str(folder / (f"{name}{suffix}" if suffix else f"{name}-export")))

    def _named(self) -> None:
        self._named_by_hand = True
        self._enable()

    def _ask_path(self) -> None:
        from studio.export.formats import FORMATS

        found = FORMATS[self.format]
        dialog = QFileDialog(self, tr("Save to"))
        file_icons.use(dialog)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite, not found.suffix)
        if found.suffix:
            dialog.setDefaultSuffix(found.suffix.lstrip("."))
            dialog.setNameFilter(f"{found.title} (*{found.suffix})")
        dialog.selectFile(self.path.text())
        dialog.fileSelected.connect(self._take_path)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _take_path(self, path: str) -> None:
        self.path.setText(path)
        self._named()

    # -- exporting -------------------------------------------------------------------------------

    def start(self) -> None:
        """Exports what is chosen."""
        if self._lane.busy or self.run.currentIndex() < 0:
            return
        order = Order(
            self._infos[self.run.currentIndex()].folder,
            self.format,
            Path(self.path.text().strip()).expanduser(),
            str(self.which.currentData() or "best"),
            self.preprocessing.isChecked(),
        )
        self._begin(_export, order)

    def _done(self, report: Report) -> None:
        super()._done(report)
        self._session.notice.emit("info", proof_text(report, with_path=True))

    def _enable(self) -> None:
        from studio.export.formats import FORMATS

        super()._enable()
        ready = self.run.currentIndex() >= 0 and bool(self.path.text().strip())
        self.now_button.setEnabled(ready and not self._lane.busy)
        self.preprocessing.setVisible(FORMATS[self.format].takes_raw)

    def _say(self) -> None:
        for button in (self.open_folder, self.copy_path):
            button.setVisible(self._result is not None)
        super()._say()

    def _verdict(self) -> tuple[str, str, str]:
        lines = [str(proof_text(self._result)), *map(str, self._result.details)]
        return "good", "good", "\n".join(lines)

    # -- afterwards ------------------------------------------------------------------------------

    def _target(self) -> Path | None:
        return self._result.paths[0] if self._result is not None and self._result.paths else None

    def _open_folder(self) -> None:
        if (target := self._target()) is not None:
            folder = target if target.is_dir() else target.parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _copy_path(self) -> None:
        if (target := self._target()) is not None:
            QGuiApplication.clipboard().setText(str(target))


def proof_text(report: Report, with_path: bool = False) -> Message:
    """What was compared, and how it came out."""
    deviation = f"{report.largest_deviation:.2g}"
    path = ", ".join(str(path) for path in report.paths[:1])
    if with_path:
        return Message(
            "Exported to {path}. Compared on {samples} samples: largest deviation {deviation}.",
            path=path,
            samples=report.samples,
            deviation=deviation,
        )
    return Message(
        "Compared on {samples} samples: largest deviation {deviation}.",
        samples=report.samples,
        deviation=deviation,
    )


def _read_runs(ticket: Ticket, path: Path | None) -> tuple[list[RunInfo], dict[Path, list[str]]]:
    from studio.training.runs import checkpoints_of, list_runs, runs_folder

    ticket.check()
    infos = [info for info in list_runs(runs_folder(path)) if (info.folder / "best.safetensors").is_file()]
    snapshots = {
        info.folder: [n for n in checkpoints_of(info.folder) if n.startswith("step-")] for info in infos
    }
    return infos, snapshots


def _export(ticket: Ticket, order: Order) -> Report:
    from studio.export.export import export
    from studio.training.runs import open_run

    ticket.check()
    return export(
        open_run(order.run),
        order.format,
        order.out,
        ticket.progress,
        which=order.which,
        include_preprocessing=order.preprocessing,
    )
