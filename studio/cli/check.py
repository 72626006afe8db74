"""`netloom check`: shapes, costs and problems of a project, without training it."""

from __future__ import annotations

import argparse
import sys

from studio.cli.opening import context_of, open_project
from studio.cli.output import DONE, PROJECT_PROBLEM, print_json, print_table
from studio.cli.parser import Commands, add_command, add_json, add_project
from studio.compiler.analysis import Analysis, NetworkReport, Problem
from studio.graph.model import Network, ProjectData
from studio.quantities import count, data_size, short
from studio.words import tr


def add(commands: Commands) -> None:
    parser = add_command(
        commands, "check", tr("shapes, costs and problems of a project; status 1 if one is an error"), run
    )
    add_project(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.compiler.infer import analyse

    project = open_project(arguments)
    analysis = analyse(project, context_of(project))
    if arguments.json:
        _print_json(project, analysis)
    else:
        _print_text(project, analysis)
    return PROJECT_PROBLEM if analysis.errors else DONE


def _print_json(project: ProjectData, analysis: Analysis) -> None:
    for name, network in project.networks.items():
        report = analysis.networks.get(name, NetworkReport())
        for node in network.nodes.values():
            if (found := report.nodes.get(node.id)) is not None:
                print_json(
                    "node",
                    network=name,
                    node=node.id,
                    type=node.type,
                    state=found.state,
                    outputs=[
                        None if spec is None else [str(d) for d in spec.shape] for spec in found.outputs
                    ],
                    auto=dict(found.auto),
                    parameters=found.parameters,
                    multiply_adds=found.multiply_adds,
                    activation_bytes=found.activation_bytes,
                    waits_for=found.waits_for,
                )
    for problem in analysis.problems:
        print_json(
            "problem",
            code=problem.code,
            severity=problem.severity,
            network=problem.network,
            node=problem.node,
            text=str(problem.text),
            cures=[str(cure.label) for cure in problem.cures],
        )
    print_json(
        "end",
        errors=len(analysis.errors),
        warnings=len(analysis.of("warning")),
        hints=len(analysis.of("hint")),
        networks={
            name: {
                "parameters": report.parameters,
                "multiply_adds": report.multiply_adds,
                "activation_bytes": report.activation_bytes,
            }
            for name, report in analysis.networks.items()
        },
    )


def _print_text(project: ProjectData, analysis: Analysis) -> None:
    for name, network in project.networks.items():
        if (report := analysis.networks.get(name)) is not None:
            _print_network(name, network, report)
    for problem in analysis.problems:
        _print_problem(problem)
    if not analysis.problems:
        print(tr("No problems."))


def _print_network(name: str, network: Network, report: NetworkReport) -> None:
    rows: list[tuple[object, ...]] = [(tr("node"), tr("type"), tr("output"), tr("parameters"))]
    for node in network.nodes.values():
        found = report.nodes.get(node.id)
        outputs = "?" if found is None else ", ".join("?" if s is None else str(s) for s in found.outputs)
        rows.append((node.id, node.type, outputs, count(found.parameters) if found else ""))
    print(name)
    print_table(rows, right=(3,))
    print(
        tr(
            "{parameters} parameters, {operations} multiply-adds and {activations} of activations per sample",
            parameters=count(report.parameters),
            operations=short(report.multiply_adds),
            activations=data_size(report.activation_bytes),
        )
    )
    print()


def _print_problem(problem: Problem) -> None:
    where = f"{problem.network}.{problem.node}" if problem.node else problem.network
    kind = {"error": tr("error"), "warning": tr("warning"), "hint": tr("hint")}[problem.severity]
    print(f"{kind}: {where}: {problem.text}", file=sys.stdout)
    for cure in problem.cures:
        print(tr("  cure: {cure}", cure=cure.label))
