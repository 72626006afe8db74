"""A repeated block is built, counted and written like the loop a person would write."""

from __future__ import annotations

import torch
from drawing import chain, network, node, project
from torch import Tensor, nn

from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.graph.model import Network, Node, ProjectData


def again(
    id_: str, block: str, *sources: str, times: object, path: str | None = None, **params: object
) -> Node:
    made = node(id_, f"block:{block}", *sources, path=path, **params)
    return Node(made.id, made.type, made.params, made.args, path=made.path, repeat=times)


class Stage(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, width, 3, stride=stride, padding=1)
        self.bn = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(x)))


class Stages(nn.Module):
    """Three stages of growing width, then a head."""

    def __init__(self) -> None:
        super().__init__()
        widths = ((3, 8, 1), (8, 16, 2), (16, 32, 2))
        self.stages = nn.Sequential(*(Stage(inputs, width, stride) for inputs, width, stride in widths))
        self.fc = nn.Linear(32, 5)

    def forward(self, image: Tensor) -> Tensor:
        return self.fc(self.stages(image).mean([2, 3]))


def stage() -> Network:
    return network(
        node("x", "input"),
        node(
            "conv",
            "nn.Conv2d",
            "x",
            out_channels={"p": "width"},
            kernel_size=3,
            stride={"p": "stride"},
            padding=1,
        ),
        node("bn", "nn.BatchNorm2d", "conv"),
        node("relu", "torch.relu", "bn"),
        node("y", "output", "relu"),
        stride=1,
        width=64,
    )


def stages() -> ProjectData:
    widths, strides = {"each": [8, 16, 32]}, {"each": [1, 2, 2]}
    return project(
        node("image", "input", shape=["N", 3, 16, 16]),
        again("stages", "Stage", "image", times=3, width=widths, stride=strides),
        node("mean", "torch.mean", "stages", kwargs={"dim": [2, 3]}),
        node("fc", "nn.Linear", "mean", out_features=5),
        node("output", "output", "fc"),
        blocks={"Stage": stage()},
    )


def test_a_repeated_block_is_the_module_that_a_person_writes() -> None:
    torch.manual_seed(3)
    written = Stages()
    built = build(stages(), seed=3)
    assert list(built.state_dict()) == list(written.state_dict())
    image = torch.rand(4, 3, 16, 16)
    assert torch.equal(built(image), written(image))


def test_each_repetition_has_weights_of_its_own() -> None:
    built = build(project(
        *chain(again("layers", "Square", times=3), shape=["N", 4]),
        blocks={"Square": network(*chain(node("fc", "nn.Linear", out_features=4)))},
    ))  # fmt: skip
    weights = [built.get_parameter(f"layers.{place}.fc.weight") for place in range(3)]
    assert not torch.equal(weights[0], weights[1])
    image = torch.rand(2, 4)
    expected = image
    for place in range(3):
        expected = built.get_submodule(f"layers.{place}")(expected)
    assert torch.equal(built(image), expected)


def test_costs_and_shapes_are_those_of_all_repetitions() -> None:
    analysis = analyse(stages())
    assert not analysis.problems
    report = analysis.report("model", "stages")
    assert report is not None
    modules = build(stages())
    assert report.parameters == sum(p.numel() for p in modules.get_submodule("stages").parameters())
    assert str(report.outputs[0]) == "N×32×4×4"
    assert report.multiply_adds == 16 * 16 * 9 * 3 * 8 + 8 * 8 * 9 * 8 * 16 + 4 * 4 * 9 * 16 * 32
