"""A part whose lines running it cannot read is read by torch.export: the same bits, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import studio


class Inner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.norm = nn.LayerNorm(8)
        self.drop = nn.Dropout(0.3)

    def forward(self, x: Tensor, scale: float = 1.0) -> Tensor:
        return self.drop(self.norm(self.fc(x)).relu()) * scale


class Sigmoid(nn.Module):
    """Calls a function that has another name in the catalogue, and modules of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Inner(), Inner()])
        self.lstm = nn.LSTM(8, 8, batch_first=True)
        self.scale = nn.Parameter(torch.rand(8))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        for block in self.blocks:
            x = block(x, scale=2.0)
        y, (h, _) = self.lstm(x)
        table = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
        return {"y": torch.special.expit(y * self.scale) + table, "h": h[0, :, 2:]}


class Several(nn.Module):
    """Takes as many tensors as it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Inner()

    def forward(self, *xs: Tensor) -> Tensor:
        return torch.stack([torch.special.expit(self.inner(x)) for x in xs]).sum(0)


class LateView(nn.Module):
    """Reads a view of what was written into after it was taken."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        y = self.fc(x)
        half = y[:, :4]
        y.mul_(2)
        return half + y[:, 4:]


class Attends(nn.Module):
    """Attention as one function, with the weights of a layer that is not called."""

    def __init__(self) -> None:
        super().__init__()
        self.held = nn.MultiheadAttention(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        weights = (self.held.in_proj_weight, self.held.in_proj_bias, None, None, False, 0.0)
        last = (self.held.out_proj.weight, self.held.out_proj.bias)
        made, _ = functional.multi_head_attention_forward(
            x, x, x, 8, 2, *weights, *last, training=self.training, need_weights=False
        )
        return made


class Chooses(nn.Module):
    """Does something else for larger batches, and has a function of another name."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.special.expit(x) * 2 if x.shape[0] < 4 else x


def outputs(made: Any) -> list[Tensor]:
    if isinstance(made, Tensor):
        return [made]
    return list(made.values()) if isinstance(made, dict) else list(made)


CASES = [
    (Sigmoid, (torch.rand(3, 5, 8),)),
    (Several, (torch.rand(4, 8), torch.rand(4, 8), torch.rand(4, 8))),
    (LateView, (torch.rand(4, 8),)),
    (Attends, (torch.rand(5, 3, 8),)),
]


@pytest.mark.parametrize(("kind", "given"), CASES, ids=[kind.__name__ for kind, _ in CASES])
def test_the_same_bits_in_both_modes_and_backwards(kind: type[nn.Module], given: tuple[Tensor, ...]) -> None:
    torch.manual_seed(0)
    module = kind()
    project = studio.from_module(module, given)
    assert project.report is not None
    assert any("torch.export" in str(line) for line in project.report.lines())
    built = project.build()
    built.load_state_dict(module.state_dict())
    for training in (False, True):
        found = []
        for one in (module.train(training), built.train(training)):
            one.zero_grad()
            torch.manual_seed(1)
            made = outputs(one(*given))
            sum(value.square().mean() for value in made).backward()
            found.append([*made, *(parameter.grad for parameter in one.parameters())])
        for one, other in zip(*found, strict=True):
            assert torch.equal(one, other)


def test_layers_and_blocks_keep_their_names_and_the_batch_stays_open() -> None:
    module = Sigmoid().eval()
    project = studio.from_module(module, torch.rand(3, 5, 8))
    types = [node.type for node in project.networks["model"].nodes.values()]
    assert types[:3] == ["input", "block:Inner", "nn.LSTM"] and "torch.sigmoid" in types
    assert project.networks["model"].nodes["blocks.0"].repeat == 2
    built = project.build().eval()
    built.load_state_dict(module.state_dict())
    x = torch.rand(7, 5, 8)
    for one, other in zip(outputs(module(x)), outputs(built(x)), strict=True):
        assert torch.equal(one, other)


def test_a_choice_by_sizes_holds_the_sizes_and_says_so() -> None:
    project = studio.from_module(Chooses(), torch.rand(2, 8))
    assert project.report is not None
    assert project.report.sizes == "none"
    x = torch.rand(2, 8)
    assert torch.equal(project.build()(x), Chooses()(x))
    assert any("torch.export" in str(line) for line in project.report.lines())


class Halved(nn.Module):
    """Computes a part of it without gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(4, 4)
        self.other = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            weight = self.one(x).softmax(-1)
        return self.other(x) * weight


def test_what_is_computed_without_gradients_has_none() -> None:
    module = Halved()
    built = studio.from_module(module, torch.rand(2, 4)).build()
    built.load_state_dict(module.state_dict())
    x = torch.rand(2, 4)
    for one in (module, built):
        one(x).square().mean().backward()
    assert built.get_parameter("one.weight").grad is None
    assert torch.equal(built.get_parameter("other.weight").grad, module.other.weight.grad)


class _Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return -grads[0]


class Adversary(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return _Reversed.apply(self.fc(x)) * 2


def test_a_gradient_of_its_own_making_is_not_passed_over() -> None:
    project = studio.from_module(Adversary(), torch.rand(2, 4))
    assert project.report is not None
    lines = [str(line) for line in project.report.lines()]
    assert any("Only what it does in evaluation was read" in line and "Function" in line for line in lines)


class Counts(nn.Module):
    """Keeps a number from call to call; `how` says in which way it writes it."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.fc = nn.Linear(4, 4)
        self.register_buffer("count", torch.zeros(4))

    def forward(self, x: Tensor) -> Tensor:
        if self.how == "in place":
            self.count.add_(1)
        else:
            self.count = self.count * 0.5 + 1
        return self.fc(x) + self.count


@pytest.mark.parametrize("how", ["in place", "anew"])
def test_what_is_kept_from_call_to_call_is_never_drawn_as_if_it_were_not(how: str) -> None:
    module = nn.Sequential(nn.Linear(4, 4), Counts(how))
    project = studio.from_module(module, torch.rand(2, 4))
    kept = [node for network in project.networks.values() for node in network.nodes.values()]
    assert [node.extra["opaque"]["reason"] for node in kept if node.type == "opaque"] == [
        "it writes into a tensor that it keeps"
    ]


class Table(nn.Module):
    """Works out a table anew at each call and keeps it, unread, where a buffer was."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.register_buffer("table", torch.zeros(1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.table.shape[0] != 4:
            self.table = torch.arange(4, dtype=torch.float32)
        return self.fc(x) + self.table


def test_a_store_of_what_every_call_works_out_is_drawn() -> None:
    module = Table()
    built = studio.from_module(module, torch.rand(2, 4)).build()
    built.load_state_dict(module.state_dict())
    x = torch.rand(3, 4)
    assert torch.equal(built(x), module(x))
