"""Which samples fitted steps leave out: those with missing values, and in training those with outliers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio.data.rows import parts
from studio.data.steps.kind import CHUNK, Operation

if TYPE_CHECKING:
    from torch import Tensor

    from studio.data.rows import Stored


def kept(operations: Sequence[Operation], x: Tensor | Stored, training: bool) -> Tensor | None:
    """(N,) whether each stored sample stays; None where none is asked to go."""
    import torch

    drops = [i for i, o in enumerate(operations) if o["type"] == "drop" and (training or "missing" in o)]
    if not drops:
        return None
    found = [_stays(operations, drops, part) for part in parts(x, CHUNK)]
    return torch.cat(found) if found else torch.ones(0, dtype=torch.bool)


def _stays(operations: Sequence[Operation], drops: Sequence[int], x: Tensor) -> Tensor:
    import torch

    from studio.data.steps import operations as arithmetic

    stays = torch.ones(len(x), dtype=torch.bool, device=x.device)
    for i in drops:
        values, drop = arithmetic.apply(operations[:i], x), operations[i]
        if "missing" in drop:
            stays &= ~torch.isnan(values[:, list(drop["missing"])]).any(1)
        else:  # what is missing is no outlier
            clipped = arithmetic.clip(drop, values)
            stays &= ((clipped == values) | torch.isnan(values)).all(1)
    return stays
