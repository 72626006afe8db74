"""How metrics are called and written, wherever they are shown. Light: no NumPy, no pyqtgraph."""

from __future__ import annotations

import math
from collections.abc import Mapping

from studio import quantities
from studio.words import tr

PERCENT = (
    "accuracy",
    "top_3_accuracy",
    "top_5_accuracy",
    "subset_accuracy",
    "pixel_accuracy",
    "neighbour_accuracy",
    "probe_accuracy",
    "recognised",
    "next_accuracy",
    "mape",
)
SHORT = {"mae": "MAE", "r2": "R²", "rmse": "RMSE", "mape": "MAPE", "iou": "IoU", "kl": "KL", "f1_micro": "F1"}


def metric_title(metric: str) -> str:
    known = {
        "loss": tr("Loss"),
        "accuracy": tr("Accuracy"),
        "mae": tr("Mean absolute error"),
        "r2": tr("R²"),
        "rmse": tr("Root mean squared error"),
        "mape": tr("Mean absolute percentage error"),
        "top_3_accuracy": tr("Among the first 3"),
        "top_5_accuracy": tr("Among the first 5"),
        "subset_accuracy": tr("All labels right"),
        "hamming_loss": tr("Wrong labels (Hamming)"),
        "pixel_accuracy": tr("Pixels right"),
        "neighbour_accuracy": tr("Nearest neighbour right"),
        "probe_accuracy": tr("Right from ten labels a class"),
        "classes_recognised": tr("Classes recognised"),
        "recognised": tr("Samples recognised"),
        "iou": tr("Intersection over union"),
        "dice": tr("Dice"),
        "kl": tr("KL divergence (nats)"),
        "log_loss": tr("Log-loss"),
        "roc_auc": tr("Area under ROC"),
        "pr_auc": tr("Area under precision–recall"),
        "perplexity": tr("Perplexity"),
        "next_accuracy": tr("Next one right"),
        "generator_loss": tr("Loss of the generator"),
        "discriminator_loss": tr("Loss of the discriminator"),
        "real_score": tr("Mean score of real samples"),
        "fake_score": tr("Mean score of generated samples"),
        "mean_return": tr("Mean return"),
        "lr": tr("Learning rate"),
    }
    if metric in known:
        return known[metric]
    name, _, average = metric.rpartition("_")
    averages = {"macro": tr("macro"), "micro": tr("micro"), "weighted": tr("weighted")}
    names = {"precision": tr("Precision"), "recall": tr("Recall"), "f1": "F1"}
    if name in names and average in averages:
        return f"{names[name]} ({averages[average]})"
    return metric


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
