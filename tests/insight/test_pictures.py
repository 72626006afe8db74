"""A picture says no more and no less than its tensor."""

from __future__ import annotations

import torch

from studio.insight.pictures import BARS, PLANES, SIDE, output_of


def test_channels_share_one_scale_from_the_least_to_the_greatest() -> None:
    tensor = torch.tensor([[[[0.0, 1.0], [2.0, 4.0]], [[4.0, 4.0], [0.0, 0.0]]]])
    found = output_of(tensor)
    assert found is not None and found.kind == "planes"
    assert [list(plane) for plane in found.planes] == [[0, 64, 128, 255], [255, 255, 0, 0]]
    assert (found.low, found.high, found.mean, found.zeros) == (0.0, 4.0, 1.875, 3 / 8)
    assert found.liveliest == 1


def test_of_many_channels_the_first_are_shown() -> None:
    found = output_of(torch.rand(1, 30, 5, 7, generator=torch.Generator().manual_seed(0)))
    assert found is not None
    assert (len(found.planes), found.channels, found.width, found.height) == (PLANES, 30, 7, 5)


def test_a_short_vector_is_bars_with_its_very_values() -> None:
    found = output_of(torch.tensor([[1.5, -2.0, 0.0]]))
    assert found is not None and found.kind == "bars"
    assert found.values == (1.5, -2.0, 0.0)


def test_a_long_vector_is_wrapped_and_loses_no_value() -> None:
    found = output_of(torch.arange(BARS + 6.0)[None])
    assert found is not None and found.kind == "planes"
    assert (found.width, found.height) == (9, 8)
    levels = list(found.planes[0])
    assert levels[: BARS + 6] == sorted(levels[: BARS + 6]) and levels[BARS + 5] == 255


def test_a_sequence_is_one_map() -> None:
    found = output_of(torch.zeros(1, 6, 40))
    assert found is not None and (found.width, found.height, found.channels) == (40, 6, 1)


def test_large_planes_are_averaged_down_and_their_figures_are_not() -> None:
    tensor = torch.zeros(1, 1, 4 * SIDE, 8)
    tensor[0, 0, 0, 0] = 8.0
    found = output_of(tensor)
    assert found is not None
    assert (found.width, found.height, found.high) == (8, SIDE, 8.0)
    assert found.planes[0][0] == 64


def test_a_colour_picture_has_its_three_channels_in_each_pixel() -> None:
    tensor = torch.zeros(1, 3, 2, 2)
    tensor[0, 0] = 1.0
    found = output_of(tensor, color=True)
    assert found is not None and found.kind == "color"
    assert found.planes == (bytes([255, 0, 0] * 4),)


def test_values_that_are_no_numbers_are_counted_and_spoil_nothing() -> None:
    found = output_of(torch.tensor([[1.0, float("nan"), float("inf"), 3.0]]))
    assert found is not None
    assert (found.low, found.high, found.mean, found.broken) == (1.0, 3.0, 2.0, 0.5)
    assert found.values == (1.0, 1.0, 1.0, 3.0)


def test_a_constant_is_dark_and_whole_numbers_are_welcome() -> None:
    same = output_of(torch.full((1, 2, 3, 3), 7))
    assert same is not None and set(same.planes[0]) == {0} and same.mean == 7.0
    assert output_of(torch.tensor(True)) is not None
    assert output_of(torch.zeros(1, 0)) is None
