"""The tables that come with scikit-learn: rows of numbers, nothing to fetch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio.data.source import Place, Raw


def classes(name: str) -> Callable[[Place], Raw]:
    """Reads a table whose target is a class: x (N, F) float32, y (N,) int64. `name` is scikit-learn's."""

    def load(_: Place) -> Raw:
        import torch

        bunch = _bunch(name)
        return Raw(torch.from_numpy(bunch.data).float(), torch.from_numpy(bunch.target).long())

    return load


def numbers(name: str, **options: Any) -> Callable[[Place], Raw]:
    """Reads a table whose target is a number: x (N, F) float32, y (N, 1) float32 in the data's own units.

    `options` are those of scikit-learn's loader.
    """

    def load(_: Place) -> Raw:
        import torch

        bunch = _bunch(name, **options)
        return Raw(torch.from_numpy(bunch.data).float(), torch.from_numpy(bunch.target).float().unsqueeze(1))

    return load


def _bunch(name: str, **options: Any) -> Any:
    from sklearn import datasets

    return getattr(datasets, f"load_{name}")(**options)
