"""From the bytes of a file to JSON values, strictly: what Python's parser lets pass is refused here.

Every refusal names the line and column. Nothing here knows what a project is.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import NoReturn

from studio.graph.values import MAX_DEPTH, Json, depth
from studio.project.errors import ProjectError
from studio.words import Message

MAX_BYTES = 64 * 2**20
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN|-?\d[\d.eE+-]*|[{}\[\]:]')
_COLON = re.compile(r"\s*:")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_MAX_DIGITS = 4000


class _SuspiciousError(ValueError):
    """Something was met that `_refuse_first` finds again, with its place."""


def parse(content: bytes, file: str) -> Json:
    """The JSON value in `content`. Raises ProjectError naming `file`, the place and the cure."""
    if len(content) > MAX_BYTES:
        raise ProjectError(file, too_large())
    text = _decode(content, file)
    if not text.strip():
        raise ProjectError(file, Message("The file is empty. Open a backup or an earlier version of it."))
    try:
        value = json.loads(
            text, object_pairs_hook=_table, parse_constant=_constant, parse_float=_float, parse_int=_int
        )
    except json.JSONDecodeError as error:
        raise _no_json(error, text, file) from error
    except (_SuspiciousError, RecursionError):
        _refuse_first(text, file)
    if _SURROGATE.search(text) or depth(value) > MAX_DEPTH:
        _refuse_first(text, file, certain=False)
    return value


def too_large() -> Message:
    return Message(
        "The file is larger than {limit} MB, which no project is. Check that it is the right file.",
        limit=MAX_BYTES // 2**20,
    )


def _decode(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        reason = Message("The file is not written in UTF-8. Save it as UTF-8 in a text editor.")
        raise ProjectError(file, reason, _at(line, column)) from error


def _no_json(error: json.JSONDecodeError, text: str, file: str) -> ProjectError:
    place = _at(error.lineno, error.colno)
    ends_inside = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if ends_inside:
        return ProjectError(
            file, Message("The file ends too early; its end is missing. Open a backup of it."), place
        )
    return ProjectError(
        file,
        Message(
            "This is not JSON ({reason}). Correct it in a text editor, or open a backup.", reason=error.msg
        ),
        place,
    )


def _table(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise _SuspiciousError
    return table


def _constant(_: str) -> NoReturn:
    raise _SuspiciousError


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _SuspiciousError
    return number


def _int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _SuspiciousError
    return int(digits)


def _refuse_first(text: str, file: str, certain: bool = True) -> None:
    """Raises ProjectError for the first thing in valid JSON that is refused; `certain` that there is one."""
    for position, reason in _refusals(text):
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        raise ProjectError(file, reason, _at(line, column))
    if certain:
        raise ProjectError(file, Message("The file is nested too deeply to be a project of Netloom."))


def _refusals(text: str) -> Iterator[tuple[int, Message]]:
    keys: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        found, start = token.group(), token.start()
        if found in "{[":
            keys.append(set())
            if len(keys) > MAX_DEPTH:
                yield start, Message("The file is nested too deeply to be a project of Netloom.")
        elif found in "}]":
            del keys[-1:]
        elif found[0] == '"':
            yield from ((start, reason) for reason in _refused_text(text, token, keys))
        elif found[-1] in "yN":
            yield start, Message("{number} is no number of JSON. Write a finite number.", number=found)
        elif found != ":" and (len(found) > _MAX_DIGITS or not math.isfinite(float(found))):
            yield start, Message("The number {number}… is too large.", number=found[:12])


def _refused_text(text: str, token: re.Match[str], keys: list[set[str]]) -> Iterator[Message]:
    word = json.loads(token.group())
    if any("\ud800" <= letter <= "\udfff" for letter in word):
        yield Message("The text {text} holds half a character. Write it anew.", text=token.group()[:60])
    if keys and _COLON.match(text, token.end()):
        if word in keys[-1]:
            yield Message("The key {key} stands here twice. Keep one of the two.", key=word)
        keys[-1].add(word)


def _at(line: int, column: int) -> Message:
    return Message("line {line}, column {column}", line=line, column=column)
