"""How a figure looks: colours by category, fonts, sizes. One's own style sheet is a TOML file of these."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from studio.export.formats import ExportError
from studio.project import sections
from studio.words import Message

_PASTEL = {
    "io": "#ECEEF1",
    "linear": "#DCE7FB",
    "convolution": "#D8ECF6",
    "pooling": "#D5F0EC",
    "normalisation": "#E5F0DC",
    "activation": "#FAECD3",
    "recurrent": "#EEE2FA",
    "attention": "#FBE0EC",
    "embedding": "#E3E4FF",
    "dropout": "#F5E6DC",
    "shape": "#E6EAEE",
    "merge": "#F6F2D6",
    "block": "#EBEDF1",
    "loss": "#FBE0DE",
}
_DEEP = {
    "io": "#3A404B",
    "linear": "#2B4478",
    "convolution": "#1F506A",
    "pooling": "#1B5A53",
    "normalisation": "#3E5A2A",
    "activation": "#6E4E1E",
    "recurrent": "#553A72",
    "attention": "#733552",
    "embedding": "#3C4080",
    "dropout": "#624433",
    "shape": "#3D4956",
    "merge": "#625C29",
    "block": "#3C424D",
    "loss": "#70302B",
}


@dataclass(frozen=True, slots=True)
class Style:
    """Colours are `#RRGGBB` or `none`, sizes pixels of the drawing. `fills` are by category of a layer."""

    background: str = "#FFFFFF"
    text: str = "#1B1F27"
    second: str = "#4E5663"
    outline: str = "#6B7482"
    wire: str = "#4E5663"
    frame: str = "#9AA3B2"
    added: str = "#1A8F66"
    removed: str = "#C7362F"
    changed: str = "#9A6700"
    moved: str = "#1F6FEB"
    font: str = "Helvetica, Arial, 'Noto Sans', 'Noto Sans CJK SC', sans-serif"
    size: float = 13.0
    small: float = 10.5
    corner: float = 6.0
    stroke: float = 1.0
    fills: Mapping[str, str] = field(default_factory=lambda: dict(_PASTEL))


STYLES: dict[str, Style] = {
    "paper": Style(),
    "print": Style(text="#000000", second="#333333", outline="#000000", wire="#000000", frame="#000000",
                   added="#000000", removed="#000000", changed="#000000", moved="#000000",
                   fills=dict.fromkeys(_PASTEL, "#FFFFFF")),
    "dark": Style("#14161A", "#E6E9EF", "#B4BCC8", "#717C8E", "#9AA3B2", "#5B6472", "#3FB68B", "#E5534B",
                  "#E5A84B", "#4C9AFF", fills=dict(_DEEP)),
}  # fmt: skip
"""`paper` for print in colour, `print` for black and white, `dark` for slides"""

_COLOR = re.compile(r"#[0-9a-fA-F]{6}|none")
_FONT = re.compile(r"[\w ,.'-]{1,200}")


def load(named: str) -> Style:
    """The style of that name, or in that file. Raises ExportError where there is none, or it does not fit."""
    if named in STYLES:
        return STYLES[named]
    path = Path(named).expanduser()
    if path.suffix != ".toml":
        raise ExportError(
            Message(
                "There is no style {name}. There are {known}; or name a style sheet, FILE.toml.",
                name=named,
                known=", ".join(STYLES),
            )
        )
    try:
        return read(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(
            Message("The style sheet {file} cannot be read: {reason}.", file=path, reason=error)
        ) from error


def read(content: str, file: str) -> Style:
    """A style sheet in TOML: any field of `Style`; the rest is as in its `base`, one of `STYLES`.

    Raises ExportError naming the file, the key and what is expected there.
    """
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ExportError(
            Message("{file} is no style sheet in TOML: {reason}.", file=file, reason=error)
        ) from error
    base = table.pop("base", "paper")
    if base not in STYLES:
        raise _wrong(file, "base", base, ", ".join(STYLES))
    known = {each.name for each in fields(Style)}
    if reason := sections.unknown_key(table, sorted(known), file):
        raise ExportError(reason)
    fills = table.pop("fills", {})
    if not isinstance(fills, dict):
        raise _wrong(file, "fills", fills, "[fills]")
    if reason := sections.unknown_key(fills, sorted(_PASTEL), f"{file}: fills"):
        raise ExportError(reason)
    found = STYLES[base]
    changed = {key: _checked(file, key, value, getattr(found, key)) for key, value in table.items()}
    colors = {key: _checked(file, f"fills.{key}", value, "#FFFFFF") for key, value in fills.items()}
    return replace(found, **changed, fills={**found.fills, **colors})


def _checked(file: str, key: str, value: Any, usual: Any) -> Any:
    if isinstance(usual, float):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
            raise _wrong(file, key, value, "0 – 100")
        return float(value)
    wanted = _FONT if key == "font" else _COLOR
    if not isinstance(value, str) or not wanted.fullmatch(value):
        raise _wrong(file, key, value, "Helvetica, Arial" if key == "font" else "#1F6FEB")
    return value


def _wrong(file: str, key: str, value: Any, example: str) -> ExportError:
    return ExportError(
        Message(
            "{file}: {key} is {value}; expected is such as {example}.",
            file=file,
            key=key,
            value=repr(value),
            example=example,
        )
    )
