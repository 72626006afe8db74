"""What the commands print: tables, JSON lines, errors; and which exit status an error has."""

from __future__ import annotations

import json
import math
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from studio.quantities import significant
from studio.words import NetloomError, tr

DONE, PROJECT_PROBLEM, WRONG_USE, FILE_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


class UsageError(NetloomError):
    """The command line asks for what does not go together or does not exist."""


def status_of(error: NetloomError) -> int:
    """2 for wrong use, 3 where a file, the data or the writing failed, 1 for a problem of the project."""
    from studio.data.source import DataError
    from studio.export.formats import ExportError
    from studio.importing.onnx.file import OnnxError
    from studio.importing.sources import SourceError
    from studio.importing.weights import WeightsError
    from studio.project.atomic import WriteError
    from studio.project.errors import ProjectError
    from studio.training.runs import RunError

    if isinstance(error, UsageError):
        return WRONG_USE
    if isinstance(error, SourceError):
        return WRONG_USE
    failed = ProjectError | WriteError | DataError | RunError | ExportError | OnnxError | WeightsError
    return FILE_FAILED if isinstance(error, failed) else PROJECT_PROBLEM


def say_error(error: object, as_json: bool, status: int) -> int:
    """One line on standard error, and one JSON object on standard output where JSON is asked for."""
    text = str(error)
    print(f"netloom: {text}", file=sys.stderr)
    if as_json:
        print_json("error", message=text, status=status)
    return status


def print_json(event: str | None = None, **values: Any) -> None:
    """One JSON object on one line. A number that JSON lacks (nan, inf) becomes null."""
    table = {"event": event, **values} if event else values
    print(json.dumps(_finite(table), ensure_ascii=False, default=str, allow_nan=False), flush=True)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def scores(metrics: Mapping[str, float | None]) -> str:
    """`loss 0.0812, accuracy 0.983`, in the language in use."""
    names = {"loss": tr("loss"), "accuracy": tr("accuracy"), "mae": "MAE", "r2": "R²"}
    return ", ".join(
        f"{names.get(name, name)} {'–' if value is None else significant(value)}"
        for name, value in metrics.items()
    )


def print_table(rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> None:
    """Columns under each other, two spaces apart; those in `right` end at the same place."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    from_right = set(right)
    for row in cells:
        padded = (
            " " * (width - _width(cell)) + cell
            if index in from_right
            else cell + " " * (width - _width(cell))
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(padded).rstrip())


def _width(text: str) -> int:
    """How many columns a terminal gives `text`: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
