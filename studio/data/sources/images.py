"""Pictures in folders, one a class, as torchvision's ImageFolder has them; all brought to one size."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from studio.data import decoded, faults, pictures
from studio.data.faults import Fault, Faults
from studio.data.kinds import FileKind, Reading
from studio.data.pictures import ENDINGS
from studio.data.source import DataError, Place, Raw, SourceInfo, SplitColumn
from studio.data.sources import packed
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message, tr

if TYPE_CHECKING:
    from torch import Tensor

TITLE = Message("Images, a folder a class")
KEYS = (
    *("classes", "samples", "test_samples", "validation_samples", "size", "channels", "left_out"),
    *faults.KEYS,
)
VALIDATING, TESTING = ("val", "valid", "validation"), ("test", "testing")
TRAINING = ("train", "training", *VALIDATING)
"""names of folders that part the pictures before their classes do"""
PART, FOLDER = "part", "folder"
"""what pictures may be split by: those folders, or the folder that a picture lies in"""


@dataclass(frozen=True, slots=True)
class Folder:
    """`data.reading` of pictures, checked. `size` is (height, width); `samples` are those not for testing.

    `validation_samples` of these lie in a folder for validation.
    """

    classes: tuple[str, ...]
    samples: int
    test_samples: int
    size: tuple[int, int]
    channels: int
    left_out: tuple[str, ...]
    mode: str
    validation_samples: int = 0


# -- looking -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Picture:
    """A file, its path from the folder on, its class, and the part of the data that it lies in."""

    file: str
    name: str
    label: str
    part: str

    @property
    def test(self) -> bool:
        return self.part in TESTING


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """Opens every picture: classes, the most frequent size, whether there is colour. Raises DataError.

    Pictures that do not open are named; where there are many of them the folder is refused.
    """
    found = _listed(path)
    seen = pictures.survey(path, [picture.file for picture in found], told, watch)
    whole = [picture for place, picture in enumerate(found) if place not in seen.broken]
    tests = sum(picture.test for picture in whole)
    validating = sum(picture.part in VALIDATING for picture in whole)
    met = Faults(faults.SKIP)
    for place, reason in seen.broken.items():
        met.meet(_fault(found[place], reason))
    met.mode = faults.mode(told) if "faults" in told or not seen.broken else faults.SKIP
    return {
        "classes": sorted({picture.label for picture in found}),
        "samples": len(whole) - tests,
        "test_samples": tests,
        **({"validation_samples": validating} if validating else {}),
        "size": list(seen.size),
        "channels": seen.channels,
        "left_out": [found[place].name for place in seen.broken],
        **met.to_json(),
    }


def _fault(picture: _Picture, reason: str) -> Fault:
    return Fault(Message("{path}", path=picture.name), Message("it does not open: {reason}.", reason=reason))


def _listed(path: Path) -> list[_Picture]:
    """Every picture, always in the same order. Raises DataError where there are no two classes of them."""
    path = packed.home(path, ENDINGS)
    if not path.is_dir():
        raise DataError(Message("{path} is not there. Choose the folder again (data.root).", path=path))
    parts = {folder.name.lower(): folder for folder in _folders(path)}
    if not parts.keys() <= {*TRAINING, *TESTING}:
        parts = {TRAINING[0]: path}
    found = [
        _Picture(file, file[len(str(path)) + 1 :].replace(os.sep, "/"), folder.name, name)
        for name, part in parts.items()
        for folder in _folders(part)
        for file in _files(folder)
    ]
    classes = {picture.label for picture in found if not picture.test}
    if len(classes) < 2:
        raise DataError(
            Message(
                "{path} holds {n} folders with images; a folder for each class is needed, at least two. "
                "Their names are the classes.",
                path=path,
                n=len(classes),
            )
        )
    return found


def _folders(path: Path) -> list[Path]:
    return [
        folder for folder in sorted(path.iterdir()) if folder.is_dir() and not folder.name.startswith(".")
    ]


def _files(folder: Path) -> list[str]:
    """The pictures below a folder, in the order of their paths. As text: there may be very many."""
    found = [
        os.path.join(above, name)  # noqa: PTH118
        for above, _, names in os.walk(folder)
        for name in names
        if os.path.splitext(name)[1].lower() in ENDINGS  # noqa: PTH122
    ]
    return sorted(filter(os.path.isfile, found), key=lambda file: file.split(os.sep))  # noqa: PTH206


# -- what the project says of it -----------------------------------------------------------------


def read(reading: Reading) -> Folder:
    """`data.reading`, checked. Raises DataError naming the key, its value and the cure."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    classes, size, left_out = reading.get("classes"), reading.get("size"), reading.get("left_out", ())
    samples, channels = reading.get("samples"), reading.get("channels")
    if not isinstance(classes, list | tuple) or len(classes) < 2:
        raise _wrong("classes", classes, Message("a list of at least two names"))
    if not isinstance(size, list | tuple) or len(size) != 2 or not all(_whole(n) for n in size):
        raise _wrong("size", size, Message("a height and a width in pixels"))
    for key in ("test_samples", "validation_samples"):
        if (number := reading.get(key, 0)) != 0 and not _whole(number):
            raise _wrong(key, number, Message("a whole number from {least}", least=0))
    tests, validating = reading.get("test_samples", 0), reading.get("validation_samples", 0)
    if not _whole(samples):
        raise _wrong("samples", samples, Message("a whole number from {least}", least=1))
    if channels not in (1, 3):
        raise _wrong("channels", channels, Message("1 (grey) or 3 (colour)"))
    left = tuple(map(str, left_out)) if isinstance(left_out, list | tuple) else ()
    height, width = (int(str(n)) for n in size)
    counts = int(str(samples)), int(str(tests))
    names, mode = tuple(map(str, classes)), faults.mode(reading)
    if left and "faults" not in reading:
        mode = faults.SKIP
    return Folder(names, *counts, (height, width), int(str(channels)), left, mode, int(str(validating)))


def _whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.reading.{key}", value, expected))


def describe(reading: Reading) -> SourceInfo:
    """The source that a folder of pictures is. Raises DataError."""
    folder = read(reading)
    return SourceInfo(
        name="images",
        title=TITLE,
        description=Message("Pictures of your own: the folders they lie in are their classes."),
        task="classification",
        shape=(folder.channels, *folder.size),
        samples=folder.samples,
        test_samples=folder.test_samples,
        outputs=len(folder.classes),
        load=lambda place: load(place, reading),
        class_names=folder.classes,
        scale=1 / 255,
        needs_root=True,
        split_columns=(FOLDER, PART) if folder.validation_samples else (FOLDER,),
        parted=PART if folder.validation_samples else None,
    )


# -- reading -------------------------------------------------------------------------------------


def load(place: Place, reading: Reading) -> Raw:
    """Every picture, x (N, channels, height, width) uint8. Raises DataError naming one that does not open."""
    folder, path = read(reading), place.named(TITLE)
    found = _listed(path)
    left_out = set(folder.left_out)
    _check(path, folder, [picture for picture in found if picture.name not in left_out])
    shape = (folder.channels, *folder.size)
    known = decoded.pictures([picture.file for picture in found], shape, place.watch)
    met = Faults(folder.mode)
    whole = []
    for at, picture in enumerate(found):
        if picture.name in left_out or at in known.broken:
            met.meet(_fault(picture, known.broken.get(at) or tr("it did not when it was looked at")))
        else:
            whole.append(at)
    others = [at for at in whole if not found[at].test]
    x, y = pictures.samples(known, others), _labels([found[at] for at in others], folder)
    own_test = None
    if folder.test_samples:
        tests = [at for at in whole if found[at].test]
        own_test = pictures.samples(known, tests), _labels([found[at] for at in tests], folder)
    return Raw(
        x,
        y,
        own_test,
        column=lambda name: _column(name, [found[at] for at in others]),
        place=lambda sample: Message("{path}", path=found[others[sample]].name),
        faults=met,
    )


def _labels(found: Sequence[_Picture], folder: Folder) -> Tensor:
    import torch

    places = {name: place for place, name in enumerate(folder.classes)}
    return torch.tensor([places[picture.label] for picture in found])


def _column(name: str, found: Sequence[_Picture]) -> SplitColumn:
    """Where each picture lies, to split by."""
    if name == PART:
        return SplitColumn(name, [picture.part for picture in found])
    return SplitColumn(name, [str(PurePosixPath(picture.name).parent) for picture in found])


def _check(path: Path, folder: Folder, found: list[_Picture]) -> None:
    """Raises DataError where the folder is not what it was, or holds more than fits."""
    tests = sum(picture.test for picture in found)
    strange = {picture.label for picture in found} - set(folder.classes)
    if strange or (len(found) - tests, tests) != (folder.samples, folder.test_samples):
        raise DataError(
            Message(
                "{path} holds {found} images by now; it held {samples} when it was looked at, of the classes "
                "{classes}. Choose it again in the Data panel.",
                path=path,
                found=len(found),
                samples=folder.samples + folder.test_samples,
                classes=", ".join(folder.classes),
            )
        )


KIND = FileKind(
    name="images",
    title=TITLE,
    description=Message("Pictures of your own: the folders they lie in are their classes."),
    suffixes=(".zip",),
    look=look,
    describe=describe,
    load=load,
    folder=True,
)
