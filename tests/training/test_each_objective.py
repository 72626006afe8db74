"""Every objective learns a small real case to a stated score, from the project file to the kept weights."""

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.compiler.build import build
from studio.graph.model import Network, Node, ProjectData
from studio.training.descent import Descent
from studio.training.objectives import context_of
from studio.training.objectives.classification import Classification
from studio.training.objectives.contrastive import Contrastive, nt_xent
from studio.training.objectives.denoising import Denoising
from studio.training.objectives.perceptron import Perceptron
from studio.training.objectives.segmentation import dice_loss
from studio.training.objectives.variational import Variational
from studio.training.options import Options
from studio.training.run import RunResult, resume, train

from .test_resume import outcome, stopped_after

Layer = tuple[str, str, dict[str, Any]]


def chain(*layers: Layer) -> Network:
    """A network in which each layer feeds the next: (id, type, params)."""
    nodes: dict[str, Node] = {"x": Node("x", "input")}
    before = "x"
    for name, kind, params in layers:
        nodes[name] = Node(name, kind, params, ({"n": before},))
        before = name
    nodes["y"] = Node("y", "output", args=({"n": before},))
    return Network(nodes)


def mlp(*widths: int) -> Network:
    """Linear layers with ReLU between them, the last one as wide as it has to be."""
    layers: list[Layer] = []
    for i, width in enumerate(widths):
        layers += [(f"fc{i}", "nn.Linear", {"out_features": width}), (f"relu{i}", "nn.ReLU", {})]
    return chain(*layers, ("last", "nn.Linear", {}))


def conv(name: str, channels: int) -> Layer:
    return name, "nn.Conv2d", {"out_channels": channels, "kernel_size": 3, "padding": 1}


def stage(number: int, channels: int, pool: bool = True) -> tuple[Layer, ...]:
    """Convolution, batch normalisation, ReLU, and half the size where it pools."""
    layers = (
        conv(f"conv{number}", channels),
        (f"norm{number}", "nn.BatchNorm2d", {}),
        (f"relu{number}", "nn.ReLU", {}),
    )
    return (*layers, (f"pool{number}", "nn.MaxPool2d", {"kernel_size": 2})) if pool else layers


PLAIN = {"precision": "float32", "memory_format": "contiguous", "threads": 1}
"""else a longer run measures which way is the fastest, and takes another one on another day"""


def run(tmp_path: Path, network: Network, source: str, objective: Any = None, **training: Any) -> RunResult:
    section = {"optimizer": {"type": "Adam", "lr": 0.01}, "batch_size": 32, "seed": 0, **PLAIN, **training}
    if objective is not None:
        section["objective"] = objective
    project = ProjectData("Case", {"model": network}, {"data": {"source": source}, "training": section})
    return train(project, None, tmp_path)


@pytest.mark.parametrize("source", ["two_moons", "circles", "spirals", "xor"])
def test_classification_of_points_in_the_plane(tmp_path: Path, source: str) -> None:
    found = run(tmp_path, mlp(32, 32), source, epochs=60)

    assert found.test["accuracy"] >= 0.9


def test_xor_is_more_than_one_layer_can_learn(tmp_path: Path) -> None:
    found = run(tmp_path, chain(("last", "nn.Linear", {})), "xor", epochs=30)

    assert found.test["accuracy"] <= 0.85


def test_binary_classification_by_one_score(tmp_path: Path) -> None:
    found = run(tmp_path, mlp(16), "breast_cancer", "binary", epochs=20)

    assert found.test["accuracy"] >= 0.9


@pytest.mark.slow
def test_several_labels_of_an_image(tmp_path: Path) -> None:
    whole: Layer = ("whole", "nn.AdaptiveMaxPool2d", {"output_size": 1})
    layers = (*stage(1, 12), *stage(2, 24), *stage(3, 32, pool=False), *stage(4, 32, pool=False), whole)
    network = chain(*layers, ("flat", "nn.Flatten", {}), ("fc", "nn.Linear", {}))
    slow = {"type": "Adam", "lr": 0.003}
    found = run(tmp_path, network, "shapes_present", epochs=12, batch_size=16, optimizer=slow)

    assert found.test["f1_micro"] >= 0.8


@pytest.mark.parametrize("loss", ["mse", "l1", "huber", "smooth_l1"])
def test_regression_of_two_numbers(tmp_path: Path, loss: str) -> None:
    found = run(tmp_path, mlp(32), "robot_arm", epochs=30, loss=loss)

    assert found.test["r2"] >= 0.97


SQUEEZED: tuple[Layer, ...] = (
    ("flat", "nn.Flatten", {}),
    ("wide", "nn.Linear", {"out_features": 64}),
    ("relu", "nn.ReLU", {}),
    ("codes", "nn.Linear", {"out_features": 16}),
    ("wider", "nn.Linear", {"out_features": 64}),
    ("relu2", "nn.ReLU", {}),
    ("back", "nn.Linear", {}),
    ("image", "nn.Unflatten", {"dim": 1, "unflattened_size": [1, 8, 8]}),
)


def test_an_autoencoder_gives_digits_again(tmp_path: Path) -> None:
    found = run(tmp_path, chain(*SQUEEZED), "digits", "autoencoder", epochs=15)

    assert found.test["r2"] >= 0.7


def test_a_denoising_autoencoder_takes_noise_off_digits(tmp_path: Path) -> None:
    found = run(tmp_path, chain(*SQUEEZED), "digits", {"type": "denoising", "noise": 0.5}, epochs=15)

    assert found.test["r2"] >= 0.6


def variational(width: int = 8) -> Network:
    """Digits through codes that are drawn: mu + randn_like(mu) * exp(logvar / 2)."""

    def call(name: str, type_: str, *args: Any, **params: Any) -> Node:
        return Node(name, type_, params, tuple({"n": a} if isinstance(a, str) else a for a in args))

    nodes = [
        call("x", "input"),
        call("flat", "nn.Flatten", "x"),
        call("wide", "nn.Linear", "flat", out_features=64),
        call("relu", "nn.ReLU", "wide"),
        call("mu", "nn.Linear", "relu", out_features=width),
        call("logvar", "nn.Linear", "relu", out_features=width),
        call("halved", "op.mul", "logvar", 0.5),
        call("deviation", "torch.exp", "halved"),
        call("noise", "torch.randn_like", "mu"),
        call("spread", "op.mul", "noise", "deviation"),
        call("codes", "op.add", "mu", "spread"),
        call("wider", "nn.Linear", "codes", out_features=64),
        call("relu2", "nn.ReLU", "wider"),
        call("back", "nn.Linear", "relu2"),
        call("image", "nn.Unflatten", "back", dim=1, unflattened_size=[1, 8, 8]),
        call("reconstruction", "output", "image"),
        call("mu_out", "output", "mu"),
        call("logvar_out", "output", "logvar"),
    ]
    return Network({node.id: node for node in nodes})


def test_a_variational_autoencoder_gives_digits_from_codes_that_are_drawn(tmp_path: Path) -> None:
    found = run(tmp_path, variational(), "digits", {"type": "variational", "beta": 1.0}, epochs=20)

    assert found.test["r2"] >= 0.4
    assert 2 < found.test["kl"] < 30


def test_the_perceptron_rule_tells_flowers_apart(tmp_path: Path) -> None:
    plain = {"type": "SGD", "lr": 1.0, "momentum": 0.0}
    found = run(tmp_path, chain(("last", "nn.Linear", {})), "iris", "perceptron",
                optimizer=plain, batch_size=1, epochs=20)  # fmt: skip

    assert found.test["accuracy"] >= 0.7


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["cross_entropy", "dice"])
def test_segmentation_finds_the_pixels_of_shapes(tmp_path: Path, loss: str) -> None:
    up: Layer = ("up", "nn.ConvTranspose2d", {"out_channels": 16, "kernel_size": 4, "stride": 4})
    network = chain(
        *stage(1, 16), *stage(2, 32), *stage(3, 32, pool=False),
        up, ("norm4", "nn.BatchNorm2d", {}), ("relu4", "nn.ReLU", {}), conv("last", 4),
    )  # fmt: skip
    found = run(tmp_path, network, "shapes", epochs=7, batch_size=8, loss=loss)

    assert found.test["iou"] >= 0.55


def test_contrastive_pretraining_brings_digits_of_a_class_together(tmp_path: Path) -> None:
    network = chain(
        conv("conv1", 16), ("relu1", "nn.ReLU", {}), ("pool", "nn.MaxPool2d", {"kernel_size": 2}),
        conv("conv2", 32), ("relu2", "nn.ReLU", {}), ("flat", "nn.Flatten", {}),
        ("head", "nn.Linear", {}),
    )  # fmt: skip
    found = run(tmp_path, network, "digits", "contrastive", epochs=15, batch_size=128,
                optimizer={"type": "Adam", "lr": 0.003})  # fmt: skip

    assert found.test["neighbour_accuracy"] >= 0.8


def test_the_perceptron_rule_is_the_historical_one(tmp_path: Path) -> None:
    """Rosenblatt's rule written out: the input onto the right class, off the one that won."""
    generator = torch.Generator().manual_seed(0)
    layer = torch.nn.Linear(4, 3)
    weight, bias = layer.weight.detach().clone(), layer.bias.detach().clone()
    optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
    objective = Perceptron(3)
    for _ in range(50):
        x, y = torch.randn(1, 4, generator=generator), torch.randint(3, (1,), generator=generator)
        optimizer.zero_grad()
        loss, *_ = objective.step(layer, x, y, "")
        loss.backward()
        optimizer.step()

        won = int((x @ weight.T + bias).argmax())
        if won != int(y):
            weight[won] -= x[0]
            bias[won] -= 1
            weight[int(y)] += x[0]
            bias[int(y)] += 1
        assert torch.equal(layer.weight, weight)
        assert torch.equal(layer.bias, bias)


@pytest.mark.parametrize("name", ["denoising", "variational", "contrastive"])
def test_what_is_drawn_while_judging_is_the_same_each_time(name: str) -> None:
    project = ProjectData("Case", {"model": variational()}, settings_of("digits", "variational"))
    module = build(project, "model", context_of(project), seed=0)
    x, y = torch.randn(6, 1, 8, 8), torch.arange(6)
    encoder = torch.nn.Flatten()
    objective, judged = {
        "denoising": (Denoising("mse", 0.5), torch.nn.Identity()),
        "variational": (Variational("mse", 1.0), module),
        "contrastive": (Contrastive(0.5, 1.0, (x, y)), encoder),
    }[name]
    torch.manual_seed(5)
    before = torch.get_rng_state()

    losses = [float(objective.judge(judged, x, y)[0].detach()) for _ in range(2)]

    assert losses[0] == losses[1]
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(objective.step(judged, x, y, "")[0], objective.step(judged, x, y, "")[0])


def settings_of(source: str, objective: Any, **training: Any) -> dict[str, Any]:
    return {"data": {"source": source}, "training": {"objective": objective, **training}}


@pytest.mark.parametrize("name", ["binary", "denoising", "variational", "contrastive", "segmentation"])
@pytest.mark.parametrize("steps", [3, 9])
def test_a_stopped_run_goes_on_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, steps: int
) -> None:
    network, source = {
        "binary": (mlp(4), "breast_cancer"),
        "denoising": (chain(*SQUEEZED), "digits"),
        "variational": (variational(), "digits"),
        "contrastive": (chain(("flat", "nn.Flatten", {}), ("head", "nn.Linear", {})), "digits"),
        "segmentation": (chain(conv("conv", 4)), "shapes"),
    }[name]
    size = {"digits": 256, "shapes": 80, "breast_cancer": 80}[source]  # six steps an epoch
    project = ProjectData(
        "Case", {"model": network}, settings_of(source, name, epochs=2, batch_size=size, seed=1)
    )
    whole = train(project, None, tmp_path / "whole").folder

    folder = stopped_after(steps, project, tmp_path / "cut", monkeypatch)
    resume(folder, None)

    assert outcome(folder) == outcome(whole)


def test_nt_xent_is_the_cross_entropy_of_each_view_against_its_twin() -> None:
    vectors = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    alike = (unit @ unit.T / 0.5).exp()
    terms = []
    for i in range(6):
        twin = (i + 3) % 6
        terms.append(-torch.log(alike[i, twin] / (alike[i].sum() - alike[i, i])))

    assert float(nt_xent(vectors, 0.5)) == pytest.approx(float(torch.stack(terms).mean()), rel=1e-5)


def test_dice_is_0_for_certain_right_answers_and_near_1_for_wrong_ones() -> None:
    y = torch.arange(16).view(1, 4, 4) % 2
    certain = 100.0 * torch.nn.functional.one_hot(y, 2).movedim(-1, 1).float()

    assert float(dice_loss(certain, y)) == pytest.approx(0.0, abs=1e-6)
    assert float(dice_loss(-certain, y)) > 0.9


class Duel(Classification):
    """Two layers that take turns: what a GAN does to the loop."""

    turns = ("first", "second")

    def movable(self, module: torch.nn.Module, turn: str) -> list[torch.nn.Parameter]:
        return list(module.get_submodule(turn).parameters())


def test_of_several_that_take_turns_each_moves_its_own_parameters() -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential()
    module.add_module("first", torch.nn.Linear(3, 4))
    module.add_module("second", torch.nn.Linear(4, 2))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.1)
    objective = Duel("cross_entropy", 2)
    descent = Descent(module, optimizer, Options(), None, objective)
    x, y = torch.randn(8, 3), torch.arange(8) % 2
    for turn, other in (("first", "second"), ("second", "first")):
        still, moved = (module.get_submodule(name).weight.detach().clone() for name in (other, turn))
        loss, *_ = objective.step(module, x, y, turn)
        descent.gather(loss, turn)
        descent.move(last=False)

        assert torch.equal(module.get_submodule(other).weight, still)
        assert not torch.equal(module.get_submodule(turn).weight, moved)
