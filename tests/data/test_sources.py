"""Sources read from a folder: what is accepted, and what a person is told where it is wrong."""

import gzip
import hashlib
import os
import pickle
import socket
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torchvision.datasets import CIFAR10, MNIST

from studio.data.prepare import prepare
from studio.data.source import DataError, Place
from studio.data.sources import SOURCES, cifar, idx
from studio.words import Message

TITLE = Message("Small set")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield


def images(count: int, seed: int) -> bytes:
    pixels = torch.randint(0, 256, (count, 28, 28), generator=torch.Generator().manual_seed(seed))
    return struct.pack(">IIII", 2051, count, 28, 28) + bytes(pixels.to(torch.uint8).numpy().tobytes())


def labels(count: int) -> bytes:
    return struct.pack(">II", 2049, count) + bytes(i % 10 for i in range(count))


FILES = {
    "train-images-idx3-ubyte": images(30, 0),
    "train-labels-idx1-ubyte": labels(30),
    "t10k-images-idx3-ubyte": images(20, 1),
    "t10k-labels-idx1-ubyte": labels(20),
}
PACKED = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in FILES.items()}


class Tiny(MNIST):
    """MNIST with thirty images."""

    resources: ClassVar[list] = [(name, hashlib.md5(content).hexdigest()) for name, content in PACKED.items()]


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("inner", ["Tiny/raw", "raw", "."])
@pytest.mark.parametrize("files", [FILES, PACKED], ids=["plain", "packed"])
@pytest.mark.parametrize("download", [False, True])
def test_the_four_files_are_read_where_they_lie(
    tmp_path: Path, inner: str, files: dict[str, bytes], download: bool
) -> None:
    put(tmp_path / inner, files)
    before = listing(tmp_path)

    raw = idx.load(Tiny, Place(tmp_path, download), TITLE)

    assert (tuple(raw.x.shape), raw.x.dtype) == ((30, 1, 28, 28), torch.uint8)
    assert raw.y.tolist() == [i % 10 for i in range(30)]
    assert raw.own_test is not None and len(raw.own_test[0]) == 20
    assert bytes(raw.x.numpy().tobytes()) == FILES["train-images-idx3-ubyte"][16:]
    assert listing(tmp_path) == before


def broken(name: str, content: bytes) -> dict[str, bytes]:
    return {**FILES, name: content}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "does not hold Small set"),
        ({"photo.png": b"x"}, "train-images-idx3-ubyte"),
        (
            {**PACKED, "train-labels-idx1-ubyte.gz": PACKED["train-labels-idx1-ubyte.gz"][:-9]},
            "checksum differs",
        ),
        (broken("train-images-idx3-ubyte", FILES["train-images-idx3-ubyte"][:999]), "could not be read"),
        (broken("train-images-idx3-ubyte", b""), "could not be read"),
        (broken("train-images-idx3-ubyte", b"\x89PNG and so on"), "not those of an IDX file"),
        (broken("train-labels-idx1-ubyte", labels(29)), "30 images, 29 labels"),
        (broken("t10k-labels-idx1-ubyte", FILES["t10k-images-idx3-ubyte"]), "not those of an IDX file"),
    ],
)
def test_wrong_files_are_told_by_folder_expectation_and_cure(
    tmp_path: Path, files: dict[str, bytes], words: str
) -> None:
    put(tmp_path / "Tiny" / "raw", files)

    with pytest.raises(DataError) as refused:
        idx.load(Tiny, Place(tmp_path), TITLE)

    assert words in str(refused.value)
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize("name", [name for name, info in SOURCES.items() if info.needs_root])
def test_a_missing_folder_is_named_with_the_cure(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no folder .*nowhere.*Choose the folder"):
        prepare({"source": name, "root": str(tmp_path / "nowhere")})


@pytest.mark.parametrize("name", [name for name, info in SOURCES.items() if info.needs_root])
def test_no_folder_at_all_is_told_so(name: str) -> None:
    with pytest.raises(DataError, match=r"data\.root"):
        prepare({"source": name})


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_told_so(tmp_path: Path) -> None:
    folder = put(tmp_path / "Tiny" / "raw", FILES)
    (folder / "train-images-idx3-ubyte").chmod(0)

    with pytest.raises(DataError, match="could not be read"):
        idx.load(Tiny, Place(tmp_path), TITLE)


class TinyCifar(CIFAR10):
    """CIFAR-10 with ten images a batch."""


def cifar_files() -> dict[str, bytes]:
    def batch(seed: int) -> bytes:
        pixels = torch.randint(0, 256, (10, 3072), generator=torch.Generator().manual_seed(seed))
        return pickle.dumps({"data": pixels.to(torch.uint8).numpy(), "labels": list(range(10))})

    content = {name: batch(seed) for seed, (name, _) in enumerate((*CIFAR10.train_list, *CIFAR10.test_list))}
    return {**content, "batches.meta": pickle.dumps({"label_names": list("abcdefghij")})}


@pytest.fixture
def small_cifar(monkeypatch: pytest.MonkeyPatch) -> tuple[type[Any], dict[str, bytes]]:
    files = cifar_files()
    sums = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(TinyCifar, "train_list", [[n, sums[n]] for n, _ in CIFAR10.train_list])
    monkeypatch.setattr(TinyCifar, "test_list", [[n, sums[n]] for n, _ in CIFAR10.test_list])
    monkeypatch.setattr(TinyCifar, "meta", {**CIFAR10.meta, "md5": sums["batches.meta"]})
    return TinyCifar, files


def test_cifar_is_read_as_channels_first(tmp_path: Path, small_cifar: tuple) -> None:
    kind, files = small_cifar
    put(tmp_path / "cifar-10-batches-py", files)

    raw = cifar.load(kind, Place(tmp_path), TITLE)

    stored = pickle.loads(files["data_batch_1"])["data"]  # noqa: S301 - made above
    assert tuple(raw.x.shape) == (50, 3, 32, 32)
    assert raw.x[:10].flatten(1).numpy().tolist() == stored.tolist()
    assert raw.own_test is not None and len(raw.own_test[0]) == 10


def test_an_archive_is_read_without_writing_beside_it(
    tmp_path: Path, small_cifar: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, files = small_cifar
    put(tmp_path / "source" / "cifar-10-batches-py", files)
    (tmp_path / "data").mkdir()
    archive = tmp_path / "data" / kind.filename
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tmp_path / "source" / "cifar-10-batches-py", "cifar-10-batches-py")
    monkeypatch.setattr(kind, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())

    raw = cifar.load(kind, Place(tmp_path / "data"), TITLE)

    assert len(raw.x) == 50
    assert listing(tmp_path / "data") == [kind.filename]


def test_a_changed_pickle_is_refused_before_it_is_opened(tmp_path: Path, small_cifar: tuple) -> None:
    kind, files = small_cifar
    marker = tmp_path / "ran"

    class Attack:
        def __reduce__(self) -> tuple:
            return (Path.touch, (marker,))

    put(tmp_path / "cifar-10-batches-py", {**files, "data_batch_3": pickle.dumps(Attack())})

    with pytest.raises(DataError, match="could not be read"):
        cifar.load(kind, Place(tmp_path), TITLE)
    assert not marker.exists()


def test_a_folder_without_cifar_says_what_it_should_hold(tmp_path: Path, small_cifar: tuple) -> None:
    with pytest.raises(DataError, match=r"cifar-10-batches-py or cifar-10-python\.tar\.gz"):
        cifar.load(small_cifar[0], Place(tmp_path), TITLE)


@pytest.mark.realdata
def test_the_real_mnist_keeps_its_own_test_set(shared_data: Path) -> None:
    folder = shared_data / "mnist"
    if not folder.is_dir():
        pytest.skip(f"no MNIST in {folder}")

    data = prepare({"source": "mnist", "root": str(folder)})

    assert [len(part) for part in (data.train, data.validation, data.test)] == [54_000, 6_000, 10_000]
    assert torch.bincount(data.test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.preprocessing.steps[1]["mean"] == pytest.approx([0.1307], abs=2e-3)


def test_the_patients_of_the_diabetes_data_are_as_they_were_measured() -> None:
    ages = SOURCES["diabetes"].load(Place()).x[:, 0]
    assert 18 <= float(ages.min()) < float(ages.max()) < 100
