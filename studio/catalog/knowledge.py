"""What PyTorch's signatures leave unsaid: the words a text argument takes, sane limits, C++ operators.

Keys are (type, argument); a type of "" stands for every type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from studio.catalog.entry import Editor

Key = tuple[str, str]

HIDDEN: Final = frozenset(
    {
        "self", "device", "out", "size_average", "reduce", "process_group", "layout", "pin_memory",
        "custom_encoder", "custom_decoder",
        "min_value", "max_value",  # Hardtanh's old names of min_val and max_val
    }
)  # fmt: skip
"""Arguments that no document sets. A module's `dtype` is hidden too: the run decides it."""

DTYPES: Final = (
    "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool",
    "complex64",
)  # fmt: skip

CHOICES: Mapping[Key, tuple[str, ...]] = {
    ("nn.RNN", "nonlinearity"): ("tanh", "relu"),
    ("nn.RNNCell", "nonlinearity"): ("tanh", "relu"),
    ("nn.GELU", "approximate"): ("none", "tanh"),
    ("F.gelu", "approximate"): ("none", "tanh"),
    ("nn.Upsample", "mode"): (
        "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear",
    ),
    ("F.interpolate", "mode"): (
        "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area",
    ),
    ("nn.EmbeddingBag", "mode"): ("mean", "sum", "max"),
    ("F.pad", "mode"): ("constant", "reflect", "replicate", "circular"),
    ("", "activation"): ("relu", "gelu"),
    ("torch.div", "rounding_mode"): ("trunc", "floor"),
    **{(f"nn.ConvTranspose{n}d", "padding_mode"): ("zeros",) for n in (1, 2, 3)},
    ("nn.Conv1d", "padding"): ("same", "valid"),
    ("nn.Conv2d", "padding"): ("same", "valid"),
    ("nn.Conv3d", "padding"): ("same", "valid"),
}  # fmt: skip
"""The words an argument takes. Beside numbers where its kind is "int_tuple"."""

KINDS: Mapping[Key, Editor] = {
    ("", "embed_dim"): "int",
    ("", "num_heads"): "int",
    ("", "kdim"): "int",
    ("", "vdim"): "int",
    ("", "activation"): "choice",
    ("", "dtype"): "dtype",
    ("", "scale_factor"): "float",
    ("", "output_ratio"): "float",
    ("", "normalized_shape"): "int_tuple",
    ("", "unflattened_size"): "int_tuple",
    ("F.adaptive_avg_pool2d", "output_size"): "int_tuple",
    ("F.interpolate", "size"): "int_tuple",
}
"""The kind of editor where the signature misleads or says nothing."""

LENGTHS: Mapping[Key, int] = {
    ("F.adaptive_avg_pool2d", "output_size"): 2,
    ("F.max_pool2d", "kernel_size"): 2,
    ("F.avg_pool2d", "kernel_size"): 2,
    ("nn.Fold", "output_size"): 2,
}

_POSITIVE = (1, None)
_NOT_NEGATIVE = (0, None)
_SHARE = (0, 1)
LIMITS: Mapping[Key, tuple[float | None, float | None]] = {
    **{
        ("", name): _POSITIVE
        for name in (
            "in_channels", "out_channels", "in_features", "out_features", "in1_features", "in2_features",
            "num_features", "num_channels", "num_groups", "groups", "kernel_size", "stride", "dilation",
            "input_size", "hidden_size", "num_layers", "embed_dim", "num_heads", "d_model", "nhead",
            "num_encoder_layers", "num_decoder_layers", "dim_feedforward", "kdim", "vdim", "num_embeddings",
            "embedding_dim", "upscale_factor", "downscale_factor", "num_parameters", "chunks",
            "normalized_shape", "output_size", "n_classes", "cutoffs", "divisor_override", "size",
        )
    },
    **{("", name): _NOT_NEGATIVE for name in ("eps", "output_padding", "proj_size", "max_norm", "k")},
    **{("", name): _SHARE for name in ("dropout", "momentum", "dropout_p", "output_ratio")},
    **{
        (f"nn.{name}", "p"): _SHARE
        for name in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
    },
    **{
        (f"nn.{kind}{n}d", "padding"): _NOT_NEGATIVE
        for kind in ("Conv", "ConvTranspose", "MaxPool", "AvgPool")
        for n in (1, 2, 3)
    },
    ("", "scale_factor"): (0, None),
}  # fmt: skip
"""Lowest and highest value, both allowed."""

SCHEMAS: Mapping[str, str] = {
    "torch.add": "add.Tensor",
    "torch.sub": "sub.Tensor",
    "torch.mul": "mul.Tensor",
    "torch.div": "div.Tensor_mode",
    "torch.matmul": "matmul",
    "torch.bmm": "bmm",
    "torch.cat": "cat",
    "torch.stack": "stack",
    "torch.mean": "mean.dim",
    "torch.sum": "sum.dim_IntList",
    "torch.amax": "amax",
    "torch.amin": "amin",
    "torch.maximum": "maximum",
    "torch.minimum": "minimum",
    "torch.pow": "pow.Tensor_Scalar",
    "torch.sqrt": "sqrt",
    "torch.exp": "exp",
    "torch.log": "log",
    "torch.abs": "abs",
    "torch.neg": "neg",
    "torch.clamp": "clamp",
    "torch.softmax": "softmax.int",
    "torch.relu": "relu",
    "torch.sigmoid": "sigmoid",
    "torch.tanh": "tanh",
    "torch.flatten": "flatten.using_ints",
    "torch.reshape": "reshape",
    "torch.permute": "permute",
    "torch.transpose": "transpose.int",
    "torch.squeeze": "squeeze.dim",
    "torch.unsqueeze": "unsqueeze",
    "torch.chunk": "chunk",
    "F.gelu": "gelu",
    "F.softplus": "softplus",
    "F.max_pool2d": "max_pool2d",
    "F.avg_pool2d": "avg_pool2d",
    "F.one_hot": "one_hot",
    "F.scaled_dot_product_attention": "scaled_dot_product_attention",
}
"""The operator behind a function that has no Python signature."""
