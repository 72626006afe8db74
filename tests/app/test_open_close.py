"""What is left of a window, and of work done behind it, when it is gone.

A hundred windows are opened by tests/benchmarks/open_close.py.
"""

from __future__ import annotations

import gc
import weakref
from collections import Counter

from PySide6.QtCore import QCoreApplication, QEvent, QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio import places
from studio.app.appearance import Appearance
from studio.app.preferences import Preferences
from studio.app.session import Session
from studio.app.startup import CURVES
from studio.app.tasks import Lane, Ticket
from studio.app.window import MainWindow


def test_nothing_of_a_window_with_a_project_is_kept_when_it_is_gone(
    qtbot: QtBot, preferences: Preferences
) -> None:
    appearance = Appearance(QApplication.instance(), preferences)
    left = []
    for _ in range(3):
        _open_and_close(qtbot, preferences, appearance)
        left.append(_ours())
    appearance.deleteLater()
    assert not left[-1] - left[0]


def _open_and_close(qtbot: QtBot, preferences: Preferences, appearance: Appearance) -> None:
    window = MainWindow(Session(), preferences, appearance)
    window.module_imported(CURVES)
    window.show()
    window.files.open_example(places.gallery() / "digits.json")
    qtbot.waitUntil(lambda: window.files.active, timeout=30_000)
    qtbot.waitUntil(
        lambda: all(page.panel is not None for page in window.workspace.pages.values()), timeout=30_000
    )
    window.leave_without_asking()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


def _ours() -> Counter[str]:
    """How many objects of the window's own classes Python still has, whether Qt has them or not."""
    QThreadPool.globalInstance().waitForDone(10_000)
    QCoreApplication.processEvents()
    gc.collect()
    kinds = (type(held) for held in gc.get_objects())
    return Counter(kind.__qualname__ for kind in kinds if str(kind.__module__).startswith("studio.app."))


class Material:
    """What work is given."""


def test_what_work_was_given_is_let_go_when_it_is_done(qtbot: QtBot) -> None:
    lane, given = Lane(), []

    def work(ticket: Ticket, material: Material) -> Material:
        return material

    for _ in range(50):
        material = Material()
        given.append(weakref.ref(material))
        lane.start(work, material)
        del material
        qtbot.waitUntil(lambda: not lane.busy)
    QThreadPool.globalInstance().waitForDone(5_000)
    gc.collect()
    assert [held() for held in given if held() is not None] == []
