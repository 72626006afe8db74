"""The rows of the catalogue that are functions and methods of tensors, and the nodes of the graph itself.

A function's literals are written as named values (`{"dim": 1}`), except those of `op.*`, which Python takes
by position only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from studio.catalog.entry import INPUT, Entry, Port
from studio.graph.values import Json

TWO = (Port("input", ("args", 0)), Port("other", ("args", 1)))
MANY = (Port("tensors", ("args", 0), variadic=True),)


def _row(
    type_: str,
    category: str,
    new: Mapping[str, Json] | None = None,
    keywords: str = "",
    inputs: tuple[Port, ...] = INPUT,
    outputs: tuple[str, ...] = ("output",),
) -> Entry:
    label = type_ if type_.startswith("F.") else type_.split(".", 1)[1]
    return Entry(
        type_, label, category, "function", inputs, outputs, new or {}, keywords=tuple(keywords.split())
    )


def _method(name: str, category: str, keywords: str) -> Entry:
    return Entry(f"Tensor.{name}", name, category, "method", INPUT, keywords=tuple(keywords.split()))


def _arithmetic() -> Iterator[Entry]:
    yield _row("torch.add", "merge", keywords="plus sum residual skip connection +", inputs=TWO)
    yield _row("torch.cat", "merge", {"dim": 1}, "concatenate join merge skip", MANY)
    yield _row("torch.mul", "merge", keywords="multiply times product gate *", inputs=TWO)
    yield _row("torch.sub", "merge", keywords="subtract minus difference -", inputs=TWO)
    yield _row("torch.div", "merge", keywords="divide quotient ratio /", inputs=TWO)
    yield _row("torch.matmul", "merge", keywords="matrix product dot @", inputs=TWO)
    yield _row("torch.stack", "merge", {"dim": 1}, "join new dimension", MANY)
    yield _row("torch.mean", "merge", {"dim": [-1]}, "average reduce pool")
    yield _row("torch.sum", "merge", {"dim": [-1]}, "add reduce total")
    yield _row("torch.amax", "merge", {"dim": [-1]}, "maximum reduce largest")
    yield _row("torch.amin", "merge", {"dim": [-1]}, "minimum reduce smallest")
    yield _row("torch.maximum", "merge", keywords="larger elementwise", inputs=TWO)
    yield _row("torch.minimum", "merge", keywords="smaller elementwise", inputs=TWO)
    batches = (Port("input", ("args", 0)), Port("mat2", ("args", 1)))
    yield _row("torch.bmm", "merge", keywords="batch matrix product", inputs=batches)
    yield _row("torch.pow", "merge", {"exponent": 2}, "power square")
    for name, keywords in (
        ("sqrt", "root"),
        ("exp", "exponential"),
        ("log", "logarithm"),
        ("abs", "absolute magnitude"),
        ("neg", "negative minus sign"),
    ):
        yield _row(f"torch.{name}", "merge", keywords=keywords)
    yield _row("torch.clamp", "merge", {"min": 0.0, "max": 1.0}, "clip limit")
    yield _row("F.normalize", "merge", {"dim": 1}, "unit length norm")
    yield _method("float", "merge", "convert cast real number type dtype float32")
    yield _method("long", "merge", "convert cast whole number integer type dtype int64")


def _activation() -> Iterator[Entry]:
    yield _row("torch.softmax", "activation", {"dim": -1}, "probabilities attention")
    yield _row("torch.relu", "activation", keywords="rectifier")
    yield _row("torch.sigmoid", "activation", keywords="logistic gate")
    yield _row("torch.tanh", "activation", keywords="hyperbolic tangent")
    for name in ("relu", "gelu", "silu", "leaky_relu", "elu", "softplus"):
        yield _row(f"F.{name}", "activation", keywords="functional activation")
    for name in ("softmax", "log_softmax"):
        yield _row(f"F.{name}", "activation", {"dim": -1}, "functional activation probabilities")


def _pooling() -> Iterator[Entry]:
    yield _row("F.max_pool2d", "pooling", {"kernel_size": 2}, "functional maximum downsample")
    yield _row("F.avg_pool2d", "pooling", {"kernel_size": 2}, "functional average downsample")
    yield _row("F.adaptive_avg_pool2d", "pooling", {"output_size": 1}, "functional global average")


def _attention() -> Iterator[Entry]:
    yield _row(
        "F.scaled_dot_product_attention",
        "attention",
        keywords="functional self attention flash",
        inputs=(
            Port("query", ("args", 0)),
            Port("key", ("args", 1)),
            Port("value", ("args", 2)),
            Port("attn_mask", ("kwargs", "attn_mask"), optional=True),
        ),
    )


def _shape() -> Iterator[Entry]:
    yield _row("torch.flatten", "shape", {"start_dim": 1}, "reshape vector")
    yield _row("torch.reshape", "shape", {"shape": [-1, 64]}, "view resize")
    yield _row("torch.permute", "shape", {"dims": [0, 2, 1]}, "reorder dimensions axes")
    yield _row("torch.transpose", "shape", {"dim0": 1, "dim1": 2}, "swap dimensions axes")
    yield _row("torch.squeeze", "shape", {"dim": -1}, "remove dimension")
    yield _row("torch.unsqueeze", "shape", {"dim": 1}, "add new dimension")
    index = {"index": {"t": [{"slice": [None, None, None]}, 0]}}
    yield _row("op.getitem", "shape", index, "slice index select last step crop []")
    yield _row("torch.chunk", "shape", {"chunks": 2, "dim": 1}, "split parts", outputs=("0", "1"))
    yield _row("F.interpolate", "shape", {"scale_factor": 2.0}, "functional resize upsample")
    yield _row("F.pad", "shape", {"pad": [1, 1, 1, 1]}, "functional padding border")
    yield _row("F.one_hot", "shape", {"num_classes": 10}, "functional classes encode")


def _structural() -> Iterator[Entry]:
    def row(type_: str, label: str, keywords: str, new: Mapping[str, Json] | None = None) -> Entry:
        inputs, outputs = (INPUT, ()) if type_ == "output" else ((), ("output",))
        words = tuple(keywords.split())
        return Entry(type_, label, "io", "structural", inputs, outputs, new or {}, keywords=words)

    yield row("input", "Input", "data image features start x")
    yield row("output", "Output", "result prediction end y")
    yield row("const", "Constant", "number value fixed tensor", new={"value": 1.0, "dtype": "float32"})
    yield row("param", "Parameter", "learned weight token position", new={"shape": [1], "init": "zeros"})
    yield row("buffer", "Buffer", "fixed tensor state", new={"shape": [1], "init": "zeros"})


ENTRIES: tuple[Entry, ...] = (
    *_structural(),
    *_pooling(),
    *_activation(),
    *_attention(),
    *_shape(),
    *_arithmetic(),
)
