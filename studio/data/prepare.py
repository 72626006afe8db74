"""From the `data` section of a project to tensors ready to train on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.compiler.analysis import Context, N, TensorSpec
from studio.data import steps, texts
from studio.data.preprocessing import Preprocessing
from studio.data.rows import rows
from studio.data.settings import DataSettings, SplitSettings, read
from studio.data.source import DataError, Place, Raw, SourceInfo
from studio.data.sources import known
from studio.data.splits import parts as parted
from studio.graph.values import Json
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["DataError", "Prepared", "Split", "context_of", "prepare"]

FLOAT_LIMIT = 256 * 2**20
"""bytes up to which images are turned into floats once; beyond that they stay uint8 and are turned a batch"""


@dataclass(frozen=True, slots=True)
class Split:
    """Samples of one part. `x` (N, ...) is what the network takes once `pending`, if any, was applied.

    `chances` (N,) float64 on the CPU: how likely each is drawn, where they are drawn with replacement.
    """

    x: Tensor
    y: Tensor
    pending: Preprocessing | None = None
    chances: Tensor | None = None

    def __len__(self) -> int:
        return len(self.x)

    def inputs(self, index: Tensor | slice = slice(None)) -> Tensor:
        """The samples at `index` as the network takes them: float32 (n, ...)."""
        x = rows(self.x, index)
        return x if self.pending is None else self.pending.apply(x)

    def to(self, device: str) -> Split:
        return replace(self, x=self.x.to(device), y=self.y.to(device))


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
    inputs = (TensorSpec((N, *info.given), info.dtype),)
    words = info.tokens.size if info.tokens is not None else None
    return Context(inputs, info.outputs, info.task, info.class_names, vocabulary=words)


def prepare(settings: Mapping[str, Json], base: Path | None = None, *, as_stored: bool = False) -> Prepared:
    """Reads, splits and preprocesses. `base` is the project's folder: a relative `root` starts there.

    `as_stored` leaves the samples as they were read, with everything pending.
    A source with a test set of its own keeps it, and its `split.test` is not used. Raises DataError.
    """
    chosen = read(settings)
    info = chosen.info
    raw = info.load(_place(chosen, base))
    _check(raw, info)
    split = chosen.split if raw.own_test is None else replace(chosen.split, test=0.0)
    train, validation, test = parts = parted(raw, info, split)
    by_column = split.column is not None or info.parted is not None
    fitted, names = _fitted(chosen, raw.x[train], raw.y[train])
    test_x, test_y = (raw.x[test], raw.y[test]) if raw.own_test is None else raw.own_test
    large = not fitted.of_texts and sum(x.numel() for x, _ in raw.parts) * 4 > FLOAT_LIMIT
    keep_stored = as_stored or large

    def part(x: Tensor, y: Tensor) -> Split:
        return Split(x.contiguous(), y, fitted) if keep_stored else Split(fitted.apply(x).contiguous(), y)

    return Prepared(
        part(raw.x[train], raw.y[train]),
        part(raw.x[validation], raw.y[validation]),
        part(test_x, test_y),
        context_of(settings),
        fitted,
        _fingerprint(raw, _drawn_by(split), parts if by_column else ()),
        chosen.source,
        info.class_names,
        names,
    )


def _fitted(chosen: DataSettings, x: Tensor, y: Tensor) -> tuple[Preprocessing, tuple[str, ...]]:
    """What is done to stored values, worked out from the training samples; the names of the columns then."""
    info = chosen.info
    if info.tokens is not None:
        return Preprocessing((texts.fit(info.tokens, x),)), ()
    if info.environment:  # what is seen later lies far from the starts
        return Preprocessing(), info.feature_names
    operations, layout = steps.fit(chosen.steps, info, x, y)
    return Preprocessing(operations), layout.names


def _place(chosen: DataSettings, base: Path | None) -> Place:
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


def _drawn_by(split: SplitSettings) -> tuple[float | str, ...]:
    """What decides the parts, but for what a column of the files says."""
    drawn: tuple[float | str, ...] = (split.validation, split.test, split.seed)
    if split.folds is not None:
        drawn = (*drawn, split.folds, split.fold)
    return drawn if split.by is None else (*drawn, split.by)


def _fingerprint(raw: Raw, split: tuple[float | str, ...], told: Sequence[Tensor]) -> str:
    """`told`: the parts, where a column of the files decides on them."""
    digest = hashlib.sha256(repr(split).encode())
    for part in (*raw.parts, told):
        for tensor in part:
            digest.update(f"{tuple(tensor.shape)} {tensor.dtype}".encode())
            digest.update(tensor.contiguous().numpy().data.cast("B"))
    return digest.hexdigest()
