"""A broken network: the code of its problem, the node it is on, whether its first cure must make it whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drawing import DIGITS, chain, node, project

from studio.compiler.analysis import Context, N, TensorSpec
from studio.graph.model import ProjectData

IMAGES = Context((TensorSpec((N, 3, 32, 32)),), 10, "classification")
WORDS = Context((TensorSpec((N, 20), "int64"),), 2, "classification")
SIGNAL = Context((TensorSpec((N, 20, 6)),), 2, "classification")
NONE = Context()
NONE_10 = Context((TensorSpec((N, 8)),), 10)


@dataclass(frozen=True)
class Broken:
    name: str
    project: ProjectData
    context: Context
    code: str
    node: str | None
    curable: bool = True


FLAT = node("flatten1", "nn.Flatten")
FC = node("fc", "nn.Linear")


def conv(id_: str = "conv1", **params: Any) -> Any:
    return node(id_, "nn.Conv2d", **{"out_channels": 8, "kernel_size": 3, **params})


def on_chain(
    name: str,
    code: str,
    at: str | None,
    *layers: Any,
    context: Context = DIGITS,
    curable: bool = True,
    **more: Any,
) -> Broken:
    return Broken(name, project(*chain(*layers, **more)), context, code, at, curable)


def drawn(
    name: str,
    code: str,
    at: str | None,
    *nodes: Any,
    context: Context = DIGITS,
    curable: bool = True,
    **more: Any,
) -> Broken:
    return Broken(name, project(*nodes, **more), context, code, at, curable)


IN = node("image", "input")
