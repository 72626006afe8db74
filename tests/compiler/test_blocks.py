"""Blocks compile to what was there before they were made, and to what a person would have written."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from drawing import chain, network, node, project
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
from studio.graph import blocks, dissolving
from studio.graph.blocks import BlockError
from studio.graph.document import Document
from studio.graph.model import Network, Node, ProjectData
from studio.words import Message

# -- grouping changes nothing ------------------------------------------------------------------------

LAYERS = ["nn.Linear", "nn.LayerNorm", "torch.relu", "torch.add", "nn.LSTM", "param"]


@st.composite
def networks(draw: st.DrawFn) -> tuple[ProjectData, list[str]]:
    """A network of layers that keep the width 6, whose values go several ways, and a part of it."""
    nodes = [node("image", "input", shape=["N", 3, 6])]
    sources = [nodes[0]]
    for place in range(draw(st.integers(2, 8))):
        type_ = draw(st.sampled_from(LAYERS))
        first, second = draw(st.sampled_from(sources)), draw(st.sampled_from(sources))
        given = [f"{s.id}:0" if s.type == "nn.LSTM" else s.id for s in (first, second)]
        name = f"{draw(st.sampled_from(['', 'part.', 'part.inner.']))}n{place}"
        match type_:
            case "param":
                nodes.append(node(name, "param", shape=[6], init="normal"))
                continue
            case "torch.add":
                made = node(name, type_, *given)
            case "nn.Linear":
                made = node(name, type_, given[0], out_features={"p": "width"})
            case "nn.LSTM":
                made = node(name, type_, given[0], hidden_size=6, batch_first=True)
            case _:
                made = node(name, type_, given[0])
        nodes.append(made)
        sources.append(made)
    last = sources[-1]
    nodes.append(node("output", "output", f"{last.id}:0" if last.type == "nn.LSTM" else last.id))
    chosen = draw(st.sets(st.sampled_from([n.id for n in nodes[1:-1]]), min_size=1))
    return ProjectData("Test", {"model": network(*nodes, width=6)}), sorted(chosen)


def same_weights(one: nn.Module, other: nn.Module) -> None:
    """Gives every parameter of both the same value, by the order of the shapes' sums: all ones of a seed."""
    for module in (one, other):
        for parameter in module.parameters():
            generator = torch.Generator().manual_seed(parameter.numel())
            with torch.no_grad():
                parameter.copy_(torch.rand(parameter.shape, generator=generator))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(networks())
def test_a_network_gives_the_same_after_grouping_and_after_dissolving(
    made: tuple[ProjectData, list[str]],
) -> None:
    before, chosen = made
    document = Document(before)
    try:
        with document.transaction(Message("Group")) as edit:
            id_ = blocks.group(edit, "model", chosen, "Block")
    except BlockError:
        assume(False)
    grouped = document.data()
    with document.transaction(Message("Dissolve")) as edit:
        dissolving.dissolve(edit, "model", id_)
    assert document.network("model") == before.networks["model"]
    assert not analyse(grouped).errors
    image = torch.rand(2, 3, 6)
    first, second = build(before), build(grouped)
    same_weights(first, second)
    assert torch.equal(first(image), second(image))


RUN = """
import sys, torch
from written import Model
state, words = torch.load("given.pt")
model = Model()
model.load_state_dict(state)
torch.save(model.eval()(words), "out.pt")
assert "studio" not in sys.modules
"""

# -- twelve layers -----------------------------------------------------------------------------------


class Encoder(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm1(x)
        x = x + self.attention(normed, normed, normed)[0]
        return x + self.drop(self.fc2(nn.functional.gelu(self.fc1(self.norm2(x)))))


class Reader(nn.Module):
    """A transformer of twelve layers over words."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        rates = [place / 50 for place in range(12)]
        self.layers = nn.Sequential(*(Encoder(16, 4, rate) for rate in rates))
        self.fc = nn.Linear(16, 3)

    def forward(self, words: Tensor) -> Tensor:
        return self.fc(self.layers(self.embedding(words)).mean(1))


def reader() -> ProjectData:
    width = {"p": "width"}
    encoder = network(
        node("x", "input"),
        node("norm1", "nn.LayerNorm", "x"),
        node(
            "attention", "nn.MultiheadAttention", *["norm1"] * 3, num_heads={"p": "heads"}, batch_first=True
        ),
        node("add1", "torch.add", "x", "attention:0"),
        node("norm2", "nn.LayerNorm", "add1"),
        node("fc1", "nn.Linear", "norm2", out_features={"expr": "*", "of": [4, width]}),
        node("gelu", "F.gelu", "fc1"),
        node("fc2", "nn.Linear", "gelu", out_features=width),
        node("drop", "nn.Dropout", "fc2", p={"p": "dropout"}),
        node("add2", "torch.add", "add1", "drop"),
        node("y", "output", "add2"),
        dropout=0.0,
        heads=4,
        width=16,
    )
    rates = {"each": [place / 50 for place in range(12)]}
    layers = replace(node("layers", "block:Encoder", "embedding", dropout=rates), repeat=12)
    return project(
        node("words", "input", shape=["N", 7], dtype="int64"),
        node("embedding", "nn.Embedding", "words", num_embeddings=50, embedding_dim=16),
        layers,
        node("mean", "torch.mean", "layers", kwargs={"dim": 1}),
        node("fc", "nn.Linear", "mean", out_features=3),
        node("output", "output", "fc"),
        blocks={"Encoder": encoder},
    )


def test_twelve_transformer_layers_are_six_cards_and_the_module_a_person_writes() -> None:
    drawn = reader()
    assert len(drawn.networks["model"].nodes) == 6
    torch.manual_seed(1)
    written = Reader()
    built = build(drawn)
    assert list(built.state_dict()) == list(written.state_dict())
    built.load_state_dict(written.state_dict())
    words = torch.randint(0, 50, (4, 7))
    results = []
    for module in (built, written):
        torch.manual_seed(7)
        loss = module(words).square().sum()
        loss.backward()
        results.append([loss, *(p.grad for p in module.parameters() if p.grad is not None)])
    assert all(map(torch.equal, *results))
    assert torch.equal(built.eval()(words), written.eval()(words))


@pytest.mark.slow
def test_its_source_runs_without_us_and_gives_the_same(tmp_path: Path) -> None:
    drawn = reader()
    built = build(drawn, seed=2).eval()
    words = torch.randint(0, 50, (4, 7))
    (tmp_path / "written.py").write_text(source(drawn), encoding="utf-8")
    torch.save((built.state_dict(), words), tmp_path / "given.pt")
    subprocess.run([sys.executable, "-c", RUN], cwd=tmp_path, check=True, env={})
    assert torch.equal(torch.load(tmp_path / "out.pt"), built(words))
    assert len(source(drawn).splitlines()) < 80


# -- what is wrong with a repeat, and what cures it ------------------------------------------------------


def cured(drawn: ProjectData, node_: str) -> Node:
    """The node after the first cure of its problem, which is the only one."""
    (problem,) = analyse(drawn).errors
    assert problem.node == node_ and problem.cures
    document = Document(drawn)
    with document.transaction(problem.cures[0].label) as edit:
        for operation in problem.cures[0].operations:
            edit.do(operation)
    assert not analyse(document.data()).errors
    return document.node("model", node_)


def squares(times: object, **params: object) -> ProjectData:
    square = network(*chain(node("fc", "nn.Linear", out_features={"p": "width"})), width=4)
    layers = replace(node("layers", "block:Square", **params), repeat=times)
    return project(*chain(layers, shape=["N", 4]), blocks={"Square": square})


def test_as_many_repetitions_as_values_cure_a_schedule_of_another_length() -> None:
    assert cured(squares(2, width={"each": [8, 16, 32]}), "layers").repeat == 3
    assert cured(squares(None, width={"each": [8, 16]}), "layers").repeat == 2


def test_no_repetition_cures_a_number_that_is_none() -> None:
    assert cured(squares(0), "layers").repeat is None


def test_a_problem_in_one_repetition_says_in_which() -> None:
    square = network(
        node("x", "input"),
        node("fc", "nn.Linear", "x", out_features={"p": "width"}),
        node("sum", "torch.add", "fc", "x"),
        node("y", "output", "sum"),
        width=4,
    )
    layers = replace(node("layers", "block:Square", width={"each": [4, 4, 5]}), repeat=3)
    drawn = project(*chain(layers, shape=["N", 4]), blocks={"Square": square})
    told = [str(problem.text) for problem in analyse(drawn).errors if problem.network == "model"]
    assert any("Square, repetition 3" in text for text in told)


def test_a_schedule_whose_length_follows_from_a_use_is_checked_there() -> None:
    tower = network(
        *chain(replace(node("layers", "block:Square", width={"each": [8, 16]}), repeat={"p": "depth"})),
        depth=2,
    )
    drawn = squares(None)
    held: dict[str, Network] = {**drawn.networks, "Tower": tower}
    held["model"] = network(*chain(node("tower", "block:Tower", depth=3), shape=["N", 4]))
    told = [str(problem.text) for problem in analyse(replace(drawn, networks=held)).errors]
    assert any("2 values for 3 repetitions" in text for text in told)
