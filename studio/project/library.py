"""A person's own blocks: a file each in their folder, to be placed in any project.

A file is a fragment of one node, the block, with the networks it needs; its text can be pasted like any
other. What is removed or replaced lies in the folder `removed` until the next of that name, and can come
back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studio import places
from studio.graph import fragment, naming
from studio.graph.model import BLOCK, Network, Node, ProjectData
from studio.graph.values import Json
from studio.project import atomic
from studio.words import Message, NetloomError

LARGEST = 8 * 2**20
"""bytes; a larger file is no block that was kept here"""


class LibraryError(NetloomError):
    """A block that could not be kept, read, removed or brought back."""


@dataclass(frozen=True, slots=True)
class Library:
    """The fragments of the blocks by name, in the order of the names, and what could not be read."""

    blocks: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    faults: tuple[Message, ...] = ()


def folder() -> Path:
    return places.user_data() / "blocks"


def read() -> Library:
    """Every block in the folder."""
    found: dict[str, Mapping[str, Json]] = {}
    faults: list[Message] = []
    for path in sorted(folder().glob("*.json")):
        try:
            held = _read(path)
            found[_name_of(held)] = held
        except (OSError, ValueError, NetloomError) as error:
            faults.append(Message("The block in {file} could not be read: {reason}", file=path, reason=error))
    return Library(dict(sorted(found.items(), key=lambda pair: pair[0].casefold())), tuple(faults))


def keep(project: ProjectData, name: str) -> None:
    """Keeps a network of a project with all it uses; one of that name before it can be brought back.

    Raises LibraryError or WriteError.
    """
    if name not in project.networks:
        raise LibraryError(Message("There is no network {network}.", network=name))
    node = Node(naming.fresh(naming.base_name(f"{BLOCK}{name}"), ()), f"{BLOCK}{name}")
    held = fragment.copy(Network({node.id: node}), [node.id], project)
    path = _path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            _put_away(path)
    except OSError as error:
        raise LibraryError(_unwritable(path, error)) from error
    atomic.write(path, fragment.dumps(held) + "\n")


def remove(name: str) -> None:
    """Takes a block away, to where `restore` finds it. Raises LibraryError."""
    path = _path(name)
    try:
        _put_away(path)
    except OSError as error:
        raise LibraryError(_unwritable(path, error)) from error


def restore(name: str) -> None:
    """Brings back what was removed or replaced last. Raises LibraryError."""
    path = _path(name)
    try:
        _removed(path).replace(path)
    except OSError as error:
        raise LibraryError(_unwritable(path, error)) from error


def _read(path: Path) -> dict[str, Json]:
    if path.stat().st_size > LARGEST:
        raise LibraryError(Message("The file is too large to be a block."))
    return fragment.loads(path.read_text(encoding="utf-8"))


def _name_of(held: Mapping[str, Json]) -> str:
    nodes = held["nodes"]
    name = fragment.node_from_json(nodes[0]).block if len(nodes) == 1 else None
    if name is None or name not in held.get("networks", {}):
        raise LibraryError(Message("It holds no block."))
    return name


def _path(name: str) -> Path:
    """The file of a block: readable, and another one for every name whatever the system makes of letters."""
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return folder() / f"{re.sub(r'[^A-Za-z0-9]+', '-', name)[:40]}-{mark}.json"


def _removed(path: Path) -> Path:
    return path.parent / "removed" / path.name


def _put_away(path: Path) -> None:
    _removed(path).parent.mkdir(exist_ok=True)
    path.replace(_removed(path))


def _unwritable(path: Path, error: OSError) -> Message:
    return Message(
        "The block in {file} could not be changed: {reason}. Check that you may write to the folder.",
        file=path,
        reason=error.strerror or str(error),
    )
