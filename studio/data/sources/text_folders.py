"""Texts in files, a folder a class, as reviews are often given: `train/pos/1.txt`, `test/neg/7.txt`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.data import faults, text_files, texts
from studio.data.faults import Fault, Faults
from studio.data.kinds import FileKind, Reading
from studio.data.source import DataError, Place, Raw, SourceInfo
from studio.data.sources import text
from studio.data.sources.images import TESTING, TRAINING
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

TITLE = Message("Texts, a folder a class")
SENTENCE = Message("Texts of your own, a file each: the folders they lie in are their classes.")
KEYS = (
    *("encoding", "rows", "test_rows", "classes", "characters", "by", "vocabulary", "length", "lower"),
    *faults.KEYS,
)
ENDINGS = frozenset((".txt", ".md", ".text"))
STEP = 500
"""files between two words on how far the reading is"""


@dataclass(frozen=True, slots=True)
class _File:
    """A file, its path from the folder on, its class, and whether it is for testing."""

    path: str
    name: str
    label: str
    test: bool


def holds_text_folders(path: Path) -> bool:
    """Whether the folders in a folder hold files of text."""
    return any(
        _is_text(file.name)
        for folder in _parts(path).values()
        for inside in _folders(folder)
        for file in inside.iterdir()
    )


def _is_text(name: str) -> bool:
    """Whether a file is one of the texts, by its name."""
    return name.lower().endswith(tuple(ENDINGS)) and not name.lower().startswith(text.NO_CLASS)


def _parts(path: Path) -> Mapping[str, Path]:
    parts = {folder.name.lower(): folder for folder in _folders(path)}
    return parts if parts.keys() <= {*TRAINING, *TESTING} else {TRAINING[0]: path}


def _folders(path: Path) -> list[Path]:
    return [f for f in sorted(path.iterdir()) if f.is_dir() and not f.name.startswith(".")]


def _listed(path: Path) -> list[_File]:
    """Every file of text, always in the same order. Raises DataError where there are no two classes."""
    if not path.is_dir():
        raise DataError(Message("{path} is not there. Choose the folder again (data.root).", path=path))
    found = []
    for part, folder in _parts(path).items():
        for inside in _folders(folder):
            for above, _, names in sorted(os.walk(inside)):
                files = sorted(n for n in names if _is_text(n))
                for file in (os.path.join(above, name) for name in files):  # noqa: PTH118
                    name = file[len(str(path)) + 1 :].replace(os.sep, "/")
                    found.append(_File(file, name, inside.name, part in TESTING))
    classes = {file.label for file in found if not file.test}
    if len(classes) < 2:
        raise DataError(
            Message(
                "{path} holds {n} folders with texts; a folder for each class is needed, at least two. Their "
                "names are the classes.",
                path=path,
                n=len(classes),
            )
        )
    return found


def _read(files: Sequence[_File], encoding: str, met: Faults, watch: Watch) -> list[tuple[_File, str]]:
    """The files that can be read, with what they say."""
    found = []
    for at, file in enumerate(files):
        if at % STEP == 0:
            watch(at / len(files))
        if (said := _text(file, encoding, met)) is not None:
            found.append((file, said))
    watch(1.0)
    return found


def _text(file: _File, encoding: str, met: Faults) -> str | None:
    place = Message("{path}", path=file.name)
    try:
        with text_files.opened(Path(file.path)) as opened:
            said = opened.read().decode(encoding).replace("\r\n", "\n").strip()
    except DataError as error:
        met.meet(Fault(place, error.message))
        return None
    except UnicodeError:
        met.meet(Fault(place, Message("it is not written in {encoding}.", encoding=encoding)))
        return None
    if not said:
        met.meet(Fault(place, Message("it is empty.")))
        return None
    return said


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """What the folders hold; how texts are cut is proposed where it is not told. Raises DataError."""
    files, met = _listed(path), Faults(faults.SKIP)
    encoding = str(told.get("encoding") or _encoding_of(files))
    found = _read(files, encoding, met, watch)
    if not found:
        raise DataError(Message("{path} has no text without a fault.", path=path))
    met.mode = faults.mode(told)
    kept = [file for file, _ in found] if met.mode == faults.SKIP else files
    tests = sum(file.test for file in kept)
    return {
        "encoding": encoding,
        "rows": len(kept) - tests,
        "test_rows": tests,
        "classes": sorted({file.label for file in files}),
        **text.cut_of([said for _, said in found], told),
        **met.to_json(),
    }


def _encoding_of(files: Sequence[_File]) -> str:
    """The first encoding that all of the first files are written in."""
    found = set()
    for file in files[:STEP]:
        try:
            found.add(text_files.encoding_of(Path(file.path)))
        except DataError:
            continue  # it is named when it is read
    return next((name for name in reversed(text_files.ENCODINGS) if name in found), text_files.ENCODINGS[0])


def _plain(reading: Reading) -> dict[str, Json]:
    """The reading as one of texts in lines, which is checked alike."""
    return {
        **{key: value for key, value in reading.items() if key != "test_rows"},
        "separator": "",
        "header": False,
        "text": "",
        "target": "",
    }


def describe(reading: Reading) -> SourceInfo:
    """The source that folders of texts are. Raises DataError."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    found = text.read(_plain(reading))
    tests = reading.get("test_rows", 0)
    if isinstance(tests, bool) or not isinstance(tests, int) or tests < 0:
        expected = Message("a whole number from {least}", least=0)
        raise DataError(sections.wrong_value("data.reading.test_rows", tests, expected))
    return SourceInfo(
        name="text_folders",
        title=TITLE,
        description=SENTENCE,
        task="classification",
        shape=(found.characters,),
        samples=found.rows,
        test_samples=tests,
        outputs=len(found.classes),
        load=lambda place: load(place, reading),
        class_names=found.classes,
        needs_root=True,
        dtype="int64",
        tokens=found.tokens,
    )


def load(place: Place, reading: Reading) -> Raw:
    """x (N, characters) int32, the code points of each text; y (N,) int64. Raises DataError."""
    import torch

    said, path = text.read(_plain(reading)), place.named(TITLE)
    met = Faults(said.mode)
    files = _listed(path)
    strange = next((file for file in files if file.label not in said.classes), None)
    if strange is not None:
        raise DataError(
            Message(
                "{path} holds a class {value} that was not there before. Look at the file again in the "
                "Data panel.",
                path=path,
                value=strange.label,
            )
        )
    found = _read(files, said.encoding, met, place.watch)
    parts = [[(f, t) for f, t in found if f.test is test] for test in (False, True)]
    if not parts[0]:
        raise DataError(Message("{path} has no text without a fault.", path=path))
    made = [
        (
            texts.stored([t for _, t in part], said.characters),
            torch.tensor([said.classes.index(f.label) for f, _ in part], dtype=torch.int64),
        )
        for part in parts
    ]
    return Raw(
        *made[0],
        made[1] if parts[1] else None,
        place=lambda sample: Message("{path}", path=parts[0][sample][0].name),
        faults=met,
    )


KIND = FileKind("text_folders", TITLE, SENTENCE, (), look, describe, load, folder=True)
