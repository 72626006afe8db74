"""What the person chose of the window: theme, language, layout, recent files. One ini file in `user_data()`.

Nothing of a project is kept here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from studio import places, words

RECENT_FILES = 10
LAYOUT_VERSION = 1
"""raised when the docks change, so that an old layout is not forced on a new window"""

ThemeChoice = Literal["system", "dark", "light", "contrast"]
THEME_CHOICES: tuple[ThemeChoice, ...] = ("system", "dark", "light", "contrast")


class Preferences(QObject):
    """The kept choices. `recent_changed` follows the list of recent files."""

    recent_changed = Signal()

    def __init__(self, file: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        path = file or places.user_data() / "window.ini"
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    @property
    def theme(self) -> ThemeChoice:
        kept = self._settings.value("look/theme")
        return next((choice for choice in THEME_CHOICES if choice == kept), "system")

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._settings.setValue("look/theme", choice)

    @property
    def language(self) -> str | None:
        """The language chosen, or None: the desktop's."""
        kept = self._settings.value("look/language")
        return kept if kept in words.LANGUAGES else None

    @language.setter
    def language(self, code: str) -> None:
        self._settings.setValue("look/language", code)

    @property
    def previews(self) -> bool | None:
        """Whether cards carry pictures of their outputs; None: as the size of the network allows."""
        kept = self._settings.value("look/previews")
        return None if kept is None else str(kept).lower() == "true"

    @previews.setter
    def previews(self, choice: bool) -> None:
        self._settings.setValue("look/previews", choice)

    # -- layout ----------------------------------------------------------------------------------

    def layout(self, name: str) -> QByteArray | None:
        """What `keep_layout` kept under `name`, for this version of the window."""
        kept = self._settings.value(f"layout{LAYOUT_VERSION}/{name}")
        return kept if isinstance(kept, QByteArray) else None

    def keep_layout(self, name: str, state: QByteArray) -> None:
        self._settings.setValue(f"layout{LAYOUT_VERSION}/{name}", state)

    def forget_layout(self) -> None:
        self._settings.remove(f"layout{LAYOUT_VERSION}")

    @property
    def tour_seen(self) -> bool:
        """Whether the tour of the window has begun once."""
        return str(self._settings.value("look/tour_seen")).lower() == "true"

    @tour_seen.setter
    def tour_seen(self, seen: bool) -> None:
        self._settings.setValue("look/tour_seen", seen)

    @property
    def habits(self) -> str:
        """What the person is used to wire behind what, as the canvas wrote it."""
        return str(self._settings.value("canvas/habits") or "")

    def keep_habits(self, text: str) -> None:
        self._settings.setValue("canvas/habits", text)

    # -- keys ------------------------------------------------------------------------------------

    def keys(self, action: str) -> tuple[str, ...] | None:
        """The keys that the person gave an action, in Qt's portable text; None where they gave none."""
        kept = self._settings.value(f"keys/{action}")
        return None if kept is None else tuple(filter(None, str(kept).split("\n")))

    def keep_keys(self, action: str, keys: tuple[str, ...]) -> None:
        self._settings.setValue(f"keys/{action}", "\n".join(keys))

    def forget_keys(self) -> None:
        self._settings.remove("keys")

    # -- recent files ----------------------------------------------------------------------------

    @property
    def recent(self) -> list[Path]:
        """The files opened or saved last, newest first; may name files that are gone."""
        kept = self._settings.value("files/recent") or []
        names = [kept] if isinstance(kept, str) else list(kept)
        return [Path(str(name)) for name in names]

    def add_recent(self, path: Path) -> None:
        others = [known for known in self.recent if known != path]
        self._keep_recent([path, *others][:RECENT_FILES])

    def forget_recent(self, path: Path | None = None) -> None:
        """Takes one file off the list, or empties it."""
        self._keep_recent([known for known in self.recent if path is not None and known != path])

    def _keep_recent(self, paths: list[Path]) -> None:
        self._settings.setValue("files/recent", [str(path) for path in paths])
        self.recent_changed.emit()

    @property
    def folder(self) -> Path:
        """Where the next file dialog starts."""
        recent = self.recent
        return recent[0].parent if recent and recent[0].parent.is_dir() else Path.home()

    def sync(self) -> None:
        self._settings.sync()
