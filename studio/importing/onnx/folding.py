"""Operators on what is known already: constants of the file, and lengths. Arithmetic on NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from studio.graph.values import Json
from studio.importing.onnx.file import Operator
from studio.importing.onnx.values import Const, Filled, Lengths, Ref, Unsupported, Value, arithmetic, lengths
from studio.words import Message

Array: TypeAlias = "np.ndarray[Any, Any]"
MOST = 2**30
"""numbers that a constant may hold: 4 GB in float32"""

_BINARY: Mapping[str, Callable[[Array, Array], Array]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Pow": np.power,
    "Max": np.maximum,
    "Min": np.minimum,
    "Equal": np.equal,
    "Greater": np.greater,
    "Less": np.less,
    "And": np.logical_and,
    "Or": np.logical_or,
    "Mod": np.mod,
}
_UNARY: Mapping[str, Callable[[Array], Array]] = {
    "Neg": np.negative,
    "Sqrt": np.sqrt,
    "Exp": np.exp,
    "Log": np.log,
    "Abs": np.abs,
    "Floor": np.floor,
    "Ceil": np.ceil,
    "Not": np.logical_not,
    "Reciprocal": np.reciprocal,
    "Identity": np.asarray,
}
_KEEP_FILLED = {
    "Identity",
    "Cast",
    "Slice",
    "Gather",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Reshape",
    "Expand",
}
"""what leaves one number everywhere as it is"""
_ARITHMETIC = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "//"}


def fold(operator: Operator, given: list[Value | None]) -> Value | None:
    """What an operator gives where that is known without running the network; None where it is not.

    Raises Unsupported for what has no result.
    """
    found = _fold(operator, given)
    if isinstance(found, Lengths) and all(isinstance(item, int) for item in found.items):
        return Const(np.asarray(found.items[0] if found.scalar else found.items, np.int64))
    return found


def _fold(operator: Operator, given: list[Value | None]) -> Value | None:
    kind = operator.type
    if kind == "Constant":
        return Const(_constant(operator))
    if kind == "Shape" and isinstance(given[0], Ref):
        return _shape(given[0], operator)
    if kind == "Size" and isinstance(given[0], Const):
        return Const(np.asarray(given[0].array.size))
    if any(isinstance(value, Ref) for value in given) or not given or given[0] is None:
        return None
    if kind == "Identity" and isinstance(given[0], Const):
        return Const(given[0].array, operator.outputs[0] if given[0].name else "")
    if kind == "Shape" and isinstance(given[0], Lengths):
        return Const(np.asarray([] if given[0].scalar else [len(given[0].items)], np.int64))
    if kind == "Where" and isinstance(given[0], Const) and any(isinstance(v, Lengths) for v in given):
        return _chosen(given[0], *(lengths(value) for value in given[1:] if value is not None))
    if isinstance(given[0], Filled):
        return given[0] if kind in _KEEP_FILLED else None
    if all(value is None or isinstance(value, Const) for value in given):
        with np.errstate(all="ignore"):
            arrays = [value.array if isinstance(value, Const) else None for value in given]
            found = _on_arrays(operator, arrays)
        return None if found is None else Const(found)
    if kind in ("ConstantOfShape", "Expand"):
        return _fill(operator, given[0])
    return _on_lengths(operator, given)


def _fill(operator: Operator, first: Value) -> Value | None:
    """One number, as wide as lengths say that follow from the input."""
    if operator.type == "ConstantOfShape":
        return Filled(np.asarray(operator.attributes.get("value", np.zeros(1, np.float32))).item())
    return Filled(first.scalar) if isinstance(first, Const) and first.scalar is not None else None


def _constant(operator: Operator) -> Array:
    known = operator.attributes
    for name, dtype in (("value", None), ("value_float", np.float32), ("value_int", np.int64),
                        ("value_floats", np.float32), ("value_ints", np.int64)):  # fmt: skip
        if name in known:
            return np.asarray(known[name], dtype=dtype)
    raise Unsupported(Message("its value is of a kind not known here"))


def _shape(tensor: Ref, operator: Operator) -> Lengths:
    items = tuple(tensor.length(dim) for dim in range(tensor.rank))
    return Lengths(items[operator.attributes.get("start", 0) : operator.attributes.get("end")])


def axes_of(operator: Operator, given: list[Array | None]) -> list[int] | None:
    """The axes: an attribute in older files, the second input in newer ones."""
    if "axes" in operator.attributes:
        return [int(axis) for axis in operator.attributes["axes"]]
    axes = given[1] if len(given) > 1 else None
    return None if axes is None else [int(axis) for axis in axes.reshape(-1)]


def _on_arrays(operator: Operator, given: list[Array | None]) -> Array | None:
    """The result on arrays; None for an operator that is not worked out here."""
    first, *others = given
    assert first is not None
    rest = [array for array in others if array is not None]
    name = operator.type
    try:
        if name in _BINARY and len(rest) == 1:
            return np.asarray(_BINARY[name](first, rest[0]))
        if name in _UNARY:
            return np.asarray(_UNARY[name](first))
        if name in _MAKERS:
            return _MAKERS[name](operator, first, rest)
        if name in ("Unsqueeze", "Squeeze"):
            axes = axes_of(operator, given)
            if name == "Unsqueeze":
                return np.expand_dims(first, tuple(axes or ()))
            return np.squeeze(first, tuple(axes) if axes else None)
        if name == "Slice":
            return first[slices(operator, given, first.ndim)]
    except (ValueError, IndexError, TypeError, ZeroDivisionError, KeyError) as error:
        raise Unsupported(Message("its constants do not fit: {reason}", reason=error)) from error
    return None


def _filled(operator: Operator, shape: Array, rest: list[Array]) -> Array:
    value = np.asarray(operator.attributes.get("value", np.zeros(1, np.float32)))
    return _sized(lambda: np.full(shape.astype(int), value.reshape(-1)[0]), shape)


def _reshaped(operator: Operator, first: Array, rest: list[Array]) -> Array:
    return first.reshape([first.shape[i] if d == 0 else int(d) for i, d in enumerate(rest[0])])


def _range(operator: Operator, first: Array, rest: list[Array]) -> Array:
    if (rest[0] - first) / rest[1] > MOST:
        raise _too_large()
    return np.arange(first.item(), rest[0].item(), rest[1].item(), dtype=first.dtype)


def _expanded(operator: Operator, first: Array, rest: list[Array]) -> Array:
    shape = np.broadcast_shapes(first.shape, tuple(int(d) for d in rest[0]))
    return _sized(lambda: np.broadcast_to(first, shape), np.asarray(shape))


def _divided(operator: Operator, first: Array, rest: list[Array]) -> Array:
    whole = np.issubdtype(first.dtype, np.integer)
    return np.asarray(first // rest[0] if whole else first / rest[0])


def _measured(operator: Operator, first: Array, rest: list[Array]) -> Array:
    known = operator.attributes
    return np.asarray(first.shape, np.int64)[known.get("start", 0) : known.get("end")]


def _scattered(operator: Operator, first: Array, rest: list[Array]) -> Array:
    if operator.attributes.get("reduction", "none") != "none":
        raise Unsupported(Message("it adds to what stands there"))
    indices, values = rest
    found = first.copy()
    found[tuple(np.moveaxis(indices, -1, 0))] = values
    return found


_MAKERS: Mapping[str, Callable[[Operator, Array, list[Array]], Array]] = {
    "ConstantOfShape": _filled,
    "Cast": lambda operator, first, rest: first.astype(_dtype(operator.attributes["to"])),
    "Concat": lambda operator, first, rest: np.concatenate([first, *rest], operator.attributes["axis"]),
    "Reshape": _reshaped,
    "Transpose": lambda operator, first, rest: np.transpose(first, operator.attributes.get("perm")),
    "Gather": lambda operator, first, rest: np.take(first, rest[0], axis=operator.attributes.get("axis", 0)),
    "Range": _range,
    "Expand": _expanded,
    "Where": lambda operator, first, rest: np.where(first, *rest),
    "ScatterND": _scattered,
    "Shape": _measured,
    "Div": _divided,
}


def _sized(make: Callable[[], Array], shape: Array) -> Array:
    if np.prod(shape.astype(float)) > MOST:
        raise _too_large()
    return make()


def _too_large() -> Unsupported:
    return Unsupported(Message("its constant would hold more than {n} numbers", n=MOST))


def _dtype(number: int) -> Any:
    import onnx

    found = onnx.helper.tensor_dtype_to_np_dtype(number)
    return np.float32 if found.kind == "f" else found


def slices(operator: Operator, given: list[Array | None], rank: int) -> tuple[slice, ...]:
    """What Slice takes of each dimension."""
    known = operator.attributes
    if "starts" in known:
        starts, ends, axes = known["starts"], known["ends"], known.get("axes")
        steps = None
    else:
        starts, ends, axes, steps = (
            None if len(given) <= i or (held := given[i]) is None else [int(v) for v in held.reshape(-1)]
            for i in range(1, 5)
        )
    axes = list(range(len(starts))) if axes is None else axes
    found = [slice(None)] * rank
    for axis, start, end, step in zip(axes, starts, ends, steps or [1] * len(starts), strict=True):
        whole = end >= 2**31 - 1 or end <= -(2**31)
        found[axis] = slice(start or None, None if whole else end, None if step == 1 else step)
    return tuple(found)


def _on_lengths(operator: Operator, given: list[Value | None]) -> Value | None:
    """The result where some lengths follow from the input; None for an operator that is not worked out."""
    first = lengths(given[0]) if given[0] is not None else Lengths(())
    numbers = [value.array if isinstance(value, Const) else None for value in given]
    match operator.type:
        case "Identity":
            return first
        case "Cast":
            if not np.issubdtype(_dtype(operator.attributes["to"]), np.integer):
                raise Unsupported(Message("it turns a length into a number with decimals"))
            return first
        case "Unsqueeze":
            return Lengths(first.items)
        case "Squeeze":
            return Lengths(first.items, scalar=True)
        case "Concat":
            joined = [item for value in given if value is not None for item in lengths(value).items]
            return Lengths(tuple(joined))
        case "Gather" if numbers[1] is not None:
            chosen = [first.items[int(i)] for i in numbers[1].reshape(-1)]
            return Lengths(tuple(chosen), numbers[1].ndim == 0)
        case "Slice":
            return Lengths(first.items[slices(operator, numbers, 1)[0]])
        case "Reshape":
            return first
        case "Equal" if given[1] is not None:
            return _equal(first, lengths(given[1]))
        case name if name in _ARITHMETIC and given[1] is not None:
            return _each(_ARITHMETIC[name], first, lengths(given[1]))
    return None


def _chosen(condition: Const, yes: Lengths, no: Lengths) -> Lengths:
    """For each place the one or the other length."""
    marks = [bool(mark) for mark in condition.array.reshape(-1)]
    one, other = _wide(yes, len(marks)), _wide(no, len(marks))
    pairs = zip(marks, one, other, strict=True)
    return Lengths(tuple(a if mark else b for mark, a, b in pairs), yes.scalar and no.scalar)


def _wide(held: Lengths, count: int) -> tuple[Json, ...]:
    return held.items * count if len(held.items) == 1 else held.items


def _equal(left: Lengths, right: Lengths) -> Const:
    """Whether lengths are equal; one that follows from the input is no fixed number."""
    count = max(len(left.items), len(right.items))
    pairs = zip(_wide(left, count), _wide(right, count), strict=True)
    return Const(np.asarray([isinstance(a, int) and a == b for a, b in pairs]))


def _each(name: str, left: Lengths, right: Lengths) -> Lengths:
    count = max(len(left.items), len(right.items))
    pairs = zip(_wide(left, count), _wide(right, count), strict=True)
    return Lengths(tuple(arithmetic(name, a, b) for a, b in pairs), left.scalar and right.scalar)
