"""A problem before its cures are tried, and what is known where it arose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile

from studio.compiler.analysis import Context, Dim, Severity, TensorSpec
from studio.compiler.evaluate import Failure
from studio.graph.edit import Edit
from studio.graph.model import Network, Node, ProjectData, Wire
from studio.graph.values import Json
from studio.words import Message


@dataclass(frozen=True, slots=True, eq=False)
class Remedy:
    """An edit that may cure a problem. It is offered only after it was tried."""

    label: Message
    apply: Callable[[Edit], None]


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """What a rule says of one node: a stable code, the sentence, and remedies, the likeliest first."""

    code: str
    text: Message
    remedies: tuple[Remedy, ...] = ()
    severity: Severity = "error"


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    code: str
    severity: Severity
    network: str
    node: str | None
    text: Message
    detail: str = ""
    remedies: tuple[Remedy, ...] = ()

    @property
    def key(self) -> tuple[str, str, str | None]:
        return (self.code, self.network, self.node)


@dataclass(frozen=True, slots=True)
class Inflow:
    """What comes in by a wire. `names` are the outputs of its source where there are several."""

    wire: Wire
    spec: TensorSpec | None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A node that is to run: its params with `auto` filled in, and what comes in, in the order of its wires.

    `failure` is None before it is run. `parameters` are those of the block it is in.
    """

    project: ProjectData
    network: str
    node: Node
    params: Mapping[str, Json]
    kwargs: Mapping[str, Json]
    args: list[Json]
    inflows: tuple[Inflow, ...]
    context: Context
    failure: Failure | None = None
    auto: Mapping[str, Json] = field(default_factory=dict)

    @property
    def nodes(self) -> Mapping[str, Node]:
        return self.graph.nodes

    @property
    def graph(self) -> Network:
        return self.project.networks[self.network]

    @property
    def spec(self) -> TensorSpec | None:
        """The first tensor that comes in."""
        return self.inflows[0].spec if self.inflows else None

    @property
    def shapes(self) -> list[tuple[Dim, ...]]:
        """The shapes that come in, in the order of the wires, up to the first that is not known."""
        known = takewhile(lambda spec: spec is not None, (inflow.spec for inflow in self.inflows))
        return [spec.shape for spec in known if spec is not None]

    @property
    def source(self) -> str:
        """The node the first wire comes from."""
        return self.inflows[0].wire.source if self.inflows else ""

    @property
    def message(self) -> str:
        return self.failure.text if self.failure else ""
