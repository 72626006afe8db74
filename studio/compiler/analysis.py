"""What is known of a project without running it: shapes, costs, problems and cures. Plain data, no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from studio.graph.operations import Operation
from studio.graph.values import Json
from studio.words import Message


@dataclass(frozen=True, slots=True)
class Size:
    """A length that depends on the batch size N: `factor * N + offset`."""

    factor: int = 1
    offset: int = 0

    def __str__(self) -> str:
        times = "N" if self.factor == 1 else f"{self.factor}N"
        return times if not self.offset else f"{times}{self.offset:+d}"


Dim: TypeAlias = int | Size
N = Size()


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Shape and data type of a tensor, `dtype` by PyTorch's name without the prefix ("float32")."""

    shape: tuple[Dim, ...]
    dtype: str = "float32"

    def __str__(self) -> str:
        return "×".join(map(str, self.shape)) or "scalar"


@dataclass(frozen=True, slots=True)
class Context:
    """What the data says of the network: its inputs, batch first, and the width of its last layer.

    `outputs` is the number of classes, or of columns to predict; None where the data does not say.
    """

    inputs: tuple[TensorSpec, ...] = ()
    outputs: int | None = None
    task: Literal["classification", "regression"] | None = None
    class_names: tuple[str, ...] = ()


NodeState: TypeAlias = Literal["ok", "problem", "waiting"]


@dataclass(frozen=True, slots=True)
class NodeReport:
    """What is known of one node. Costs are per sample; `auto` holds the values that auto params took.

    `state` is "waiting" for a node behind one with a problem: `waits_for` is that node's id.
    """

    state: NodeState
    outputs: tuple[TensorSpec | None, ...] = ()
    auto: Mapping[str, Json] = field(default_factory=dict)
    parameters: int = 0
    multiply_adds: int = 0
    activation_bytes: int = 0
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class Cure:
    """An edit that was tried on a copy first: the problem went and no other came."""

    label: Message
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, why, and what cures it. `node` is None where it concerns the whole network.

    `code` is a stable name for tests and documentation ("channels-mismatch"); `detail` is PyTorch's own
    message, shown only when unfolded.
    """

    code: str
    severity: Literal["error", "warning"]
    network: str
    node: str | None
    text: Message
    cures: tuple[Cure, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NetworkReport:
    nodes: Mapping[str, NodeReport] = field(default_factory=dict)
    parameters: int = 0
    multiply_adds: int = 0
    activation_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """The report on every network of a project, and all problems, worst first."""

    networks: Mapping[str, NetworkReport] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def report(self, network: str, node: str) -> NodeReport | None:
        found = self.networks.get(network)
        return found.nodes.get(node) if found else None

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity == "error")
