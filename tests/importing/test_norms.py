"""Batch norms that are called alike are run once; what they give is what each would give."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from studio.importing.norms import Norms


def meta(*shape: int, **options: object) -> Tensor:
    return torch.empty(*shape, device="meta", **options)  # type: ignore[call-overload]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_the_second_of_two_alike_gives_what_it_gave_itself(training: bool, form: torch.memory_format) -> None:
    norms, runs = Norms(), []
    given = meta(2, 8, 5, 5).to(memory_format=form)

    def counted(module: nn.Module, value: Tensor) -> Tensor:
        runs.append(module)
        return module(value)

    for number in range(3):
        module = nn.BatchNorm2d(8, device="meta").train(training)
        found = norms.remembering(module, lambda value, module=module: counted(module, value))(given)
        wanted = module(given)
        assert (found.shape, found.stride(), found.dtype) == (wanted.shape, wanted.stride(), wanted.dtype)
        assert found.requires_grad == wanted.requires_grad
        found.add_(1)  # as what comes after may do
        assert len(runs) == 1, f"run again, the {number}. time"


def test_other_shapes_and_other_settings_are_run() -> None:
    norms, runs = Norms(), []

    def forward(value: Tensor) -> Tensor:
        runs.append(value.shape)
        return value.clone()

    for module, given in (
        (nn.BatchNorm2d(8), meta(2, 8, 5, 5)),
        (nn.BatchNorm2d(8), meta(3, 8, 5, 5)),
        (nn.BatchNorm2d(8, eps=0.1), meta(2, 8, 5, 5)),
        (nn.BatchNorm2d(8).eval(), meta(2, 8, 5, 5)),
        (nn.BatchNorm2d(8, affine=False), meta(2, 8, 5, 5)),
    ):
        norms.remembering(module, forward)(given)
    assert len(runs) == 5


def test_what_is_no_batch_norm_of_pytorchs_own_is_left_alone() -> None:
    class Own(nn.BatchNorm2d):
        pass

    for module in (nn.Linear(2, 2), Own(2)):
        forward = module.forward
        assert Norms().remembering(module, forward) is forward
