"""From the `data` section of a project to tensors ready to train on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.compiler.analysis import Context, N, TensorSpec
from studio.data import faults as faulty
from studio.data import inputs, repeats, steps
from studio.data.faults import Fault, Faults
from studio.data.layout import IMAGE
from studio.data.preprocessing import Preprocessing
from studio.data.rows import Stored, rows
from studio.data.rows import parts as pieces
from studio.data.settings import DataSettings, SplitSettings, read
from studio.data.source import DataError, Place, Raw, SourceInfo
from studio.data.sources import known
from studio.data.splits import parts as parted
from studio.data.steps import dropping
from studio.data.steps.kind import CHUNK
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

    from studio.data.augmentation.pipeline import Augmentation

__all__ = ["DataError", "Prepared", "Split", "context_of", "prepare"]

FLOAT_LIMIT = 256 * 2**20
"""bytes up to which samples are turned into floats once; beyond it they are turned batch by batch"""
HASHED = 2**22
"""numbers that are hashed at a time"""
COPIED = 256 * 2**20
"""bytes up to which the parts are copies; beyond that their samples stay where they are"""


@dataclass(frozen=True, slots=True)
class Split:
    """Samples of one part. `x` (N, ...) is what the network takes once `pending`, if any, was applied.

    A part that is too large to be copied is a `Stored` one. `chances` (N,) float64 on the CPU: how likely
    each is drawn, where they are drawn with replacement.
    """

    x: Tensor | Stored
    y: Tensor
    pending: Preprocessing | None = None
    chances: Tensor | None = None
    augmentation: Augmentation | None = None
    """how batches to train on are changed"""

    def __len__(self) -> int:
        return len(self.x)

    def inputs(self, index: Tensor | slice = slice(None)) -> Tensor:
        """The samples at `index` as the network takes them: float32 (n, ...)."""
        x = rows(self.x, index)
        return x if self.pending is None else self.pending.apply(x)

    def drawn(self, index: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        """The samples at `index` to be trained on, and their targets, changed as `seed` draws it."""
        if self.augmentation is None:
            return self.inputs(index), rows(self.y, index)
        return self.augmentation.apply(rows(self.x, index), rows(self.y, index), seed)

    def to(self, device: str) -> Split:
        moved = self.augmentation.to(device) if self.augmentation is not None else None
        return replace(self, x=self.x.to(device), y=self.y.to(device), augmentation=moved)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Data ready to train on. `preprocessing` is what was done to stored values, as plain numbers.

    `fingerprint` is a hash of the stored values and of the split: equal fingerprints, equal data.
    """

    train: Split
    validation: Split
    test: Split
    context: Context
    preprocessing: Preprocessing
    fingerprint: str
    source: str
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    faults: Faults | None = None
    """samples that were skipped"""
    dropped: int = 0
    """samples that were left out: by steps of preprocessing, or because they come again"""

    def to(self, device: str) -> Prepared:
        """The same with every part on `device`."""
        return replace(
            self,
            train=self.train.to(device),
            validation=self.validation.to(device),
            test=self.test.to(device),
        )


def context_of(settings: Mapping[str, Json]) -> Context:
    """What the data says of the network, without reading it; an empty Context where no data is chosen."""
    info = known(settings)
    if info is None:
        return Context()
    shapes, names = [info.given], tuple(info.inputs)
    if names and info.after is not None:
        shapes = [(width,) for width in inputs.widths(info.after, names)]
    given = tuple(TensorSpec((N, *shape), info.dtype) for shape in shapes)
    words = info.tokens.size if info.tokens is not None else None
    return Context(given, info.outputs, info.task, info.class_names, vocabulary=words, names=names)


def prepare(
    settings: Mapping[str, Json], base: Path | None = None, *, as_stored: bool = False, watch: Watch = quiet
) -> Prepared:
    """Reads, splits and preprocesses. `base` is the project's folder: a relative `root` starts there.

    `as_stored` leaves the samples as they were read, with everything pending. `watch` is told how far the
    reading is. A source with a test set of its own keeps it, and its `split.test` is not used. Raises
    DataError.
    """
    chosen = read(settings)
    info = chosen.info
    raw, reading = info.load(replace(place_of(chosen, base), watch=watch)), settings.get("reading")
    _check(raw, info)
    split = chosen.split if raw.own_test is None else replace(chosen.split, test=0.0)
    train, validation, test = parts = parted(raw, info, split)
    by_column = split.column is not None or info.parted is not None
    met = raw.faults or Faults(faulty.mode(reading) if isinstance(reading, Mapping) else faulty.STOP)
    if info.brought and info.task == "classification":
        kept = _in_company(raw, info, met)
        train, validation, test = (part[kept[part]] for part in parts)
    there = len(train) + len(validation) + len(test if raw.own_test is None else raw.own_test[0])
    if chosen.duplicates == repeats.DROP:
        train, validation, test = _once(raw, (train, validation, test))
    with _one_thread():
        fitted, names = _fitted(chosen, _chosen(raw.x, train, info), raw.y[train])
    own_test = (_chosen(raw.x, test, info), raw.y[test]) if raw.own_test is None else raw.own_test
    large = not fitted.of_texts and sum(x.numel() for x, _ in raw.parts) * 4 > FLOAT_LIMIT
    keep_stored = as_stored or large
    images_change = bool(chosen.augmentation) and info.stored.kind == IMAGE  # before they are standardised

    def part(x: Tensor | Stored, y: Tensor, training: bool = False) -> Split:
        stays = dropping.kept(fitted.steps, x, training)
        if stays is not None:
            x, y = x[stays.nonzero().flatten()], y[stays]
        if isinstance(x, Stored):
            return Split(x, y, fitted)
        if keep_stored or (training and images_change):
            return Split(x.contiguous(), y, fitted)
        return Split(_done(fitted, x), y)

    made = (
        _augmented(chosen, part(_chosen(raw.x, train, info), raw.y[train], training=True), fitted),
        part(_chosen(raw.x, validation, info), raw.y[validation]),
        part(*own_test),
    )
    return Prepared(
        *made,
        context_of(settings),
        fitted,
        _fingerprint(raw, _drawn_by(split, chosen.duplicates), parts if by_column else ()),
        chosen.source,
        info.class_names,
        names,
        faults=met,
        dropped=there - sum(map(len, made)),
    )


def _augmented(chosen: DataSettings, train: Split, fitted: Preprocessing) -> Split:
    """The training samples, with what changes them."""
    if not chosen.augmentation:
        return train
    from studio.data.augmentation import pipeline

    made = pipeline.make(chosen.augmentation, chosen.info, fitted, train.x, train.pending)
    return replace(train, augmentation=made)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums of small parts: a second thread would only be waited for, and would round otherwise."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _chosen(x: Tensor | Stored, index: Tensor, info: SourceInfo) -> Tensor | Stored:
    """Some of the samples: a copy, or where they lie if a copy is too large."""
    if isinstance(x, Stored) or info.tokens is not None or x.numel() * x.element_size() <= COPIED:
        return x[index]
    return Stored(x, index)


def _once(raw: Raw, parts: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Without samples that have the inputs of an earlier one. Raises DataError where a part is then empty."""
    first = repeats.first_of_each(raw.x)
    train, validation, test = (part[first[part]] for part in parts)
    for name, before, after in zip(
        ("train", "validation", "test"), parts, (train, validation, test), strict=True
    ):
        if len(before) and not len(after):
            raise DataError(
                Message(
                    "Without repeated samples none is left for {part}. Keep them (data.duplicates), or give "
                    "it a larger share in data.split.",
                    part=name,
                )
            )
    return train, validation, test


def _in_company(raw: Raw, info: SourceInfo, met: Faults) -> Tensor:
    """Which samples (N,) share their class with another one: a single one cannot both train and validate."""
    import torch

    counts = torch.bincount(raw.y, minlength=info.outputs)
    if raw.own_test is not None:
        counts = counts + torch.bincount(raw.own_test[1], minlength=info.outputs)
    lone = counts[raw.y] == 1
    for sample in lone.nonzero().flatten().tolist():
        name = info.class_names[int(raw.y[sample])]
        place = Message("sample {number}", number=sample + 1) if raw.place is None else raw.place(sample)
        reason = Message("it is the only example of the class {name}; several are needed.", name=name)
        met.meet(Fault(place, reason))
    return ~lone


def _fitted(chosen: DataSettings, x: Tensor | Stored, y: Tensor) -> tuple[Preprocessing, tuple[str, ...]]:
    """What is done to stored values, worked out from the training samples; the names of the columns then."""
    info = chosen.info
    if info.environment:  # what is seen later lies far from the starts
        return Preprocessing(), info.feature_names
    operations, layout = steps.fit(chosen.steps, info, x, y)
    return Preprocessing(operations), layout.names


def _done(fitted: Preprocessing, x: Tensor) -> Tensor:
    """The steps done to all samples: some at a time where each is held against many."""
    import torch

    if any(step["type"] == "impute_neighbours" for step in fitted.steps):
        return torch.cat([fitted.apply(part) for part in pieces(x, CHUNK)])
    return fitted.apply(x).contiguous()


def place_of(chosen: DataSettings, base: Path | None) -> Place:
    if chosen.root is None:
        return Place(None, chosen.download)
    folder = Path(chosen.root).expanduser()
    if not folder.is_absolute():
        folder = (base or Path.cwd()) / folder
    return Place(folder, chosen.download)


def _check(raw: Raw, info: SourceInfo) -> None:
    """A source that gives something else than it announced would be found out much later, or never."""
    for x, y in raw.parts:
        if tuple(x.shape[1:]) != info.shape or len(x) != len(y):
            raise DataError(
                Message(
                    "{title} should hold samples of {shape}, but {found} came. They may be another set's.",
                    title=info.title,
                    shape="×".join(map(str, info.shape)),
                    found="×".join(map(str, x.shape[1:])),
                )
            )
        if info.task in {"classification", "segmentation"} and (
            int(y.min()) < 0 or int(y.max()) >= info.outputs
        ):
            raise DataError(
                Message(
                    "{title} has {n} classes, but a label {label} came. The files may be another set's.",
                    title=info.title,
                    n=info.outputs,
                    label=int(y.max()),
                )
            )


def _drawn_by(split: SplitSettings, duplicates: str) -> tuple[float | str, ...]:
    """What decides the parts, but for what a column of the files says."""
    drawn: tuple[float | str, ...] = (split.validation, split.test, split.seed)
    if split.folds is not None:
        drawn = (*drawn, split.folds, split.fold)
    drawn = drawn if split.by is None else (*drawn, split.by)
    return drawn if duplicates == repeats.KEEP else (*drawn, duplicates)


def _hashed(values: Tensor | Stored) -> Iterator[bytes | memoryview]:
    """What stands for the values: their bytes, or the known hash of those that lie in a file, and which."""
    if isinstance(values, Stored) and values.digest:
        yield values.digest.encode()
        values = values.order
    for piece in pieces(values, max(1, HASHED // max(1, values[:1].numel()))):
        yield piece.contiguous().numpy().data.cast("B")


def _fingerprint(raw: Raw, split: tuple[float | str, ...], told: Sequence[Tensor]) -> str:
    """`told`: the parts, where a column of the files decides on them."""
    digest = hashlib.sha256(repr(split).encode())
    for part in (*raw.parts, told):
        for tensor in part:
            digest.update(f"{tuple(tensor.shape)} {tensor.dtype}".encode())
            for piece in _hashed(tensor):
                digest.update(piece)
    return digest.hexdigest()
