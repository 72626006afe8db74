"""The import dialog: an architecture of torchvision, an ONNX file, or weights for the network that is open.

Never modal. Nothing is downloaded unless the box for it is ticked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from studio.app import file_icons, importing
from studio.app.importing import WEIGHTS, Kind, Order, Outcome, Place
from studio.app.language import follow
from studio.app.named import named
from studio.app.session import Session
from studio.app.task_dialog import INDENT, MARGIN, TaskDialog
from studio.app.tasks import Lane, Ticket
from studio.words import Message, tr

WIDTH = 640
LIST_HEIGHT = 168
KINDS: tuple[Kind, ...] = ("architecture", "onnx", "weights")
PLACES: tuple[Place, ...] = ("project", "network")


class ImportDialog(TaskDialog):
    """`imported(Outcome)` follows what was read; the window puts it where it belongs.

    `shown` says whether a project is open now: only then can something go into it.
    """

    CANCELLED = Message("The import was cancelled; nothing has changed.")
    UNFORESEEN = Message("The import failed unexpectedly: {error}")

    imported = Signal(object)

    def __init__(self, session: Session, shown: Callable[[], bool], parent: QWidget | None = None) -> None:
        super().__init__("import", WIDTH, parent)
        self._session, self._shown = session, shown
        self._listing = Lane(self)
        self._listing.done.connect(self._take_names)
        self._listing.failed.connect(self._fail)
        self._listing.busy_changed.connect(lambda _: self._enable())
        self._names: list[str] = []
        self._build()
        session.opened.connect(self._enable)
        follow(self, self.retranslate)
        self._listing.start(_list_names)

    # -- building --------------------------------------------------------------------------------

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(8)
        self._kinds = QButtonGroup(self)
        self._explanations: dict[Kind, QLabel] = {}
        bodies = {"architecture": self._build_architecture(), "onnx": self._build_file("onnx")}
        bodies["weights"] = self._build_file("weights")
        self._bodies = bodies
        for kind in KINDS:
            self._explanations[kind] = self._add_choice(self._kinds, f"import_{kind}", column, 2)
            column.addWidget(bodies[kind])
        self._kinds.buttons()[0].setChecked(True)
        self._kinds.buttonToggled.connect(lambda *_: self._enable())
        column.addWidget(self._build_places())
        column.addWidget(self._build_outcome())
        column.addStretch(1)
        column.addLayout(self._build_buttons())

    def _build_architecture(self) -> QWidget:
        self.search = named(QLineEdit(), "import_search")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.names = named(QListWidget(), "import_names")
        self.names.setFixedHeight(LIST_HEIGHT)
        self.names.setUniformItemSizes(True)
        self.names.setStyleSheet("QListWidget::item { padding: 3px 6px }")
        self.names.currentRowChanged.connect(lambda _: self._enable())
        self.names.itemDoubleClicked.connect(lambda _: self.start())
        self.download = named(QCheckBox(), "import_download")
        return _indented(self.search, self.names, self.download)

    def _build_file(self, kind: Kind) -> QWidget:
        line = named(QLineEdit(), f"import_{kind}_path")
        line.textChanged.connect(lambda _: self._enable())
        button = named(QPushButton(), f"import_{kind}_browse")
        button.clicked.connect(lambda: self._ask_path(kind))
        row = QWidget()
        inside = QHBoxLayout(row)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(line, 1)
        inside.addWidget(button)
        if kind == "onnx":
            self.onnx_path, self._onnx_browse = line, button
        else:
            self.weights_path, self._weights_browse = line, button
        return _indented(row)

    def _build_places(self) -> QWidget:
        self._places = QButtonGroup(self)
        self._places_row = QWidget()
        row = QHBoxLayout(self._places_row)
        row.setContentsMargins(0, 8, 0, 8)
        for place in PLACES:
            button = named(QRadioButton(), f"import_as_{place}")
            self._places.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self._places.buttons()[0].setChecked(True)
        return self._places_row

    def open(self) -> None:
        """Shows the dialog beside the window, which stays usable."""
        super().open()
        self.search.setFocus()

    # -- words -----------------------------------------------------------------------------------

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Import"))
        titles = {
            "architecture": (
                tr("An architecture of torchvision"),
                tr("Drawn as blocks that you can change, without weights unless you download them."),
            ),
            "onnx": (
                tr("An ONNX file"),
                tr("Its operators become layers and its weights are kept. Nothing in the file is run."),
            ),
            "weights": (
                tr("Weights for the network that is open"),
                tr("A safetensors or state_dict file. One that would run code is not loaded."),
            ),
        }
        for button, kind in zip(self._kinds.buttons(), KINDS, strict=True):
            title, text = titles[kind]
            button.setText(title)
            button.setAccessibleDescription(text)
            self._explanations[kind].setText(text)
        self.search.setPlaceholderText(tr("Search: resnet, vit, mobile …"))
        self.search.setAccessibleName(tr("Search the architectures"))
        self.names.setAccessibleName(tr("Architectures"))
        self.download.setText(tr("Download the trained weights from pytorch.org"))
        for line in (self.onnx_path, self.weights_path):
            line.setAccessibleName(tr("File"))
        for browse in (self._onnx_browse, self._weights_browse):
            browse.setText(tr("Choose…"))
        for button, text in zip(
            self._places.buttons(),
            (tr("As a new project"), tr("As a new network of this project")),
            strict=True,
        ):
            button.setText(text)
        self.now_button.setText(tr("Import"))
        self._enable()
        self._say()

    # -- what is chosen --------------------------------------------------------------------------

    @property
    def kind(self) -> Kind:
        chosen = self._kinds.checkedButton() or self._kinds.buttons()[0]
        return KINDS[self._kinds.buttons().index(chosen)]

    def choose(self, kind: Kind, path: Path | None = None) -> None:
        """Chooses what is imported, and the file."""
        self._kinds.buttons()[KINDS.index(kind)].setChecked(True)
        if path is not None:
            (self.onnx_path if kind == "onnx" else self.weights_path).setText(str(path))

    def choose_place(self, place: Place) -> None:
        self._places.buttons()[PLACES.index(place)].setChecked(True)

    def _source(self) -> str:
        match self.kind:
            case "architecture":
                item = self.names.currentItem()
                return item.text() if item is not None and not item.isHidden() else ""
            case "onnx":
                return self.onnx_path.text().strip()
            case _:
                return self.weights_path.text().strip()

    def _take_names(self, names: list[str]) -> None:
        self._names = names
        self.names.addItems(names)
        self._filter(self.search.text())

    def _filter(self, text: str) -> None:
        """Shows the names that hold every word that is typed."""
        parts = text.lower().replace("-", "_").split()
        shown = []
        for row, name in enumerate(self._names):
            fits = all(part in name for part in parts)
            self.names.item(row).setHidden(not fits)
            shown += [row] if fits else []
        if shown and (parts or self.names.currentRow() not in shown):
            begin = (row for row in shown if parts and self._names[row].startswith(parts[0]))
            self.names.setCurrentRow(next(begin, shown[0]))
        self._enable()

    def _ask_path(self, kind: Kind) -> None:
        dialog = QFileDialog(self, tr("Import"))
        file_icons.use(dialog)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        known = (
            tr("ONNX files (*.onnx)") if kind == "onnx" else tr("Weights ({kinds})", kinds=" ".join(WEIGHTS))
        )
        dialog.setNameFilters([known, tr("All files (*)")])
        dialog.fileSelected.connect(lambda path: self.choose(kind, Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # -- importing -------------------------------------------------------------------------------

    def start(self) -> None:
        """Imports what is chosen."""
        if self._lane.busy or self._listing.busy or not self._source():
            return
        source = self._source()
        order = Order(
            self.kind,
            source if self.kind == "architecture" else str(Path(source).expanduser()),
            "network" if self._places.buttons()[1].isChecked() and self._shown() else "project",
            self.download.isChecked(),
            self._session.document.data(),
            self._session.path,
        )
        self._begin(importing.carry_out, order)

    def _done(self, outcome: Outcome) -> None:
        super()._done(outcome)
        self.cancel_button.setFocus()  # Enter closes now: a second import is seldom meant
        self.imported.emit(outcome)

    def tell(self, more: Message) -> None:
        """Adds what the window did with it to the report."""
        self.outcome.setText(f"{self.outcome.text()}\n{more}")
        self._grow()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._listing.cancel()
        super().closeEvent(event)

    # -- what is shown ---------------------------------------------------------------------------

    def _enable(self) -> None:
        super()._enable()
        kind = self.kind
        for name, body in self._bodies.items():
            body.setVisible(name == kind)
        self._kinds.buttons()[KINDS.index("weights")].setEnabled(self._shown())
        self._places_row.setVisible(kind != "weights" and self._shown())
        busy = self._lane.busy or self._listing.busy  # what lists the names imports the same libraries
        self.now_button.setEnabled(bool(self._source()) and not busy)

    def _verdict(self) -> tuple[str, str, str]:
        sign, color = ("good", "good") if self._result.complete else ("problem", "warning")
        return sign, color, "\n".join(map(str, self._result.lines))


def _indented(*widgets: QWidget) -> QWidget:
    """The widgets under each other, as far in as the text of a radio button."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(INDENT, 0, 0, 6)
    column.setSpacing(6)
    for widget in widgets:
        column.addWidget(widget)
    return box


def _list_names(ticket: Ticket) -> list[str]:
    from studio.importing.sources import architectures

    return architectures()
