"""The decimation that curves are drawn from: faithful at every zoom, the same however the points came in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.app.curves.pyramid import Pyramid
from studio.app.curves.smoothing import Smoothing

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=600)
pieces = st.lists(st.integers(1, 97), min_size=1, max_size=20)


def filled(points: list[float], sizes: list[int]) -> Pyramid:
    """A pyramid that got its points in pieces of `sizes`, again and again."""
    pyramid, start, turn = Pyramid(), 0, 0
    while start < len(points):
        size = sizes[turn % len(sizes)]
        part = np.array(points[start : start + size])
        pyramid.append(np.arange(start, start + len(part), dtype=float), part)
        start, turn = start + size, turn + 1
    return pyramid


@given(values, pieces, st.integers(2, 60))
@settings(deadline=None)
def test_the_envelope_of_everything_keeps_both_extremes(
    points: list[float], sizes: list[int], bins: int
) -> None:
    _, y = filled(points, sizes).envelope(0, len(points), bins)
    assert y.min() == min(points)
    assert y.max() == max(points)


@given(values, pieces, st.integers(2, 60), st.data())
@settings(deadline=None)
def test_every_point_in_view_lies_inside_what_is_drawn_where_it_is(
    points: list[float], sizes: list[int], bins: int, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(points) - 1))
    last = data.draw(st.integers(first, len(points) - 1))
    x, y = filled(points, sizes).envelope(first, last, bins)
    for place in range(first, last + 1):
        # the line through the column of this place: its own two ends, and where it comes from
        left, right = np.searchsorted(x, place, "left"), np.searchsorted(x, place, "right")
        near = y[max(0, left - 1) : right + 1]
        assert near.min() <= points[place] <= near.max()


@given(values, pieces, st.integers(2, 60))
@settings(deadline=None)
def test_what_is_drawn_does_not_grow_with_the_points(
    points: list[float], sizes: list[int], bins: int
) -> None:
    x, y = filled(points, sizes).envelope(0, len(points), bins)
    assert len(x) == len(y) <= 2 * (bins + 2)
    assert (np.diff(x) >= 0).all()


@given(values, pieces, pieces, st.integers(2, 60))
@settings(deadline=None)
def test_it_does_not_matter_in_which_pieces_the_points_came(
    points: list[float], some: list[int], others: list[int], bins: int
) -> None:
    one, two = filled(points, some), filled(points, others)
    for mine, theirs in zip(
        one.envelope(0, len(points), bins), two.envelope(0, len(points), bins), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
    assert one.bounds() == two.bounds() == (min(points), max(points))


def test_one_spike_among_a_million_steps_is_drawn() -> None:
    pyramid = Pyramid()
    losses = np.ones(1_000_000)
    losses[654_321] = 17.0
    for start in range(0, len(losses), 1000):
        pyramid.append(np.arange(start, start + 1000, dtype=float), losses[start : start + 1000])
    x, y = pyramid.envelope(0, 1_000_000, 600)
    assert y.max() == 17.0
    assert abs(x[y.argmax()] - 654_321) < 1_000_000 / 300
    assert len(x) < 2500


def test_a_redraw_of_a_million_steps_touches_a_few_thousand_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    pyramid = Pyramid()
    pyramid.append(np.arange(1e6), np.ones(1_000_000))
    touched: list[int] = []
    ceil = np.minimum
    monkeypatch.setattr(np, "minimum", lambda a, b: touched.append(np.size(a)) or ceil(a, b))
    pyramid.envelope(0, 1e6, 500)
    assert sum(touched) < 5000


def test_values_that_are_no_numbers_are_counted_and_left_out_of_the_bounds() -> None:
    pyramid = Pyramid()
    pyramid.append(np.arange(4.0), np.array([1.0, np.nan, np.inf, 3.0]))
    assert pyramid.not_finite == 2
    assert pyramid.bounds() == (1.0, 3.0)


def test_without_a_finite_value_there_are_no_bounds() -> None:
    pyramid = Pyramid()
    assert pyramid.bounds() is None
    pyramid.append(np.arange(3.0), np.full(3, np.nan))
    assert pyramid.bounds() is None


def test_reading_gives_the_nearest_point() -> None:
    pyramid = Pyramid()
    pyramid.append(np.array([1.0, 2.0, 4.0]), np.array([10.0, 20.0, 40.0]))
    assert pyramid.at(2.9) == (2.0, 20.0)
    assert pyramid.at(99) == (4.0, 40.0)
    assert Pyramid().at(1) is None


def by_hand(points: list[float], window: float) -> list[float]:
    keep, total, weight, out = 1 - 1 / window, 0.0, 0.0, []
    for point in points:
        total, weight = keep * total + (1 - keep) * point, keep * weight + 1 - keep
        out.append(total / weight)
    return out


@given(values, pieces, st.floats(1.0, 5000.0))
@settings(deadline=None)
def test_smoothing_is_the_moving_average_a_loop_would_give(
    points: list[float], sizes: list[int], window: float
) -> None:
    smoothing, got, start, turn = Smoothing(window), [], 0, 0
    while start < len(points):
        size = sizes[turn % len(sizes)]
        got += list(smoothing.extend(np.array(points[start : start + size])))
        start, turn = start + size, turn + 1
    np.testing.assert_allclose(got, by_hand(points, window), rtol=1e-6, atol=1e-3)


def test_a_loss_that_is_no_number_leaves_the_average_as_it_was() -> None:
    smoothing = Smoothing(10)
    before = smoothing.extend(np.array([1.0, 2.0]))[-1]
    assert smoothing.extend(np.array([np.nan]))[-1] == before
    assert np.isfinite(smoothing.extend(np.array([3.0]))[-1])
