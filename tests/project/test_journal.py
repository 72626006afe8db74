"""What was edited and not saved is found again after the program died, and nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.graph.document import Document
from studio.graph.model import Network, Node, ProjectData
from studio.project import files, journal, locks, recovery
from studio.project.journal import Journal, JournalError
from studio.words import Message

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 90.0
"""how long a busy disk may take"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recovery"


@pytest.fixture
def document() -> Document:
    return Document(ProjectData("Work", {"model": Network()}))


@pytest.fixture
def kept(folder: Path, document: Document) -> Iterator[Journal]:
    made = Journal(folder, document)
    yield made
    made.close(discard=True)


def add(document: Document, *ids: str) -> None:
    for id_ in ids:
        with document.transaction(Message("Add {node}", node=id_)) as edit:
            edit.add_node("model", Node(id_, "nn.ReLU"))


def ids(project: ProjectData) -> list[str]:
    return list(project.networks["model"].nodes)


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def wait_until(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)


def only(found: list[recovery.Recoverable]) -> recovery.Recoverable:
    (work,) = found
    return work


def test_an_opened_project_that_is_not_edited_leaves_no_journal(folder: Path, kept: Journal) -> None:
    assert kept.flush(PATIENCE_S)
    assert journals(folder) == []


def test_edits_undo_and_settings_come_back_from_a_program_that_died(folder: Path, document: Document) -> None:
    made = Journal(folder, document)
    changes = []
    document.subscribe(changes.append)
    add(document, "a", "b", "c")
    document.replay(changes[-1].inverse())
    with document.transaction(Message("Edit")) as edit:
        edit.rename_node("model", "a", "first")
        edit.connect("model", "first", "b", ("args", 0))
        edit.set(("training", "optimizer", "lr"), 0.1)
        edit.add_network("Part", Network({"x": Node("x", "input")}, {"width": 3}))
    made.close(discard=False)

    work = only(recovery.find(folder))

    assert files.dumps(work.project()) == files.dumps(document.data())
    assert (work.name, work.original, work.saved_since) == ("Work", None, False)
    assert abs(work.when.timestamp() - time.time()) < 60


def test_the_place_in_the_file_comes_back_too(folder: Path, document: Document) -> None:
    add(document, "a", "b", "c")
    changes = []
    document.subscribe(changes.append)
    with document.transaction(Message("Remove")) as edit:
        edit.remove_nodes("model", ["a"])
    made = Journal(folder, document, unsaved=True)
    document.replay(changes[0].inverse())
    made.close(discard=False)
    assert ids(only(recovery.find(folder)).project()) == ["a", "b", "c"]


def test_an_edit_is_on_the_disk_within_a_second_without_being_asked_for(
    folder: Path, document: Document, kept: Journal
) -> None:
    add(document, "a")
    wait_until(lambda: any(b'\\"a\\"' in path.read_bytes() for path in journals(folder)))


def test_work_of_a_program_that_runs_is_not_offered(folder: Path, document: Document, kept: Journal) -> None:
    add(document, "a")
    assert kept.flush(PATIENCE_S)
    assert journals(folder) != []
    assert recovery.find(folder) == []


def test_saving_ends_the_journal_and_the_next_edit_begins_a_new_one(
    folder: Path, document: Document, kept: Journal, tmp_path: Path
) -> None:
    add(document, "a")
    assert kept.flush(PATIENCE_S)
    files.save(tmp_path / "p.json", document.data())
    kept.saved(tmp_path / "p.json")
    assert kept.flush(PATIENCE_S)
    assert journals(folder) == []

    add(document, "b")
    assert kept.flush(PATIENCE_S)
    head = json.loads(journals(folder)[0].read_bytes().splitlines()[0])
    assert head["original"] == str(tmp_path / "p.json")


def test_edits_made_while_the_file_was_written_stay_in_the_journal(
    folder: Path, document: Document, tmp_path: Path
) -> None:
    made = Journal(folder, document)
    add(document, "a")
    written = document.data()
    add(document, "b")
    files.save(tmp_path / "p.json", written)
    made.saved(tmp_path / "p.json", written)
    made.close(discard=False)
    work = only(recovery.find(folder))
    assert ids(work.project()) == ["a", "b"]
    assert work.original == tmp_path / "p.json"


def test_a_journal_that_holds_no_more_than_the_file_is_removed(
    folder: Path, document: Document, tmp_path: Path
) -> None:
    made = Journal(folder, document, tmp_path / "p.json")
    add(document, "a")
    files.save(tmp_path / "p.json", document.data())
    made.close(discard=False)
    assert recovery.find(folder) == []
    assert journals(folder) == []


def test_a_file_saved_later_by_somebody_is_said(folder: Path, document: Document, tmp_path: Path) -> None:
    made = Journal(folder, document, tmp_path / "p.json")
    add(document, "a")
    made.close(discard=False)
    files.save(tmp_path / "p.json", ProjectData("Other"))
    os.utime(tmp_path / "p.json", (time.time() + 60, time.time() + 60))
    assert only(recovery.find(folder)).saved_since


def test_closing_with_discard_leaves_nothing(folder: Path, document: Document) -> None:
    made = Journal(folder, document)
    add(document, "a")
    assert made.flush(PATIENCE_S)
    made.close(discard=True)
    assert list(folder.iterdir()) == []


def test_discarding_removes_the_journal_and_reading_does_not(folder: Path, document: Document) -> None:
    made = Journal(folder, document)
    add(document, "a")
    made.close(discard=False)
    work = only(recovery.find(folder))
    work.project()
    assert only(recovery.find(folder)).path == work.path
    work.discard()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_costs_only_the_last_edit(folder: Path, document: Document, cut: int) -> None:
    made = Journal(folder, document, unsaved=True)
    add(document, "a", "b", "c")
    made.close(discard=False)
    file = journals(folder)[0]
    file.write_bytes(file.read_bytes()[:-cut])
    assert ids(only(recovery.find(folder)).project()) == ["a", "b"]


def test_an_unfinished_new_journal_leaves_the_one_before_it(folder: Path, document: Document) -> None:
    made = Journal(folder, document, unsaved=True)
    add(document, "a")
    made.close(discard=False)
    whole = journals(folder)[0]
    whole.with_name(whole.name.replace("000001", "000002")).write_bytes(whole.read_bytes()[:20])
    assert ids(only(recovery.find(folder)).project()) == ["a"]


def test_a_journal_that_cannot_be_read_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "abc.000001.jsonl").write_text("not ours")
    assert recovery.find(folder) == []
    assert (folder / "abc.000001.jsonl").exists()


def test_a_long_journal_begins_anew(
    folder: Path, document: Document, kept: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MAX_CHANGES", 10)
    for number in range(25):
        add(document, f"n{number}")
        assert kept.flush(PATIENCE_S)
    (file,) = journals(folder)
    assert len(file.read_bytes().splitlines()) < 12


def test_a_full_disk_is_told_once_and_the_journal_catches_up(
    folder: Path, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Message] = []
    made = Journal(folder, document, on_fault=told.append, unsaved=True)
    assert made.flush(PATIENCE_S)
    real, full = os.fsync, threading.Event()

    def fsync(descriptor: int) -> None:
        if full.is_set():
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(journal, "RETRY", 0.02)
    full.set()
    add(document, "a")
    wait_until(lambda: bool(told))
    full.clear()
    add(document, "b")
    assert made.flush(PATIENCE_S)
    made.close(discard=False)

    assert ["No space left" in str(message) for message in told] == [True]
    assert ids(only(recovery.find(folder)).project()) == ["a", "b"]


def test_a_disk_that_is_slow_at_the_end_is_still_told_what_to_throw_away(
    folder: Path, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, begun, go_on = os.fsync, threading.Event(), threading.Event()

    def fsync(descriptor: int) -> None:
        begun.set()
        go_on.wait(PATIENCE_S)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    made = Journal(folder, document, unsaved=True)
    assert begun.wait(PATIENCE_S)
    closing = threading.Thread(target=made.close, args=(True,))
    closing.start()
    wait_until(lambda: made._writer._closing)  # it did not wait for the disk
    go_on.set()
    closing.join()
    made._writer.join(PATIENCE_S)

    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_refused_in_words(tmp_path: Path, document: Document) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(JournalError, match="cannot be kept safe"):
        Journal(tmp_path / "file" / "recovery", document)


def test_a_lock_dies_with_its_owner(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from studio.project import locks
lock = locks.take(Path({str(tmp_path / "x.lock")!r}))
print("held", flush=True)
input()
"""
    owner = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "held\n"
    assert locks.take(tmp_path / "x.lock") is None
    owner.kill()
    owner.communicate()
    lock = locks.take(tmp_path / "x.lock")
    assert lock is not None
    lock.remove()
    assert list(tmp_path.iterdir()) == []
