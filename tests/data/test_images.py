"""Pictures in folders that a person brings."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import ImageFolder

from studio.data import pictures
from studio.data.batches import batches
from studio.data.prepare import context_of, prepare
from studio.data.rows import Stored
from studio.data.source import DataError, Place
from studio.data.sources import images


def draw(path: Path, size: tuple[int, int] = (12, 10), mode: str = "RGB", seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    shape = (height, width) if mode == "L" else (height, width, 3)
    pixels = np.random.default_rng(seed).integers(0, 255, shape, dtype=np.uint8)
    Image.fromarray(pixels, mode).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(24):
        draw(tmp_path / "pets" / ("cat", "dog")[i % 2] / f"{i}.png", seed=i)
    return tmp_path / "pets"


def section(folder: Path, **told: object) -> dict:
    return {"source": "images", "root": str(folder), "reading": images.look(folder, told)}


def test_looking_finds_classes_size_and_colour(folder: Path) -> None:
    assert images.look(folder, {}) == {
        "classes": ["cat", "dog"],
        "samples": 24,
        "test_samples": 0,
        "size": [10, 12],
        "channels": 3,
        "left_out": [],
    }


def test_pictures_are_those_of_torchvisions_image_folder(folder: Path) -> None:
    raw = images.load(Place(folder), images.look(folder, {}))
    theirs = ImageFolder(folder)
    by_bytes = {np.asarray(picture).tobytes(): label for picture, label in theirs}

    assert theirs.classes == ["cat", "dog"] and len(raw.x) == len(theirs)
    for x, y in zip(raw.x, raw.y, strict=True):
        assert by_bytes[x.permute(1, 2, 0).contiguous().numpy().tobytes()] == int(y)


def test_a_folder_for_testing_is_kept_for_testing(folder: Path, tmp_path: Path) -> None:
    whole = tmp_path / "parted"
    whole.mkdir()
    folder.rename(whole / "train")
    for name in ("cat", "dog"):
        draw(whole / "test" / name / "a.png")

    data = prepare(section(whole))

    assert (len(data.train) + len(data.validation), len(data.test)) == (24, 2)


def test_grey_pictures_have_one_channel_and_all_get_one_size(tmp_path: Path) -> None:
    for i in range(8):
        draw(tmp_path / ("a", "b")[i % 2] / f"{i}.jpg", (9 + i, 9), "L")

    told = section(tmp_path, size=[6, 5])

    assert context_of(told).inputs[0].shape[1:] == (1, 6, 5)
    assert images.load(Place(tmp_path), told["reading"]).x.shape == torch.Size([8, 1, 6, 5])


def test_large_pictures_are_taken_smaller(tmp_path: Path) -> None:
    for name in ("a", "b"):
        draw(tmp_path / name / "1.png", (896, 448))

    assert images.look(tmp_path, {})["size"] == [112, 224]


def test_a_picture_that_does_not_open_is_named_and_left_out(folder: Path) -> None:
    whole = (folder / "cat" / "0.png").read_bytes()
    (folder / "cat" / "torn.png").write_bytes(whole[: len(whole) // 2])

    told = section(folder)

    assert told["reading"]["left_out"] == ["cat/torn.png"] and told["reading"]["samples"] == 24
    assert len(images.load(Place(folder), told["reading"]).x) == 24


def test_a_folder_of_mostly_broken_pictures_is_refused(folder: Path) -> None:
    for i in range(6):
        (folder / "cat" / f"torn{i}.png").write_bytes(b"\x89PNG")

    with pytest.raises(DataError, match=r"6 of 30 images in .* do not open, cat/torn0\.png first"):
        images.look(folder, {})


def test_a_picture_that_breaks_later_is_named(folder: Path) -> None:
    told = section(folder)
    (folder / "dog" / "1.png").write_bytes(b"nothing")

    with pytest.raises(DataError, match=r"dog/1\.png: it does not open"):
        prepare(told)


def test_a_folder_that_changed_is_said_so(folder: Path) -> None:
    told = section(folder)
    draw(folder / "cat" / "new.png")

    with pytest.raises(DataError, match="holds 25 images by now; it held 24"):
        prepare(told)


@pytest.mark.parametrize("name", ["cat", "missing"])
def test_a_folder_without_classes_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"a folder for each class is needed|is not there"):
        images.look(folder / name, {})


@pytest.mark.parametrize(
    "change", [{"classes": ["cat"]}, {"size": [0, 3]}, {"channels": 2}, {"samples": -1}, {"colours": 1}]
)
def test_a_reading_that_cannot_be_is_refused(folder: Path, change: dict) -> None:
    with pytest.raises(DataError, match=r"data\.reading"):
        images.read({**images.look(folder, {}), **change})


def test_pictures_that_stay_in_their_file_train_alike(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = prepare(section(folder))
    monkeypatch.setattr(pictures, "HELD", 0)

    stored = prepare(section(folder))

    assert isinstance(stored.train.x, Stored) and stored.preprocessing == held.preprocessing
    for ours, theirs in zip(
        (stored.train, stored.validation, stored.test), (held.train, held.validation, held.test), strict=True
    ):
        for (x, y), (held_x, held_y) in zip(batches(ours, 5), batches(theirs, 5), strict=True):
            assert torch.equal(x, held_x) and torch.equal(y, held_y)


def test_one_that_does_not_open_stops_where_a_person_wants_it(folder: Path) -> None:
    (folder / "cat" / "torn.png").write_bytes(b"\x89PNG")
    told = section(folder)

    assert told["reading"]["faults"] == "skip" and told["reading"]["faulty"]["count"] == 1
    assert prepare(told).faults.count == 1
    told["reading"]["faults"] = "stop"
    with pytest.raises(DataError, match=r"cat/torn\.png: it does not open"):
        prepare(told)


def test_a_class_of_one_picture_is_stopped_at_or_skipped(folder: Path) -> None:
    draw(folder / "wolf" / "alone.png")
    told = section(folder)

    with pytest.raises(DataError, match=r"wolf/alone\.png: it is the only example of the class wolf"):
        prepare(told)
    told["reading"]["faults"] = "skip"
    assert sum(map(len, ((d := prepare(told)).train, d.validation, d.test))) == 24


def test_looking_and_loading_are_watched(folder: Path) -> None:
    seen: list[float] = []

    prepare({**section(folder), "reading": images.look(folder, {}, seen.append)}, watch=seen.append)

    assert seen[-1] == 1.0 and min(seen) >= 0.0
