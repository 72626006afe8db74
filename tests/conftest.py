"""What every test stands on: a home of its own, English, and the real data where it is to be had."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from studio import words

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", print_blob=True, deadline=None)
settings.load_profile("same")  # --hypothesis-profile random draws new examples

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keeps journals, backups and preferences of a test out of the person's own folder."""
    home = tmp_path_factory.mktemp("netloom-home")
    monkeypatch.setenv("NETLOOM_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Ends every test in English, whatever it switched to."""
    yield
    words.set_language("en")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets: `NETLOOM_TEST_DATA`, else `../shared/data`; skips where there is none."""
    named = os.environ.get("NETLOOM_TEST_DATA")
    folder = Path(named) if named else _ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data sets in {folder}; NETLOOM_TEST_DATA names another folder")
    return folder
