"""What the Data panel says of the data: sizes, counts, what went wrong. Knows no widgets."""

from __future__ import annotations

from typing import Any

from studio import quantities
from studio.app.settings_panel import preview
from studio.words import Message, NetloomError, tr


def share(value: float) -> Message | None:
    return None if 0 <= value < 1 else Message("A share from 0 to below 1 is needed: 0.1 is a tenth.")


def size_text(info: Any) -> str:
    parts = [tr("{n} samples", n=quantities.count(info.samples))]
    if info.test_samples:
        parts.append(tr("{n} test samples", n=quantities.count(info.test_samples)))
    parts.append("×".join(map(str, info.given)))
    parts.append(_target_text(info.task, info.outputs))
    return " · ".join(parts)


def _target_text(task: str, outputs: int) -> str:
    """What is to be found out of a sample."""
    n = quantities.count(outputs)
    match task:
        case "classification":
            return tr("{n} classes", n=n)
        case "segmentation":
            return tr("{n} classes for each pixel", n=n)
        case "multilabel":
            return tr("{n} labels", n=n)
        case "dqn":
            return tr("{n} actions to choose from", n=n)
    return tr("a number to predict") if outputs == 1 else tr("{n} numbers to predict", n=n)


def counts_text(found: preview.Preview) -> str:
    train, validation, test = (quantities.count(n) for n in found.counts)
    said = tr(
        "{train} to train · {validation} to validate · {test} to test",
        train=train,
        validation=validation,
        test=test,
    )
    if found.skipped:
        said += " · " + tr("{n} faulty skipped", n=quantities.count(found.skipped))
    if found.dropped:
        said += " · " + tr("{n} left out", n=quantities.count(found.dropped))
    return said


def error_text(error: Exception, download: bool) -> str:
    text = str(error) if isinstance(error, NetloomError) else f"{type(error).__name__}: {error}"
    if download:
        return text + " " + tr("They are downloaded when training starts, or now:")
    return text
