"""Networks of the size of known ones, drawn as documents with blocks: LeNet, the ResNets, Swin.

They are as many nodes, layers and parameters as the originals, so that what is timed on them means something.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.compiler.analysis import Context, N, TensorSpec
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import Json

DIGITS = Context((TensorSpec((N, 1, 28, 28)),), 10, "classification")
PHOTOS = Context((TensorSpec((N, 3, 224, 224)),), 1000, "classification")


class Sketch:
    """Draws a network node by node; each stands below the one before."""

    def __init__(self, **parameters: Json) -> None:
        self.nodes: dict[str, Node] = {}
        self.parameters = parameters

    def add(self, id_: str, type_: str, *sources: str, kwargs: dict[str, Json] | None = None, **params: Json):
        """A node wired to `sources`; "a:1" is the second output of a. Returns its id."""
        args = tuple(_wire(source) for source in sources)
        self.nodes[id_] = Node(id_, type_, params, args, kwargs or {}, at=(0, 96 * len(self.nodes)))
        return id_

    def network(self) -> Network:
        return Network(self.nodes, self.parameters)


def _wire(source: str) -> Json:
    name, _, index = source.partition(":")
    return {"n": name, "i": int(index)} if index else {"n": name}


def times(name: str, factor: int) -> Json:
    return {"expr": "*", "of": [{"p": name}, factor]}


def lenet() -> ProjectData:
    """LeNet-5 as it is taught: 61,706 parameters."""
    s = Sketch()
    last = s.add("image", "input")
    for i, width in enumerate((6, 16), 1):
        padding = {"padding": 2} if i == 1 else {}
        last = s.add(f"conv{i}", "nn.Conv2d", last, out_channels=width, kernel_size=5, **padding)
        last = s.add(f"relu{i}", "nn.ReLU", last)
        last = s.add(f"pool{i}", "nn.MaxPool2d", last, kernel_size=2)
    last = s.add("flatten", "nn.Flatten", last)
    for i, width in enumerate((120, 84), 1):
        last = s.add(f"fc{i}", "nn.Linear", last, out_features=width)
        last = s.add(f"relu{i + 2}", "nn.ReLU", last)
    s.add("output", "output", s.add("fc3", "nn.Linear", last))
    return ProjectData("LeNet", {"model": s.network()})


# -- ResNet ------------------------------------------------------------------------------------------


def _branch(s: Sketch, layers: Sequence[tuple[Json, int, Json]]) -> str:
    """Convolutions, each with its normalisation, ReLU between them."""
    last = "x"
    for i, (width, kernel, stride) in enumerate(layers, 1):
        params = {"out_channels": width, "kernel_size": kernel, "padding": kernel // 2, "bias": False}
        last = s.add(f"conv{i}", "nn.Conv2d", last, stride=stride, **params)
        last = s.add(f"bn{i}", "nn.BatchNorm2d", last)
        if i < len(layers):
            last = s.add(f"relu{i}", "nn.ReLU", last, inplace=True)
    return last


def _residual(layers: Sequence[tuple[Json, int, Json]], expansion: int, down: bool) -> Network:
    s = Sketch(width=64, stride=1)
    s.add("x", "input")
    skip = "x"
    last = _branch(s, layers)
    if down:
        params = {"kernel_size": 1, "stride": {"p": "stride"}, "bias": False}
        skip = s.add("down", "nn.Conv2d", "x", out_channels=times("width", expansion), **params)
        skip = s.add("down_bn", "nn.BatchNorm2d", skip)
    last = s.add("add", "torch.add", last, skip)
    s.add("y", "output", s.add("relu", "nn.ReLU", last, inplace=True))
    return s.network()


def resnet(depths: Sequence[int], bottleneck: bool = True) -> ProjectData:
    """(2, 2, 2, 2) without bottlenecks is resnet18, (3, 4, 6, 3) resnet50, (3, 8, 36, 3) resnet152."""
    width, stride = {"p": "width"}, {"p": "stride"}
    if bottleneck:
        layers, expansion = [(width, 1, 1), (width, 3, stride), (times("width", 4), 1, 1)], 4
    else:
        layers, expansion = [(width, 3, stride), (width, 3, 1)], 1
    blocks = {"Down": _residual(layers, expansion, True), "Residual": _residual(layers, expansion, False)}
    s = Sketch()
    last = s.add("image", "input")
    params = {"out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3, "bias": False}
    last = s.add("conv1", "nn.Conv2d", last, **params)
    last = s.add("relu", "nn.ReLU", s.add("bn1", "nn.BatchNorm2d", last), inplace=True)
    last = s.add("maxpool", "nn.MaxPool2d", last, kernel_size=3, stride=2, padding=1)
    for stage, depth in enumerate(depths):
        for i in range(depth):
            down = i == 0 and (stage > 0 or bottleneck)
            values = {"width": 64 * 2**stage, "stride": 2 if i == 0 and stage else 1}
            block = "block:Down" if down else "block:Residual"
            last = s.add(f"layer{stage + 1}.{i}", block, last, **values)
    last = s.add("flatten", "nn.Flatten", s.add("avgpool", "nn.AdaptiveAvgPool2d", last, output_size=1))
    s.add("output", "output", s.add("fc", "nn.Linear", last))
    return ProjectData("ResNet", {"model": s.network(), **blocks})


# -- Swin --------------------------------------------------------------------------------------------


def _attention(heads: int, width: int) -> Network:
    """Attention in windows of 7 by 7, written out in its reshapes and products."""
    s = Sketch(side=56, windows=8)
    each = width // heads
    windows, side = {"p": "windows"}, {"p": "side"}
    s.add("x", "input")
    shape = [-1, windows, 7, windows, 7, width]
    last = s.add("part", "torch.reshape", "x", kwargs={"shape": shape})
    last = s.add("order", "torch.permute", last, kwargs={"dims": [0, 1, 3, 2, 4, 5]})
    last = s.add("tokens", "torch.reshape", last, kwargs={"shape": [-1, 49, width]})
    last = s.add("qkv", "nn.Linear", last, out_features=3 * width)
    last = s.add("heads", "torch.reshape", last, kwargs={"shape": [-1, 49, 3, heads, each]})
    last = s.add("by_head", "torch.permute", last, kwargs={"dims": [2, 0, 3, 1, 4]})
    for place, name in enumerate("qkv"):
        s.nodes[name] = Node(name, "op.getitem", {}, ({"n": last}, place), at=(0, 96 * len(s.nodes)))
    s.add("scaled", "torch.mul", "q", kwargs={})
    s.nodes["scaled"] = Node("scaled", "torch.mul", {}, ({"n": "q"}, each**-0.5), at=(0, 960))
    s.add("turned", "torch.transpose", "k", kwargs={"dim0": -2, "dim1": -1})
    s.add("scores", "torch.matmul", "scaled", "turned")
    s.add("table", "param", shape=[heads, 49, 49])
    s.add("biased", "torch.add", "scores", "table")
    s.add("weights", "torch.softmax", "biased", kwargs={"dim": -1})
    s.add("dropped", "nn.Dropout", "weights", p=0.0)
    s.add("mixed", "torch.matmul", "dropped", "v")
    s.add("back", "torch.transpose", "mixed", kwargs={"dim0": 1, "dim1": 2})
    last = s.add("joined", "torch.reshape", "back", kwargs={"shape": [-1, 49, width]})
    last = s.add("proj", "nn.Linear", last, out_features=width)
    last = s.add("proj_drop", "nn.Dropout", last, p=0.0)
    last = s.add("unpart", "torch.reshape", last, kwargs={"shape": [-1, windows, windows, 7, 7, width]})
    last = s.add("unorder", "torch.permute", last, kwargs={"dims": [0, 1, 3, 2, 4, 5]})
    last = s.add("map", "torch.reshape", last, kwargs={"shape": [-1, side, side, width]})
    s.add("y", "output", last)
    return s.network()


def _layer(attention: str, width: int) -> Network:
    s = Sketch(side=56, windows=8)
    s.add("x", "input")
    last = s.add("norm1", "nn.LayerNorm", "x")
    last = s.add("attn", f"block:{attention}", last, side={"p": "side"}, windows={"p": "windows"})
    s.add("add1", "torch.add", last, "x")
    last = s.add("mlp.0", "nn.Linear", s.add("norm2", "nn.LayerNorm", "add1"), out_features=4 * width)
    last = s.add("mlp.2", "nn.Dropout", s.add("mlp.1", "nn.GELU", last), p=0.0)
    last = s.add("mlp.4", "nn.Dropout", s.add("mlp.3", "nn.Linear", last, out_features=width), p=0.0)
    s.add("y", "output", s.add("add2", "torch.add", last, "add1"))
    return s.network()


def swin(depths: Sequence[int] = (2, 2, 6, 2), width: int = 96) -> ProjectData:
    """Swin with windows of 7 on images of 224; the defaults are swin_t (the shift of windows left out)."""
    s, blocks = Sketch(), {}
    last = s.add("image", "input")
    last = s.add("patches", "nn.Conv2d", last, out_channels=width, kernel_size=4, stride=4)
    last = s.add("last", "torch.permute", last, kwargs={"dims": [0, 2, 3, 1]})
    last = s.add("norm0", "nn.LayerNorm", last)
    for stage, depth in enumerate(depths):
        wide, side = width * 2**stage, 56 // 2**stage
        attention, layer = f"Attention{stage + 1}", f"Layer{stage + 1}"
        blocks[attention] = _attention(3 * 2**stage, wide)
        blocks[layer] = _layer(attention, wide)
        for i in range(depth):
            last = s.add(f"stage{stage + 1}.{i}", f"block:{layer}", last, side=side, windows=side // 7)
        if stage < len(depths) - 1:
            last = _merge(s, stage, last, wide)
    last = s.add("norm", "nn.LayerNorm", last)
    last = s.add("first", "torch.permute", last, kwargs={"dims": [0, 3, 1, 2]})
    last = s.add("flatten", "nn.Flatten", s.add("avgpool", "nn.AdaptiveAvgPool2d", last, output_size=1))
    s.add("output", "output", s.add("head", "nn.Linear", last))
    return ProjectData("Swin", {"model": s.network(), **blocks})


def _merge(s: Sketch, stage: int, last: str, width: int) -> str:
    """Four neighbours become one, twice as wide."""
    parts = []
    for row, column in ((0, 0), (1, 0), (0, 1), (1, 1)):
        name = f"part{stage + 1}_{row}{column}"
        index: Any = {"t": [{"ellipsis": True}, *({"slice": [n, None, 2]} for n in (row, column)), _ALL]}
        s.nodes[name] = Node(name, "op.getitem", {}, ({"n": last}, index), at=(0, 96 * len(s.nodes)))
        parts.append({"n": name})
    name = f"join{stage + 1}"
    s.nodes[name] = Node(name, "torch.cat", {}, (parts,), {"dim": -1}, at=(0, 96 * len(s.nodes)))
    last = s.add(f"merge_norm{stage + 1}", "nn.LayerNorm", name)
    return s.add(f"merge{stage + 1}", "nn.Linear", last, out_features=2 * width, bias=False)


_ALL = {"slice": [None, None, None]}


def flat(project: ProjectData) -> ProjectData:
    """The same network without blocks: every use written out, as an import without grouping would be."""
    nodes: dict[str, Node] = {}
    _write(project, "model", "", {}, {}, nodes)
    return ProjectData(project.name, {"model": Network(nodes)}, project.settings)


def _write(
    project: ProjectData,
    name: str,
    prefix: str,
    values: dict[str, Json],
    given: dict[str, Json],
    nodes: dict[str, Node],
) -> dict[str, Json]:
    from studio.graph.values import resolve_parameters

    network = project.networks[name]
    known: dict[str, Json] = {}
    outputs: dict[str, Json] = {}
    values = {**network.parameters, **values}
    for node in network.nodes.values():
        arguments = node.arguments.map_references(lambda r: known[r["n"]])
        args = tuple(resolve_parameters(a, values) for a in arguments.args)
        kwargs = {k: resolve_parameters(v, values) for k, v in arguments.kwargs.items()}
        params = {k: resolve_parameters(v, values) for k, v in node.params.items()}
        if prefix and node.type == "input":
            known[node.id] = next(iter(given.values()))
        elif prefix and node.type == "output":
            outputs[node.id] = args[0]
        elif node.block is not None:
            inner = _write(project, node.block, f"{prefix}{node.id}.", params, {"x": args[0]}, nodes)
            known[node.id] = next(iter(inner.values()))
        else:
            id_ = prefix + node.id
            nodes[id_] = Node(id_, node.type, params, args, kwargs, at=(0, 96 * len(nodes)))
            known[node.id] = {"n": id_}
    return outputs
