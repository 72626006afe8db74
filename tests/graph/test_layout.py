"""Tidy: top to bottom, nothing on anything else, the same every time."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from studio.graph.layout import GAP_BELOW, GRID, layered
from studio.graph.model import Wire

CARD = (176, 64)


def cards(*ids: str) -> dict[str, tuple[float, float]]:
    return dict.fromkeys(ids, CARD)


def overlap(
    one: tuple[int, int], size: tuple[float, float], two: tuple[int, int], other: tuple[float, float]
) -> bool:
    return (
        one[0] < two[0] + other[0]
        and two[0] < one[0] + size[0]
        and one[1] < two[1] + other[1]
        and two[1] < one[1] + size[1]
    )


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.tuples(st.integers(40, 400), st.integers(20, 200)), max_size=14),
    st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=30),
)
def test_no_card_covers_another_whatever_the_wires(
    sizes: list[tuple[int, int]], wires: list[tuple[int, int]]
) -> None:
    known = {f"n{i}": size for i, size in enumerate(sizes)}
    named = [(f"n{s}", f"n{t}") for s, t in wires]
    placed = layered(known, named)

    assert list(placed) == list(known)
    assert placed == layered(known, named)
    assert all(type(v) is int and v % GRID == 0 for place in placed.values() for v in place)
    assert not any(overlap(placed[a], known[a], placed[b], known[b]) for a, b in combinations(known, 2))
    if placed:
        assert (min(x for x, _ in placed.values()), min(y for _, y in placed.values())) == (0, 0)


def test_a_chain_is_a_straight_column_with_the_gap_between() -> None:
    placed = layered(cards("a", "b", "c"), [("a", "b"), ("b", "c")], origin=(40, 80))
    assert placed == {"a": (40, 80), "b": (40, 80 + 64 + GAP_BELOW), "c": (40, 80 + 2 * (64 + GAP_BELOW))}


def test_a_skip_connection_does_not_bend_the_chain() -> None:
    ids = ["x", "conv", "relu", "conv2", "add", "y"]
    placed = layered(cards(*ids), [*pairwise(ids), ("x", "add")])
    assert len({placed[i][0] for i in ids}) == 1


def test_branches_stand_side_by_side_under_their_source() -> None:
    placed = layered(
        cards("x", "a", "b", "c", "cat"), [("x", i) for i in "abc"] + [(i, "cat") for i in "abc"]
    )
    assert placed["a"][1] == placed["b"][1] == placed["c"][1]
    assert placed["a"][0] < placed["b"][0] < placed["c"][0]
    assert placed["x"][0] == placed["b"][0] == placed["cat"][0]


def test_each_card_stands_below_what_feeds_it_and_circles_do_not_matter() -> None:
    wires = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c")]
    placed = layered(cards("a", "b", "c"), wires)
    assert placed["a"][1] < placed["b"][1] < placed["c"][1]


def test_wires_of_a_network_can_be_given_as_they_are() -> None:
    placed = layered(
        cards("a", "b"), [Wire("a", None, "b", ("args", 0)), Wire("ghost", None, "a", ("args", 0))]
    )
    assert placed["a"][1] < placed["b"][1]


def test_crossings_are_undone() -> None:
    placed = layered(cards("a", "b", "x", "y"), [("a", "y"), ("b", "x"), ("a", "x"), ("a", "y"), ("b", "x")])
    assert (placed["a"][0] < placed["b"][0]) == (placed["y"][0] < placed["x"][0])


def test_a_second_input_stands_directly_above_what_it_feeds() -> None:
    ids = ["x", "a", "b", "add"]
    placed = layered(cards(*ids, "mask"), [*pairwise(ids), ("mask", "add")])
    assert placed["mask"][1] == placed["b"][1]


def test_long_chains_fold_into_columns_and_short_ones_do_not() -> None:
    def chain(length: int) -> dict[str, tuple[int, int]]:
        ids = [f"n{i}" for i in range(length)]
        return layered(cards(*ids), pairwise(ids))

    assert len({x for x, _ in chain(60).values()}) == 1
    folded = chain(200)
    assert len({x for x, _ in folded.values()}) == 4
    assert max(y for _, y in folded.values()) < 60 * (64 + GAP_BELOW)


def test_ten_thousand_layers() -> None:
    ids = [f"n{i}" for i in range(10_000)]
    assert len(set(layered(cards(*ids), pairwise(ids)).values())) == 10_000


def test_nothing_gives_nothing() -> None:
    assert layered({}, []) == {}


def test_a_network_of_more_long_wires_than_there_are_lanes_for_is_laid_out_all_the_same() -> None:
    ids = [str(number) for number in range(260)]
    wires = [(one, other) for one, other in pairwise(ids)]
    wires += [("0", id_) for id_ in ids[2:]] + list(zip(ids[5:-4:5], ids[9::5], strict=False))
    places = layered(cards(*ids), wires)
    assert len(set(places.values())) == len(ids)
