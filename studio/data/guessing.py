"""What a path that a person drops is taken for: which source, and which file or folder it is read from.

One file of several that belong together stands for all of them: one of MNIST's four, one of two files of
texts, one picture among folders of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.data import beside, pictures, text_files
from studio.data.source import DataError, SourceInfo
from studio.data.sources import KINDS, cifar10, cifar100, emnist, fashion_mnist, images, kind_of, mnist, text
from studio.words import Message

NAMES_SHOWN = 5
_IDX = {f"{part}-{end}" for part in ("train", "t10k") for end in ("images-idx3-ubyte", "labels-idx1-ubyte")}
"""MNIST's files; Fashion-MNIST's have the same names"""
_CIFAR = {
    "cifar-10-batches-py": cifar10.INFO,
    "cifar-10-python.tar.gz": cifar10.INFO,
    "cifar-100-python": cifar100.INFO,
    "cifar-100-python.tar.gz": cifar100.INFO,
}


@dataclass(frozen=True, slots=True)
class Guess:
    """`source` by its name in the project file, to be read from `root`."""

    source: str
    root: Path

    @property
    def brought(self) -> bool:
        """Whether it is a kind of file that is looked at first, no source that is always the same."""
        return self.source in KINDS


def guess(path: Path, target: str | None = None) -> Guess:
    """What `path` is most likely meant to be. Reads names and beginnings only.

    `target` is the column to predict, where it is told. Raises DataError, NotDataError among them.
    """
    if (known := _always_the_same(path)) is not None:
        return known
    beside.check(path, target)
    if path.is_dir():
        path = _one_file(path)
    elif path.suffix.lower() in pictures.ENDINGS:
        return Guess(images.KIND.name, _folder_of_classes(path))
    if (together := _texts_beside(path)) is not None:
        return Guess(text.KIND.name, together)
    return Guess(kind_of(path).name, path)


def _always_the_same(path: Path) -> Guess | None:
    """A set that everybody has alike, by the names of its files."""
    if path.is_dir():
        for folder in (path, path / "raw", *(path / name / "raw" for name in ("MNIST", "FashionMNIST"))):
            if folder.is_dir() and _has_idx(folder):
                return Guess(_idx_set(folder).name, path)
        for folder in (path, path / "raw", path / "EMNIST" / "raw"):
            if folder.is_dir() and {_plain_name(file) for file in folder.iterdir()} >= set(emnist.FILES):
                return Guess(emnist.INFO.name, path)
        inside = next((name for name in _CIFAR if (path / name).exists()), None)
        if inside is not None:
            return Guess(_CIFAR[inside].name, path)
    elif _plain_name(path) in _IDX:
        return Guess(_idx_set(path.parent).name, path.parent)
    elif _plain_name(path) in emnist.FILES:
        return Guess(emnist.INFO.name, path.parent)
    if path.name in _CIFAR:
        return Guess(_CIFAR[path.name].name, path.parent)
    return None


def _plain_name(path: Path) -> str:
    return path.name.removesuffix(".gz")


def _has_idx(folder: Path) -> bool:
    return {_plain_name(file) for file in folder.iterdir()} >= _IDX


def _idx_set(folder: Path) -> SourceInfo:
    """MNIST or Fashion-MNIST, which a name among the folders above tells apart."""
    fashion = any("fashion" in part.lower() for part in folder.parts)
    return fashion_mnist.INFO if fashion else mnist.INFO


def _folder_of_classes(picture: Path) -> Path:
    """The folder whose folders are the classes of pictures, one of which is this one. Raises DataError."""
    above = picture.parent.parent
    if sum(_holds_pictures(folder) for folder in above.iterdir() if folder.is_dir()) < 2:
        raise beside.NotDataError(
            Message(
                "{file} is one image; a network learns from many. Drop the folder that holds a folder of "
                "images for each class. To ask a trained network about this one, export it as a folder: its "
                "predict.py takes images.",
                file=picture.name,
            )
        )
    parted = above.name.lower() in (*images.TRAINING, *images.TESTING)
    return above.parent if parted else above


def _holds_pictures(folder: Path) -> bool:
    return any(file.suffix.lower() in pictures.ENDINGS for file in folder.iterdir())


def _one_file(folder: Path) -> Path:
    """The only file of data in a folder; the folder itself where folders or texts lie in it.

    Raises DataError where several tables do: which of them is meant cannot be told.
    """
    inside = [f for f in folder.iterdir() if not f.name.lower().startswith(text.NO_CLASS)]
    if len(inside) == 1 and inside[0].is_file():
        return inside[0]
    tables = sorted(f.name for f in inside if f.is_file() and f.suffix.lower() in text_files.TABLES)
    if tables:
        raise DataError(
            Message(
                "{path} holds several files: {files}. Drop the one that is meant.",
                path=folder,
                files=", ".join(tables[:NAMES_SHOWN]),
            )
        )
    return folder


def _texts_beside(path: Path) -> Path | None:
    """The folder of files that differ in their endings only, one a class: `rt-polarity.neg` and `.pos`."""
    if path.is_dir() or any(path.suffix.lower() in kind.suffixes for kind in KINDS.values()):
        return None
    files = [f for f in path.parent.iterdir() if f.is_file() and not f.name.lower().startswith(text.NO_CLASS)]
    return path.parent if len(files) > 1 and {file.stem for file in files} == {path.stem} else None
