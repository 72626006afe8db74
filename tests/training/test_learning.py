"""Nodes that learn slower, faster or not at all: what is stored, what the run makes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from studio.compiler.analysis import Context, N, TensorSpec
from studio.compiler.build import build
from studio.graph.document import Document
from studio.graph.model import Network, Node, ProjectData
from studio.project import files
from studio.training import learning, optimizers
from studio.training.learning import LearningError
from studio.training.run import resume, train
from studio.training.settings import read
from studio.words import Message

from .conftest import chain
from .test_resume import outcome, stopped_after

CONTEXT = Context((TensorSpec((N, 4)),), 3, "classification")


def project(learning_: dict[str, Any], **training: Any) -> ProjectData:
    """Linear, norm, block of two Linear layers, Linear on iris; `learning_` by node, "block/fc" inside it."""
    inner = chain(
        ("fc", "nn.Linear", {"out_features": 8}),
        ("relu", "nn.ReLU", {}),
        ("out", "nn.Linear", {"out_features": 8}),
    )
    outer = chain(
        ("fc1", "nn.Linear", {"out_features": 8}),
        ("norm", "nn.BatchNorm1d", {}),
        ("first", "block:Block", {}),
        ("second", "block:Block", {}),
        ("fc2", "nn.Linear", {}),
    )  # fmt: skip

    def said(network: Network, prefix: str) -> Network:
        nodes = {
            name: replace(node, extra={learning.KEY: learning_[prefix + name]})
            if prefix + name in learning_
            else node
            for name, node in network.nodes.items()
        }
        return replace(network, nodes=nodes)

    networks = {"model": said(outer, ""), "Block": said(inner, "block/")}
    section = {"epochs": 3, "batch_size": 16, "optimizer": {"type": "SGD", "lr": 0.1}, **training}
    return ProjectData("Flowers", networks, {"data": {"source": "iris"}, "training": section})


def rates(learning_: dict[str, Any]) -> dict[str, float]:
    made = project(learning_)
    module = build(made, "model", CONTEXT)
    found = learning.of_parameters(module, learning.factors(made, "model", CONTEXT))
    return {name: found[parameter] for name, parameter in module.named_parameters()}


def test_where_nothing_is_said_everything_learns_alike() -> None:
    assert learning.factors(project({}), "model", CONTEXT) == {}
    assert set(rates({}).values()) == {1.0}


def test_a_factor_holds_for_one_node() -> None:
    found = rates({"fc1": 0.1})
    assert {name for name, factor in found.items() if factor == 0.1} == {"fc1.weight", "fc1.bias"}
    assert set(found.values()) == {0.1, 1.0}


def test_of_a_block_it_holds_for_all_that_is_inside_and_for_this_use_alone() -> None:
    found = rates({"first": 0.5})
    assert {name.split(".")[0] for name, factor in found.items() if factor == 0.5} == {"first"}


def test_factors_multiply_and_frozen_wins() -> None:
    found = rates({"first": 0.5, "second": "frozen", "block/fc": 2.0})
    assert found["first.fc.weight"] == 1.0 and found["first.out.weight"] == 0.5
    assert found["second.fc.weight"] == found["second.out.bias"] == 0.0


def test_the_optimiser_gets_a_group_for_each_rate() -> None:
    made = project({"fc1": 0.1})
    module = build(made, "model", CONTEXT)
    factors = learning.of_parameters(module, learning.factors(made, "model", CONTEXT))
    settings = read({"optimizer": {"type": "AdamW", "lr": 0.01}})
    optimizer = optimizers.make(settings.optimizer, module.parameters(), "matrices", factors)
    found = [(group["lr"], group["weight_decay"], len(group["params"])) for group in optimizer.param_groups]
    assert found == [(0.01, 0.01, 5), (0.01, 0.0, 7), (0.001, 0.01, 1), (0.001, 0.0, 1)]


def test_a_run_moves_what_learns_and_nothing_else(tmp_path: Path) -> None:
    made = project({"fc1": "frozen", "norm": "frozen", "second": 0.001})
    context = learning_context(made)
    fresh = build(made, "model", context, seed=0).state_dict()
    folder = train(made, None, tmp_path).folder
    kept = load_file(folder / "last.safetensors")
    for name, value in fresh.items():
        moved = not torch.equal(kept[name], value)
        assert moved == (not name.startswith(("fc1.", "norm."))), name
    assert largest(kept, fresh, "second") < 0.05 * largest(kept, fresh, "first")


def learning_context(made: ProjectData) -> Context:
    from studio.training.objectives import context_of

    return context_of(made)


def largest(kept: dict[str, torch.Tensor], fresh: dict[str, torch.Tensor], part: str) -> float:
    names = [name for name in kept if name.startswith(part)]
    return max(float((kept[name] - fresh[name]).abs().max()) for name in names)


def test_a_frozen_norm_keeps_and_uses_its_statistics_whatever_is_asked() -> None:
    made = project({"norm": "frozen"})
    module = build(made, "model", CONTEXT)
    learning.freeze(module, learning.factors(made, "model", CONTEXT))
    module.train()
    norm = module.get_submodule("norm")
    assert module.training and not norm.training
    before = norm.get_buffer("running_mean").clone()
    module(torch.randn(16, 4) + 5)
    assert torch.equal(norm.get_buffer("running_mean"), before)
    assert isinstance(norm, nn.BatchNorm1d)


def test_a_frozen_network_is_refused(tmp_path: Path) -> None:
    everything = dict.fromkeys(("fc1", "norm", "first", "second", "fc2"), "frozen")
    with pytest.raises(LearningError, match="nothing would be learned"):
        train(project(everything), None, tmp_path)


@pytest.mark.parametrize("value", ["slow", 0, -1, True, 5000, None, [1]])
def test_a_wrong_value_names_the_node(value: Any) -> None:
    with pytest.raises(LearningError, match="fc1 has learning"):
        rates({"fc1": value})


def test_a_run_with_groups_goes_on_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adam = {"type": "Adam", "lr": 0.01}
    made = project({"fc1": "frozen", "first": 0.1}, optimizer=adam, schedule="OneCycleLR", ema=0.9)
    whole = outcome(train(made, None, tmp_path / "whole").folder)
    folder = stopped_after(11, made, tmp_path / "parts", monkeypatch)
    resume(folder, None)
    assert outcome(folder) == whole


def test_it_lies_beside_the_nodes_other_keys_and_follows_a_renaming(tmp_path: Path) -> None:
    document = Document(project({}))
    with document.transaction(Message("Freeze")) as edit:
        edit.set_extra("model", "fc1", learning.KEY, learning.FROZEN)
        edit.rename_node("model", "fc1", "stem")
    file = tmp_path / "project.json"
    file.write_text(files.dumps(document.data()), encoding="utf-8")
    assert '"learning": "frozen"' in file.read_text(encoding="utf-8")
    node: Node = files.open_project(file).project.networks["model"].nodes["stem"]
    assert learning.factor_of(node) == 0.0
