"""The last word on a network: every metric of its objective on a part of the data, and how sure each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from studio.data.batches import batches
from studio.data.prepare import Prepared, Split
from studio.training.appraisal import Verdict
from studio.training.judging import with_room
from studio.training.objectives import Objective

PARTS = ("validation", "test")
"""what a run's record may judge at its end; the training data are judged when somebody asks"""


def appraise(module: nn.Module, split: Split, objective: Objective, batch_size: int) -> Verdict | None:
    """The verdict on kept weights; None where there are no samples, or the loss says all there is to say.

    `objective` is that of kept weights (`Objective.of_kept`).
    """
    if not len(split) or objective.appraisal() is None:
        return None
    module.eval()
    return with_room(lambda size: _appraise(module, split, objective, size), batch_size)


def _appraise(module: nn.Module, split: Split, objective: Objective, batch_size: int) -> Verdict:
    appraisal = objective.appraisal()
    assert appraisal is not None
    with torch.no_grad():
        for x, y in batches(split, batch_size):
            _, prediction, target = objective.judge(module, x, y)
            appraisal.add(prediction, target)
    return appraisal.result()


def of(
    module: nn.Module, data: Prepared, objective: Objective, batch_size: int, parts: Sequence[str] = PARTS
) -> dict[str, Any]:
    """The verdicts on `parts` as a record keeps them: `Verdict.to_json`, or None."""
    found = {part: appraise(module, getattr(data, part), objective, batch_size) for part in parts}
    return {part: None if verdict is None else verdict.to_json() for part, verdict in found.items()}
