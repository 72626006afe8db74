"""Why a module could not be read. The reason names the module and the place in its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from studio.importing.scope import Scope


class ImportRefusedError(NetloomError):
    """A module cannot become a document: which part, why, and the cure."""


class UntraceableError(Exception):
    """A part of a module that no document can hold. `path` is filled in by the innermost module.

    `own` says that the module itself raised, and so refuses what it was given. `scope` is what was read of
    the call before.
    """

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.path: str | None = None
        self.own = False
        self.scope: Scope | None = None


class SizeDependentError(UntraceableError):
    """The module does different things for different sizes: with some sizes held fixed it may be read."""
