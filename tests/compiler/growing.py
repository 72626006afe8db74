"""Random networks without errors: grown node by node from the catalogue, what does not fit is left away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from studio.catalog import nodes, ports, table
from studio.compiler.analysis import Context
from studio.compiler.survey import survey
from studio.graph.model import BLOCK, INPUT, OUTPUT, Network, Node, ProjectData
from studio.graph.values import reference

TYPES = [e.type for e in table.entries() if e.type not in {INPUT, OUTPUT}]
SHAPES = [["N", 4], ["N", 6, 8], ["N", 3, 8, 8]]
NAMES = ["n{0}", "part.n{0}", "layers.{0}", "x{0}", "match", "out"]


def wired(draw: Any, node: Node, made: dict[str, Node], project: ProjectData) -> Node:
    """`node` with wires from what is there, mostly from the newest."""
    arguments = node.arguments
    before = [n for n in made.values() if n.type != OUTPUT]
    for port in ports.inputs(node, project):
        if port.optional and draw(st.integers(0, 5)):
            continue
        source = draw(st.one_of(st.just(before[-1]), st.sampled_from(before)))
        several = len(ports.outputs(source, project))
        wire = reference(source.id, draw(st.integers(0, several - 1)) if several > 1 else None)
        arguments = arguments.with_value((*port.slot, 0) if port.variadic else port.slot, wire)
        if port.variadic:
            arguments = arguments.with_value((*port.slot, 1), reference(wire["n"], wire.get("i")))
    return replace(node, args=arguments.args, kwargs=arguments.kwargs)


def fits(project: ProjectData, name: str, made: dict[str, Node], block: dict[str, Any]) -> bool:
    """Whether the network has no error with an output behind its newest node."""
    last = list(made.values())[-1]
    several = len(ports.outputs(last, project)) > 1
    ended = {**made, "end": Node("end", OUTPUT, args=(reference(last.id, 0 if several else None),))}
    tried = {**project.networks, name: Network(ended, block)}
    return not survey(replace(project, networks=tried), Context()).errors()


def grown(draw: Any, project: ProjectData, name: str, shape: list[Any], block: dict[str, Any]) -> ProjectData:
    """`project` with one more network, of at most eight nodes."""
    made: dict[str, Node] = {"image": Node("image", INPUT, {"shape": shape})}
    types = TYPES + [f"{BLOCK}{inner}" for inner in project.networks] * 30
    for place in range(draw(st.integers(2, 6))):
        type_ = draw(st.sampled_from(types))
        id_ = draw(st.sampled_from(NAMES)).format(place)
        held = any(other.startswith(f"{id_}.") or id_.startswith(f"{other}.") for other in made)
        if id_ in made or held:
            continue
        node = nodes.new_node(type_, id_, (draw(st.integers(-5, 5)) * 8, 96 * place))
        if block and "out_features" in node.params and draw(st.booleans()):
            node = replace(node, params={**node.params, "out_features": {"p": "width"}})
        if type_.startswith(BLOCK):
            node = replace(node, params=draw(st.sampled_from([{}, {"width": 5}])))
            if draw(st.booleans()):
                node = replace(node, repeat=draw(st.integers(1, 3)))
        same = [n for n in made.values() if n.type == type_ and n.path is None]
        if same and draw(st.booleans()):
            shared = draw(st.sampled_from(same))
            node = replace(node, params={}, path=shared.id, repeat=shared.repeat)
        node = wired(draw, node, made, project)
        if fits(project, name, {**made, id_: node}, block):
            made[id_] = node
    last = list(made.values())[-1]
    several = len(ports.outputs(last, project)) > 1
    made["end"] = Node("end", OUTPUT, args=(reference(last.id, 0 if several else None),), at=(0, 960))
    return replace(project, networks={**project.networks, name: Network(made, block)})


@st.composite
def projects(draw: Any) -> ProjectData:
    """A project with a network, mostly with a block that it uses; all of it without errors."""
    project = ProjectData("Grown", {})
    shape = draw(st.sampled_from(SHAPES))
    if draw(st.integers(0, 2)):
        project = grown(draw, project, "Inner", shape, {"width": 4})
    project = grown(draw, project, "model", shape, {})
    ordered = dict(sorted(project.networks.items(), key=lambda item: item[0] != "model"))
    return replace(project, networks=ordered)
