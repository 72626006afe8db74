"""Whole numbers where a layer wants real ones, and the other way round. The meta device checks neither."""

from __future__ import annotations

from collections.abc import Iterator

from studio.catalog import table
from studio.compiler.problems import remedies
from studio.compiler.problems.finding import Case, Diagnosis, Inflow, Remedy
from studio.graph.model import INPUT
from studio.words import Message

_WHOLE = {"int64", "int32"}
_REAL = {"float32", "float64", "float16", "bfloat16"}
_LOOKUPS = {"nn.Embedding", "nn.EmbeddingBag", "F.embedding", "F.one_hot"}
_LEARNED = {"linear", "convolution", "normalisation", "recurrent", "attention", "dropout"}
_SMOOTH = {
    "torch.mean", "Tensor.mean", "torch.softmax", "F.softmax", "Tensor.softmax", "F.gelu", "F.silu",
    "nn.GELU", "nn.SiLU", "nn.Tanh", "nn.Sigmoid", "nn.Softmax", "nn.LogSoftmax", "nn.ELU", "nn.LeakyReLU",
    "nn.Mish",
    *(f"nn.{kind}Pool{n}d" for kind in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax") for n in (1, 2, 3)),
    "F.max_pool2d", "F.avg_pool2d", "F.adaptive_avg_pool2d",
}  # fmt: skip
"""what has no weights and wants real numbers all the same"""


def mismatch(case: Case) -> Diagnosis | None:
    """An embedding given real numbers, or a layer with weights given whole ones."""
    spec, node = case.spec, case.node
    if spec is None:
        return None
    values = {"node": node.id, "dtype": spec.dtype, "source": case.source}
    if node.type in _LOOKUPS and spec.dtype not in _WHOLE:
        text = Message("{node} needs whole numbers (int64) but receives {dtype} from {source}.", **values)
        return Diagnosis("dtype-mismatch", text, tuple(_cures(case, "int64")))
    learned = table.category(node.type) in _LEARNED and table.is_module(node.type)
    if not learned and node.type not in _SMOOTH:
        return None
    for place, inflow in enumerate(case.inflows):
        if inflow.spec is None or inflow.wire.slot[0] != "args" or _masks(case, inflow):
            continue
        if inflow.spec.dtype not in _REAL:
            values |= {"dtype": inflow.spec.dtype, "source": inflow.wire.source}
            text = Message(
                "{node} needs real numbers (float32) but receives {dtype} from {source}.", **values
            )
            return Diagnosis("dtype-mismatch", text, tuple(_cures(case, "float32", place)))
    return None


def _masks(case: Case, inflow: Inflow) -> bool:
    """Whether it says yes or no of places, as the mask of an attention that is given by position."""
    entry = table.entry(case.node.type)
    wanted = {port.slot for port in entry.inputs if not port.optional} if entry is not None else set()
    return inflow.spec is not None and inflow.spec.dtype == "bool" and inflow.wire.slot not in wanted


def _cures(case: Case, wanted: str, place: int = 0) -> Iterator[Remedy]:
    wire, network = case.inflows[place].wire, case.network
    source = case.nodes[wire.source]
    if source.type in remedies.CASTS:
        yield remedies.remove(network, source.id)
    if case.node.type == "nn.Embedding" and source.type == INPUT:
        yield _over_numbers(case)
    if source.type == INPUT:
        words = Message("Set the data type of {node} to {dtype}", node=source.id, dtype=wanted)
        yield Remedy(words, lambda edit: edit.set_param(network, source.id, "dtype", wanted))
    cast = "Tensor.long" if wanted == "int64" else "Tensor.float"
    if table.entry(cast) is not None:
        words = Message("Convert what comes from {source} to {dtype}", source=source.id, dtype=wanted)
        yield remedies.insert(network, wire, cast, label=words)
    if wanted == "float32":
        params = {"num_embeddings": 1000, "embedding_dim": 64}
        yield remedies.insert(network, wire, "nn.Embedding", params)


def _over_numbers(case: Case) -> Remedy:
    """A Linear layer in the place of an embedding, over each number where a sample is a row of them."""
    wire, network = case.inflows[0].wire, case.network
    width = case.params.get("embedding_dim")
    parts = [remedies.swap(network, case.node, "nn.Linear", {"out_features": width})]
    if case.spec is not None and len(case.spec.shape) == 2:
        parts.append(remedies.insert(network, wire, "torch.unsqueeze", kwargs={"dim": -1}))
    return remedies.all_of(
        Message("Make {node} a Linear layer: the data is numbers, not words", node=case.node.id), parts
    )
