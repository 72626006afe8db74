"""What a run begins with: a file's weights, or what an earlier run learned, after edits of every kind."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from studio.compiler.build import build
from studio.data.prepare import context_of, prepare
from studio.graph.model import Network, Node, ProjectData
from studio.training import learned, runs, start
from studio.training.apart import TrainingProcess
from studio.training.commands import Commands
from studio.training.progress import Progress
from studio.training.run import train
from studio.training.start import Report, StartError

from .conftest import chain

Make = Callable[..., ProjectData]
Layer = tuple[str, str, dict[str, Any]]

IRIS: tuple[Layer, ...] = (
    ("fc1", "nn.Linear", {"out_features": 8}),
    ("relu", "nn.ReLU", {}),
    ("drop", "nn.Dropout", {"p": 0.2}),
    ("fc2", "nn.Linear", {}),
)


def edited(project: ProjectData, *layers: Layer) -> ProjectData:
    """The same with other layers, to begin with the last run."""
    section = {**project.training, "weights": "last"}
    return replace(
        project, networks={"model": chain(*layers)}, settings={**project.settings, "training": section}
    )


def begun(project: ProjectData, folder: Path) -> tuple[Report, dict[str, Tensor], dict[str, Tensor]]:
    """The report, the weights a run would begin with, and those of the last run."""
    module = build(project, "model", context_of(project.data), seed=0)
    found = start.find("last", None, folder)
    planned = start.plan(project, "model", module, found)
    start.apply(planned, module)
    return start.report(planned, module), module.state_dict(), load_file(found / "best.safetensors")


def test_a_run_from_a_run_goes_on_with_what_it_learned(iris: Make, tmp_path: Path) -> None:
    first = train(iris(epochs=6), None, tmp_path)

    second = train(edited(iris(epochs=1), *IRIS), None, tmp_path)

    losses = [runs.steps_of(result.folder) for result in (first, second)]
    assert losses[1][0] < 0.8 * losses[0][0]
    record = json.loads((second.folder / "run.json").read_text())
    assert record["start"]["from"] == str(first.folder)
    assert record["start"]["kept"] == ["fc1", "fc2"]
    assert record["start"]["fresh"] == record["start"]["resized"] == []
    assert json.loads((first.folder / "run.json").read_text())["start"] is None


def test_an_inserted_layer_starts_fresh_and_a_widened_one_keeps_the_shared_part(
    iris: Make, tmp_path: Path
) -> None:
    train(iris(), None, tmp_path)
    wider = ("fc1", "nn.Linear", {"out_features": 12})
    more = ("fc3", "nn.Linear", {"out_features": 12})
    project = edited(iris(), wider, IRIS[1], more, IRIS[3])

    report, now, before = begun(project, tmp_path)

    assert (report.kept, report.resized, report.fresh) == ((), ("fc1", "fc2"), ("fc3",))
    assert torch.equal(now["fc1.weight"][:8], before["fc1.weight"])
    assert torch.equal(now["fc2.weight"][:, :8], before["fc2.weight"])
    drawn = build(project, "model", context_of(project.data), seed=0).state_dict()
    assert torch.equal(now["fc3.weight"], drawn["fc3.weight"])
    assert torch.equal(now["fc1.weight"][8:], drawn["fc1.weight"][8:])
    assert [str(line) for line in report.lines] == [
        "Resized layers, which keep the part that old and new share (2): fc1, fc2.",
        "Layers that start fresh (1): fc3.",
    ]


def test_a_renamed_layer_keeps_what_it_learned_and_a_removed_one_is_told(iris: Make, tmp_path: Path) -> None:
    train(iris(), None, tmp_path)
    project = edited(iris(), ("first", *IRIS[0][1:]), ("act", "nn.ReLU", {}), ("last", "nn.Linear", {}))

    report, now, before = begun(project, tmp_path)

    assert torch.equal(now["first.weight"], before["fc1.weight"])
    assert (report.kept, report.fresh, report.unused) == (("first",), ("last",), ("fc2",))


def test_a_layer_of_another_class_starts_fresh(iris: Make, tmp_path: Path) -> None:
    project = iris()
    old = chain(("m", "nn.BatchNorm1d", {}), ("fc", "nn.Linear", {}))
    train(replace(project, networks={"model": old}), None, tmp_path)

    report, *_ = begun(edited(project, ("m", "nn.LayerNorm", {}), ("fc", "nn.Linear", {})), tmp_path)

    assert (report.kept, report.fresh) == (("fc",), ("m",))


def test_columns_behind_a_flattening_of_another_size_start_fresh(tmp_path: Path) -> None:
    def network(pool: int) -> Network:
        return chain(
            ("conv", "nn.Conv2d", {"out_channels": 2, "kernel_size": 3, "padding": 1}),
            ("pool", "nn.MaxPool2d", {"kernel_size": pool}),
            ("flat", "nn.Flatten", {}),
            ("fc", "nn.Linear", {}),
        )

    settings = {"data": {"source": "digits"}, "training": {"epochs": 1, "weights": None}}
    old = ProjectData("Digits", {"model": network(2)}, settings)
    train(old, None, tmp_path)
    new = replace(old, networks={"model": network(4)})

    report, *_ = begun(new, tmp_path)

    assert (report.kept, report.fresh) == (("conv",), ("fc",))


def test_nothing_that_fits_is_an_error_that_says_so(iris: Make, tmp_path: Path) -> None:
    train(iris(), None, tmp_path)

    with pytest.raises(StartError, match=r"Nothing of .* fits the network as it is now"):
        train(edited(iris(), ("other", "nn.Linear", {"out_features": 3, "bias": False})), None, tmp_path)


def test_a_reference_that_leads_nowhere_is_told_with_its_cure(iris: Make, tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"training\.weights is nowhere\.pt, and there is neither"):
        train(iris(weights="nowhere.pt"), tmp_path, tmp_path)
    with pytest.raises(runs.RunError, match=r"There is no run in"):
        train(iris(weights="last"), None, tmp_path)


def test_a_file_is_looked_for_beside_the_project(iris: Make, tmp_path: Path) -> None:
    project = iris(weights="w.safetensors", epochs=1)
    state = build(project, "model", context_of(project.data), seed=7).state_dict()
    save_file({f"module.{name}": value for name, value in state.items()}, tmp_path / "w.safetensors")

    report = start.forecast(project, tmp_path, tmp_path / "runs")
    result = train(project, tmp_path, tmp_path / "runs")

    assert report is not None
    assert (report.kept, report.fresh) == (("fc1", "fc2"), ())
    record = json.loads((result.folder / "run.json").read_text())
    assert record["start"]["report"][1] == "The file's names begin with “module.”, which was taken away."


def test_the_forecast_draws_nothing_and_says_what_the_run_says(iris: Make, tmp_path: Path) -> None:
    train(iris(), None, tmp_path)
    project = edited(iris(epochs=1), ("fc1", "nn.Linear", {"out_features": 16}), *IRIS[1:])
    state = torch.get_rng_state()

    forecast = start.forecast(project, None, tmp_path)

    assert forecast is not None
    assert torch.equal(torch.get_rng_state(), state)
    result = train(project, None, tmp_path)
    record = json.loads((result.folder / "run.json").read_text())
    assert forecast.to_json() == record["start"]
    assert start.forecast(iris(), None, tmp_path) is None


def test_a_training_in_its_own_process_begins_with_the_run_too(iris: Make, tmp_path: Path) -> None:
    first = train(iris(), None, tmp_path)
    process = TrainingProcess()
    try:
        result = process.train(edited(iris(epochs=1), *IRIS), None, tmp_path, Progress(), Commands())
    finally:
        process.close()

    record = json.loads((result.folder / "run.json").read_text())
    assert (record["start"]["from"], record["start"]["kept"]) == (str(first.folder), ["fc1", "fc2"])


def test_a_regression_goes_on_in_its_own_units(diabetes: Make, tmp_path: Path) -> None:
    """What is kept predicts in the data's units, what trains in standard ones."""
    first = train(diabetes(epochs=60), None, tmp_path)

    second = train(diabetes(epochs=1, weights="last"), None, tmp_path)

    before = first.last.validation["loss"] if first.last else 0.0
    after = second.last.validation["loss"] if second.last else 0.0
    assert after == pytest.approx(before, rel=0.1)


@pytest.mark.parametrize(
    ("kind", "name", "rows"),
    [("LSTM", "weight_hh_l0", 4), ("GRU", "bias_ih_l0", 3), ("RNN", "bias_hh_l0", 1)],
)
def test_each_gate_of_a_resized_recurrent_layer_keeps_its_own_part(kind: str, name: str, rows: int) -> None:
    small, large = (getattr(nn, kind)(3, width, 2, bidirectional=True) for width in (4, 6))
    module = nn.ModuleDict({"rnn": large})
    source, target = getattr(small, name).detach(), getattr(large, name).detach()

    learned.overlay(target, source, *learned.parts(module, f"rnn.{name}"))

    for mine, theirs in zip(target.chunk(rows), source.chunk(rows), strict=True):
        shared = mine[:4] if mine.dim() == 1 else mine[:4, :4]
        assert torch.equal(shared, theirs)
    assert learned.parts(module, "rnn.weight_ih_l1")[1] == 2


def test_a_wider_recurrent_network_that_knows_a_narrower_one_gives_its_outputs() -> None:
    """The new units, silenced, leave the old ones as they were: the parts lie where they belong."""
    torch.manual_seed(0)
    small, large = nn.LSTM(3, 4, 2, bidirectional=True), nn.LSTM(3, 6, 2, bidirectional=True)
    module = nn.ModuleDict({"lstm": large})
    with torch.no_grad():
        for name, tensor in large.named_parameters():
            tensor.zero_()
            learned.overlay(tensor, small.state_dict()[name], *learned.parts(module, f"lstm.{name}"))
    x = torch.randn(5, 2, 3)

    narrow, wide = small(x)[0], large(x)[0]

    assert torch.allclose(wide[..., [0, 1, 2, 3, 6, 7, 8, 9]], narrow, atol=1e-6)


@pytest.mark.realdata
@pytest.mark.slow
def test_burns_weights_read_the_mnist_test_images_as_their_authors_say(shared_data: Path) -> None:
    file = shared_data / "torch_models" / "burn_mnist_cnn.safetensors"
    if not file.is_file() or not (shared_data / "mnist").is_dir():
        pytest.skip(f"no {file} or no MNIST beside it")
    drawn = chain(
        ("conv1", "nn.Conv2d", {"out_channels": 8, "kernel_size": 3}),
        ("relu1", "nn.ReLU", {}),
        ("conv2", "nn.Conv2d", {"out_channels": 16, "kernel_size": 3}),
        ("relu2", "nn.ReLU", {}),
        ("conv3", "nn.Conv2d", {"out_channels": 24, "kernel_size": 3}),
        ("relu3", "nn.ReLU", {}),
        ("norm1", "nn.BatchNorm2d", {}),
        ("flat", "nn.Flatten", {}),
        ("fc1", "nn.Linear", {"out_features": 32}),
        ("relu4", "nn.ReLU", {}),
        ("fc2", "nn.Linear", {}),
        ("norm2", "nn.BatchNorm1d", {}),
    )
    data = {"source": "mnist", "root": str(shared_data / "mnist"), "split": {"validation": 0.0}}
    project = ProjectData("Burn", {"model": drawn}, {"data": data, "training": {"weights": str(file)}})

    prepared = prepare(project.data)
    module = build(project, "model", prepared.context)
    planned = start.plan(project, "model", module, file)
    start.apply(planned, module)

    module.eval()
    with torch.no_grad():
        right = sum(
            int((module(prepared.test.inputs(part)).argmax(1) == prepared.test.y[part]).sum())
            for part in (slice(i, i + 1000) for i in range(0, len(prepared.test), 1000))
        )
    assert len(planned.kept) == 20
    assert right == 9917


def test_a_parameter_node_is_kept_too(iris: Make, tmp_path: Path) -> None:
    network = chain(("fc1", "nn.Linear", {}))
    nodes = {
        **network.nodes,
        "bias": Node("bias", "param", {"shape": [3], "init": "ones"}),
        "add": Node("add", "torch.add", args=({"n": "fc1"}, {"n": "bias"})),
        "y": Node("y", "output", args=({"n": "add"},)),
    }
    project = replace(iris(), networks={"model": Network(nodes)})
    train(project, None, tmp_path)

    report, now, before = begun(project, tmp_path)

    assert report.kept == ("bias", "fc1")
    assert torch.equal(now["bias"], before["bias"])
