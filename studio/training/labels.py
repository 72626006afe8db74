"""What a person says of a run: a title, a note, a star. It lies beside the record, which nobody changes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from studio.project import atomic

FILE = "labels.json"


@dataclass(frozen=True, slots=True)
class Labels:
    """`title` stands for the time in lists, `note` may have several lines."""

    title: str = ""
    note: str = ""
    star: bool = False


def read(folder: Path) -> Labels:
    """The labels of a run; none where there is no file, or one that cannot be read."""
    try:
        table = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return Labels(str(table.get("title", "")), str(table.get("note", "")), table.get("star") is True)
    except (OSError, ValueError, AttributeError, RecursionError):
        return Labels()


def write(folder: Path, labels: Labels) -> None:
    """Keeps the labels of a run. Raises WriteError."""
    atomic.write(folder / FILE, json.dumps(asdict(labels), indent=1, ensure_ascii=False) + "\n")
