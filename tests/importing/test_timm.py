"""Architectures of timm through a document and back; all 150 of them: tests/benchmarks/round_trip.py."""

from __future__ import annotations

import pytest
import torch

import studio

timm = pytest.importorskip("timm", reason="timm is not installed: pip install netloom[models]")

NAMES = ["resnet10t", "cs3darknet_focus_s", "convnext_zepto_rms", "starnet_s050", "fasternet_t0"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_architecture_of_timm_gives_the_same_bits(name: str) -> None:
    torch.manual_seed(0)
    module = timm.create_model(name, pretrained=False).eval()
    project = studio.from_module(module, torch.zeros(2, 3, 64, 64), name)
    built = project.build().eval()
    built.load_state_dict(module.state_dict())
    with torch.no_grad():
        for x in (torch.rand(2, 3, 64, 64), torch.rand(1, 3, 96, 96)):
            assert torch.equal(built(x), module(x))
