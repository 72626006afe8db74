"""Rare classes made to count: by a weight in the loss, or by being drawn more often."""

from __future__ import annotations

import torch
from torch import Tensor

from studio.training.options import BALANCED, OptionError, Options
from studio.words import Message

MOST_DRAWN = 2**24
"""what torch.multinomial can choose from"""


def of_classes(options: Options, y: Tensor, classes: int) -> Tensor | None:
    """The weight of each class in the loss (classes,), float32; None where all count the same.

    "balanced" is samples / (classes * samples of the class), as in scikit-learn. `y` (N,) are the training
    targets. Raises OptionError where weights were given for another number of classes.
    """
    given = options.class_weights
    if given is None:
        return None
    if given == BALANCED:
        counts = torch.bincount(y.cpu(), minlength=classes).double()
        return (len(y) / (classes * counts.clamp(min=1))).float().to(y.device)
    if len(given) != classes:
        raise OptionError(
            Message(
                "training.class_weights has {found} numbers, and the data has {classes} classes. Give one "
                "for each, or balanced.",
                found=len(given),
                classes=classes,
            )
        )
    return torch.tensor(given, dtype=torch.float32, device=y.device)


def of_samples(options: Options, y: Tensor) -> Tensor | None:
    """How likely each sample is drawn (N,), float64 on the CPU; None where every one comes once an epoch.

    As torch.utils.data.WeightedRandomSampler takes them: every class has the same share of the draws.
    Raises OptionError where there are more samples than can be drawn from.
    """
    if options.sampler != BALANCED:
        return None
    if len(y) > MOST_DRAWN:
        raise OptionError(
            Message(
                "The sampler balanced can draw from {most} samples at most. Set training.class_weights to "
                "balanced instead.",
                most=MOST_DRAWN,
            )
        )
    labels = y.cpu()
    return (1.0 / torch.bincount(labels).double())[labels]
