"""A module that is called more than once, or reads what another one holds: drawn as it is, or refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from studio.importing.errors import ImportRefusedError
from studio.importing.modules import read_module
from tests.importing.test_modules import built, written


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Tensor, scale: float) -> Tensor:
        return self.fc(x) * scale


class CallsAgain(nn.Module):
    """Calls one module with different numbers, and another of its kind."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Scaled()
        self.second = Scaled()

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(self.first(x, 2.0), 3.0), 4.0)


def test_a_number_that_differs_between_two_calls_of_one_module_is_handed_in() -> None:
    module = CallsAgain()
    found = read_module(module, torch.rand(2, 4))
    scaled = found.project.networks["Scaled"]
    assert [node.type for node in scaled.nodes.values()][:2] == ["input", "input"]
    x = torch.rand(3, 4)
    for made in (built(found, module), written(found, module)):
        assert torch.equal(made(x), module(x))


class Turns(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Tensor, turned: bool) -> Tensor:
        return self.fc(x).neg() if turned else self.fc(x)


class CallsOtherwise(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.part = Turns()

    def forward(self, x: Tensor) -> Tensor:
        return self.part(self.part(x, False), True)


def test_a_module_that_does_another_thing_when_it_is_called_again_is_refused() -> None:
    with pytest.raises(ImportRefusedError, match="in part, it does another thing"):
        read_module(CallsOtherwise(), torch.rand(2, 4))


class ReadsWithin(nn.Module):
    """Uses the weight of a layer of a Sequential beside the Sequential itself."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) @ self.body[0].weight


def test_a_weight_within_a_sequential_is_read_without_making_another_of_it() -> None:
    module = ReadsWithin()
    found = read_module(module, torch.rand(2, 4))
    x = torch.rand(3, 4)
    for made in (built(found, module), written(found, module)):
        assert torch.equal(made(x), module(x))
