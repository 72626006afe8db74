"""What was imported put into a project that exists, beside the networks it has."""

from __future__ import annotations

from dataclasses import replace

from studio.graph import naming
from studio.graph.edit import Edit
from studio.graph.model import BLOCK, Network, ProjectData


def join(edit: Edit, drawn: ProjectData, name: str) -> str:
    """Adds the networks of `drawn`; its `model` as `name`. Gives the name it has now.

    A name that the project uses already gets a number; the blocks that are used follow.
    """
    taken = set(edit.document.network_names())
    names: dict[str, str] = {}
    for network in drawn.networks:
        wanted = name if network == "model" else network
        names[network] = wanted if wanted not in taken else naming.fresh(wanted, taken)
        taken.add(names[network])
    for network, held in drawn.networks.items():
        edit.add_network(names[network], _renamed(held, names))
    return names["model"]


def _renamed(network: Network, names: dict[str, str]) -> Network:
    nodes = {
        id_: replace(node, type=f"{BLOCK}{names[node.block]}") if node.block in names else node
        for id_, node in network.nodes.items()
    }
    return replace(network, nodes=nodes)
