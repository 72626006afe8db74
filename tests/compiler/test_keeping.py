"""Layers that are not run to know what they give: the answer is what running them gives."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from studio.compiler import evaluate
from studio.compiler.analysis import N, TensorSpec
from studio.compiler.costs import Counter
from studio.compiler.keeping import alike, keeps, widened
from studio.compiler.symbols import tensors_of

INSIDE = [(8,), (5, 8), (3, 5, 8), (0, 8)]


@pytest.mark.parametrize("inside", INSIDE)
def test_a_linear_layer_is_known_as_it_runs(inside: tuple[int, ...]) -> None:
    layer = nn.Linear(8, 6, device="meta")
    value = tensors_of(TensorSpec((N, *inside)))
    known = widened(layer, value)
    assert known is not None
    for ours, given in zip(known.runs, value.runs, strict=True):
        run = layer(given)
        assert (ours.shape, ours.stride(), ours.dtype) == (run.shape, run.stride(), run.dtype)


def test_its_costs_are_those_that_are_counted() -> None:
    value = tensors_of(TensorSpec((N, 5, 8)))
    params = {"in_features": 8, "out_features": 6}
    found = evaluate.evaluate("nn.Linear", params, [{"n": "x"}], {}, lambda node, index: value)
    assert isinstance(found, evaluate.Outcome)
    with Counter() as counter:
        nn.Linear(8, 6, device="meta")(value.runs[0])
    assert found.multiply_adds * value.runs[0].shape[0] == counter.multiply_adds
    assert (found.parameters, found.activation_bytes) == (54, 5 * 6 * 4)


def test_what_may_not_fit_is_run() -> None:
    layer = nn.Linear(8, 6, device="meta")
    assert widened(layer, tensors_of(TensorSpec((N, 7)))) is None
    assert widened(layer, tensors_of(TensorSpec((N, 8), "float64"))) is None
    assert (
        widened(nn.Linear(8, 6, device="meta", dtype=torch.float64), tensors_of(TensorSpec((N, 8)))) is None
    )
    assert widened(nn.ReLU(), tensors_of(TensorSpec((N, 8)))) is None
    assert not keeps(layer, tensors_of(TensorSpec((N, 8))))


@pytest.mark.parametrize("name", ["torch.add", "op.sub", "Tensor.mul"])
def test_two_tensors_of_one_shape_give_a_third_as_they_run(name: str) -> None:
    one, other = tensors_of(TensorSpec((N, 5, 8))), tensors_of(TensorSpec((N, 5, 8)))
    given = {"a": one, "b": other}
    found = evaluate.evaluate(name, {}, [{"n": "a"}, {"n": "b"}], {}, lambda node, index: given[node])
    assert isinstance(found, evaluate.Outcome)
    for ours, a, b in zip(found.value.runs, one.runs, other.runs, strict=True):
        run = a + b
        assert (ours.shape, ours.stride(), ours.dtype) == (run.shape, run.stride(), run.dtype)
    assert (found.multiply_adds, found.activation_bytes) == (0, 5 * 8 * 4)


def test_of_two_that_differ_nothing_is_taken_for_granted() -> None:
    value = tensors_of(TensorSpec((N, 5, 8)))
    for shape, kind in (((N, 1, 8), "float32"), ((N, 5, 8), "float64"), ((N, 5, 8), "int64")):
        assert not alike([value, tensors_of(TensorSpec(shape, kind))])
