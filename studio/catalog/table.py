"""The one table of node types, by name and in palette order. Knows no torch."""

from __future__ import annotations

from studio.catalog import functional, layers, methods, tensors, vision
from studio.catalog.entry import Entry
from studio.graph.model import OPAQUE
from studio.words import Message

CATEGORIES: dict[str, Message] = {
    "io": Message("Input & output"),
    "linear": Message("Linear"),
    "convolution": Message("Convolution"),
    "pooling": Message("Pooling"),
    "normalisation": Message("Normalisation"),
    "activation": Message("Activation"),
    "recurrent": Message("Recurrent"),
    "attention": Message("Attention"),
    "embedding": Message("Embedding"),
    "dropout": Message("Dropout"),
    "shape": Message("Shape"),
    "merge": Message("Merge & math"),
    "block": Message("Blocks"),
}
"""The groups of the palette, in its order. The ids are those of the colour table."""

_COMMON = """
input output const nn.Linear nn.Bilinear nn.Conv2d nn.Conv1d nn.Conv3d nn.ConvTranspose2d
nn.MaxPool2d nn.AvgPool2d nn.AdaptiveAvgPool2d nn.MaxPool1d
nn.BatchNorm2d nn.BatchNorm1d nn.LayerNorm nn.GroupNorm
nn.ReLU nn.GELU nn.SiLU nn.LeakyReLU nn.Sigmoid nn.Tanh nn.Softmax
nn.LSTM nn.GRU nn.RNN nn.MultiheadAttention nn.TransformerEncoderLayer nn.TransformerEncoder
nn.Embedding nn.EmbeddingBag param
nn.Dropout nn.Dropout2d nn.Flatten nn.Unflatten nn.Upsample torch.reshape torch.permute op.getitem
torch.add torch.cat torch.mul torch.matmul torch.mean
"""
COMMON: frozenset[str] = frozenset(_COMMON.split())
"""What most networks are made of: the palette shows these before a person asks for more."""

_ORDER = {category: rank for rank, category in enumerate(CATEGORIES)}
_ENTRIES: tuple[Entry, ...] = tuple(
    sorted(
        (*layers.ENTRIES, *vision.ENTRIES, *tensors.ENTRIES, *functional.ENTRIES, *methods.ENTRIES),
        key=lambda entry: _ORDER[entry.category],
    )
)
_BY_TYPE: dict[str, Entry] = {entry.type: entry for entry in (*_ENTRIES, tensors.DOT)}


def entries() -> tuple[Entry, ...]:
    """Every type that can be placed, in palette order. Blocks are the project's own and not among them."""
    return _ENTRIES


def entry(type_: str) -> Entry | None:
    """The entry of a type; None for a block and for a type that is not known."""
    return _BY_TYPE.get(type_)


def is_module(type_: str) -> bool:
    """Whether nodes of a type are layers with arguments of their own, called with their wires."""
    found = entry(type_)
    return found is not None and found.kind == "module"


def label(type_: str) -> str:
    """What a card and the palette call a type: PyTorch's name, or the name of the block."""
    found = entry(type_)
    if type_ == OPAQUE:
        return "Opaque"
    return found.label if found else type_.split(":", 1)[-1].rsplit(".", 1)[-1]


def category(type_: str) -> str:
    """The category of a type. A block's is "block"; so is that of a type that is not known."""
    found = entry(type_)
    return found.category if found else "block"
