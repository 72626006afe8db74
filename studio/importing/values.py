"""Plain values of Python as the document writes them."""

from __future__ import annotations

import math
from typing import Any

import torch

from studio.graph.values import Json
from studio.importing.errors import UntraceableError
from studio.words import Message


def literal(value: Any) -> Json:
    """A value that holds no tensor. Raises UntraceableError for what a document cannot say."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return int(value)
        case float():
            return value if math.isfinite(value) else {"f": _infinite(value)}
        case torch.dtype():
            return {"dtype": str(value).removeprefix("torch.")}
        case torch.device():
            return {"device": str(value)}
        case torch.memory_format():
            return {"memory_format": str(value).removeprefix("torch.")}
        case list():
            return [literal(item) for item in value]
        case tuple():
            return {"t": [literal(item) for item in value]}
        case dict() if all(isinstance(key, str) for key in value):
            return {"d": {key: literal(item) for key, item in value.items()}}
        case slice():
            return {"slice": [literal(part) for part in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"ellipsis": True}
    raise unsayable(value)


def _infinite(value: float) -> str:
    return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")


def unsayable(value: Any) -> UntraceableError:
    return UntraceableError(
        Message("it uses a {kind}, which a document cannot say", kind=type(value).__name__)
    )
