"""Where cards go: free places, room on a wire, lines shared with neighbours. No Qt."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from studio.app.canvas.geometry import CARD_HEIGHT, CARD_WIDTH, GRID, card_width, overlaps, port_x
from studio.app.canvas.placing import free_place, make_room
from studio.app.canvas.snapping import Still, aligned
from studio.app.canvas.tiles import Tiles

W, H = float(CARD_WIDTH), float(CARD_HEIGHT)
places = st.integers(-600, 600)
cards = st.lists(st.tuples(places, places), max_size=25)


@given(wanted=st.tuples(places, places), taken=cards)
def test_a_free_place_is_on_the_grid_and_covers_nothing(
    wanted: tuple[int, int], taken: list[tuple[int, int]]
) -> None:
    rects = [(float(x), float(y), W, H) for x, y in taken]
    x, y = free_place((*wanted, W, H), rects)
    assert (x % GRID, y % GRID) == (0, 0)
    assert not any(overlaps((x, y, W, H), rect) for rect in rects)


def test_a_place_that_is_free_is_only_snapped() -> None:
    assert free_place((101, 99, W, H), [(400, 400, W, H)]) == (104, 96)


def test_the_nearest_side_of_a_card_in_the_way_is_taken() -> None:
    assert free_place((0, 50, W, H), [(0, 0, W, H)]) == (0, 64)


@given(taken=st.sets(st.tuples(st.integers(-3, 3), st.integers(-4, 4)), min_size=1, max_size=20))
def test_making_room_pushes_down_and_never_makes_cards_overlap(taken: set[tuple[int, int]]) -> None:
    rects = {f"n{i}": (x * 200.0, y * 80.0, W, H) for i, (x, y) in enumerate(sorted(taken))}
    moves = make_room(rects, ["n0"], 96)
    after = [(*moves.get(id_, rect[:2]), W, H) for id_, rect in rects.items()]
    assert moves["n0"] == (round(rects["n0"][0]), round(rects["n0"][1] + 96))
    assert not any(overlaps(one, two) for i, one in enumerate(after) for two in after[:i])


def test_a_card_meets_the_line_of_a_neighbour_and_shows_it() -> None:
    x, _, guides = aligned((3, 200, W, H), Still([(0, 0, W, H)]), reach=6)
    assert x == 0
    assert [guide.vertical for guide in guides] == [True]


def test_a_card_far_from_every_line_goes_to_the_grid() -> None:
    assert aligned((103, 203, W, H), Still([(0, 0, W, H)]), reach=6) == (104, 200, [])


def test_many_ports_make_a_card_wider_and_stay_on_it() -> None:
    width = card_width(20, 1)
    spots = [port_x(width, 20, i) for i in range(20)]
    assert width > CARD_WIDTH and width % GRID == 0
    assert all(0 < a < b < width for a, b in pairwise(spots))


@given(st.lists(st.tuples(places, places, st.integers(0, 5000), st.integers(0, 5000)), max_size=20))
def test_tiles_find_every_key_that_meets_a_rectangle(rects: list[tuple[int, int, int, int]]) -> None:
    tiles: Tiles[int] = Tiles()
    for key, rect in enumerate(rects):
        tiles.put(key, (0, 0, 10, 10))
        tiles.put(key, rect)
    asked = (-300.0, -300.0, 700.0, 500.0)
    met = {key for key, rect in enumerate(rects) if overlaps(rect, asked)}
    assert met <= set(tiles.near(asked))
    for key in range(len(rects)):
        tiles.drop(key)
    assert not tiles.near(asked)
