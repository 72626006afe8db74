"""A first network for data that has none: small, of the usual kind for such data, meant to be changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from studio.compiler.analysis import Context
from studio.graph.model import INPUT, OUTPUT, Node
from studio.graph.values import Json, reference

STEP = 96
"""how far cards stand apart"""
SMALL = 8
"""images are halved while both sides stay at least this long"""
Layer: TypeAlias = "tuple[str, str, Mapping[str, Json], tuple[Json, ...]]"
"""id, type, params, and what follows the wire among the arguments"""


def nodes(context: Context) -> tuple[Node, ...]:
    """The nodes of a network that trains on this data, one below the other; none where nothing usual fits."""
    if context.names:
        return tuple(_of_several(context))
    layers = tuple(_layers(context))
    if not layers:
        return ()
    made = [Node("x", INPUT)]
    for name, type_, params, rest in layers:
        source = made[-1]
        several = source.type in ("nn.LSTM", "nn.GRU")
        wire = reference(source.id, 0) if several else reference(source.id)
        made.append(Node(name, type_, dict(params), (wire, *rest), at=(0, STEP * len(made))))
    made.append(Node("y", OUTPUT, args=(reference(made[-1].id),), at=(0, STEP * len(made))))
    return tuple(made)


def _of_several(context: Context) -> Iterator[Node]:
    """A small layer for each of several inputs, side by side, and what they say together."""
    ends = []
    for number, name in enumerate(context.names):
        fc, relu = f"fc_{name}", f"relu_{name}"
        across = 2 * STEP * number
        yield Node(name, INPUT, at=(across, 0))
        yield Node(fc, "nn.Linear", {"out_features": 32}, (reference(name),), at=(across, STEP))
        yield Node(relu, "nn.ReLU", args=(reference(fc),), at=(across, 2 * STEP))
        ends.append(reference(relu))
    middle = STEP * (len(ends) - 1)
    yield Node("together", "torch.cat", args=(ends,), kwargs={"dim": 1}, at=(middle, 3 * STEP))
    yield Node("fc", "nn.Linear", args=(reference("together"),), at=(middle, 4 * STEP))
    yield Node("y", OUTPUT, args=(reference("fc"),), at=(middle, 5 * STEP))


def _layers(context: Context) -> Iterator[Layer]:
    if len(context.inputs) != 1:
        return
    spec, task = context.inputs[0], context.task
    shape = [d for d in spec.shape[1:] if isinstance(d, int)]
    if len(shape) != len(spec.shape) - 1:
        return
    if spec.dtype == "int64" and context.vocabulary is not None:
        yield from _of_texts(context.vocabulary, task == "language")
    elif task == "segmentation" and len(shape) == 3:
        yield from _of_pixels(context.outputs)
    elif len(shape) == 3:
        yield from _of_images(shape)
    elif len(shape) == 2:
        yield _layer("lstm", "nn.LSTM", hidden_size=32, batch_first=True)
        yield "last", "torch.select", {}, (1, -1)
        yield _layer("fc", "nn.Linear")
    elif len(shape) == 1:
        yield from _dense(64, 32)


def _layer(name: str, type_: str, **params: Any) -> Layer:
    return name, type_, params, ()


def _dense(*widths: int) -> Iterator[Layer]:
    """Linear layers with ReLU behind each, and one as wide as the data asks for."""
    for number, width in enumerate(widths, 1):
        yield _layer(f"fc{number}", "nn.Linear", out_features=width)
        yield _layer(f"relu_fc{number}", "nn.ReLU")
    yield _layer(f"fc{len(widths) + 1}", "nn.Linear")


def _of_images(shape: list[int]) -> Iterator[Layer]:
    """Convolutions that halve the image while it is large enough, then two linear layers."""
    channels, height, width = 32, *shape[1:]
    for number in range(1, 6):
        yield _layer(f"conv{number}", "nn.Conv2d", out_channels=channels, kernel_size=3, padding=1)
        yield _layer(f"relu{number}", "nn.ReLU")
        if min(height, width) < 2:
            break
        yield _layer(f"pool{number}", "nn.MaxPool2d", kernel_size=2)
        height, width, channels = height // 2, width // 2, min(2 * channels, 128)
        if min(height, width) < SMALL and number >= 2:
            break
    yield "flat", "torch.flatten", {}, (1,)
    yield from _dense(128)


def _of_pixels(classes: int | None) -> Iterator[Layer]:
    """Convolutions that keep the size of the image."""
    for number, channels in enumerate((16, 32, 32), 1):
        same = {"kernel_size": 3, "padding": 1, "bias": False}
        yield _layer(f"conv{number}", "nn.Conv2d", out_channels=channels, **same)
        yield _layer(f"norm{number}", "nn.BatchNorm2d")
        yield _layer(f"relu{number}", "nn.ReLU")
    yield _layer("each_pixel", "nn.Conv2d", out_channels=classes or 2, kernel_size=1)


def _of_texts(vocabulary: int, language: bool) -> Iterator[Layer]:
    """An embedding and an LSTM; its largest values over the text, or what it says at every place.

    Words of texts to be told apart have short vectors. PyTorch's begin so long that those of rare words,
    which hardly learn, drown the others: on rt_polarity a text convolution reaches 0.65 instead of 0.77.
    """
    if language:
        yield _layer("embedding", "nn.Embedding", num_embeddings=vocabulary, embedding_dim=64)
        yield _layer("lstm", "nn.LSTM", hidden_size=128, batch_first=True)
    else:
        short = {"padding_idx": 0, "max_norm": 1.0}
        yield _layer("embedding", "nn.Embedding", num_embeddings=vocabulary, embedding_dim=32, **short)
        yield _layer("lstm", "nn.LSTM", hidden_size=64, batch_first=True, bidirectional=True)
        yield "largest", "torch.amax", {}, (1,)
        yield _layer("drop", "nn.Dropout")
    yield _layer("fc", "nn.Linear")
