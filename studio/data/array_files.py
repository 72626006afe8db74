"""Arrays in files: NumPy's `.npy` and `.npz`, and safetensors. What they hold, and one of them as an array.

Nothing is unpickled: an array of objects is refused. A `.npy` file is mapped into memory, not read; the
arrays of files beside it, of as many rows, belong to it.
"""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.data import text_files
from studio.data.source import DataError
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIXES = (".npy", ".npz", ".safetensors")
BROKEN = (
    *(OSError, ValueError, EOFError, KeyError, TypeError, MemoryError, OverflowError, SyntaxError),
    *(RecursionError, tokenize.TokenError, struct.error),
)
"""what NumPy raises for files that are none of its own, or not whole"""


@dataclass(frozen=True, slots=True)
class Form:
    """The name of an array with its shape and NumPy's name of its type."""

    name: str
    shape: tuple[int, ...]
    dtype: str


def forms(path: Path) -> list[Form]:
    """Every array of the file, without reading them. Raises DataError."""
    text_files.opened(path).close()  # says what is wrong with the path itself
    try:
        match path.suffix.lower():
            case ".npy":
                return _beside(path)
            case ".npz":
                return _packed(path)
        return _tensors(path)
    except (*BROKEN, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise unreadable(path, error) from None


def read(path: Path, name: str) -> NDArray[Any]:
    """One of the arrays, mapped where that can be. Raises DataError."""
    import numpy as np

    try:
        match path.suffix.lower():
            case ".npy":
                file = path if name == path.stem else path.with_name(f"{name}.npy")
                mapped: NDArray[Any] = np.lib.format.open_memmap(file, mode="c")
                return mapped
            case ".npz":
                with np.load(path, allow_pickle=False) as packed:
                    array: NDArray[Any] = packed[name]
                    return array
        return _tensor(path, name)
    except FileNotFoundError:
        raise DataError(
            Message(
                "{path} has no array {name} any more. Choose it again in the Data panel.",
                path=path,
                name=name,
            )
        ) from None
    except (*BROKEN, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: BaseException) -> DataError:
    said = str(error).splitlines()
    return DataError(
        Message(
            "{path} holds no arrays that can be read: {reason}. Objects are never unpickled; save plain "
            "numbers.",
            path=path,
            reason=said[0] if said and said[0] else type(error).__name__,
        )
    )


def _beside(path: Path) -> list[Form]:
    """The array of a `.npy` file, and those of its neighbours that have as many rows."""
    first = _head(path)
    others = []
    for file in sorted(path.parent.glob("*.npy")):
        if file != path and file.is_file():
            try:
                found = _head(file)
            except BROKEN:
                continue  # it was not asked for
            if found.shape[:1] == first.shape[:1]:
                others.append(found)
    return [first, *others]


def _head(file: Path) -> Form:
    import numpy as np

    # not by np.load, which takes whatever lies in the file
    array = np.lib.format.open_memmap(file, mode="r")
    return Form(file.stem, tuple(array.shape), array.dtype.name)


def _packed(path: Path) -> list[Form]:
    import numpy as np

    found = []
    with zipfile.ZipFile(path) as packed:
        for entry in packed.namelist():
            with packed.open(entry) as file:
                version = np.lib.format.read_magic(file)
                reader = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, _, dtype = reader(file)
            found.append(Form(entry.removesuffix(".npy"), tuple(shape), dtype.name))
    return found


def _tensors(path: Path) -> list[Form]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            slices: Mapping[str, Any] = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            return [
                Form(n, tuple(s.get_shape()), _DTYPES.get(s.get_dtype(), s.get_dtype()))
                for n, s in slices.items()
            ]
    except SafetensorError as error:
        raise unreadable(path, error) from None


_DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "float32", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip


def _tensor(path: Path, name: str) -> NDArray[Any]:
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            tensor = file.get_tensor(name)
    except SafetensorError as error:
        raise unreadable(path, error) from None
    array: NDArray[Any] = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    return array
