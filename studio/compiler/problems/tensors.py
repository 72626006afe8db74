"""Functions of tensors that do not fit together: sums, joins, products, new shapes, dimensions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import chain

from studio.catalog import signatures, table
from studio.compiler.analysis import Dim, N, TensorSpec
from studio.compiler.problems import numbers, remedies
from studio.compiler.problems.finding import Case, Diagnosis, Remedy
from studio.compiler.problems.widths import widen
from studio.graph import order
from studio.graph.model import Wire
from studio.graph.values import Json, Path
from studio.words import Message

PAIRS = frozenset(f"torch.{name}" for name in ("add", "sub", "mul", "div", "maximum", "minimum", "pow"))
_ADAPTIVE = {3: "nn.AdaptiveAvgPool1d", 4: "nn.AdaptiveAvgPool2d", 5: "nn.AdaptiveAvgPool3d"}
_CONVOLUTION = {3: "nn.Conv1d", 4: "nn.Conv2d", 5: "nn.Conv3d"}


def argument(case: Case, name: str, place: int, default: Json = None) -> tuple[Json, Path]:
    """A literal of a call and where it stands: by name, or by position."""
    slot = remedies.literal_slot(case.node, name, place)
    return case.args[place] if slot[0] == "args" else case.kwargs.get(name, default), slot


# -- two tensors -------------------------------------------------------------------------------------


def pair(case: Case) -> Diagnosis | None:
    """A sum, product, ... of two shapes that differ."""
    if case.node.type not in PAIRS or len(case.inflows) != 2:
        return None
    one, two = case.inflows
    if one.spec is None or two.spec is None:
        return None
    text = Message(
        "{node} cannot combine {one} from {first} with {two} from {second}.",
        node=case.node.id,
        one=str(one.spec),
        first=one.wire.source,
        two=str(two.spec),
        second=two.wire.source,
    )
    upstream = order.upstream(case.graph, two.wire.source)
    cures = [
        _fit(case.network, one.wire, one.spec, two.spec),
        _fit(case.network, two.wire, two.spec, one.spec),
    ]
    if one.wire.source not in upstream:
        cures.reverse()  # the wire that skips something is bent first
    widths = chain(_widths(case, two.wire, two.spec, one.spec), _widths(case, one.wire, one.spec, two.spec))
    return Diagnosis("shapes-differ", text, tuple(chain(*cures, widths)))


def _widths(case: Case, wire: Wire, have: TensorSpec, want: TensorSpec) -> Iterator[Remedy]:
    """Gives what comes by `wire` the width of the other by a number of the layer that made it."""
    source = case.nodes[wire.source]
    if source.type in {"param", "buffer"} and (shape := numbers.numbers(want.shape[1:])) is not None:
        yield remedies.set_param(case.network, source.id, "shape", list(shape))
    dim = 1 if len(have.shape) in _CONVOLUTION and len(have.shape) > 3 else -1
    width = want.shape[dim] if len(want.shape) > abs(dim) else None
    if isinstance(width, int) and have.shape[dim:] != want.shape[dim:]:
        yield from widen(case, wire.source, width)


def _fit(network: str, wire: Wire, have: TensorSpec, want: TensorSpec) -> Iterator[Remedy]:
    """Gives what `wire` carries the shape `want` by a layer on it."""
    if len(have.shape) == len(want.shape):
        yield from _project(network, wire, have, want)
        return
    if len(have.shape) == 2 and len(want.shape) in _CONVOLUTION and have.shape[1] == want.shape[1]:
        size = [have.shape[1], *[1] * (len(want.shape) - 2)]
        yield remedies.insert(network, wire, "nn.Unflatten", {"dim": 1, "unflattened_size": size})
    if len(have.shape) > 2 and len(want.shape) == 2:
        yield remedies.insert(network, wire, "nn.Flatten")


def _project(network: str, wire: Wire, have: TensorSpec, want: TensorSpec) -> Iterator[Remedy]:
    rank = len(have.shape)
    lengths, targets = numbers.numbers(have.shape[1:]), numbers.numbers(want.shape[1:])
    if lengths is None or targets is None:
        return
    if rank in _CONVOLUTION:
        strides = {math.ceil(a / b) for a, b in zip(lengths[1:], targets[1:], strict=True)}
        stride = strides.pop() if len(strides) == 1 else 0
        if stride >= 1 and all(
            math.ceil(a / stride) == b for a, b in zip(lengths[1:], targets[1:], strict=True)
        ):
            params: dict[str, Json] = {"out_channels": targets[0], "kernel_size": 1}
            if stride > 1:
                params["stride"] = stride
            label = Message(
                "Insert a 1×1 {label} on the wire from {source}",
                label=_CONVOLUTION[rank].removeprefix("nn."),
                source=wire.source,
            )
            yield remedies.insert(network, wire, _CONVOLUTION[rank], params, label=label)
        if lengths[0] == targets[0] and all(a >= b for a, b in zip(lengths[1:], targets[1:], strict=True)):
            size = list(targets[1:])
            label = Message(
                "Pool the wire from {source} to {size}", source=wire.source, size=numbers.by(targets[1:])
            )
            yield remedies.insert(network, wire, _ADAPTIVE[rank], {"output_size": size}, label=label)
    if lengths[:-1] == targets[:-1]:
        label = Message("Insert Linear on the wire from {source}", source=wire.source)
        yield remedies.insert(network, wire, "nn.Linear", {"out_features": targets[-1]}, label=label)


# -- joins -------------------------------------------------------------------------------------------


def join(case: Case) -> Diagnosis | None:
    """`cat` and `stack` of shapes that differ elsewhere."""
    if case.node.type not in {"torch.cat", "torch.stack"} or len(case.inflows) < 2:
        return None
    specs = [inflow.spec for inflow in case.inflows]
    known = [spec for spec in specs if spec is not None]
    if len(known) < len(specs):
        return None
    text = Message(
        "{node} cannot join {shapes}: they may differ only in the dimension they are joined along.",
        node=case.node.id,
        shapes=" · ".join(map(str, known)),
    )
    return Diagnosis("shapes-differ", text, tuple(_joins(case, known)))


def _joins(case: Case, specs: list[TensorSpec]) -> Iterator[Remedy]:
    network, node = case.network, case.node
    _, slot = argument(case, "dim", 1, 0)
    ranks = {len(spec.shape) for spec in specs}
    if len(ranks) > 1:
        label = Message("Insert Flatten before {node}", node=node.id)
        flat = [
            remedies.insert(network, i.wire, "nn.Flatten", label=label)
            for i, spec in zip(case.inflows, specs, strict=True)
            if len(spec.shape) > 2
        ]
        yield remedies.all_of(label, flat)
        return
    rank = ranks.pop()
    for dim in range(1, rank):
        if len({(*spec.shape[:dim], *spec.shape[dim + 1 :]) for spec in specs}) == 1:
            if node.type == "torch.stack":
                yield remedies.become(network, node.id, "torch.cat")
            yield remedies.set_value(network, node.id, slot, "dim", dim)
    if rank in _ADAPTIVE:
        smallest = [_least(spec.shape[d] for spec in specs) for d in range(2, rank)]
        label = Message("Pool all inputs of {node} to {size}", node=node.id, size=numbers.by(smallest))
        size = {"output_size": smallest}
        pools = [
            remedies.insert(network, i.wire, _ADAPTIVE[rank], size, label=label)
            for i, spec in zip(case.inflows, specs, strict=True)
            if list(spec.shape[2:]) != smallest
        ]
        yield remedies.all_of(label, pools)


def _least(dims: Iterator[Dim]) -> int:
    return min((d for d in dims if isinstance(d, int)), default=1)


# -- products ----------------------------------------------------------------------------------------


def product(case: Case) -> Diagnosis | None:
    """A matrix product whose inner lengths differ."""
    if case.node.type not in {"torch.matmul", "torch.bmm"} or len(case.inflows) != 2:
        return None
    one, two = case.inflows
    text = Message(
        "{node} cannot multiply {one} from {first} by {two} from {second}: the last length of the one must "
        "be the last but one of the other.",
        node=case.node.id,
        one=str(one.spec),
        first=one.wire.source,
        two=str(two.spec),
        second=two.wire.source,
    )
    swapped = {"dim0": -2, "dim1": -1}
    inner = one.spec.shape[-1] if one.spec is not None and one.spec.shape else None
    wanted = two.spec.shape[-2] if two.spec is not None and len(two.spec.shape) > 1 else None
    widths = [
        remedy
        for inflow, width in ((one, wanted), (two, inner))
        if isinstance(width, int)
        for remedy in widen(case, inflow.wire.source, width)
    ]
    cures = tuple(
        remedies.insert(
            case.network,
            inflow.wire,
            "torch.transpose",
            kwargs=swapped,
            label=Message("Transpose what comes from {source}", source=inflow.wire.source),
        )
        for inflow in (two, one)
    )
    return Diagnosis("matmul-mismatch", text, (*cures, *widths))


# -- new shapes --------------------------------------------------------------------------------------


def reshape(case: Case) -> Diagnosis | None:
    """A new shape that does not hold as many values."""
    spec = case.spec
    if spec is None:
        return None
    if case.node.type == "nn.Unflatten":
        return _unflatten(case, spec)
    if case.node.type != "torch.reshape":
        return None
    shape, slot = argument(case, "shape", 1)
    total = numbers.sample_size(spec.shape)
    if not isinstance(shape, list) or not all(type(n) is int for n in shape) or total is None:
        return None
    values = {
        "node": case.node.id,
        "wanted": remedies.shown(shape),
        "given": str(spec),
        "source": case.source,
    }
    cures = tuple(_shapes(case, slot, shape, total))
    if shape and shape[0] > 0:
        text = Message(
            "{node} fixes the batch size: it makes {wanted} of {given} from {source}. The first length "
            "should be -1.",
            **values,
        )
        return Diagnosis("hard-coded-batch", text, cures)
    text = Message("{node} cannot make {wanted} of {given} from {source}.", **values)
    return Diagnosis("reshape-mismatch", text, cures)


def _shapes(case: Case, slot: Path, shape: list[int], total: int) -> Iterator[Remedy]:
    """The shape with -1 for the batch and one of its lengths made to fit."""
    rest = shape[1:] if len(shape) > 1 else [total]
    tried: list[list[int]] = []
    known = math.prod(n for n in rest if n > 0)
    if -1 in rest and known and total % known == 0:
        tried.append([total // known if n == -1 else n for n in rest])
    elif math.prod(rest) == total:
        tried.append(rest)
    for place in reversed(range(len(rest))):
        others = math.prod(n for i, n in enumerate(rest) if i != place)
        if others > 0 and total % others == 0:
            tried.append([total // others if i == place else n for i, n in enumerate(rest)])
    tried.append([total])
    for sizes in tried:
        yield remedies.set_value(case.network, case.node.id, slot, "shape", [-1, *sizes])


def _unflatten(case: Case, spec: TensorSpec) -> Diagnosis | None:
    dim, sizes = case.params.get("dim"), case.params.get("unflattened_size")
    if type(dim) is not int or not isinstance(sizes, list) or not all(type(n) is int for n in sizes):
        return None
    if not -len(spec.shape) <= dim < len(spec.shape):
        return None
    length = spec.shape[dim]
    if not isinstance(length, int):
        return None
    text = Message(
        "{node} cannot part {length} values into {sizes}.",
        node=case.node.id,
        length=length,
        sizes=numbers.by(sizes),
    )
    cures = []
    for place in range(len(sizes)):
        others = math.prod(n for i, n in enumerate(sizes) if i != place)
        if others > 0 and length % others == 0:
            fitting = [length // others if i == place else n for i, n in enumerate(sizes)]
            cures.append(remedies.set_param(case.network, case.node.id, "unflattened_size", fitting))
    side = math.isqrt(length)
    if side * side == length and len(sizes) == 3:
        cures.append(remedies.set_param(case.network, case.node.id, "unflattened_size", [1, side, side]))
    ones = [length, *[1] * (len(sizes) - 1)]
    cures.append(remedies.set_param(case.network, case.node.id, "unflattened_size", ones))
    return Diagnosis("reshape-mismatch", text, tuple(cures))


def fixed_batch(case: Case, outputs: tuple[TensorSpec | None, ...]) -> Diagnosis | None:
    """A reshape that runs although it writes a number where the batch belongs."""
    spec, made = case.spec, outputs[0] if outputs else None
    if case.node.type != "torch.reshape" or spec is None or made is None:
        return None
    if spec.shape[:1] != (N,) or not made.shape or not isinstance(made.shape[0], int):
        return None
    return reshape(case)


# -- dimensions --------------------------------------------------------------------------------------

_DIMS = ("dim", "start_dim", "end_dim", "dim0", "dim1")
_ONE_MORE = frozenset({"torch.unsqueeze", "Tensor.unsqueeze", "torch.stack"})


def dimension(case: Case) -> Diagnosis | None:
    """A dimension that the tensor does not have. PyTorch's meta device does not always notice."""
    spec = case.spec
    if spec is None:
        return None
    rank = len(spec.shape) + (case.node.type in _ONE_MORE)
    places = signatures.positions(case.node.type)
    module = table.is_module(case.node.type)
    for name in _DIMS:
        if module:
            value = case.params.get(name)
            slot: Path = ("params", name)
        elif name in case.kwargs or name in places:
            value, slot = argument(case, name, places.get(name, len(case.args)))
        else:
            continue
        for dim in value if isinstance(value, list) else [value]:
            if type(dim) is int and not -rank <= dim < rank:
                return _no_dimension(case, spec, name, slot, dim, value)
    return None


def _no_dimension(case: Case, spec: TensorSpec, name: str, slot: Path, dim: int, value: Json) -> Diagnosis:
    text = Message(
        "{node} works on dimension {dim}, which {shape} from {source} does not have.",
        node=case.node.id,
        dim=dim,
        shape=str(spec),
        source=case.source,
    )
    last = len(spec.shape) - 1
    choices: list[Json] = [last, 1] if not isinstance(value, list) else [[last], [1]]
    if slot[0] == "params":
        cures = [remedies.set_param(case.network, case.node.id, name, n) for n in choices]
    else:
        cures = [remedies.set_value(case.network, case.node.id, slot, name, n) for n in choices]
    return Diagnosis("no-such-dimension", text, tuple(cures))


def permutation(case: Case) -> Diagnosis | None:
    """A permutation of another number of dimensions, or one that names a dimension twice."""
    spec = case.spec
    if case.node.type != "torch.permute" or spec is None:
        return None
    dims, slot = argument(case, "dims", 1)
    rank = len(spec.shape)
    text = Message(
        "{node} reorders the dimensions {dims}, but {shape} from {source} has {rank}.",
        node=case.node.id,
        dims=remedies.shown(dims),
        shape=str(spec),
        source=case.source,
        rank=rank,
    )
    choices = [[0, *range(2, rank), 1], [0, rank - 1, *range(1, rank - 1)]] if rank > 2 else [[0, 1][:rank]]
    cures = tuple(remedies.set_value(case.network, case.node.id, slot, "dims", c) for c in choices)
    return Diagnosis("permute-mismatch", text, cures)


def index(case: Case) -> Diagnosis | None:
    """An index behind the end, or more indices than dimensions."""
    spec = case.spec
    if case.node.type != "op.getitem" or spec is None or len(case.args) < 2:
        return None
    text = Message("{node} asks for what {shape} from {source} does not have.",
                   node=case.node.id, shape=str(spec), source=case.source)  # fmt: skip
    whole = {"slice": [None, None, None]}
    wanted = case.args[1]
    parts = wanted["t"] if isinstance(wanted, dict) and isinstance(wanted.get("t"), list) else [wanted]
    clipped = [
        dim - 1 if type(part) is int and isinstance(dim, int) and not -dim <= part < dim else part
        for part, dim in zip(parts, spec.shape, strict=False)
    ]
    cures = [
        remedies.set_value(case.network, case.node.id, ("args", 1), "index", {"t": clipped}),
        remedies.set_value(case.network, case.node.id, ("args", 1), "index", {"t": [whole, -1]}),
    ]
    return Diagnosis("no-such-index", text, tuple(cures))


def bundle(case: Case) -> Diagnosis | None:
    """A wire that carries all outputs of a layer where one is wanted."""
    for inflow in case.inflows:
        if inflow.names and inflow.wire.index is None:
            text = Message(
                "{node} receives all {count} outputs of {source} at once and needs one of them.",
                node=case.node.id,
                count=len(inflow.names),
                source=inflow.wire.source,
            )
            cures = tuple(
                remedies.pick(case.network, inflow.wire, place, name)
                for place, name in enumerate(inflow.names[:3])
            )
            return Diagnosis("tuple-output", text, cures)
    return None


def data_dependent(case: Case) -> Diagnosis | None:
    if case.failure is None or not re.search(r"data.dependent|meta", case.message):
        return None
    text = Message(
        "The shape that {node} gives depends on the values that come in, so it cannot be known here.",
        node=case.node.id,
    )
    return Diagnosis("data-dependent", text)
