"""The short line of a card: the values that tell this node from a new one's defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from studio.catalog import literals, table
from studio.graph.model import OPAQUE, Node, wires_into
from studio.graph.values import Json, is_reference, references
from studio.words import tr

DOT = " · "
_COUNTED = {"torch.add", "torch.cat", "torch.stack", "torch.mul", "torch.sub", "torch.div"}
_SILENT = {"batch_first", "inplace", "need_weights", "training"}


def summary(node: Node, auto: Mapping[str, Json] | None = None) -> str:
    """One line on `node`, in the language in use: `32 filters · 3×3 · pad 1`.

    `auto` are the values its automatic sizes took, where they are known.
    """
    if node.type == "input":
        return _input(node)
    if node.type == OPAQUE:
        said = node.extra.get(OPAQUE)
        return str(said.get("class", "")).rpartition(".")[2] if isinstance(said, dict) else ""
    known = dict(auto or {})
    parts = [_counted(node)] if node.type in _COUNTED else []
    parts += _sizes(node, known)
    values = {**node.params, **_literals(node)}
    parts += [_part(node, name, value) for name, value in values.items() if name not in _DONE]
    return DOT.join(part for part in parts if part)


_DONE = {"in_features", "out_features", "in_channels", "num_features", "num_channels", "normalized_shape"}


def _sizes(node: Node, auto: Mapping[str, Json]) -> list[str]:
    """The widths in and out, with the ones that follow from the input marked."""
    entry = table.entry(node.type)
    features = next(
        (n for n in ("num_features", "num_channels", "normalized_shape") if _takes(node, n)), None
    )
    if features:
        value = node.params.get(features, "auto")
        if value != "auto":
            return [tr("{n} features", n=_size(value))]
        return [tr("{n} features (auto)", n=_size(auto[features]))] if features in auto else []
    out = node.params.get("out_features", "auto")
    takes = entry is not None and {"in_features", "in1_features"} & set(entry.auto)
    if not takes or (out == "auto" and "out_features" not in auto):
        return []
    width = tr("{n} (auto)", n=auto["out_features"]) if out == "auto" else _size(out)
    given = node.params.get("in_features", "auto")
    if given != "auto":
        return [f"{_size(given)} → {width}"]
    return [f"{tr('{n} (auto)', n=auto['in_features'])} → {width}" if "in_features" in auto else f"→ {width}"]


def _takes(node: Node, name: str) -> bool:
    entry = table.entry(node.type)
    return entry is not None and name in entry.auto


def _part(node: Node, name: str, value: Json) -> str:
    if value is None or value == "auto" or name in _SILENT:
        return ""
    if name == "bias" and value is False:
        return tr("no bias")
    if name in {"kernel_size", "output_size"} or (name == "size" and isinstance(value, list)):
        return _window(node, name, value)
    worded = _WORDED.get(name)
    if worded is not None:
        return worded(value)
    if value is True:
        return name.replace("_", " ")
    if isinstance(value, str):
        return value
    written = literals.text(value)
    return name if written == name else f"{name} {written}"


_WORDED: Mapping[str, Callable[[Json], str]] = {
    "out_channels": lambda v: tr("{n} filters", n=_size(v)),
    "stride": lambda v: tr("stride {n}", n=_size(v)),
    "padding": lambda v: tr("pad {n}", n=_size(v)),
    "dilation": lambda v: tr("dilation {n}", n=_size(v)),
    "groups": lambda v: tr("{n} groups", n=_size(v)),
    "num_groups": lambda v: tr("{n} groups", n=_size(v)),
    "hidden_size": lambda v: tr("{n} units", n=_size(v)),
    "num_layers": lambda v: tr("{n} layers", n=_size(v)),
    "num_heads": lambda v: tr("{n} heads", n=_size(v)),
    "nhead": lambda v: tr("{n} heads", n=_size(v)),
    "dim_feedforward": lambda v: tr("{n} inside", n=_size(v)),
    "num_embeddings": lambda v: tr("{n} entries", n=_size(v)),
    "embedding_dim": lambda v: tr("{n} features", n=_size(v)),
    "start_dim": lambda v: tr("from dim {n}", n=_size(v)),
    "end_dim": lambda v: tr("to dim {n}", n=_size(v)),
    "dim": lambda v: tr("dim {n}", n=literals.text(v)),
    "dims": lambda v: literals.text(v),
    "shape": lambda v: literals.text(v, "×"),
    "unflattened_size": lambda v: literals.text(v, "×"),
    "scale_factor": lambda v: f"×{literals.text(v)}",
    "upscale_factor": lambda v: f"×{literals.text(v)}",
    "index": lambda v: f"[{literals.text(v)}]",
    "value": lambda v: literals.text(v)[:24],
}


def _input(node: Node) -> str:
    shape = node.params.get("shape")
    written = literals.text(shape, "×") if isinstance(shape, list) else tr("shape from the data")
    dtype = node.params.get("dtype", "float32")
    return written if dtype == "float32" else f"{written}{DOT}{dtype}"


def _counted(node: Node) -> str:
    count = sum(1 for _ in wires_into(node))
    return tr("{n} inputs", n=count) if count != 1 else tr("1 input")


def _literals(node: Node) -> dict[str, Json]:
    """The literals of a call, those without a name by the names a new node has them under."""
    entry = table.entry(node.type)
    if entry is None or entry.kind not in {"function", "method"}:
        return {}
    placed = {name: node.args[place] for name, place in entry.places.items() if place < len(node.args)}
    if placed:
        return placed
    plain = {name: value for name, value in node.kwargs.items() if not _is_wired(value)}
    nameless = [value for value in node.args[len(entry.inputs) :] if not _is_wired(value)]
    return {**dict(zip([n for n in entry.new if n not in plain], nameless, strict=False)), **plain}


def _is_wired(value: Json) -> bool:
    return is_reference(value) or (isinstance(value, list) and any(references(value)))


def _window(node: Node, name: str, value: Json) -> str:
    """The size of a window, one number for each dimension the layer's name tells."""
    digit = re.search(r"\dd", node.type)
    count = int(digit[0][0]) if digit else 1
    written = _size([value] * count if isinstance(value, int) else value)
    return written if name == "kernel_size" else tr("to {size}", size=written)


def _size(value: Json) -> str:
    return literals.text(value, "×")
