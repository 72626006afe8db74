"""A file is written whole or not at all: on a full disk, when refused, when killed."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from studio.project import atomic
from studio.project.atomic import WriteError

ROOT = Path(__file__).resolve().parent.parent.parent


def test_text_and_bytes_are_written_as_given(tmp_path: Path) -> None:
    atomic.write(tmp_path / "a.txt", "数字\n")
    atomic.write(tmp_path / "b.bin", b"\x00\r\n")
    assert (tmp_path / "a.txt").read_bytes() == "数字\n".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\r\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "b.bin"]


@pytest.mark.parametrize("call", ["fsync", "open"])
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "not allowed"),
        (errno.EROFS, "not allowed"),
        (errno.EIO, "could not"),
    ],
)
def test_the_old_file_stays_when_the_disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, words: str
) -> None:
    file = tmp_path / "p.json"
    atomic.write(file, "old")

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(WriteError, match=words):
        atomic.write(file, "new")
    monkeypatch.undo()

    assert [p.name for p in tmp_path.iterdir()] == ["p.json"]
    assert file.read_text() == "old"


def test_a_real_limit_on_the_size_of_files_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    atomic.write(file, "old")
    program = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from studio.project import atomic
try:
    atomic.write({str(file)!r}, b"x" * 1_000_000)
except atomic.WriteError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "larger than this system allows" in done.stdout
    assert file.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["p.json"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_old_file_and_no_litter(small_disk: Path) -> None:
    file = small_disk / "p.json"
    atomic.write(file, b"old" * 10_000)
    with pytest.raises(WriteError, match="disk is full"):
        atomic.write(file, b"new" * 100_000)
    assert file.read_bytes() == b"old" * 10_000
    assert [p.name for p in small_disk.iterdir()] == ["p.json"]


def test_an_exception_of_the_library_that_writes_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    atomic.write(file, "old")
    with pytest.raises(ZeroDivisionError), atomic.writing(file) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert file.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


def test_a_library_may_write_the_temporary_file_anew_and_sees_the_right_suffix(tmp_path: Path) -> None:
    with atomic.writing(tmp_path / "model.onnx") as temporary:
        assert temporary.suffix == ".onnx"
        temporary.unlink()
        temporary.write_text("whole")
    assert (tmp_path / "model.onnx").read_text() == "whole"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "p.json", tmp_path / "link.json"
    real.write_text("old")
    link.symlink_to(real)
    atomic.write(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_mode_bits_stay_and_new_files_follow_the_umask(tmp_path: Path) -> None:
    private, fresh = tmp_path / "private", tmp_path / "fresh"
    private.write_text("old")
    private.chmod(0o600)
    before = os.umask(0o027)
    try:
        atomic.write(private, "new")
        atomic.write(fresh, "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o640


def test_what_a_killed_program_left_is_swept_by_the_next_write(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from studio.project import atomic
with atomic.writing(Path({str(tmp_path / "p.json")!r})) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    (leftover,) = tmp_path.iterdir()
    assert leftover.name != "p.json"
    with atomic.writing(tmp_path / "mine.json") as running:
        atomic.write(tmp_path / "p.json", "whole")
        assert running.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.json", "p.json"]


def test_a_file_that_is_read_only_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "p.json"
    file.write_text("mine")
    file.chmod(0o444)
    # the superuser may write everything, so ask as anybody else would be answered
    monkeypatch.setattr(os, "access", lambda path, mode: bool(Path(path).stat().st_mode & 0o222))
    with pytest.raises(WriteError, match="not allowed"):
        atomic.write(file, "new")
    assert file.read_text() == "mine"


def test_other_hidden_files_are_not_swept(tmp_path: Path) -> None:
    kept = [".notes.tmp", ".a.b-c-d.tmp", ".vimrc.swp"]
    for name in kept:
        (tmp_path / name).write_text("mine")
    atomic.write(tmp_path / "p.json", "whole")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*kept, "p.json"])


@pytest.mark.parametrize(
    ("name", "words"),
    [("folder", "is a folder"), ("n" * 300, "too long"), ("no/where.json", "does not exist")],
)
def test_names_that_cannot_be_written_are_explained(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(WriteError, match=words):
        atomic.write(tmp_path / name, "x")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_limits_of_this_process_are_untouched() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
