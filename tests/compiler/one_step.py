"""One step of training on random data: what a cured network must be able to do."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from studio.compiler.analysis import Context, Size, TensorSpec
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.survey import main_network
from studio.graph.model import INPUT, ProjectData

BATCH = 3
LARGEST = 2**28
"""values above which a tensor is not made: the network is as large as it says, and this machine is not"""


def train_a_step(project: ProjectData, context: Context) -> bool:
    """Builds, runs forward and backward, and takes a step. False where the network is too large for that.

    Raises what PyTorch raises, and AssertionError where a gradient is not finite or none arrives.
    """
    name = main_network(project)
    report = analyse(project, context).networks[name]
    if report.parameters > LARGEST or report.activation_bytes > LARGEST:
        return False
    torch.manual_seed(0)
    module = build(project, name, context)
    inputs = [_draw(node.outputs[0]) for id_, node in report.nodes.items() if _is_input(project, name, id_)]
    before = {key: value.clone() for key, value in module.state_dict().items()}
    learned = list(module.parameters())
    loss = _loss(module(*inputs), context)
    if not learned:
        return math.isfinite(float(loss))
    loss.backward()
    assert all(p.grad is None or bool(p.grad.isfinite().all()) for p in learned)
    assert any(p.grad is not None for p in learned), "no gradient arrives"
    with torch.no_grad():
        for p in learned:
            p -= 0.1 * p.grad if p.grad is not None else 0
    assert any(not torch.equal(before[key], value) for key, value in module.state_dict().items())
    return True


def _is_input(project: ProjectData, network: str, node: str) -> bool:
    return project.networks[network].nodes[node].type == INPUT


def _draw(spec: TensorSpec | None) -> Tensor:
    assert spec is not None
    shape = [dim.at(BATCH, 7) if isinstance(dim, Size) else dim for dim in spec.shape]
    if spec.dtype.startswith("float"):
        return torch.randn(shape)
    return torch.randint(0, 2, shape)


def _loss(given: object, context: Context) -> Tensor:
    if context.task == "classification":
        assert isinstance(given, Tensor)
        return functional.cross_entropy(given, torch.randint(0, context.outputs or 2, (BATCH,)))
    if context.task == "regression":
        assert isinstance(given, Tensor)
        return functional.mse_loss(given, torch.randn(BATCH, context.outputs or 1))
    outputs = given if isinstance(given, tuple) else (given,)
    return torch.stack([o.float().square().mean() for o in outputs if isinstance(o, Tensor)]).sum()
