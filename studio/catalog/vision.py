"""The rows of the catalogue that are torchvision's layers (`torchvision.ops`).

Where one takes a class of layers (`activation_layer=nn.ReLU`), the document has `{"layer": "nn.ReLU"}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from studio.catalog.entry import INPUT, Entry, Port
from studio.graph.values import Json

_REGIONS = (Port("input", ("args", 0)), Port("rois", ("args", 1)))


def _row(
    name: str,
    category: str,
    new: Mapping[str, Json],
    auto: tuple[str, ...] = (),
    keywords: str = "",
    inputs: tuple[Port, ...] = INPUT,
) -> Entry:
    words = ("torchvision", *keywords.split())
    return Entry(f"ops.{name}", name, category, "module", inputs, new=new, auto=auto, keywords=words)


def _convolution() -> Iterator[Entry]:
    for n in (2, 3):
        new = {"out_channels": 32, "kernel_size": 3}
        yield _row(
            f"Conv{n}dNormActivation", "convolution", new, ("in_channels",), "batch norm relu mobilenet block"
        )
    deform = (*INPUT, Port("offset", ("args", 1)), Port("mask", ("kwargs", "mask"), optional=True))
    new = {"out_channels": 32, "kernel_size": 3, "padding": 1}
    yield _row("DeformConv2d", "convolution", new, ("in_channels",), "deformable convolution", deform)
    new = {"squeeze_channels": 8}
    yield _row("SqueezeExcitation", "convolution", new, ("input_channels",), "se channel attention gate")


def _pooling() -> Iterator[Entry]:
    new = {"output_size": 7, "spatial_scale": 1.0}
    sampled = {**new, "sampling_ratio": 2}
    yield _row("RoIAlign", "pooling", sampled, keywords="region detection boxes", inputs=_REGIONS)
    yield _row("RoIPool", "pooling", new, keywords="region detection boxes", inputs=_REGIONS)
    new, sampled = {**new, "output_size": 2}, {**sampled, "output_size": 2}
    yield _row("PSRoIAlign", "pooling", sampled, keywords="region detection boxes", inputs=_REGIONS)
    yield _row("PSRoIPool", "pooling", new, keywords="region detection boxes", inputs=_REGIONS)


ENTRIES: tuple[Entry, ...] = (
    _row("MLP", "linear", {"hidden_channels": [128, 64]}, ("in_channels",), "perceptron dense feed forward"),
    *_convolution(),
    *_pooling(),
    _row("FrozenBatchNorm2d", "normalisation", {}, ("num_features",), "batch bn fixed detection"),
    _row("StochasticDepth", "dropout", {"p": 0.1, "mode": "row"}, keywords="drop path regularisation"),
    *(
        _row(f"DropBlock{n}d", "dropout", {"p": 0.1, "block_size": 3}, keywords="regularisation region")
        for n in (2, 3)
    ),
    _row("Permute", "shape", {"dims": [0, 2, 3, 1]}, keywords="reorder dimensions axes"),
)

LEFT_OUT: Mapping[str, str] = {
    "FeaturePyramidNetwork": "takes and gives a dictionary of feature maps; draw it, or import the detector",
    "MultiScaleRoIAlign": "takes a dictionary of feature maps and lists of boxes; RoIAlign does one map",
}
"""The layers of `torchvision.ops` that are no types here, each with the reason."""
