"""Everything that is said of a network at the end: metrics of gathered predictions, and how sure they are.

The figures are scikit-learn's. Only what is drawn many times over, for the intervals, is worked out by hand
from sums (`bootstrap`); a test holds the two against each other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.training import bootstrap
from studio.training.bootstrap import Floats, Ranking, ratio

if TYPE_CHECKING:
    from torch import Tensor

AVERAGES = ("macro", "weighted", "micro")
_AUC_WORK, _AUC_FEWEST = 20_000_000, 100
"""numbers that draws of areas under curves may go through, a second or so; fewer draws say too little"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a network achieves on `samples` samples. `intervals`: of some of the metrics, the middle 95 %.

    `confusion[i][j]`: how many of class i were taken for class j (samples, or pixels). `by_class`: a metric
    of each class, column or label in order.
    """

    samples: int
    metrics: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    confusion: tuple[tuple[int, ...], ...] = ()
    by_class: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Verdict:
        """What `to_json` told; what was no number comes back as none."""
        return cls(
            int(table["samples"]),
            {name: value for name, value in table["metrics"].items() if value is not None},
            {name: (low, high) for name, (low, high) in table["intervals"].items()},
            tuple(tuple(row) for row in table["confusion"]),
            {name: tuple(values) for name, values in table["by_class"].items()},
        )


class Appraisal(ABC):
    """Gathers what each batch gives, on the processor, and judges all of it."""

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[Any], ...]] = []

    @abstractmethod
    def keep(self, prediction: Any, y: Tensor) -> tuple[Tensor, ...]:
        """What of a batch is needed, sample by sample."""

    @abstractmethod
    def measure(self, *gathered: NDArray[Any]) -> Verdict:
        """The verdict on all samples: what `keep` gave, one after the other."""

    def add(self, prediction: Any, y: Tensor) -> None:
        self._parts.append(tuple(part.cpu().numpy() for part in self.keep(prediction, y)))

    def result(self) -> Verdict:
        return self.measure(*(np.concatenate(column) for column in zip(*self._parts, strict=True)))


# -- classes -----------------------------------------------------------------------------------------


class Classes(Appraisal):
    """One of several classes. `activation` makes probabilities of scores: softmax, exp, or none of that."""

    def __init__(self, activation: str = "softmax") -> None:
        super().__init__()
        self._activation = activation

    def keep(self, prediction: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        match self._activation:
            case "softmax":
                return prediction.double().softmax(1), y
            case "exp":
                return prediction.double().exp(), y
            case _:
                return prediction.double(), y

    def measure(self, *gathered: NDArray[Any]) -> Verdict:
        from sklearn import metrics

        scores, y = gathered
        classes = scores.shape[1]
        names = range(classes)
        said = scores.argmax(1)
        found = {"accuracy": float(metrics.accuracy_score(y, said))}
        if k := _top(classes):
            found[f"top_{k}_accuracy"] = float(metrics.top_k_accuracy_score(y, scores, k=k, labels=names))
        if self._activation:
            found["log_loss"] = float(metrics.log_loss(y, scores, labels=names))
        found |= _areas(scores, y[:, None] == np.arange(classes))
        for average in AVERAGES:
            p, r, f, _ = metrics.precision_recall_fscore_support(
                y, said, labels=names, average=average, zero_division=0
            )
            found |= {
                f"precision_{average}": float(p),
                f"recall_{average}": float(r),
                f"f1_{average}": float(f),
            }
        p, r, f, n = metrics.precision_recall_fscore_support(y, said, labels=names, zero_division=0)
        by_class = {"precision": p, "recall": r, "f1": f, "samples": n}
        confusion = metrics.confusion_matrix(y, said, labels=names)
        return Verdict(
            len(y),
            found,
            self._intervals(scores, y, said),
            tuple(tuple(map(int, row)) for row in confusion),
            {name: tuple(map(float, values)) for name, values in by_class.items()},
        )

    def _intervals(
        self, scores: Floats, y: NDArray[Any], said: NDArray[Any]
    ) -> dict[str, tuple[float, float]]:
        classes = np.arange(scores.shape[1])
        true, taken = (y[:, None] == classes).astype(float), (said[:, None] == classes).astype(float)
        own = scores[np.arange(len(y)), y]
        each = {"accuracy": (said == y).astype(float)}
        if self._activation:
            each["log_loss"] = -np.log(np.clip(own, np.finfo(float).eps, 1))
        if k := _top(len(classes)):
            each[f"top_{k}_accuracy"] = ((scores > own[:, None]).sum(1) < k).astype(float)

        def draws(counts: Floats) -> dict[str, Floats]:
            found = {name: counts @ values / len(y) for name, values in each.items()}
            return found | of_counts(counts @ (true * taken), counts @ taken, counts @ true)

        return bootstrap.intervals(len(y), draws) | _area_intervals(scores, true.astype(bool))


def _top(classes: int) -> int:
    """Among how many of the highest scores the right class is looked for; 0 for none."""
    return 5 if classes > 10 else 3 if classes > 4 else 0


def of_counts(both: Floats, said: Floats, true: Floats) -> dict[str, Floats]:
    """Precision, recall and F1 in each average, from right, said and true counts (draws, classes)."""
    precision, recall, f1 = ratio(both, said), ratio(both, true), ratio(2 * both, said + true)
    share = ratio(true, true.sum(1, keepdims=True))
    found = {}
    for name, values in (("precision", precision), ("recall", recall), ("f1", f1)):
        found[f"{name}_macro"] = values.mean(1)
        found[f"{name}_weighted"] = (values * share).sum(1)
    all_both, all_said, all_true = both.sum(1), said.sum(1), true.sum(1)
    found["precision_micro"], found["recall_micro"] = ratio(all_both, all_said), ratio(all_both, all_true)
    found["f1_micro"] = ratio(2 * all_both, all_said + all_true)
    return found


def _areas(scores: Floats, true: NDArray[np.bool_]) -> dict[str, float]:
    """ROC-AUC and PR-AUC, the mean over the classes of which there are samples inside and outside."""
    from sklearn import metrics

    there = [c for c in range(true.shape[1]) if 0 < true[:, c].sum() < len(true)]
    if not there:
        return {}
    roc = [metrics.roc_auc_score(true[:, c], scores[:, c]) for c in there]
    pr = [metrics.average_precision_score(true[:, c], scores[:, c]) for c in there]
    return {"roc_auc": float(np.mean(roc)), "pr_auc": float(np.mean(pr))}


def _area_intervals(scores: Floats, true: NDArray[np.bool_]) -> dict[str, tuple[float, float]]:
    there = [c for c in range(true.shape[1]) if 0 < true[:, c].sum() < len(true)]
    resamples = min(bootstrap.RESAMPLES, _AUC_WORK // (len(true) * max(1, len(there))))
    if not there or resamples < _AUC_FEWEST:
        return {}
    rankings = [Ranking(scores[:, c], true[:, c]) for c in there]

    def draws(counts: Floats) -> dict[str, Floats]:
        areas = np.array([ranking.areas(counts) for ranking in rankings])  # (classes, 2, draws)
        with np.errstate(invalid="ignore"):
            roc, pr = np.ma.masked_invalid(areas).mean(0).filled(np.nan)
        return {"roc_auc": roc, "pr_auc": pr}

    return bootstrap.intervals(len(true), draws, resamples)


class Binary(Classes):
    """Two classes from one score (N, 1) before the sigmoid, targets (N, 1)."""

    def keep(self, prediction: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        import torch

        likely = prediction.double().sigmoid()
        return torch.cat([1 - likely, likely], 1), y.squeeze(1).long()


class Labels(Appraisal):
    """Any number of labels: scores before the sigmoid and targets, (N, labels) both."""

    def keep(self, prediction: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        return prediction.double().sigmoid(), y > 0.5

    def measure(self, *gathered: NDArray[Any]) -> Verdict:
        from sklearn import metrics

        scores, true = gathered
        said = scores > 0.5
        found = {
            "subset_accuracy": float(metrics.accuracy_score(true, said)),
            "hamming_loss": float(metrics.hamming_loss(true, said)),
        }
        for average in AVERAGES:
            p, r, f, _ = metrics.precision_recall_fscore_support(true, said, average=average, zero_division=0)
            found |= {
                f"precision_{average}": float(p),
                f"recall_{average}": float(r),
                f"f1_{average}": float(f),
            }
        columns = [
            metrics.log_loss(true[:, c], scores[:, c], labels=[False, True]) for c in range(true.shape[1])
        ]
        found["log_loss"] = float(np.mean(columns))
        found |= _areas(scores, true)
        p, r, f, n = metrics.precision_recall_fscore_support(true, said, average=None, zero_division=0)
        whole, right = (said == true).all(1).astype(float), (said == true).mean(1)
        sides = [(said & true).astype(float), said.astype(float), true.astype(float)]

        def draws(counts: Floats) -> dict[str, Floats]:
            sums = {
                "subset_accuracy": counts @ whole / len(true),
                "hamming_loss": 1 - counts @ right / len(true),
            }
            return sums | of_counts(*(counts @ side for side in sides))

        by_class = {"precision": p, "recall": r, "f1": f, "samples": n}
        return Verdict(
            len(true),
            found,
            bootstrap.intervals(len(true), draws) | _area_intervals(scores, true),
            by_class={name: tuple(map(float, values)) for name, values in by_class.items()},
        )


# -- numbers -----------------------------------------------------------------------------------------


class Numbers(Appraisal):
    """Predictions and targets (N, columns) in the data's own units."""

    def keep(self, prediction: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        return prediction.double(), y.double()

    def measure(self, *gathered: NDArray[Any]) -> Verdict:
        from sklearn import metrics

        guess, true = gathered
        found = {
            "mae": float(metrics.mean_absolute_error(true, guess)),
            "rmse": float(metrics.root_mean_squared_error(true, guess)),
            "mape": float(metrics.mean_absolute_percentage_error(true, guess)),
        }
        by_class: dict[str, tuple[float, ...]] = {}
        if len(true) > 1 and bool((true.std(0) > 0).all()):
            found["r2"] = float(metrics.r2_score(true, guess))
            if true.shape[1] > 1:
                by_class["r2"] = tuple(map(float, metrics.r2_score(true, guess, multioutput="raw_values")))
        if true.shape[1] > 1:
            each = metrics.mean_absolute_error(true, guess, multioutput="raw_values")
            by_class["mae"] = tuple(map(float, each))
        return Verdict(len(true), found, self._intervals(guess, true), by_class=by_class)

    def _intervals(self, guess: Floats, true: Floats) -> dict[str, tuple[float, float]]:
        error, n = guess - true, len(true)
        center = true - true.mean(0)  # sums of squares far from zero would lose their digits
        relative = np.abs(error) / np.maximum(np.abs(true), np.finfo(np.float64).eps)

        def draws(counts: Floats) -> dict[str, Floats]:
            squared = counts @ np.square(error)
            spread = counts @ np.square(center) - np.square(counts @ center) / n
            with np.errstate(divide="ignore", invalid="ignore"):
                r2 = np.where(spread > 0, 1 - squared / spread, np.nan).mean(1)
            return {
                "mae": (counts @ np.abs(error)).mean(1) / n,
                "rmse": np.sqrt(squared / n).mean(1),
                "mape": (counts @ relative).mean(1) / n,
                "r2": r2,
            }

        return bootstrap.intervals(n, draws)


class Values(Appraisal):
    """A reconstruction against what it should be, (N, ...) both: sums over the values of each sample.

    What `more` makes of what else was kept are numbers of each sample, by name: their means are metrics too.
    """

    def keep(self, prediction: Any, y: Tensor) -> tuple[Tensor, ...]:
        error, true = (prediction - y).double().flatten(1), y.double().flatten(1)
        return error.abs().mean(1), error.square().mean(1), true

    def measure(self, *gathered: NDArray[Any]) -> Verdict:
        absolute, squared, true, *_ = gathered
        spread = np.square(true - true.mean(0)).mean(1)

        def draws(counts: Floats) -> dict[str, Floats]:
            n, missed = len(true), counts @ squared
            found = {"mae": counts @ absolute / n, "rmse": np.sqrt(missed / n)}
            found |= {name: counts @ values / n for name, values in self.more(*gathered[3:]).items()}
            return found | {"r2": 1 - missed / np.maximum(counts @ spread, 1e-300)} if spread.any() else found

        whole = {name: float(values[0]) for name, values in draws(np.ones((1, len(true)))).items()}
        return Verdict(len(true), whole, bootstrap.intervals(len(true), draws))

    def more(self, *gathered: NDArray[Any]) -> dict[str, Floats]:
        """Of what `keep` gave beside the first three."""
        return {}


class Codes(Values):
    """A reconstruction, and how far codes with this mean and logarithm of the variance are from normal."""

    def keep(self, prediction: Any, y: Tensor) -> tuple[Tensor, ...]:
        from studio.training.objectives.variational import divergence

        return (*super().keep(prediction[0], y), divergence(*prediction[1:]).double())

    def more(self, *gathered: NDArray[Any]) -> dict[str, Floats]:
        return {"kl": gathered[0]}


# -- pixels ------------------------------------------------------------------------------------------


class Pixels(Appraisal):
    """Scores (N, classes, H, W) and classes (N, H, W): which class was taken for which, image by image."""

    def keep(self, prediction: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        n, classes = prediction.shape[:2]
        pairs = y * classes + prediction.argmax(1)
        import torch

        first = torch.arange(n, device=y.device).view(-1, *[1] * (y.dim() - 1)) * classes**2
        found = (pairs + first).flatten().bincount(minlength=n * classes**2)
        return (found.view(n, classes, classes),)

    def measure(self, *gathered: NDArray[Any]) -> Verdict:
        (tables,) = gathered
        n, classes = tables.shape[:2]
        flat = tables.reshape(n, -1).astype(float)

        def draws(counts: Floats) -> dict[str, Floats]:
            iou, dice, confusion = _overlap((counts @ flat).reshape(-1, classes, classes))
            right = np.trace(confusion, axis1=1, axis2=2) / confusion.sum((1, 2))
            return {"iou": np.nanmean(iou, 1), "dice": np.nanmean(dice, 1), "pixel_accuracy": right}

        one = np.ones((1, n))
        iou, dice, _ = _overlap(tables.sum(0)[None].astype(float))
        return Verdict(
            n,
            {name: float(values[0]) for name, values in draws(one).items()},
            bootstrap.intervals(n, draws),
            tuple(tuple(map(int, row)) for row in tables.sum(0)),
            {"iou": tuple(map(float, iou[0])), "dice": tuple(map(float, dice[0]))},
        )


def _overlap(confusion: Floats) -> tuple[Floats, Floats, Floats]:
    """IoU and dice of each class (draws, classes), NaN for one that is neither there nor said."""
    right = np.diagonal(confusion, axis1=1, axis2=2)
    both = confusion.sum(1) + confusion.sum(2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return right / (both - right), 2 * right / both, confusion


# -- shares ------------------------------------------------------------------------------------------


class Share(Appraisal):
    """A number of each sample, `value(prediction, y)` over all of them; the metric `name` is their mean."""

    def __init__(self, name: str, value: Any) -> None:
        super().__init__()
        self._name, self._value = name, value

    def keep(self, prediction: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        return prediction, y

    def measure(self, *gathered: NDArray[Any]) -> Verdict:
        each = np.asarray(self._value(*gathered), dtype=float)
        mean = {self._name: float(each.mean())}
        span = bootstrap.intervals(len(each), lambda counts: {self._name: counts @ each / len(each)})
        return Verdict(len(each), mean, span)
