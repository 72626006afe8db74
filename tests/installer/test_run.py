"""`bash installer/run.sh`: sets up once, quickly passes by afterwards, and names the cure when it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Clone

MISSING = "libEGL.so.1 libegl1\nlibxcb-cursor.so.0 libxcb-cursor0\n"


def test_the_first_start_sets_up_and_hands_the_arguments_to_netloom(clone: Clone) -> None:
    done = clone.run("train", "projects/digits.json", "--set", "data.root=a folder")

    assert done.returncode == 0, done.stderr
    assert clone.installs == [f"-m pip install --quiet --progress-bar off --editable {clone.folder}"]
    assert clone.notes[-1] == "netloom train projects/digits.json --set data.root=a folder"


def test_the_next_start_runs_neither_pip_nor_apt(apt: Clone) -> None:
    apt.run("--setup")
    before = apt.notes

    done = apt.run("doctor")

    assert [line for line in apt.notes if line not in before] == ["netloom doctor"]
    assert done.stderr == ""


def test_a_changed_list_of_packages_is_installed_by_the_next_start(clone: Clone) -> None:
    clone.run("--setup")
    with (clone.folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# another\n")

    clone.run("--setup")

    assert len(clone.installs) == 2


def test_a_set_up_that_failed_says_how_to_mend_it_and_is_taken_up_again(clone: Clone) -> None:
    failed = clone.run("doctor", PIP_FAILS="1")
    assert failed.returncode == 3
    assert "NETLOOM_VENV" in failed.stderr and "PIP_INDEX_URL" in failed.stderr
    assert "netloom doctor" not in clone.notes

    again = clone.run("doctor")
    assert again.returncode == 0
    assert len(clone.installs) == 2
    assert clone.notes[-1] == "netloom doctor"


def test_the_environment_may_lie_elsewhere(clone: Clone, tmp_path: Path) -> None:
    clone.run("--setup", NETLOOM_VENV=str(tmp_path / "some where"))

    assert (tmp_path / "some where" / "bin" / "netloom").exists()
    assert not clone.venv.exists()


def test_a_folder_that_is_no_environment_is_left_alone(clone: Clone) -> None:
    clone.venv.mkdir()
    (clone.venv / "thesis.txt").write_text("years of work", encoding="utf-8")

    done = clone.run("--setup")

    assert done.returncode == 3
    assert "NETLOOM_VENV" in done.stderr
    assert [path.name for path in clone.venv.iterdir()] == ["thesis.txt"]


def test_pytorch_comes_from_the_index_that_is_named(clone: Clone) -> None:
    clone.run("--setup", NETLOOM_TORCH_INDEX="file:///wheels")

    first, second = clone.installs
    assert "--index-url file:///wheels torch>=" in first and "torchvision>=" in first
    assert "--index-url" not in second


def test_an_index_without_pytorch_is_told(clone: Clone) -> None:
    done = clone.run("--setup", NETLOOM_TORCH_INDEX="file:///wheels", PIP_FAILS="1")

    assert done.returncode == 3
    assert "NETLOOM_TORCH_INDEX" in done.stderr


def test_without_python_the_exact_command_is_named(clone: Clone) -> None:
    (clone.tools / "python3").unlink()

    done = clone.run("--setup")

    assert done.returncode == 3
    assert "sudo apt-get install -y --no-install-recommends python3 python3-venv" in done.stderr


def test_a_python_that_is_too_old_is_none(clone: Clone) -> None:
    clone.tool("python3", "exit 1")

    assert "Python 3.11 or newer is needed" in clone.run("--setup").stderr


def test_missing_libraries_are_installed_where_that_is_allowed(apt: Clone) -> None:
    apt.run("--setup", MISSING=MISSING)

    (install,) = [line for line in apt.notes if "apt-get" in line and " install " in line]
    assert install.endswith("install -y --no-install-recommends libegl1 libxcb-cursor0")


def test_missing_libraries_are_named_where_they_may_not_be_installed(clone: Clone) -> None:
    done = clone.run("--setup", MISSING=MISSING)

    assert done.returncode == 3
    assert "sudo apt-get install -y --no-install-recommends libegl1 libxcb-cursor0" in done.stderr


@pytest.mark.parametrize("display", ["", ":0"])
def test_missing_libraries_keep_the_window_from_opening_but_not_the_commands(
    clone: Clone, display: str
) -> None:
    assert clone.run("train", "p.json", MISSING=MISSING, DISPLAY=display).returncode == 0

    done = clone.run(MISSING=MISSING, DISPLAY=display)

    assert done.returncode == (3 if display else 0)
    assert ("netloom " in clone.notes) is False


def test_a_missing_wayland_library_keeps_nothing_from_working(clone: Clone) -> None:
    done = clone.run("--setup", MISSING="libwayland-cursor.so.0 libwayland-cursor0\n")

    assert done.returncode == 0


def test_with_a_display_the_window_opens(clone: Clone) -> None:
    clone.run(DISPLAY=":0")

    assert clone.notes[-1] == "netloom "


def test_without_a_display_the_same_job_is_done_and_the_files_are_named(clone: Clone, tmp_path: Path) -> None:
    done = clone.run(NETLOOM_OUT=str(tmp_path / "out"))

    assert done.returncode == 0, done.stderr
    assert "no display" in done.stderr
    words = [line.split()[1] for line in clone.notes if line.startswith("netloom")]
    assert words == ["new", "train", "export", "export"]
    assert str(tmp_path / "out") in done.stdout
    assert "digits.onnx" in done.stdout


def test_two_first_starts_at_once_set_up_once(clone: Clone) -> None:
    import subprocess

    command = ["bash", "installer/run.sh", "--setup"]
    started = [subprocess.Popen(command, cwd=clone.folder, env=clone.environment) for _ in range(2)]

    assert [process.wait(timeout=240) for process in started] == [0, 0]
    assert len(clone.installs) == 1
