"""The catalogue's words, its search and the short line of a card."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import places
from studio import words as language
from studio.catalog import literals, nodes, search, summary, table, words
from studio.catalog.literals import LiteralError
from studio.graph.model import Node
from studio.graph.values import reference

EVERY_TYPE = [entry.type for entry in table.entries()]
WORDED = [entry.type for entry in table.entries() if entry.twin is None]


@pytest.fixture
def chinese() -> Iterator[None]:
    language.set_language("zh_CN")
    yield
    language.set_language("en")


@pytest.mark.parametrize("code", sorted(language.LANGUAGES))
def test_every_type_has_a_name_and_one_sentence_in_each_language(code: str) -> None:
    file = places.resources() / "catalog" / f"{code}.json"
    written = json.loads(file.read_text(encoding="utf-8"))
    assert list(written) == WORDED
    stop = "." if code == "en" else "。"
    for type_, texts in written.items():
        assert texts["name"] and texts["sentence"].endswith(stop), type_
        assert len(texts["sentence"]) < 140, type_


def test_no_two_types_of_one_label_share_a_sentence_in_chinese_and_english() -> None:
    for type_ in EVERY_TYPE:
        assert words.sentence(type_, "en") != words.sentence(type_, "zh_CN")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("conv", "Conv2d"),
        ("relu", "ReLU"),
        ("concat", "cat"),
        ("dense", "Linear"),
        ("卷积", "Conv2d"),
        ("展平", "Flatten"),
        ("max pool", "MaxPool2d"),
        ("plus", "add"),
        ("lstm", "LSTM"),
        ("softmax", "Softmax"),
        ("view", ".view()"),
        ("permute", "permute"),
        ("drop path", "StochasticDepth"),
        ("tensor.mean", ".mean()"),
    ],
)
def test_search_finds_what_is_meant_first(text: str, first: str) -> None:
    assert search.find(text)[0].label == first


def test_search_for_nothing_gives_everything_and_for_nonsense_nothing() -> None:
    assert len(search.find(" ")) == len(EVERY_TYPE)
    assert search.find("qqqq") == []


@given(st.text(max_size=12))
def test_search_takes_any_text(text: str) -> None:
    assert {entry.type for entry in search.find(text)} <= set(EVERY_TYPE)


@pytest.mark.parametrize(
    ("node", "line"),
    [
        (nodes.new_node("nn.Conv2d", "c"), "32 filters · 3×3 · pad 1"),
        (Node("f", "nn.Linear", {"out_features": 10}), "→ 10"),
        (Node("p", "nn.MaxPool2d", {"kernel_size": [2, 3]}), "2×3"),
        (Node("f", "torch.flatten", args=(reference("a"), 1)), "from dim 1"),
        (Node("a", "torch.add", args=(reference("a"), reference("b"))), "2 inputs"),
        (Node("r", "nn.ReLU"), ""),
        (nodes.new_node("F.dropout", "d"), "p 0.5"),
        (nodes.new_node("torch.einsum", "e"), "bij,bjk->bik"),
        (nodes.new_node("Tensor.to", "t"), "dtype float32"),
        (nodes.new_node("ops.Conv2dNormActivation", "c"), "32 filters · 3×3"),
        (Node("c", "Tensor.chunk", args=(reference("a"), 3), kwargs={"dim": 1}), "chunks 3 · dim 1"),
        (Node("i", "input", {"shape": ["N", 1, 28, 28]}), "N×1×28×28"),
        (Node("c", "nn.Conv1d", {"out_channels": {"p": "width"}, "kernel_size": 1}), "width filters · 1"),
        (Node("b", "block:Residual", {"channels": 32}), "channels 32"),
    ],
)  # fmt: skip
def test_the_line_of_a_card(node: Node, line: str) -> None:
    assert summary.summary(node) == line


def test_the_line_shows_sizes_that_follow_from_the_input() -> None:
    assert (
        summary.summary(Node("f", "nn.Linear", {"out_features": 10}), {"in_features": 784})
        == "784 (auto) → 10"
    )
    assert summary.summary(Node("b", "nn.BatchNorm2d"), {"num_features": 32}) == "32 features (auto)"


def test_the_line_follows_the_language(chinese: None) -> None:
    assert summary.summary(nodes.new_node("nn.Conv2d", "c")) == "32 个滤波器 · 3×3 · 填充 1"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("3, 3", [3, 3]),
        ("3 × 3", [3, 3]),
        ("3x3", [3, 3]),
        ("(2, 1)", [2, 1]),
        ("-1，4", [-1, 4]),
        ("3,", 3),
        ("3 ×", 3),
        ("-" * 399 + "1", -1),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, value: object) -> None:
    assert literals.sizes(text) == value


@pytest.mark.parametrize("text", ["", "a", "3.5", "__import__('os')", "[[1]]", "True", "1" * 5000, "(" * 199])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(LiteralError):
        literals.sizes(text)


def test_a_number_that_json_cannot_hold_is_written_by_name() -> None:
    assert literals.number("1e999") == {"f": "inf"}
    assert literals.number("-inf") == {"f": "-inf"}


@pytest.mark.parametrize("text", ["0", ":, -1", "..., 1:5", "::2", "None, 0"])
def test_an_index_is_written_as_it_was_read(text: str) -> None:
    assert literals.text(literals.index(text)) == text


@given(
    st.recursive(
        st.integers(1, 99) | st.just({"p": "channels"}),
        lambda inner: st.tuples(st.sampled_from("+-*"), inner, inner).map(
            lambda t: {"expr": t[0], "of": [t[1], t[2]]}
        ),
        max_leaves=6,
    )
)
def test_arithmetic_on_parameters_survives_writing_and_reading(value: object) -> None:
    read = literals.number(literals.text(value), {"channels"})
    assert literals.number(literals.text(read), {"channels"}) == read


def test_a_name_that_is_no_parameter_is_named_in_the_refusal() -> None:
    with pytest.raises(LiteralError, match="chanels"):
        literals.number("chanels * 2", {"channels"})
