"""How many dimensions a layer wants, and what helps where it is given another number of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from studio.catalog import table
from studio.catalog.ranks import SEQUENCES, form, spatial, wanted
from studio.compiler.analysis import N, TensorSpec
from studio.compiler.problems import remedies
from studio.compiler.problems.finding import Case, Diagnosis, Remedy
from studio.graph.edit import Edit
from studio.words import Message

_SMALLEST = 16
"""values from which on a row may be a small picture"""
_JOINERS = frozenset({"nn.Flatten", "torch.flatten", "torch.reshape", "nn.Unflatten"})


def mismatch(case: Case) -> Diagnosis | None:
    """A layer that is given too many or too few dimensions."""
    spec, ranks = case.spec, wanted(case.node.type)
    if spec is None or not ranks or len(spec.shape) in ranks:
        return None
    text = Message(
        "{node} works on {form} but receives {shape} from {source}.",
        node=case.node.id,
        form=form(case.node.type),
        shape=str(spec),
        source=case.source,
    )
    return Diagnosis("rank-mismatch", text, tuple(_remedies(case, spec, ranks[0])))


def _remedies(case: Case, spec: TensorSpec, rank: int) -> Iterator[Remedy]:
    network, wire = case.network, case.inflows[0].wire
    source = case.nodes[wire.source]
    have = len(spec.shape)
    if have == 2 and source.type == "input" and "Conv" in case.node.type and not _square(spec):
        yield _for_tables(case)
    if source.type in _JOINERS and (back := remedies.bypass(network, wire, source)):
        yield back
    channel = remedies.insert(network, wire, "torch.unsqueeze", kwargs={"dim": 1})
    other = _other_type(case.node.type, have)
    if have == rank - 1 and (source.type == "input" or other is None):
        yield channel
    if other:
        yield remedies.become(network, case.node.id, other)
    if have == rank - 1:
        yield channel
    if have == 2:
        yield from _unflatten(case, spec, rank)
    if have > rank:
        label = Message(
            "Flatten what comes from {source} from dimension {dim} on", source=wire.source, dim=rank - 1
        )
        yield remedies.insert(network, wire, "torch.flatten", kwargs={"start_dim": rank - 1}, label=label)
    yield remedies.remove(network, case.node.id)


def _square(spec: TensorSpec) -> bool:
    """Whether a sample may be a picture written in a row: 64 values, 784."""
    length = spec.shape[1]
    return isinstance(length, int) and length > _SMALLEST and math.isqrt(length) ** 2 == length


def _for_tables(case: Case) -> Remedy:
    """The same network of Linear layers: tables have neither rows nor neighbours to slide over."""

    def apply(edit: Edit) -> None:
        for node in list(case.graph.nodes.values()):
            if re.fullmatch(r"nn\.Conv[123]d", node.type):
                width = {"out_features": node.params.get("out_channels", 64)}
                remedies.swap(case.network, node, "nn.Linear", width).apply(edit)
            elif re.fullmatch(r"nn\.\w*(Pool|Pad)[123]d", node.type):
                remedies.remove(case.network, node.id).apply(edit)
            elif spatial(node.type) and (other := _other_type(node.type, 2)):
                edit.set_type(case.network, node.id, other)

    return Remedy(Message("Make the convolutions Linear and take pooling out: the data is a table"), apply)


def _other_type(type_: str, have: int) -> str | None:
    """The layer of the same family for this number of dimensions."""
    count = spatial(type_)
    if count is None:
        return None
    if have == 2 and type_.startswith("nn.Dropout"):
        return "nn.Dropout"
    dimensions = 1 if have == 2 and "Norm" in type_ else have - 2
    other = re.sub(r"[123]d$", f"{dimensions}d", type_)
    return other if other != type_ and table.entry(other) else None


def _unflatten(case: Case, spec: TensorSpec, rank: int) -> Iterator[Remedy]:
    features = spec.shape[1]
    if not isinstance(features, int):
        return
    wire, network = case.inflows[0].wire, case.network
    known = next((i.shape[1:] for i in case.context.inputs if math.prod(_ints(i)) == features), None)
    if known and len(known) == rank - 1:
        yield remedies.insert(network, wire, "nn.Unflatten", {"dim": 1, "unflattened_size": list(known)})
    side = round(features ** (1 / (rank - 2)))
    if side ** (rank - 2) == features:
        size = [1, *[side] * (rank - 2)]
        yield remedies.insert(network, wire, "nn.Unflatten", {"dim": 1, "unflattened_size": size})
    size = [features, *[1] * (rank - 2)]
    yield remedies.insert(network, wire, "nn.Unflatten", {"dim": 1, "unflattened_size": size})


def _ints(spec: TensorSpec) -> list[int]:
    return [d for d in spec.shape[1:] if isinstance(d, int)]


def sequence(case: Case) -> Diagnosis | None:
    """A sequence layer that takes the batch for the sequence: it runs, and mixes the samples."""
    spec, node = case.spec, case.node
    if node.type not in SEQUENCES or spec is None:
        return None
    first = bool(case.params.get("batch_first", False))
    shape = str(spec)
    if len(spec.shape) == 2 and spec.shape[0] == N:
        text = Message(
            "{node} receives {shape} and takes the batch for a sequence, so the samples are mixed.",
            node=node.id,
            shape=shape,
        )
        cure = remedies.insert(case.network, case.inflows[0].wire, "torch.unsqueeze", kwargs={"dim": 1})
        return Diagnosis("batch-as-sequence", text, (cure,), "warning")
    place = 0 if first else 1
    if len(spec.shape) == 3 and spec.shape[place] != N and spec.shape[1 - place] == N:
        text = Message(
            "{node} reads dimension {dim} of {shape} as the sequence, but the batch is there, so the samples "
            "are mixed.",
            node=node.id,
            dim=1 - place,
            shape=shape,
        )
        cure = remedies.set_param(case.network, node.id, "batch_first", not first)
        return Diagnosis("batch-as-sequence", text, (cure,), "warning")
    return None
