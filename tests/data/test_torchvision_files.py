"""Sets that torchvision reads: the files are made here, in the form of the true ones, and far smaller."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision.datasets
from scipy.io import savemat

from studio.data.guessing import Guess, guess
from studio.data.source import DataError, Place
from studio.data.sources import SOURCES, emnist, stl10, svhn

RNG = np.random.default_rng(0)


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """These files are not those whose MD5s torchvision knows."""
    monkeypatch.setattr(torchvision.datasets.SVHN, "_check_integrity", lambda _: True)
    monkeypatch.setattr(torchvision.datasets.STL10, "_check_integrity", lambda _: True)


@pytest.mark.usefixtures("unchecked")
def test_house_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    x, y = RNG.integers(0, 255, (32, 32, 3, 6), dtype=np.uint8), np.array([[10], [1], [2], [3], [4], [9]])
    for part in ("train", "test"):
        savemat(tmp_path / f"{part}_32x32.mat", {"X": x, "y": y})

    raw = svhn.INFO.load(Place(tmp_path))

    assert torch.equal(raw.x, torch.from_numpy(x.transpose(3, 2, 0, 1).copy()))
    assert raw.y.tolist() == [0, 1, 2, 3, 4, 9] and raw.own_test[0].shape == (6, 3, 32, 32)


@pytest.mark.usefixtures("unchecked")
def test_photographs_are_those_of_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    x, y = RNG.integers(0, 255, (4, 3, 96, 96), dtype=np.uint8), np.array([1, 2, 10, 1], np.uint8)
    for part in ("train", "test"):
        (folder / f"{part}_X.bin").write_bytes(x.tobytes())
        (folder / f"{part}_y.bin").write_bytes(y.tobytes())
    (folder / "class_names.txt").write_text("\n".join(stl10.INFO.class_names))

    raw = stl10.INFO.load(Place(tmp_path))

    assert torch.equal(raw.x, torch.from_numpy(x.transpose(0, 1, 3, 2).copy())) and raw.y.tolist() == [
        0,
        1,
        9,
        0,
    ]


@pytest.mark.parametrize("packed", [True, False])
def test_letters_stand_upright_and_are_known_by_their_files(tmp_path: Path, packed: bool) -> None:
    raw_folder = tmp_path / "EMNIST" / "raw"
    raw_folder.mkdir(parents=True)
    x, y = RNG.integers(0, 255, (5, 28, 28), dtype=np.uint8), np.array([0, 46, 3, 10, 10], np.uint8)
    for name in emnist.FILES:
        values = x if "images" in name else y
        head = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
        content = head + values.tobytes()
        (raw_folder / (f"{name}.gz" if packed else name)).write_bytes(
            gzip.compress(content) if packed else content
        )

    guessed = guess(next(raw_folder.iterdir()))
    raw = emnist.INFO.load(Place(guessed.root))

    assert guessed == Guess("emnist", raw_folder) and guess(tmp_path) == Guess("emnist", tmp_path)
    assert torch.equal(raw.x, torch.from_numpy(x.transpose(0, 2, 1).copy()).unsqueeze(1))
    assert raw.y.tolist() == y.tolist() and len(raw.own_test[1]) == 5
    assert emnist.INFO.class_names[46] == "t"


@pytest.mark.parametrize("name", ["svhn", "stl10", "kmnist", "emnist"])
def test_a_folder_without_the_files_is_told_with_what_belongs_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="allow the download") as caught:
        SOURCES[name].load(Place(tmp_path))

    assert str(tmp_path) in str(caught.value)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("content", [b"", b"no matrix", b"\0" * 300])
def test_a_broken_file_is_told(tmp_path: Path, content: bytes) -> None:
    for part in ("train", "test"):
        (tmp_path / f"{part}_32x32.mat").write_bytes(content)

    with pytest.raises(DataError, match="could not be read"):
        svhn.INFO.load(Place(tmp_path))
