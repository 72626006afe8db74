"""What does not fit because a node is bypassed: it may be taken in again."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from studio.compiler.problems.finding import Finding, Remedy
from studio.graph import passing
from studio.graph.model import ProjectData
from studio.graph.operations import MISSING
from studio.words import Message

MOST = 3
"""so many bypassed nodes, the nearest, are tried"""


def with_remedies(drawn: ProjectData, finding: Finding) -> Finding:
    """A finding that what is bypassed before its node may have caused: taking that in is the first remedy."""
    network = drawn.networks.get(finding.network)
    if network is None or finding.node is None or finding.severity == "hint":
        return finding
    before = islice(passing.bypassed_before(network, finding.node), MOST)
    remedies = [take_in(finding.network, id_) for id_ in before]
    return replace(finding, remedies=(*remedies, *finding.remedies)) if remedies else finding


def take_in(network: str, node: str) -> Remedy:
    return Remedy(
        Message("Stop bypassing {node}", node=node),
        lambda edit: edit.set_extra(network, node, passing.BYPASSED, MISSING),
    )
