"""Where data comes from: a file a source or family. Light: other libraries come in when one is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from studio.data import inputs, steps, text_files
from studio.data.kinds import FileKind
from studio.data.source import DataError, SourceInfo
from studio.data.sources import (
    arrays,
    breast_cancer,
    cifar10,
    cifar100,
    control,
    corpus,
    diabetes,
    digits,
    emnist,
    fashion_mnist,
    images,
    iris,
    kmnist,
    labelled_images,
    mnist,
    parquet,
    points,
    sequences,
    series,
    shapes,
    stl10,
    svhn,
    table,
    text,
    text_folders,
    wine,
)
from studio.graph.values import Json
from studio.words import Message

_BUNDLED = (digits, iris, wine, breast_cancer, diabetes)
_FROM_A_FOLDER = (mnist, fashion_mnist, kmnist, emnist, svhn, cifar10, cifar100, stl10)

SOURCES: dict[str, SourceInfo] = {
    info.name: info
    for info in (
        *(module.INFO for module in _BUNDLED),
        *points.INFOS,
        *shapes.INFOS,
        *control.INFOS,
        *(module.INFO for module in _FROM_A_FOLDER),
    )
}
"""every source that is always the same, by its name in the project file, in the order a person sees them"""
KINDS: dict[str, FileKind] = {
    module.KIND.name: module.KIND
    for module in (
        *(table, parquet, text, text_folders, series, sequences, images, labelled_images, corpus, arrays),
    )
}
"""every kind of file that a person brings, by its name in the project file"""


def described(section: Mapping[str, Json]) -> SourceInfo:
    """The source that a `data` section names. Raises DataError where it names none, or is not complete."""
    name = section.get("source")
    if name is None:
        raise DataError(Message("No data is chosen. Choose a source in the Data panel, or set data.source."))
    if isinstance(name, str) and name in SOURCES:
        return _prepared(SOURCES[name], section)
    if isinstance(name, str) and name in KINDS:
        reading = section.get("reading")
        if not isinstance(reading, Mapping):
            raise DataError(
                Message(
                    "Nobody has looked yet what {path} holds. Choose the file in the Data panel, or run "
                    "netloom data.",
                    path=section.get("root") or "data.root",
                )
            )
        title = Message("{name}", name=Path(str(section.get("root") or name)).name)
        return _prepared(replace(KINDS[name].describe(reading), brought=True, title=title), section)
    raise DataError(
        Message(
            "data.source is {value}, which is no source known here. Known: {known}.",
            value=repr(name),
            known=", ".join((*SOURCES, *KINDS)),
        )
    )


def _prepared(info: SourceInfo, section: Mapping[str, Json]) -> SourceInfo:
    """The source with its inputs, and what the section's steps of preprocessing make of a sample."""
    return steps.prepared(section, inputs.told(section, info))


def kind_of(path: Path) -> FileKind:
    """The kind that a file is, by its name and its beginning. Raises DataError for one that is none."""
    if path.is_dir():
        folders = any(f.is_dir() and not f.name.startswith(".") for f in path.iterdir())
        if folders and text_folders.holds_text_folders(path):
            return text_folders.KIND
        return KINDS["images" if folders else "text"]
    if path.suffix.lower() in text.KIND.suffixes:
        if labelled_images.names_images(path):
            return labelled_images.KIND
        if sequences.holds_sequences(path):
            return sequences.KIND
        if series.holds_dates(path):
            return series.KIND
        if text.holds_texts(path):
            return text.KIND
    ending = path.suffix.lower()
    found = next((kind for kind in KINDS.values() if ending in kind.suffixes), None)
    if found is None and path.is_file() and text_files.is_text(path):
        found = corpus.KIND
    if found is None:
        endings = ", ".join(suffix for kind in KINDS.values() for suffix in kind.suffixes)
        raise DataError(
            Message("{path} is no kind of file that is read here: {endings}.", path=path, endings=endings)
        )
    return found


def known(section: Mapping[str, Json]) -> SourceInfo | None:
    """The same, None where nothing can be said yet."""
    try:
        return described(section)
    except DataError:
        return None
