"""Killed while editing or saving: the file is whole, at most the last two seconds of edits are missing."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "kill.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_program_loses_no_file_and_at_most_two_seconds_of_edits(
    monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    kill = runpy.run_path(str(SCRIPT))
    results = kill["run"](int(os.environ.get("NETLOOM_KILLS", "12")), seed=1)
    assert sum(result.edits for result in results) > len(results)
    assert sum(result.saves for result in results) > 0
    assert max(result.missing_seconds for result in results) <= kill["ALLOWED_SECONDS"]
    assert max(result.litter for result in results) <= 1
