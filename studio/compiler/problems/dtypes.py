"""Whole numbers where a layer wants real ones, and the other way round. The meta device checks neither."""

from __future__ import annotations

from collections.abc import Iterator

from studio.catalog import table
from studio.compiler.problems import remedies
from studio.compiler.problems.finding import Case, Diagnosis, Remedy
from studio.graph.model import INPUT
from studio.words import Message

_WHOLE = {"int64", "int32"}
_REAL = {"float32", "float64", "float16", "bfloat16"}
_LOOKUPS = {"nn.Embedding", "nn.EmbeddingBag", "F.one_hot"}
_LEARNED = {"linear", "convolution", "normalisation", "recurrent", "attention"}


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
    if learned and spec.dtype not in _REAL:
        text = Message("{node} needs real numbers (float32) but receives {dtype} from {source}.", **values)
        return Diagnosis("dtype-mismatch", text, tuple(_cures(case, "float32")))
    return None


def _cures(case: Case, wanted: str) -> Iterator[Remedy]:
    source, wire, network = case.nodes[case.source], case.inflows[0].wire, case.network
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
