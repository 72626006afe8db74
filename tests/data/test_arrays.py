"""Arrays that a person brings: NumPy's files and safetensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from studio.data.source import DataError, Place
from studio.data.sources import arrays

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (40, 8, 8), dtype=np.uint8)
LABELS = np.arange(40) % 4


def raw(path: Path, **told: object):
    return arrays.load(Place(path), arrays.look(path, told))


@pytest.mark.parametrize("ending", ["npz", "safetensors", "npy"])
def test_inputs_and_labels_are_told_apart_by_name(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"images.{ending}"
    if ending == "npz":
        np.savez(path, labels=LABELS, images=IMAGES)
    elif ending == "safetensors":
        save_file({"labels": LABELS, "images": IMAGES}, path)
    else:
        np.save(path, IMAGES)
        np.save(tmp_path / "labels.npy", LABELS)
        np.save(tmp_path / "other.npy", np.zeros(3))

    reading = arrays.look(path, {})
    info = arrays.describe(reading)
    found = arrays.load(Place(path), reading)

    assert (reading["x"], reading["y"], reading["axes"]) == ("images", "labels", "one channel")
    assert (info.task, info.shape, info.outputs, info.scale) == ("classification", (1, 8, 8), 4, 1 / 255)
    assert torch.equal(found.x, torch.from_numpy(IMAGES).unsqueeze(1))
    assert found.y.tolist() == LABELS.tolist()


def test_a_test_set_of_its_own_stays_one(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "mnist.npz",
        x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:8], y_test=LABELS[:8],
    )  # fmt: skip

    found = raw(tmp_path / "mnist.npz")

    assert found.own_test is not None and found.own_test[0].shape == (8, 1, 8, 8) and len(found.x) == 40


def test_one_array_of_two_dimensions_ends_in_what_is_predicted(tmp_path: Path) -> None:
    table = np.hstack([RNG.normal(size=(30, 3)), RNG.normal(size=(30, 1))])
    np.save(tmp_path / "table.npy", table)

    found = raw(tmp_path / "table.npy")

    assert np.array_equal(found.x.numpy(), table[:, :3].astype(np.float32))
    assert np.array_equal(found.y.numpy(), table[:, 3:].astype(np.float32))


@pytest.mark.parametrize(
    ("y", "task", "outputs"),
    [
        (np.array(["no", "yes"] * 20), "classification", 2),
        (np.array([-1, 1] * 20), "classification", 2),
        (np.array([0.0, 1.0, 2.0, 5.0] * 10), "classification", 4),
        (RNG.normal(size=40), "regression", 1),
        (RNG.normal(size=(40, 3)), "regression", 3),
        (np.eye(4)[LABELS], "classification", 4),
        (RNG.integers(0, 2, (40, 5)), "multilabel", 5),
        (RNG.integers(0, 3, (40, 8, 8)), "segmentation", 3),
    ],
)
def test_what_is_predicted_says_the_task(tmp_path: Path, y: np.ndarray, task: str, outputs: int) -> None:
    np.savez(tmp_path / "a.npz", x=IMAGES, y=y)
    reading = arrays.look(tmp_path / "a.npz", {})
    found = arrays.load(Place(tmp_path / "a.npz"), reading)

    assert (reading["task"], reading["outputs"]) == (task, outputs)
    if task == "classification" and y.ndim == 1:
        assert [reading["classes"][i] for i in found.y] == [
            str(v if y.dtype.kind == "U" else int(v)) for v in y
        ]
    assert found.y.dtype == (torch.int64 if task in ("classification", "segmentation") else torch.float32)


def test_channels_at_the_end_go_to_the_front(tmp_path: Path) -> None:
    x = RNG.integers(0, 255, (10, 6, 5, 3), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(10) % 2)

    assert np.array_equal(raw(tmp_path / "a.npz").x.numpy(), x.transpose(0, 3, 1, 2))


def test_what_is_told_is_kept(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=RNG.normal(size=(40, 3)), b=LABELS, c=RNG.normal(size=40))

    told = arrays.look(tmp_path / "a.npz", {"x": "a", "y": "b"})
    again = arrays.look(tmp_path / "a.npz", {**told, "task": "regression"})

    assert (told["task"], again["task"], again["y"]) == ("classification", "regression", "b")
    assert raw(tmp_path / "a.npz", **again).y.shape == (40, 1)


def test_a_number_that_is_none_stops_or_is_skipped(tmp_path: Path) -> None:
    x = RNG.normal(size=(40, 3))
    x[7, 1], x[9, 0] = np.nan, np.inf
    np.savez(tmp_path / "a.npz", x=x, y=LABELS)

    reading = arrays.look(tmp_path / "a.npz", {})

    assert reading["faulty"]["count"] == 2
    with pytest.raises(DataError, match=r"a\.npz, row 8: a number is missing"):
        arrays.load(Place(tmp_path / "a.npz"), reading)
    found = arrays.load(Place(tmp_path / "a.npz"), {**reading, "faults": "skip"})
    assert len(found.x) == len(found.y) == 38 and found.faults.count == 2


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.safetensors"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\0", b"PK\x03\x04 and more", b"\xff" * 50])
def test_a_file_of_something_else_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DataError, match=r"x\.(npy|npz|safetensors)"):
        arrays.look(tmp_path / name, {})


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[print, 1], [2, 3]], dtype=object), allow_pickle=True)

    with pytest.raises(DataError, match="never unpickled"):
        arrays.look(tmp_path / "a.npy", {})


def test_an_array_that_changed_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=IMAGES, y=LABELS)
    reading = arrays.look(tmp_path / "a.npz", {})
    np.savez(tmp_path / "a.npz", x=IMAGES[:30], y=LABELS[:30])

    with pytest.raises(DataError, match="the array x is not what it was"):
        arrays.load(Place(tmp_path / "a.npz"), reading)


def test_a_large_file_is_mapped_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "x.npy", RNG.normal(size=(40, 6)).astype(np.float32))
    np.save(tmp_path / "y.npy", LABELS)
    held = raw(tmp_path / "x.npy")
    monkeypatch.setattr(arrays, "HELD_BYTES", 0)

    stored = raw(tmp_path / "x.npy")

    assert not isinstance(stored.x, torch.Tensor)
    assert torch.equal(stored.x.take(slice(None)), held.x) and torch.equal(stored.y, held.y)


@pytest.mark.parametrize(
    "change", [{"x": "z"}, {"y": "z"}, {"axes": "other"}, {"task": "dqn"}, {"outputs": 0}, {"arrays": [1]}]
)
def test_a_reading_that_cannot_be_is_refused(tmp_path: Path, change: dict) -> None:
    np.savez(tmp_path / "a.npz", x=IMAGES, y=LABELS)

    with pytest.raises(DataError, match=r"data\.reading"):
        arrays.describe({**arrays.look(tmp_path / "a.npz", {}), **change})
