"""Which language the command line speaks: `--language`, else the one the system's settings name."""

from __future__ import annotations

import os

from studio.words import LANGUAGES, Message, NetloomError, set_language


def choose_language(given: list[str]) -> tuple[list[str], str | None]:
    """Sets the language; returns the arguments without `--language`, which may stand anywhere, and its value.

    Raises NetloomError for a language that is not known.
    """
    rest: list[str] = []
    chosen: str | None = None
    words = iter(given)
    for word in words:
        if word == "--language":
            chosen = next(words, "")
        elif word.startswith("--language="):
            chosen = word.partition("=")[2]
        elif word == "--":
            rest += [word, *words]
        else:
            rest.append(word)
    set_language(_system_language())
    if chosen is not None:
        if chosen not in LANGUAGES:
            raise NetloomError(
                Message(
                    "Netloom does not speak {language}. Known: {known}.",
                    language=chosen or "''",
                    known=", ".join(LANGUAGES),
                )
            )
        set_language(chosen)
    return rest, chosen


def _system_language() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh_CN" if value.lower().startswith("zh") else "en"
    return "en"
