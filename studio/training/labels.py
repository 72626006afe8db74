"""What a person says of a run: a title, a note, tags, a star. It lies beside the record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studio.project import atomic

FILE = "labels.json"


@dataclass(frozen=True, slots=True)
class Labels:
    """`title` stands for the time in lists, `note` may have several lines, `tags` are words."""

    title: str = ""
    note: str = ""
    star: bool = False
    tags: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "tags": list(self.tags)}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Labels:
        tags = table.get("tags", ())
        return cls(
            str(table.get("title", "")),
            str(table.get("note", "")),
            table.get("star") is True,
            tuple(str(tag) for tag in tags) if isinstance(tags, list | tuple) else (),
        )


def tags_of(text: str) -> tuple[str, ...]:
    """The tags in a line that a person typed: words between commas or spaces, each once.

    >>> tags_of("wide, baseline  wide #good")
    ('wide', 'baseline', 'good')
    """
    words = (word.strip("#") for word in text.replace(",", " ").split())
    return tuple(dict.fromkeys(word for word in words if word))


def read(folder: Path) -> Labels:
    """The labels of a run; none where there is no file, or one that cannot be read."""
    try:
        return Labels.from_json(json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError, RecursionError):
        return Labels()


def write(folder: Path, labels: Labels) -> None:
    """Keeps the labels of a run. Raises WriteError."""
    atomic.write(folder / FILE, json.dumps(labels.to_json(), indent=1, ensure_ascii=False) + "\n")
