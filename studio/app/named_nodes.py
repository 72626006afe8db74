"""What is said of a node in one line, to a screen reader and in a tip: the same everywhere."""

from __future__ import annotations

from studio.app.session import Session
from studio.catalog import summary, table
from studio.words import tr


def said(session: Session, network: str, id_: str) -> str:
    """Its name, what it is, its values, what it gives, and what is wrong with it; "" where there is none."""
    known = session.document.network_names()
    node = session.document.nodes(network).get(id_) if network in known else None
    if node is None:
        return ""
    parts = [node.id, table.label(node.type), summary.summary(node)]
    report = session.analysis.report(network, id_)
    if report is not None and report.outputs and report.outputs[0] is not None:
        parts.append(tr("gives {shape}", shape=report.outputs[0]))
    here = (network, id_)
    parts += [
        str(problem.text) for problem in session.analysis.problems if (problem.network, problem.node) == here
    ]
    return ", ".join(filter(None, parts))
