"""Where the program's own files lie: in the wheel beside the package, in a clone beside `studio/`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _shipped(folder: str) -> Path:
    inside = _PACKAGE / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder


def resources() -> Path:
    """The folder of icons, translations, fonts and the words of the catalogue."""
    return _shipped("resources")


def gallery() -> Path:
    """The folder of the example projects."""
    return _shipped("projects")


def user_data() -> Path:
    """The person's own folder for journals, logs and settings. `NETLOOM_HOME` names another one."""
    if named := os.environ.get("NETLOOM_HOME"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "Netloom"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Netloom"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "netloom"


def user_cache() -> Path:
    """Where the person's machine keeps what can be made again. `NETLOOM_HOME` names a folder around it."""
    if named := os.environ.get("NETLOOM_HOME"):
        return Path(named) / "cache"
    if sys.platform == "win32":
        return user_data() / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "Netloom"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netloom"
