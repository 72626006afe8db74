"""A small input for each type of the catalogue, so that real PyTorch can be asked."""

from __future__ import annotations

from collections.abc import Callable

import torch

from studio.catalog.entry import Entry

Tensors = tuple[torch.Tensor, ...]


def _r(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def _b(*shape: int, seed: int = 0) -> torch.Tensor:
    return _r(*shape, seed=seed) > 0.5


def _unpooled(*size: int) -> Tensors:
    """What MaxUnpool is given: values, and the places they came from."""
    count = torch.Size(size).numel()
    places = torch.arange(count).mul(2 ** len(size)).reshape(size)
    return _r(2, 8, *size), places.expand(2, 8, *size)


IMAGES = {1: (2, 8, 16), 2: (2, 8, 16, 16), 3: (2, 8, 8, 8, 8)}
SEQUENCE = (2, 5, 16)
MATRIX = (4, 4)
BOXES = torch.tensor([[0.0, 0.0, 0.0, 7.0, 7.0], [1.0, 2.0, 2.0, 9.0, 9.0]])
WORDS = torch.tensor([[1, 2], [3, 4]])

_BY_TYPE: dict[str, Tensors] = {
    "nn.Bilinear": (_r(2, 3), _r(2, 4)),
    "torch.slice_scatter": (_r(2, 5, 16), _r(2, 1, 16)),
    "F.affine_grid": (_r(1, 2, 3),),
    "torch.select_scatter": (_r(2, 5, 16), _r(2, 16)),
    "F.bilinear": (_r(2, 3), _r(2, 4), _r(5, 3, 4)),
    "nn.MaxUnpool1d": _unpooled(4),
    "nn.MaxUnpool2d": _unpooled(4, 4),
    "nn.MaxUnpool3d": _unpooled(2, 2, 2),
    "nn.Embedding": (WORDS,),
    "F.embedding": (WORDS, _r(9, 4)),
    "nn.EmbeddingBag": (WORDS,),
    "nn.Unflatten": (_r(2, 128),),
    "torch.unflatten": (_r(2, 16),),
    "nn.GLU": (_r(2, 8),),
    "F.glu": (_r(2, 8),),
    "F.prelu": (_r(2, 8), _r(8)),
    "F.linear": (_r(2, 8), _r(4, 8)),
    "F.conv1d": (_r(*IMAGES[1]), _r(4, 8, 3)),
    "F.conv2d": (_r(*IMAGES[2]), _r(4, 8, 3, 3)),
    "F.conv3d": (_r(*IMAGES[3]), _r(4, 8, 3, 3, 3)),
    "F.conv_transpose1d": (_r(*IMAGES[1]), _r(8, 4, 3)),
    "F.conv_transpose2d": (_r(*IMAGES[2]), _r(8, 4, 3, 3)),
    "F.conv_transpose3d": (_r(*IMAGES[3]), _r(8, 4, 3, 3, 3)),
    "F.batch_norm": (_r(*IMAGES[2]), torch.zeros(8), torch.ones(8)),
    "F.layer_norm": (_r(2, 5, 64),),
    "F.rms_norm": (_r(2, 5, 64),),
    "F.fold": (_r(2, 12, 16),),
    "nn.Fold": (_r(2, 12, 16),),
    "F.grid_sample": (_r(*IMAGES[2]), _r(2, 4, 4, 2)),
    "nn.LSTMCell": (_r(2, 16),),
    "nn.GRUCell": (_r(2, 16),),
    "nn.RNNCell": (_r(2, 16),),
    "ops.MLP": (_r(2, 16),),
    "ops.DeformConv2d": (_r(*IMAGES[2]), _r(2, 18, 16, 16)),
    "ops.Permute": (_r(*IMAGES[2]),),
    "ops.SqueezeExcitation": (_r(*IMAGES[2]),),
    "ops.StochasticDepth": (_r(*IMAGES[2]),),
    "ops.Conv2dNormActivation": (_r(*IMAGES[2]),),
    "ops.Conv3dNormActivation": (_r(*IMAGES[3]),),
    "ops.RoIAlign": (_r(*IMAGES[2]), BOXES),
    "ops.RoIPool": (_r(*IMAGES[2]), BOXES),
    "ops.PSRoIAlign": (_r(*IMAGES[2]), BOXES),
    "ops.PSRoIPool": (_r(*IMAGES[2]), BOXES),
    "torch.bmm": (_r(2, 3, 4), _r(2, 4, 5)),
    "torch.mm": (_r(2, 4), _r(4, 5)),
    "torch.mv": (_r(2, 4), _r(4)),
    "torch.outer": (_r(2), _r(4)),
    "torch.baddbmm": (_r(2, 3, 5), _r(2, 3, 4), _r(2, 4, 5)),
    "torch.einsum": (_r(2, 3, 4), _r(2, 4, 5)),
    "torch.cdist": (_r(2, 3, 4), _r(2, 5, 4)),
    "torch.matmul": (_r(2, 3, 4), _r(4, 5)),
    "torch.lerp": (_r(2, 3), _r(2, 3, seed=1)),
    "torch.reshape": (_r(2, 16, 4),),
    "Tensor.view": (_r(2, 16, 4),),
    "Tensor.view_as": (_r(2, 12), _r(2, 3, 4)),
    "Tensor.reshape_as": (_r(2, 12), _r(2, 3, 4)),
    "Tensor.expand": (_r(2, 1),),
    "torch.broadcast_to": (_r(2, 4),),
    "Tensor.repeat": (_r(2, 4),),
    "torch.tile": (_r(2, 4),),
    "Tensor.unfold": (_r(2, 6),),
    "torch.t": (_r(2, 4),),
    "torch.split": (_r(2, 8),),
    "torch.chunk": (_r(2, 8),),
    "torch.tensor_split": (_r(2, 8),),
    "torch.bitwise_not": (_b(2, 3),),
    "torch.unbind": (_r(2, 2, 4),),
    "torch.meshgrid": (_r(3), _r(4)),
    "torch.index_select": (_r(2, 8), torch.tensor([0, 3])),
    "torch.gather": (_r(2, 8), torch.tensor([[0, 3], [1, 2]])),
    "torch.take_along_dim": (_r(2, 8), torch.tensor([[0, 3], [1, 2]])),
    "torch.diagonal": (_r(2, 4, 4),),
    "torch.where": (_b(2, 3), _r(2, 3), _r(2, 3, seed=1)),
    "torch.masked_fill": (_r(2, 3), _b(2, 3)),
    "torch.logical_and": (_b(2, 3), _b(2, 3, seed=1)),
    "torch.logical_or": (_b(2, 3), _b(2, 3, seed=1)),
    "torch.logical_xor": (_b(2, 3), _b(2, 3, seed=1)),
    "torch.logical_not": (_b(2, 3),),
    "torch.view_as_complex": (_r(2, 3, 2),),
    "torch.view_as_real": (torch.complex(_r(2, 3), _r(2, 3, seed=1)),),
    "Tensor.type_as": (_r(2, 3), WORDS),
    "F.one_hot": (torch.tensor([1, 2]),),
    "F.scaled_dot_product_attention": (_r(*SEQUENCE),) * 3,
    "F.cosine_similarity": (_r(2, 8), _r(2, 8, seed=1)),
    "F.pairwise_distance": (_r(2, 8), _r(2, 8, seed=1)),
    "op.pow": (_r(2, 3), _r(2, 3, seed=1)),
    "op.neg": (_r(2, 3),),
}
_IMAGES = {
    *(
        "nn.Softmax2d",
        "nn.PixelShuffle",
        "nn.PixelUnshuffle",
        "nn.ChannelShuffle",
        "nn.Upsample",
        "nn.Unfold",
    ),
    *("nn.GroupNorm", "nn.LocalResponseNorm", "nn.SyncBatchNorm", "F.interpolate", "F.pad", "F.unfold"),
    *("F.pixel_shuffle", "F.pixel_unshuffle", "F.channel_shuffle", "F.group_norm", "F.instance_norm"),
    *("F.local_response_norm", "torch.rot90", "torch.pixel_shuffle", "torch.pixel_unshuffle"),
    "torch.channel_shuffle",
}
_FIXED = {
    **{
        f"F.{name}": 1
        for name in ("embedding", "prelu", "linear", "conv1d", "conv2d", "conv3d", "batch_norm")
    },
    **{f"F.conv_transpose{n}d": 1 for n in (1, 2, 3)},
    **{f"torch.{name}": 1 for name in ("mm", "mv", "outer", "matmul", "index_select")},
    **{f"ops.{name}": 1 for name in ("RoIAlign", "RoIPool", "PSRoIAlign", "PSRoIPool")},
    "F.bilinear": 2,
    "torch.meshgrid": 0,
    "F.affine_grid": 0,
}
"""From which input on a sample holds weights and the like: tensors whose first size is no batch."""


def _like(entry: Entry) -> str:
    """The type whose sample serves: that of the function a method or an operator is a twin of."""
    own = entry.type in _BY_TYPE or entry.type in _IMAGES or entry.type in _FIXED
    return entry.type if own or not entry.twin or entry.type.startswith("F.") else entry.twin


def fixed(entry: Entry) -> int:
    """The number of the first input that is no batch."""
    return _FIXED.get(_like(entry), 99)


def inputs(entry: Entry) -> Tensors:
    """Tensors for the required inputs of a type, batch first."""
    type_ = _like(entry)
    if type_ in _BY_TYPE:
        return _BY_TYPE[type_]
    if type_ in _IMAGES:
        return (_r(*IMAGES[2]),)
    digit = entry.type[-2] if entry.type.endswith("d") else ""
    shape = IMAGES[int(digit)] if digit.isdigit() else SEQUENCE
    required = [port for port in entry.inputs if not port.optional]
    return tuple(_r(*shape, seed=place) for place, _ in enumerate(required))


RANDOM: Callable[[str], bool] = {
    *(
        "torch.rand",
        "torch.randn",
        "torch.rand_like",
        "torch.randn_like",
        "torch.bernoulli",
        "F.gumbel_softmax",
    )
}.__contains__
"""Whether a function draws random numbers at every pass."""
