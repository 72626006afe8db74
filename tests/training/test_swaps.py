"""A ReLU behind a pooling instead of in front of it: the same bits, in both directions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, fx, nn
from torch.nn import functional

from studio.training.swaps import swapped


def traced(*layers: nn.Module) -> fx.GraphModule:
    return fx.symbolic_trace(nn.Sequential(*layers))


def order(module: fx.GraphModule) -> list[str]:
    owners = dict(module.named_modules())
    return [type(owners[str(n.target)]).__name__ for n in module.graph.nodes if n.op == "call_module"]


def results(module: nn.Module, x: Tensor) -> list[Tensor]:
    """What it gives, and the gradients of the input and of every parameter."""
    x = x.clone().requires_grad_()
    for parameter in module.parameters():
        parameter.grad = None
    given = module(x)
    torch.manual_seed(1)
    (given * torch.randn_like(given)).sum().backward()
    return [given, x.grad, *(p.grad for p in module.parameters())]  # type: ignore[list-item]


@given(
    kernel=st.integers(1, 3),
    stride=st.integers(1, 3),
    padding=st.integers(0, 1),
    ceil=st.booleans(),
    rounded=st.booleans(),
    last=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_values_and_gradients_are_the_same_bits(
    kernel: int, stride: int, padding: int, ceil: bool, rounded: bool, last: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    pool = nn.MaxPool2d(kernel, stride, min(padding, kernel // 2), ceil_mode=ceil)
    module = traced(nn.Conv2d(2, 3, 3), nn.ReLU(), pool, nn.Flatten(), nn.LazyLinear(4))
    x = torch.randn(4, 2, 9, 9)
    if rounded:  # many equal values, and zeros
        x = x.round()
        nn.init.constant_(module.get_submodule("0").weight, 1.0)  # type: ignore[arg-type]
        nn.init.zeros_(module.get_submodule("0").bias)  # type: ignore[arg-type]
    if last:
        x = x.contiguous(memory_format=torch.channels_last)
    module(x)
    quick = swapped(module)
    assert order(quick)[:3] == ["Conv2d", "MaxPool2d", "ReLU"]
    for one, other in zip(results(module, x), results(quick, x), strict=True):
        assert torch.equal(one, other)


def test_the_layers_are_shared_and_the_original_is_as_it_was() -> None:
    module = traced(nn.Conv1d(1, 2, 3), nn.ReLU(), nn.MaxPool1d(2))
    quick = swapped(module)
    assert order(module) == ["Conv1d", "ReLU", "MaxPool1d"]
    assert all(a is b for a, b in zip(module.parameters(), quick.parameters(), strict=True))


class _Twice(nn.Module):
    """The ReLU's values are used by another as well."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu, self.pool = nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Any:
        values = self.relu(self.conv(x))
        return self.pool(values), values


@pytest.mark.parametrize(
    "module",
    [
        fx.symbolic_trace(_Twice()),
        traced(nn.Conv2d(1, 2, 3), nn.Sigmoid(), nn.MaxPool2d(2)),
        traced(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AvgPool2d(2)),
        traced(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.BatchNorm2d(2), nn.MaxPool2d(2)),
    ],
)
def test_where_it_would_change_something_nothing_changes(module: fx.GraphModule) -> None:
    assert swapped(module) is module


def test_a_block_inside_a_network_is_swapped_too() -> None:
    inner = traced(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2))
    graph = fx.Graph()
    graph.output(graph.call_module("inner", (graph.placeholder("x"),)))
    outer = fx.GraphModule(nn.ModuleDict({"inner": inner}), graph)
    quick, x = swapped(outer), torch.randn(2, 1, 8, 8)
    assert order(quick.get_submodule("inner"))[1] == "MaxPool2d"  # type: ignore[arg-type]
    assert order(outer.get_submodule("inner"))[1] == "ReLU"  # type: ignore[arg-type]
    for one, other in zip(results(outer, x), results(quick, x), strict=True):
        assert torch.equal(one, other)


def test_a_function_counts_as_the_layer() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.pool = nn.Conv2d(1, 2, 3), nn.MaxPool2d(2)

        def forward(self, x: Tensor) -> Tensor:
            return self.pool(functional.relu(self.conv(x)))  # type: ignore[no-any-return]

    module = fx.symbolic_trace(Net())
    assert [node.op for node in swapped(module).graph.nodes][1:4] == [
        "call_module",
        "call_module",
        "call_function",
    ]
    x = torch.randn(2, 1, 8, 8)
    for one, other in zip(results(module, x), results(swapped(module), x), strict=True):
        assert torch.equal(one, other)
