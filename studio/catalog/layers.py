"""The rows of the catalogue that are `torch.nn` modules: ports, values of a new node, what is `auto`.

Only what a signature cannot say is written here; parameters and defaults are read from PyTorch (signatures).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from studio.catalog.entry import INPUT, Entry, Port
from studio.graph.values import Json

PAIR = (Port("input1", ("args", 0)), Port("input2", ("args", 1)))


def _row(
    name: str,
    category: str,
    new: Mapping[str, Json] | None = None,
    auto: tuple[str, ...] = (),
    keywords: str = "",
    inputs: tuple[Port, ...] = INPUT,
    outputs: tuple[str, ...] = ("output",),
    auto_out: str | None = None,
) -> Entry:
    return Entry(
        type=f"nn.{name}",
        label=name,
        category=category,
        kind="module",
        inputs=inputs,
        outputs=outputs,
        new=new or {},
        auto=auto,
        auto_out=auto_out,
        keywords=tuple(keywords.split()),
    )


def _linear() -> Iterator[Entry]:
    yield _row(
        "Linear",
        "linear",
        {"out_features": 64},
        ("in_features",),
        "dense fully connected fc affine",
        auto_out="out_features",
    )
    yield _row(
        "Bilinear",
        "linear",
        {"out_features": 64},
        ("in1_features", "in2_features"),
        "pair interaction",
        PAIR,
    )


def _convolution() -> Iterator[Entry]:
    words = {1: "sequence signal audio text", 2: "image picture filter", 3: "volume video"}
    for n in (2, 1, 3):
        new = {"out_channels": 32, "kernel_size": 3, "padding": 1}
        yield _row(f"Conv{n}d", "convolution", new, ("in_channels",), f"convolution cnn kernel {words[n]}")
    for n in (2, 1, 3):
        yield _row(
            f"ConvTranspose{n}d",
            "convolution",
            {"out_channels": 32, "kernel_size": 2, "stride": 2},
            ("in_channels",),
            f"deconvolution transposed upsampling decoder {words[n]}",
        )


def _pooling() -> Iterator[Entry]:
    for n in (2, 1, 3):
        yield _row(f"MaxPool{n}d", "pooling", {"kernel_size": 2}, keywords="maximum downsample subsample")
    for n in (2, 1, 3):
        yield _row(f"AvgPool{n}d", "pooling", {"kernel_size": 2}, keywords="average mean downsample")
    for n in (2, 1, 3):
        yield _row(
            f"AdaptiveAvgPool{n}d", "pooling", {"output_size": 1}, keywords="global average pooling gap"
        )
    for n in (2, 1, 3):
        yield _row(f"AdaptiveMaxPool{n}d", "pooling", {"output_size": 1}, keywords="global maximum pooling")
    for n in (1, 2, 3):
        yield _row(f"LPPool{n}d", "pooling", {"norm_type": 2, "kernel_size": 2}, keywords="power norm")
    for n in (2, 3):
        new = {"kernel_size": 2, "output_ratio": 0.7}
        yield _row(f"FractionalMaxPool{n}d", "pooling", new, keywords="random fraction")
    for n in (1, 2, 3):
        ports = (*INPUT, Port("indices", ("args", 1)))
        yield _row(
            f"MaxUnpool{n}d", "pooling", {"kernel_size": 2}, keywords="unpooling decoder", inputs=ports
        )


def _normalisation() -> Iterator[Entry]:
    for n in (2, 1, 3):
        yield _row(f"BatchNorm{n}d", "normalisation", auto=("num_features",), keywords="batch bn")
    yield _row("LayerNorm", "normalisation", auto=("normalized_shape",), keywords="layer ln transformer")
    yield _row("GroupNorm", "normalisation", {"num_groups": 8}, ("num_channels",), "group gn")
    yield _row("RMSNorm", "normalisation", auto=("normalized_shape",), keywords="root mean square llama")
    for n in (2, 1, 3):
        yield _row(f"InstanceNorm{n}d", "normalisation", auto=("num_features",), keywords="instance style")
    yield _row("LocalResponseNorm", "normalisation", {"size": 5}, keywords="lrn alexnet")
    yield _row("CrossMapLRN2d", "normalisation", {"size": 5}, keywords="lrn alexnet torch7")
    yield _row("SyncBatchNorm", "normalisation", auto=("num_features",), keywords="batch bn distributed")


_ACTIVATIONS = {
    "ReLU": "rectifier nonlinearity",
    "GELU": "gaussian transformer",
    "SiLU": "swish",
    "LeakyReLU": "leaky rectifier",
    "Sigmoid": "logistic probability gate",
    "Tanh": "hyperbolic tangent",
    "Softmax": "probabilities classes",
    "LogSoftmax": "log probabilities classes",
    "ELU": "exponential",
    "SELU": "self normalising",
    "CELU": "exponential",
    "PReLU": "learned slope",
    "ReLU6": "mobile clipped",
    "RReLU": "random slope",
    "Mish": "smooth",
    "Hardswish": "mobile",
    "Hardsigmoid": "mobile",
    "Hardtanh": "clip clamp",
    "Softplus": "smooth relu positive",
    "Softsign": "",
    "LogSigmoid": "log logistic",
    "Softmin": "",
    "Softmax2d": "image channels probabilities",
    "Softshrink": "threshold sparse",
    "Hardshrink": "threshold sparse",
    "Tanhshrink": "",
    "Threshold": "cut",
    "GLU": "gated linear unit",
}
_ACTIVATION_VALUES: dict[str, dict[str, Json]] = {
    "Softmax": {"dim": 1},
    "LogSoftmax": {"dim": 1},
    "Softmin": {"dim": 1},
    "Threshold": {"threshold": 0.0, "value": 0.0},
    "GLU": {"dim": 1},
}


def _activation() -> Iterator[Entry]:
    for name, keywords in _ACTIVATIONS.items():
        yield _row(name, "activation", _ACTIVATION_VALUES.get(name), keywords=f"activation {keywords}")


def _recurrent() -> Iterator[Entry]:
    state = (*INPUT, Port("h_0", ("args", 1), optional=True))
    states = (
        *INPUT,
        Port("h_0", ("args", 1, "t", 0), optional=True),
        Port("c_0", ("args", 1, "t", 1), optional=True),
    )
    new = {"hidden_size": 128, "batch_first": True}
    auto = ("input_size",)
    yield _row("LSTM", "recurrent", new, auto, "sequence memory text time", states, ("output", "h_n", "c_n"))
    yield _row("GRU", "recurrent", new, auto, "sequence gated text time", state, ("output", "h_n"))
    yield _row("RNN", "recurrent", new, auto, "sequence elman text time", state, ("output", "h_n"))
    cell = {"hidden_size": 128}
    yield _row("LSTMCell", "recurrent", cell, auto, "one step", states, ("h_1", "c_1"))
    yield _row("GRUCell", "recurrent", cell, auto, "one step", state, ("h_1",))
    yield _row("RNNCell", "recurrent", cell, auto, "one step", state, ("h_1",))


def _attention() -> Iterator[Entry]:
    auto = ("d_model",)

    def masks(*names: str) -> tuple[Port, ...]:
        return tuple(Port(name, ("kwargs", name), optional=True) for name in names)

    yield _row(
        "MultiheadAttention",
        "attention",
        {"num_heads": 4, "batch_first": True},
        ("embed_dim",),
        "self attention mha transformer heads",
        (
            Port("query", ("args", 0)),
            Port("key", ("args", 1)),
            Port("value", ("args", 2)),
            *masks("key_padding_mask", "attn_mask"),
        ),
        ("output", "weights"),
    )
    new = {"nhead": 4, "dim_feedforward": 256, "batch_first": True}
    encodes = (Port("src", ("args", 0)), *masks("src_mask", "src_key_padding_mask"))
    yield _row("TransformerEncoderLayer", "attention", new, auto, "self attention bert vit", encodes)
    memory = masks("tgt_mask", "memory_mask", "tgt_key_padding_mask", "memory_key_padding_mask")
    decodes = (Port("tgt", ("args", 0)), Port("memory", ("args", 1)), *memory)
    yield _row("TransformerDecoderLayer", "attention", new, auto, "cross attention gpt", decodes)
    stack = {**new, "num_layers": 2}
    encodes = (Port("src", ("args", 0)), *masks("mask", "src_key_padding_mask"))
    yield _row("TransformerEncoder", "attention", stack, auto, "self attention bert vit stack", encodes)
    yield _row("TransformerDecoder", "attention", stack, auto, "cross attention gpt stack", decodes)
    yield _row(
        "Transformer",
        "attention",
        {**new, "num_encoder_layers": 2, "num_decoder_layers": 2},
        auto,
        "encoder decoder translation sequence",
        (
            Port("src", ("args", 0)),
            Port("tgt", ("args", 1)),
            *masks("src_mask", "tgt_mask", "memory_mask", "src_key_padding_mask"),
            *masks("tgt_key_padding_mask", "memory_key_padding_mask"),
        ),
    )


def _embedding() -> Iterator[Entry]:
    new = {"num_embeddings": 1000, "embedding_dim": 64}
    yield _row("Embedding", "embedding", new, keywords="words tokens lookup table vocabulary text")
    offsets = (
        *INPUT,
        Port("offsets", ("args", 1), optional=True),
        Port("per_sample_weights", ("kwargs", "per_sample_weights"), optional=True),
    )
    yield _row("EmbeddingBag", "embedding", new, keywords="words tokens mean bag text", inputs=offsets)


def _dropout() -> Iterator[Entry]:
    new = {"p": 0.5}
    for name in ("Dropout", "Dropout2d", "Dropout1d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"):
        yield _row(name, "dropout", new, keywords="regularisation random noise overfitting")


def _shape() -> Iterator[Entry]:
    yield _row("Flatten", "shape", keywords="reshape vector")
    yield _row("Unflatten", "shape", {"dim": 1, "unflattened_size": [-1, 8, 8]}, keywords="reshape split")
    yield _row("Identity", "shape", keywords="nothing pass through")
    new = {"scale_factor": 2.0, "mode": "nearest"}
    yield _row("Upsample", "shape", new, keywords="resize interpolate enlarge decoder")
    yield _row("UpsamplingNearest2d", "shape", {"scale_factor": 2.0}, keywords="resize enlarge")
    yield _row("UpsamplingBilinear2d", "shape", {"scale_factor": 2.0}, keywords="resize enlarge smooth")
    yield _row("PixelShuffle", "shape", {"upscale_factor": 2}, keywords="super resolution sub-pixel")
    yield _row("PixelUnshuffle", "shape", {"downscale_factor": 2}, keywords="space to depth")
    yield _row("ChannelShuffle", "shape", {"groups": 2}, keywords="shufflenet mix")
    for kind, keywords in (
        ("Zero", "zeros"),
        ("Constant", "value"),
        ("Reflection", "mirror"),
        ("Replication", "edge"),
        ("Circular", "wrap periodic"),
    ):
        value: dict[str, Json] = {"value": 0.0} if kind == "Constant" else {}
        for n in (2, 1, 3):
            new = {"padding": 1, **value}
            yield _row(f"{kind}Pad{n}d", "shape", new, keywords=f"padding border {keywords}")
    yield _row("Unfold", "shape", {"kernel_size": 2, "stride": 2}, keywords="patches im2col blocks")
    fold = {"output_size": [8, 8], "kernel_size": 2, "stride": 2}
    yield _row("Fold", "shape", fold, keywords="patches col2im blocks")


def _distance() -> Iterator[Entry]:
    ports = (Port("x1", ("args", 0)), Port("x2", ("args", 1)))
    yield _row("CosineSimilarity", "merge", keywords="angle compare siamese", inputs=ports)
    yield _row("PairwiseDistance", "merge", keywords="euclidean compare siamese", inputs=ports)


ENTRIES: tuple[Entry, ...] = (
    *_linear(),
    *_convolution(),
    *_pooling(),
    *_normalisation(),
    *_activation(),
    *_recurrent(),
    *_attention(),
    *_embedding(),
    *_dropout(),
    *_shape(),
    *_distance(),
)

LEFT_OUT: Mapping[str, str] = {
    "AdaptiveLogSoftmaxWithLoss": "needs the right answers as an input and gives a loss: an objective",
    "Container": "the deprecated name of Module",
    "DataParallel": "how a model is run, no layer of it",
    "Module": "the base of all layers; a block is one of our own",
    "ModuleDict": "holds modules and computes nothing; names with points do that",
    "ModuleList": "holds modules and computes nothing; names with points do that",
    "ParameterDict": "holds parameters and computes nothing; names with points do that",
    "ParameterList": "holds parameters and computes nothing; names with points do that",
    "RNNBase": "the base of RNN, LSTM and GRU",
    "RNNCellBase": "the base of the recurrent cells",
    "Sequential": "a chain is drawn, or is a block",
    **{
        f"Lazy{name}": "its size follows from the input, as with auto here"
        for name in (
            *("Linear", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d"),
            *("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"),
            *("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"),
        )
    },
}
"""The public classes of `torch.nn` that are no types here, losses aside, each with the reason."""
