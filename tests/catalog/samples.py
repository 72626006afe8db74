"""A small input for each type of the catalogue, so that real PyTorch can be asked."""

from __future__ import annotations

import torch

from studio.catalog.entry import Entry

Tensors = tuple[torch.Tensor, ...]


def _r(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


IMAGES = {1: (2, 8, 16), 2: (2, 8, 16, 16), 3: (2, 8, 8, 8, 8)}
SEQUENCE = (2, 5, 16)
_BY_TYPE: dict[str, Tensors] = {
    "nn.Bilinear": (_r(2, 3), _r(2, 4)),
    "nn.MaxUnpool1d": (_r(2, 8, 4), torch.arange(4).mul(2).expand(2, 8, 4)),
    "nn.MaxUnpool2d": (_r(2, 8, 4, 4), torch.arange(16).mul(4).reshape(4, 4).expand(2, 8, 4, 4)),
    "nn.MaxUnpool3d": (_r(2, 8, 2, 2, 2), torch.arange(8).mul(8).reshape(2, 2, 2).expand(2, 8, 2, 2, 2)),
    "nn.AdaptiveLogSoftmaxWithLoss": (_r(2, 16), torch.tensor([3, 500])),
    "nn.Embedding": (torch.tensor([[1, 2], [3, 4]]),),
    "nn.EmbeddingBag": (torch.tensor([[1, 2], [3, 4]]),),
    "nn.Unflatten": (_r(2, 128),),
    "nn.GLU": (_r(2, 8),),
    "nn.Softmax2d": (_r(*IMAGES[2]),),
    "nn.PixelShuffle": (_r(*IMAGES[2]),),
    "nn.PixelUnshuffle": (_r(*IMAGES[2]),),
    "nn.ChannelShuffle": (_r(*IMAGES[2]),),
    "nn.Upsample": (_r(*IMAGES[2]),),
    "nn.Unfold": (_r(*IMAGES[2]),),
    "nn.Fold": (_r(2, 12, 16),),
    "nn.GroupNorm": (_r(*IMAGES[2]),),
    "nn.LocalResponseNorm": (_r(*IMAGES[2]),),
    "nn.LSTMCell": (_r(2, 16),),
    "nn.GRUCell": (_r(2, 16),),
    "nn.RNNCell": (_r(2, 16),),
    "torch.bmm": (_r(2, 3, 4), _r(2, 4, 5)),
    "torch.matmul": (_r(2, 3, 4), _r(4, 5)),
    "torch.reshape": (_r(2, 16, 4),),
    "F.one_hot": (torch.tensor([1, 2]),),
    "F.interpolate": (_r(*IMAGES[2]),),
    "F.pad": (_r(*IMAGES[2]),),
    "F.scaled_dot_product_attention": (_r(*SEQUENCE),) * 3,
}


def inputs(entry: Entry) -> Tensors:
    """Tensors for the required inputs of a type, batch first."""
    if entry.type in _BY_TYPE:
        return _BY_TYPE[entry.type]
    digit = entry.type[-2] if entry.type.endswith("d") else ""
    shape = IMAGES[int(digit)] if digit.isdigit() else SEQUENCE
    required = [port for port in entry.inputs if not port.optional]
    return tuple(_r(*shape) for _ in required)
