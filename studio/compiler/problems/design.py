"""Designs that run and are doubtful all the same: what a practitioner would point at.

Each rule looks at one node of a network that was walked through; nothing here is an error unless training
would stop at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from studio.catalog import table
from studio.compiler.analysis import Context, Severity, TensorSpec
from studio.compiler.problems import numbers, remedies
from studio.compiler.problems.finding import Finding, Remedy
from studio.graph.model import INPUT, OUTPUT, Network, Node, ProjectData, Wire, wires_into
from studio.words import Message

_PROBABILITIES = {
    "nn.Softmax", "torch.softmax", "F.softmax", "Tensor.softmax",
    "nn.Sigmoid", "torch.sigmoid", "F.sigmoid", "Tensor.sigmoid",
}  # fmt: skip
_LOGARITHMS = {"nn.LogSoftmax", "F.log_softmax", "torch.log_softmax", "Tensor.log_softmax"}
_RECTIFIERS = {"nn.ReLU", "nn.ReLU6", "torch.relu", "F.relu", "F.relu6", "Tensor.relu"}
_WITH_LOGITS = {"bce", "bce_with_logits", "binary_cross_entropy", "binary_cross_entropy_with_logits"}
_CONVOLUTIONS = ("nn.Conv1d", "nn.Conv2d", "nn.Conv3d")
_WEIGHTED = {"nn.Linear", *_CONVOLUTIONS}
_NORMS = ("nn.BatchNorm1d", "nn.BatchNorm2d", "nn.BatchNorm3d")
_LINEAR = {
    "nn.Identity", "nn.Flatten", "torch.flatten", "Tensor.flatten", "nn.AdaptiveAvgPool1d",
    "nn.AdaptiveAvgPool2d", "nn.AdaptiveAvgPool3d", "nn.AvgPool1d", "nn.AvgPool2d", "nn.AvgPool3d",
}  # fmt: skip
"""layers between two weighted ones that bend nothing"""
_COLOURS = (1, 3, 4)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A network that was walked through. `specs` are the first outputs; `live` the nodes that count."""

    project: ProjectData
    name: str
    network: Network
    live: set[str]
    specs: Mapping[str, TensorSpec | None]
    context: Context
    main: bool

    def uses(self) -> dict[str, int]:
        """How many wires leave each node."""
        found: dict[str, int] = {}
        for wire in self.network.wires():
            found[wire.source] = found.get(wire.source, 0) + 1
        return found

    def finding(
        self, code: str, node: str, text: Message, cures: tuple[Remedy, ...], severity: Severity = "warning"
    ) -> Finding:
        return Finding(code, severity, self.name, node, text, "", cures)


def findings(place: Place) -> Iterator[Finding]:
    """Everything doubtful in a network, node by node in the order of the file."""
    uses = place.uses()
    for node in place.network.nodes.values():
        if node.id in place.specs and (not place.live or node.id in place.live):
            for rule in _RULES.get(node.type, ()):
                found = rule(place, node, uses)
                if found is not None:
                    yield found
    if place.main:
        yield from _before_the_loss(place)


def _source(place: Place, node: Node) -> tuple[Wire, Node] | None:
    wire = next(wires_into(node), None)
    return (wire, place.network.nodes[wire.source]) if wire and wire.source in place.specs else None


# -- one node ----------------------------------------------------------------------------------------


def _no_bend(place: Place, node: Node, uses: Mapping[str, int]) -> Finding | None:
    """Two weighted layers with nothing between them that bends: together they are no more than one."""
    wire, last = None, node
    while (found := _source(place, last)) is not None:
        wire, last = found
        if uses[last.id] > 1 or not (last.type in _LINEAR or table.category(last.type) == "dropout"):
            break
    if (
        wire is None
        or last.type not in _WEIGHTED
        or uses[last.id] > 1
        or not _one_too_many(place, last, node)
    ):
        return None
    text = Message(
        "Between {first} and {node} nothing bends the values, so the two can learn no more than one layer.",
        first=last.id,
        node=node.id,
    )
    label = Message("Insert ReLU after {node}", node=last.id)
    return place.finding("no-nonlinearity", node.id, text, (
        remedies.insert(place.name, wire, "nn.ReLU", label=label), remedies.remove(place.name, last.id),
    ))  # fmt: skip


def _one_too_many(place: Place, first: Node, second: Node) -> bool:
    """Not so where it is meant: a factor of low rank, a depthwise convolution, a projection of 1 by 1."""
    if second.type in _CONVOLUTIONS:
        plain = all(n.params.get("groups", 1) == 1 and _kernel(n) > 1 for n in (first, second))
        return first.type == second.type and plain
    if first.type in _CONVOLUTIONS:
        return first.params.get("groups", 1) == 1
    middle, given, made = (_width(place, id_) for id_ in (first.id, _before(first), second.id))
    return middle is None or given is None or made is None or middle >= min(given, made)


def _before(node: Node) -> str:
    return next((wire.source for wire in wires_into(node)), "")


def _width(place: Place, node: str) -> int | None:
    spec = place.specs.get(node)
    width = spec.shape[-1] if spec is not None and spec.shape else None
    return width if isinstance(width, int) else None


def _kernel(node: Node) -> int:
    size = node.params.get("kernel_size", 1)
    flat = size if isinstance(size, list | tuple) else [size]
    return max((n for n in flat if isinstance(n, int)), default=1)


def _wasted_bias(place: Place, node: Node, uses: Mapping[str, int]) -> Finding | None:
    """A bias that the normalisation right behind it takes away again."""
    found = _source(place, node)
    if found is None:
        return None
    layer = found[1]
    bias = layer.params.get("bias", True)
    if layer.type not in _WEIGHTED or bias is not True or layer.path or uses[layer.id] > 1:
        return None
    text = Message(
        "The bias of {node} does nothing: {norm} right after it takes the mean away.",
        node=layer.id,
        norm=node.id,
    )
    cures = (remedies.set_param(place.name, layer.id, "bias", False),)
    return place.finding("bias-before-norm", layer.id, text, cures, "hint")


def _one_value(place: Place, node: Node, uses: Mapping[str, int]) -> Finding | None:
    """Batch normalisation where training takes one sample at a time."""
    found = _source(place, node)
    spec = place.specs.get(found[1].id) if found else None
    if place.project.training.get("batch_size") != 1 or spec is None:
        return None
    sizes = numbers.numbers(spec.shape[2:])
    if sizes is not None and all(n == 1 for n in sizes):
        text = Message(
            "{node} needs more than one value a channel to train, and with a batch size of 1 there is one.",
            node=node.id,
        )
        severity: Severity = "error"
    else:
        text = Message(
            "With a batch size of 1 {node} takes mean and deviation from a single sample, which is unsteady.",
            node=node.id,
        )
        severity = "warning"
    larger = Remedy(
        Message("Set the batch size to {n}", n=16), lambda edit: edit.set(("training", "batch_size"), 16)
    )
    other = ("nn.LayerNorm", {}) if len(spec.shape) == 2 else ("nn.GroupNorm", {"num_groups": 1})
    cures = (larger, remedies.swap(place.name, node, *other))
    return place.finding("batch-norm-of-one", node.id, text, cures, severity)


def _too_few_words(place: Place, node: Node, uses: Mapping[str, int]) -> Finding | None:
    """An embedding that has no row for some of the data's words: an index error while training."""
    found, words = _source(place, node), place.context.vocabulary
    rows = node.params.get("num_embeddings")
    if not place.main or words is None or found is None or found[1].type != INPUT:
        return None
    if not isinstance(rows, int) or rows >= words:
        return None
    text = Message(
        "{node} has {rows} rows, and the data has up to {words} different words: each needs its own row.",
        node=node.id,
        rows=rows,
        words=words,
    )
    cure = Remedy(
        Message("Set {name} to {value}", name="num_embeddings", value=words),
        lambda edit: edit.set_param(place.name, node.id, "num_embeddings", words),
    )
    return place.finding("too-few-words", node.id, text, (cure,), "error")


def _channels_last(place: Place, node: Node, uses: Mapping[str, int]) -> Finding | None:
    """Images whose colours come last, taken for rows: it runs, and learns nonsense."""
    found = _source(place, node)
    if found is None or found[1].type != INPUT:
        return None
    wire, source = found
    spec = place.specs.get(source.id)
    shape = spec.shape[1:] if spec is not None else ()
    if (
        len(shape) != 3
        or shape[2] not in _COLOURS
        or not all(isinstance(n, int) and n > 4 for n in shape[:2])
    ):
        return None
    text = Message(
        "{source} gives {shape}: the {n} colours come last, and {node} takes the rows for channels.",
        source=source.id,
        shape=str(spec),
        n=shape[2],
        node=node.id,
    )
    label = Message("Bring the channels of {source} to the front", source=source.id)
    cure = remedies.insert(place.name, wire, "torch.permute", kwargs={"dims": [0, 3, 1, 2]}, label=label)
    return place.finding("channels-last", node.id, text, (cure,))


_Rule = Callable[[Place, Node, Mapping[str, int]], Finding | None]
_RULES: Mapping[str, tuple[_Rule, ...]] = {
    "nn.Linear": (_no_bend,),
    "nn.Conv1d": (_no_bend,),
    "nn.Conv2d": (_no_bend, _channels_last),
    "nn.Conv3d": (_no_bend,),
    "nn.Embedding": (_too_few_words,),
    **dict.fromkeys(_NORMS, (_wasted_bias, _one_value)),
}


# -- the last layers ---------------------------------------------------------------------------------


def _before_the_loss(place: Place) -> Iterator[Finding]:
    """What stands between the last layer and the loss of the only output."""
    outputs = place.network.of_type(OUTPUT)
    loss = _loss(place)
    if len(outputs) != 1 or loss is None or outputs[0].id not in place.specs:
        return
    for node in _back(place, outputs[0]):
        cures = (remedies.remove(place.name, node.id),)
        if node.type in _PROBABILITIES and loss in {"cross_entropy", *_WITH_LOGITS}:
            yield place.finding(*_twice(node, loss), cures)
        elif node.type in _RECTIFIERS:
            text = Message(
                "{node} right before the output cuts off everything below zero, so half of the answers "
                "cannot be given.",
                node=node.id,
            )
            yield place.finding("rectified-output", node.id, text, cures)
        elif loss == "nll" and node.type not in _LOGARITHMS:
            text = Message(
                "The nll loss wants logarithms of probabilities, which {node} does not give.", node=node.id
            )
            wire = next(wires_into(outputs[0]))
            insert = remedies.insert(place.name, wire, "nn.LogSoftmax", {"dim": 1})
            yield place.finding("nll-without-log", node.id, text, (insert,))
        if table.category(node.type) != "dropout" and node.type != "nn.Identity":
            return


def _twice(node: Node, loss: str) -> tuple[str, str, Message]:
    if loss == "cross_entropy":
        text = Message(
            "The cross-entropy loss applies softmax itself. With {node} before it the network learns slowly.",
            node=node.id,
        )
        return "softmax-before-loss", node.id, text
    text = Message(
        "The binary cross-entropy loss applies the sigmoid itself. With {node} before it the network learns "
        "slowly.",
        node=node.id,
    )
    return "sigmoid-before-loss", node.id, text


def _back(place: Place, node: Node) -> Iterator[Node]:
    """The nodes before one, along first wires."""
    while (found := _source(place, node)) is not None:
        node = found[1]
        yield node


def _loss(place: Place) -> str | None:
    """The loss by its name, None where nothing says what is learned."""
    if place.context.aim is not None:
        return place.context.aim.loss
    loss = place.project.training.get("loss")
    if isinstance(loss, str):
        return loss
    return {"classification": "cross_entropy", None: None}.get(place.context.task, place.context.task)
