"""Each change of images against torchvision's, given the same draws; and what is drawn, against its odds."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as theirs

from studio.data.augmentation.colours import COLOUR_CHANGES, color_jitter
from studio.data.augmentation.crops import boxes, crop, resized_crop
from studio.data.augmentation.erasing import erase
from studio.data.augmentation.flips import flip
from studio.data.augmentation.rand_augment import changed, rand_augment
from studio.data.augmentation.warps import affine, rotate

N = 24


def drawn(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def images(channels: int = 3, height: int = 17, width: int = 12, n: int = N) -> Tensor:
    return torch.rand(n, channels, height, width, generator=drawn(5))


def inner(x: Tensor, edge: int = 1) -> Tensor:
    return x[..., edge:-edge, edge:-edge]


# -- the same as torchvision's, sample by sample -------------------------------------------------


def test_flips_mirror_the_samples_that_are_drawn() -> None:
    x = images()

    found = flip(x, drawn(), horizontal=0.5, vertical=0.0)

    turned = torch.rand(N, generator=drawn()) < 0.5
    expected = torch.stack([theirs.horizontal_flip(i) if t else i for i, t in zip(x, turned, strict=True)])
    assert torch.equal(found, expected)
    assert torch.equal(flip(x, drawn(), 0.0, 1.0), theirs.vertical_flip(x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8])
def test_a_shift_is_a_crop_of_the_padded_image(dtype: torch.dtype) -> None:
    x = (images() * 255).to(dtype)

    found = crop(x, drawn(), padding=3)

    top, left = torch.randint(7, (2, N), generator=drawn())
    padded = theirs.pad(x, [3])
    expected = [
        theirs.crop(i, row, column, 17, 12)
        for i, row, column in zip(padded, top.tolist(), left.tolist(), strict=True)
    ]
    assert torch.equal(found, torch.stack(expected))


def test_a_part_is_brought_back_to_size_as_torchvision_does_it() -> None:
    x = images(height=40, width=30)

    found = resized_crop(x, drawn(), smallest=0.2, ratio=1.5)

    places = torch.stack(boxes(N, 40, 30, 0.2, 1.5, drawn()), 1).int().tolist()
    expected = [theirs.resized_crop(i, *place, [40, 30]) for i, place in zip(x, places, strict=True)]
    torch.testing.assert_close(found, torch.stack(expected), atol=2e-5, rtol=0)
    assert len({tuple(place) for place in places}) == N
    areas = [high * wide / 1200 for _, _, high, wide in places]
    assert min(areas) > 0.17 and max(areas) <= 1


def test_each_image_turns_by_its_own_angle() -> None:
    x = images()

    found = rotate(x, drawn(), degrees=40)

    angles = ((2 * torch.rand(N, generator=drawn()) - 1) * 40).tolist()
    expected = [theirs.rotate(i, a, InterpolationMode.BILINEAR) for i, a in zip(x, angles, strict=True)]
    torch.testing.assert_close(found, torch.stack(expected), atol=1e-4, rtol=0)
    assert min(angles) < -20 and max(angles) > 20


def test_shift_and_zoom_are_torchvisions_affine() -> None:
    x = images()

    found = affine(x, drawn(), degrees=20, translate=0.2, zoom=0.3, shear=0)

    turn, down, across, size, _ = 2 * torch.rand(5, N, generator=drawn()) - 1
    expected = [
        theirs.affine(
            x[i],
            angle=-20 * turn[i].item(),
            translate=[0.2 * 12 * across[i].item(), 0.2 * 17 * down[i].item()],
            scale=1 + 0.3 * size[i].item(),
            shear=[0.0],
            interpolation=InterpolationMode.BILINEAR,
        )
        for i in range(N)
    ]
    torch.testing.assert_close(found, torch.stack(expected), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("number", "function"),
    [
        (0, theirs.adjust_brightness),
        (1, theirs.adjust_contrast),
        (2, theirs.adjust_saturation),
        (3, lambda image, factor: theirs.adjust_hue(image, factor - 1)),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_colours_change_as_torchvisions_do(number: int, function: object, channels: int) -> None:
    x, by = images(channels), 0.9 * torch.rand(N, generator=drawn(2)) - 0.45

    found = COLOUR_CHANGES[number](x, by.view(-1, 1, 1, 1))

    expected = [function(image, 1 + b.item()) for image, b in zip(x, by, strict=True)]
    torch.testing.assert_close(found, torch.stack(expected), atol=2e-4, rtol=0)


NAMES = {
    6: lambda image, m: theirs.adjust_brightness(image, 1 + 0.9 * m),
    7: lambda image, m: theirs.adjust_saturation(image, 1 + 0.9 * m),
    8: lambda image, m: theirs.adjust_contrast(image, 1 + 0.9 * m),
    9: lambda image, m: theirs.adjust_sharpness(image, 1 + 0.9 * m),
    10: lambda image, m: theirs.posterize(image, 8 - round(4 * abs(m))),
    11: lambda image, m: theirs.solarize(image, 1 - abs(m)),
    12: lambda image, m: theirs.autocontrast(image),
    13: lambda image, m: theirs.equalize(image),
}
BILINEAR = {"interpolation": InterpolationMode.BILINEAR}
MOVES = {
    1: lambda i, m: theirs.affine(i, 0, [0, 0], 1, [_slant(0.3 * m), 0], center=[0, 0], **BILINEAR),
    2: lambda i, m: theirs.affine(i, 0, [0, 0], 1, [0, _slant(0.3 * m)], center=[0, 0], **BILINEAR),
    3: lambda i, m: theirs.affine(i, 0, [150 / 331 * 12 * m, 0], 1, [0, 0], **BILINEAR),
    4: lambda i, m: theirs.affine(i, 0, [0, 150 / 331 * 17 * m], 1, [0, 0], **BILINEAR),
    5: lambda i, m: theirs.rotate(i, 30 * m, InterpolationMode.BILINEAR),
}


def _slant(by: float) -> float:
    return torch.tensor(by).atan().rad2deg().item()


@pytest.mark.parametrize("number", [*NAMES, 3, 4, 5])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_changes_of_rand_augment_are_torchvisions(number: int, channels: int) -> None:
    x, by = images(channels), 0.6 * (2 * torch.rand(N, generator=drawn(3)) - 1)

    found = changed(x, number, by)

    function = {**NAMES, **MOVES}[number]
    expected = [function(image, b.item()) for image, b in zip(x, by, strict=True)]
    torch.testing.assert_close(found, torch.stack(expected), atol=1e-3, rtol=0)


def test_a_slant_keeps_the_middle_and_moves_the_rim() -> None:
    x = torch.zeros(1, 1, 21, 21)
    x[:, :, :, 10] = 1

    found = changed(x, 1, torch.tensor([1.0]))

    place = (found * torch.arange(21)).sum(-1).flatten() / found.sum(-1).flatten()
    assert place[10] == pytest.approx(10, abs=1e-4)
    assert abs(place[0] - place[20]) == pytest.approx(0.3 * 20, abs=0.2)


# -- as often as torchvision's -------------------------------------------------------------------


def test_erased_boxes_are_as_large_and_lie_as_torchvisions() -> None:
    x = torch.ones(3000, 1, 20, 30)

    ours = erase(x, drawn(), p=0.7, largest=0.33)

    torch.manual_seed(0)
    once = v2.RandomErasing(p=0.7)
    expected = torch.stack([once(image) for image in x])
    black, their_black = (1 - ours), (1 - expected)
    assert black.mean().item() == pytest.approx(their_black.mean().item(), abs=0.01)
    sizes, their_sizes = (b.flatten(1).mean(1).sort().values for b in (black, their_black))
    assert (sizes - their_sizes).abs().max() < 0.03
    torch.testing.assert_close(black.mean((0, 1)), their_black.mean((0, 1)), atol=0.035, rtol=0)


def test_parts_are_drawn_as_torchvisions() -> None:
    places = torch.stack(boxes(4000, 40, 30, 0.1, 1.4, drawn()), 1)

    torch.manual_seed(0)
    one = v2.RandomResizedCrop(8, scale=(0.1, 1), ratio=(1 / 1.4, 1.4))
    expected = torch.tensor(
        [
            [p[k] for k in ("top", "left", "height", "width")]
            for p in (one.make_params([torch.zeros(1, 40, 30)]) for _ in range(4000))
        ]
    )
    torch.testing.assert_close(places.mean(0), expected.float().mean(0), atol=0.5, rtol=0)
    torch.testing.assert_close(places.std(0), expected.float().std(0), atol=0.5, rtol=0)


def test_every_change_of_rand_augment_comes_as_often() -> None:
    x = images(n=1).expand(2800, -1, -1, -1)

    found = rand_augment(x, drawn(), num_ops=1, magnitude=15)

    kinds = torch.unique((found * 1e4).round(), dim=0, return_counts=True)[1]
    assert 14 <= len(kinds) <= 25  # of ten the sign makes two of one
    assert (found == x).flatten(1).all(1).float().mean() == pytest.approx(1 / 14, abs=0.02)
    assert torch.isfinite(found).all() and found.min() >= 0 and found.max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_jitter_stays_between_black_and_white(channels: int) -> None:
    found = color_jitter(images(channels), drawn(), 0.8, 0.8, 0.8, 0.5)

    assert found.min() >= 0 and found.max() <= 1.0001
    assert (found != images(channels)).flatten(1).any(1).all()
