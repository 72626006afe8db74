"""Some training samples before and after augmentation, to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from studio.data import augmentation
from studio.data.augmentation import pipeline
from studio.data.layout import IMAGE
from studio.data.prepare import Split, prepare
from studio.data.preprocessing import Preprocessing
from studio.data.rows import rows
from studio.data.settings import read
from studio.data.source import SourceInfo
from studio.graph.values import Json

KEPT = 512
"""samples, so that the columns' deviations are about those of all"""


@dataclass(frozen=True, slots=True)
class Samples:
    """Some training samples as they are held. `names` are those of the columns that the network gets."""

    split: Split
    info: SourceInfo
    fitted: Preprocessing
    names: tuple[str, ...]

    def drawn(
        self, section: Mapping[str, Json], number: int, count: int
    ) -> tuple[Tensor, Tensor]:
        """`count` samples before and after the steps that `section` lists now; `number` decides the draws.

        Images are from 0 to 1, everything else is as the network gets it. Raises DataError.
        """
        steps = augmentation.read(section, self.info)
        split = self.split
        change = pipeline.make(steps, self.info, self.fitted, split.x, split.pending)
        x, y = rows(split.x, slice(0, count)), split.y[:count]
        before = x if change.before is None else change.before.apply(x)
        after, _ = replace(change, after=None).apply(x, y, number)
        return before, after


def some(section: Mapping[str, Json], base: Path | None) -> Samples:
    """Training samples of a `data` section whose list has a step at least. Raises DataError."""
    chosen = read(section)
    prepared = prepare(section, base)
    train = prepared.train
    few = torch.arange(min(KEPT, len(train)))
    split = Split(rows(train.x, few), train.y[few], train.pending)
    return Samples(split, chosen.info, prepared.preprocessing, prepared.feature_names)


def are_images(samples: Samples) -> bool:
    return samples.info.stored.kind == IMAGE
