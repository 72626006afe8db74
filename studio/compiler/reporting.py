"""What a walk found out, as plain data: the state, the shapes and the costs of each node of one use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from studio.compiler import ties
from studio.compiler.analysis import NetworkReport, NodeReport, NodeState, TensorSpec
from studio.graph import passing
from studio.graph.model import INPUT, OUTPUT, Network

if TYPE_CHECKING:
    from studio.compiler.survey import Step, Survey


def network_report(
    survey: Survey, specs: Callable[[Step], tuple[TensorSpec | None, ...]], quiet: bool
) -> NetworkReport:
    """The report on one use of a network. Weights that are shared count once, what no output needs does not.

    In a `quiet` network, which nothing uses, an input without a shape waits and is no problem.
    """
    bad = {finding.node for finding in survey.findings if finding.severity == "error"}
    nodes: dict[str, NodeReport] = {}
    learned: dict[str, int] = {}
    operations = size = 0
    for node in survey.network.nodes:
        step = survey.steps[node]
        outcome = step.outcome
        if outcome is None:
            waiting = step.waits_for is not None or (quiet and step.node.type == INPUT)
            state: NodeState = "waiting" if waiting else "problem"
            nodes[node] = NodeReport(state, auto=step.auto, waits_for=step.waits_for)
            continue
        own = 0 if step.node.type in (INPUT, OUTPUT) else outcome.activation_bytes
        if step.report is None:
            step.report = NodeReport(
                "problem" if node in bad else "ok",
                specs(step),
                step.auto,
                outcome.parameters,
                outcome.multiply_adds,
                own,
            )
        nodes[node] = step.report
        if not survey.live or node in survey.live:
            learned[step.module_path] = outcome.parameters
            operations += outcome.multiply_adds
            size += own
    once = sum(learned.values()) - ties.counted_twice(survey)
    return NetworkReport(nodes, once, operations, size)


def with_passing(report: NetworkReport, drawn: Network) -> NetworkReport:
    """The report with the nodes that only pass on: each gives what it is given, and costs nothing."""
    found = passing.feeds(drawn)
    if not found:
        return report
    passed = {id_: _passed(report, feed["n"], feed.get("i") or 0) for id_, feed in found.items()}
    return replace(report, nodes={**report.nodes, **passed})


def _passed(report: NetworkReport, source: str, index: int) -> NodeReport:
    known = report.nodes.get(source)
    if known is None or index >= len(known.outputs):
        return NodeReport("waiting", waits_for=known.waits_for or source if known else source)
    return NodeReport("ok", (known.outputs[index],))
