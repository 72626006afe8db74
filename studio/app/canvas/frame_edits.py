"""What the canvas does with frames: each function is one transaction with a name. Knows no Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from studio.app.canvas.edits import Places
from studio.app.canvas.geometry import GRID, Rect, union
from studio.app.session import Session
from studio.graph import frames
from studio.graph.frames import Frame
from studio.words import Message

MARGIN, ABOVE, BELOW = 3 * GRID, 4, 10
"""how far a frame stands off from the cards it is drawn around, so that it fits between two rows"""
TITLE = 24
"""the height of the strip with the title"""
SMALLEST = 64


def around(session: Session, rects: Sequence[Rect]) -> str | None:
    """Draws a frame around cards; returns its name, None where there are none."""
    found = union(list(rects))
    if found is None:
        return None
    left, top, width, height = (round(value) for value in found)
    at = (left - MARGIN, top - ABOVE - TITLE)
    frame = Frame(at, (width + 2 * MARGIN, height + TITLE + ABOVE + BELOW))
    id_ = frames.fresh_id(session.document.network(session.network))
    with session.edit(Message("Frame {count} nodes", count=len(rects)), key(session, id_)) as edit:
        frames.set_frame(edit, session.network, id_, frame)
    return id_


def key(session: Session, id_: str) -> object:
    """The key under which drawing a frame and giving it a title are one undo step."""
    return ("frame", session.network, id_)


def retitle(session: Session, id_: str, title: str, made: object | None = None) -> None:
    """Gives a frame a title; `made` is the key of the step that drew it, if this belongs to it."""
    with session.edit(Message("Title a frame {title}", title=title), made) as edit:
        frames.set_frame(edit, session.network, id_, replace(_frame(session, id_), title=title))


def recolor(session: Session, id_: str, color: str) -> None:
    with session.edit(Message("Colour a frame")) as edit:
        frames.set_frame(edit, session.network, id_, replace(_frame(session, id_), color=color))


def remove(session: Session, id_: str) -> None:
    """Takes a frame away; what is in it stays."""
    with session.edit(Message("Remove a frame")) as edit:
        frames.set_frame(edit, session.network, id_, None)


def place(session: Session, id_: str, at: tuple[int, int], size: tuple[int, int], inside: Places) -> None:
    """Moves or resizes a frame, and what is in it."""
    with session.edit(Message("Move a frame") if inside else Message("Change a frame")) as edit:
        frames.set_frame(edit, session.network, id_, replace(_frame(session, id_), at=at, size=size))
        for node, there in inside.items():
            edit.move(session.network, node, there)


def tidy(session: Session, places: Places, borders: Mapping[str, Rect]) -> None:
    """Moves cards to their places in a layout, and frames around theirs."""
    with session.edit(Message("Tidy up")) as edit:
        for id_, (x, y, width, height) in borders.items():
            frame = replace(_frame(session, id_), at=(round(x), round(y)), size=(round(width), round(height)))
            frames.set_frame(edit, session.network, id_, frame)
        for node, there in places.items():
            edit.move(session.network, node, there)


def inside(frame: Frame, rects: Mapping[str, Rect]) -> list[str]:
    """The cards whose middle is in a frame."""
    left, top = frame.at
    right, bottom = left + frame.size[0], top + frame.size[1]
    return [
        id_
        for id_, (x, y, width, height) in rects.items()
        if left <= x + width / 2 <= right and top <= y + height / 2 <= bottom
    ]


def _frame(session: Session, id_: str) -> Frame:
    return frames.frames(session.document.network(session.network))[id_]
