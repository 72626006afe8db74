"""The figure of a network: how it is drawn on the left, the figure on the right. Never modal.

With another version of the project named, what is new since is marked in the figure and listed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app import file_icons, theme
from studio.app.figures import making
from studio.app.figures.making import Made, Order
from studio.app.figures.view import FigureView
from studio.app.language import follow
from studio.app.named import named
from studio.app.session import Session
from studio.app.tasks import Lane
from studio.graph.difference import Difference, Kind
from studio.graph.facts import place_text, value_text
from studio.words import Message, tr

STYLES: dict[str, Message] = {
    "paper": Message("Paper, in colour"),
    "print": Message("Print, black and white"),
    "dark": Message("Slide, dark"),
}
KINDS: dict[Kind, tuple[Message, str]] = {
    "added": (Message("Added"), "good"),
    "removed": (Message("Removed"), "error"),
    "renamed": (Message("Renamed"), "warning"),
    "changed": (Message("Changed"), "warning"),
    "moved": (Message("Moved"), "accent"),
}
SIDE = 340
WAIT = 120
"""milliseconds without a change before the figure is drawn anew"""


class FigureDialog(QDialog):
    """Follows the project: after an edit the figure is drawn anew."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("figure_dialog")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self._made: Made | None = None
        self._sheet: Path | None = None
        self._lane = Lane(self)
        self._lane.done.connect(self._show)
        self._lane.failed.connect(self._fail)
        self._saving = Lane(self)
        self._saving.done.connect(self._saved)
        self._saving.failed.connect(self._fail)
        self._wait = QTimer(self, singleShot=True, interval=WAIT)
        self._wait.timeout.connect(self.draw)
        self._build()
        session.edited.connect(self._later)
        session.opened.connect(self._list_networks)
        self._list_networks()
        follow(self, self.retranslate)
        self.resize(1040, 760)
        self.draw()

    # -- building --------------------------------------------------------------------------------

    def _build(self) -> None:
        self.network = named(QComboBox(), "figure_network")
        self.style_box = named(QComboBox(), "figure_style")
        self.levels = named(QSpinBox(), "figure_depth")
        self.levels.setRange(0, 20)
        self.joined = named(QCheckBox(), "figure_joined")
        self.shapes = named(QCheckBox(), "figure_shapes")
        self.names = named(QCheckBox(), "figure_names")
        self.joined.setChecked(True)
        self.shapes.setChecked(True)
        self._labels = [QLabel() for _ in range(3)]
        form = QFormLayout()
        for label, field in zip(self._labels, (self.network, self.style_box, self.levels), strict=True):
            label.setBuddy(field)
            form.addRow(label, field)
        for box in (self.joined, self.shapes, self.names):
            form.addRow(box)
            box.toggled.connect(self._later)
        self.network.currentIndexChanged.connect(self._later)
        self.style_box.activated.connect(self._style_chosen)
        self.levels.valueChanged.connect(self._later)
        side = QWidget()
        side.setFixedWidth(SIDE)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        column.addSpacing(12)
        column.addWidget(self._build_comparison(), 1)
        self.said = named(QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), "figure_said")
        column.addWidget(self.said)
        column.addLayout(self._build_buttons())
        self.view = FigureView()
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 20, 20, 20)
        row.setSpacing(16)
        row.addWidget(side)
        row.addWidget(self.view, 1)

    def _build_comparison(self) -> QWidget:
        self._against_label = QLabel()
        self.against = named(QLineEdit(), "figure_against")
        self.against.setClearButtonEnabled(True)
        self.against.textChanged.connect(self._later)
        self._against_label.setBuddy(self.against)
        self.browse = named(QPushButton(), "figure_against_browse")
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self.ask_version)
        line = QHBoxLayout()
        line.addWidget(self.against, 1)
        line.addWidget(self.browse)
        self.told = named(QTreeWidget(), "figure_differences")
        self.told.setRootIsDecorated(False)
        self.told.setColumnCount(3)
        self.told.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.told.itemActivated.connect(lambda item, _: self._go_to(item))
        self.told.itemClicked.connect(lambda item, _: self._go_to(item))
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._against_label)
        column.addLayout(line)
        column.addWidget(self.told, 1)
        column.addStretch(0)
        return box

    def _build_buttons(self) -> QHBoxLayout:
        self.save_button = named(QPushButton(), "figure_save")
        self.save_button.setProperty("accent", True)
        self.save_button.setDefault(True)
        self.save_button.clicked.connect(self.ask_path)
        self.close_button = named(QPushButton(), "figure_close")
        self.close_button.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.close_button)
        row.addWidget(self.save_button)
        return row

    def open(self) -> None:
        """Shows the dialog beside the window, which stays usable."""
        self.show()
        self.activateWindow()

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Figure of the network"))
        words = (tr("Network"), tr("Style"), tr("Open blocks"))
        for label, text in zip(self._labels, words, strict=True):
            label.setText(text)
        self.levels.setSpecialValueText(tr("none"))
        self.levels.setSuffix(" " + tr("levels"))
        self.joined.setText(tr("Activations in the box of their layer"))
        self.shapes.setText(tr("Shapes on the wires"))
        self.names.setText(tr("Names of the nodes"))
        self._against_label.setText(tr("Compare with another version of the project"))
        self.against.setPlaceholderText(tr("A project file"))
        self.browse.setText(tr("Choose…"))
        self.told.setHeaderLabels([tr("What"), tr("Place"), tr("Values")])
        self.save_button.setText(tr("Save…"))
        self.close_button.setText(tr("Close"))
        self._list_styles()
        self._list_differences()

    # -- what is chosen --------------------------------------------------------------------------

    def compare_with(self, path: Path) -> None:
        """Marks what is new since the version in `path`."""
        self.against.setText(str(path))

    def _list_networks(self) -> None:
        shown = self.network.currentText() or self._session.network
        self.network.clear()
        self.network.addItems(self._session.document.network_names())
        self.network.setCurrentIndex(max(0, self.network.findText(shown)))

    def _list_styles(self) -> None:
        chosen = self.style_box.currentData() or "paper"
        self.style_box.clear()
        for name, text in STYLES.items():
            self.style_box.addItem(str(text), name)
        if self._sheet is not None:
            self.style_box.addItem(self._sheet.name, str(self._sheet))
        self.style_box.addItem(tr("A style sheet of your own…"), "")
        self.style_box.setCurrentIndex(max(0, self.style_box.findData(chosen)))

    def _style_chosen(self) -> None:
        if self.style_box.currentData():
            self._later()
            return
        self.style_box.setCurrentIndex(0)
        dialog = self._file_dialog(tr("Style sheet"), [tr("Style sheets (*.toml)")])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._take_sheet)
        dialog.open()

    def _take_sheet(self, path: str) -> None:
        self._sheet = Path(path)
        self._list_styles()
        self.style_box.setCurrentIndex(self.style_box.findData(path))
        self._later()

    def _order(self) -> Order:
        against = self.against.text().strip()
        return Order(
            self._session.document.data(),
            self.network.currentText(),
            self.style_box.currentData() or "paper",
            self.levels.value(),
            self.names.isChecked(),
            self.shapes.isChecked(),
            self.joined.isChecked(),
            Path(against).expanduser() if against else None,
        )

    # -- drawing ---------------------------------------------------------------------------------

    def _later(self, *_: object) -> None:
        self._wait.start()

    def draw(self) -> None:
        """Draws the figure as it is chosen now."""
        self._wait.stop()
        if self.network.currentText() not in self._session.document.network_names():
            self._list_networks()
        self.said.setText(tr("Drawing…"))
        self._lane.start(making.make, self._order())

    def _show(self, made: Made) -> None:
        self._made = made
        same = bool(self.against.text().strip()) and not made.told
        self.said.setText(tr("The two say the same.") if same else "")
        self.view.show_svg(made.svg)
        self._list_differences()
        self.save_button.setEnabled(True)

    def _list_differences(self) -> None:
        self.told.clear()
        told = self._made.told if self._made is not None else ()
        self.told.setVisible(bool(told))
        for each in told:
            text, color = KINDS[each.kind]
            item = QTreeWidgetItem([str(text), place_text(each.place), _values(each)])
            item.setForeground(0, theme.current().ink(color))
            item.setData(0, Qt.ItemDataRole.UserRole, each)
            self.told.addTopLevelItem(item)

    def _go_to(self, item: QTreeWidgetItem) -> None:
        """Shows the node on the canvas."""
        each = item.data(0, Qt.ItemDataRole.UserRole)
        if each.node is None or each.kind == "removed":
            return
        network, id_ = each.node
        if id_ in self._session.document.nodes(network):
            self._session.show_network(network)
            self._session.select([id_])

    def _fail(self, error: Exception) -> None:
        self.said.setText(str(error))
        self._made = replace(self._made, told=()) if self._made is not None else None
        self._list_differences()

    # -- files -----------------------------------------------------------------------------------

    def ask_version(self) -> None:
        dialog = self._file_dialog(tr("Compare with"), [tr("Projects (*.json)"), tr("All files (*)")])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.compare_with(Path(path)))
        dialog.open()

    def ask_path(self) -> None:
        kinds = [tr("Drawing (*.svg)"), tr("Page (*.pdf)"), tr("Picture (*.png)")]
        dialog = self._file_dialog(tr("Save the figure"), kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("svg")
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix(("svg", "pdf", "png")[kinds.index(chosen)])
        )
        dialog.selectFile(f"{self._session.document.name} {self.network.currentText()}.svg")
        dialog.fileSelected.connect(lambda path: self.save_as(Path(path)))
        dialog.open()

    def save_as(self, path: Path) -> None:
        """Writes the figure that is shown."""
        if self._made is not None:
            self._saving.start(making.save, self._made.svg, path)

    def _saved(self, path: Path) -> None:
        self.said.setText(tr("Saved {file}.", file=path))

    def _file_dialog(self, title: str, filters: list[str]) -> QFileDialog:
        dialog = QFileDialog(self, title)
        file_icons.use(dialog)
        dialog.setNameFilters(filters)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def closeEvent(self, event: QCloseEvent) -> None:
        self._wait.stop()
        self._lane.cancel()
        super().closeEvent(event)


def _values(each: Difference) -> str:
    if each.kind in ("added", "removed"):
        return ""
    return f"{value_text(each.old)} → {value_text(each.new)}"
