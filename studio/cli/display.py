"""Whether a window can open here, asked without loading Qt: Qt ends the process where it cannot."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from pathlib import Path

from studio.cli.libraries import PACKAGES, apt_command
from studio.words import Message

_NEEDED = (
    "libX11.so.6",
    "libxkbcommon-x11.so.0",
    *(name for name in PACKAGES if name.startswith("libxcb")),
)


def why_no_window() -> Message | None:
    """What keeps a window from opening, with the cure; None where one can open."""
    asked_for = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if sys.platform in {"win32", "darwin"} or asked_for not in {"", "xcb", "wayland"}:
        return None
    wayland, display = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if not wayland and not display:
        return Message(
            "There is no display here, so no window can open. On another machine's screen: ssh -X. "
            "Without one, the commands that netloom --help lists do the same work."
        )
    if wayland and _wayland_answers(wayland):
        return None
    if missing := [name for name in _NEEDED if not _loads(name)]:
        return Message(
            "The window needs libraries that this system lacks. Install them: {command}",
            command=apt_command(PACKAGES[name] for name in missing),
        )
    if not display or not _x11_answers():
        return Message(
            "The display {name} does not answer. See that it runs and lets you in, or set DISPLAY.",
            name=display or wayland,
        )
    return None


def _wayland_answers(name: str) -> bool:
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")) / name
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
        return True
    except OSError:
        return False


def _x11_answers() -> bool:
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    if not (display := x11.XOpenDisplay(None)):
        return False
    x11.XCloseDisplay(display)
    return True


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
        return True
    except OSError:
        return False
