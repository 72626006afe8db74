"""The quick way to step an optimiser gives torch's own bits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from studio.training.stepper import Stepper

WAYS = [
    (torch.optim.Adam, {}),
    (torch.optim.Adam, {"weight_decay": 0.1, "amsgrad": True, "betas": (0.8, 0.9)}),
    (torch.optim.AdamW, {"weight_decay": 0.1}),
    (torch.optim.SGD, {"momentum": 0.9}),
    (torch.optim.RMSprop, {}),
]


def made(kind: Any, given: dict[str, Any], fused: bool) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(12, 4), nn.Linear(4, 2))
    module.to(memory_format=torch.channels_last)
    groups = [{"params": module[0].parameters()}, {"params": module[2:].parameters(), "lr": 0.02}]
    more = {"fused": True} if fused and kind is not torch.optim.RMSprop else {}
    return module, kind(groups, lr=0.01, **given, **more)


def descend(module: nn.Module, number: int) -> None:
    torch.manual_seed(number)
    module(torch.randn(5, 2, 4, 4)).square().sum().backward()
    if number == 4:  # as where networks take turns
        module[2].bias.grad = None  # type: ignore[index, union-attr]


@pytest.mark.parametrize(("kind", "given"), WAYS, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("fused", [True, False])
def test_the_same_bits_as_torchs_own(kind: Any, given: dict[str, Any], fused: bool) -> None:
    (plain, optimizer), (quick, other) = made(kind, given, fused), made(kind, given, fused)
    stepper = Stepper(other)
    for number in range(8):
        optimizer.zero_grad()
        stepper.clear()
        descend(plain, number)
        descend(quick, number)
        if number == 5:
            for one in (optimizer, other):
                one.param_groups[1]["lr"] = 0.5
        optimizer.step()
        stepper.step()
        for a, b in zip(plain.parameters(), quick.parameters(), strict=True):
            assert torch.equal(a, b)
    state, found = optimizer.state_dict(), other.state_dict()
    assert state["param_groups"] == found["param_groups"]
    for index, values in state["state"].items():
        for name, value in values.items():
            assert torch.equal(torch.as_tensor(value), torch.as_tensor(found["state"][index][name])), name


def test_a_fused_adam_steps_quickly_from_the_second_step_on(monkeypatch: pytest.MonkeyPatch) -> None:
    module, optimizer = made(torch.optim.Adam, {}, True)
    stepper = Stepper(optimizer)
    descend(module, 0)
    stepper.step()
    monkeypatch.setattr(optimizer, "step", lambda: pytest.fail("the long way"))
    stepper.step()
