"""Where cards go that are aligned, or that hang on one card: pure functions on rectangles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from studio.app.canvas.geometry import GRID, ROW, Rect, overlaps, snap, union
from studio.app.canvas.placing import free_place
from studio.graph import layout

Places = dict[str, tuple[int, int]]


def in_a_column(ids: Sequence[str], rects: Mapping[str, Rect]) -> Places:
    """Cards with their middles below that of the first, each as high as it was if nothing is in its way."""
    middle = rects[ids[0]][0] + rects[ids[0]][2] / 2
    taken = [rect for id_, rect in rects.items() if id_ not in ids]
    places: Places = {}
    for id_ in sorted(ids, key=lambda id_: (rects[id_][1], ids.index(id_))):
        _, top, width, height = rects[id_]
        at = _down((snap(middle - width / 2), top, width, height), taken)
        taken.append(at)
        places[id_] = (round(at[0]), round(at[1]))
    return places


def in_a_row(ids: Sequence[str], rects: Mapping[str, Rect]) -> Places:
    """Cards with their middles beside that of the first, each as far to the right as it was or farther."""
    turned = {id_: (y, x, height, width) for id_, (x, y, width, height) in rects.items()}
    return {id_: (x, y) for id_, (y, x) in in_a_column(ids, turned).items()}


def _down(wanted: Rect, taken: Iterable[Rect]) -> Rect:
    """The first free place at or below `wanted`."""
    left, top, width, height = wanted
    for rect in sorted(taken, key=lambda rect: rect[1]):
        if overlaps((left, top, width, height), rect, GRID):
            top = -(-(rect[1] + rect[3] + ROW) // GRID) * GRID
    return (left, top, width, height)


def branch(
    held: str, ids: Iterable[str], rects: Mapping[str, Rect], wires: Iterable[tuple[str, str]]
) -> Places:
    """The cards `ids` laid out around `held`, which stays; clear of all others."""
    sizes = {id_: rects[id_][2:] for id_ in (held, *ids)}
    standing = {id_: (round(rects[id_][0]), round(rects[id_][1])) for id_ in sizes}
    inside = [wire for wire in wires if wire[0] in sizes and wire[1] in sizes]
    places = layout.tidied(sizes, inside, standing)
    across, down = standing[held][0] - places[held][0], standing[held][1] - places[held][1]
    laid = {i: (float(x + across), float(y + down), *sizes[i]) for i, (x, y) in places.items() if i != held}
    others = [rect for id_, rect in rects.items() if id_ not in sizes]
    whole = union(list(laid.values()))
    if whole is not None and any(overlaps(one, other, GRID) for one in laid.values() for other in others):
        x, y = free_place(whole, [*others, rects[held]])
        laid = {i: (r[0] + x - whole[0], r[1] + y - whole[1], r[2], r[3]) for i, r in laid.items()}
    return {id_: (round(rect[0]), round(rect[1])) for id_, rect in laid.items()}
