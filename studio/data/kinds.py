"""Kinds of files that a person brings. What a file holds is looked up once and kept in the project.

The kinds themselves lie in `sources/`, one file each, beside the sources that are always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studio.data.source import Place, Raw, SourceInfo
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.words import Message

Reading = Mapping[str, Json]
"""`data.reading`: what `look` found in a file, and what a person changed of it. Plain JSON."""


class Look(Protocol):
    """Reads a file and says what it holds. `watch` is told how far that is."""

    def __call__(self, path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]: ...


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file. `look` reads a file and says what it holds; `describe` and `load` go by what it said.

    `look(path, told)` guesses all but what is `told`. `describe` reads nothing, so a project's shapes are
    known where the file is not. `fits` is how sure one may be of a path by its name alone, 0 for not at all.
    All raise DataError.
    """

    name: str
    title: Message
    description: Message
    suffixes: tuple[str, ...]
    look: Look
    describe: Callable[[Reading], SourceInfo]
    load: Callable[[Place, Reading], Raw]
    folder: bool = False
    """whether it is a folder that is named, not a file"""
