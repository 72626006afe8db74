"""Every text a person reads, in the language they chose.

The English sentence is the key; `resources/translations/<language>/*.json` map it to its translation, one
file a room. `tr` translates now; a `Message` is translated when it is shown, so problems, undo steps and
log lines change with the language. A test walks the source and fails when a sentence has no translation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from studio import places

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}

_language = "en"
_listeners: list[Callable[[], None]] = []


@cache
def _translations(language: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for file in sorted((places.resources() / "translations" / language).glob("*.json")):
        table.update(json.loads(file.read_text(encoding="utf-8")))
    return table


def language() -> str:
    """The code of the language in use: one of `LANGUAGES`."""
    return _language


def set_language(code: str) -> None:
    """Switches the language and tells every listener. Raises ValueError for a code not in `LANGUAGES`."""
    global _language
    if code not in LANGUAGES:
        raise ValueError(f"no language {code!r}; known: {', '.join(LANGUAGES)}")
    if code != _language:
        _language = code
        for listener in tuple(_listeners):
            listener()


def on_language_change(listener: Callable[[], None]) -> Callable[[], None]:
    """Calls `listener` after each switch; returns the function that ends it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener) if listener in _listeners else None


def tr(text: str, /, **values: object) -> str:
    """`text` in the language in use, its `{name}` places filled from `values`."""
    found = text if _language == "en" else _translations(_language).get(text, text)
    return found.format(**values) if values else found


class Message:
    """A sentence that is translated when it is shown. Values may be messages themselves.

    >>> str(Message("{node} waits for {other}", node="fc", other="conv1"))
    'fc waits for conv1'
    """

    __slots__ = ("text", "values")

    def __init__(self, text: str, /, **values: object) -> None:
        self.text = text
        self.values = values

    def __str__(self) -> str:
        return tr(self.text, **self.values)

    def to_json(self) -> dict[str, Any]:
        """For another process. Values that are neither plain nor messages become text."""

        def plain(value: object) -> object:
            if isinstance(value, Message):
                return value.to_json()
            return value if value is None or isinstance(value, str | int | float) else str(value)

        return {"text": self.text, "values": {name: plain(value) for name, value in self.values.items()}}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Message:
        """What `to_json` told."""
        values = table["values"].items()
        return cls(table["text"], **{n: cls.from_json(v) if isinstance(v, dict) else v for n, v in values})

    def __repr__(self) -> str:
        return f"Message({self.text!r}, {self.values!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.text, self.values) == (other.text, other.values)

    def __hash__(self) -> int:
        return hash((self.text, tuple(sorted((k, str(v)) for k, v in self.values.items()))))


class NetloomError(Exception):
    """An error a person is told: what happened, where, and the cure. `str()` is in their language."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)
