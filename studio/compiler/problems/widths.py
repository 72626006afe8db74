"""Layers whose width does not fit what comes in: features, channels, groups, heads, kernels."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TypeAlias

from studio.catalog import automatic, ranks, table
from studio.compiler.analysis import Dim
from studio.compiler.problems import numbers, remedies
from studio.compiler.problems.finding import Case, Diagnosis, Remedy
from studio.graph.model import Node, wires_into
from studio.graph.values import Json
from studio.words import Message

_KEEPING = {"activation", "dropout", "normalisation", "pooling", "shape"}
"""categories whose layers give what they take in the same shape"""
_WIDTHS = ("out_channels", "out_features", "hidden_size", "embedding_dim")
Shape: TypeAlias = tuple[Dim, ...]
_CHANNELS = {"in_channels", "num_features", "num_channels"}


def producer(case: Case, source: str) -> Node:
    """The layer that made the width of what `source` gives."""
    node = case.nodes[source]
    while table.category(node.type) in _KEEPING or node.type == "nn.Identity":
        before = next(wires_into(node), None)
        if before is None:
            break
        node = case.nodes[before.source]
    return node


def width_of(node: Node) -> str | None:
    """The parameter that says how wide the output of a layer is."""
    return next((name for name in _WIDTHS if isinstance(node.params.get(name), int)), None)


def widen(case: Case, source: str, width: int) -> Iterator[Remedy]:
    """Makes the layer before give `width`."""
    node = producer(case, source)
    name = width_of(node)
    if name is not None and width > 0:
        words = Message("Set {name} of {node} to {value}", name=name, node=node.id, value=str(width))
        yield Remedy(words, lambda edit: edit.set_param(case.network, node.id, name, width))


def mismatch(case: Case) -> Diagnosis | None:
    """A layer that was told another width than what it is given."""
    shapes = case.shapes
    for name, given in automatic.values(case.node.type, shapes).items():
        told = case.params.get(name)
        if name == "normalized_shape" and isinstance(told, list):
            told, given = _pair(told, shapes[0])
        if told is not None and told != given:
            return _wrong_width(case, shapes[0], name, told, given)
    return None


def _pair(told: list[Json], shape: tuple[Dim, ...]) -> tuple[Json, Dim]:
    """Lengths of a normalised shape beside those that come in; equal where all agree."""
    for mine, theirs in zip(reversed(told), reversed(shape), strict=False):
        if mine != theirs:
            return mine, theirs
    return shape[-1], shape[-1]


def _wrong_width(case: Case, shape: Shape, name: str, told: Json, given: Dim) -> Diagnosis:
    which = 1 if name == "in2_features" else 0
    source = case.inflows[which].wire.source
    values = {"node": case.node.id, "told": told, "given": str(given), "source": source}
    if name in _CHANNELS:
        text = Message("{node} expects {told} channels but receives {given} from {source}.", **values)
        return Diagnosis("channels-mismatch", text, tuple(_width_cures(case, shape, name, told, given)))
    text = Message("{node} expects {told} features but receives {given} from {source}.", **values)
    return Diagnosis("features-mismatch", text, tuple(_width_cures(case, shape, name, told, given)))


def _width_cures(case: Case, shape: Shape, name: str, told: Json, given: Dim) -> Iterator[Remedy]:
    network, node, wire = case.network, case.node.id, case.inflows[0].wire
    several = len(shape) > 2
    if several and name == "in_features" and numbers.sample_size(shape) == told:
        yield remedies.insert(network, wire, "nn.Flatten")
    if name == "in_channels" and several and shape[-1] == told:
        order = [0, len(shape) - 1, *range(1, len(shape) - 1)]
        yield remedies.insert(network, wire, "torch.permute", kwargs={"dims": order})
    if isinstance(given, int):
        yield remedies.set_auto(network, node, name, given)
        yield remedies.set_param(network, node, name, given)
    if several and name == "in_features":
        yield remedies.all_of(
            Message("Insert Flatten and set {name} to auto", name=name),
            [remedies.insert(network, wire, "nn.Flatten"), remedies.set_auto(network, node, name, given)],
        )
    if isinstance(told, int):
        yield from widen(case, wire.source, told)


# -- divisibility ------------------------------------------------------------------------------------


def divisibility(case: Case) -> Diagnosis | None:
    """Groups that do not divide the channels, heads that do not divide the width."""
    for heads, width in (("num_heads", "embed_dim"), ("nhead", "d_model")):
        if found := _heads(case, heads, width):
            return found
    return _groups(case) or _norm_groups(case) or _shuffle(case)


def _heads(case: Case, heads: str, width: str) -> Diagnosis | None:
    count, size = case.params.get(heads), case.params.get(width)
    if type(count) is not int or type(size) is not int or count < 1 or size % count == 0:
        return None
    text = Message(
        "{node} has {heads} heads, which do not divide its width of {width}.",
        node=case.node.id,
        heads=count,
        width=size,
    )
    fitting = numbers.divisors(size, count)
    larger = next((n for n in range(count, size + 1) if size % n == 0), None)
    choices = [*fitting[:1], larger, *fitting[1:]]
    cures = [remedies.set_param(case.network, case.node.id, heads, n) for n in choices if n]
    if case.inflows:
        cures += widen(case, case.source, numbers.next_multiple(size, count))
    return Diagnosis("heads-divisibility", text, tuple(cures[:4]))


def _groups(case: Case) -> Diagnosis | None:
    groups = case.params.get("groups", 1)
    have, give = case.params.get("in_channels"), case.params.get("out_channels")
    if type(groups) is not int or type(have) is not int or type(give) is not int:
        return None
    if min(groups, have, give) < 1:
        return None
    if have % groups == 0 and give % groups == 0:
        return None
    values = {"node": case.node.id, "groups": groups}
    cures = []
    if have % groups:
        text = Message(
            "{node} has {groups} groups, which do not divide its {n} input channels.", n=have, **values
        )
    else:
        text = Message(
            "{node} has {groups} groups, which do not divide its {n} output channels.", n=give, **values
        )
        wider = numbers.next_multiple(give, groups)
        cures.append(remedies.set_param(case.network, case.node.id, "out_channels", wider))
    common = math.gcd(have, give)
    if have % groups:
        cures += widen(case, case.source, numbers.next_multiple(have, groups))
    for n in [*numbers.divisors(common, groups)[:1], 1]:
        cures.append(remedies.set_param(case.network, case.node.id, "groups", n))
    return Diagnosis("groups-divisibility", text, tuple(cures))


def _norm_groups(case: Case) -> Diagnosis | None:
    groups, have = case.params.get("num_groups"), case.params.get("num_channels")
    if type(groups) is not int or type(have) is not int or groups < 1 or have % groups == 0:
        return None
    text = Message(
        "{node} has {groups} groups, which do not divide its {n} input channels.",
        node=case.node.id,
        groups=groups,
        n=have,
    )
    cures = [
        remedies.set_param(case.network, case.node.id, "num_groups", n)
        for n in dict.fromkeys([*numbers.divisors(have, groups)[:1], 1])
    ]
    return Diagnosis("groups-divisibility", text, tuple(cures))


def _shuffle(case: Case) -> Diagnosis | None:
    """Layers that share the channels out: their number must divide."""
    spec = case.spec
    if spec is None or len(spec.shape) < 2:
        return None
    match case.node.type:
        case "nn.PixelShuffle":
            name, part = "upscale_factor", _square(case.params.get("upscale_factor"))
        case "nn.ChannelShuffle":
            name, part = "groups", case.params.get("groups")
        case "nn.GLU":
            name, part = "dim", 2
        case _:
            return None
    dim = case.params.get("dim", -1) if name == "dim" else 1
    channels = spec.shape[dim] if -len(spec.shape) <= dim < len(spec.shape) else None
    if not isinstance(channels, int) or type(part) is not int or part < 1 or channels % part == 0:
        return None
    text = Message(
        "{node} shares {n} channels out into {parts} equal parts, which does not go.",
        node=case.node.id,
        n=channels,
        parts=part,
    )
    return Diagnosis(
        "channels-divisibility", text, tuple(widen(case, case.source, numbers.next_multiple(channels, part)))
    )


def _square(value: Json) -> Json:
    return value * value if type(value) is int else None


# -- kernels -----------------------------------------------------------------------------------------


def kernel(case: Case) -> Diagnosis | None:
    """A window that is larger than the map it slides over, or a border larger than the window."""
    count = ranks.spatial(case.node.type) or (
        2 if case.node.type in {"F.max_pool2d", "F.avg_pool2d"} else None
    )
    values = {**case.kwargs, **case.params}
    spec = case.spec
    if count is None or spec is None or "kernel_size" not in values or "Transpose" in case.node.type:
        return None
    lengths = numbers.numbers(spec.shape[2:])
    sizes, pads = numbers.each(values["kernel_size"], count), numbers.each(values.get("padding"), count)
    wide = numbers.each(values.get("dilation"), count, 1)
    if lengths is None or sizes is None or pads is None or wide is None or len(lengths) != count:
        return None
    reach = [d * (k - 1) + 1 for k, d in zip(sizes, wide, strict=True)]
    if "ool" in case.node.type and any(p > k // 2 for p, k in zip(pads, sizes, strict=True)):
        return _border(case, sizes)
    if all(n + 2 * p >= r for n, p, r in zip(lengths, pads, reach, strict=True)):
        return None
    text = Message(
        "The {kernel} kernel of {node} does not fit into the {map} map from {source}.",
        kernel=numbers.by(sizes),
        node=case.node.id,
        map=numbers.by(lengths),
        source=case.source,
    )
    return Diagnosis("kernel-too-large", text, tuple(_smaller(case, sizes, lengths, reach)))


def _smaller(
    case: Case, sizes: tuple[int, ...], lengths: tuple[int, ...], reach: list[int]
) -> Iterator[Remedy]:
    pool = "ool" in case.node.type
    pads = [r // 2 for r in reach]
    if not pool:
        yield _set(case, "padding", _short(pads))
    fitting = [min(k, n) for k, n in zip(sizes, lengths, strict=True)]
    if not pool:
        fitting = [k if k % 2 else max(1, k - 1) for k in fitting]
    if max(fitting) > 1 or not pool:
        yield _set(case, "kernel_size", _short(fitting))
    yield remedies.remove(case.network, case.node.id)
    if re.match(r"nn\.(Avg|Max)Pool", case.node.type):
        adaptive = case.node.type.replace("nn.", "nn.Adaptive")
        yield remedies.swap(case.network, case.node, adaptive, {"output_size": 1})
    if pool:
        yield _set(case, "padding", _short([k // 2 for k in sizes]))


def _border(case: Case, sizes: tuple[int, ...]) -> Diagnosis:
    text = Message(
        "The padding of {node} is more than half of its {kernel} kernel.",
        node=case.node.id,
        kernel=numbers.by(sizes),
    )
    cures = (_set(case, "padding", _short([k // 2 for k in sizes])), _set(case, "padding", 0))
    return Diagnosis("padding-too-large", text, cures)


def _set(case: Case, name: str, value: Json) -> Remedy:
    """Sets a parameter of a layer, or a named literal of a function."""
    if case.node.type.startswith("F."):
        return remedies.set_value(case.network, case.node.id, ("kwargs", name), name, value)
    return remedies.set_param(case.network, case.node.id, name, value)


def _short(values: list[int]) -> Json:
    return values[0] if len(set(values)) == 1 else values


def same_padding(case: Case) -> Diagnosis | None:
    """`padding="same"` keeps the size, which a stride does not."""
    if case.params.get("padding") != "same" or case.params.get("stride", 1) in (1, [1, 1]):
        return None
    count = ranks.spatial(case.node.type) or 2
    sizes = numbers.each(case.params.get("kernel_size"), count)
    text = Message("{node} cannot keep the size (padding same) and stride at once.", node=case.node.id)
    cures = (
        [remedies.set_param(case.network, case.node.id, "padding", _short([k // 2 for k in sizes]))]
        if sizes
        else []
    )
    cures.append(remedies.set_param(case.network, case.node.id, "stride", 1))
    return Diagnosis("same-stride", text, tuple(cures))
