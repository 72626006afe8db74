"""What a card shows, derived from its node, the report on it, its problems and the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from studio.app.canvas.geometry import CARD_HEIGHT, CARD_WIDTH, DOT, card_width
from studio.catalog import literals, ports, summary, table
from studio.catalog.entry import Port
from studio.compiler.analysis import NodeReport, Problem, TensorSpec
from studio.graph import passing
from studio.graph.model import INPUT, OUTPUT, Node, ProjectData, wires_into
from studio.graph.values import Path
from studio.training import learning
from studio.words import tr

NO_PROJECT = ProjectData()


@dataclass(frozen=True, slots=True)
class Inlet:
    """One place of a card where a wire can end. An `extra` one takes a further wire of a list."""

    name: str
    slot: Path
    optional: bool = False
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The ports of a card and the size that follows from them."""

    inlets: tuple[Inlet, ...] = ()
    outlets: tuple[str, ...] = ()
    wired: tuple[bool, ...] = ()
    width: int = CARD_WIDTH
    height: int = CARD_HEIGHT


@dataclass(frozen=True, slots=True)
class Face:
    """All that a card paints. Two cards with equal faces share a picture."""

    title: str
    name: str
    summary: str
    category: str
    width: int
    ports: tuple[bool, ...]
    """for each input: whether a wire ends there"""
    optional: tuple[bool, ...]
    outputs: int
    badge: str = ""
    waiting: bool = False
    bypassed: bool = False
    dot: bool = False

    @property
    def height(self) -> int:
        return DOT if self.dot else CARD_HEIGHT


def shape_of(node: Node, project: ProjectData) -> Shape:
    """The ports of a card: those of its type, one for each wire of a list, one for every other wire."""
    inlets = list(_inlets(node, ports.inputs(node, project)))
    taken: list[bool] = [False] * len(inlets)
    for wire in wires_into(node):
        index = inlet_of(inlets, wire.slot)
        if index is None:
            inlets.append(Inlet(_slot_name(wire.slot), wire.slot))
            taken.append(True)
        else:
            taken[index] = True
    outlets = tuple(ports.outputs(node, project))
    if node.type == passing.DOT:
        return Shape(tuple(inlets), outlets, tuple(taken), DOT, DOT)
    return Shape(tuple(inlets), outlets, tuple(taken), card_width(len(inlets), len(outlets)))


def _inlets(node: Node, of_type: Sequence[Port]) -> Iterator[Inlet]:
    arguments = node.arguments
    for port in of_type:
        if not port.variadic:
            yield Inlet(port.name, port.slot, port.optional)
            continue
        held = arguments.at(port.slot)
        length = len(held) if isinstance(held, list | tuple) else 0
        for index in range(length):
            yield Inlet(f"{port.name}[{index}]", (*port.slot, index))
        yield Inlet(port.name, (*port.slot, length), optional=length > 0, extra=True)


def _slot_name(slot: Path) -> str:
    return str(slot[1]) if slot[0] == "kwargs" else ".".join(map(str, slot))


def inlet_of(inlets: Sequence[Inlet], slot: Path) -> int | None:
    """Which inlet a wire to `slot` ends at: the one at that place, or the one that holds it."""
    holding = None
    for index, inlet in enumerate(inlets):
        if inlet.slot == slot:
            return index
        if slot[: len(inlet.slot)] == inlet.slot:
            holding = index
    return holding


def face_of(
    node: Node,
    shape: Shape,
    report: NodeReport | None,
    problem: Problem | None,
    in_block: bool = False,
    uses: int = 1,
) -> Face:
    """The face of a card. `problem` is the first of its node's; inputs of a block take no data.

    `uses` is how many cards are the same layer.
    """
    return Face(
        title=_title(node),
        name=node.id,
        summary=_line(node, report, in_block, uses),
        category=table.category(node.type),
        width=shape.width,
        ports=shape.wired,
        optional=tuple(inlet.optional for inlet in shape.inlets),
        outputs=len(shape.outlets),
        badge=problem.severity if problem and problem.severity != "hint" else "",
        waiting=report is not None and report.state == "waiting",
        bypassed=passing.passes(node),
        dot=node.type == passing.DOT,
    )


def _title(node: Node) -> str:
    """The type, and how often a repeated block comes: `Encoder ×12`."""
    label = table.label(node.type)
    return label if node.repeat is None else f"{label} ×{literals.text(node.repeat).replace(' ', '')}"


def _line(node: Node, report: NodeReport | None, in_block: bool, uses: int) -> str:
    """The line under the name. Of a layer that is used again it says whose it is, or how often it is used."""
    if node.path is not None and node.path != node.id:
        return tr("weights of {node}", node=node.path)
    again = tr("used {n} times", n=uses) if uses > 1 else ""
    return summary.DOT.join(filter(None, (_learning(node), again, _summary(node, report, in_block))))


def _learning(node: Node) -> str:
    """How a part learns that does not learn as the rest."""
    value = node.extra.get(learning.KEY)
    if value == learning.FROZEN:
        return tr("frozen")
    factor = learning.shown(value)
    return tr("rate {factor}", factor=factor) if factor else ""


def _summary(node: Node, report: NodeReport | None, in_block: bool) -> str:
    if node.type == INPUT and node.params.get("shape") is None:
        spec = report.outputs[0] if report and report.outputs else None
        if in_block:
            return tr("{shape} where it is used", shape=spec) if spec else tr("shape from where it is used")
        return tr("{shape} from the data", shape=spec) if spec else summary.summary(node)
    if node.type == OUTPUT and not node.params and report and report.outputs and report.outputs[0]:
        return str(report.outputs[0])
    return summary.summary(node, report.auto if report else None)


def tip_of(node: Node, report: NodeReport | None, problems: Iterable[Problem]) -> str:
    """The words of a card's tooltip, plain text: its problem first, else whom it waits for, else its type."""
    first = next(iter(problems), None)
    if first is not None:
        return str(first.text)
    if node.type != passing.DOT and passing.passes(node):
        return tr("{node} is bypassed: what comes in is passed on", node=node.id)
    if report is not None and report.state == "waiting" and report.waits_for:
        return tr("{node} waits for {other}", node=node.id, other=report.waits_for)
    return f"{node.id} · {node.type}"


def spec_of(report: NodeReport | None, index: int | None) -> TensorSpec | None:
    """What an output gives, where it is known."""
    place = index or 0
    if report is None or place >= len(report.outputs):
        return None
    return report.outputs[place]
