"""The rows of the catalogue that are functions of tensors (`torch.*`), and the nodes of the graph itself.

A function's literals are written as named values (`{"dim": 1}`), except those that Python takes by position
only: an entry names their `places`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from studio.catalog.entry import INPUT, Entry, Port
from studio.graph.values import Json

OTHER = Port("other", ("args", 1))
TWO = (*INPUT, OTHER)
NUMBER = (*INPUT, Port("other", ("args", 1), number=True))
"""a tensor, and another or a number"""
MANY = (Port("tensors", ("args", 0), variadic=True),)
FOUND = ("values", "indices")


def row(
    type_: str,
    category: str,
    new: Mapping[str, Json] | None = None,
    keywords: str = "",
    inputs: tuple[Port, ...] = INPUT,
    outputs: tuple[str, ...] = ("output",),
    places: Mapping[str, int] | None = None,
    twin: str | None = None,
) -> Entry:
    """A function. Its label is its name; those of `F` keep the letter, as a layer may have the same name."""
    return Entry(
        type_,
        type_ if type_.startswith("F.") else type_.split(".", 1)[1],
        category,
        "function",
        inputs,
        outputs,
        new or {},
        keywords=tuple(keywords.split()),
        places=places or {},
        twin=twin,
    )


def _arithmetic() -> Iterator[Entry]:
    yield row("torch.add", "merge", keywords="plus sum residual skip connection +", inputs=NUMBER)
    yield row("torch.cat", "merge", {"dim": 1}, "concatenate join merge skip", MANY)
    yield row("torch.mul", "merge", keywords="multiply times product gate *", inputs=NUMBER)
    yield row("torch.sub", "merge", keywords="subtract minus difference -", inputs=NUMBER)
    yield row("torch.div", "merge", keywords="divide quotient ratio /", inputs=NUMBER)
    yield row("torch.matmul", "merge", keywords="matrix product dot @", inputs=TWO)
    yield row("torch.stack", "merge", {"dim": 1}, "join new dimension", MANY)
    yield row("torch.hstack", "merge", {}, "concatenate join horizontal", MANY)
    yield row("torch.vstack", "merge", {}, "concatenate join vertical", MANY)
    yield row("torch.maximum", "merge", keywords="larger elementwise", inputs=TWO)
    yield row("torch.minimum", "merge", keywords="smaller elementwise", inputs=TWO)
    yield row("torch.rsub", "merge", keywords="subtract from one minus 1-x", inputs=NUMBER)
    factors = (*INPUT, Port("tensor1", ("args", 1)), Port("tensor2", ("args", 2)))
    yield row("torch.addcmul", "merge", keywords="product plus scale shift", inputs=factors)
    yield row("torch.floor_divide", "merge", keywords="whole quotient //", inputs=NUMBER)
    yield row("torch.remainder", "merge", keywords="modulo rest %", inputs=NUMBER)
    yield row("torch.atan2", "merge", keywords="angle", inputs=TWO)
    yield row(
        "torch.lerp", "merge", {"weight": 0.5}, "blend mix interpolate", (*INPUT, Port("end", ("args", 1)))
    )
    yield row("torch.pow", "merge", {"exponent": 2}, "power square")
    yield row("torch.clamp", "merge", {"min": 0.0, "max": 1.0}, "clip limit")
    for name, keywords in _ELEMENTWISE.items():
        yield row(f"torch.{name}", "merge", keywords=keywords)


_ELEMENTWISE = {
    "sqrt": "root",
    "rsqrt": "root reciprocal",
    "reciprocal": "inverse",
    "square": "power",
    "exp": "exponential",
    "expm1": "exponential",
    "log": "logarithm",
    "log2": "logarithm",
    "log10": "logarithm",
    "log1p": "logarithm",
    "abs": "absolute magnitude",
    "neg": "negative minus sign",
    "sign": "plus minus",
    "floor": "round down whole",
    "ceil": "round up whole",
    "round": "nearest whole",
    "trunc": "whole cut",
    "sin": "sine wave position",
    "cos": "cosine wave position",
    "tan": "tangent",
    "asin": "arcsine",
    "acos": "arccosine",
    "atan": "arctangent",
    "sinh": "hyperbolic sine",
    "cosh": "hyperbolic cosine",
    "erf": "error gaussian",
    "nan_to_num": "not a number infinite",
}


def _products() -> Iterator[Entry]:
    batches = (*INPUT, Port("mat2", ("args", 1)))
    yield row("torch.bmm", "merge", keywords="batch matrix product", inputs=batches)
    yield row("torch.mm", "merge", keywords="matrix product", inputs=batches)
    yield row(
        "torch.mv", "merge", keywords="matrix vector product", inputs=(*INPUT, Port("vec", ("args", 1)))
    )
    yield row("torch.outer", "merge", keywords="product vectors", inputs=(*INPUT, Port("vec2", ("args", 1))))
    added = (*INPUT, Port("batch1", ("args", 1)), Port("batch2", ("args", 2)))
    yield row("torch.baddbmm", "merge", keywords="batch matrix product add", inputs=added)
    operands = (Port("operands", ("args", 1), variadic=True),)
    yield row(
        "torch.einsum", "merge", {"equation": "bij,bjk->bik"}, "einstein sum product index", operands,
        places={"equation": 0},
    )  # fmt: skip
    pairs = (Port("x1", ("args", 0)), Port("x2", ("args", 1)))
    yield row("torch.cdist", "merge", keywords="distance euclidean pairs", inputs=pairs)


def _reductions() -> Iterator[Entry]:
    last: dict[str, Json] = {"dim": [-1]}
    one: dict[str, Json] = {"dim": -1}
    yield row("torch.mean", "merge", last, "average reduce pool")
    yield row("torch.sum", "merge", last, "add reduce total")
    yield row("torch.amax", "merge", last, "maximum reduce largest")
    yield row("torch.amin", "merge", last, "minimum reduce smallest")
    yield row("torch.max", "merge", one, "maximum largest index", outputs=FOUND)
    yield row("torch.min", "merge", one, "minimum smallest index", outputs=FOUND)
    yield row("torch.argmax", "merge", one, "index largest class")
    yield row("torch.argmin", "merge", one, "index smallest")
    yield row("torch.median", "merge", one, "middle reduce", outputs=FOUND)
    yield row("torch.prod", "merge", one, "product reduce")
    yield row("torch.var", "merge", last, "variance spread reduce")
    yield row("torch.std", "merge", last, "standard deviation spread reduce")
    yield row("torch.var_mean", "merge", last, "variance average", outputs=("var", "mean"))
    yield row("torch.norm", "merge", {"p": 2.0, **one}, "length euclidean")
    yield row("torch.linalg.vector_norm", "merge", one, "length euclidean")
    yield row("torch.logsumexp", "merge", last, "log sum exp soft maximum")
    yield row("torch.any", "merge", one, "or true")
    yield row("torch.all", "merge", one, "and true")
    yield row("torch.count_nonzero", "merge", one, "number")
    yield row("torch.cumsum", "merge", one, "running sum cumulative")
    yield row("torch.cumprod", "merge", one, "running product cumulative")
    yield row("torch.topk", "merge", {"k": 2, **one}, "largest best", outputs=FOUND)
    yield row("torch.sort", "merge", one, "order rank", outputs=FOUND)
    yield row("torch.argsort", "merge", one, "order rank index")


def _comparisons() -> Iterator[Entry]:
    signs = {"eq": "equal ==", "ne": "different !=", "lt": "less <", "le": "less <=", "gt": "greater >"}
    for name, keywords in {**signs, "ge": "greater >="}.items():
        yield row(f"torch.{name}", "merge", keywords=f"compare mask {keywords}", inputs=NUMBER)
    for name in ("and", "or", "xor"):
        yield row(f"torch.logical_{name}", "merge", keywords="boolean mask", inputs=TWO)
    yield row("torch.logical_not", "merge", keywords="boolean mask invert")
    yield row("torch.bitwise_not", "merge", keywords="boolean mask invert", twin="torch.logical_not")
    for name in ("and", "or", "xor"):
        yield row(f"torch.bitwise_{name}", "merge", inputs=TWO, twin=f"torch.logical_{name}")
    yield row("torch.isnan", "merge", keywords="not a number check")
    yield row("torch.isinf", "merge", keywords="infinite check")
    choice = (
        Port("condition", ("args", 0)),
        Port("input", ("args", 1), number=True),
        Port("other", ("args", 2), number=True),
    )
    yield row("torch.where", "merge", keywords="choose select mask condition", inputs=choice)
    masked = (*INPUT, Port("mask", ("args", 1)))
    yield row("torch.masked_fill", "merge", {"value": 0.0}, "mask attention causal", masked)


def _activation() -> Iterator[Entry]:
    yield row("torch.softmax", "activation", {"dim": -1}, "probabilities attention")
    yield row("torch.log_softmax", "activation", {"dim": -1}, twin="F.log_softmax")
    yield row("torch.relu", "activation", keywords="rectifier")
    yield row("torch.sigmoid", "activation", keywords="logistic gate")
    yield row("torch.tanh", "activation", keywords="hyperbolic tangent")


def _shape() -> Iterator[Entry]:
    yield row("torch.flatten", "shape", {"start_dim": 1}, "reshape vector")
    yield row("torch.unflatten", "shape", {"dim": 1, "sizes": [-1, 8]}, "reshape split heads")
    yield row("torch.reshape", "shape", {"shape": [-1, 64]}, "view resize")
    yield row("torch.permute", "shape", {"dims": [0, 2, 1]}, "reorder dimensions axes")
    yield row("torch.transpose", "shape", {"dim0": 1, "dim1": 2}, "swap dimensions axes")
    yield row("torch.swapaxes", "shape", {"axis0": 1, "axis1": 2}, twin="torch.transpose")
    yield row("torch.movedim", "shape", {"source": 1, "destination": -1}, "reorder dimensions axes")
    yield row("torch.t", "shape", keywords="transpose matrix")
    yield row("torch.squeeze", "shape", {"dim": -1}, "remove dimension")
    yield row("torch.unsqueeze", "shape", {"dim": 1}, "add new dimension")
    index: dict[str, Json] = {"index": {"t": [{"slice": [None, None, None]}, 0]}}
    yield row("op.getitem", "shape", index, "slice index select last step crop []", places={"index": 1})
    yield row("torch.chunk", "shape", {"chunks": 2, "dim": 1}, "split parts", outputs=("0", "1"))
    sections = {"split_size_or_sections": [4, 4], "dim": 1}
    yield row("torch.split", "shape", sections, "parts sections", outputs=("0", "1"))
    equal = {"sections": 2, "dim": 1}
    yield row("torch.tensor_split", "shape", equal, "parts sections", outputs=("0", "1"))
    yield row("torch.unbind", "shape", {"dim": 1}, "split dimension parts qkv", outputs=("0", "1"))
    source = (*INPUT, Port("src", ("args", 1)))
    yield row("torch.slice_scatter", "shape", {"dim": 1, "start": 0, "end": 1}, "write part slice", source)
    yield row("torch.select_scatter", "shape", {"dim": 1, "index": 0}, "write part row", source)
    yield row("torch.narrow", "shape", {"dim": 1, "start": 0, "length": 1}, "slice crop")
    yield row("torch.select", "shape", {"dim": 1, "index": 0}, "index pick token")
    chosen = (*INPUT, Port("index", ("kwargs", "index")))
    yield row("torch.index_select", "shape", {"dim": 1}, "pick rows", chosen)
    yield row("torch.gather", "shape", {"dim": 1}, "pick index lookup", chosen)
    along = (*INPUT, Port("indices", ("args", 1)))
    yield row("torch.take_along_dim", "shape", {"dim": 1}, "pick sort", along)
    yield row("torch.roll", "shape", {"shifts": 1, "dims": 1}, "shift window swin cyclic")
    yield row("torch.flip", "shape", {"dims": [-1]}, "mirror reverse")
    yield row("torch.rot90", "shape", {"dims": [2, 3]}, "rotate image")
    yield row("torch.tile", "shape", {"dims": [1, 2]}, "repeat copy")
    yield row("torch.repeat_interleave", "shape", {"repeats": 2, "dim": 1}, "copy each enlarge")
    yield row("torch.broadcast_to", "shape", {"size": [-1, -1]}, twin="Tensor.expand")
    yield row("torch.diagonal", "shape", {"dim1": 1, "dim2": 2}, "matrix")
    yield row("torch.tril", "shape", keywords="triangle lower causal mask")
    yield row("torch.triu", "shape", keywords="triangle upper causal mask")
    yield row("torch.meshgrid", "shape", {"indexing": "ij"}, "coordinates grid", MANY, ("0", "1"))
    yield row("torch.pixel_shuffle", "shape", {"upscale_factor": 2}, twin="nn.PixelShuffle")
    yield row("torch.pixel_unshuffle", "shape", {"downscale_factor": 2}, twin="nn.PixelUnshuffle")
    yield row("torch.channel_shuffle", "shape", {"groups": 2}, twin="nn.ChannelShuffle")
    yield row("torch.clone", "shape", keywords="copy")
    yield row("torch.detach", "shape", keywords="stop gradient")
    yield row("torch.concat", "merge", {"dim": 1}, "", MANY, twin="torch.cat")


def _fourier() -> Iterator[Entry]:
    for name in ("fft", "ifft", "rfft", "irfft", "fft2", "ifft2", "rfft2", "irfft2"):
        yield row(f"torch.fft.{name}", "merge", keywords="fourier frequency spectrum")
    yield row("torch.view_as_real", "shape", keywords="complex parts")
    yield row("torch.view_as_complex", "shape", keywords="complex number")


def _making() -> Iterator[Entry]:
    """Tensors out of nothing, or as large as another."""
    yield row("torch.arange", "io", {"end": 8}, "positions range count index", ())
    yield row("torch.linspace", "io", {"start": 0.0, "end": 1.0, "steps": 8}, "range even", ())
    yield row("torch.zeros", "io", {"size": [1]}, "empty state", ())
    yield row("torch.ones", "io", {"size": [1]}, "mask", ())
    yield row("torch.full", "io", {"size": [1], "fill_value": 1.0}, "constant value", ())
    yield row("torch.eye", "io", {"n": 4}, "identity matrix diagonal", ())
    yield row("torch.rand", "io", {"size": [1]}, "random uniform noise", ())
    yield row("torch.randn", "io", {"size": [1]}, "random normal gaussian noise", ())
    yield row("torch.bernoulli", "io", {"p": 0.5}, "random zero one mask noise stochastic depth")
    yield row("torch.zeros_like", "io", keywords="empty same")
    yield row("torch.ones_like", "io", keywords="mask same")
    yield row("torch.full_like", "io", {"fill_value": 1.0}, "constant same")
    yield row("torch.rand_like", "io", keywords="random uniform noise same")
    yield row("torch.randn_like", "io", keywords="random normal gaussian noise same variational")


def _structural() -> Iterator[Entry]:
    def node(type_: str, label: str, keywords: str, new: Mapping[str, Json] | None = None) -> Entry:
        inputs, outputs = (INPUT, ()) if type_ == "output" else ((), ("output",))
        words = tuple(keywords.split())
        return Entry(type_, label, "io", "structural", inputs, outputs, new or {}, keywords=words)

    yield node("input", "Input", "data image features start x")
    yield node("output", "Output", "result prediction end y")
    yield node("const", "Constant", "number value fixed tensor", new={"value": 1.0, "dtype": "float32"})
    yield node("param", "Parameter", "learned weight token position", new={"shape": [1], "init": "zeros"})
    yield node("buffer", "Buffer", "fixed tensor state", new={"shape": [1], "init": "zeros"})


DOT = Entry("dot", "Dot", "io", "structural", INPUT, ("output",), {})
"""a place on a wire: made of one, and not offered by itself"""

ENTRIES: tuple[Entry, ...] = (
    *_structural(),
    *_making(),
    *_activation(),
    *_shape(),
    *_arithmetic(),
    *_products(),
    *_reductions(),
    *_comparisons(),
    *_fourier(),
)
