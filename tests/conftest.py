"""What every test stands on: a home of its own, English, and the real data where it is to be had.

And what makes it come out the same on every machine: the same random numbers, and patience (decision 0325).
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio import words

PATIENCE_MS = 90_000
"""how long a test waits at least for what must come: a machine may be busy, or read from a cold disk"""

_BUSY = [HealthCheck.too_slow]
"""a matter of the machine, not of the test"""
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=_BUSY)
settings.register_profile("random", print_blob=True, deadline=None, suppress_health_check=_BUSY)
settings.load_profile("same")  # --hypothesis-profile random draws new examples


def _alike_everywhere() -> None:
    """The profile "same" draws the same examples whatever modules are imported.

    Hypothesis now and then tries numbers and words of the project's modules that the tests before in this
    process happened to import. It has no setting for that; where this private name is gone, it does so again.
    """
    of_the_modules = getattr(providers, "_get_local_constants", None)
    none = getattr(providers, "_local_constants", None)
    if of_the_modules is None or none is None:
        return

    def constants() -> Any:
        return none if settings.get_current_profile_name() == "same" else of_the_modules()

    setattr(providers, "_get_local_constants", constants)  # noqa: B010


_alike_everywhere()

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Every test begins with the same random numbers, whatever ran before it in this process."""
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.manual_seed(0)  # not CUDA's: that takes a while


class PatientBot(QtBot):
    """pytest-qt's, which waits for PATIENCE_MS at least: a limit is there to end a hang, not to measure."""

    def waitUntil(self, callback: Any, *, timeout: int = PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=max(timeout, PATIENCE_MS))

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=_patient(timeout, **options), **options)

    def waitSignals(self, signals: Any, *, timeout: int = PATIENCE_MS, **options: Any) -> Any:
        return super().waitSignals(signals, timeout=_patient(timeout, **options), **options)

    def waitExposed(self, widget: Any, *, timeout: int = PATIENCE_MS) -> Any:
        return super().waitExposed(widget, timeout=max(timeout, PATIENCE_MS))


def _patient(timeout: int, raising: bool | None = None, **_: object) -> int:
    """What must not come is waited for no longer than the test says."""
    return timeout if raising is False else max(timeout, PATIENCE_MS)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


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
