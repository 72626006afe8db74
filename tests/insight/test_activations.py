"""What a node is said to give is what it gives; nothing is run that costs much or disturbs a training."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from studio import places
from studio.compiler.analysis import Analysis
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.data.prepare import prepare
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import Json, reference
from studio.insight.activations import SAMPLES, NoPreviewError, Probe, Request
from studio.insight.pictures import output_of
from studio.project import files
from studio.training.generator import alone
from studio.training.objectives import context_of
from studio.training.run import train
from studio.words import NetloomError


def node(id_: str, type_: str, *sources: str, **params: Json) -> Node:
    return Node(id_, type_, params, tuple(reference(source) for source in sources))


def network(*nodes: Node) -> Network:
    return Network({n.id: n for n in nodes})


def digits(**training: Json) -> ProjectData:
    model = network(
        node("image", "input"),
        node("conv1", "nn.Conv2d", "image", out_channels=12, kernel_size=3, padding=1),
        node("relu.1", "nn.ReLU", "conv1", inplace=True),
        node("small", "block:Half", "relu.1"),
        node("flat", "nn.Flatten", "small"),
        node("drop", "nn.Dropout", "flat"),
        node("fc", "nn.Linear", "drop"),
        node("digit", "output", "fc"),
    )
    half = network(
        node("x", "input", shape=["N", 12, 8, 8]),
        node("pool", "nn.MaxPool2d", "x", kernel_size=2),
        node("y", "output", "pool"),
    )
    settings = {"data": {"source": "digits"}, "training": {"seed": 3, "epochs": 1, **training}}
    return ProjectData("Digits", {"model": model, "Half": half}, settings)


def asked(project: ProjectData, folder: Path, sample: int = 0) -> Request:
    context = context_of(project)
    return Request(project, folder, folder / "some.runs", context, analyse(project, context), sample)


def changed(project: ProjectData, node: Node) -> ProjectData:
    model = project.networks["model"]
    nodes = {**model.nodes, node.id: node}
    return replace(project, networks={**project.networks, "model": replace(model, nodes=nodes)})


def test_each_node_shows_what_a_forward_by_hand_gives(tmp_path: Path) -> None:
    project = digits()
    found = Probe().run(asked(project, tmp_path, 16))

    validation = prepare(project.data).validation
    module = build(project, "model", context_of(project), seed=3).eval()
    with torch.no_grad():
        x = validation.x[16:17]
        conv = module.conv1(x)
        pooled = torch.nn.functional.max_pool2d(conv.relu(), 2)
        scores = module.fc(pooled.flatten(1))
        whole = module(x)
    for id_, tensor in {
        "image": x, "conv1": conv, "relu.1": conv.relu(), "small": pooled, "flat": pooled.flatten(1),
        "drop": pooled.flatten(1), "fc": scores, "digit": whole,
    }.items():  # fmt: skip
        assert found.outputs["model", id_] == output_of(tensor), id_
    assert found.outputs["Half", "pool"] == output_of(pooled)
    assert found.outputs["Half", "x"] == output_of(conv.relu())
    assert found.label == str(int(validation.y[16]))
    assert found.samples == min(SAMPLES, len(validation))
    assert str(found.weights) == "untrained weights"


def test_of_a_repeated_block_the_card_shows_the_last_and_its_inside_the_first(tmp_path: Path) -> None:
    project = changed(digits(), replace(digits().networks["model"].nodes["small"], repeat=3))
    found = Probe().run(asked(project, tmp_path)).outputs
    assert found["Half", "pool"].shape == (1, 12, 4, 4)
    assert found["model", "small"].shape == (1, 12, 1, 1)


def test_weights_are_those_of_the_newest_run_while_the_network_is_as_it_was(tmp_path: Path) -> None:
    project, probe = digits(), Probe()
    fresh = probe.run(asked(project, tmp_path))
    result = train(project, tmp_path, tmp_path / "some.runs")

    trained = probe.run(asked(project, tmp_path))
    assert str(trained.weights) == f"weights of run {result.folder.name}"
    assert trained.outputs["model", "fc"] != fresh.outputs["model", "fc"]

    model = project.networks["model"]
    moved = changed(project, replace(model.nodes["fc"], at=(80, 800)))
    assert probe.run(asked(moved, tmp_path)).weights == trained.weights

    other = changed(project, replace(model.nodes["drop"], params={"p": 0.2}))
    assert str(probe.run(asked(other, tmp_path)).weights) == "untrained weights"

    elsewhere = replace(
        project, settings={**project.settings, "data": {"source": "digits", "split": {"seed": 1}}}
    )
    assert str(probe.run(asked(elsewhere, tmp_path)).weights) == "untrained weights"


def test_a_text_is_shown_in_words_as_the_network_reads_it(tmp_path: Path) -> None:
    said = [("warm and moving", 1), ("dull and loud", 0)] * 20
    lines = ["review,label", *(f"{text},{label}" for text, label in said)]
    (tmp_path / "reviews.csv").write_text("\n".join(lines), encoding="utf-8")
    example = files.load(places.gallery() / "gru_waimai.json")
    reading = {**example.data["reading"], "rows": len(said), "characters": 60}
    data = {**example.data, "root": str(tmp_path / "reviews.csv"), "reading": reading}

    found = Probe().run(asked(replace(example, settings={**example.settings, "data": data}), tmp_path))

    assert found.words in {text for text, _ in said}
    assert found.label == str(int(found.words.startswith("warm")))


def test_a_sample_beyond_the_last_is_the_last(tmp_path: Path) -> None:
    found = Probe().run(asked(digits(), tmp_path, 100_000))
    assert found.sample == found.samples - 1


def test_nothing_random_is_taken_from_the_global_generator(tmp_path: Path) -> None:
    torch.manual_seed(0)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    Probe().run(asked(digits(), tmp_path))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_whoever_has_the_generator_is_waited_for(tmp_path: Path) -> None:
    done = threading.Event()

    def probe() -> None:
        Probe().run(asked(digits(), tmp_path))
        done.set()

    thread = threading.Thread(target=probe)
    with alone():
        thread.start()
        assert not done.wait(0.5)
    assert done.wait(60)
    thread.join()


@pytest.mark.parametrize("key, value", [("multiply_adds", 200_000_001), ("activation_bytes", 64 * 2**20 + 1)])
def test_what_costs_too_much_is_not_run(tmp_path: Path, key: str, value: int) -> None:
    request = asked(digits(), tmp_path)
    report = replace(request.analysis.networks["model"], **{key: value})
    large = replace(request, analysis=Analysis({"model": report}))
    with pytest.raises(NoPreviewError, match="too large"):
        Probe().run(large)


def test_a_network_with_errors_is_not_run(tmp_path: Path) -> None:
    model = digits().networks["model"]
    broken = changed(digits(), replace(model.nodes["fc"], params={"in_features": 7}))
    with pytest.raises(NoPreviewError, match="no errors"):
        Probe().run(asked(broken, tmp_path))


def test_data_that_is_not_here_is_not_downloaded(tmp_path: Path) -> None:
    missing = {"source": "mnist", "root": "nowhere", "download": True}
    project = replace(digits(), settings={"data": missing})
    model = project.networks["model"]
    project = replace(project, networks={"model": network(
        model.nodes["image"], node("flat", "nn.Flatten", "image"), node("fc", "nn.Linear", "flat"),
        node("digit", "output", "fc"),
    )})  # fmt: skip
    with pytest.raises(NetloomError, match="nowhere"):
        Probe().run(asked(project, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_data_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Probe()
    probe.run(asked(digits(), tmp_path))
    monkeypatch.setattr("studio.insight.activations.prepare", lambda *_: pytest.fail("read again"))
    probe.run(asked(digits(seed=5), tmp_path, 3))
