"""An ONNX file as a network and its weights. What no node can stand for is refused by name and reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio.graph.model import Network, Node
from studio.graph.values import Json
from studio.importing.onnx import folding
from studio.importing.onnx.call import Call
from studio.importing.onnx.drawing import Drawing, identifier
from studio.importing.onnx.file import BATCH, Declared, OnnxError, Operator, read
from studio.importing.onnx.operators import HANDLERS, why_not
from studio.importing.onnx.scopes import Homes
from studio.importing.onnx.values import Const, Dims, Filled, Lengths, Ref, Unsupported, Value
from studio.quantities import count
from studio.words import Message

SHOWN = 8
"""refusals that are told of one file"""


@dataclass(frozen=True, slots=True)
class Imported:
    """A network, its weights by their names in the module's state_dict, and lines for a person.

    `homes` says where its nodes stood in the module that was exported.
    """

    network: Network
    weights: Mapping[str, np.ndarray[Any, Any]]
    lines: tuple[Message, ...]
    homes: Homes


def import_file(path: Path) -> Imported:
    """The network in an ONNX file. Nothing of it is run. Raises OnnxError, naming what is in the way."""
    graph = read(path)
    drawing = Drawing(graph, values={n: Const(array, n) for n, array in graph.constants.items()})
    for operator in graph.operators:
        for name in operator.inputs:
            drawing.users.setdefault(name, []).append(operator)
    for declared in graph.inputs:
        drawing.values[declared.name] = _input(drawing, declared)
    refusals = _draw(drawing)
    if refusals:
        raise _refused(path, refusals)
    _outputs(drawing, path)
    return _without_idle(drawing, path)


def _input(drawing: Drawing, declared: Declared) -> Ref:
    """An input; its batch is N. An open length is L where it is the only one, else the data's to say."""
    id_ = drawing.name(identifier(declared.name), "input")
    params: dict[str, Json] = {}
    shape = declared.shape
    if shape:
        open_ = [place for place, length in enumerate(shape) if length == BATCH and place > 0]
        if len(open_) < 2:
            lengths = ["N", *("L" if length == BATCH else length for length in shape[1:])]
            params["shape"] = lengths
    if declared.dtype not in ("", "float32", "float64", "float16"):
        params["dtype"] = declared.dtype
    drawing.nodes[id_] = Node(id_, "input", params)
    known: Dims | None = None
    if shape is not None:
        known = tuple(None if length == BATCH else length for length in shape)
    return Ref(id_, None, known)


def _draw(drawing: Drawing) -> dict[tuple[str, str], tuple[Message, int]]:
    """Draws every operator; those that cannot be, by type and reason, with how many there are."""
    refusals: dict[tuple[str, str], tuple[Message, int]] = {}
    for operator in drawing.graph.operators:
        if all(name in drawing.values for name in operator.outputs if name):
            continue  # drawn with the operator before it
        if any(name and name not in drawing.values for name in operator.inputs):
            continue  # waits for one that was refused
        drawing.module = operator.module
        try:
            found = _one(drawing, operator)
        except Unsupported as error:
            mark = (operator.type, str(error.reason))
            refusals[mark] = (error.reason, refusals.get(mark, (error.reason, 0))[1] + 1)
            continue
        for name, value in zip(operator.outputs, found, strict=False):
            if name:
                drawing.values.setdefault(name, value)
    return refusals


def _one(drawing: Drawing, operator: Operator) -> tuple[Value, ...]:
    given: list[Value | None] = [drawing.values[name] if name else None for name in operator.inputs]
    folded = folding.fold(operator, given) if operator.domain in ("", "ai.onnx") else None
    if folded is not None:
        return (folded,)
    handler = HANDLERS.get(operator.type)
    if handler is None or operator.domain not in ("", "ai.onnx"):
        raise Unsupported(why_not(operator.type, operator.domain))
    try:
        found = handler(Call(drawing, operator, tuple(given)))
    except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
        raise Unsupported(Message("its arguments do not fit: {reason}", reason=error)) from error
    return found if isinstance(found, tuple) else (found,)


def _refused(path: Path, refusals: Mapping[tuple[str, str], tuple[Message, int]]) -> OnnxError:
    told = [
        f"{type_} ({count}×): {reason}" if count > 1 else f"{type_}: {reason}"
        for (type_, _), (reason, count) in list(refusals.items())[:SHOWN]
    ]
    return OnnxError(
        Message(
            "{file} cannot become a network: {reasons}{more}. Export the model another way, or leave these "
            "parts out.",
            file=path.name,
            reasons="; ".join(told),
            more="; …" if len(refusals) > SHOWN else "",
        )
    )


def _outputs(drawing: Drawing, path: Path) -> None:
    for declared in drawing.graph.outputs:
        value = drawing.values.get(declared.name)
        if value is None or isinstance(value, Lengths | Filled):
            raise OnnxError(
                Message(
                    "{file} cannot become a network: its output {name} is no tensor.",
                    file=path.name,
                    name=declared.name,
                )
            )
        id_ = drawing.name(identifier(declared.name), "output")
        drawing.nodes[id_] = Node(id_, "output", args=(drawing.tensor(value),))


def _without_idle(drawing: Drawing, path: Path) -> Imported:
    """Nodes that no output depends on are left out; the rest is told."""
    nodes, live = drawing.nodes, set[str]()
    waiting = [id_ for id_, node in nodes.items() if node.type == "output"]
    while waiting:
        id_ = waiting.pop()
        if id_ not in live:
            live.add(id_)
            waiting += [value["n"] for _, value in nodes[id_].arguments.references()]
            waiting += [nodes[id_].path or id_]
    kept = {id_: node for id_, node in nodes.items() if id_ in live or node.type == "input"}
    weights = {
        name: array
        for name, array in drawing.weights.items()
        if name in kept or name.rpartition(".")[0] in kept
    }
    lines = [
        Message("ONNX opset {n}, {operators} operators.", n=drawing.graph.opset,
                operators=len(drawing.graph.operators)),
        Message("Nodes: {n}. Weights: {tensors} tensors, {numbers} numbers.", n=len(kept),
                tensors=len(weights), numbers=count(sum(array.size for array in weights.values()))),
    ]  # fmt: skip
    if len(kept) < len(nodes):
        lines.append(Message("Left out, as no output depends on them: {n}.", n=len(nodes) - len(kept)))
    lines += _of_inputs(drawing)
    return Imported(
        Network(_in_order(kept)), weights, tuple(lines), Homes(drawing.homes, drawing.graph.kinds)
    )


def _of_inputs(drawing: Drawing) -> list[Message]:
    return [
        Message("The size of the input {name} is open in the file; it follows the data.", name=id_)
        for id_, node in drawing.nodes.items()
        if node.type == "input" and "shape" not in node.params
    ]


def _in_order(nodes: Mapping[str, Node]) -> dict[str, Node]:
    """Inputs first, outputs last, as a person would draw it."""
    rank = {"input": 0, "output": 2}
    ordered = sorted(nodes.values(), key=lambda node: rank.get(node.type, 1))
    return {node.id: node for node in ordered}
