"""The example projects that come with Netloom, as the welcome page shows them. Knows no widget."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from studio import places, words

FIRST = ("digits", "iris", "diabetes")
"""shown before all others, in this order"""


@dataclass(frozen=True, slots=True)
class Example:
    """One gallery project: its file, its picture, and its words by language."""

    file: Path
    picture: Path
    titles: dict[str, str]
    abouts: dict[str, str]

    @property
    def title(self) -> str:
        return self.titles.get(words.language()) or self.titles["en"]

    @property
    def about(self) -> str:
        return self.abouts.get(words.language()) or self.abouts.get("en", "")


def examples(folder: Path | None = None) -> list[Example]:
    """Every project of the gallery, by file name. These few small files come with the program.

    A project says of itself `"about": {"en": {"title": ..., "text": ...}, "zh_CN": {...}}`; one without is
    shown by its name.
    """
    found = []
    for file in sorted((folder or places.gallery()).glob("*.json"), key=_rank):
        content = json.loads(file.read_text(encoding="utf-8"))
        about = content.get("about")
        titles, texts = {"en": content.get("name") or file.stem}, {}
        if isinstance(about, str):
            texts["en"] = about
        elif isinstance(about, dict):
            for code, said in about.items():
                if isinstance(said, dict):
                    titles[code] = said.get("title") or titles["en"]
                    texts[code] = said.get("text") or ""
                else:
                    texts[code] = str(said)
        found.append(Example(file, file.with_suffix(".png"), titles, texts))
    return found


def _rank(file: Path) -> tuple[int, str]:
    return (FIRST.index(file.stem) if file.stem in FIRST else len(FIRST), file.stem)
