"""Samples that come more than once: known by their inputs alone, as they are stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from studio.data.rows import Stored, parts

if TYPE_CHECKING:
    from torch import Tensor

KEEP, DROP = "keep", "drop"
"""what `data.duplicates` may say of samples whose inputs an earlier one has"""
CHUNK = 4096
"""samples that are held in memory at a time"""


def digests(x: Tensor | Stored) -> list[bytes]:
    """One for each sample of (N, ...), equal where the samples are."""
    return [
        hashlib.blake2b(row.tobytes(), digest_size=12).digest()
        for part in parts(x, CHUNK)
        for row in part.contiguous().numpy()
    ]


def first_of_each(x: Tensor | Stored) -> Tensor:
    """(N,) whether no sample before it has the same inputs."""
    import torch

    known: set[bytes] = set()
    found = torch.zeros(len(x), dtype=torch.bool)
    for place, digest in enumerate(digests(x)):
        found[place] = digest not in known
        known.add(digest)
    return found
