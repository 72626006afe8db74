"""A look at the data of a project: reads it as it is stored, before any preprocessing, and says what it is.

Large data is looked at in part, and how much of it is said. Of the test split only the inputs are compared
with those of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import quantities
from studio.data import faults, repeats, settings, splits, texts
from studio.data.prepare import place_of
from studio.data.rows import Stored, rows
from studio.data.source import Raw, SourceInfo
from studio.data.watching import Watch, quiet, within
from studio.graph.model import ProjectData
from studio.insight.data_look import columns, oddities, samples
from studio.insight.data_look.facts import LEFT_OUT, Class, Column, Cure, Curve, Finding, Look
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

MOST = 20_000
"""samples whose values are looked at"""
BYTES = 2**28
"""of samples that are looked at, or compared with each other, at once"""
COMPARED = 500_000
"""samples that are compared with each other"""
TOO_LONG = 0.1
"""the share of texts that may be cut off before it is spoken of"""
NAMED, CHUNK = 20, 256


def look(project: ProjectData, base: Path | None = None, watch: Watch = quiet) -> Look:
    """What the project's data holds. `base` is the project's folder. Raises DataError."""
    section = project.data
    chosen = settings.read({**section, "preprocessing": [], "download": False})
    info = chosen.info
    raw = info.load(replace(place_of(chosen, base), watch=within(watch, 0.0, 0.4)))
    watch(0.4)
    split = chosen.split if raw.own_test is None else replace(chosen.split, test=0.0)
    parts = splits.parts(raw, info, split)
    if chosen.duplicates == repeats.DROP:
        first = repeats.first_of_each(raw.x)
        parts = (parts[0][first[parts[0]]], parts[1][first[parts[1]]], parts[2][first[parts[2]]])
    train, validation, test = parts
    counts = (len(train), len(validation), len(raw.own_test[0]) if raw.own_test else len(test))
    reading = section.get("reading")
    known = dict(reading) if isinstance(reading, Mapping) else {}
    places = _spread(train, validation, raw.x)
    shape = info.shape if info.tokens is None else ()
    seen = Look(counts, len(places), counts[0] + counts[1], shape, info.task)
    if info.environment:
        return seen
    seen = replace(seen, classes=_classes(raw, info, train, validation), target=_target(known))
    found: list[Finding] = list(_of_file(known, raw.faults))
    given = _Given(raw, info, places, section, seen.target)
    described, odd, curves = _columns(given, within(watch, 0.4, 0.8))
    found += odd
    found += oddities.of_classes(seen.classes, section, project.training)
    if not info.ordered:
        found += _repeated(raw, parts, any(e.type == LEFT_OUT for e in described), within(watch, 0.8, 1.0))
    heads, shown = samples.of(raw, info, samples.chosen(train, raw.y, len(seen.classes)))
    found.sort(key=lambda finding: finding.severity != "warning")
    return replace(seen, columns=described, findings=tuple(found), heads=heads, samples=shown, curves=curves)


def _spread(train: Tensor, validation: Tensor, x: Tensor | Stored) -> Tensor:
    """Places of samples that train or validate, in order, evenly spaced where there are too many."""
    import torch

    every = torch.cat((train, validation)).sort().values
    row = _bytes(x)
    step = max(1, -(-len(every) // max(1, min(MOST, BYTES // row))))
    return every[::step]


def _target(reading: Mapping[str, Any]) -> str:
    """The name of what is predicted, where the file has one."""
    targets = reading.get("targets")
    if isinstance(targets, list | tuple):
        return ", ".join(map(str, targets))
    return str(reading.get("target") or "")


def _classes(raw: Raw, info: SourceInfo, train: Tensor, validation: Tensor) -> tuple[Class, ...]:
    if info.task != "classification":
        return ()
    numbers = [raw.y[part].bincount(minlength=info.outputs).tolist() for part in (train, validation)]
    names = info.class_names or tuple(map(str, range(info.outputs)))
    return tuple(Class(n, t, v) for n, t, v in zip(names, *numbers, strict=False))


# -- columns -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Given:
    """What columns are described of: the samples at `places`, and what the project says of the data."""

    raw: Raw
    info: SourceInfo
    places: Tensor
    section: Mapping[str, Any]
    target: str

    @property
    def x(self) -> Tensor:
        """As stored, (n, ...)."""
        return rows(self.raw.x, self.places)

    @property
    def y(self) -> Tensor:
        return self.raw.y[self.places]

    @property
    def reading(self) -> Mapping[str, Any]:
        found = self.section.get("reading")
        return found if isinstance(found, Mapping) else {}


_Described = tuple[tuple[Column, ...], list[Finding], tuple[Curve, ...]]


def _columns(given: _Given, watch: Watch) -> _Described:
    info = given.info
    if info.task == "language":
        return (), [], ()  # the pieces of one text are all alike
    if info.tokens is not None:
        return _of_texts(given)
    if len(info.shape) == 1:
        return _of_table(given, watch)
    if len(info.shape) == 2:
        return _of_series(given)
    if len(info.shape) == 3:
        return _of_pictures(given.x)
    return (), [], ()


def _of_table(given: _Given, watch: Watch) -> _Described:
    import numpy as np

    info, target = given.info, given.target
    x = given.x.numpy().astype(np.float64)
    names = info.feature_names or tuple(f"x{i}" for i in range(x.shape[1]))
    categories = info.categories or ((),) * len(names)
    classes = info.task == "classification"
    plain = given.raw.y.dim() == 1 or given.raw.y.shape[1] == 1
    y = given.y.numpy().astype(np.float64).reshape(len(x), -1)[:, 0] if plain else None
    edit = oddities.Columns(given.reading)
    told = columns.all_described(x, names, categories, y, classes, watch)
    found = [*oddities.of_columns(told, edit, target or str(Message("the target")))]
    for i, (column, _) in enumerate(told):
        if not categories[i]:
            found += oddities.outliers(column.name, x[:, i], given.section)
    found += oddities.twins(x, names, categories, edit)
    described = [column for column, _ in told]
    if y is not None and target:
        described.insert(0, columns.described(target, y, info.class_names if classes else (), True))
    described += _left_out(given.reading, {column.name for column in described})
    return tuple(described), found, ()


def _left_out(reading: Mapping[str, Any], known: set[str]) -> Iterator[Column]:
    """Columns of the file that the network is not given."""
    for entry in reading.get("columns") or ():
        if isinstance(entry, Mapping) and str(entry.get("name")) not in known:
            yield Column(str(entry.get("name")), LEFT_OUT, missing=int(entry.get("missing") or 0))


def _of_series(given: _Given) -> _Described:
    """Columns over time: of windows that follow each other, the first row of each."""
    import numpy as np

    info, reading = given.info, given.reading
    windows = given.x.numpy().astype(np.float64)
    if info.channel == 1:
        windows = windows.transpose(0, 2, 1)
    values = windows[:, 0] if info.ordered else windows.reshape(-1, windows.shape[2])
    told = info.feature_names or tuple(map(str, reading.get("columns") or ()))
    names = told if len(told) == values.shape[1] else tuple(f"x{i}" for i in range(values.shape[1]))
    targets = set(map(str, reading.get("targets") or ()))
    described = tuple(columns.described(n, values[:, i], (), n in targets) for i, n in enumerate(names))
    if info.ordered and info.task == "regression":
        described = tuple(_with_relation(c, values[:, i], given.y) for i, c in enumerate(described))
    found = [f for i, n in enumerate(names) for f in oddities.outliers(n, values[:, i], given.section)]
    found += oddities.constant(described)
    curves = tuple(samples.curve(n, values[:, i]) for i, n in enumerate(names)) if info.ordered else ()
    return described, found, curves


def _with_relation(column: Column, values: NDArray[Any], y: Tensor) -> Column:
    """With the correlation of the values and the first that is predicted, one step ahead."""
    import numpy as np

    part = columns.some(len(values))
    ahead = y.flatten(1)[:, 0].numpy().astype(np.float64)
    found, correlated = columns.relation(values[part], False, ahead[part], False)
    return replace(column, relation=found, correlated=correlated)


def _of_pictures(x: Tensor) -> _Described:
    """Each channel's mean in a picture, and pictures of one colour only."""
    import numpy as np

    chunks = [x[i : i + CHUNK].flatten(2) for i in range(0, len(x), CHUNK)]
    means = np.concatenate([chunk.float().mean(2).numpy() for chunk in chunks]).astype(np.float64)
    names = {1: (Message("Brightness"),), 3: (Message("Red"), Message("Green"), Message("Blue"))}
    titles = names.get(x.shape[1], tuple(Message("Channel {n}", n=i) for i in range(x.shape[1])))
    described = tuple(columns.described(str(t), means[:, i], ()) for i, t in enumerate(titles))
    blank = sum(int((chunk.amax((1, 2)) == chunk.amin((1, 2))).sum()) for chunk in chunks)
    if not blank:
        return described, [], ()
    text = Message(
        "Images of one colour only: {n}. Nothing is to be seen on them.", n=quantities.count(blank)
    )
    return described, [Finding("blank", "warning", "", text)], ()


def _of_texts(given: _Given) -> _Described:
    """The lengths of texts, and those that are empty or cut off."""
    import numpy as np

    tokens = given.info.tokens
    assert tokens is not None
    lengths = np.array([len(tokens.cut(text)) for text in texts.read(given.x)], dtype=np.float64)
    words = Message("Length in words") if tokens.by == texts.WORDS else Message("Length in characters")
    column = columns.described(str(words), lengths, ())
    found = []
    if empty := int((lengths == 0).sum()):
        text = Message("Empty texts: {n}.", n=quantities.count(empty))
        found.append(Finding("blank", "warning", "", text))
    longer = float((lengths > tokens.length).mean())
    if longer > TOO_LONG:
        enough = int(np.quantile(lengths, 0.95))
        label = Message("Keep {n} of each text", n=enough)
        cure = Cure(label, ((("data", "reading"), {**given.reading, "length": enough}),))
        text = Message(
            "{share} of the texts are longer than the {n} that are kept of each: their ends are cut off.",
            share=f"{longer:.0%}",
            n=tokens.length,
        )
        found.append(Finding("cut", "hint", "", text, (cure,)))
    return (column,), found, ()


# -- files and samples ---------------------------------------------------------------------------


def _of_file(reading: Mapping[str, Any], met: faults.Faults | None) -> Iterator[Finding]:
    """What did not open, or was skipped, when the file was looked at."""
    left = reading.get("left_out")
    if isinstance(left, list | tuple) and left:
        text = Message("Images that do not open and are left out: {n}.", n=quantities.count(len(left)))
        names = "\n".join(map(str, left[:NAMED])) + ("\n…" if len(left) > NAMED else "")
        yield Finding("broken", "warning", "", text, detail=names)
    number, first = faults.found(reading)
    if met is not None and met.count:
        number, first = met.count, [fault.said for fault in met.first]
    if number:
        text = Message("Faulty samples of the file: {n}.", n=quantities.count(number))
        yield Finding("faulty", "warning", "", text, detail="\n".join(map(str, first)))


def _repeated(
    raw: Raw, parts: tuple[Tensor, Tensor, Tensor], left_out: bool, watch: Watch
) -> Iterator[Finding]:
    """Samples that come again; of many samples, the first of each part are compared."""
    import numpy as np

    own_test = raw.own_test[0] if raw.own_test is not None else None
    total = len(parts[0]) + len(parts[1]) + len(parts[2] if own_test is None else own_test)
    share = min(1.0, min(COMPARED, BYTES / _bytes(raw.x)) / max(1, total))
    inputs, labels = [], []
    for number, part in enumerate(parts[:2]):
        some = part[: int(len(part) * share)]
        inputs.append(repeats.digests(rows(raw.x, some)))
        labels.append(repeats.digests(raw.y[some]))
        watch(0.3 * (number + 1))
    if own_test is None:
        tests = rows(raw.x, parts[2][: int(len(parts[2]) * share)])
    else:
        tests = rows(own_test, slice(0, int(len(own_test) * share)))
    inputs.append(repeats.digests(tests))
    yield from oddities.repeated(inputs, np.concatenate(labels), left_out)


def _bytes(x: Tensor | Stored) -> int:
    """That one sample takes."""
    one = rows(x, slice(0, 1))
    return max(1, one.numel() * one.element_size())
