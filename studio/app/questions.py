"""Questions and file dialogs that wait for an answer without holding the program up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QWidget

from studio.app import file_icons
from studio.words import Message, tr


@dataclass(frozen=True, slots=True)
class Answer:
    """A button of a question. `kind` says what Escape and Enter do."""

    text: Message
    run: Callable[[], object]
    name: str
    kind: str = "plain"
    """"default" is taken by Enter, "cancel" by Escape"""


def ask(
    parent: QWidget, question: Message, detail: Message | None, answers: tuple[Answer, ...]
) -> QMessageBox:
    """Opens a question and returns at once; the answer's `run` is called when it is given."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setObjectName("question")
    box.setWindowTitle("Netloom")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(str(question))
    if detail is not None:
        box.setInformativeText(str(detail))
    runs: dict[QPushButton, Callable[[], object]] = {}
    for answer in answers:
        role = (
            QMessageBox.ButtonRole.RejectRole
            if answer.kind == "cancel"
            else QMessageBox.ButtonRole.ActionRole
        )
        button = QPushButton(str(answer.text), box)
        button.setObjectName(answer.name)
        box.addButton(button, role)
        runs[button] = answer.run
        if answer.kind == "default":
            box.setDefaultButton(button)
        if answer.kind == "cancel":
            box.setEscapeButton(button)
    box.buttonClicked.connect(lambda button: runs[button]())
    box.open()
    return box


def open_file(parent: QWidget, folder: Path, chosen: Callable[[Path], object]) -> QFileDialog:
    """Asks for a project file to open."""
    dialog = _dialog(parent, tr("Open a project"), folder, "open_dialog", chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.open()
    return dialog


def save_file(parent: QWidget, suggestion: Path, chosen: Callable[[Path], object]) -> QFileDialog:
    """Asks where to save a project; an existing file is asked about by the dialog."""
    dialog = _dialog(parent, tr("Save the project"), suggestion.parent, "save_dialog", chosen)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setDefaultSuffix("json")
    dialog.selectFile(suggestion.name)
    dialog.open()
    return dialog


def open_folder(parent: QWidget, folder: Path, chosen: Callable[[Path], object]) -> QFileDialog:
    """Asks for a folder that is there."""
    dialog = QFileDialog(parent, tr("Choose the folder of a run"), str(folder))
    file_icons.use(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setObjectName("folder_dialog")
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda text: chosen(Path(text)))
    dialog.open()
    return dialog


def _dialog(
    parent: QWidget, title: str, folder: Path, name: str, chosen: Callable[[Path], object]
) -> QFileDialog:
    dialog = QFileDialog(parent, title, str(folder))
    file_icons.use(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setObjectName(name)
    dialog.setNameFilters([tr("Netloom projects (*.json)"), tr("All files (*)")])
    dialog.fileSelected.connect(lambda text: chosen(Path(text)))
    return dialog
