"""One node on PyTorch's meta device, for several batch sizes: its outputs and its costs, or why it fails.

Nothing is allocated: meta tensors have shapes and no memory. Answers are remembered by what they depend on.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
from torch.nn import init
from torch.utils._device import DeviceContext

from studio.catalog import callables, table
from studio.compiler import literals, starts
from studio.compiler.costs import Counter
from studio.compiler.forms import read
from studio.compiler.keeping import alike, keeps, widened
from studio.compiler.literals import LiteralReader, parameters
from studio.compiler.memo import Memo
from studio.compiler.symbols import BATCHES, BatchError, Value, spec_of, tensors_in, value_of
from studio.graph.values import Json, is_reference, references
from studio.words import NetloomError

LARGEST_PARAMETERS = 10**10
"""numbers a layer may learn: 40 GB in float32"""
LARGEST_OUTPUT = 10**11
"""values a layer may give for a sample"""
MOST_REPEATS = 1024
"""layers a single module may stack: each is made one by one"""

UNDECIDED: Mapping[str, Mapping[str, Json]] = {
    "nn.TransformerEncoder": {"is_causal": False},
    "nn.TransformerDecoder": {"tgt_is_causal": False},
    "nn.Transformer": {"src_is_causal": False, "tgt_is_causal": False},
}
"""What a layer would look into a mask for: meta tensors have no values, and shapes do not depend on it."""

REFUSALS = (
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    AssertionError,
    ArithmeticError,
    AttributeError,
    MemoryError,
    BatchError,
    NetloomError,
)
"""What PyTorch, and our reading of literals, raise for arguments that do not fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a node gives and costs. Costs are per sample; `parameters` are what its module learns."""

    value: Value
    parameters: int = 0
    multiply_adds: int = 0
    activation_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a node gives nothing. `amount` is how many parameters or values would be too many."""

    stage: Literal["make", "call", "limit", "batch"]
    kind: str
    text: str
    amount: int = 0


Result: TypeAlias = Outcome | Failure
Lookup: TypeAlias = Callable[[str, int | None], Value]

_modules: Memo[torch.nn.Module | Failure] = Memo(2048)
_results: Memo[Result] = Memo(8192)


def evaluate(
    type_: str, params: Mapping[str, Json], args: list[Json], kwargs: Mapping[str, Json], lookup: Lookup
) -> Result:
    """What a call of `type_` gives. `lookup` finds the value of a reference."""
    made = json.dumps(params, sort_keys=True) if params else "{}"
    try:
        given = _references(args, kwargs, lookup)
        if given is not None:
            called = f"[[{','.join([value.key for value in given])}],{{}}]"
        else:
            called = read([args, {"d": kwargs}], _KeyReader(lookup))
    except REFUSALS as error:
        return _failure("call", error)
    return _results.get(
        f"{type_}|{made}|{called}", lambda: _work_out(type_, made, params, args, kwargs, lookup)
    )


def _references(args: list[Json], kwargs: Mapping[str, Json], lookup: Lookup) -> list[Value] | None:
    """The values of arguments that are plain references, as most are; None where one is something else."""
    if kwargs or not all(is_reference(value) for value in args):
        return None
    return [lookup(value["n"], value.get("i")) for value in args]


def read_value(value: Json, lookup: Lookup) -> Value:
    """An argument with the values of its references put in."""
    return value_of(*(read(value, _RunReader(lookup, point)) for point in range(_points(value, lookup))))


def _points(value: Json, lookup: Lookup) -> int:
    """For how many of `POINTS` what `value` refers to was worked out."""
    held = (lookup(found["n"], found.get("i")) for _, found in references(value))
    return max((len(value.runs) for value in held), default=len(BATCHES))


def misses() -> int:
    """How many answers had to be worked out so far."""
    return _results.misses


def forget() -> None:
    _modules.clear()
    _results.clear()


def _work_out(
    type_: str,
    made: str,
    params: Mapping[str, Json],
    args: list[Json],
    kwargs: Mapping[str, Json],
    lookup: Lookup,
) -> Result:
    kwargs = {**UNDECIDED.get(type_, {}), **kwargs}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        entry = table.entry(type_)
        learned, given, plain = 0, None, _references(args, kwargs, lookup)
        target: Any
        if entry is not None and entry.kind == "module":
            module = _module(type_, made, params)
            if isinstance(module, Failure):
                return module
            target, learned = module, sum(p.numel() for p in module.parameters())
            if learned > LARGEST_PARAMETERS:
                return Failure("limit", "parameters", "", learned)
            if plain is not None and len(plain) == 1:
                given = plain[0]
                if keeps(module, given):
                    return Outcome(given, learned, 0, _bytes(given.runs[0]))
        else:
            target = callables.find(type_)
            if plain is not None and type_ in _PAIRED and alike(plain):
                return Outcome(plain[0], 0, 0, _bytes(plain[0].runs[0]))
        try:
            if given is not None and (wide := widened(target, given)) is not None:
                return _outcome(wide.runs, learned, given.runs[0].numel() * target.out_features)
            return _call(target, learned, args, kwargs, lookup, _is_light(type_))
        except REFUSALS as error:
            return _failure("call", error)


def made(type_: str, params: Mapping[str, Json]) -> torch.nn.Module | Failure:
    """A layer without memory."""
    return _module(type_, json.dumps(params, sort_keys=True), params)


def _module(type_: str, key: str, params: Mapping[str, Json]) -> torch.nn.Module | Failure:
    return _modules.get(f"{type_}|{key}", lambda: _make(type_, params))


class _Unfilled(DeviceContext):
    """Makes tensors without memory, and draws no first values for them: on meta that is half the work."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in _DRAWN:
            return args[0] if args else (kwargs or {})["tensor"]
        return super().__torch_function__(func, types, args, kwargs)  # type: ignore[no-untyped-call]


_DRAWN = frozenset({init.kaiming_uniform_, init.uniform_, init.normal_})


def _make(type_: str, params: Mapping[str, Json]) -> torch.nn.Module | Failure:
    for name, value in params.items():
        repeats = name.startswith("num_") and name.endswith("layers")
        if repeats and isinstance(value, int) and value > MOST_REPEATS:
            return Failure("limit", name, "", value)
    try:
        with _Unfilled("meta"):
            module: torch.nn.Module = callables.find(type_)(**parameters(params))
        return module
    except REFUSALS as error:
        return _failure("make", error)


_LIGHT = {"shape", "activation", "pooling", "dropout"}
"""categories whose functions and layers multiply nothing and make no tensor of their own"""
_PLAIN = frozenset(f"{home}.{name}" for home in ("torch", "op", "Tensor") for name in (
    "add", "sub", "mul", "div", "truediv", "floordiv", "getitem", "cat", "stack", "mean", "sum", "roll",
    "chunk", "split", "unbind", "neg", "sqrt", "exp", "abs", "clamp", "maximum", "minimum", "pow",
))  # fmt: skip


_PAIRED = frozenset(f"{home}.{name}" for home in ("torch", "op", "Tensor") for name in ("add", "sub", "mul"))
"""functions that give two tensors of one shape as a third"""


def _is_light(type_: str) -> bool:
    """Whether a call needs neither a counter of products nor a mode that makes new tensors hold no memory."""
    entry = table.entry(type_)
    return entry is not None and (type_ in _PLAIN or entry.category in _LIGHT)


def _light(run: Callable[[int], Any], points: int) -> tuple[Any, ...] | None:
    """The runs without modes, which cost more than the work; None where they fail or leave the device."""
    try:
        runs = tuple(map(run, range(points)))
    except REFUSALS:
        return None
    return runs if all(tensor.is_meta for made in runs for tensor in tensors_in(made)) else None


def _call(
    target: Callable[..., Any],
    learned: int,
    args: list[Json],
    kwargs: Mapping[str, Json],
    lookup: Lookup,
    light: bool = False,
) -> Result:
    plain = _references(args, kwargs, lookup)

    def run(point: int) -> Any:
        if plain is not None:
            return target(*[value.at_point(point) for value in plain])
        positional, named = read([args, {"d": kwargs}], _RunReader(lookup, point))
        return target(*positional, **named)

    points = _points([args, {"d": kwargs}], lookup)
    with torch.no_grad():
        found = _light(run, points) if light else None
        if found is None:
            with torch.device("meta"), Counter() as counter:
                first = run(0)
            with torch.device("meta"):
                found = (first, *map(run, range(1, points)))
            products = counter.multiply_adds
        else:
            products = 0.0
    return _outcome(found, learned, products)


def _outcome(runs: tuple[Any, ...], learned: int, products: float) -> Result:
    """What a call gave for each point, where it can be told. Raises BatchError where N does not say it."""
    first = runs[0]
    outputs = list(tensors_in(first))
    values = sum(t.numel() for t in outputs) / BATCHES[0]
    if values > LARGEST_OUTPUT:
        return Failure("limit", "values", "", round(values))
    given = [list(tensors_in(run)) for run in runs]
    if len({len(tensors) for tensors in given}) > 1:
        raise BatchError("it gives as many tensors as the batch has samples")
    for same in zip(*given, strict=True):
        spec_of(value_of(*same))
    return Outcome(value_of(*runs), learned, round(products / BATCHES[0]), _bytes(first))


def _bytes(output: Any) -> int:
    """What an output takes in memory, a sample."""
    return round(sum(t.numel() * t.element_size() for t in tensors_in(output)) / BATCHES[0])


def constant(type_: str, params: Mapping[str, Json]) -> Result:
    """A `const`, `param` or `buffer`: a tensor that does not depend on the input."""
    try:
        kind = literals.dtype(str(params.get("dtype") or "float32"))
        if type_ == "const":
            shape = torch.tensor(literals.parameter(params.get("value"))).shape
        else:
            shape = torch.Size(_lengths(params.get("shape")))
        tensor = torch.empty(shape, dtype=kind, device="meta")
        if type_ != "const":
            starts.check(type_, params, tensor)
    except REFUSALS as error:
        return _failure("make", error)
    learned = tensor.numel() if type_ == "param" else 0
    if tensor.numel() > LARGEST_PARAMETERS:
        return Failure("limit", "parameters", "", tensor.numel())
    return Outcome(value_of(tensor, tensor), learned)


def _lengths(shape: Json) -> list[int]:
    if isinstance(shape, list) and all(type(d) is int and d >= 0 for d in shape):
        return shape
    raise ValueError(f"{shape!r} is not a shape")


def _failure(stage: Literal["make", "call"], error: BaseException) -> Failure:
    if isinstance(error, BatchError):
        return Failure("batch", "BatchError", str(error))
    return Failure(stage, type(error).__name__, str(error))


class _RunReader(LiteralReader):
    """Reads arguments for one of `POINTS`."""

    def __init__(self, lookup: Lookup, point: int) -> None:
        self._lookup = lookup
        self._point = point

    def reference(self, node: str, index: int | None) -> Any:
        return self._lookup(node, index).at_point(self._point)


class _KeyReader:
    """Reads arguments as a text that is equal for arguments that act alike."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def literal(self, value: Any) -> str:
        return repr(value)

    def special(self, kind: str, name: str) -> str:
        return f"{kind}:{name}"

    def ellipsis(self) -> str:
        return "..."

    def listing(self, items: list[str]) -> str:
        return f"[{','.join(items)}]"

    def tupling(self, items: list[str]) -> str:
        return f"({','.join(items)},)"

    def mapping(self, items: dict[str, str]) -> str:
        return f"{{{','.join(f'{k!r}:{v}' for k, v in items.items())}}}"

    def slicing(self, start: str, stop: str, step: str) -> str:
        return f"{start}:{stop}:{step}"

    def reference(self, node: str, index: int | None) -> str:
        return self._lookup(node, index).key

    def size(self, tensor: str, dim: str) -> str:
        return f"size({tensor},{dim})"

    def shape(self, tensor: str) -> str:
        return f"shape({tensor})"

    def item(self, holder: str, index: str) -> str:
        return f"{holder}[{index}]"

    def arithmetic(self, name: str, operands: list[str]) -> str:
        return f"{name}({','.join(operands)})"

    def either(self, training: str, evaluating: str) -> str:
        return f"either({training},{evaluating})"

    def choice(self, condition: str, one: str, other: str) -> str:
        return f"choice({condition},{one},{other})"
