"""What in a source cannot become a network: the line and the reason."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import NoReturn

from studio.words import Message, NetloomError


@dataclass(frozen=True, slots=True)
class LineFault:
    """One reason, at a line of the source that counts from 1."""

    line: int
    text: Message


class ReadingError(NetloomError):
    """A source that cannot be read back. `faults` are all that was found, in the order of the lines."""

    def __init__(self, faults: list[LineFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        first = self.faults[0]
        more = len(self.faults) - 1
        if more:
            super().__init__(
                Message(
                    "Line {line}: {reason} (and {more} more)",
                    line=first.line,
                    reason=first.text,
                    more=more,
                )
            )
        else:
            super().__init__(Message("Line {line}: {reason}", line=first.line, reason=first.text))


class Refused(Exception):  # noqa: N818 - caught where a statement is read, never seen outside
    """One statement cannot be read."""

    def __init__(self, line: int, text: Message) -> None:
        super().__init__(str(text))
        self.fault = LineFault(line, text)


class Follows(Refused):
    """A line that cannot be read because one before it could not: told once, there."""

    def __init__(self, node: ast.expr) -> None:
        super().__init__(node.lineno, Message("This follows from a line that cannot be read."))


def refuse(place: ast.AST, text: Message) -> NoReturn:
    raise Refused(getattr(place, "lineno", 1), text)


def said(expression: ast.AST) -> str:
    """An expression as a person sees it, shortened."""
    text = ast.unparse(expression)
    return text if len(text) <= 40 else f"{text[:37]}..."
