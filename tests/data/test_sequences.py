"""Sequences and their classes in a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.data.prepare import context_of, prepare
from studio.data.source import DataError, Place
from studio.data.sources import KINDS, kind_of, sequences


@pytest.fixture
def file(tmp_path: Path) -> Path:
    lines = ["recording_id,x,y,gesture"]
    for number in range(20):
        for step in range(6 if number else 4):
            lines.append(f"{number},{number + step / 10},{-step},{'wave' if number % 2 else 'fist'}")
    (tmp_path / "gestures.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "gestures.csv"


def section(file: Path, **told: object) -> dict:
    return {"source": "sequences", "root": str(file), "reading": sequences.look(file, told)}


def test_rows_of_steps_are_known_by_their_numbers(file: Path, tmp_path: Path) -> None:
    assert kind_of(file) is KINDS["sequences"]
    plain = tmp_path / "plain.csv"
    plain.write_text("id,a,sort\n" + "".join(f"{i},{i * 2},{'ab'[i % 2]}\n" for i in range(30)))
    assert kind_of(plain) is KINDS["table"]


def test_looking_finds_the_parts(file: Path) -> None:
    told = section(file)["reading"]

    assert (told["sequence"], told["columns"], told["target"]) == ("recording_id", ["x", "y"], "gesture")
    assert (told["classes"], told["length"], told["samples"]) == (["fist", "wave"], 6, 20)


def test_short_sequences_begin_with_their_first_step_and_long_ones_end_as_they_do(file: Path) -> None:
    told = section(file)["reading"]
    raw = sequences.load(Place(file), told)
    last = sequences.load(Place(file), {**told, "length": 2})

    assert raw.x.shape == (20, 6, 2) and raw.y.tolist() == [i % 2 for i in range(20)]
    np.testing.assert_allclose(raw.x[0, :, 0], [0, 0, 0, 0.1, 0.2, 0.3], atol=1e-6)
    assert last.x[3, :, 1].tolist() == [-4, -5]


def test_the_network_gets_steps_and_each_column_is_standardised(file: Path) -> None:
    told = section(file)
    data = prepare(told)

    assert context_of(told).inputs[0].shape[1:] == (6, 2)
    assert data.train.x.flatten(0, 1).mean(0).abs().max() < 1e-5


def test_a_row_may_be_a_sequence(tmp_path: Path) -> None:
    path = tmp_path / "beats.csv"
    path.write_text("t0,t1,t2,class\n" + "".join(f"{i},{i + 1},{i + 2},{'ab'[i % 2]}\n" for i in range(20)))

    raw = sequences.load(Place(path), sequences.look(path, {}))

    assert raw.x.shape == (20, 3, 1) and raw.x[4, :, 0].tolist() == [4, 5, 6]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("19,wide,1,wave", "line 120: 'wide' in the column x is no number"),
        ("19,1,1,point", "line 120: 'point' in the column gesture is no value"),
        ("19,1,1,fist", "line 120: the sequence that it belongs to had another class before"),
        ("19,1", "line 120: it has 2 fields where 4 are expected"),
    ],
)
def test_a_faulty_step_is_stopped_at_or_skipped(file: Path, line: str, said: str) -> None:
    told = section(file)
    file.write_text(file.read_text() + line + "\n")

    with pytest.raises(DataError, match=said):
        prepare(told)
    assert prepare({**told, "reading": {**told["reading"], "faults": "skip"}}).faults.count == 1


@pytest.mark.parametrize("change", [{"length": 0}, {"columns": []}, {"target": "x"}, {"classes": ["a"]}])
def test_a_reading_that_cannot_be_is_refused(file: Path, change: dict) -> None:
    with pytest.raises(DataError, match=r"data\.reading"):
        sequences.describe({**section(file)["reading"], **change})
