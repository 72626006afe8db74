"""What goes wrong with a project file, said with the file, the place in it and the cure."""

from __future__ import annotations

from studio.words import Message, NetloomError


class ProjectError(NetloomError):
    """A project file cannot be read or written. `file` is its name, `place` where in it, if known.

    A place is a line and column, or a path such as `networks.model.nodes[3].params`.
    """

    def __init__(self, file: str, reason: Message, place: Message | str | None = None) -> None:
        if place is None:
            super().__init__(Message("{file}: {reason}", file=file, reason=reason))
        else:
            super().__init__(Message("{file}, {place}: {reason}", file=file, place=place, reason=reason))
        self.file = file
        self.reason = reason
        self.place = place

    def with_backup(self, backup: object) -> ProjectError:
        """The same error, with the newest backup named as the way out."""
        reason = Message("{reason} The newest backup is {backup}.", reason=self.reason, backup=backup)
        return ProjectError(self.file, reason, self.place)
