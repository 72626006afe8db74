"""A person's hand: real events of the windowing system by xdotool, while Qt's loop keeps running.

Coordinates are global pixels; ask the widgets for them, never write them down.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

PATIENCE_MS = 20_000


class Hand:
    """Moves the pointer and types, and waits for what should follow."""

    def __init__(self, qtbot: QtBot, artefacts: Path) -> None:
        self.qtbot = qtbot
        self.artefacts = artefacts

    def _do(self, *words: object) -> None:
        process = subprocess.Popen(["xdotool", *map(str, words)])
        self.qtbot.waitUntil(lambda: process.poll() is not None, timeout=PATIENCE_MS)
        assert process.returncode == 0, words

    def move(self, to: QPoint) -> None:
        self._do("mousemove", "--sync", to.x(), to.y())

    def moves(self, to: QPoint) -> None:
        """Like `move`, also where the pointer is there already."""
        self._do("mousemove", to.x(), to.y())

    def button(self, what: str, button: int) -> None:
        """Presses a button of the mouse where the pointer is: "mousedown", "mouseup" or "click"."""
        self._do(what, button)

    def keys(self, what: str, key: str) -> None:
        """Holds a key or lets it go: "keydown" or "keyup"."""
        self._do(what, key)

    def click(self, at: QPoint, button: int = 1, times: int = 1) -> None:
        self._do(
            "mousemove", at.x(), at.y(), "sleep", 0.05, "click", "--repeat", times, "--delay", 60, button
        )
        self.qtbot.wait(60)

    def click_widget(self, widget: QWidget) -> None:
        self.until(lambda: widget.isVisible() and widget.isEnabled())
        self.click(self.settled(lambda: middle(widget)))

    def settled(self, place: Callable[[], QPoint]) -> QPoint:
        """Where something lies once it no longer moves: a layout may still be on its way."""
        seen = [place()]
        self.until(lambda: self.qtbot.wait(120) or seen.append(place()) or seen[-1] == seen[-2])
        return seen[-1]

    def drag(self, start: QPoint, end: QPoint, button: int = 1) -> None:
        """Press, leave the start by more than Qt's drag distance, travel, rest, release."""
        self._do(
            *("mousemove", "--sync", start.x(), start.y(), "sleep", 0.05, "mousedown", button),
            *(
                "mousemove_relative",
                "--sync",
                "--",
                8,
                8,
                "sleep",
                0.03,
                "mousemove_relative",
                "--sync",
                "--",
                8,
                8,
            ),
            *("mousemove", "--sync", (start.x() + end.x()) // 2, (start.y() + end.y()) // 2, "sleep", 0.05),
            *("mousemove", "--sync", end.x() - 2, end.y() - 2, "sleep", 0.05),
            *("mousemove", "--sync", end.x(), end.y(), "sleep", 0.1, "mouseup", button),
        )
        self.qtbot.wait(60)

    def key(self, *keys: str) -> None:
        """Presses keys by their X names: "ctrl+s", "Return", "Escape"."""
        for key in keys:
            self._do("key", "--clearmodifiers", key)
            self.qtbot.wait(40)

    def type(self, text: str) -> None:
        self._do("type", "--delay", 8, text)
        self.qtbot.wait(60)

    def until(self, condition: Callable[[], object], timeout: int = PATIENCE_MS) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=timeout)

    def shot(self, name: str) -> Path:
        """Keeps a picture of the whole screen among the artefacts."""
        self.qtbot.wait(150)
        file = self.artefacts / f"{name}.png"
        process = subprocess.Popen(["import", "-window", "root", str(file)])
        self.qtbot.waitUntil(lambda: process.poll() is not None, timeout=PATIENCE_MS)
        return file


def middle(widget: QWidget) -> QPoint:
    return widget.mapToGlobal(widget.rect().center())
