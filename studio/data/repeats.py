"""Samples that come more than once: known by their inputs alone, as they are stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from studio.data.rows import Stored, parts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

KEEP, DROP = "keep", "drop"
"""what `data.duplicates` may say of samples whose inputs an earlier one has"""
CHUNK = 4096
"""samples that are held in memory at a time"""


def digests(x: Tensor | Stored) -> NDArray[np.uint64]:
    """(N,) uint64, one for each sample of (N, ...), equal where the samples are and hardly ever elsewhere."""
    import numpy as np

    found = np.empty(len(x), dtype=np.uint64)
    place = 0
    for part in parts(x, CHUNK):
        rows = part.contiguous().numpy()
        told = b"".join(hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in rows)
        found[place : place + len(rows)] = np.frombuffer(told, dtype=np.uint64)
        place += len(rows)
    return found


def first_of_each(x: Tensor | Stored) -> Tensor:
    """(N,) whether no sample before it has the same inputs."""
    import numpy as np
    import torch

    found = torch.zeros(len(x), dtype=torch.bool)
    found[torch.from_numpy(np.unique(digests(x), return_index=True)[1])] = True
    return found
