"""What is known of a project without running it: shapes, costs, problems and cures. Plain data, no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm
from typing import Literal, TypeAlias

from studio.graph.model import ProjectData
from studio.graph.operations import Operation
from studio.graph.values import Json
from studio.words import Message

Number: TypeAlias = int | Fraction


@dataclass(frozen=True, slots=True)
class Size:
    """A length that depends on the batch size N, or on the length L of sequences where that is left open.

    It is `factor * N + length * L + product * N * L + offset`. What belongs to L may be a fraction: a layer
    that takes every second step makes `L/2` of `L`.
    """

    factor: int = 1
    offset: Number = 0
    length: Number = 0
    product: Number = 0

    def at(self, batch: int, length: int = 16) -> int:
        """The number it is for a batch of `batch` samples and sequences of `length` steps."""
        return int(self.factor * batch + self.length * length + self.product * batch * length + self.offset)

    def __str__(self) -> str:
        parts = ((self.product, "N·L"), (self.factor, "N"), (self.length, "L"), (self.offset, ""))
        below = lcm(*(Fraction(number).denominator for number, _ in parts))
        terms = [_term(int(number * below), name) for number, name in parts if number]
        text = "".join(terms).removeprefix("+")
        if below == 1:
            return text
        return f"{text}/{below}" if len(terms) == 1 else f"({text})/{below}"


def _term(number: int, name: str) -> str:
    sign = f"{number:+d}" if not name or abs(number) != 1 else "+-"[number < 0]
    return f"{sign}{name}"


Dim: TypeAlias = int | Size
N = Size()
L = Size(0, 0, 1)
SYMBOLS: Mapping[str, Size] = {"N": N, "L": L}
"""the lengths that a file may name"""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Shape and data type of a tensor, `dtype` by PyTorch's name without the prefix ("float32")."""

    shape: tuple[Dim, ...]
    dtype: str = "float32"

    def __str__(self) -> str:
        return "×".join(map(str, self.shape)) or "scalar"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why this data and this objective do not go together. `cures`: a label, a setting and its new value."""

    text: Message
    cures: tuple[tuple[Message, tuple[str, ...], Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Aim:
    """What the objective wants of the network: one shape an output, without the batch.

    A text stands for any length, the same text for the same length. `names` are those of several outputs.
    `linear`: the network may have nothing with weights but one Linear layer. `parts`: the blocks that it must
    have by these names, each before the output at its place.
    """

    title: Message
    loss: str = ""
    outputs: tuple[tuple[Dim | str, ...], ...] = ()
    names: tuple[str, ...] = ()
    linear: bool = False
    parts: tuple[str, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What the data says of the network: its inputs, batch first, and the width of its last layer.

    `outputs` is what a last layer left to itself gives: the number of classes, or of columns to predict; None
    where nothing says it. `task` is what the data is for ("classification"), `aim` what the objective wants
    beyond one output of N×`outputs`. `vocabulary` is how many different whole numbers come in, of texts.
    `derive` works this out again for a project with other settings.
    """

    inputs: tuple[TensorSpec, ...] = ()
    outputs: int | None = None
    task: str | None = None
    class_names: tuple[str, ...] = ()
    aim: Aim | None = None
    vocabulary: int | None = None
    names: tuple[str, ...] = ()
    """the Input nodes that take `inputs`, where there are several; else they are taken in their order"""
    derive: Callable[[ProjectData], Context] | None = field(default=None, compare=False, repr=False)

    @property
    def whole(self) -> TensorSpec:
        """A batch as the data holds it: the one input, or the columns of all of them side by side."""
        if not self.names:
            return self.inputs[0]
        widths = [spec.shape[1] for spec in self.inputs]
        return TensorSpec((N, sum(width for width in widths if isinstance(width, int))))

    @property
    def columns(self) -> Mapping[str, slice]:
        """Which columns of a batch each named input takes; empty where inputs have no names."""
        found, start = {}, 0
        for name, spec in zip(self.names, self.inputs, strict=bool(self.names)):
            width = spec.shape[1]
            end = start + (width if isinstance(width, int) else 0)
            found[name], start = slice(start, end), end
        return found

    def input(self, name: str, place: int) -> TensorSpec | None:
        """What the data gives the Input node `name`, the `place`-th of its network; None for nothing."""
        if self.names:
            place = self.names.index(name) if name in self.names else len(self.inputs)
        return self.inputs[place] if place < len(self.inputs) else None


NodeState: TypeAlias = Literal["ok", "problem", "waiting"]


@dataclass(frozen=True, slots=True)
class NodeReport:
    """What is known of one node. `auto` holds the values that auto params took.

    Costs are per sample; where L is open, for sequences of `symbols.LENGTHS[0]` steps.

    `state` is "waiting" for a node behind one with a problem: `waits_for` is that node's id.
    """

    state: NodeState
    outputs: tuple[TensorSpec | None, ...] = ()
    auto: Mapping[str, Json] = field(default_factory=dict)
    parameters: int = 0
    multiply_adds: int = 0
    activation_bytes: int = 0
    waits_for: str | None = None


Severity: TypeAlias = Literal["error", "warning", "hint"]
"""whether the network cannot run, may disappoint, or could be tidier"""


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
    severity: Severity
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
    """The report on every network of a project, and all problems: errors, then warnings, then hints.

    `cures_known` is False while cures are still being tried: the problems are told without them then.
    """

    networks: Mapping[str, NetworkReport] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    cures_known: bool = True

    def report(self, network: str, node: str) -> NodeReport | None:
        found = self.networks.get(network)
        return found.nodes.get(node) if found else None

    def tells(self, problems: tuple[Problem, ...], shown: tuple[Problem, ...]) -> bool:
        """Whether `problems` of this analysis are those `shown`, as far as is known: cures may follow."""
        if self.cures_known:
            return problems == shown
        return problems == tuple(replace(problem, cures=()) for problem in shown)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return self.of("error")

    def of(self, severity: Severity) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity == severity)
