"""Pictures decoded by processes into a file that is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from studio import places
from studio.data import decoded, decoders, decoding
from studio.data.rows import Stored, parts, rows
from studio.data.source import DataError

SHAPE = (3, 6, 5)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    made = []
    for i in range(30):
        pixels = np.random.default_rng(i).integers(0, 255, (6, 5, 3), dtype=np.uint8)
        made.append(str(tmp_path / f"{i}.png"))
        Image.fromarray(pixels).save(made[-1])
    return made


@pytest.fixture(params=[10_000, 0], ids=["here", "in processes"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoders, "FEW", request.param)
    monkeypatch.setattr(decoded, "JOB_FILES", 4)


def test_pictures_lie_in_the_file_as_pillow_gives_them(files: list[str], few: None) -> None:
    found = decoded.pictures(files, SHAPE)

    for x, file in zip(found.x, files, strict=True):
        assert np.array_equal(x.numpy().transpose(1, 2, 0), np.asarray(Image.open(file)))
    assert not found.broken


def test_they_are_decoded_once(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    first = decoded.pictures(files, SHAPE)
    monkeypatch.setattr(decoders, "run", lambda *_: pytest.fail("decoded again"))

    again = decoded.pictures(files, SHAPE)

    assert torch.equal(first.x, again.x) and first.digest == again.digest


def test_another_picture_is_another_file(files: list[str]) -> None:
    before = decoded.pictures(files, SHAPE).x.clone()
    Image.new("RGB", (5, 6), (1, 2, 3)).save(files[7])

    after = decoded.pictures(files, SHAPE).x

    assert [i for i in range(30) if not torch.equal(before[i], after[i])] == [7]


def test_broken_pictures_are_named_and_dark(files: list[str], few: None) -> None:
    Path(files[5]).write_bytes(b"\x89PNG")
    Path(files[9]).unlink()

    found = decoded.pictures(files, SHAPE)

    assert sorted(found.broken) == [5, 9] and "cannot identify" in found.broken[5]
    assert not found.x[5].any() and found.x[6].any()


def test_a_picture_that_kills_its_process_is_a_broken_one(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, PIL.Image as I\n"
        "real = I.open\n"
        "def opened(file, *rest):\n"
        "    if str(file).endswith('11.png'): os._exit(9)\n"
        "    return real(file, *rest)\n"
        "I.open = opened\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(decoders, "FEW", 0)

    found = decoded.pictures(files, SHAPE)

    assert found.broken == {11: "the decoder crashed"} and found.x[12].any()


def test_a_file_that_changes_meanwhile_stops_it(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real = decoding.do

    def touched(job: dict) -> dict:
        os.utime(files[3], ns=(1, 1))
        return real(job)

    monkeypatch.setattr(decoding, "do", touched)

    with pytest.raises(DataError, match=r"3\.png changed while it was read"):
        decoded.pictures(files, SHAPE)
    assert not list((places.user_cache() / "pictures").iterdir())


class EnoughError(Exception):
    pass


def test_it_is_watched_and_can_be_stopped(files: list[str], few: None) -> None:
    seen: list[float] = []

    def watch(share: float) -> None:
        seen.append(share)
        if share > 0.5:
            raise EnoughError

    with pytest.raises(EnoughError):
        decoded.pictures(files, SHAPE, watch)

    assert seen == sorted(seen) and not list((places.user_cache() / "pictures").iterdir())
    assert decoded.pictures(files, SHAPE).x.shape == (30, *SHAPE)


@pytest.mark.parametrize("spoilt", ["cut", "no facts", "facts cut"])
def test_a_file_that_is_not_whole_is_made_again(files: list[str], spoilt: str) -> None:
    decoded.pictures(files, SHAPE)
    (kept,) = (places.user_cache() / "pictures").glob("*.pixels")
    if spoilt == "cut":
        os.truncate(kept, 100)
    elif spoilt == "no facts":
        kept.with_suffix(".json").unlink()
    else:
        kept.with_suffix(".json").write_text("{")

    assert decoded.pictures(files, SHAPE).x[29].any()
    assert "sha256" in json.loads(kept.with_suffix(".json").read_text())


def test_what_was_used_longest_ago_goes_first(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "KEPT_BYTES", 2 * 10 * 90)
    made = []
    for age, start in ((3, 0), (9, 10), (1, 20)):
        decoded.pictures(files[start : start + 10], SHAPE)
        (new,) = set((places.user_cache() / "pictures").glob("*.pixels")) - set(made)
        made.append(new)
        os.utime(new, ns=(10**9 - age, 10**9 - age))

    assert [kept.exists() for kept in made] == [True, False, True]


def test_a_disk_without_room_is_told(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "SPARE_BYTES", 2**60)

    with pytest.raises(DataError, match="too little room"):
        decoded.pictures(files, SHAPE)


def test_sizes_and_colours_are_read_off_the_heads(files: list[str], few: None) -> None:
    Image.new("L", (3, 9)).save(files[1])
    Path(files[2]).write_bytes(b"")

    found, broken = decoded.facts(files)

    assert found[:3] == [(6, 5, True), (9, 3, False), None] and list(broken) == [2]


def test_stored_samples_are_those_of_a_tensor() -> None:
    everything = torch.randint(0, 255, (20, 3, 4, 5), dtype=torch.uint8)
    order = torch.randperm(20)[:12]
    stored, held = Stored(everything, order), everything[order]
    index = torch.tensor([3, 0, 7])

    assert (len(stored), stored.shape, stored.numel()) == (12, tuple(held.shape), held.numel())
    assert torch.equal(rows(stored, index), held[index])
    assert torch.equal(rows(stored[index], slice(1, 3)), held[index][1:3])
    assert torch.equal(torch.cat(list(parts(stored, 5))), held)


def test_stored_samples_come_in_the_layout_that_is_asked_for() -> None:
    stored = Stored(torch.rand(6, 3, 4, 5), torch.arange(6), channels_last=True)

    assert stored.take(slice(0, 4)).is_contiguous(memory_format=torch.channels_last)
