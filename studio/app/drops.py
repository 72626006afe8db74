"""Files dropped on the window: a project opens; of anything else it is said what can be done with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData

from studio.words import Message


def files(data: QMimeData) -> list[Path]:
    """The files on this machine that are dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def project_among(paths: list[Path]) -> Path | None:
    """The first project file."""
    return next((path for path in paths if path.suffix.lower() == ".json" and not path.is_dir()), None)


def refusal(paths: list[Path]) -> Message:
    """Why none of the files can be opened, and what can."""
    return Message(
        "{file} is not a Netloom project. Drop a project file (.json) here; data is chosen in the "
        "Data panel.",
        file=paths[0].name,
    )
