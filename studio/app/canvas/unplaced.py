"""Networks whose file says no places, as a program may write it: cards must not lie in a heap."""

from __future__ import annotations

from dataclasses import replace

from studio.app.canvas.geometry import CARD_HEIGHT, card_width
from studio.catalog import ports
from studio.graph import layout
from studio.graph.model import Network, ProjectData


def laid_out(project: ProjectData) -> ProjectData:
    """`project` with a layout for each network that has several nodes and all of them on one spot."""
    networks = {
        name: _laid_out(network, project) if _in_a_heap(network) else network
        for name, network in project.networks.items()
    }
    return replace(project, networks=networks) if networks != dict(project.networks) else project


def _in_a_heap(network: Network) -> bool:
    return len(network.nodes) > 1 and len({node.at for node in network.nodes.values()}) == 1


def _laid_out(network: Network, project: ProjectData) -> Network:
    sizes = {
        id_: (card_width(len(ports.inputs(node, project)), len(ports.outputs(node, project))), CARD_HEIGHT)
        for id_, node in network.nodes.items()
    }
    places = layout.layered(sizes, [(wire.source, wire.target) for wire in network.wires()])
    return replace(network, nodes={i: replace(node, at=places[i]) for i, node in network.nodes.items()})
