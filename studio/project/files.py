"""Project files: opening, saving, backups. Their text is made in `canonical`, read in `text` and `schema`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.project import atomic, backups, canonical, text
from studio.project.errors import ProjectError
from studio.project.migrate import VERSION, migrate
from studio.words import Message, NetloomError

__all__ = ["Opened", "ProjectError", "Saved", "dumps", "load", "loads", "open_project", "save"]

dumps = canonical.dumps


@dataclass(frozen=True, slots=True)
class Opened:
    """A project from a file; `read_only` says why it must not be saved, where that is so."""

    project: ProjectData
    read_only: Message | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """`changed` is False where the file held the same already. `warning`: saved, but without a backup."""

    changed: bool
    warning: Message | None = None


def open_project(path: Path | str) -> Opened:
    """Reads a project file. Raises ProjectError with the file, the place, the cure and the newest backup.

    A file of a newer version is opened read-only.
    """
    path = Path(path)
    try:
        project = loads_bytes(_content(path), path.name)
    except ProjectError as error:
        kept = backups.of(path)
        raise (error.with_backup(kept[0]) if kept else error) from error
    reason = _newer(project)
    return Opened(project, reason and Message("{file}: {reason}", file=path.name, reason=reason))


def load(path: Path | str) -> ProjectData:
    """The project in a file, as `open_project`; `save` refuses it where its version is newer."""
    return open_project(path).project


def loads(content: str, name: str) -> ProjectData:
    """The project in a text; `name` is what errors call it. Raises ProjectError."""
    return loads_bytes(content.encode("utf-8", "surrogatepass"), name)


def loads_bytes(content: bytes, name: str) -> ProjectData:
    """The project in the bytes of a file. Raises ProjectError."""
    from studio.project import schema

    table = _table(text.parse(content, name), name)
    if table["version"] <= VERSION:
        return schema.read(migrate(table), name)
    try:
        return schema.read(table, name)
    except ProjectError as error:
        reason = Message(
            "The file was written by a newer Netloom and this one cannot read it. Update Netloom to open it."
        )
        raise ProjectError(name, reason, error.place) from error


def save(path: Path | str, project: ProjectData) -> Saved:
    """Writes a project file, whole or not at all; what the file held before becomes the newest backup.

    A file that holds the same already is left alone. Raises NetloomError with the cure; nothing changed then.
    """
    path = Path(path)
    if reason := _newer(project):
        raise ProjectError(path.name, reason)
    content = dumps(project).encode()
    if len(content) > text.MAX_BYTES:
        raise ProjectError(path.name, text.too_large())
    before, fault = _before(path)
    if before == content:
        return Saved(changed=False)
    atomic.write(path, content)
    if before is not None:
        fault = _back_up(path, before)
    return Saved(changed=True, warning=fault)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(text.MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ProjectError(
            path.name, Message("There is no file {path}. Check its name.", path=path)
        ) from error
    except IsADirectoryError as error:
        reason = Message("{path} is a folder. Choose the project file in it.", path=path)
        raise ProjectError(path.name, reason) from error
    except PermissionError as error:
        reason = Message("{path} may not be read. Change its permissions, or copy it.", path=path)
        raise ProjectError(path.name, reason) from error
    except (OSError, ValueError) as error:
        reason = Message("{path} cannot be read: {reason}.", path=path, reason=error)
        raise ProjectError(path.name, reason) from error


def _table(value: Json, name: str) -> dict[str, Json]:
    if not isinstance(value, Mapping) or value.get("format") != canonical.FORMAT:
        raise ProjectError(
            name,
            Message(
                "This is no Netloom project: a project begins with {format}. Choose another file.",
                format=f'{{"format": "{canonical.FORMAT}"',
            ),
        )
    version = value.get("version")
    if type(version) is not int or version < 1:
        raise ProjectError(name, Message("The version of the file is a whole number from 1."), "version")
    return dict(value)


def _newer(project: ProjectData) -> Message | None:
    if project.version <= VERSION:
        return None
    return Message(
        "The file was written by a newer Netloom (format {version}; this one knows {known}). It is open for "
        "reading only, so that nothing in it is lost. Update Netloom to change it.",
        version=project.version,
        known=VERSION,
    )


def _before(path: Path) -> tuple[bytes | None, Message | None]:
    try:
        return path.read_bytes(), None
    except FileNotFoundError:
        return None, None
    except OSError as error:
        return None, _no_backup(error)


def _back_up(path: Path, content: bytes) -> Message | None:
    try:
        backups.keep(path, content)
    except (OSError, NetloomError) as error:
        return _no_backup(error)
    return None


def _no_backup(error: Exception) -> Message:
    return Message("The project is saved, but no backup of the earlier version: {reason}", reason=error)
