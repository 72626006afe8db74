"""Files dropped on the window: a project opens, a table becomes data, a model is imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData

from studio.app.importing import WEIGHTS, Kind
from studio.words import Message

if TYPE_CHECKING:
    from studio.app.window import MainWindow

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
"""one picture stands for the folders that it lies among"""
PACKED = (".zip", ".gz")


def files(data: QMimeData) -> list[Path]:
    """The files on this machine that are dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def take(paths: list[Path], window: MainWindow) -> bool:
    """Opens what was dropped, or says why not. Data that finds no project gets an empty one."""
    if (project := project_among(paths)) is not None:
        window.files.open(project)
    elif model := model_among(paths):
        window.importer.open(*model)
    elif window.files.active and (picture := picture_alone(paths)) and window.workspace.try_picture(picture):
        pass  # the open project was trained to tell what it is
    elif data := data_among(paths):
        if not window.files.active:
            window.files.new()
        window.workspace.look_at_data(data)
    elif paths:
        window.files.say_of_file("warning", refusal(paths))
        return False
    return bool(paths)


def project_among(paths: list[Path]) -> Path | None:
    """The first project file."""
    return next((path for path in paths if path.suffix.lower() == ".json" and not path.is_dir()), None)


def model_among(paths: list[Path]) -> tuple[Kind, Path] | None:
    """The first file that can be imported, and as what."""
    for path in paths:
        if f"*{path.suffix.lower()}" in ("*.onnx", *WEIGHTS) and not path.is_dir():
            return ("onnx" if path.suffix.lower() == ".onnx" else "weights"), path
    return None


def picture_alone(paths: list[Path]) -> Path | None:
    """The picture, where it is the only file."""
    return paths[0] if len(paths) == 1 and paths[0].suffix.lower() in PICTURES else None


def data_among(paths: list[Path]) -> Path | None:
    """The first file that may hold data, or folder that may. What it holds is looked up elsewhere."""
    return next((path for path in paths if path.is_dir() or _may_hold_data(path)), None)


def _may_hold_data(path: Path) -> bool:
    """By the name: data of a kind that is read, or of no kind that is known, which may be text."""
    from studio.data.sources import KINDS
    from studio.data.text_files import may_be_text

    ending = path.suffix.lower()
    if ending in (*PICTURES, *PACKED) or any(ending in kind.suffixes for kind in KINDS.values()):
        return True
    return may_be_text(path.name)


def refusal(paths: list[Path]) -> Message:
    """Why none of the files can be opened, and what can."""
    return Message(
        "{file} is nothing that Netloom opens. Drop a project (.json), a table (.csv, .tsv), a folder of "
        "images or a model (.onnx, .safetensors) here.",
        file=paths[0].name,
    )
