"""How metrics are called and written, wherever they are shown. Light: no NumPy, no pyqtgraph."""

from __future__ import annotations

import math
from collections.abc import Mapping

from studio import quantities
from studio.words import tr

PERCENT = ("accuracy",)
SHORT = {"mae": "MAE", "r2": "R²"}


def metric_title(metric: str) -> str:
    known = {
        "loss": tr("Loss"),
        "accuracy": tr("Accuracy"),
        "mae": tr("Mean absolute error"),
        "r2": tr("R²"),
    }
    return known.get(metric, metric)


def metric_text(metric: str | None, value: float) -> str:
    """A value as the legend writes it: 0.0412, 98.8 %."""
    if not math.isfinite(value):
        return tr("not finite")
    if metric in PERCENT:
        return f"{100 * value:.1f} %"
    return quantities.significant(value)


def metrics_text(values: Mapping[str, float], between: str = ", ") -> str:
    """ "loss 0.0412, accuracy 98.8 %, R² 0.51"; the names as PyTorch users write them."""
    return between.join(
        f"{SHORT.get(name, name)} {metric_text(name, value)}" for name, value in values.items()
    )
