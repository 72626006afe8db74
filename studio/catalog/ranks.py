"""How many dimensions a type takes, the batch included, by what it is called. Knows no torch."""

from __future__ import annotations

import re

from studio.words import Message

_FAMILIES = (
    "Conv", "ConvTranspose", "MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool", "LPPool",
    "FractionalMaxPool", "MaxUnpool", "BatchNorm", "InstanceNorm", "Dropout", "ZeroPad", "ConstantPad",
    "ReflectionPad", "ReplicationPad", "CircularPad",
)  # fmt: skip
SEQUENCES = ("nn.LSTM", "nn.GRU", "nn.RNN", "nn.MultiheadAttention", "nn.TransformerEncoderLayer")
_LIKE_IMAGES = (
    "F.max_pool2d", "F.avg_pool2d", "F.adaptive_avg_pool2d", "nn.Softmax2d", "nn.Unfold",
    "nn.PixelShuffle", "nn.PixelUnshuffle", "nn.UpsamplingNearest2d", "nn.UpsamplingBilinear2d",
)  # fmt: skip
_CELLS = ("nn.LSTMCell", "nn.GRUCell", "nn.RNNCell")
SHAPES = {
    2: Message("N×features"),
    3: Message("N×channels×length"),
    4: Message("N×channels×height×width"),
    5: Message("N×channels×depth×height×width"),
}


def spatial(type_: str) -> int | None:
    """How many spatial dimensions a type works on, by its name: 2 for nn.Conv2d."""
    match = re.fullmatch(r"nn\.(\w+?)([123])d", type_)
    return int(match[2]) if match and match[1] in _FAMILIES else None


def wanted(type_: str) -> tuple[int, ...]:
    """The numbers of dimensions a type takes, batch included; empty where any will do."""
    if type_ == "nn.BatchNorm1d":
        return (3, 2)
    if count := spatial(type_):
        return (count + 2,)
    if type_ in SEQUENCES:
        return (3, 2)
    if type_ in _LIKE_IMAGES:
        return (4,)
    if type_ in _CELLS:
        return (2,)
    if type_ == "nn.Fold":
        return (3,)
    if type_ in {"nn.Upsample", "F.interpolate"}:
        return (4, 3, 5)
    return ()


def form(type_: str) -> Message:
    """What a type works on, in words; for a type that `wanted` knows."""
    return Message("N×length×features") if type_ in SEQUENCES else SHAPES[wanted(type_)[0]]
