"""Where cards go so that none covers another by our doing. Pure functions on rectangles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from studio.app.canvas.geometry import GRID, Rect, overlaps, snap, union

RINGS = 400
"""how many places are tried before the card goes below everything"""
CROWD = 24
"""so many cards in the way of a place are gone around as a whole"""


def free_place(wanted: Rect, taken: Iterable[Rect], gap: float = GRID) -> tuple[int, int]:
    """The place on the grid nearest to `wanted` where the card keeps `gap` from every other.

    Candidates are the wanted place and those just beside, above and below the cards in the way: the free
    place nearest to a point always touches one of them.
    """
    rects = list(taken)
    left, top, width, height = wanted
    start = (snap(left), snap(top))
    if not _blocked(start, wanted, rects, gap):
        return start
    open_, seen = [start], {start}
    best: tuple[float, tuple[int, int]] | None = None
    while open_ and len(seen) < RINGS:
        open_.sort(key=lambda at: _far(at, wanted))
        at = open_.pop(0)
        if best is not None and _far(at, wanted) >= best[0]:
            break
        blockers = _blocked(at, wanted, rects, gap)
        if not blockers:
            best = (_far(at, wanted), at)
            continue
        for x, y, w, h in _outlines(blockers):
            for beside in (
                (at[0], _up(y + h + gap)),
                (_up(x + w + gap), at[1]),
                (_down(x - width - gap), at[1]),
                (at[0], _down(y - height - gap)),
            ):
                if beside not in seen:
                    seen.add(beside)
                    open_.append(beside)
    if best is not None:
        return best[1]
    lowest = max(y + h for _, y, _, h in rects)
    return (start[0], _up(lowest + gap))


def make_room(rects: Mapping[str, Rect], pushed: Iterable[str], distance: int) -> dict[str, tuple[int, int]]:
    """New places after `pushed` went down by `distance`; what they would cover goes with them."""
    moving = {id_ for id_ in pushed if id_ in rects}
    if distance <= 0 or not moving:
        return {}
    frontier = list(moving)
    while frontier:
        x, y, w, h = rects[frontier.pop()]
        swept = (x, y, w, h + distance)
        for other, rect in rects.items():
            if other not in moving and overlaps(swept, rect) and rect[1] >= y:
                moving.add(other)
                frontier.append(other)
    return {id_: (round(rects[id_][0]), round(rects[id_][1] + distance)) for id_ in moving}


def _outlines(blockers: list[Rect]) -> list[Rect]:
    """What to go around: each card, or a crowd of them as one."""
    return blockers if len(blockers) <= CROWD else [union(blockers) or blockers[0]]


def _blocked(at: tuple[int, int], wanted: Rect, rects: list[Rect], gap: float) -> list[Rect]:
    moved = (at[0], at[1], wanted[2], wanted[3])
    return [rect for rect in rects if overlaps(moved, rect, gap)]


def _far(at: tuple[int, int], wanted: Rect) -> float:
    return (at[0] - wanted[0]) ** 2 + (at[1] - wanted[1]) ** 2


def _up(value: float) -> int:
    return int(-(-value // GRID) * GRID)


def _down(value: float) -> int:
    return int(value // GRID * GRID)
