"""Saving keeps five earlier versions, and writes nothing where nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.graph.model import Network, ProjectData
from studio.project import backups, files
from studio.project.files import ProjectError
from studio.words import NetloomError


def named(name: str) -> ProjectData:
    return ProjectData(name, {"model": Network()})


def test_the_last_five_earlier_versions_are_kept_newest_first(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    for number in range(8):
        files.save(file, named(f"version {number}"))
    assert [files.load(backup).name for backup in backups.of(file)] == [
        f"version {n}" for n in (6, 5, 4, 3, 2)
    ]
    assert list(tmp_path.iterdir()) == [file]


def test_saving_the_same_again_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    assert files.save(file, named("same")).changed
    before = file.stat().st_mtime_ns
    assert not files.save(file, named("same")).changed
    assert file.stat().st_mtime_ns == before
    assert backups.of(file) == []


def test_what_somebody_else_wrote_there_becomes_a_backup(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text("somebody's notes")
    files.save(file, named("mine"))
    assert [backup.read_text() for backup in backups.of(file)] == ["somebody's notes"]


def test_projects_of_one_name_in_two_folders_have_their_own_backups(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for version in ("old", "new"):
            files.save(tmp_path / folder / "p.json", named(f"{folder} {version}"))
    assert [files.load(backup).name for backup in backups.of(tmp_path / "a" / "p.json")] == ["a old"]


def test_a_broken_file_names_its_newest_backup(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    files.save(file, named("one"))
    files.save(file, named("two"))
    file.write_text("")
    with pytest.raises(ProjectError) as caught:
        files.load(file)
    assert str(backups.of(file)[0]) in str(caught.value)
    assert files.load(backups.of(file)[0]).name == "one"


def test_a_project_is_saved_even_where_backups_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    occupied = tmp_path / "no-folder"
    occupied.write_text("a file")
    monkeypatch.setenv("NETLOOM_HOME", str(occupied))
    file = tmp_path / "p.json"
    assert files.save(file, named("one")).warning is None
    saved = files.save(file, named("two"))
    assert files.load(file).name == "two"
    assert "no backup" in str(saved.warning)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetloomError, match="does not exist"):
        files.save(tmp_path / "nowhere" / "p.json", named("one"))
