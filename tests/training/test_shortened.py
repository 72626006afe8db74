"""A look at a network leaves its weights, though an embedding with `max_norm` shortens its vectors."""

from __future__ import annotations

import torch
from torch import nn

from studio.training import shortened


def network() -> nn.Sequential:
    torch.manual_seed(0)
    plain, short = nn.Embedding(50, 8), nn.Embedding(50, 8, max_norm=1.0)
    return nn.Sequential(nn.ModuleList([plain, short, short]), nn.Linear(8, 2))


def test_only_embeddings_that_shorten_are_written_into() -> None:
    module = network()

    assert [id(weight) for weight in shortened.weights(module)] == [id(module[0][1].weight)]


def test_a_look_leaves_the_vectors_as_they_were() -> None:
    module = network()
    short = module[0][1]
    before = short.weight.detach().clone()

    with torch.no_grad(), shortened.left_alone(module):
        found = short(torch.arange(50))
        assert not torch.equal(short.weight, before)

    assert float(found.norm(dim=1).max()) < 1.0001
    assert torch.equal(short.weight, before)


def test_to_shorten_twice_is_not_to_shorten_once() -> None:
    """Why they are put back: a vector of length one by rounding is shortened again."""
    short = nn.Embedding(20_000, 32, max_norm=1.0)
    index = torch.arange(20_000)

    once = short(index).detach().clone()
    twice = short(index).detach()

    assert not torch.equal(once, twice) and torch.allclose(once, twice)
