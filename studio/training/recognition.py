"""What else is asked of networks that learn without classes, once they are trained: a classifier tells.

Of a GAN, how many classes it sees among what was made; of vectors, how well it tells classes by them when it
is shown a few. The classifiers are scikit-learn's logistic regression, which has one best answer and no seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.training import bootstrap
from studio.training.appraisal import Appraisal, Verdict
from studio.training.bootstrap import Floats

if TYPE_CHECKING:
    from torch import Tensor

    from studio.data.prepare import Prepared, Split

SURE = 0.7
"""how likely a class has to be for what was made to count as recognised"""
LEAST = 0.02
"""the share of what was made that a class needs to be there"""
MOST, MOST_VALUES = 2000, 4096
"""training samples that the classifier of a GAN is fitted on, and values a sample of which it still is"""
LABELS = 10
"""labels of each class that a classifier of vectors is shown"""
_ITERATIONS = 1000


def recognisable(data: Prepared) -> bool:
    """Whether a classifier can be fitted on the samples: one class for each, and not too many values."""
    return data.context.task == "classification" and data.train.inputs(slice(0, 1)).numel() <= MOST_VALUES


def few(train: Split) -> tuple[Tensor, Tensor]:
    """The first `LABELS` samples of each class, (n, ...) as a network takes them, and their classes (n,)."""
    import torch

    classes = range(int(train.y.max()) + 1)
    index = torch.cat([torch.nonzero(train.y == c).flatten()[:LABELS] for c in classes])
    return train.inputs(index), train.y[index]


class Recognised(Appraisal):
    """Of predictions whose last part was made by a GAN, (N, ...): the classes that are there.

    `classes_recognised`: of how many classes at least `LEAST` of all samples are surely one, so 0 to all;
    `recognised`: the share of samples that surely are of some class.
    """

    def __init__(self, train: Split) -> None:
        super().__init__()
        self._train = train

    def keep(self, prediction: Any, y: Tensor) -> tuple[Tensor, ...]:
        return (prediction[-1].double().flatten(1),)

    def measure(self, *gathered: NDArray[Any]) -> Verdict:
        from sklearn.linear_model import LogisticRegression

        (made,) = gathered
        some = slice(0, MOST)
        images = self._train.inputs(some).double().flatten(1).cpu().numpy()
        judge = LogisticRegression(max_iter=_ITERATIONS).fit(images, self._train.y[some].cpu().numpy())
        chances = judge.predict_proba(made)
        sure = (chances > SURE).astype(float)  # at most one of each row

        def draws(counts: Floats) -> dict[str, Floats]:
            shares = counts @ sure / len(made)
            return {
                "classes_recognised": (shares >= LEAST).sum(1).astype(float),
                "recognised": shares.sum(1),
            }

        whole = {name: float(values[0]) for name, values in draws(np.ones((1, len(made)))).items()}
        by_class = {"recognised": tuple(map(float, sure.mean(0)))}
        return Verdict(len(made), whole, bootstrap.intervals(len(made), draws), by_class=by_class)


class Probed(Appraisal):
    """Of vectors (N, values) beside those of labelled samples (n, values): what they say of classes.

    `neighbour_accuracy`: the share whose nearest other vector, by the angle, is of the same class;
    `probe_accuracy`: the share that a linear classifier gets right which knows the `labels` (n,) only.
    """

    def __init__(self, labels: Tensor) -> None:
        super().__init__()
        self._labels = labels.cpu().numpy()
        self._shown: NDArray[Any] = np.empty(0)

    def keep(self, prediction: Any, y: Tensor) -> tuple[Tensor, ...]:
        vectors, shown = prediction
        self._shown = shown.double().cpu().numpy()
        return vectors, y

    def measure(self, *gathered: NDArray[Any]) -> Verdict:
        import torch
        from sklearn.linear_model import LogisticRegression

        from studio.training.objectives.contrastive import neighbours

        vectors, y = gathered
        near = neighbours(torch.from_numpy(vectors), torch.from_numpy(y)).numpy()
        probe = LogisticRegression(max_iter=_ITERATIONS).fit(self._shown, self._labels)
        each = {"neighbour_accuracy": near, "probe_accuracy": probe.predict(vectors.astype(float)) == y}

        def draws(counts: Floats) -> dict[str, Floats]:
            return {name: counts @ right.astype(float) / len(y) for name, right in each.items()}

        whole = {name: float(right.mean()) for name, right in each.items()}
        return Verdict(len(y), whole, bootstrap.intervals(len(y), draws))
