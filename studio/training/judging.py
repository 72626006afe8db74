"""What a network is worth on samples that nothing is learned from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

from studio.data.batches import batches
from studio.data.prepare import Split
from studio.training import machine, ranks, together
from studio.training.objectives import Objective

EVALUATION_BATCH = 256
Found = TypeVar("Found")


def evaluate(module: nn.Module, split: Split, objective: Objective, batch_size: int) -> dict[str, float]:
    """Loss and metrics of `split` in evaluation mode; empty where it has no samples."""
    if not len(split):
        return {}
    module.eval()
    return with_room(lambda size: _evaluate(module, split, objective, size), batch_size)


def with_room(work: Callable[[int], Found], batch_size: int) -> Found:
    """What `work` gives with batches as large as the memory allows. Raises what it raises."""
    size = max(batch_size, EVALUATION_BATCH)
    while True:
        try:
            return work(size)
        except (RuntimeError, MemoryError) as error:
            if not machine.out_of_memory(error) or size == 1:
                raise
        size = -(-size // 2)


def _evaluate(module: nn.Module, split: Split, objective: Objective, batch_size: int) -> dict[str, float]:
    meter, total = objective.meter(), torch.zeros((), dtype=torch.float32, device=split.y.device)
    own = together.part(split, objective)
    with torch.no_grad():
        for x, y in batches(own, batch_size):
            loss, prediction, target = objective.judge(module, x, y)
            total += loss * len(x)
            meter.add(prediction, target)
    if len(own) < len(split):
        total, meter = ranks.summed({"loss": total})["loss"], together.merged(meter, objective)
    return {"loss": float(total) / len(split), **meter.result()}
