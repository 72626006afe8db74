"""Dark, light or strong contrast, as the system says or the person chose. The colours are in `theme`."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QApplication

from studio.app import style, theme
from studio.app.preferences import Preferences, ThemeChoice


class Appearance(QObject):
    """Applies the theme and keeps following the system while that is the choice."""

    def __init__(self, app: QApplication, preferences: Preferences) -> None:
        super().__init__(app)
        self._preferences = preferences
        app.setStyle("Fusion")
        font = QFont(app.font())
        font.setPixelSize(style.FONT_PIXELS)
        app.setFont(font)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._apply()

    @property
    def choice(self) -> ThemeChoice:
        return self._preferences.theme

    def choose(self, choice: ThemeChoice) -> None:
        self._preferences.theme = choice
        self._apply()

    def _system_changed(self) -> None:
        if self.choice == "system":
            self._apply()

    def _apply(self) -> None:
        wanted = theme.THEMES.get(self.choice) or system_theme()
        theme.use(wanted)


def _wants_contrast() -> bool:
    """Whether the desktop asks for strong contrast; before Qt 6.10 it cannot be asked."""
    hints = QGuiApplication.styleHints()
    if not hasattr(hints, "accessibility"):
        return False
    return hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast


def system_theme() -> theme.Theme:
    """The desktop's contrast and scheme; dark where the platform does not say (plain X11 says nothing)."""
    if _wants_contrast():
        return theme.CONTRAST
    scheme = QGuiApplication.styleHints().colorScheme()
    return theme.LIGHT if scheme == Qt.ColorScheme.Light else theme.DARK
