"""Tidy up: the cards in layers from top to bottom, as near to where they stood as is tidy, gliding there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from studio.app.canvas import edits, frame_edits
from studio.app.canvas.geometry import Rect, union
from studio.app.canvas.placing import free_place
from studio.graph import frames, layout

if TYPE_CHECKING:
    from studio.app.canvas.panel import CanvasPanel

_BORDER = layout.Border(frame_edits.MARGIN, frame_edits.TITLE + frame_edits.ABOVE, frame_edits.BELOW)


def tidy(panel: CanvasPanel) -> None:
    """Lays out the selection, or everything, in layers from top to bottom; one undo step.

    What is in a frame stays together in it; the frame goes where its cards go.
    """
    chosen = panel.session.selection if len(panel.session.selection) > 1 else tuple(panel.graph.cards)
    rects = {id_: panel.graph.cards[id_].box() for id_ in chosen if id_ in panel.graph.cards}
    if not rects:
        return
    network = panel.session.document.network(panel.session.network)
    inside = [(w.source, w.target) for w in network.wires() if w.source in rects and w.target in rects]
    around = _whole_frames(frames.frames(network), rects, panel.graph.rects())
    places, borders = layout.tidied_in_frames(rects, inside, around, _BORDER)
    across, down = _aside(list(_found(rects, places, borders)), list(panel.graph.rects(rects).values()))
    frame_edits.tidy(
        panel.session,
        {id_: (x + across, y + down) for id_, (x, y) in places.items()},
        {id_: (x + across, y + down, w, h) for id_, (x, y, w, h) in borders.items()},
    )
    panel.glide.start({id_: (rect[0], rect[1]) for id_, rect in rects.items()})
    if len(chosen) == len(panel.graph.cards):
        panel.view.frame(_extent(rects, edits.places_of(panel.session, rects)))


def _whole_frames(
    held: Mapping[str, frames.Frame], chosen: Mapping[str, Rect], cards: Mapping[str, Rect]
) -> dict[str, Rect]:
    """The frames of which every card is laid out."""
    found: dict[str, Rect] = {}
    for id_, frame in held.items():
        inside = frame_edits.inside(frame, cards)
        if inside and all(card in chosen for card in inside):
            found[id_] = (frame.at[0], frame.at[1], frame.size[0], frame.size[1])
    return found


def _found(
    rects: Mapping[str, Rect], places: Mapping[str, tuple[int, int]], borders: Mapping[str, Rect]
) -> list[Rect]:
    return [*((*places[id_], *rect[2:]) for id_, rect in rects.items()), *borders.values()]


def _aside(laid: Sequence[Rect], others: list[Rect]) -> tuple[int, int]:
    """How far what was laid out must go so that it covers no other card."""
    whole = union(list(laid))
    if whole is None or not others:
        return (0, 0)
    x, y = free_place(whole, others)
    return (round(x - whole[0]), round(y - whole[1]))


def _extent(
    rects: dict[str, tuple[float, float, float, float]], places: dict[str, tuple[int, int]]
) -> QRectF:
    found = QRectF()
    for id_, (x, y) in places.items():
        found = found.united(QRectF(x, y, rects[id_][2], rects[id_][3]))
    return found
