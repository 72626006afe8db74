"""What cannot be exported is said, and nothing is left behind or overwritten."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.export import torch_files
from studio.export.export import export
from studio.export.formats import FORMATS, ExportError
from studio.project.atomic import WriteError
from studio.training.runs import Run


def test_a_file_that_differs_from_the_network_is_not_kept(
    digits_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = torch_files.weights

    def wrong(network: Any) -> dict[str, torch.Tensor]:
        return {name: value + 0.01 for name, value in right(network).items()}

    monkeypatch.setattr(torch_files, "weights", wrong)
    (tmp_path / "old.pt").write_bytes(b"what was there")

    with pytest.raises(ExportError, match="differs from the network by"):
        export(digits_run, "state_dict", tmp_path / "old.pt")
    with pytest.raises(ExportError, match="differs from the network by"):
        export(digits_run, "folder", tmp_path / "folder")

    assert [path.name for path in tmp_path.iterdir()] == ["old.pt"]
    assert (tmp_path / "old.pt").read_bytes() == b"what was there"


@pytest.mark.parametrize("format", FORMATS)
def test_a_missing_folder_is_named(digits_run: Run, format: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="nowhere does not exist"):
        export(digits_run, format, tmp_path / "nowhere" / "digits")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that not even root may write")
@pytest.mark.parametrize("format", ["state_dict", "folder"])
def test_a_folder_that_cannot_be_written_is_named(digits_run: Run, format: str) -> None:
    with pytest.raises((ExportError, WriteError), match="/proc"):
        export(digits_run, format, Path("/proc/digits"))


@pytest.mark.parametrize("format", ["state_dict", "folder"])
def test_a_full_disk_leaves_nothing_and_says_so(
    digits_run: Run, format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises((ExportError, WriteError), match=r"disk is full|No space left"):
        export(digits_run, format, tmp_path / "digits")

    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused_with_the_known_ones(digits_run: Run, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="onnx, pt2"):
        export(digits_run, "torchscript", tmp_path / "digits")


def test_a_folder_of_the_persons_own_is_not_replaced(digits_run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work", encoding="utf-8")

    with pytest.raises(ExportError, match="no export of Netloom's"):
        export(digits_run, "folder", mine)

    assert (mine / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_an_earlier_export_is_replaced(digits_run: Run, tmp_path: Path) -> None:
    export(digits_run, "folder", tmp_path / "out")
    (tmp_path / "out" / "weights.pt").write_bytes(b"old")

    export(digits_run, "folder", tmp_path / "out")

    assert len((tmp_path / "out" / "weights.pt").read_bytes()) > 1000
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_cancelling_leaves_nothing(digits_run: Run, tmp_path: Path) -> None:
    class Cancelled(Exception):  # noqa: N818 - as the window's own
        pass

    def cancel_late(share: float, _text: str) -> None:
        if share > 0.6:
            raise Cancelled

    for format in ("safetensors", "python", "folder"):
        with pytest.raises(Cancelled):
            export(digits_run, format, tmp_path / "digits", cancel_late)

    assert list(tmp_path.iterdir()) == []


def test_a_network_of_numbers_that_are_none_is_not_exported(
    make_chain: Callable[..., Any], tmp_path: Path
) -> None:
    run = make_chain(["N", 4], [("torch.log", {})])

    with pytest.raises(ExportError, match="NaN"):
        export(run, "pt2", tmp_path / "log")

    assert list(tmp_path.iterdir()) == []


def test_a_batch_size_written_into_the_network_is_explained(
    make_chain: Callable[..., Any], tmp_path: Path
) -> None:
    run = make_chain([64, 4], [("torch.reshape", {"shape": [32, 8]})])

    with pytest.raises(ExportError, match="batch size"):
        export(run, "onnx", tmp_path / "fixed")
