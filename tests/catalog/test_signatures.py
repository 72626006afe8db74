"""The catalogue's values, held against the signatures and the behaviour of real PyTorch."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.catalog import automatic, callables, ports, signatures, table
from studio.catalog.entry import Entry, Parameter
from studio.catalog.nodes import new_node
from studio.compiler import literals
from studio.graph.model import Node

_spec = importlib.util.spec_from_file_location("catalog_samples", Path(__file__).with_name("samples.py"))
assert _spec and _spec.loader
samples = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(samples)

MODULES = [entry for entry in table.entries() if entry.kind == "module"]
FUNCTIONS = [entry for entry in table.entries() if entry.kind in {"function", "method"}]


def ids(entries: Iterable[Entry]) -> list[str]:
    return [entry.type for entry in entries]


def arguments_of(params: dict[str, Any]) -> dict[str, Any]:
    return literals.parameters(params)


def build(entry: Entry, tensors: tuple[torch.Tensor, ...], **changed: Any) -> torch.nn.Module:
    auto = automatic.values(entry.type, [tuple(t.shape) for t in tensors])
    assert set(auto) == set(entry.auto)
    return callables.find(entry.type)(**arguments_of({**entry.new, **auto, **changed}))


def call(entry: Entry, tensors: tuple[torch.Tensor, ...], **changed: Any) -> Any:
    node = new_node(entry.type, "x").arguments
    required = [port for port in entry.inputs if not port.optional]
    several = 2 if entry.inputs and entry.inputs[0].variadic and len(tensors) == 1 else 1
    for place, tensor in enumerate(tensors * several):
        port = required[min(place, len(required) - 1)]
        node = node.with_value((*port.slot, place) if port.variadic else port.slot, tensor)
    args, kwargs = literals.read([list(node.args), {"d": {**node.kwargs, **changed}}], Given())
    return callables.find(entry.type)(*args, **kwargs)


class Given(literals.LiteralReader):
    """Reads tensors as themselves."""

    def literal(self, value: Any) -> Any:
        return value


def flat(result: Any) -> list[torch.Tensor]:
    return [result] if isinstance(result, torch.Tensor) else [t for part in result for t in flat(part)]


@pytest.mark.parametrize("entry", MODULES, ids=ids(MODULES))
def test_every_name_of_an_entry_is_an_argument_of_pytorch(entry: Entry) -> None:
    known = {p.name for p in signatures.parameters(entry.type)}
    assert {*entry.new, *entry.auto, *filter(None, [entry.auto_out])} <= known


@pytest.mark.parametrize("entry", MODULES, ids=ids(MODULES))
def test_a_new_node_with_auto_sizes_has_all_that_pytorch_requires(entry: Entry) -> None:
    required = {p.name for p in signatures.parameters(entry.type) if p.required}
    assert required <= {*entry.new, *entry.auto}


@pytest.mark.parametrize("entry", MODULES, ids=ids(MODULES))
def test_a_new_module_can_be_built_and_called(entry: Entry) -> None:
    tensors = samples.inputs(entry)
    result = build(entry, tensors)(*tensors)
    node = Node("x", entry.type, dict(entry.new))
    assert len(flat(result)) == len(ports.outputs(node))


@pytest.mark.parametrize("entry", FUNCTIONS, ids=ids(FUNCTIONS))
def test_a_new_function_can_be_called(entry: Entry) -> None:
    tensors = samples.inputs(entry)
    given = len(flat(call(entry, tensors)))
    assert given == len(ports.outputs(new_node(entry.type, "x")))


@pytest.mark.parametrize("entry", FUNCTIONS, ids=ids(FUNCTIONS))
def test_the_literals_of_a_function_are_in_its_signature(entry: Entry) -> None:
    assert set(entry.new) <= {p.name for p in signatures.parameters(entry.type)}
    wired = {port.name for port in entry.inputs}
    assert not wired & {p.name for p in signatures.parameters(entry.type)}


@pytest.mark.parametrize("entry", [*MODULES, *FUNCTIONS], ids=ids([*MODULES, *FUNCTIONS]))
def test_no_argument_is_without_an_editor(entry: Entry) -> None:
    found = signatures.parameters(entry.type)
    assert [p.name for p in found if p.kind == "any" and p.name != "index"] == []
    assert all(p.name not in {"device"} for p in found)
    for p in found:
        if p.kind in {"int", "float"} and p.default is not None:
            assert (p.minimum is None or p.default >= p.minimum) and (
                p.maximum is None or p.default <= p.maximum
            )


def words() -> list[tuple[Entry, Parameter, str]]:
    return [
        (entry, p, word)
        for entry in MODULES
        for p in signatures.parameters(entry.type)
        if p.kind in {"choice", "int_tuple", "layer"}
        for word in p.choices
    ]


_MODES = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3, "nearest": 2, "nearest-exact": 2}


@pytest.mark.parametrize(
    ("entry", "parameter", "word"), words(), ids=[f"{e.type}-{p.name}-{w}" for e, p, w in words()]
)
def test_pytorch_takes_every_choice_that_is_offered(entry: Entry, parameter: Parameter, word: str) -> None:
    tensors = samples.inputs(entry)
    if entry.type == "nn.Upsample" and parameter.name == "mode":
        tensors = (torch.rand(samples.IMAGES[_MODES[word]]),)
    value = {"layer": word} if parameter.kind == "layer" else word
    build(entry, tensors, **{parameter.name: value})(*tensors)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_size_has_as_many_numbers_as_the_layer_has_dimensions(n: int) -> None:
    kernel = signatures.parameter(f"nn.Conv{n}d", "kernel_size")
    assert kernel is not None and (kernel.kind, kernel.length, kernel.required) == ("int_tuple", n, True)


def test_the_arguments_of_recurrent_layers_come_from_their_overloads() -> None:
    names = [p.name for p in signatures.parameters("nn.LSTM")]
    assert names[:3] == ["input_size", "hidden_size", "num_layers"] and "proj_size" in names
    nonlinearity = signatures.parameter("nn.RNN", "nonlinearity")
    assert nonlinearity is not None and nonlinearity.choices == ("tanh", "relu")


def test_a_function_knows_where_its_literals_may_also_stand() -> None:
    assert signatures.positions("torch.flatten")["start_dim"] == 1
    assert signatures.positions("op.getitem") == {"index": 1}
    assert signatures.positions("Tensor.transpose")["dim0"] == 1


def test_what_a_module_is_called_with_beside_its_wires() -> None:
    named = {p.name: (p.kind, p.default) for p in signatures.call_parameters("nn.MultiheadAttention")}
    assert named["need_weights"] == ("bool", True)
    assert "attn_mask" not in named
    assert signatures.call_parameters("nn.LSTMCell") == ()
    assert [p.name for p in signatures.call_parameters("nn.ConvTranspose2d")] == ["output_size"]


def test_a_stack_has_the_arguments_of_its_layer_and_its_own() -> None:
    names = [p.name for p in signatures.parameters("nn.TransformerEncoder")]
    assert names[:3] == ["d_model", "nhead", "num_layers"] and {"norm_first", "norm"} <= set(names)


def test_a_signature_reads_as_python() -> None:
    assert signatures.signature_text("nn.LeakyReLU") == "LeakyReLU(negative_slope=0.01, inplace=False)"
    assert signatures.signature_text("torch.cat") == "cat(tensors, dim=0)"
