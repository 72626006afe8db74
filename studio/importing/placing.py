"""Where the cards of a network go that comes without places."""

from __future__ import annotations

from dataclasses import replace

from studio.catalog import ports
from studio.graph import layout
from studio.graph.model import Network, ProjectData

CARD = (184, 56)
PORT = 24


def placed(network: Network, project: ProjectData | None = None) -> Network:
    """`network` laid out from top to bottom. `project` holds the blocks that it uses."""
    sizes = {
        id_: (max(CARD[0], PORT * (len(ports.inputs(node, project)) + 1)), CARD[1])
        for id_, node in network.nodes.items()
    }
    places = layout.layered(sizes, network.wires())
    return replace(network, nodes={i: replace(node, at=places[i]) for i, node in network.nodes.items()})
