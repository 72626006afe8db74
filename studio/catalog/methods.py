"""The rows of the catalogue that are methods of tensors (`x.mean(...)`) and Python's operators (`1 - x`).

Most are another way to write a function of the table: its twin, whose ports and literals they have. Methods
that write into their tensor (`x.add_()`) are none: a wire carries a value that stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from studio.catalog import tensors
from studio.catalog.entry import INPUT, Entry, Port
from studio.graph.values import Json

_FUNCTIONS = {entry.type: entry for entry in tensors.ENTRIES}

_NO_METHODS = {
    "cat", "concat", "stack", "hstack", "vstack", "einsum", "cdist", "meshgrid", "where", "var_mean",
    "arange", "linspace", "zeros", "ones", "full", "eye", "rand", "randn", "zeros_like", "ones_like",
    "full_like", "rand_like", "randn_like", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle",
    "view_as_real", "view_as_complex", "rsub",
}  # fmt: skip
_RENAMED = {"split": {"split_size_or_sections": "split_size"}}
"""Where a method calls a literal otherwise than the function does."""

_OPERATORS = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "pow", "matmul": "matmul", "neg": "neg",
    "eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge",
    "and_": "logical_and", "or_": "logical_or", "xor": "logical_xor", "invert": "logical_not",
}  # fmt: skip
"""Python's operator by its name in `operator`, and the function that does the same to tensors."""


def _method(
    name: str,
    category: str,
    keywords: str,
    new: Mapping[str, Json] | None = None,
    inputs: tuple[Port, ...] = INPUT,
    twin: str | None = None,
) -> Entry:
    words = tuple(keywords.split())
    return Entry(
        f"Tensor.{name}", f".{name}()", category, "method", inputs, new=new or {}, keywords=words, twin=twin
    )


def _own() -> Iterator[Entry]:
    """Methods that no function of the table does."""
    yield _method("float", "merge", "convert cast real number type dtype float32")
    yield _method("long", "merge", "convert cast whole number integer type dtype int64")
    for name in ("half", "bfloat16", "double"):
        yield _method(name, "merge", "convert cast real number type dtype", twin="Tensor.float")
    yield _method("int", "merge", "convert cast whole number type dtype int32", twin="Tensor.long")
    yield _method("bool", "merge", "convert cast boolean mask type dtype")
    yield _method("to", "merge", "convert cast type dtype", {"dtype": {"dtype": "float32"}})
    yield _method("type_as", "merge", "convert cast same type dtype", inputs=tensors.TWO)
    yield _method("view", "shape", "reshape resize", {"size": [-1, 64]})
    yield _method("view_as", "shape", "reshape same", inputs=tensors.TWO)
    yield _method("reshape_as", "shape", "reshape same", inputs=tensors.TWO, twin="Tensor.view_as")
    yield _method("expand", "shape", "broadcast repeat", {"size": [-1, -1]})
    yield _method("expand_as", "shape", "broadcast same", inputs=tensors.TWO)
    yield _method("repeat", "shape", "copy tile", {"repeats": [1, 2]})
    yield _method("unfold", "shape", "windows patches", {"dimension": 1, "size": 2, "step": 2})
    yield _method("contiguous", "shape", "memory copy")
    yield _method("new_zeros", "io", "", {"size": [1]}, twin="torch.zeros")
    yield _method("new_ones", "io", "", {"size": [1]}, twin="torch.ones")
    yield _method("new_full", "io", "", {"size": [1], "fill_value": 1.0}, twin="torch.full")


def _twins() -> Iterator[Entry]:
    for function in tensors.ENTRIES:
        home, _, name = function.type.partition(".")
        if home != "torch" or name in _NO_METHODS or "." in name:
            continue
        renamed = _RENAMED.get(name, {})
        new = {renamed.get(key, key): value for key, value in function.new.items()}
        yield replace(
            function, type=f"Tensor.{name}", label=f".{name}()", kind="method", new=new, keywords=(),
            twin=function.twin or function.type,
        )  # fmt: skip


def _operators() -> Iterator[Entry]:
    for name, function in _OPERATORS.items():
        like = _FUNCTIONS[f"torch.{function}"]
        ports = tuple(replace(port, number=True) for port in like.inputs)
        if name == "pow":
            ports = (*ports, Port("exponent", ("args", 1), number=True))
        yield Entry(f"op.{name}", f"op.{name}", "merge", "function", ports, twin=like.type)


ENTRIES: tuple[Entry, ...] = (*_own(), *_twins(), *_operators())
