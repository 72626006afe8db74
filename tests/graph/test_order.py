"""Order, circles and reach, also for chains far longer than Python's recursion allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.graph import order
from studio.graph.model import Network, Node


def network(**fed_by: str) -> Network:
    """`network(b="a c")`: b is fed by a and c."""
    return Network(
        {i: Node(i, "op.add", args=tuple({"n": s} for s in fed.split())) for i, fed in fed_by.items()}
    )


def long_chain(length: int) -> Network:
    return network(**{f"n{i}": f"n{i - 1}" if i else "" for i in range(length)})


def test_each_node_comes_after_what_feeds_it_and_else_in_the_order_of_the_file() -> None:
    assert order.topological(network(d="b c", b="a", c="a", a="")) == ["a", "b", "c", "d"]
    assert order.topological(network(b="", a="", c="")) == ["b", "a", "c"]


def test_wires_from_nowhere_are_ignored() -> None:
    assert order.topological(network(a="ghost", b="a")) == ["a", "b"]
    assert order.upstream(network(a="ghost", b="a"), "b") == {"a"}


def test_a_circle_is_named_in_the_order_of_its_wires() -> None:
    circle = network(start="", a="start c", b="a", c="b", after="c")
    assert order.cycle(circle) == ["a", "b", "c"]
    with pytest.raises(order.CycleError, match="a → b → c → a"):
        order.topological(circle)


def test_a_node_that_feeds_itself_is_a_circle() -> None:
    assert order.cycle(network(a="a")) == ["a"]


def test_without_a_circle_there_is_none() -> None:
    assert order.cycle(network(a="", b="a")) is None


def test_reach_in_both_directions() -> None:
    diamond = network(a="", b="a", c="a", d="b c", alone="")
    assert order.upstream(diamond, "d") == {"a", "b", "c"}
    assert order.downstream(diamond, "a") == {"b", "c", "d"}
    assert order.upstream(diamond, "alone") == set()


def test_a_wire_back_would_close_a_circle_and_a_wire_on_would_not() -> None:
    line = network(a="", b="a", c="b")
    assert order.would_cycle(line, "c", "a")
    assert order.would_cycle(line, "b", "b")
    assert not order.would_cycle(line, "a", "c")


def test_a_chain_of_ten_thousand_nodes() -> None:
    chain = long_chain(10_000)
    assert order.topological(chain)[-1] == "n9999"
    assert len(order.upstream(chain, "n9999")) == 9_999
    assert order.would_cycle(chain, "n9999", "n0")


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_any_graph_has_either_an_order_or_a_circle(wires: list[tuple[int, int]]) -> None:
    graph = network(**{f"n{i}": " ".join(f"n{s}" for s, t in wires if t == i) for i in range(8)})
    circle = order.cycle(graph)
    feeds = order.successors(graph)
    if circle is None:
        rank = {node: i for i, node in enumerate(order.topological(graph))}
        assert all(rank[wire.source] < rank[wire.target] for wire in graph.wires())
    else:
        assert all(after in feeds[node] for node, after in zip(circle, [*circle[1:], circle[0]], strict=True))
