"""LSTM, GRU and RNN: the same numbers, with the gates in PyTorch's order."""

from __future__ import annotations

import numpy as np

from studio.graph.values import Json
from studio.importing.onnx.call import Call
from studio.importing.onnx.drawing import Array
from studio.importing.onnx.values import Const, Filled, Ref, Unsupported
from studio.words import Message

GATES = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""where in ONNX's order PyTorch's gates stand: input, forget, cell, output; reset, update, new"""
_USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


def recurrent(call: Call) -> tuple[Ref, ...]:
    """The outputs Y (length, directions, batch, hidden), Y_h and Y_c (directions, batch, hidden)."""
    kind = call.operator.type
    _refuse_unusual(call, kind)
    weights, hidden, directions = _weights(call, kind)
    params: dict[str, Json] = {
        "input_size": weights["weight_ih_l0"].shape[1],
        "hidden_size": hidden,
    }
    params |= {} if call.value(3) is not None else {"bias": False}
    params |= {"bidirectional": True} if directions == 2 else {}
    made = call.add(
        f"nn.{kind}",
        call.ref().json,
        params=params,
        weights=weights,
        sources=tuple(call.named(place) for place in (1, 2, 3)),
    )
    return _outputs(call, made, kind, hidden, directions)


def _outputs(call: Call, made: Ref, kind: str, hidden: int, directions: int) -> tuple[Ref, ...]:
    shape_in = call.ref().shape
    length, batch = shape_in[:2] if shape_in is not None else (None, None)
    taken = [i < len(call.operator.outputs) and bool(call.operator.outputs[i]) for i in range(3)]
    state = (directions, batch, hidden)
    every = made
    if taken[0]:
        first = {"n": made.node, "i": 0}
        shape = (length, directions, batch, hidden)
        if directions == 1:
            every = call.add("torch.unsqueeze", first, dim=1, known=shape)
        else:
            parted = call.add(
                "torch.unflatten", first, dim=2, sizes=[2, hidden], known=(length, batch, 2, hidden)
            )
            every = call.add("torch.permute", parted.json, dims=[0, 2, 1, 3], known=shape)
    return every, Ref(made.node, 1, state), Ref(made.node, 2, state)


def _refuse_unusual(call: Call, kind: str) -> None:
    direction = call.attribute("direction", "forward")
    count = 2 if direction == "bidirectional" else 1
    if direction == "reverse":
        raise Unsupported(Message("it reads backwards only"))
    if call.attribute("layout", 0):
        raise Unsupported(Message("its batch comes first; export with layout 0"))
    if call.attribute("clip") is not None or call.attribute("input_forget"):
        raise Unsupported(Message("it clips or couples its gates"))
    if call.attribute("activations", _USUAL[kind] * count) != _USUAL[kind] * count:
        raise Unsupported(Message("its activations are not the usual ones"))
    if kind == "GRU" and not call.attribute("linear_before_reset", 0):
        raise Unsupported(Message("it resets before the product, PyTorch's GRU after it"))
    if call.value(4) is not None:
        raise Unsupported(Message("it is told the length of each sequence"))
    if call.value(7) is not None:
        raise Unsupported(Message("its gates look at the cell's state"))
    for place in (5, 6):
        start = call.value(place)
        known = start is None or (isinstance(start, Filled) and start.number == 0)
        if not known and not (isinstance(start, Const) and not start.array.any()):
            raise Unsupported(Message("it begins with a state of its own"))


def _weights(call: Call, kind: str) -> tuple[dict[str, Array], int, int]:
    """The tensors by PyTorch's names, how wide the state is, and how many directions there are."""
    inward, across, bias = call.weight(1).array, call.weight(2).array, call.constant(3)
    directions, hidden = across.shape[0], across.shape[2]

    def ordered(matrix: Array) -> Array:
        parts = np.split(matrix, len(GATES[kind]))
        return np.ascontiguousarray(np.concatenate([parts[gate] for gate in GATES[kind]]))

    found: dict[str, Array] = {}
    for direction in range(directions):
        end = "_l0_reverse" if direction else "_l0"
        found["weight_ih" + end] = ordered(inward[direction])
        found["weight_hh" + end] = ordered(across[direction])
        if bias is not None:
            ours, theirs = np.split(bias.array[direction], 2)
            found["bias_ih" + end], found["bias_hh" + end] = ordered(ours), ordered(theirs)
    return found, hidden, directions
