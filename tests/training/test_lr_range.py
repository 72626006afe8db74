"""The learning-rate finder: where the loss falls steepest, and the project is as it was."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.graph.model import ProjectData
from studio.training.commands import Commands
from studio.training.lr_range import LOWEST, MARGIN, RangeError, find, has_blown_up, judge, smooth
from studio.training.progress import Progress

Make = Callable[..., ProjectData]
RATES = [LOWEST * 10 ** (i / 10) for i in range(80)]


def valley(rate: float) -> float:
    """Falls around 1e-3 and explodes beyond 0.1."""
    return 2.0 - 1.5 / (1 + math.exp(-4 * (math.log10(rate) + 3))) + max(0.0, math.log10(rate) + 1) ** 2 * 30


def test_the_steepest_descent_is_suggested_and_what_blew_up_is_cut_off() -> None:
    found = judge(RATES, [valley(rate) for rate in RATES])

    assert 3e-4 < found.suggestion < 1e-2
    assert found.suggestion < found.rates[found.smoothed.index(min(found.smoothed))]
    assert len(found.rates) == len(found.losses) == len(found.smoothed) < len(RATES)
    assert str(found.reason)


def test_a_loss_that_never_falls_recommends_nothing() -> None:
    with pytest.raises(RangeError, match="fell at none of the rates"):
        judge(RATES, [1.0 + i * 0.01 for i in range(80)])


def test_a_loss_that_is_no_number_at_once_recommends_nothing() -> None:
    with pytest.raises(RangeError, match="too few to tell"):
        judge(RATES, [1.0] * MARGIN + [math.nan] * 75)


def test_smoothing_begins_with_the_first_loss_itself() -> None:
    assert smooth([3.0, 3.0, 3.0]) == pytest.approx([3.0, 3.0, 3.0])
    assert has_blown_up([1.0, 0.5, 2.1]) and not has_blown_up([1.0, 0.5, 1.9])


def test_a_project_gets_a_rate_and_nothing_is_written(iris: Make, tmp_path: Path) -> None:
    progress = Progress()

    found = find(iris(), None, tmp_path / "iris.runs", progress)

    assert found.rates[0] == pytest.approx(LOWEST)
    assert 1e-4 < found.suggestion < 5
    assert progress.step >= len(found.rates)
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_finds_the_same(iris: Make, tmp_path: Path) -> None:
    assert find(iris(), None, tmp_path).losses == find(iris(), None, tmp_path).losses


def test_it_can_be_stopped(iris: Make, tmp_path: Path) -> None:
    commands = Commands()
    commands.stop()
    with pytest.raises(RangeError):
        find(iris(), None, tmp_path, commands=commands)
