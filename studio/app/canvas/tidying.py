"""Tidy up: the cards in layers from top to bottom, where they stood, gliding there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from studio.app.canvas import edits
from studio.app.canvas.geometry import CARD_HEIGHT, GRID
from studio.app.canvas.placing import free_place
from studio.graph import layout

if TYPE_CHECKING:
    from studio.app.canvas.panel import CanvasPanel


def tidy(panel: CanvasPanel) -> None:
    """Lays out the selection, or everything, in layers from top to bottom; one undo step."""
    chosen = panel.session.selection if len(panel.session.selection) > 1 else tuple(panel.graph.cards)
    rects = {id_: panel.graph.cards[id_].box() for id_ in chosen if id_ in panel.graph.cards}
    if not rects:
        return
    inside = [
        (wire.source, wire.target)
        for wire in panel.session.document.network(panel.session.network).wires()
        if wire.source in rects and wire.target in rects
    ]
    places = layout.layered({i: (int(r[2]), int(r[3])) for i, r in rects.items()}, inside)
    edits.tidy(panel.session, _anchored(panel, rects, places))
    panel.glide.start({id_: (rect[0], rect[1]) for id_, rect in rects.items()})
    if len(chosen) == len(panel.graph.cards):
        panel.view.frame(_extent(rects, edits.places_of(panel.session, rects)))


def _anchored(
    panel: CanvasPanel,
    rects: dict[str, tuple[float, float, float, float]],
    places: dict[str, tuple[int, int]],
) -> dict[str, tuple[int, int]]:
    """The layout, moved so that its top and its middle stay where the cards had them; clear of others."""
    old_left = min(r[0] for r in rects.values())
    old_right = max(r[0] + r[2] for r in rects.values())
    new_left = min(x for x, _ in places.values())
    new_right = max(places[i][0] + rects[i][2] for i in places)
    top = min(r[1] for r in rects.values()) - min(y for _, y in places.values())
    height = max(y for _, y in places.values()) + CARD_HEIGHT - min(y for _, y in places.values())
    left = (old_left + old_right - new_right + new_left) / 2
    wanted = (left, min(r[1] for r in rects.values()), new_right - new_left, float(height))
    others = list(panel.graph.rects(rects).values())
    x, _y = free_place(wanted, others) if others else (round(left / GRID) * GRID, 0)
    shift = x - new_left
    down = (_y - wanted[1]) if others else 0
    return {i: (round(px + shift), round(py + top + down)) for i, (px, py) in places.items()}


def _extent(
    rects: dict[str, tuple[float, float, float, float]], places: dict[str, tuple[int, int]]
) -> QRectF:
    found = QRectF()
    for id_, (x, y) in places.items():
        found = found.united(QRectF(x, y, rects[id_][2], rects[id_][3]))
    return found
