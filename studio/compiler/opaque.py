"""Parts of imported modules that no document holds: their shapes are known, what they do is not.

See docs/decisions/0127-opaque-nodes.md. Imports torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from studio.catalog import ports
from studio.compiler.analysis import Dim, N, TensorSpec
from studio.compiler.evaluate import Outcome
from studio.compiler.literals import dtype
from studio.compiler.problems import remedies
from studio.compiler.problems.finding import Diagnosis
from studio.compiler.symbols import tensors_in, tensors_of, together
from studio.graph.model import OPAQUE, Node
from studio.graph.values import Json
from studio.words import Message, NetloomError

CODE = "opaque"
"""the code of the problem that every such node is: a network with one is walked through, and not built"""


def outcome(node: Node) -> Outcome | None:
    """Tensors of the shapes that the node says it gives; None where it says none."""
    gives = _said(node).get("gives")
    specs = [_spec(item) for item in gives] if isinstance(gives, list) else []
    known = [spec for spec in specs if spec is not None]
    if not known or len(known) != len(specs) or len(known) != len(ports.outputs(node)):
        return None
    values = [tensors_of(spec) for spec in known]
    return Outcome(values[0] if len(values) == 1 else together(values))


def explain(network: str, node: Node) -> Diagnosis:
    """What the node stands for, and what may be done."""
    said = _said(node)
    kind = str(said.get("class") or "?").rpartition(".")[2]
    reason = str(said.get("reason") or "?")
    if is_rest(node):
        text = Message(
            "{node} is what {kind} does from here on, which no document can hold: {reason}. Draw it with "
            "nodes that do the same, or remove it and give out what comes before.",
            node=node.id, kind=kind, reason=reason,
        )  # fmt: skip
    else:
        text = Message(
            "{node} is a {kind} of Python, which no document can hold: {reason}. Put nodes that do the same "
            "in its place, or build the network from Python and hand the module in.",
            node=node.id, kind=kind, reason=reason,
        )  # fmt: skip
    return Diagnosis(CODE, text, (remedies.remove(network, node.id),))


def is_rest(node: Node) -> bool:
    """Whether the node is what a module does after the part that is drawn."""
    return _said(node).get("rest") is True


def module(node: Node, path: str, modules: Mapping[str, torch.nn.Module]) -> torch.nn.Module:
    """The module that the caller hands in for the node at `path`. Raises NetloomError where there is none."""
    if is_rest(node):
        raise NetloomError(
            Message("{path} is the rest of a module, and no module by itself: it cannot be built.", path=path)
        )
    if path not in modules:
        raise NetloomError(
            Message(
                '{path} is opaque: hand in its module, as in build(modules={{"{path}": ...}}).', path=path
            )
        )
    return modules[path]


def tensors(given: Any) -> tuple[torch.Tensor, ...]:
    """The tensors of what a module gives, depth first: the outputs of the node, in their order."""
    return tuple(tensors_in(given))


def _said(node: Node) -> Mapping[str, Json]:
    said = node.extra.get(OPAQUE)
    return said if isinstance(said, dict) else {}


def _spec(said: Json) -> TensorSpec | None:
    """A shape as the node has it; None where it is none."""
    if not isinstance(said, dict) or not isinstance(said.get("shape"), list):
        return None
    shape: list[Dim] = []
    for length in said["shape"]:
        if length != "N" and not (type(length) is int and length >= 0):
            return None
        shape.append(N if length == "N" else length)
    kind = str(said.get("dtype") or "float32")
    try:
        dtype(kind)
    except NetloomError:
        return None
    return TensorSpec(tuple(shape), kind)


def opaque_steps(walk: Any) -> Iterator[Node]:
    """The opaque nodes of a walk that its outputs depend on, those in its blocks among them."""
    for id_, step in walk.steps.items():
        if walk.live and id_ not in walk.live:
            continue
        if step.node.type == OPAQUE:
            yield step.node
        for nested in step.repetitions:
            yield from opaque_steps(nested)
