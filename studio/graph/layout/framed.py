"""Tidying where there are frames: what is in a frame is laid out by itself, then the frame as one card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from studio.graph.layout.part import Place, Size
from studio.graph.layout.standing import tidied
from studio.graph.routing import Rect

Pairs: TypeAlias = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Border:
    """How far a frame reaches beyond what is in it."""

    side: int
    above: int
    below: int


def tidied_in_frames(
    cards: Mapping[str, Rect], wires: Pairs, frames: Mapping[str, Rect], border: Border
) -> tuple[dict[str, Place], dict[str, Rect]]:
    """The corner of each card, and the rectangle of each frame that has any of them in it.

    A card is in the smallest frame around its middle, and stays in it; so is a frame in a larger one. What
    is in a frame keeps together, and nothing else is laid on it.
    """
    rects = {**cards, **{_as_card(id_): rect for id_, rect in frames.items()}}
    held = _held(cards, frames)
    sizes: dict[str, Size] = {id_: (rect[2], rect[3]) for id_, rect in cards.items()}
    standing: dict[str, Place] = {id_: (round(rect[0]), round(rect[1])) for id_, rect in cards.items()}
    inside: dict[str, dict[str, Place]] = {}
    for frame in [*_smallest_first(frames), None]:
        holder = None if frame is None else _as_card(frame)
        things = [id_ for id_ in rects if id_ in sizes and held.get(id_) == holder and id_ != holder]
        if not things:
            continue
        lifted = [_lifted(wire, set(things), held) for wire in wires]
        places = tidied({id_: sizes[id_] for id_ in things}, [w for w in lifted if w], standing)
        if holder is None:
            found, borders = _unpacked(places, inside, sizes)
            return {id_: found[id_] for id_ in cards}, borders
        left, top, width, height = _around([(*places[id_], *sizes[id_]) for id_ in things], border)
        inside[holder] = {id_: (x - left, y - top) for id_, (x, y) in places.items()}
        sizes[holder] = (width, height)
        standing[holder] = (left, round(rects[holder][1]))
    return {}, {}


def _as_card(frame: str) -> str:
    """The name of a frame among the cards, whose names never begin with a blank."""
    return f" {frame}"


def _smallest_first(frames: Mapping[str, Rect]) -> list[str]:
    return sorted(frames, key=lambda id_: (frames[id_][2] * frames[id_][3], id_))


def _held(cards: Mapping[str, Rect], frames: Mapping[str, Rect]) -> dict[str, str]:
    """The smallest frame around the middle of each card and of each smaller frame."""
    held: dict[str, str] = {}
    things = dict(cards)
    for frame in _smallest_first(frames):
        left, top, width, height = frames[frame]
        for id_, (x, y, wide, high) in things.items():
            across, down = x + wide / 2 - left, y + high / 2 - top
            if id_ not in held and 0 <= across <= width and 0 <= down <= height:
                held[id_] = _as_card(frame)
        things[_as_card(frame)] = frames[frame]
    return held


def _lifted(wire: tuple[str, str], things: set[str], held: Mapping[str, str]) -> tuple[str, str] | None:
    """A wire between what stands here of its ends; None where an end is elsewhere."""
    ends: list[str] = []
    for end in wire:
        climbed: str | None = end
        while climbed is not None and climbed not in things:
            climbed = held.get(climbed)
        if climbed is None:
            return None
        ends.append(climbed)
    return (ends[0], ends[1])


def _around(rects: Sequence[Rect], border: Border) -> tuple[int, int, int, int]:
    left = round(min(r[0] for r in rects)) - border.side
    top = round(min(r[1] for r in rects)) - border.above
    right = round(max(r[0] + r[2] for r in rects)) + border.side
    bottom = round(max(r[1] + r[3] for r in rects)) + border.below
    return left, top, right - left, bottom - top


def _unpacked(
    places: dict[str, Place], inside: Mapping[str, Mapping[str, Place]], sizes: Mapping[str, Size]
) -> tuple[dict[str, Place], dict[str, Rect]]:
    """The places of all cards and frames from those of what stands outside of every frame."""
    open_, cards, frames = dict(places), {}, {}
    while open_:
        id_, (x, y) = open_.popitem()
        if id_ in inside:
            frames[id_[1:]] = (float(x), float(y), *sizes[id_])
            open_ |= {held: (x + dx, y + dy) for held, (dx, dy) in inside[id_].items()}
        else:
            cards[id_] = (x, y)
    return cards, frames
