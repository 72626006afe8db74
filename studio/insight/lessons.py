"""The lesson that belongs to each project of the gallery: its pages, its exercises, the score it must reach.

A lesson is `projects/pages/NAME.json`, which this file reads and checks, and one page of Markdown a language
beside it. A copy of a gallery project says under the key `lesson` whose lesson it has. Knows no torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio import places, words
from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.insight.exercises import BOUNDS, KINDS, SPLITS, Exercise, Trained
from studio.insight.gallery import lesson_of
from studio.project import files
from studio.training import runs
from studio.words import LANGUAGES, Message, NetloomError

FOLDS = "folds"
"""in place of a split: the mean of the validation parts of all folds (`netloom validate`)"""
_KEYS = {"floor", "data", "exercises"}


class LessonError(NetloomError):
    """A lesson that cannot be read: its file, the place in it, and the cure."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The score a gallery project must reach from its own seed, and who says so, by language."""

    split: str
    metric: str
    bound: Mapping[str, float]
    """`at_least` or `at_most`, and the number"""
    sources: Mapping[str, str]

    @property
    def number(self) -> float:
        return next(iter(self.bound.values()))

    @property
    def source(self) -> str:
        return self.sources.get(words.language()) or self.sources["en"]

    def holds(self, score: float) -> bool:
        return all(BOUNDS[name].holds(score, number) for name, number in self.bound.items())

    def __str__(self) -> str:
        sign = "≥" if "at_least" in self.bound else "≤"
        return f"{sign} {self.number:g}"


@dataclass(frozen=True, slots=True)
class Part:
    """A smaller part of the data, in whose place it may be trained, with a floor of its own."""

    folder: str
    floor: Floor


@dataclass(frozen=True, slots=True)
class Needed:
    """Data that does not come with the program: its place in a folder of data sets, and where to get it."""

    folder: str
    origin: str
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a gallery project teaches. `pages` are the Markdown files by language."""

    name: str
    floor: Floor
    data: Needed | None
    exercises: tuple[Exercise, ...]
    pages: Mapping[str, Path]
    project: Path

    def page(self, language: str) -> str:
        """The Markdown of a language, English where that has none. Raises LessonError."""
        path = self.pages.get(language) or self.pages["en"]
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(path, error) from error

    def original(self) -> ProjectData:
        """The gallery project itself. Raises ProjectError."""
        return files.load(self.project)

    def in_folder(self, folder: Path | None) -> tuple[ProjectData | None, Floor, Message | str]:
        """The project with the data it finds in a folder of data sets, its floor then, and what to say of it.

        None in place of the project where its data is not there. Raises ProjectError, DataError.
        """
        project = self.original()
        if self.data is None:
            return project, self.floor, ""
        wanted = {"folder": self.data.folder, "origin": self.data.origin}
        if folder is None:
            return None, self.floor, Message("needs {folder} from {origin}", **wanted)
        if (folder / self.data.folder).exists():
            return _reading(project, {"root": str(folder / self.data.folder)}), self.floor, ""
        part = self.data.part
        if part is not None and (folder / part.folder).exists():
            note = Message("on the part {folder}", folder=part.folder)
            return _reading(project, _looked_at(folder / part.folder)), part.floor, note
        return None, self.floor, Message("needs {folder} from {origin}", **wanted)


def load(name: str, folder: Path | None = None) -> Lesson:
    """The lesson of a gallery project. Raises LessonError naming file, place and cure."""
    gallery = folder or places.gallery()
    path = gallery / "pages" / f"{name}.json"
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(table, dict) or set(table) != _KEYS:
        raise _wrong(path, "", Message("an object with the keys {keys} and no other", keys=sorted(_KEYS)))
    return Lesson(
        name,
        _floor(path, table["floor"]),
        _needed(path, table["data"]),
        _exercises(path, table["exercises"]),
        {language: path.with_name(f"{name}.{language}.md") for language in LANGUAGES},
        gallery / f"{name}.json",
    )


def scores_of(run: runs.Run, split: str) -> dict[str, float]:
    """The metrics of the weights that a run kept on a split, those of its verdict among them."""
    kept = "validation" if split == FOLDS else split
    found = run.info.test if kept == "test" else (run.info.best or {}).get(kept)
    verdict = (run.record.get("verdict") or {}).get(kept) or {}
    return {**(verdict.get("metrics") or {}), **(found or {})}


def trained(folder: Path) -> Trained | None:
    """What the run in `folder` reached; None where it did not end or kept nothing. Raises RunError."""
    run = runs.open_run(folder)
    if run.info.status not in ("done", "stopped") or run.info.best is None:
        return None
    return Trained(run.project, {split: scores_of(run, split) for split in SPLITS})


def last_trained(runs_folder: Path, name: str) -> Trained | None:
    """What the newest run that ended reached, of those of the lesson `name`; None where there is none.

    Projects that have no file yet share a folder of runs. Raises RunError.
    """
    for info in reversed(runs.list_runs(runs_folder)):
        found = trained(info.folder)
        if found is not None and lesson_of(found.project) == name:
            return found
    return None


def _reading(project: ProjectData, data: Mapping[str, Json]) -> ProjectData:
    """The project with other values in its data section."""
    return replace(project, settings={**project.settings, "data": {**project.data, **data}})


def _looked_at(path: Path) -> dict[str, Json]:
    """What a data section says of a file or a folder of a person's own. Raises DataError."""
    from studio.data.guessing import guess
    from studio.data.sources import KINDS

    guessed = guess(path)
    found = KINDS[guessed.source].look(guessed.root, {}) if guessed.brought else None
    return {"source": guessed.source, "root": str(guessed.root), "reading": found}


# -- the file ----------------------------------------------------------------------------------------------


def _floor(path: Path, table: Any, place: str = "floor") -> Floor:
    keys = ("split", "metric", "source")
    if not isinstance(table, dict) or not all(key in table for key in keys):
        raise _wrong(path, place, Message("an object with {keys}", keys=", ".join(keys)))
    bound = {name: table[name] for name in ("at_least", "at_most") if name in table}
    if len(bound) != 1 or set(table) != {*keys, *bound} or not _is_number(*bound.values()):
        raise _wrong(path, place, Message("{keys} and a number as at_least or at_most", keys=", ".join(keys)))
    if table["split"] not in (*SPLITS, FOLDS):
        raise _wrong(path, f"{place}.split", Message("one of {known}", known=", ".join((*SPLITS, FOLDS))))
    sources = _in_all(path, f"{place}.source", table["source"])
    return Floor(table["split"], str(table["metric"]), bound, sources)


def _needed(path: Path, table: Any) -> Needed | None:
    if table is None:
        return None
    if not isinstance(table, dict) or set(table) - {"part"} != {"folder", "from"}:
        raise _wrong(path, "data", Message("null, or an object with {keys}", keys="folder, from"))
    part = table.get("part")
    if part is not None and (not isinstance(part, dict) or set(part) != {"folder", "floor"}):
        raise _wrong(path, "data.part", Message("an object with {keys}", keys="folder, floor"))
    smaller = Part(str(part["folder"]), _floor(path, part["floor"], "data.part.floor")) if part else None
    return Needed(str(table["folder"]), str(table["from"]), smaller)


def _exercises(path: Path, found: Any) -> tuple[Exercise, ...]:
    if not isinstance(found, list) or not found:
        raise _wrong(path, "exercises", Message("a list of exercises"))
    return tuple(_exercise(path, f"exercises[{n}]", table) for n, table in enumerate(found))


def _exercise(path: Path, place: str, table: Any) -> Exercise:
    if not isinstance(table, dict) or set(table) != {*LANGUAGES, "checks"}:
        keys = ", ".join((*LANGUAGES, "checks"))
        raise _wrong(path, place, Message("an object with {keys}", keys=keys))
    checks = table["checks"]
    if not isinstance(checks, list) or not checks:
        raise _wrong(path, f"{place}.checks", Message("a list of checks"))
    for number, check in enumerate(checks):
        where = f"{place}.checks[{number}]"
        kind = KINDS.get(check.get("type", "")) if isinstance(check, dict) else None
        if kind is None:
            raise _wrong(path, f"{where}.type", Message("one of {known}", known=", ".join(KINDS)))
        if fault := kind.fault(check):
            raise LessonError(Message("{file}: {place}: {fault}", file=path, place=where, fault=fault))
    return Exercise(_in_all(path, place, {k: v for k, v in table.items() if k != "checks"}), tuple(checks))


def _in_all(path: Path, place: str, table: Any) -> dict[str, str]:
    """The same words in every language."""
    if not isinstance(table, dict) or not all(isinstance(t, str) and t for t in map(table.get, LANGUAGES)):
        raise _wrong(path, place, Message("a text in each of {languages}", languages=", ".join(LANGUAGES)))
    return {language: table[language] for language in LANGUAGES}


def _is_number(*values: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _wrong(path: Path, place: str, expected: Message) -> LessonError:
    return LessonError(
        Message("{file}: {place}: expected is {expected}.", file=path, place=place or "$", expected=expected)
    )


def _unreadable(path: Path, error: Exception) -> LessonError:
    return LessonError(Message("The lesson {file} could not be read: {reason}", file=path, reason=error))
