"""Many picture files as samples: what they are like, and their pixels in memory or in a mapped file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.data import decoded
from studio.data.decoded import Decoded
from studio.data.rows import Stored
from studio.data.source import DataError
from studio.data.watching import Watch, quiet, within
from studio.graph.values import Json
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"))
LARGEST = 224
"""pixels of a side that are taken without being asked for"""
FAULTY_LIMIT = 0.05
"""the share of pictures that may not open before all are refused"""
HELD = 256 * 2**20
"""bytes up to which pictures are held in memory; more stay in the file of the cache"""


@dataclass(frozen=True, slots=True)
class Survey:
    """What pictures are like: the size and colour to bring them to, and those that do not open, and why."""

    size: tuple[int, int]
    channels: int
    broken: Mapping[int, str]


def survey(path: Path, files: Sequence[str], told: Mapping[str, Json], watch: Watch = quiet) -> Survey:
    """Opens every picture of `path`: the most frequent size, whether there is colour. Raises DataError.

    They are decoded on the way, so that who loads them next finds them.
    """
    facts, broken = decoded.facts(files, within(watch, 0.0, 0.2))
    _refuse_many(path, files, broken)
    whole = [fact for fact in facts if fact is not None]
    sizes = Counter((height, width) for height, width, _ in whole)
    size = _size(told.get("size"), sizes.most_common(1)[0][0])
    channels = told.get("channels") or (3 if any(colour for _, _, colour in whole) else 1)
    shape = (3 if channels != 1 else 1, *size)
    broken = {**broken, **decoded.pictures(files, shape, within(watch, 0.2, 1.0)).broken}
    _refuse_many(path, files, broken)
    return Survey(size, shape[0], dict(sorted(broken.items())))


def _refuse_many(path: Path, files: Sequence[str], broken: Mapping[int, str]) -> None:
    if len(broken) > FAULTY_LIMIT * len(files):
        first = min(broken)
        raise DataError(
            Message(
                "{n} of {all} images in {path} do not open, {file} first: {reason}. Is it the right folder?",
                n=len(broken),
                all=len(files),
                path=path,
                file=_below(path, files[first]),
                reason=broken[first],
            )
        )


def _below(path: Path, file: str) -> str:
    found = Path(file)
    return found.relative_to(path).as_posix() if found.is_relative_to(path) else file


def _size(told: Json, usual: tuple[int, int]) -> tuple[int, int]:
    if isinstance(told, list | tuple) and len(told) == 2:
        return int(str(told[0])), int(str(told[1]))
    shrink = min(1.0, LARGEST / max(usual))
    return max(1, round(usual[0] * shrink)), max(1, round(usual[1] * shrink))


def samples(found: Decoded, chosen: Sequence[int]) -> Tensor | Stored:
    """The pictures at the places `chosen`, uint8 (n, channels, height, width)."""
    import torch

    order = torch.tensor(chosen, dtype=torch.int64)
    if found.x.numel() <= HELD:
        return found.x.index_select(0, order)
    return Stored(found.x, order, digest=found.digest)
