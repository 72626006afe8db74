"""A widget with an object name, in one expression; tests and style sheets find it by that name."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject

Widget = TypeVar("Widget", bound=QObject)


def named(widget: Widget, name: str) -> Widget:
    """`widget`, named `name`."""
    widget.setObjectName(name)
    return widget
