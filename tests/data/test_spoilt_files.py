"""Spoilt files are read or refused with their place: the small part of `tests.benchmarks.fuzz_readers`."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save

from studio.data.source import DataError
from studio.data.sources import arrays
from tests.benchmarks.fuzz_readers import outcome_of, write_one
from tests.data.mutations import MUTATIONS


def _files() -> list[tuple[str, bytes]]:
    rng = np.random.default_rng(0)
    table = "\n".join(
        ["size,sort,price", *(f"{i * 1.5},{'red' if i % 3 else 'blue'},{i}.25" for i in range(60))]
    )
    days = "\n".join(["day,n", *(f"2020-01-{i:02},{i * 7 % 11}" for i in range(1, 31))])
    texts = "\n".join(
        ["label\ttext", *(f"{'ham' if i % 2 else 'spam'}\tsome words number {i} 北京" for i in range(40))]
    )
    packed, picture = io.BytesIO(), io.BytesIO()
    np.savez(packed, x=rng.normal(size=(40, 3)), y=np.arange(40) % 4)
    Image.fromarray(rng.integers(0, 255, (9, 8, 3), dtype=np.uint8)).save(picture, "png")
    return [
        ("table.csv", table.encode()),
        ("days.csv", days.encode()),
        ("texts.tsv", texts.encode()),
        ("long.txt", (table * 4).encode()),
        ("a.npz", packed.getvalue()),
        ("b.safetensors", save({"x": rng.normal(size=(40, 3)), "y": np.arange(40) % 4})),
        ("p.png", picture.getvalue()),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_a_spoilt_file_is_read_or_refused_with_its_place(tmp_path: Path, seed: int) -> None:
    for number in range(14):
        path, what = write_one(
            _files(), Random(f"{seed} {number}"), tmp_path / str(number) / "some" / "where"
        )

        answer = outcome_of(path)

        assert answer["outcome"] in ("read", "refused"), (path.name, what, answer["said"])


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_mutations_are_the_same_by_their_seed(mutation) -> None:
    data = b"a,b\n1,2\n3,4\n" * 20

    assert mutation(data, Random(3)) == mutation(data, Random(3))


def test_an_archive_that_calls_itself_an_array_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((4, 2)), y=np.arange(4))
    (tmp_path / "a.npz").rename(tmp_path / "a.npy")

    with pytest.raises(DataError, match=r"a\.npy holds no arrays"):
        arrays.look(tmp_path / "a.npy", {})
