"""What differs between runs: settings, data, networks and what they reached."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.graph.model import Network, Node, ProjectData
from studio.training import runs

SHOWN = ("best", "test", "samples_per_second", "seconds", "parameters", "device", "threads")
"""what of a record is a result or a surrounding; the rest of it follows from the project"""

Row = tuple[str, tuple[str, ...]]
"""a place, and what each run has there: empty where it has nothing"""


def differences(folders: Sequence[Path]) -> list[Row]:
    """The places in which the runs differ, sorted. Raises RunError, ProjectError.

    Places of a network are `network.node.parameter`; where the cards lie does not count.
    """
    tables = [dict(_facts(folder)) for folder in folders]
    places = sorted({place for table in tables for place in table})
    rows = [(place, tuple(table.get(place, "") for table in tables)) for place in places]
    return [row for row in rows if len(set(row[1])) > 1]


def _facts(folder: Path) -> Iterator[tuple[str, str]]:
    run = runs.open_run(folder)
    yield from _flat("result", {name: run.record.get(name) for name in SHOWN})
    yield from _flat("training", run.settings.to_json())
    yield from _flat("data", run.project.data)
    yield from _networks(run.project)


def _networks(project: ProjectData) -> Iterator[tuple[str, str]]:
    for name, network in project.networks.items():
        yield from _flat(name, network.parameters)
        for node in network.nodes.values():
            yield from _node(f"{name}.{node.id}", node, network)


def _node(place: str, node: Node, network: Network) -> Iterator[tuple[str, str]]:
    sources = [value["n"] for _, value in node.arguments.references() if value["n"] in network.nodes]
    yield place, f"{node.type} ← {', '.join(sources)}" if sources else node.type
    yield from _flat(place, node.params)


def _flat(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{place}.{key}", item)
    elif value is not None:
        yield place, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
