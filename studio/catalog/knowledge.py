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
        "custom_encoder", "custom_decoder", "memory_format", "generator", "implicit",
        "min_value", "max_value",  # Hardtanh's old names of min_val and max_val
    }
)  # fmt: skip
"""Arguments that no person sets. A module's `dtype` is hidden too: the run decides it."""

DTYPES: Final = (
    "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool",
    "complex64",
)  # fmt: skip

INITS: Final = (
    "zeros", "ones", "normal", "uniform", "trunc_normal", "xavier_uniform", "xavier_normal",
    "kaiming_uniform", "kaiming_normal", "orthogonal",
)  # fmt: skip
"""How a `param` or a `buffer` starts: PyTorch's names of `torch.nn.init`."""

IN_PLACE: Final = ("nn.ReLU", "nn.SiLU", "nn.Hardswish", "nn.ReLU6", "nn.LeakyReLU", "nn.ELU", "nn.Mish")
"""Activations that may write into their input, as torchvision's convolution blocks ask of theirs."""
ACTIVATIONS: Final = (*IN_PLACE, "nn.GELU", "nn.Tanh")

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
    ("F.grid_sample", "mode"): ("bilinear", "nearest", "bicubic"),
    ("F.grid_sample", "padding_mode"): ("zeros", "border", "reflection"),
    ("ops.StochasticDepth", "mode"): ("row", "batch"),
    ("", "norm_layer"): ("nn.BatchNorm1d", "nn.LayerNorm"),
    ("ops.Conv2dNormActivation", "norm_layer"): ("nn.BatchNorm2d", "nn.InstanceNorm2d"),
    ("ops.Conv3dNormActivation", "norm_layer"): ("nn.BatchNorm3d", "nn.InstanceNorm3d"),
    ("", "activation_layer"): IN_PLACE,
    ("ops.MLP", "activation_layer"): ACTIVATIONS,
    ("ops.SqueezeExcitation", "activation"): ACTIVATIONS,
    ("ops.SqueezeExcitation", "scale_activation"): ("nn.Sigmoid", "nn.Hardsigmoid", "nn.Tanh"),
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
    ("F.adaptive_avg_pool3d", "output_size"): "int_tuple",
    ("", "kernel_size"): "int_tuple",
    ("", "stride"): "int_tuple",
    ("", "padding"): "int_tuple",
    ("", "dilation"): "int_tuple",
    ("", "output_size"): "int_tuple",
    ("", "spatial_scale"): "float",
    ("", "split_size_or_sections"): "int_tuple",
    ("", "split_size"): "int_tuple",
    ("", "sizes"): "int_tuple",
    ("torch.norm", "dim"): "int_tuple",
    ("Tensor.norm", "dim"): "int_tuple",
    ("Tensor.norm", "p"): "float",
    ("torch.norm", "p"): "float",
    ("Tensor.unflatten", "dim"): "int",
    ("", "norm_layer"): "layer",
    ("", "activation_layer"): "layer",
    ("ops.SqueezeExcitation", "activation"): "layer",
    ("ops.SqueezeExcitation", "scale_activation"): "layer",
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
    "torch.div": "div.Tensor_mode",
    "Tensor.div": "div.Tensor_mode",
    "torch.flatten": "flatten.using_ints",
    "F.logsigmoid": "log_sigmoid",
    "torch.tensor_split": "tensor_split.sections",
    "Tensor.tensor_split": "tensor_split.sections",
    **{f"F.max_pool{n}d": f"max_pool{n}d" for n in (1, 2, 3)},
    **{f"F.adaptive_max_pool{n}d": f"adaptive_max_pool{n}d" for n in (1, 2, 3)},
    "Tensor.to": "to.dtype",
}
"""The operator behind a function written in C++, where its name and its ports do not tell which."""
