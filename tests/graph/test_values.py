"""References, forms and arithmetic: plain JSON, never code."""

from __future__ import annotations

import pytest

from studio.graph import values
from studio.words import NetloomError


def test_references_are_found_at_any_depth_with_their_slot() -> None:
    value = [{"n": "a"}, {"t": [{"n": "b", "i": 1}]}, {"d": {"n": {"n": "c"}}}, {"size": [{"n": "d"}, 0]}]
    assert [(path, ref["n"]) for path, ref in values.references(value)] == [
        ((0,), "a"), ((1, "t", 0), "b"), ((2, "d", "n"), "c"), ((3, "size", 0), "d"),
    ]  # fmt: skip


def test_a_key_called_n_in_a_table_is_no_reference() -> None:
    assert list(values.references({"d": {"n": "text"}})) == []
    assert values.map_references({"d": {"n": "text"}}, lambda _: "changed") == {"d": {"n": "text"}}


def test_finding_and_mapping_references_agree() -> None:
    odd = {"d": {"n": "a"}, "more": {"n": "b"}}
    found = [ref["n"] for _, ref in values.references(odd)]
    mapped: list[str] = []
    values.map_references(odd, lambda ref: mapped.append(ref["n"]))
    assert found == mapped


@pytest.mark.parametrize(
    "value",
    [
        {"n": "a"},
        {"n": "a", "i": 0},
        {"p": "x"},
        {"expr": "*", "of": [{"p": "x"}, 2]},
        {"size": [{"n": "a"}, 0]},
        {"shape": {"n": "a"}},
        {"t": []},
        {"d": {}},
        {"slice": [None, 1, None]},
        {"ellipsis": True},
        {"getitem": [{"n": "a"}, 0]},
        {"f": "-inf"},
        {"dtype": "float32"},
        {"if_training": [1, 2]},
        {"if": [{"expr": "<", "of": [{"size": [{"n": "a"}, 2]}, 7]}, 0, 3]},
        [1, [None]],
        "x",
    ],
)
def test_known_forms_have_no_faults(value: object) -> None:
    assert list(values.faults(value)) == []


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"x": 1},
        {"n": 5},
        {"n": "a", "i": "0"},
        {"n": "a", "j": 0},
        {"expr": "**", "of": [1, 2]},
        {"expr": [], "of": 1},
        {"expr": "+"},
        {"size": [1]},
        {"slice": [1, 2]},
        {"t": 1},
        {"d": []},
        {"ellipsis": 1},
        {"f": "big"},
        {"p": None},
        {"shape": 3},
        {"getitem": []},
        {"if_training": [1]},
        {"if": [{"n": "a"}, 1]},
        [[{"t": [{"huh": 1}]}]],
    ],
)
def test_anything_else_has_exactly_one_fault_and_no_form(value: object) -> None:
    assert len(list(values.faults(value))) == 1


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ({"expr": "+", "of": [{"p": "c"}, 1]}, 65),
        ({"expr": "//", "of": [{"expr": "*", "of": [{"p": "c"}, 2]}, 3]}, 42),
        ({"expr": "neg", "of": [{"p": "c"}]}, -64),
        ({"if": [{"expr": ">", "of": [{"p": "c"}, 9]}, {"p": "c"}, 0]}, 64),
        ({"if": [{"expr": "==", "of": [{"p": "c"}, 9]}, {"p": "c"}, 0]}, 0),
        ([{"p": "c"}, {"t": [{"p": "c"}]}], [64, {"t": [64]}]),
    ],
)
def test_parameters_and_arithmetic_are_worked_out(expression: object, result: object) -> None:
    assert values.resolve_parameters(expression, {"c": 64}) == result


def test_arithmetic_on_a_size_waits_for_the_size() -> None:
    waiting = {"expr": "*", "of": [{"size": [{"n": "x"}, 0]}, {"p": "c"}]}
    assert values.resolve_parameters(waiting, {"c": 2}) == {"expr": "*", "of": [{"size": [{"n": "x"}, 0]}, 2]}


@pytest.mark.parametrize(
    "expression",
    [
        {"p": "unknown"},
        {"expr": "/", "of": [1, 0]},
        {"expr": "neg", "of": [1, 2]},
        {"expr": "__import__", "of": [1, 2]},
    ],
)
def test_what_has_no_result_says_so(expression: object) -> None:
    with pytest.raises(NetloomError):
        values.resolve_parameters(expression, {})


def test_setting_a_place_beyond_the_end_fills_up_with_unwired_places() -> None:
    assert values.set_at({"args": []}, ("args", 2), 5) == {"args": [None, None, 5]}
    assert values.get_at({"args": [1]}, ("args", 3)) is None
