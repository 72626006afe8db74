"""A module in memory becomes a project that builds the same bits, or is refused with part and reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import Phase, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from studio.compiler.build import build
from studio.compiler.source import source
from studio.graph.model import Network, ProjectData
from studio.importing.errors import ImportRefusedError
from studio.importing.modules import Imported, read_module
from studio.project import files


def through_a_file(project: ProjectData) -> ProjectData:
    return files.loads(files.dumps(project), "x.json")


def built(imported: Imported, module: nn.Module) -> nn.Module:
    made = build(through_a_file(imported.project))
    made.load_state_dict(module.state_dict())
    return made


def written(imported: Imported, module: nn.Module) -> nn.Module:
    space: dict[str, Any] = {}
    exec(compile(source(imported.project), "written.py", "exec"), space)
    made: nn.Module = space["Model"]()
    made.load_state_dict(module.state_dict())
    return made


def step(module: nn.Module, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of a training step under a seed, and the gradients after it."""
    module.train().zero_grad()
    torch.manual_seed(1)
    given = module(*inputs)
    loss = sum(output.square().mean() for output in (given if isinstance(given, tuple) else (given,)))
    assert isinstance(loss, Tensor)
    loss.backward()
    return loss, {name: p.grad for name, p in module.named_parameters() if p.grad is not None}


def check(module: nn.Module, *inputs: Tensor, others: tuple[Tensor, ...] = ()) -> Imported:
    """Reads a module and compares what comes of it with the original, bit by bit."""
    imported = read_module(module, inputs)
    for made in (built(imported, module), written(imported, module)):
        made.load_state_dict(module.state_dict())  # a step before this has moved the running means
        for given in (inputs, others) if others else (inputs,):
            with torch.no_grad():
                assert torch.equal(module.eval()(*given), made.eval()(*given))
        (loss, gradients), (other_loss, other_gradients) = step(module, *inputs), step(made, *inputs)
        assert torch.equal(loss, other_loss)
        assert gradients.keys() == other_gradients.keys()
        assert all(torch.equal(gradients[name], other_gradients[name]) for name in gradients)
    return imported


def types(network: Network) -> list[str]:
    return [node.type for node in network.nodes.values()]


class Part(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + functional.relu(self.conv(x))


class Sized(nn.Module):
    """Sizes, arithmetic on them, both modes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.parts = nn.Sequential(Part(4), Part(4), Part(4))
        self.fc = nn.Linear(4, 2)

    def forward(self, images: Tensor) -> Tensor:
        n, _, height, width = images.shape
        x = self.parts(self.stem(images))
        x = x.view(n, 4, height * width).mean(-1)
        x = functional.dropout(x, 0.25, self.training)
        return self.fc(x) / (height // 2)


def test_sizes_stay_sizes_and_equal_parts_are_one_repeated_block() -> None:
    imported = check(Sized(), torch.rand(2, 3, 8, 8), others=(torch.rand(3, 3, 12, 10),))
    assert imported.report.sizes == "all"
    model = imported.project.networks["model"]
    assert model.nodes["parts.0"].repeat == 3
    assert types(model).count("block:Part") == 1
    dropped = next(node for node in model.nodes.values() if node.type == "F.dropout")
    assert {"if_training": [True, False]} in (*dropped.args, *dropped.kwargs.values())


class Widths(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Part(4), Part(8)
        self.between = nn.Conv2d(4, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.between(self.first(x)))


def test_parts_that_differ_in_numbers_are_one_block_with_a_parameter() -> None:
    imported = check(Widths(), torch.rand(2, 4, 6, 6))
    part = imported.project.networks["Part"]
    assert part.parameters == {"out_channels": 4}
    assert imported.project.networks["model"].nodes["second"].params == {"out_channels": 8}


class Holding(nn.Module):
    """Parameters, buffers and constants of its own."""

    table: Tensor
    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((6,), 0.5))
        self.register_buffer("table", torch.tensor([2, 0, 1, 5, 4, 3]))
        self.register_buffer("mask", torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0, 1.0]), persistent=False)
        self.shift = torch.tensor([0.5, 1.5])

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.table] * self.scale * self.mask + self.shift[1]


def test_parameters_buffers_and_constants_begin_with_their_values() -> None:
    module = Holding()
    imported = check(module, torch.rand(2, 6))
    fresh = build(imported.project)
    assert fresh.state_dict().keys() == module.state_dict().keys()
    x = torch.rand(3, 6)
    assert torch.equal(fresh(x), module(x))


class Again(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.fc(self.act(self.fc(x))))


def test_a_module_that_is_called_twice_has_one_set_of_weights() -> None:
    imported = check(Again(), torch.rand(2, 4))
    nodes = imported.project.networks["model"].nodes.values()
    assert [node.path for node in nodes if node.type == "nn.Linear"] == [None, "fc"]


class Modes(nn.Module):
    """Gives more while it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.side = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Any:
        x = torch.tanh(self.fc(x))
        if self.training:
            return x * 2, self.side(x)
        return x


def test_what_only_one_mode_computes_is_there_for_that_mode() -> None:
    module, x = Modes(), torch.rand(3, 4)
    for made in ((imported := read_module(module, x)), imported):
        again = built(made, module)
        assert torch.equal(again.eval()(x)[0], module.eval()(x))
        assert again.eval()(x)[1] is None
        loss, gradients = step(module, x)
        other_loss, other_gradients = step(again, x)
        assert torch.equal(loss, other_loss)
        assert all(torch.equal(gradients[name], other_gradients[name]) for name in gradients)


class Writing(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        mask = x.new_zeros((4, 4))
        mask[0:2, 1:3] = 1.0
        y = x.clone()
        y[1:2].zero_()
        y += 1
        return y * mask


def test_writing_into_parts_of_a_tensor_becomes_values_of_their_own() -> None:
    module, x = Writing(), torch.rand(4, 4)
    imported = read_module(module, x)
    assert imported.report.sizes == "none"
    assert torch.equal(build(imported.project)(x), module(x))


class Listed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.join = Joined()

    def forward(self, x: Tensor) -> Tensor:
        found = [x]
        for _ in range(3):
            found.append(self.join(found))
        return torch.cat(found, 1)


class Joined(nn.Module):
    def forward(self, parts: list[Tensor]) -> Tensor:
        return torch.cat(parts, 1).mean(1, keepdim=True) + parts[0][:, :1]


def test_a_list_of_tensors_is_one_input() -> None:
    module, x = Listed(), torch.rand(2, 4)
    imported = read_module(module, x)
    assert torch.equal(build(imported.project)(x), module(x))
    assert types(imported.project.networks["Joined"]).count("input") == 1


class Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if x.sum() > 0 else x


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Branching()

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)


def test_a_decision_on_values_is_refused_with_its_place() -> None:
    with pytest.raises(ImportRefusedError, match="in inner, what it does depends on the values"):
        read_module(Outer(), torch.rand(2, 2))


class Counted(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(len(x), -1)


def test_a_size_that_python_makes_a_plain_number_is_held() -> None:
    imported = read_module(Counted(), torch.rand(2, 3, 4))
    assert imported.report.sizes == "none"


def test_reading_does_not_change_the_module() -> None:
    module = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)).train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    read_module(module, torch.rand(2, 3))
    assert module.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert "forward" not in vars(module[0])


# -- any module --------------------------------------------------------------------------------------

STEPS: tuple[Callable[[int], nn.Module], ...] = (
    lambda width: nn.Linear(width, width),
    lambda width: nn.Linear(width, width, bias=False),
    lambda width: nn.LayerNorm(width),
    lambda width: nn.ReLU(inplace=True),
    lambda width: nn.Dropout(0.3),
    lambda width: nn.GELU(approximate="tanh"),
    lambda width: nn.Softmax(-1),
    lambda width: Gated(width),
)


class Gated(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate, self.weight = nn.Linear(width, width), nn.Parameter(torch.rand(width))

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.gate(x)) * x + self.weight


class Random(nn.Module):
    """Steps in any order, some skipped over, some called twice."""

    def __init__(self, width: int, kinds: list[int], skips: list[bool], depth: int) -> None:
        super().__init__()
        self.steps = nn.ModuleList(STEPS[kind](width) for kind in kinds)
        self.inner = Random(width, kinds[::-1], skips, depth - 1) if depth else None
        self.skips = skips
        self.scale = nn.Parameter(torch.rand(width))

    def forward(self, x: Tensor) -> Tensor:
        for place, step_ in enumerate(self.steps):
            kept = x * 1
            x = step_(x)
            if self.skips[place % len(self.skips)]:
                x = x + kept
        x = x * self.scale
        x = x if self.inner is None else self.inner(x)
        return self.steps[0](x).reshape(x.size(0), -1) / x.size(0)


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@drawn(
    st.integers(2, 5),
    st.lists(st.integers(0, len(STEPS) - 1), min_size=1, max_size=4),
    st.lists(st.booleans(), min_size=1, max_size=3),
    st.integers(0, 2),
)
def test_any_module_gives_the_same_bits(width: int, kinds: list[int], skips: list[bool], depth: int) -> None:
    torch.manual_seed(0)
    module = Random(width, kinds, skips, depth)
    check(module, torch.rand(3, width), others=(torch.rand(4, width),))


# -- models that exist -------------------------------------------------------------------------------


def model_of(name: str, size: int) -> nn.Module:
    """A model of torchvision; the transformers with few and narrow layers."""
    from torchvision import models

    if name == "vit":
        return models.VisionTransformer(size, 16, 2, 2, 32, 64, dropout=0.1, num_classes=5)
    if name == "swin":
        return models.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [7, 7], num_classes=5)
    more = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    return models.get_model(name, weights=None, num_classes=5, **more)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size", "other"),
    [
        ("resnet18", 48, 64),
        ("mobilenet_v3_small", 48, 64),
        ("squeezenet1_1", 48, 64),
        ("densenet121", 32, 64),
        ("vit", 64, 64),
        ("swin", 32, 70),
        ("googlenet", 64, 80),
    ],
)
def test_models_of_torchvision_give_the_same_bits(name: str, size: int, other: int) -> None:
    torch.manual_seed(0)
    module = model_of(name, size)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # small pictures on a busy machine: threads would wait for each other
    try:
        check(module, torch.rand(2, 3, size, size), others=(torch.rand(3, 3, other, other),))
    finally:
        torch.set_num_threads(threads)


class Chosen(nn.Module):
    """What it does is chosen when it is made, as timm's FasterNet does."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.forward = self.doubled

    def doubled(self, x: Tensor) -> Tensor:
        return self.fc(x) * 2


def test_a_forward_that_the_object_itself_has_is_read() -> None:
    check(Chosen(), torch.rand(2, 4))


class Scattered(nn.Module):
    """Writes into single places, by steps, and where a mask says so."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        made = torch.zeros(*x.shape)
        made[:, 0] = x[:, 1]
        made[..., 1] = 2.0
        made[:, :, 2::2] = x[:, :, 2::2]
        made[x > 0.5] = 0.0
        return made + x


def test_writes_into_places_steps_and_masks_become_values_of_their_own() -> None:
    check(Scattered(), torch.rand(2, 3, 6), others=(torch.rand(3, 3, 6),))


class NormAct(nn.BatchNorm2d):
    """A batch norm with an activation in it, as timm has them."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.act = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.num_batches_tracked.add_(1)
        x = functional.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training,
            self.momentum,
            self.eps,
        )
        return self.act(x)


def test_a_batch_norm_that_does_more_is_the_layer_and_what_follows() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), NormAct(4), NormAct(4))
    imported = check(module, torch.rand(2, 3, 8, 8), others=(torch.rand(3, 3, 12, 10),))
    nodes = imported.project.networks["model"].nodes
    assert [node.type for node in nodes.values()] == [
        *("input", "nn.Conv2d", "nn.BatchNorm2d", "nn.SiLU", "nn.BatchNorm2d", "nn.SiLU", "output")
    ]
    made = built(imported, module).train()
    count = int(made.state_dict()["1.num_batches_tracked"])
    made(torch.rand(2, 3, 8, 8))
    assert made.state_dict()["1.num_batches_tracked"] == count + 1


class InPlace(nn.Module):
    """Methods with an underscore, as timm's DropPath and torchvision's detectors use them."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        made = x.new_zeros(x.shape[0], 6)
        made[:, 1:5].copy_(x)
        made.add_(1.0).mul_(0.5).clamp_(0.0, 0.8)
        if self.training:
            kept = x.new_empty((x.shape[0], 1)).bernoulli_(0.5)
            made = made * kept.div_(0.5)
        return made


def test_methods_that_write_are_the_functions_without_the_underscore() -> None:
    imported = check(InPlace(), torch.rand(3, 4), others=(torch.rand(5, 4),))
    types = {node.type for node in imported.project.networks["model"].nodes.values()}
    assert {"torch.add", "torch.mul", "torch.clamp", "torch.bernoulli", "torch.slice_scatter"} <= types


class Standardised(nn.Conv2d):
    """A convolution whose weight is brought to mean 0 and deviation 1 first, as in NFNet."""

    def forward(self, x: Tensor) -> Tensor:
        weight = functional.batch_norm(
            self.weight.reshape(1, self.out_channels, -1), None, None, training=True, momentum=0.0
        ).reshape_as(self.weight)
        return functional.conv2d(x, weight, self.bias)


def test_a_batch_norm_without_statistics_takes_those_of_its_input() -> None:
    check(nn.Sequential(Standardised(3, 4, 3)), torch.rand(2, 3, 8, 8), others=(torch.rand(3, 3, 9, 9),))
