"""A repeated block is built, counted and written like the loop a person would write."""

from __future__ import annotations

import torch
from drawing import chain, network, node, project
from test_source import assert_tidy
from torch import Tensor, nn

from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
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
    assert not analysis.errors
    report = analysis.report("model", "stages")
    assert report is not None
    modules = build(stages())
    assert report.parameters == sum(p.numel() for p in modules.get_submodule("stages").parameters())
    assert str(report.outputs[0]) == "N×32×4×4"
    assert report.multiply_adds == 16 * 16 * 9 * 3 * 8 + 8 * 8 * 9 * 8 * 16 + 4 * 4 * 9 * 16 * 32


# -- the source --------------------------------------------------------------------------------------


def executed(project: ProjectData, seed: int = 5) -> nn.Module:
    """The module of the written source, run without us, formatted as `ruff format` would."""
    text = source(project)
    assert_tidy(text)
    names: dict[str, object] = {"__name__": "written"}
    exec(compile(text, "written.py", "exec"), names)
    torch.manual_seed(seed)
    return names["Model"]()  # type: ignore[operator,no-any-return]


def same_as_built(project: ProjectData, *inputs: Tensor) -> str:
    """Shows that the source gives what the built module gives, with its keys and its fresh weights."""
    built, written = build(project, seed=5), executed(project)
    assert list(built.state_dict()) == list(written.state_dict())
    one, other = built(*inputs), written(*inputs)
    assert torch.equal(one, other)
    return source(project)


def test_the_source_of_a_schedule_is_a_comprehension() -> None:
    text = same_as_built(stages(), torch.rand(2, 3, 16, 16))
    assert "for in_channels, stride, width in ((3, 1, 8), (8, 2, 16), (16, 2, 32))" in text
    assert "x = self.stages(image)" in text


def square() -> Network:
    return network(*chain(node("fc", "nn.Linear", out_features={"p": "width"})), width=4)


def test_equal_repetitions_count_to_their_number() -> None:
    text = same_as_built(
        project(*chain(again("layers", "Square", times=12), shape=["N", 4]), blocks={"Square": square()}),
        torch.rand(2, 4),
    )
    assert "self.layers = nn.Sequential(*(Square() for _ in range(12)))" in text


def test_one_value_of_each_repetition_is_the_variable_of_the_loop() -> None:
    fixed = network(
        *chain(node("fc", "nn.Linear", out_features=4), node("drop", "nn.Dropout", p={"p": "rate"})), rate=0.5
    )
    drawn = project(
        *chain(again("layers", "Fixed", times=3, rate={"each": [0.0, 0.1, 0.2]}), shape=["N", 4]),
        blocks={"Fixed": fixed},
    )
    assert "nn.Sequential(*(Fixed(rate=rate) for rate in (0.0, 0.1, 0.2)))" in source(drawn)
    executed(drawn)


def masked() -> Network:
    return network(
        node("x", "input"),
        node("mask", "input"),
        node("fc", "nn.Linear", "x", out_features=4),
        node("mul", "torch.mul", "fc", "mask"),
        node("y", "output", "mul"),
    )


def test_an_input_that_is_the_same_for_all_makes_a_loop_in_forward() -> None:
    drawn = project(
        node("words", "input", shape=["N", 4]),
        node("mask", "input", shape=["N", 4]),
        again("layers", "Masked", "words", "mask", times=3),
        node("output", "output", "layers"),
        blocks={"Masked": masked()},
    )
    text = same_as_built(drawn, torch.rand(2, 4), torch.rand(2, 4))
    assert "self.layers = nn.ModuleList(Masked() for _ in range(3))" in text
    assert "        for layer in self.layers:\n" in text


def test_the_same_value_may_come_in_twice() -> None:
    drawn = project(
        node("words", "input", shape=["N", 4]),
        node("relu", "torch.relu", "words"),
        again("layers", "Masked", "relu", "relu", times=2),
        node("tanh", "torch.tanh", "layers"),
        node("output", "output", "tanh"),
        blocks={"Masked": masked()},
    )
    same_as_built(drawn, torch.rand(2, 4))


def test_several_values_go_around() -> None:
    swap = network(
        node("left", "input"),
        node("right", "input"),
        node("fc", "nn.Linear", "left", out_features=4),
        node("first", "output", "right"),
        node("second", "output", "fc"),
    )
    drawn = project(
        node("a", "input", shape=["N", 4]),
        node("b", "input", shape=["N", 4]),
        again("layers", "Swap", "a", "b", times=3),
        node("sub", "torch.sub", "layers:0", "layers:1"),
        node("output", "output", "sub"),
        blocks={"Swap": swap},
    )
    same_as_built(drawn, torch.rand(2, 4), torch.rand(2, 4))


def test_repetitions_that_count_on_stand_in_the_sequential_of_what_is_before_them() -> None:
    drawn = project(
        *chain(
            node("layer1.0", "nn.Linear", out_features=4),
            again("layer1.1", "Square", times=2),
            shape=["N", 3],
        ),
        blocks={"Square": square()},
    )
    text = same_as_built(drawn, torch.rand(2, 3))
    assert "self.layer1 = nn.Sequential(nn.Linear(3, 4), *(Square() for _ in range(2)))" in text


def test_repetitions_that_count_on_by_themselves_are_named_one_by_one() -> None:
    drawn = project(
        node("image", "input", shape=["N", 4]),
        node("layer1.0", "nn.Linear", "image", out_features=4),
        node("sum", "torch.add", "layer1.0", "image"),
        again("layer1.1", "Square", "sum", times=2, width={"each": [4, 4]}),
        node("output", "output", "layer1.1"),
        blocks={"Square": square()},
    )
    same_as_built(drawn, torch.rand(2, 4))


def test_the_number_may_be_a_parameter_of_the_block_it_stands_in() -> None:
    tower = network(
        *chain(
            again("layers", "Square", times={"expr": "+", "of": [{"p": "depth"}, 1]}, width={"p": "width"})
        ),
        depth=2,
        width=8,
    )
    drawn = project(
        *chain(
            node("one", "block:Tower", depth=1, width=4),
            node("two", "block:Tower", depth=2, width=4),
            shape=["N", 4],
        ),
        blocks={"Tower": tower, "Square": square()},
    )
    text = same_as_built(drawn, torch.rand(2, 4))
    assert "range(depth + 1)" in text


def test_blocks_repeat_inside_repeated_blocks() -> None:
    tower = network(*chain(again("layers", "Square", times=2, width={"p": "width"})), width=8)
    drawn = project(
        *chain(again("towers", "Tower", times=3, width={"each": [4, 5, 6]}), shape=["N", 3]),
        blocks={"Tower": tower, "Square": square()},
    )
    same_as_built(drawn, torch.rand(2, 3))


def test_a_repeated_block_used_twice_shares_its_weights() -> None:
    drawn = project(
        node("image", "input", shape=["N", 4]),
        again("layers", "Square", "image", times=2),
        again("again", "Square", "layers", times=2, path="layers"),
        node("output", "output", "again"),
        blocks={"Square": square()},
    )
    same_as_built(drawn, torch.rand(2, 4))
    assert len(list(build(drawn).parameters())) == 4


def test_values_of_repetitions_may_be_computed_from_parameters() -> None:
    tower = network(
        *chain(
            again(
                "layers",
                "Square",
                times=2,
                width={"expr": "*", "of": [{"each": [1, 2]}, {"p": "width"}]},
            )
        ),
        width=8,
    )
    held = network(*chain(again("layers", "Square", times=2, width={"each": {"p": "widths"}})), widths=[4, 5])
    drawn = project(
        *chain(
            node("tower", "block:Tower", width=3),
            node("held", "block:Held", widths=[6, 7]),
            shape=["N", 3],
        ),
        blocks={"Tower": tower, "Held": held, "Square": square()},
    )
    text = same_as_built(drawn, torch.rand(2, 3))
    assert "(1 * width, 2 * width)" in text
