"""Tidy up what stands: a small change moves little, and frames keep what is in them."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.graph.layout import GAP_BELOW, GRID, Border, layered, tidied, tidied_in_frames
from studio.graph.layout.columns import MAX_LAYERS
from tests.graph.test_layout import CARD, cards, overlap

BORDER = Border(24, 28, 10)


def grown(dice: random.Random, count: int) -> tuple[list[str], list[tuple[str, str]]]:
    """A network that grows downwards, with branches and skips."""
    ids = [f"n{i}" for i in range(count)]
    wires = []
    for i in range(1, count):
        back = dice.randint(1, 4) if dice.random() < 0.3 else 0
        wires.append((ids[max(0, i - 1 - back)], ids[i]))
        if dice.random() < 0.25 and i > 3:
            wires.append((ids[dice.randint(max(0, i - 6), i - 2)], ids[i]))
    return ids, list(dict.fromkeys(wires))


@pytest.mark.parametrize("seed", range(12))
def test_what_is_tidy_stays_where_it_is(seed: int) -> None:
    ids, wires = grown(random.Random(seed), 40)
    placed = layered(cards(*ids), wires, origin=(400, -80))
    assert tidied(cards(*ids), wires, placed) == placed


def test_a_card_put_into_a_wire_moves_few_others_sideways() -> None:
    dice = random.Random(3)
    moved = []
    for _ in range(20):
        ids, wires = grown(dice, 40)
        before = layered(cards(*ids), wires)
        source, target = dice.choice(wires)
        after = tidied(
            cards(*ids, "new"),
            [*(w for w in wires if w != (source, target)), (source, "new"), ("new", target)],
            before,
        )
        moved.append(sum(before[i][0] != after[i][0] for i in ids) / len(ids))
    assert sum(moved) / len(moved) < 0.05


def test_a_card_put_into_a_chain_only_pushes_the_rest_down() -> None:
    ids = [f"n{i}" for i in range(10)]
    before = layered(cards(*ids), pairwise(ids), origin=(64, 40))
    longer = [*ids[:5], "new", *ids[5:]]
    after = tidied(cards(*longer), pairwise(longer), {**before, "new": (300, 300)})
    step = CARD[1] + GAP_BELOW
    assert after["new"] == before["n5"]
    assert all(after[i] == before[i] for i in ids[:5])
    assert all(after[i] == (before[i][0], before[i][1] + step) for i in ids[5:])


def test_a_card_dragged_out_of_line_goes_back_into_it() -> None:
    ids = [f"n{i}" for i in range(20)]
    before = layered(cards(*ids), pairwise(ids))
    assert tidied(cards(*ids), pairwise(ids), {**before, "n7": (480, 700)}) == before


def test_branches_keep_the_sides_that_a_person_gave_them() -> None:
    wires = [("x", "a"), ("x", "b"), ("a", "add"), ("b", "add")]
    placed = layered(cards("x", "a", "b", "add"), wires)
    other = {**placed, "a": placed["b"], "b": placed["a"]}
    assert tidied(cards("x", "a", "b", "add"), wires, other) == other


def test_a_heap_is_laid_out_as_from_nothing() -> None:
    ids, wires = grown(random.Random(5), 30)
    heap = dict.fromkeys(ids, (0, 0))
    placed = tidied(cards(*ids), wires, heap)
    assert not any(overlap(placed[a], CARD, placed[b], CARD) for a, b in combinations(ids, 2))
    assert tidied(cards(*ids), wires, placed) == placed


def test_columns_stay_when_a_chain_grows() -> None:
    ids = [f"n{i}" for i in range(2 * MAX_LAYERS)]
    before = layered(cards(*ids), pairwise(ids))
    longer = [*ids[:30], "new", *ids[30:]]
    after = tidied(cards(*longer), pairwise(longer), before)
    assert all(after[i][0] == before[i][0] for i in ids)
    assert len({x for x, _ in after.values()}) == 2


def test_a_chain_that_grew_much_is_folded_anew() -> None:
    ids = [f"n{i}" for i in range(MAX_LAYERS)]
    before = layered(cards(*ids), pairwise(ids))
    longer = [*ids[:30], *(f"m{i}" for i in range(30)), *ids[30:]]
    assert len({x for x, _ in tidied(cards(*longer), pairwise(longer), before).values()}) == 2


def test_a_wire_taken_away_leaves_the_two_halves_above_each_other() -> None:
    ids = [f"n{i}" for i in range(10)]
    before = layered(cards(*ids), pairwise(ids))
    after = tidied(cards(*ids), [w for w in pairwise(ids) if w != ("n4", "n5")], before)
    assert {x for x, _ in after.values()} == {0}
    assert [i for i, _ in sorted(after.items(), key=lambda item: item[1][1])] == ids


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.integers(40, 400), st.integers(20, 200)), min_size=1, max_size=14),
    st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=30),
    st.dictionaries(st.integers(0, 13), st.tuples(st.integers(-900, 900), st.integers(-900, 900))),
)
def test_no_card_covers_another_wherever_they_stood(
    sizes: list[tuple[int, int]], wires: list[tuple[int, int]], stood: dict[int, tuple[int, int]]
) -> None:
    known = {f"n{i}": size for i, size in enumerate(sizes)}
    named = [(f"n{s}", f"n{t}") for s, t in wires]
    standing = {f"n{i}": (x // GRID * GRID, y // GRID * GRID) for i, (x, y) in stood.items()}
    placed = tidied(known, named, standing)

    assert list(placed) == list(known)
    assert placed == tidied(known, named, standing)
    assert all(type(v) is int and v % GRID == 0 for place in placed.values() for v in place)
    assert not any(overlap(placed[a], known[a], placed[b], known[b]) for a, b in combinations(known, 2))


# -- frames ------------------------------------------------------------------------------------------


def test_what_is_in_a_frame_stays_in_it_and_nothing_else_gets_there() -> None:
    ids = ["x", "a", "b", "c", "y"]
    wires = [*pairwise(ids), ("x", "side"), ("side", "y")]
    rects = {i: (300.0 * n, 40.0, *map(float, CARD)) for n, i in enumerate([*ids, "side"])}
    frame = (280.0, 0.0, 800.0, 160.0)
    places, borders = tidied_in_frames(rects, wires, {"f": frame}, BORDER)

    left, top, width, height = borders["f"]
    inside = {i for i, (x, y) in places.items() if left < x < left + width and top < y < top + height}
    assert inside == {"a", "b", "c"}
    assert places["x"][1] < top and places["y"][1] > top + height
    assert places["side"][0] + CARD[0] <= left or places["side"][0] >= left + width


def test_a_frame_in_a_frame_stays_in_it() -> None:
    rects = {i: (0.0, 120.0 * n, *map(float, CARD)) for n, i in enumerate("abcd")}
    frames = {"outer": (-60.0, 60.0, 400.0, 320.0), "inner": (-20.0, 200.0, 300.0, 120.0)}
    _places, borders = tidied_in_frames(rects, pairwise("abcd"), frames, BORDER)
    outer, inner = borders["outer"], borders["inner"]
    assert outer[0] < inner[0] and outer[1] < inner[1]
    assert inner[0] + inner[2] < outer[0] + outer[2] and inner[1] + inner[3] < outer[1] + outer[3]


def test_tidying_frames_twice_changes_nothing_more() -> None:
    ids, wires = grown(random.Random(2), 20)
    rects = {i: (*map(float, at), *map(float, CARD)) for i, at in layered(cards(*ids), wires).items()}
    frames = {"f": (-10.0, rects["n5"][1] - 30, 900.0, 400.0)}
    places, borders = tidied_in_frames(rects, wires, frames, BORDER)
    again = {i: (float(x), float(y), *map(float, CARD)) for i, (x, y) in places.items()}
    assert tidied_in_frames(again, wires, borders, BORDER) == (places, borders)
