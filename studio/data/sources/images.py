"""Pictures in folders, one a class, as torchvision's ImageFolder has them; all brought to one size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from studio import quantities
from studio.data.kinds import FileKind, Reading
from studio.data.source import DataError, Place, Raw, SourceInfo, SplitColumn
from studio.data.sources import packed
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

TITLE = Message("Images, a folder a class")
ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"))
KEYS = ("classes", "samples", "test_samples", "validation_samples", "size", "channels", "left_out")
VALIDATING, TESTING = ("val", "valid", "validation"), ("test", "testing")
TRAINING = ("train", "training", *VALIDATING)
"""names of folders that part the pictures before their classes do"""
PART, FOLDER = "part", "folder"
"""what pictures may be split by: those folders, or the folder that a picture lies in"""
LARGEST = 224
"""pixels of a side that are taken without being asked for"""
LEFT_OUT_LIMIT = 0.05
"""the share of pictures that may not open before the folder is refused"""
MEMORY = 4 * 2**30
"""bytes that the pictures may take, one byte a number"""
BROKEN = (OSError, ValueError, SyntaxError)
"""what Pillow raises for files that are no pictures, or not whole"""
GREY = {"1", "L", "LA", "I", "I;16", "F"}
"""Pillow's modes without colour"""


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
    validation_samples: int = 0


# -- looking -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Picture:
    """A file, its path from the folder on, its class, and the part of the data that it lies in."""

    file: Path
    name: str
    label: str
    part: str

    @property
    def test(self) -> bool:
        return self.part in TESTING


def look(path: Path, told: Reading) -> dict[str, Json]:
    """Opens every picture: classes, the most frequent size, whether there is colour. Raises DataError.

    Pictures that do not open are named; beyond LEFT_OUT_LIMIT of them the folder is refused.
    """
    found = _listed(path)
    sizes: Counter[tuple[int, int]] = Counter()
    colour, broken = False, {}
    for picture in found:
        try:
            with _opened(picture.file) as image:
                image.load()
                sizes[image.size[1], image.size[0]] += 1
                colour = colour or image.mode not in GREY
        except BROKEN as error:
            broken[picture.name] = error
    if len(broken) > LEFT_OUT_LIMIT * len(found):
        name = next(iter(broken))
        raise DataError(
            Message(
                "{n} of {all} images in {path} do not open, {file} first: {reason}. Is it the right folder?",
                n=len(broken),
                all=len(found),
                path=path,
                file=name,
                reason=broken[name],
            )
        )
    height, width = _size(told.get("size"), sizes.most_common(1)[0][0])
    whole = [picture for picture in found if picture.name not in broken]
    tests = sum(picture.test for picture in whole)
    validating = sum(picture.part in VALIDATING for picture in whole)
    return {
        "classes": sorted({picture.label for picture in found}),
        "samples": len(whole) - tests,
        "test_samples": tests,
        **({"validation_samples": validating} if validating else {}),
        "size": [height, width],
        "channels": told.get("channels") or (3 if colour else 1),
        "left_out": list(broken),
    }


def _size(told: Json, usual: tuple[int, int]) -> tuple[int, int]:
    if isinstance(told, list | tuple) and len(told) == 2:
        return int(str(told[0])), int(str(told[1]))
    shrink = min(1.0, LARGEST / max(usual))
    return max(1, round(usual[0] * shrink)), max(1, round(usual[1] * shrink))


def _listed(path: Path) -> list[_Picture]:
    """Every picture, always in the same order. Raises DataError where there are no two classes of them."""
    path = packed.home(path, ENDINGS)
    if not path.is_dir():
        raise DataError(Message("{path} is not there. Choose the folder again (data.root).", path=path))
    parts = {folder.name.lower(): folder for folder in _folders(path)}
    if not parts.keys() <= {*TRAINING, *TESTING}:
        parts = {TRAINING[0]: path}
    found = [
        _Picture(file, file.relative_to(path).as_posix(), folder.name, name)
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


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in ENDINGS and file.is_file())


def _opened(file: Path) -> Image:
    from PIL import Image

    return Image.open(file)


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
    names = tuple(map(str, classes))
    return Folder(names, *counts, (height, width), int(str(channels)), left, int(str(validating)))


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
    left_out = set(folder.left_out)
    found = [picture for picture in _listed(path) if picture.name not in left_out]
    _check(path, folder, found)
    own_test = _tensors([p for p in found if p.test], folder) if folder.test_samples else None
    others = [picture for picture in found if not picture.test]
    return Raw(*_tensors(others, folder), own_test, lambda name: _column(name, others))


def _column(name: str, pictures: Sequence[_Picture]) -> SplitColumn:
    """Where each picture lies, to split by."""
    if name == PART:
        return SplitColumn(name, [picture.part for picture in pictures])
    return SplitColumn(name, [str(PurePosixPath(picture.name).parent) for picture in pictures])


def _tensors(pictures: list[_Picture], folder: Folder) -> tuple[Tensor, Tensor]:
    import torch

    x = torch.empty((len(pictures), folder.channels, *folder.size), dtype=torch.uint8)
    for i, picture in enumerate(pictures):
        x[i] = torch.from_numpy(_pixels(picture.file, folder))
    return x, torch.tensor([folder.classes.index(picture.label) for picture in pictures])


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
    height, width = folder.size
    needed = len(found) * folder.channels * height * width
    if needed > MEMORY:
        raise DataError(
            Message(
                "{n} images of {height}×{width} pixels take {needed}, more than is held in memory. "
                "Choose a smaller size (data.reading.size).",
                n=len(found),
                height=height,
                width=width,
                needed=quantities.data_size(needed),
            )
        )


def _pixels(file: Path, folder: Folder) -> Any:
    """(channels, height, width) uint8."""
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with _opened(file) as picture:
            turned = ImageOps.exif_transpose(picture).convert("L" if folder.channels == 1 else "RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(
            Message(
                "{path} does not open any more: {reason}. Choose its folder again.", path=file, reason=error
            )
        ) from None
    height, width = folder.size
    if turned.size != (width, height):
        turned = turned.resize((width, height), Image.Resampling.BILINEAR)
    return np.array(turned, dtype=np.uint8).reshape(height, width, folder.channels).transpose(2, 0, 1)


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
