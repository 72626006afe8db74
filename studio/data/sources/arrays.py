"""Arrays of one's own: which one the network is given, which one it predicts.

Samples lie along the first dimension. Bytes of images stay bytes; all else becomes float32.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.data import array_files, faults
from studio.data.array_files import Form
from studio.data.faults import Fault, Faults
from studio.data.kinds import FileKind, Reading
from studio.data.rows import Stored
from studio.data.source import DataError, Place, Raw, SourceInfo
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

TITLE = Message("Arrays (NPY, NPZ, safetensors)")
SENTENCE = Message("Arrays of your own: a sample a row, and what is predicted of it.")
KEYS = ("arrays", "x", "y", "axes", "task", "classes", "outputs", "test", *faults.KEYS)
X_NAMES = ("x", "x_train", "train_x", "data", "images", "train_images", "inputs", "features", "samples")
Y_NAMES = (
    *("y", "y_train", "train_y", "label", "labels", "train_labels", "target", "targets", "classes"),
    *("output", "outputs"),
)
LAST_COLUMN = ""
"""in the place of the name of what is predicted: the last column of the other array"""
AS_STORED, CHANNELS_LAST, ONE_CHANNEL = "as stored", "channels last", "one channel"
AXES = (AS_STORED, CHANNELS_LAST, ONE_CHANNEL)
"""what the dimensions mean: as the network takes them, (N, H, W, C), or grey images (N, H, W)"""
TASKS = ("classification", "regression", "multilabel", "segmentation")
MOST_CLASSES, MOST_WHOLE = 1000, 20
"""whole numbers are classes up to so many different ones, floats that are whole up to fewer"""
HELD_BYTES = 512 * 2**20
"""up to this an array is copied into memory; a larger `.npy` stays in its file"""
CHUNK_BYTES = 2**25


@dataclass(frozen=True, slots=True)
class Arrays:
    """`data.reading` of arrays, checked. `test` names the two arrays of a test set of its own, if any."""

    forms: Mapping[str, Form]
    x: str
    y: str
    axes: str
    task: str
    classes: tuple[str, ...]
    outputs: int
    test: tuple[str, str] | None
    mode: str

    @property
    def shape(self) -> tuple[int, ...]:
        """One sample's, as the network gets it."""
        rest = self.forms[self.x].shape[1:]
        if self.y == LAST_COLUMN:
            return (rest[0] - 1,)
        if self.axes == CHANNELS_LAST:
            return (rest[2], rest[0], rest[1])
        return (1, *rest) if self.axes == ONE_CHANNEL else rest


# -- looking -------------------------------------------------------------------------------------


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """Which array is which, by names and shapes where it is not told; what is predicted. Raises DataError."""
    found = {form.name: form for form in array_files.forms(path) if form.shape and form.shape[0] > 0}
    if not found:
        raise DataError(Message("{path} holds no array with a row a sample.", path=path))
    x = str(told["x"]) if told.get("x") in found else _likely_x(list(found.values()))
    partners = [n for n, form in found.items() if n != x and form.shape[0] == found[x].shape[0]]
    y = told.get("y")
    if y not in (*partners, LAST_COLUMN) or y is None:
        y = _likely_y(partners, found)
    if y == LAST_COLUMN and (len(found[x].shape) != 2 or found[x].shape[1] < 2):
        raise DataError(
            Message(
                "{path} holds nothing to predict for {x} of {shape}: another array of {n} rows is needed, "
                "named y or labels.",
                path=path,
                x=x,
                shape="×".join(map(str, found[x].shape)),
                n=found[x].shape[0],
            )
        )
    test = _test_of(x, str(y), found)
    axes = told.get("axes") if told.get("x") == x and told.get("axes") in AXES else _likely_axes(found[x])
    values = _targets(path, x, str(y), test)
    task, classes, outputs = _task(values, found[x])
    if told.get("task") in TASKS and told.get("y") == y:
        task, classes, outputs = _as(str(told["task"]), values, (task, classes, outputs))
    reading: dict[str, Json] = {
        "arrays": [{"name": f.name, "shape": list(f.shape), "dtype": f.dtype} for f in found.values()],
        "x": x,
        "y": y,
        "axes": axes,
        "task": task,
        "classes": classes,
        "outputs": outputs,
    }
    if test is not None:
        reading["test"] = list(test)
    met = Faults(faults.SKIP)
    for name, targets in ((x, str(y)), *([test] if test else [])):
        _sound(path, array_files.read(path, name), _values(path, name, targets), met)
    told_mode = faults.mode(told)
    met.mode = told_mode
    return reading | met.to_json()


def _likely_x(forms: Sequence[Form]) -> str:
    lower = {form.name.lower(): form.name for form in reversed(forms)}
    named = next((lower[name] for name in X_NAMES if name in lower), None)
    return named or max(forms, key=_size).name


def _size(form: Form) -> int:
    size = 1
    for n in form.shape:
        size *= n
    return size


def _likely_y(partners: Sequence[str], found: Mapping[str, Form]) -> str:
    lower = {name.lower(): name for name in reversed(partners)}
    named = next((lower[name] for name in Y_NAMES if name in lower), None)
    if named is not None or not partners:
        return named or LAST_COLUMN
    return min(partners, key=lambda name: (len(found[name].shape), _size(found[name])))


def _test_of(x: str, y: str, found: Mapping[str, Form]) -> tuple[str, str] | None:
    """The arrays that are called as these are, but for testing."""
    names = x.replace("train", "test"), y.replace("train", "test")
    if "train" not in x or "train" not in y or not set(names) <= found.keys():
        return None
    pairs = zip((x, y), names, strict=True)
    fits = all(found[own].shape[1:] == found[other].shape[1:] for own, other in pairs)
    return names if fits and found[names[0]].shape[0] == found[names[1]].shape[0] else None


def _likely_axes(form: Form) -> str:
    match form.shape:
        case (_, height, width, channels) if channels in (1, 3) and min(height, width) > channels:
            return CHANNELS_LAST
        case (_, height, width) if form.dtype == "uint8" or height == width:
            return ONE_CHANNEL
    return AS_STORED


def _targets(path: Path, x: str, y: str, test: tuple[str, str] | None) -> NDArray[Any]:
    """All that is to be predicted, of the test set too."""
    import numpy as np

    own = _values(path, x, y)
    return own if test is None else np.concatenate([own, _values(path, *test)])


def _values(path: Path, x: str, y: str) -> NDArray[Any]:
    """What is to be predicted, (N,) where it is one value. Raises DataError for an array of objects."""
    array = array_files.read(path, x)[:, -1] if y == LAST_COLUMN else array_files.read(path, y)
    if array.dtype.kind not in "buifUS":
        raise _no_numbers(path, y or x, array)
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _no_numbers(path: Path, name: str, array: NDArray[Any]) -> DataError:
    return DataError(
        Message(
            "{path}: the array {name} is of {dtype}, of which nothing can be learned. Numbers are needed.",
            path=path,
            name=name,
            dtype=array.dtype,
        )
    )


def _task(y: NDArray[Any], x: Form) -> tuple[str, list[Json], int]:
    """What kind of thing is predicted: the task, the classes and how many numbers a network gives."""
    import numpy as np

    if y.ndim == 1:
        whole = y.dtype.kind in "buiUS" or bool(np.all(np.isfinite(y)) and np.all(y == np.round(y)))
        different = np.unique(y) if whole else y[:0]
        limit = MOST_CLASSES if y.dtype.kind in "buiUS" else MOST_WHOLE
        if 2 <= len(different) <= limit and len(different) <= max(2, len(y) // 2):
            return "classification", _named(different), len(different)
        return "regression", [], 1
    if y.ndim == 2:
        marks = bool(np.isin(y, (0, 1)).all())
        if marks and bool((y.sum(1) == 1).all()):
            return "classification", [str(i) for i in range(y.shape[1])], y.shape[1]
        names: list[Json] = [str(i) for i in range(y.shape[1])] if marks else []
        return ("multilabel" if marks else "regression"), names, y.shape[1]
    if y.ndim == 3 and y.dtype.kind in "bui" and y.shape[1:] in (x.shape[1:3], x.shape[2:4]):
        classes = int(y.max()) + 1 if y.size else 1
        return "segmentation", [str(i) for i in range(min(classes, MOST_CLASSES))], classes
    raise DataError(
        Message(
            "What is predicted has the shape {shape}: one value a sample, a row of them, or a class for "
            "each pixel is needed.",
            shape="×".join(map(str, y.shape)),
        )
    )


def _named(different: NDArray[Any]) -> list[Json]:
    if different.dtype.kind == "S":
        return [value.decode("utf-8", "replace") for value in different.tolist()]
    if different.dtype.kind == "U":
        return list(map(str, different.tolist()))
    return [str(int(value)) for value in different.tolist()]


def _as(task: str, y: NDArray[Any], guessed: tuple[str, list[Json], int]) -> tuple[str, list[Json], int]:
    """The same for a task that the person chose; a choice that cannot be leaves what was guessed."""
    import numpy as np

    if task == "regression" and y.dtype.kind in "buif" and y.ndim <= 2:
        return task, [], 1 if y.ndim == 1 else y.shape[1]
    if task == "classification" and y.ndim == 1:
        different = np.unique(y)
        whole = y.dtype.kind != "f" or bool(np.all(different == np.round(different)))
        if whole and 2 <= len(different) <= MOST_CLASSES:
            return task, _named(different), len(different)
    return guessed


# -- what the project says of it -----------------------------------------------------------------


def read(reading: Reading) -> Arrays:
    """`data.reading`, checked. Raises DataError naming the key, its value and the cure."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    forms = {form.name: form for form in map(_form, _listed(reading.get("arrays")))}
    x, y = reading.get("x"), reading.get("y")
    if x not in forms:
        raise _wrong("x", x, Message("one of {known}", known=", ".join(forms)))
    if y != LAST_COLUMN and (y not in forms or forms[str(y)].shape[0] != forms[str(x)].shape[0]):
        raise _wrong("y", y, Message("the name of an array of as many rows, or nothing"))
    axes, task, outputs = reading.get("axes"), reading.get("task"), reading.get("outputs")
    if axes not in AXES or not _fits(str(axes), forms[str(x)], y == LAST_COLUMN):
        raise _wrong("axes", axes, Message("one of {known} that fits the shape", known=", ".join(AXES)))
    if task not in TASKS:
        raise _wrong("task", task, Message("one of {known}", known=", ".join(TASKS)))
    if isinstance(outputs, bool) or not isinstance(outputs, int) or outputs < 1:
        raise _wrong("outputs", outputs, Message("a whole number from {least}", least=1))
    classes = tuple(map(str, _listed(reading.get("classes"))))
    if task == "classification" and len(classes) != outputs:
        raise _wrong("classes", reading.get("classes"), Message("a list of at least two names"))
    test = _listed(reading.get("test"))
    if test and (len(test) != 2 or not set(map(str, test)) <= forms.keys()):
        raise _wrong("test", reading.get("test"), Message("one of {known}", known=", ".join(forms)))
    own = (str(test[0]), str(test[1])) if test else None
    mode = faults.mode(reading)
    return Arrays(forms, str(x), str(y), str(axes), str(task), classes, outputs, own, mode)


def _listed(value: Json) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _form(entry: Json) -> Form:
    name, shape, dtype = (
        entry.get(key) if isinstance(entry, Mapping) else None for key in ("name", "shape", "dtype")
    )
    sizes = _listed(shape)
    if not isinstance(name, str) or not sizes or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise _wrong("arrays", entry, Message("arrays, each with its name and its shape"))
    return Form(name, tuple(sizes), str(dtype))


def _fits(axes: str, form: Form, last_column: bool) -> bool:
    if last_column:
        return len(form.shape) == 2 and form.shape[1] >= 2 and axes == AS_STORED
    return len(form.shape) == {CHANNELS_LAST: 4, ONE_CHANNEL: 3}.get(axes, max(2, len(form.shape)))


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.reading.{key}", value, expected))


def describe(reading: Reading) -> SourceInfo:
    """The source that arrays are. Raises DataError."""
    arrays = read(reading)
    form = arrays.forms[arrays.x]
    return SourceInfo(
        name="arrays",
        title=TITLE,
        description=SENTENCE,
        task=arrays.task,
        shape=arrays.shape,
        samples=form.shape[0],
        test_samples=arrays.forms[arrays.test[0]].shape[0] if arrays.test else 0,
        outputs=arrays.outputs,
        load=lambda place: load(place, reading),
        class_names=arrays.classes,
        scale=1 / 255 if _bytes_of_images(arrays) else 1.0,
        needs_root=True,
    )


def _bytes_of_images(arrays: Arrays) -> bool:
    return arrays.forms[arrays.x].dtype == "uint8" and len(arrays.shape) == 3


# -- reading -------------------------------------------------------------------------------------


def load(place: Place, reading: Reading) -> Raw:
    """x as the network takes it, uint8 or float32; y by the task. Raises DataError."""
    arrays, path = read(reading), place.named(TITLE)
    now = {form.name: form for form in array_files.forms(path)}
    for name in filter(None, (arrays.x, arrays.y, *(arrays.test or ()))):
        if now.get(name) != arrays.forms[name]:
            raise DataError(
                Message(
                    "{path}: the array {name} is not what it was when the file was looked at. Choose it "
                    "again in the Data panel.",
                    path=path,
                    name=name,
                )
            )
    met = Faults(arrays.mode)
    with faults.unchanged(path):
        own_test = _part(path, arrays, *arrays.test, met) if arrays.test else None
        x, y = _part(path, arrays, arrays.x, arrays.y, met)
    return Raw(x, y, own_test, faults=met)


def _part(path: Path, arrays: Arrays, x: str, y: str, met: Faults) -> tuple[Tensor | Stored, Tensor]:
    import numpy as np
    import torch

    values, targets = array_files.read(path, x), _values(path, x, y)
    good = _sound(path, values, targets, met)
    if y == LAST_COLUMN:
        values = values[:, :-1]
    if arrays.axes == ONE_CHANNEL:
        values = values[:, None]
    elif arrays.axes == CHANNELS_LAST:
        values = values.transpose(0, 3, 1, 2)
    known = np.flatnonzero(good)
    wanted = _target(path, arrays, targets[good])
    kept = torch.uint8 if _bytes_of_images(arrays) else torch.float32
    if (
        values.nbytes > HELD_BYTES
        and isinstance(values, np.memmap)
        and values.dtype.name in ("uint8", "float32")
    ):
        mapped = torch.from_numpy(values)
        if mapped.dtype == kept:
            return Stored(mapped, torch.from_numpy(known)), wanted
    held = torch.empty((len(known), *values.shape[1:]), dtype=kept)
    step = max(1, CHUNK_BYTES // max(1, values[:1].nbytes))
    for start in range(0, len(known), step):
        piece = np.ascontiguousarray(values[known[start : start + step]])
        held[start : start + step] = torch.from_numpy(piece.astype(held.numpy().dtype, copy=False))
    return held, wanted


def _sound(path: Path, x: NDArray[Any], y: NDArray[Any], met: Faults) -> NDArray[Any]:
    """Which rows (N,) are numbers throughout. Raises DataError at another one, or gathers it."""
    import numpy as np

    if x.dtype.kind not in "buif":
        raise _no_numbers(path, "x", x)
    good = np.ones(len(x), dtype=bool)
    if x.dtype.kind == "f":
        step = max(1, CHUNK_BYTES // max(1, x[:1].nbytes))
        for start in range(0, len(x), step):
            piece = x[start : start + step]
            good[start : start + step] = np.isfinite(piece.reshape(len(piece), -1)).all(1)
    if y.dtype.kind == "f":
        good &= np.isfinite(y.reshape(len(y), -1)).all(1)
    for row in np.flatnonzero(~good):
        place = Message("{path}, row {row}", path=path, row=int(row) + 1)
        met.meet(Fault(place, Message("a number is missing or infinite.")))
    if not good.any():
        raise DataError(Message("{path} has no row without a fault.", path=path))
    return good


def _target(path: Path, arrays: Arrays, y: NDArray[Any]) -> Tensor:
    import numpy as np
    import torch

    match arrays.task:
        case "classification" if y.ndim == 2:
            return torch.from_numpy(np.asarray(y).argmax(1))
        case "classification":
            names = np.array(arrays.classes)
            texts = np.array(_named(y)) if len(y) else names[:0]
            order = np.argsort(names)
            places = order[np.searchsorted(names, texts, sorter=order).clip(max=len(names) - 1)]
            if (names[places] != texts).any():
                raise DataError(
                    Message(
                        "{path} holds a class {value} that was not there before. Look at the file again in "
                        "the Data panel.",
                        path=path,
                        value=texts[(names[places] != texts).argmax()],
                    )
                )
            return torch.from_numpy(places)
        case "segmentation":
            return torch.from_numpy(np.asarray(y).astype(np.int64))
    numbers = torch.from_numpy(np.asarray(y).astype(np.float32))
    return numbers.unsqueeze(1) if numbers.dim() == 1 else numbers


KIND = FileKind("arrays", TITLE, SENTENCE, array_files.SUFFIXES, look, describe, load)
