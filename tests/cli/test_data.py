"""`netloom data`: a table of one's own, from a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Netloom


@pytest.fixture
def plants(tmp_path: Path) -> Path:
    file = tmp_path / "plants.csv"
    rows = [f"{i * 1.5},{'red' if i % 2 else 'blue'},{'tall' if i > 20 else 'low'}" for i in range(60)]
    file.write_text("\n".join(["height,colour,size", *rows]) + "\n", encoding="utf-8")
    return file


def test_a_table_is_the_data_and_is_trained_on(netloom: Netloom, plants: Path) -> None:
    netloom("new", "iris", "p.json")

    said = netloom("data", "p.json", plants, "--json")

    assert said.status == 0 and said.events[0]["reading"]["target"] == "size"
    trained = netloom("train", "p.json", "--set", "training.epochs=5", "--json")
    assert trained.status == 0 and trained.events[-1]["best"]["validation"]["accuracy"] > 0.8


def test_another_column_is_predicted(netloom: Netloom, plants: Path) -> None:
    netloom("new", "iris", "p.json")

    said = netloom("data", "p.json", plants, "--target", "height")

    assert said.status == 0 and "height (regression)" in said.out
    assert json.loads(Path("p.json").read_text())["data"]["reading"]["target"] == "height"


def test_a_file_of_another_kind_is_refused_and_the_project_stays(netloom: Netloom, tmp_path: Path) -> None:
    netloom("new", "iris", "p.json")
    before = Path("p.json").read_bytes()
    (tmp_path / "song.mp3").write_bytes(b"la")

    said = netloom("data", "p.json", tmp_path / "song.mp3")

    assert said.status == 3 and "song.mp3" in said.err
    assert Path("p.json").read_bytes() == before


def test_what_is_odd_about_the_data_is_said_with_and_without_a_file(netloom: Netloom, plants: Path) -> None:
    text = plants.read_text(encoding="utf-8").splitlines()
    rows = [f"{text[0]},sign", *(f"{row},{'plus' if row.endswith('tall') else 'minus'}" for row in text[1:])]
    plants.write_text("\n".join(rows) + "\n", encoding="utf-8")
    netloom("new", "iris", "p.json")

    said = netloom("data", "p.json", plants, "--target", "size")
    assert said.status == 0 and "warning: sign: It tells size by itself" in said.out

    events = netloom("data", "p.json", "--json").events
    assert [event["event"] for event in events] == ["look"]
    assert ("leak", "sign") in {(f["code"], f["place"]) for f in events[0]["findings"]}
    assert events[0]["samples"] == {"train": 36, "validation": 12, "test": 12}


def test_bundled_data_is_looked_at_and_a_target_needs_a_file(netloom: Netloom) -> None:
    netloom("new", "digits", "p.json")

    assert "Nothing odd was found." in netloom("data", "p.json").out
    said = netloom("data", "p.json", "--target", "digit")
    assert said.status == 2 and "name the file too" in said.err
