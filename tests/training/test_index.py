"""The index of runs: it says what the folders say, whatever happens to it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.training import index, labels, runs
from studio.training.labels import Labels


def make(folder: Path, id_: str, **record: object) -> Path:
    run = folder / id_
    run.mkdir(parents=True)
    runs.write_record(run, {"format": runs.FORMAT, "version": 1, "status": "done", **record})
    runs.append_metrics(run, {"epoch": 1, "seconds": 1.5})
    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for day in (1, 2, 3):
        make(tmp_path, f"2026-01-0{day}_10-00-00", name=f"run {day}", device="cpu")
    return tmp_path


def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs whose folders are read from here on."""
    read: list[str] = []
    plain = runs._entry

    def entry(run: Path) -> index.Entry | None:
        read.append(run.name)
        return plain(run)

    monkeypatch.setattr(runs, "_entry", entry)
    return read


def test_what_has_not_changed_is_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = runs.list_runs(folder)
    read = reads(monkeypatch)
    assert runs.list_runs(folder) == first
    assert read == []
    assert [(info.name, info.epochs_done, info.seconds, info.device) for info in first] == [
        (f"run {day}", 1, 1.5, "cpu") for day in (1, 2, 3)
    ]


@pytest.mark.parametrize("what", ["record", "labels", "metrics"])
def test_a_run_that_changed_is_read_again_and_it_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    runs.list_runs(folder)
    run = folder / "2026-01-02_10-00-00"
    match what:
        case "record":
            runs.write_record(run, {"format": runs.FORMAT, "status": "failed", "name": "another"})
        case "labels":
            labels.write(run, Labels("wide", tags=("a", "b")))
        case "metrics":
            runs.append_metrics(run, {"epoch": 2, "seconds": 0.5})
    read = reads(monkeypatch)
    found = runs.list_runs(folder)[1]
    assert read == [run.name]
    assert what != "record" or (found.status, found.name) == ("failed", "another")
    assert what != "labels" or found.labels == Labels("wide", tags=("a", "b"))
    assert what != "metrics" or (found.epochs_done, found.seconds) == (2, 2.0)


def test_runs_that_came_and_went_are_seen(folder: Path) -> None:
    runs.list_runs(folder)
    (folder / "2026-01-01_10-00-00" / "run.json").unlink()
    make(folder, "2026-01-04_10-00-00")
    assert [info.id[8:10] for info in runs.list_runs(folder)] == ["02", "03", "04"]
    with sqlite3.connect(folder / index.FILE) as base:
        assert base.execute("SELECT count(*) FROM runs").fetchone() == (3,)


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b"this is no database" * 100),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(b""),
        lambda path: sqlite3.connect(path).executescript("PRAGMA user_version = 99; DROP TABLE runs"),
        lambda path: sqlite3.connect(path).executescript("UPDATE runs SET facts = 'no json'"),
        lambda path: sqlite3.connect(path).executescript("UPDATE runs SET facts = '{\"else\": 1}'"),
        lambda path: sqlite3.connect(path).executescript("DROP TABLE runs; CREATE TABLE runs (a)"),
    ],
    ids=[
        "lost",
        "no database",
        "torn",
        "empty",
        "of another version",
        "no json",
        "other facts",
        "other table",
    ],
)
def test_an_index_that_is_lost_or_broken_is_made_anew(folder: Path, harm: object) -> None:
    first = runs.list_runs(folder)
    harm(folder / index.FILE)  # type: ignore[operator]
    assert runs.list_runs(folder) == first
    assert runs.list_runs(folder) == first
    with sqlite3.connect(folder / index.FILE) as base:
        assert base.execute("SELECT count(*) FROM runs").fetchone() == (3,)


def test_an_index_that_another_process_writes_does_not_hold_up_the_list(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = runs.list_runs(folder)
    make(folder, "2026-01-04_10-00-00")
    monkeypatch.setattr(index, "WAIT_S", 0.01)
    other = sqlite3.connect(folder / index.FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert len(runs.list_runs(folder)) == len(first) + 1
    finally:
        other.close()


def test_the_index_can_be_asked_by_anything_that_speaks_sqlite(folder: Path) -> None:
    labels.write(folder / "2026-01-02_10-00-00", Labels("wide", star=True, tags=("good",)))
    runs.list_runs(folder)
    with sqlite3.connect(folder / index.FILE) as base:
        found = base.execute("SELECT run, title, tags FROM runs WHERE star").fetchall()
    assert found == [("2026-01-02_10-00-00", "wide", "good")]


@given(
    st.lists(
        st.text(st.characters(exclude_categories=("Cs", "Z", "Cc"), exclude_characters="#,"), min_size=1)
    )
)
def test_tags_that_are_typed_are_the_tags_that_are_kept(words: list[str]) -> None:
    assert labels.tags_of(", ".join(words)) == tuple(dict.fromkeys(words))
    said = Labels("t", "n", True, tuple(words))
    assert Labels.from_json(json.loads(json.dumps(said.to_json()))) == said


def test_labels_without_tags_are_read(tmp_path: Path) -> None:
    (tmp_path / labels.FILE).write_text('{"title": "old", "note": "", "star": true}')
    assert labels.read(tmp_path) == Labels("old", star=True)
