"""A real window on a real screen, used by a hand. Skipped where there is no X display or no xdotool."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.app.main import assemble
from studio.app.preferences import Preferences
from studio.app.window import MainWindow
from tests.end_to_end.hand import Hand

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def artefacts() -> Path:
    """Where pictures of what a test saw are kept; the folder is ignored by git."""
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def hand(qtbot: QtBot, artefacts: Path) -> Hand:
    if QApplication.platformName() != "xcb":
        pytest.skip("needs a real window: run it with QT_QPA_PLATFORM=xcb on an X display")
    if missing := [tool for tool in ("xdotool", "import") if shutil.which(tool) is None]:
        pytest.skip(f"needs {', '.join(missing)}")
    return Hand(qtbot, artefacts)


@pytest.fixture
def window(hand: Hand, qapp: QApplication) -> Iterator[MainWindow]:
    """The program's window as `studio.app.main` starts it, on the whole of the screen."""
    preferences = Preferences()
    preferences.tour_seen = True
    made, engine = assemble(qapp, preferences)
    made.setGeometry(QRect(0, 20, 1600, 980))
    with hand.qtbot.waitExposed(made):
        made.show()
    engine.start()
    made.after_first_paint()
    hand.until(lambda: made.session.engine_ready, timeout=90_000)
    yield made
    made.trainer.stop()
    hand.until(lambda: not made.trainer.active)
    made.session.undo_stack.setClean()
    made.close()
    hand.until(lambda: not made.isVisible())
    made.deleteLater()
    engine.wait()
    hand.qtbot.wait(50)


def child(parent: QWidget, name: str) -> QWidget:
    """The widget of that object name."""
    found = parent.findChild(QWidget, name)
    assert found is not None, f"no widget {name}"
    return found
