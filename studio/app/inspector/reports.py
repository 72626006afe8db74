"""What the analysis says of the selection, as texts for the inspector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio import quantities
from studio.app.session import Session
from studio.compiler.analysis import NodeReport, Problem, TensorSpec
from studio.graph.model import Node, wires_into
from studio.graph.values import Json
from studio.words import tr

JOINT = " × "


def shapes(session: Session, node: Node) -> list[tuple[str, str]]:
    """Rows of what comes in and what goes out."""
    from studio.catalog import ports

    project = session.document.data()
    rows: list[tuple[str, str]] = []
    arriving = list(wires_into(node))
    for wire in arriving:
        port = ports.port_at(node, wire.slot, project)
        name = (
            tr("in")
            if len(arriving) == 1 or port is None
            else tr("in · {name}", name=_numbered(port, wire.slot))
        )
        rows.append((name, _spec(_output(session, wire.source, wire.index))))
    report = session.analysis.report(session.network, node.id)
    names = ports.outputs(node, project)
    leaving = report.outputs[: len(names)] if report else ()
    for name, spec in zip(names, leaving, strict=False):
        rows.append((tr("out · {name}", name=name) if len(leaving) > 1 else tr("out"), _spec(spec)))
    return rows


def cost(session: Session, nodes: Sequence[Node]) -> list[tuple[str, str]]:
    """Rows of what the nodes cost together; none while nothing is known."""
    known = [report for report in _reports(session, nodes) if report.state == "ok"]
    if not known:
        return []
    return costs(
        sum(report.parameters for report in known),
        sum(report.multiply_adds for report in known),
        sum(report.activation_bytes for report in known),
    )


def costs(parameters: int, multiply_adds: int, activation_bytes: int) -> list[tuple[str, str]]:
    return [
        (tr("parameters"), quantities.count(parameters)),
        (tr("multiply-adds / sample"), quantities.short(multiply_adds)),
        (tr("activation memory"), quantities.data_size(activation_bytes)),
    ]


def auto(session: Session, nodes: Sequence[Node]) -> Mapping[str, Json]:
    """The values that automatic arguments took, where all of `nodes` took the same."""
    found = [dict(report.auto) for report in _reports(session, nodes)]
    if len(found) != len(nodes) or not found:
        return {}
    return {name: value for name, value in found[0].items() if all(f.get(name) == value for f in found)}


def problems(session: Session, nodes: Sequence[Node]) -> tuple[Problem, ...]:
    ids = {node.id for node in nodes}
    return tuple(p for p in session.analysis.problems if p.network == session.network and p.node in ids)


def input_hint(session: Session, nodes: Sequence[Node]) -> str:
    """What an input without a shape of its own takes from the data: "auto (N × 1 × 28 × 28)"."""
    specs = {_spec(_output(session, node.id, None)) for node in nodes}
    known = specs.pop() if len(specs) == 1 else "–"
    return tr("auto") if known == "–" else tr("auto ({value})", value=known)


def _reports(session: Session, nodes: Sequence[Node]) -> list[NodeReport]:
    found = (session.analysis.report(session.network, node.id) for node in nodes)
    return [report for report in found if report is not None]


def _output(session: Session, node: str, index: int | None) -> TensorSpec | None:
    report = session.analysis.report(session.network, node)
    place = index or 0
    return report.outputs[place] if report and place < len(report.outputs) else None


def _spec(spec: TensorSpec | None) -> str:
    if spec is None:
        return "–"
    shape = JOINT.join(map(str, spec.shape)) or tr("one number")
    return shape if spec.dtype == "float32" else f"{shape} {spec.dtype}"


def _numbered(port: object, slot: tuple[str | int, ...]) -> str:
    name = getattr(port, "name", "")
    return f"{name}[{slot[-1]}]" if getattr(port, "variadic", False) else str(name)
