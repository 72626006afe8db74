"""The rows of the catalogue that are `torch.nn.functional`: layers as functions, their weights as inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from studio.catalog.entry import INPUT, Entry, Port
from studio.catalog.tensors import row
from studio.graph.values import Json

TRAINING: Json = {"if_training": [True, False]}


def _named(*names: str) -> tuple[Port, ...]:
    return tuple(Port(name, ("kwargs", name), optional=True) for name in names)


WEIGHT = Port("weight", ("args", 1))
BIAS = Port("bias", ("args", 2), optional=True)


def _like(
    name: str,
    layer: str,
    category: str,
    new: Mapping[str, Json] | None = None,
    inputs: tuple[Port, ...] = INPUT,
) -> Entry:
    """A function that a layer of `torch.nn` is made of."""
    return row(f"F.{name}", category, new, "functional", inputs, twin=f"nn.{layer}")


def _activation() -> Iterator[Entry]:
    for name in ("relu", "gelu", "silu", "leaky_relu", "elu", "softplus"):
        yield row(f"F.{name}", "activation", keywords="functional activation")
    for name in ("softmax", "log_softmax"):
        yield row(f"F.{name}", "activation", {"dim": -1}, "functional activation probabilities")
    for name, layer in _ACTIVATIONS.items():
        yield _like(name, layer, "activation")
    yield _like("softmin", "Softmin", "activation", {"dim": -1})
    yield _like("glu", "GLU", "activation", {"dim": -1})
    yield _like("threshold", "Threshold", "activation", {"threshold": 0.0, "value": 0.0})
    yield _like("prelu", "PReLU", "activation", inputs=(*INPUT, WEIGHT))
    new = {"tau": 1.0, "dim": -1}
    yield row("F.gumbel_softmax", "activation", new, "functional random categorical discrete")


_ACTIVATIONS = {
    "relu6": "ReLU6",
    "selu": "SELU",
    "celu": "CELU",
    "mish": "Mish",
    "hardswish": "Hardswish",
    "hardsigmoid": "Hardsigmoid",
    "hardtanh": "Hardtanh",
    "softsign": "Softsign",
    "logsigmoid": "LogSigmoid",
    "tanhshrink": "Tanhshrink",
    "softshrink": "Softshrink",
    "hardshrink": "Hardshrink",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
}


def _weighted() -> Iterator[Entry]:
    weighted = (*INPUT, WEIGHT, BIAS)
    yield _like("linear", "Linear", "linear", inputs=weighted)
    pair = (Port("input1", ("args", 0)), Port("input2", ("args", 1)))
    yield _like(
        "bilinear", "Bilinear", "linear", inputs=(*pair, Port("weight", ("args", 2)), *_named("bias"))
    )
    for n in (2, 1, 3):
        yield _like(f"conv{n}d", f"Conv{n}d", "convolution", inputs=weighted)
    for n in (2, 1, 3):
        yield _like(f"conv_transpose{n}d", f"ConvTranspose{n}d", "convolution", inputs=weighted)
    lookup = (*INPUT, WEIGHT)
    yield _like("embedding", "Embedding", "embedding", inputs=lookup)


def _normalisation() -> Iterator[Entry]:
    running = (Port("running_mean", ("args", 1)), Port("running_var", ("args", 2)))
    affine = _named("weight", "bias")
    new = {"training": TRAINING}
    yield _like("batch_norm", "BatchNorm2d", "normalisation", new, (*INPUT, *running, *affine))
    statistics = _named("running_mean", "running_var")
    yield _like("instance_norm", "InstanceNorm2d", "normalisation", None, (*INPUT, *statistics, *affine))
    new = {"normalized_shape": [64]}
    yield _like("layer_norm", "LayerNorm", "normalisation", new, (*INPUT, *affine))
    yield _like("rms_norm", "RMSNorm", "normalisation", new, (*INPUT, *_named("weight")))
    yield _like("group_norm", "GroupNorm", "normalisation", {"num_groups": 8}, (*INPUT, *affine))
    yield _like("local_response_norm", "LocalResponseNorm", "normalisation", {"size": 5})
    yield row("F.normalize", "merge", {"dim": 1}, "unit length norm")


def _pooling() -> Iterator[Entry]:
    yield row("F.max_pool2d", "pooling", {"kernel_size": 2}, "functional maximum downsample")
    yield row("F.avg_pool2d", "pooling", {"kernel_size": 2}, "functional average downsample")
    yield row("F.adaptive_avg_pool2d", "pooling", {"output_size": 1}, "functional global average")
    for n in (1, 3):
        yield _like(f"max_pool{n}d", f"MaxPool{n}d", "pooling", {"kernel_size": 2})
        yield _like(f"avg_pool{n}d", f"AvgPool{n}d", "pooling", {"kernel_size": 2})
        yield _like(f"adaptive_avg_pool{n}d", f"AdaptiveAvgPool{n}d", "pooling", {"output_size": 1})
    for n in (2, 1, 3):
        yield _like(f"adaptive_max_pool{n}d", f"AdaptiveMaxPool{n}d", "pooling", {"output_size": 1})
        new = {"norm_type": 2.0, "kernel_size": 2}
        yield _like(f"lp_pool{n}d", f"LPPool{n}d", "pooling", new)


def _attention() -> Iterator[Entry]:
    yield row(
        "F.scaled_dot_product_attention",
        "attention",
        keywords="functional self attention flash",
        inputs=(
            Port("query", ("args", 0)),
            Port("key", ("args", 1)),
            Port("value", ("args", 2)),
            *_named("attn_mask"),
        ),
    )


def _dropout() -> Iterator[Entry]:
    layers = {"dropout": "Dropout", "alpha_dropout": "AlphaDropout"}
    layers |= {f"dropout{n}d": f"Dropout{n}d" for n in (2, 1, 3)}
    for name, layer in {**layers, "feature_alpha_dropout": "FeatureAlphaDropout"}.items():
        yield _like(name, layer, "dropout", {"p": 0.5, "training": TRAINING})


def _shape() -> Iterator[Entry]:
    yield row("F.interpolate", "shape", {"scale_factor": 2.0}, "functional resize upsample")
    yield row("F.pad", "shape", {"pad": [1, 1, 1, 1]}, "functional padding border")
    yield row("F.one_hot", "shape", {"num_classes": 10}, "functional classes encode")
    yield _like("unfold", "Unfold", "shape", {"kernel_size": 2, "stride": 2})
    yield _like("fold", "Fold", "shape", {"output_size": [8, 8], "kernel_size": 2, "stride": 2})
    yield _like("pixel_shuffle", "PixelShuffle", "shape", {"upscale_factor": 2})
    yield _like("pixel_unshuffle", "PixelUnshuffle", "shape", {"downscale_factor": 2})
    yield _like("channel_shuffle", "ChannelShuffle", "shape", {"groups": 2})
    sampled = (*INPUT, Port("grid", ("args", 1)))
    new: dict[str, Json] = {"align_corners": False}
    yield row("F.grid_sample", "shape", new, "functional warp resample spatial transformer", sampled)
    new = {"size": [1, 1, 8, 8], **new}
    matrices = (Port("theta", ("args", 0)),)
    yield row("F.affine_grid", "shape", new, "functional warp rotate spatial transformer", matrices)


def _distance() -> Iterator[Entry]:
    pairs = (Port("x1", ("args", 0)), Port("x2", ("args", 1)))
    yield _like("cosine_similarity", "CosineSimilarity", "merge", inputs=pairs)
    yield _like("pairwise_distance", "PairwiseDistance", "merge", inputs=pairs)


ENTRIES: tuple[Entry, ...] = (
    *_weighted(),
    *_pooling(),
    *_normalisation(),
    *_activation(),
    *_attention(),
    *_dropout(),
    *_shape(),
    *_distance(),
)
