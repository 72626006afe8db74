"""One table of colours for every painter and widget, dark and light.

`current()` is read at paint time, so a switch needs a repaint only; `notifier().changed` tells who caches.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as `#RRGGBB`. See docs/guide for where each is used."""

    name: str
    dark: bool
    window: str
    panel: str
    canvas: str
    dots: str
    card: str
    line: str
    text: str
    second: str
    accent: str
    good: str
    warning: str
    error: str
    button: str
    """a button at rest"""
    hover: str
    """what is under the pointer"""
    chosen: str
    """a row of a list that is selected"""
    fill: str
    """the button that does the obvious, a ticked box: behind `on_fill`"""
    fill_hover: str
    on_fill: str

    def color(self, name: str, alpha: float = 1.0) -> QColor:
        """The colour called `name`, a field of this table or a category."""
        found = QColor(CATEGORIES.get(name) or getattr(self, name))
        found.setAlphaF(alpha)
        return found

    def ink(self, name: str) -> QColor:
        """The colour called `name` for text on a panel: as little lighter or darker as its contrast needs."""
        return QColor(_standing_out(self, name, TEXT_CONTRAST))

    def series(self, name: str, alpha: float = 1.0) -> QColor:
        """The same for a line or a dot on a panel, which needs less contrast than text."""
        found = QColor(_standing_out(self, name, MARK_CONTRAST))
        found.setAlphaF(alpha)
        return found


TEXT_CONTRAST, MARK_CONTRAST = 4.5, 3.0
"""what WCAG 2.1 asks of text (1.4.3) and of graphics (1.4.11)"""


@cache
def _standing_out(theme: Theme, name: str, least: float) -> QColor:
    found, ground = theme.color(name), QColor(theme.panel)
    for _ in range(40):
        if contrast(found, ground) >= least:
            break
        found = QColor((found.lighter(103) if theme.dark else found.darker(103)).name())
    return found


def contrast(one: QColor, other: QColor) -> float:
    """The ratio of WCAG 2.1 between two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: QColor) -> float:
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(color)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _rgb(color: QColor) -> tuple[float, float, float]:
    return color.redF(), color.greenF(), color.blueF()


DARK = Theme(
    "dark",
    dark=True,
    window="#16181D",
    panel="#1C1F26",
    canvas="#14161A",
    dots="#262A33",
    card="#242832",
    line="#323845",
    text="#E6E9EF",
    second="#9AA3B2",
    accent="#4C9AFF",
    good="#3FB68B",
    warning="#E5A84B",
    error="#E5534B",
    button="#272C36",
    hover="#2E3440",
    chosen="#323845",
    fill="#1F6FEB",
    fill_hover="#1A60CF",
    on_fill="#FFFFFF",
)
LIGHT = Theme(
    "light",
    dark=False,
    window="#F4F5F7",
    panel="#FFFFFF",
    canvas="#FAFBFC",
    dots="#E3E6EB",
    card="#FFFFFF",
    line="#D5DAE1",
    text="#1B1F27",
    second="#5B6472",
    accent="#1F6FEB",
    good="#1A8F66",
    warning="#9A6700",
    error="#C7362F",
    button="#FFFFFF",
    hover="#EEF1F5",
    chosen="#D5DAE1",
    fill="#1F6FEB",
    fill_hover="#1A60CF",
    on_fill="#FFFFFF",
)
CONTRAST = Theme(
    "contrast",
    dark=True,
    window="#000000",
    panel="#000000",
    canvas="#000000",
    dots="#3A3A3A",
    card="#0B0B0B",
    line="#9A9A9A",
    text="#FFFFFF",
    second="#DCDCDC",
    accent="#FFD60A",
    good="#3DF5B0",
    warning="#FFB84D",
    error="#FF8A80",
    button="#000000",
    hover="#2B2B2B",
    chosen="#3B3B00",
    fill="#FFD60A",
    fill_hover="#FFE770",
    on_fill="#000000",
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT, CONTRAST)}
"""the third for eyes that need strong contrast: every text at 7 to 1 at least"""

CATEGORIES = {
    "io": "#8A94A6",
    "linear": "#5B8DEF",
    "convolution": "#3FA7D6",
    "pooling": "#2BB3A3",
    "normalisation": "#7FB35A",
    "activation": "#E0A13F",
    "recurrent": "#B07CE8",
    "attention": "#E86FA6",
    "embedding": "#7C83FD",
    "dropout": "#C98B6B",
    "shape": "#8296A8",
    "merge": "#CFC05A",
    "block": "#9AA3B2",
    "loss": "#E5645B",
}


class _Notifier(QObject):
    changed = Signal()


_current = DARK
_notifier: _Notifier | None = None


def current() -> Theme:
    return _current


def notifier() -> _Notifier:
    """The object whose `changed` signal follows every switch."""
    global _notifier
    if _notifier is None:
        _notifier = _Notifier()
    return _notifier


def use(theme: Theme) -> None:
    """Switches palette and style sheet of the application to `theme`."""
    from studio.app import style

    global _current
    _current = theme
    app = QApplication.instance()
    if isinstance(app, QApplication):
        app.setStyleSheet("")  # one sheet in place of another costs Qt three times as much as none between
        app.setPalette(palette(theme))
        app.setStyleSheet(style.sheet(theme))
    notifier().changed.emit()


def palette(theme: Theme) -> QPalette:
    """Fusion's palette in our colours."""
    made = QPalette()
    roles = QPalette.ColorRole
    for role, name in {
        roles.Window: "panel", roles.WindowText: "text", roles.Base: "window", roles.AlternateBase: "panel",
        roles.Text: "text", roles.Button: "card", roles.ButtonText: "text", roles.BrightText: "error",
        roles.Highlight: "accent", roles.HighlightedText: "window", roles.ToolTipBase: "card",
        roles.ToolTipText: "text", roles.Link: "accent", roles.PlaceholderText: "second", roles.Mid: "line",
        roles.Midlight: "line", roles.Dark: "line", roles.Shadow: "window", roles.Light: "card",
    }.items():  # fmt: skip
        made.setColor(role, QColor(getattr(theme, name)))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, theme.color("second", 0.6))
    return made


def names() -> list[str]:
    """The names of the colours of a theme."""
    return [field.name for field in fields(Theme) if field.name not in ("name", "dark")]
