"""Made data: the same every time, and what they say of themselves."""

import pytest
import torch

from studio.data.prepare import prepare
from studio.data.source import Place
from studio.data.sources import SOURCES

MADE = [name for name, info in SOURCES.items() if info.made]


@pytest.mark.parametrize("name", MADE)
def test_made_data_are_the_same_every_time_and_as_announced(name: str) -> None:
    info = SOURCES[name]
    torch.manual_seed(len(name))
    before = torch.get_rng_state()

    raw, again = info.load(Place()), info.load(Place())

    assert torch.equal(raw.x, again.x)
    assert torch.equal(raw.y, again.y)
    assert torch.equal(torch.get_rng_state(), before)
    assert raw.x.shape == (info.samples, *info.shape)
    assert raw.x.dtype == torch.float32
    assert len(prepare({"source": name}).train) == round(0.8 * info.samples)


@pytest.mark.parametrize("name", ["two_moons", "circles", "spirals", "xor"])
def test_classes_of_points_are_about_as_frequent(name: str) -> None:
    info = SOURCES[name]
    counts = info.load(Place()).y.bincount(minlength=info.outputs)

    assert counts.min() > 0.85 * info.samples / info.outputs


def test_what_is_there_in_an_image_of_shapes_is_what_its_pixels_say() -> None:
    pixels, there = SOURCES["shapes"].load(Place()), SOURCES["shapes_present"].load(Place())

    assert torch.equal(pixels.x, there.x)
    counts = torch.stack([(pixels.y == n).flatten(1).sum(1) for n in (1, 2, 3)], 1)
    assert torch.equal(there.y, (counts >= 8).float())
    assert 0.4 < float(there.y.mean()) < 0.7


def test_the_hand_of_the_arm_is_within_its_reach() -> None:
    hand = SOURCES["robot_arm"].load(Place()).y

    assert float(hand.norm(dim=1).max()) <= 55 + 1e-4
