"""Files that lie beside data and are none to learn from: what each is, and which file is likely meant.

A model, an array that a model is checked with, the weights of a network, a page about the data, the names of
a model's classes, a table whose answers were kept back. Reads names and beginnings only.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from studio.data import array_files, pictures, text_files
from studio.data.source import DataError
from studio.data.sources import table, text
from studio.words import Message

MODEL, WEIGHTS, TENSOR, PAGE = ".onnx", ".safetensors", ".pb", ".names"
LARGEST_TENSOR = 2**28
"""bytes of a file that is looked at for one array"""
HEAD = 2**14
"""bytes that tell the names of columns"""
MOST_BESIDE = 50
"""tables of a folder that are compared with one"""
NAMES_SHOWN = 5
LONGEST_NAME, MOST_NAMES = 60, 25_000
_LISTS = ("label", "classes", "synset")


class NotDataError(DataError):
    """Nothing can be learned from a file. `instead` is likely meant, where that can be told."""

    def __init__(self, message: Message, instead: Path | None = None) -> None:
        super().__init__(message)
        self.instead = instead


def check(path: Path, target: str | None = None) -> None:
    """Raises NotDataError for a file that lies beside data, or for a folder of such.

    A table is taken as it is where its `target` is told.
    """
    if path.is_dir():
        _folder(path)
        return
    if not path.is_file():
        return
    match path.suffix.lower():
        case ending if ending == MODEL:
            raise NotDataError(
                Message("{file} is a model, no data to learn from. Import it instead.", file=path.name), path
            )
        case ending if ending == WEIGHTS:
            _weights(path)
        case ending if ending == TENSOR:
            _tensor(path)
        case ending if ending in text_files.TABLES:
            if target is None:
                _unanswered(path)
        case _:
            _page(path)
            _names(path)


def _folder(path: Path) -> None:
    """Folders of data each, models, or images without folders of classes."""
    files = sorted(f for f in path.iterdir() if not f.name.lower().startswith(text.NO_CLASS))
    several = [f.name for f in files if f.is_dir() and _holds_a_table_or_a_model(f)]
    if len(several) > 1 and all(f.is_dir() for f in files):
        raise NotDataError(
            Message(
                "{path} holds folders with data of their own: {folders}. Drop one of them.",
                path=path,
                folders=", ".join(several[:NAMES_SHOWN]) + ("…" if len(several) > NAMES_SHOWN else ""),
            )
        )
    models = [f for f in files if f.is_file() and f.suffix.lower() in (MODEL, WEIGHTS)]
    if len(models) == 1 and models[0] == files[0] and len(files) == 1:
        check(models[0])
    elif models and not any(f.suffix.lower() in text_files.TABLES for f in files):
        names = ", ".join(f.name for f in models)
        raise NotDataError(
            Message(
                "{path} holds models, no data to learn from: {files}. Drop the one that is meant.",
                path=path,
                files=names,
            ),
            models[0] if len(models) == 1 else None,
        )
    elif files and all(f.suffix.lower() in pictures.ENDINGS for f in files):
        raise NotDataError(
            Message(
                "{path} holds {n} images and does not say what they show. Put them into a folder for each "
                "class, or name them and their classes in a table, and drop that.",
                path=path,
                n=len(files),
            )
        )


def _holds_a_table_or_a_model(folder: Path) -> bool:
    return any(f.suffix.lower() in (*text_files.TABLES, MODEL) for f in folder.iterdir())


def _weights(path: Path) -> None:
    """A file of safetensors in which every array is called what a layer calls it."""
    names = [form.name for form in array_files.forms(path)]
    if names and all(name.rsplit(".", 1)[-1] in _PARTS and "." in name for name in names):
        raise NotDataError(
            Message(
                "{file} holds the weights of a network, {n} arrays, and no data to learn from. Import it "
                "instead.",
                file=path.name,
                n=len(names),
            ),
            path,
        )


_PARTS = frozenset(("weight", "bias", "gamma", "beta", "running_mean", "running_var", "num_batches_tracked"))


def _tensor(path: Path) -> None:
    """An array in ONNX's own form, as it lies beside models: what one of them should answer."""
    import onnx
    from google.protobuf.message import DecodeError

    held = onnx.TensorProto()
    if path.stat().st_size > LARGEST_TENSOR:
        return
    try:
        held.ParseFromString(path.read_bytes())
        kind = onnx.helper.tensor_dtype_to_np_dtype(held.data_type).name
    except (OSError, DecodeError, KeyError):
        return
    models = [f for f in sorted(path.parent.glob(f"*{MODEL}")) if path.stem.startswith(f"{f.stem}_")]
    what = Message(
        "{file} is one array, {type} of {shape}, with which a model's answer is checked. Nothing can be "
        "learned from it.",
        file=path.name,
        type=kind,
        shape=" × ".join(map(str, held.dims)) or "1",
    )
    if not models:
        raise NotDataError(what)
    raise NotDataError(Message("{what} The model is {model}.", what=what, model=models[0].name), models[0])


def _page(path: Path) -> None:
    """What somebody wrote about the files beside it."""
    if not _is_page(path):
        return
    others = [f for f in _beside(path) if not _is_page(f) and _may_be_data(f)]
    if not others:
        return
    raise NotDataError(
        Message(
            "{file} is a page about the data beside it: {files}. Drop that instead.",
            file=path.name,
            files=", ".join(f.name for f in others[:NAMES_SHOWN]),
        ),
        others[0] if len(others) == 1 else None,
    )


def _is_page(path: Path) -> bool:
    return path.name.lower().startswith(text.NO_CLASS) or path.suffix.lower() == PAGE


def _may_be_data(path: Path) -> bool:
    """By the name: a folder, a kind that is read or unpacked, or of no kind that is known."""
    known = (*pictures.ENDINGS, *array_files.SUFFIXES, MODEL, ".zip", ".gz")
    return path.is_dir() or path.suffix.lower() in known or text_files.may_be_text(path.name)


def _names(path: Path) -> None:
    """The names of the classes of a model beside it, a name a line."""
    if path.suffix.lower() != ".txt" or not any(word in path.stem.lower() for word in _LISTS):
        return
    models = [f for f in _beside(path) if f.suffix.lower() == MODEL]
    if not models or path.stat().st_size > LONGEST_NAME * MOST_NAMES:
        return
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    names = [line.strip() for line in lines if line.strip()]
    if not names or any(len(name) > LONGEST_NAME for name in names):
        return
    words = set(_words(path))
    alike = [model for model in models if words & set(_words(model))]
    raise NotDataError(
        Message(
            "{file} names the {n} classes of a model, a name a line. Nothing can be learned from it; the "
            "model is {model}.",
            file=path.name,
            n=len(names),
            model=", ".join(f.name for f in alike or models),
        ),
        alike[0] if len(alike) == 1 else None,
    )


def _words(path: Path) -> list[str]:
    return path.stem.lower().replace("_", "-").split("-")


def _unanswered(path: Path) -> None:
    """A table without the column to predict that one beside it has: its answers were kept back."""
    own = _columns(path)
    if len(own) < 2 or table.named_target(own, "") is not None:
        return
    for other in _beside(path)[:MOST_BESIDE]:
        if other.suffix.lower() not in text_files.TABLES:
            continue
        more = _columns(other)
        added = [name for name in more if name not in own]
        if len(added) != 1 or [name for name in more if name in own] != own:
            continue
        if table.named_target(added, "") is None and "test" not in _words(path):
            continue
        raise NotDataError(
            Message(
                "{file} has no answers to learn from: it lacks the column {column}, which {other} beside it "
                "has. Learn from that one; {file} is what the trained network is asked.",
                file=path.name,
                column=added[0],
                other=other.name,
            ),
            other,
        )


def _columns(path: Path) -> list[str]:
    """The names of a table's columns, where its first line has them; else none. Reads its beginning only."""
    with text_files.opened(path) as file:
        start = file.read(HEAD)
    for encoding in ("utf-8-sig", *text_files.ENCODINGS[1:]):
        try:
            head = codecs.getincrementaldecoder(encoding)().decode(start)
        except UnicodeDecodeError:
            continue
        rows = text_files.records(head, text_files.separator_of(head))[: None if len(start) < HEAD else -1]
        return [field.strip() for field in rows[0]] if text_files.names_columns(rows) else []
    return []


def _beside(path: Path) -> list[Path]:
    """What lies in the folder besides, in the order of the names."""
    return sorted(f for f in path.parent.iterdir() if f != path and not f.name.startswith("."))
