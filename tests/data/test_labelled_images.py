"""Pictures that a table names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from studio.data.prepare import prepare
from studio.data.source import DataError, Place
from studio.data.sources import KINDS, kind_of, labelled_images


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    lines = ["picture,weight,sort"]
    for i in range(20):
        pixels = np.random.default_rng(i).integers(0, 255, (6, 5, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{i}.png")
        lines.append(f"{i}.png,{i * 1.5},{'cat' if i % 2 else 'dog'}")
    (tmp_path / "pets.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "pets.csv"


def section(file: Path, **told: object) -> dict:
    return {"source": "labelled_images", "root": str(file), "reading": labelled_images.look(file, told)}


def test_a_table_of_paths_is_known_by_the_pictures_that_are_there(file: Path) -> None:
    assert kind_of(file) is KINDS["labelled_images"]
    (file.parent / "photos").rename(file.parent.parent / "elsewhere")
    assert kind_of(file) is not KINDS["labelled_images"]


def test_pictures_come_in_the_order_of_the_table_with_its_classes(file: Path) -> None:
    told = section(file)["reading"]
    raw = labelled_images.load(Place(file), told)

    assert (told["path"], told["target"], told["classes"], told["within"]) == (
        "picture", "sort", ["cat", "dog"], "photos",
    )  # fmt: skip
    assert raw.y.tolist() == [i % 2 == 0 for i in range(20)]
    for i, x in enumerate(raw.x):
        theirs = np.asarray(Image.open(file.parent / "photos" / f"{i}.png"))
        assert np.array_equal(x.numpy().transpose(1, 2, 0), theirs)


def test_numbers_are_predicted_where_the_column_is_of_numbers(file: Path) -> None:
    told = section(file, target="weight")
    info = labelled_images.describe(told["reading"])

    assert (info.task, info.outputs) == ("regression", 1)
    assert torch.equal(labelled_images.load(Place(file), told["reading"]).y[:, 0], torch.arange(20) * 1.5)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda picture: picture.unlink(), r"line 9: there is no image .*7\.png"),
        (lambda picture: picture.write_bytes(b"\x89PNG"), r"line 9: the image .*7\.png does not open"),
    ],
)
def test_a_picture_that_is_gone_or_broken_is_stopped_at_or_skipped(file: Path, spoil, said: str) -> None:
    told = section(file)
    spoil(file.parent / "photos" / "7.png")

    with pytest.raises(DataError, match=said):
        prepare(told)
    data = prepare({**told, "reading": {**told["reading"], "faults": "skip"}})
    assert data.faults.count == 1 and len(data.train) + len(data.validation) + len(data.test) == 19


def test_a_fault_is_counted_when_it_is_looked_at(file: Path) -> None:
    for i in range(20, 40):
        Image.new("RGB", (5, 6), (i, i, i)).save(file.parent / "photos" / f"{i}.png")
    more = "".join(f"{i}.png,1,{'cat' if i % 2 else 'dog'}\n" for i in range(20, 40))
    file.write_text(file.read_text() + more + "gone.png,1,cat\n")

    assert labelled_images.look(file, {})["faulty"]["count"] == 1
    assert labelled_images.look(file, {"faults": "skip"})["samples"] == 40


@pytest.mark.parametrize("change", [{"size": [0]}, {"channels": 2}, {"target": "picture"}, {"samples": 0}])
def test_a_reading_that_cannot_be_is_refused(file: Path, change: dict) -> None:
    with pytest.raises(DataError, match=r"data\.reading"):
        labelled_images.describe({**section(file)["reading"], **change})
