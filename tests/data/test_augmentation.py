"""The list of augmentation: training batches are changed, nothing else is, and the seed alone decides how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from studio.data import augmentation
from studio.data.augmentation.noise import mask, mask_span, mask_tokens, noise, replace_tokens
from studio.data.batches import batches
from studio.data.prepare import Prepared, prepare
from studio.data.rows import Stored
from studio.data.settings import read
from studio.data.source import DataError
from studio.data.sources import KINDS, described
from studio.data.texts import PADDING, UNKNOWN
from studio.training.machine import using_threads

EVERY_IMAGE_STEP = [
    {"type": "flip", "horizontal": 0.5},
    {"type": "crop", "padding": 2},
    {"type": "resized_crop"},
    {"type": "rotate", "degrees": 15},
    {"type": "affine"},
    {"type": "color_jitter"},
    {"type": "rand_augment"},
    {"type": "erase"},
    {"type": "noise", "std": 0.05},
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Batches as small as these wait for a second thread longer than they compute."""
    with using_threads(1):
        yield


def drawn(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def digits(*steps: Any, **more: Any) -> Prepared:
    return prepare({"source": "digits", "augmentation": list(steps), **more})


def epoch(prepared: Prepared, seed: int = 3, first: int = 0, size: int = 240) -> list[tuple[Tensor, Tensor]]:
    return list(batches(prepared.train, size, drawn(seed), first))


def same(a: list[tuple[Tensor, Tensor]], b: list[tuple[Tensor, Tensor]]) -> bool:
    return len(a) == len(b) and all(
        torch.equal(p, q) and torch.equal(r, s) for (p, r), (q, s) in zip(a, b, strict=True)
    )


# -- what is changed -----------------------------------------------------------------------------


def test_only_drawn_batches_of_training_samples_are_changed() -> None:
    plain, changed = digits(), digits(*EVERY_IMAGE_STEP)

    assert not same(epoch(plain), epoch(changed))
    torch.testing.assert_close(plain.train.inputs(), changed.train.inputs(), atol=0, rtol=0)
    for part in ("validation", "test"):
        assert torch.equal(getattr(plain, part).x, getattr(changed, part).x)
    for (x, y), (other, labels) in zip(epoch(plain), epoch(changed), strict=True):
        assert x.shape == other.shape and x.dtype == other.dtype
        assert torch.equal(y, labels)
    assert plain.fingerprint == changed.fingerprint


def test_steps_of_no_strength_leave_every_bit() -> None:
    still = digits(
        {"type": "flip", "horizontal": 0},
        {"type": "color_jitter", "brightness": 0, "contrast": 0, "saturation": 0},
        {"type": "erase", "p": 0},
    )

    assert same(epoch(digits()), epoch(still))


def test_the_seed_and_the_number_of_a_batch_decide_on_its_draws() -> None:
    changed = digits(*EVERY_IMAGE_STEP)
    torch.manual_seed(1)
    whole = epoch(changed)
    torch.manual_seed(2)

    assert same(epoch(changed), whole)
    assert same(epoch(changed, first=4), whole[4:])
    assert not same(epoch(changed, seed=4), whole)


def test_samples_of_one_batch_are_changed_each_in_its_own_way() -> None:
    changed = digits({"type": "rotate", "degrees": 30}).train
    index = torch.zeros(50, dtype=torch.int64)

    x, _ = changed.drawn(index, 5)

    assert len(torch.unique(x, dim=0)) == 50


def test_what_only_moves_gives_the_same_on_stored_bytes() -> None:
    steps = [{"type": "crop", "padding": 2}, {"type": "flip"}, {"type": "erase"}]
    split = digits(*steps).train
    stored = (split.x / 16 * 255).round()
    as_bytes, index = stored.to(torch.uint8), torch.arange(100)
    changes = split.augmentation
    assert changes is not None

    x, _ = changes.apply(as_bytes[index], split.y[index], 7)
    other, _ = changes.apply(stored[index], split.y[index], 7)

    assert torch.equal(x, other)


def test_samples_that_stay_in_a_file_are_changed_alike() -> None:
    split = digits(*EVERY_IMAGE_STEP).train
    order = torch.randperm(len(split), generator=drawn())
    stored = replace(split, x=Stored(split.x[order], order.argsort()))

    for seed, index in ((3, torch.arange(40)), (4, torch.arange(7, 20))):
        (x, y), (other, labels) = split.drawn(index, seed), stored.drawn(index, seed)
        assert torch.equal(x, other) and torch.equal(y, labels)


def test_images_come_as_they_lie_in_memory() -> None:
    split = digits({"type": "crop", "padding": 2}).train
    wide = split.x.repeat(1, 3, 1, 1).contiguous(memory_format=torch.channels_last)
    changes = split.augmentation
    assert changes is not None

    x, _ = changes.apply(wide[:8], split.y[:8], 0)

    assert x.is_contiguous(memory_format=torch.channels_last)


def test_the_class_of_each_pixel_follows_its_pixel() -> None:
    steps = [{"type": "flip"}, {"type": "crop", "padding": 5}, {"type": "rotate", "degrees": 90}]
    prepared = prepare({"source": "shapes", "augmentation": steps, "preprocessing": []})
    plain = prepare({"source": "shapes", "preprocessing": []}).train
    index = torch.arange(64)

    x, y = prepared.train.drawn(index, 11)

    def apart(x: Tensor, y: Tensor) -> float:
        there = (y > 0).unsqueeze(1).expand_as(x)
        return float(x[there].mean() - x[~there].mean())

    assert y.shape == plain.y[index].shape and y.dtype == plain.y.dtype
    assert not torch.equal(y, plain.y[index])
    assert apart(x, y) > 0.7 * apart(plain.inputs(index), plain.y[index])


# -- tables, series and texts --------------------------------------------------------------------


def test_noise_and_masks_are_those_of_the_column() -> None:
    x = torch.cat([torch.full((4000, 1), 7.0), torch.ones(4000, 1)], 1)

    noisy = noise(x, drawn(), 0.5, torch.tensor([[2.0, 0.0]])) - x
    assert noisy[:, 0].std().item() == pytest.approx(1.0, abs=0.05)
    assert not noisy[:, 1].any()

    hidden = mask(x, drawn(), 0.3, torch.tensor([[5.0, 0.0]]))
    assert set(hidden[:, 0].tolist()) == {5.0, 7.0} and set(hidden[:, 1].tolist()) == {0.0, 1.0}
    assert (hidden == x).float().mean().item() == pytest.approx(0.7, abs=0.03)


def test_a_table_knows_its_flags_from_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "plants.csv"
    path.write_text(
        "height,color,kind\n"
        + "".join(f"{i * 7 % 60},{'red' if i % 3 else 'blue'},{i % 2}\n" for i in range(60))
    )
    reading = KINDS["table"].look(path, {})
    section = {"source": "table", "root": str(path), "reading": reading}

    found = prepare({**section, "augmentation": [{"type": "noise"}]}).train
    facts = found.augmentation.facts  # type: ignore[union-attr]

    torch.testing.assert_close(facts.spread, torch.tensor([[1.0, 0.0, 0.0]]), atol=1e-5, rtol=0)
    x, _ = found.drawn(torch.arange(30), 0)
    assert torch.equal(x[:, 1:], found.inputs(torch.arange(30))[:, 1:])
    assert (x[:, 0] != found.inputs(torch.arange(30))[:, 0]).all()


@pytest.mark.parametrize("axis", [1, 2])
def test_a_stretch_of_time_is_hidden_in_all_columns(axis: int) -> None:
    middle = torch.zeros(1, 3, 1) if axis == 1 else torch.zeros(1, 1, 3)
    x = torch.ones(500, 3, 40) if axis == 1 else torch.ones(500, 40, 3)

    hidden = (mask_span(x, drawn(), 0.5, middle, axis) == 0).movedim(axis, 1)

    assert (hidden == hidden[:, :1]).all()
    lengths = hidden[:, 0].sum(1)
    assert lengths.max() <= 20 and lengths.min() == 0
    assert lengths.float().mean().item() == pytest.approx(10, abs=1)
    changes = hidden[:, 0].int().diff(dim=1).ne(0).sum(1)
    assert changes.max() <= 2


def test_tokens_are_hidden_or_exchanged_but_never_padding() -> None:
    x = torch.full((200, 30), 9)
    x[:, 20:] = PADDING

    hidden = mask_tokens(x, drawn(), 0.25)
    assert set(hidden[:, :20].flatten().tolist()) == {9, UNKNOWN}
    assert (hidden[:, :20] == UNKNOWN).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert (hidden[:, 20:] == PADDING).all()

    other = replace_tokens(x, drawn(), 0.5, 50)
    assert other[:, :20].min() >= 2 and other.max() < 50 and (other[:, 20:] == PADDING).all()
    assert (other[:, :20] != 9).float().mean().item() == pytest.approx(0.5, abs=0.05)


def test_texts_are_changed_as_numbers_of_tokens(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    rows = [f"this is the long review number {i} of all,{'good' if i % 2 else 'bad'}" for i in range(60)]
    path.write_text("\n".join(["text,label", *rows]))
    section = {"source": "text", "root": str(path), "reading": KINDS["text"].look(path, {})}

    found = prepare(
        {**section, "augmentation": [{"type": "mask_tokens", "p": 0.5}, {"type": "replace_tokens"}]}
    )
    x, _ = found.train.drawn(torch.arange(40), 1)

    assert x.dtype == torch.int64
    assert 0.2 < (x != found.train.x[:40]).float().mean() < 0.7


# -- the list in the project ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "steps", "said"),
    [
        ("digits", "flip", "data.augmentation is 'flip'; expected is a list of steps"),
        (
            "digits",
            [{"type": "twist"}],
            "data.augmentation[0] is {'type': 'twist'}; expected is one of the steps flip",
        ),
        (
            "digits",
            [{"type": "flip"}, {"type": "flip", "horizontal": 2}],
            "data.augmentation[1].horizontal is 2",
        ),
        ("digits", [{"type": "crop", "width": 3}], "data.augmentation[0].width is not known"),
        ("iris", [{"type": "flip"}], "data.augmentation[0]: Flip is for images, and the data are tables"),
        ("digits", [{"type": "mask_tokens"}], "Mask words is for texts, and the data are images"),
        ("shapes", [{"type": "rand_augment"}], "RandAugment cannot be used here"),
        ("cartpole", [{"type": "noise"}], "and the data are games"),
    ],
)
def test_a_step_that_does_not_fit_is_refused_by_name(source: str, steps: Any, said: str) -> None:
    with pytest.raises(DataError) as error:
        read({"source": source, "augmentation": steps})
    assert said in str(error.value)


def test_every_step_is_offered_for_some_data_and_begins_with_what_fits() -> None:
    kinds = set()
    for source in ("digits", "iris", "shapes"):
        info = described({"source": source})
        for kind in augmentation.offered(info):
            kinds.add(kind.type)
            assert len(augmentation.read({"augmentation": [{"type": kind.type}]}, info)) == 1
    assert kinds | {"mask_span", "mask_tokens", "replace_tokens"} == set(augmentation.KINDS)


def test_colours_need_values_from_black_to_white() -> None:
    images = digits().train
    from studio.data.augmentation.pipeline import make
    from studio.data.preprocessing import Preprocessing

    info = described({"source": "digits"})
    steps = augmentation.read({"augmentation": [{"type": "color_jitter"}]}, info)
    with pytest.raises(DataError, match="Colour is for images whose values lie between 0 and 1"):
        make(steps, info, Preprocessing(), images.x * 16, None)
