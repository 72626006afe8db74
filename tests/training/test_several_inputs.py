"""A network of several inputs is trained, judged and kept as any other: its columns come in one tensor."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.compiler.analysis import Context, N, TensorSpec
from studio.compiler.build import build
from studio.data.prepare import prepare
from studio.graph.model import Network, Node, ProjectData
from studio.places import gallery
from studio.project import files
from studio.training import whole
from studio.training.objectives import context_of
from studio.training.run import train
from studio.training.runs import open_run
from studio.training.whole import UnfedError


def experts(epochs: int = 2) -> ProjectData:
    project = files.load(gallery() / "three_experts.json")
    training = {**project.training, "epochs": epochs}
    return replace(project, settings={**project.settings, "training": training})


def one_input(project: ProjectData) -> ProjectData:
    """The same network, which takes all columns and cuts them out itself."""
    model = project.networks["model"]
    nodes = {"cells": Node("cells", "input"), **model.nodes}
    for number, name in enumerate(("mean", "error", "worst")):
        rows, columns = {"slice": [None, None, None]}, {"slice": [number * 10, number * 10 + 10, None]}
        nodes[name] = Node(name, "op.getitem", {}, ({"n": "cells"}, {"t": [rows, columns]}))
    data = {key: value for key, value in project.data.items() if key != "inputs"}
    networks = {**project.networks, "model": replace(model, nodes=nodes)}
    return replace(project, networks=networks, settings={**project.settings, "data": data})


def test_it_learns_the_same_bits_as_a_network_that_cuts_the_columns_out_itself(tmp_path: Path) -> None:
    several, one = (train(made, None, tmp_path) for made in (experts(), one_input(experts())))

    weights = [open_run(result.folder).load_module().state_dict() for result in (several, one)]
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    assert several.test == one.test
    assert open_run(several.folder).record["data"] == open_run(one.folder).record["data"]


def test_steps_are_replayed(tmp_path: Path) -> None:
    result = train(experts(), None, tmp_path)

    record = open_run(result.folder).record
    assert "autograd" not in str(record.get("notices", ""))
    assert open_run(result.folder).context.names == ("mean", "error", "worst")


def test_a_run_gives_its_network_for_batches_and_with_its_inputs_apart(tmp_path: Path) -> None:
    run = open_run(train(experts(1), None, tmp_path).folder)
    x = prepare(run.project.data).test.inputs(slice(0, 7))

    said = run.load_module()(x)

    assert torch.equal(run.load_module(apart=True)(x[:, :10], x[:, 10:20], x[:, 20:]), said)


def drawn(*nodes: Node) -> ProjectData:
    return ProjectData("Drawn", {"model": Network({node.id: node for node in nodes})})


def wired(**params: dict[str, Any]) -> ProjectData:
    """b and a beside each other, then one layer: the order of the file is not that of the data."""
    return drawn(
        Node("b", "input", params.get("b", {})),
        Node("a", "input", params.get("a", {})),
        Node("both", "torch.cat", {}, ([{"n": "b"}, {"n": "a"}],), {"dim": 1}),
        Node("fc", "nn.Linear", {"out_features": 2}, ({"n": "both"},)),
        Node("y", "output", {}, ({"n": "fc"},)),
    )


def test_inputs_are_fed_by_their_names() -> None:
    context = Context((TensorSpec((N, 3)), TensorSpec((N, 1))), 2, "classification", names=("a", "b"))
    apart = build(wired(), "model", context, seed=0)
    x = torch.randn(5, 4)
    expected = apart(x[:, 3:], x[:, :3])

    assert torch.equal(whole.taking(apart, context)(x), expected)


def test_more_inputs_than_the_data_feed_are_told_before_anything_is_trained(tmp_path: Path) -> None:
    project = wired(a={"shape": ["N", 3]})
    project = replace(project, settings={"data": {"source": "breast_cancer"}, "training": {"epochs": 1}})

    with pytest.raises(UnfedError, match=r"2 inputs \(b, a\), and the data feed 1"):
        train(project, None, tmp_path)


def test_a_network_may_leave_columns_out(tmp_path: Path) -> None:
    inputs = [{"name": "x", "columns": []}, {"name": "left", "columns": ["alcohol"]}]
    nodes = (
        Node("x", "input"),
        Node("fc", "nn.Linear", {}, ({"n": "x"},)),
        Node("y", "output", {}, ({"n": "fc"},)),
    )
    settings = {"data": {"source": "wine", "inputs": inputs}, "training": {"epochs": 1}}
    result = train(replace(drawn(*nodes), settings=settings), None, tmp_path)

    assert open_run(result.folder).load_module().fc.in_features == 12


def test_an_autoencoder_gives_the_columns_of_all_inputs_again(tmp_path: Path) -> None:
    project = wired()
    inputs = [{"name": "a", "columns": []}, {"name": "b", "columns": ["alcohol"]}]
    fc = replace(project.networks["model"].nodes["fc"], params={})
    nodes = {**project.networks["model"].nodes, "fc": fc}
    training = {"objective": "autoencoder", "epochs": 1}
    settings = {"data": {"source": "wine", "inputs": inputs}, "training": training}
    project = replace(project, networks={"model": Network(nodes)}, settings=settings)

    assert context_of(project).outputs == 13
    assert train(project, None, tmp_path).status == "done"
