"""Why a module could not be read. The reason names the module and the place in its source."""

from __future__ import annotations

from studio.words import Message, NetloomError


class ImportRefusedError(NetloomError):
    """A module cannot become a document: which part, why, and the cure."""


class UntraceableError(Exception):
    """A part of a module that no document can hold. `path` is filled in by the innermost module.

    `own` says that the module itself raised, and so refuses what it was given.
    """

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.path: str | None = None
        self.own = False


class SizeDependentError(UntraceableError):
    """The module does different things for different sizes: with some sizes held fixed it may be read."""
