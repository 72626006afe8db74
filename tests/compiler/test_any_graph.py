"""Whatever a person, or a file, puts together: the analysis never raises, and an error-free network runs."""

from __future__ import annotations

from typing import Any

import torch
from drawing import DIGITS, IRIS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.catalog import nodes, ports, table
from studio.compiler.analysis import Context, N, TensorSpec
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
from studio.graph.document import Change, Document
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import reference

NONE = Context((TensorSpec((N, 8, 8, 8)),))
TYPES = [e.type for e in table.entries() if e.type not in {"input", "output"}] + ["block:Inner"] * 80
LITERALS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 70), st.sampled_from([10**9, 10**15, 10**30, -(10**20)]),
    st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5), st.just("auto"),
    st.lists(st.integers(-2, 9), max_size=4),
    st.sampled_from([
        {"t": [1, 2]}, {"f": "inf"}, {"dtype": "float64"}, {"dtype": "nothing"}, {"ellipsis": True},
        {"p": "width"}, {"expr": "//", "of": [1, 0]}, {"expr": "*", "of": [{"p": "width"}, 2]},
        {"size": [{"n": "n0"}, 0]},
        {"shape": {"n": "n1"}}, {"slice": [None, 2, None]}, {"getitem": [{"n": "n1"}, 0]},
        {"if_training": [1, 2]},
        {"if": [{"expr": "<", "of": [{"size": [{"n": "n0"}, 2]}, 7]}, 0, {"n": "n1"}]},
        {"if": [{"expr": "<", "of": ["a", 7]}, 0, 1]},
        {"each": [1, 2]}, {"expr": "*", "of": [{"each": [1, 2]}, 3]}, {"each": {"p": "width"}},
        {"what": 3}, {"size": "x"}, {"d": {"a": 1}}, {"t": 3},
    ]),
)  # fmt: skip
REPEATS = st.one_of(
    st.none(), st.none(), st.integers(1, 3), st.integers(1, 3), st.just({"p": "width"}), LITERALS
)
WIRES = st.builds(
    lambda n, i: {"n": f"n{n}"} if i is None else {"n": f"n{n}", "i": i},
    st.integers(0, 9),
    st.sampled_from([None, None, None, 0, 1, 9]),
)


def rarely(draw: Any) -> bool:
    return draw(st.integers(0, 24)) == 24


@st.composite
def networks(draw: Any, count: int = 8) -> Network:
    """Mostly sensible: nodes as from the palette, wired to what came before; now and then anything at all."""
    strange = draw(st.sampled_from([{"shape": ["N", 3, 8, 8]}, {"shape": "x"}, {"dtype": "int64"}]))
    made: dict[str, Node] = {"n0": Node("n0", "input", strange if rarely(draw) else {})}
    for place in range(1, draw(st.integers(2, count))):
        node = nodes.new_node(draw(st.sampled_from(TYPES)), f"n{place}", (0, 96 * place))
        params, arguments = dict(node.params), node.arguments
        for port in ports.inputs(node):
            if not port.optional:
                before = draw(st.one_of(st.just(place - 1), st.integers(0, place - 1)))
                several = len(ports.outputs(made[f"n{before}"])) > 1
                wire = draw(WIRES) if rarely(draw) else reference(f"n{before}", 0 if several else None)
                arguments = arguments.with_value((*port.slot, 0) if port.variadic else port.slot, wire)
        kwargs = dict(arguments.kwargs)
        for changed in (params, kwargs):
            if rarely(draw):
                changed[draw(st.sampled_from([*changed, "padding", "dim"]))] = draw(LITERALS)
        repeat = draw(REPEATS) if node.block or rarely(draw) else None
        made[node.id] = Node(node.id, node.type, params, arguments.args, kwargs, node.at, repeat=repeat)
    last = list(made.values())[-1]
    several = len(ports.outputs(last)) > 1
    made["end"] = Node("end", "output", args=(reference(last.id, 0 if several else None),))
    return Network(made, draw(st.sampled_from([{}, {"width": 4}])))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks(), networks(5), st.sampled_from([DIGITS, IRIS, NONE]))
def test_no_project_is_too_strange_to_analyse(model: Network, inner: Network, context: Any):
    project = ProjectData("Any", {"model": model, "Inner": inner})
    analysis = analyse(project, context)
    for problem in analysis.problems:
        assert str(problem.text)
        assert problem.node is None or problem.node in project.networks[problem.network].nodes
        for cure in problem.cures:
            document = Document(project)
            document.replay(Change(cure.label, cure.operations))
            assert problem.code not in {
                p.code
                for p in analyse(document.data(), context).problems
                if (p.network, p.node) == (problem.network, problem.node)
            }
    for name, node in ((n, i) for n, r in analysis.networks.items() for i in r.nodes):
        state = analysis.report(name, node).state
        assert state in {"ok", "problem", "waiting"}
    if not analysis.errors:
        module = build(project, context=context).eval()
        compile(source(project, context=context), "written", "exec")
        assert module is not None and torch.is_grad_enabled()
