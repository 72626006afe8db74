"""Problems between the network and the data: what comes in, and what the last layer must give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from studio.catalog import table
from studio.compiler.analysis import SYMBOLS, Context, Dim, N, Severity, Size, TensorSpec
from studio.compiler.problems import remedies
from studio.compiler.problems.finding import Diagnosis, Finding, Remedy
from studio.graph.edit import Edit
from studio.graph.model import Node, ProjectData, Wire, wires_into
from studio.graph.operations import MISSING
from studio.graph.values import Json
from studio.words import Message


def spec(network: str, node: Node, place: int, context: Context) -> TensorSpec | Diagnosis:
    """What the `place`-th input is: what it declares, else what the data gives."""
    declared, kind = node.params.get("shape"), node.params.get("dtype")
    given = context.inputs[place] if place < len(context.inputs) else None
    if declared in (None, "auto"):
        if given is None:
            text = Message("The shape of {node} is not known: choose the data, or set a shape.", node=node.id)
            return Diagnosis("input-shape-unknown", text)
        declared = [str(dim) if isinstance(dim, Size) else dim for dim in given.shape]
    shape = _dims(declared)
    if shape is None:
        text = Message(
            "{node} has the shape {shape}. A shape is N for the batch and then whole numbers from 1 up, or L "
            "for a length left open.",
            node=node.id,
            shape=remedies.shown(declared),
        )
        return Diagnosis("bad-shape", text, _follow(network, node, given))
    if given is not None and (shape != given.shape or (kind not in (None, given.dtype))):
        text = Message(
            "{node} is set to {declared}, but the data gives {given}.",
            node=node.id,
            declared=_named(TensorSpec(shape, str(kind or given.dtype)), given),
            given=_named(given, TensorSpec(shape, str(kind or given.dtype))),
        )
        return Diagnosis("input-differs", text, _follow(network, node, given))
    return TensorSpec(shape, str(kind or (given.dtype if given else "float32")))


def _named(one: TensorSpec, other: TensorSpec) -> str:
    return str(one) if one.shape != other.shape else f"{one} ({one.dtype})"


def _dims(shape: Json) -> tuple[Dim, ...] | None:
    if not isinstance(shape, list | tuple):
        return None
    dims: list[Dim] = []
    for dim in shape:
        if isinstance(dim, str) and dim in SYMBOLS:
            dims.append(SYMBOLS[dim])
        elif type(dim) is int and dim > 0:
            dims.append(dim)
        else:
            return None
    return tuple(dims)


def _follow(network: str, node: Node, given: TensorSpec | None) -> tuple[Remedy, ...]:
    if given is None:
        return ()

    def apply(edit: Edit) -> None:
        for name in ("shape", "dtype"):
            if name in node.params:
                edit.set_param(network, node.id, name, MISSING)

    return (Remedy(Message("Follow the data ({shape})", shape=str(given)), apply),)


# -- what the network gives --------------------------------------------------------------------------

_SKIPPED = {"dropout", "activation", "normalisation"}


def outputs(
    project: ProjectData, network: str, context: Context, given: Mapping[str, TensorSpec | None]
) -> Iterator[Finding]:
    """What the data wants of a single output: the batch first, then a value for each class or column."""
    if context.task is None or context.outputs is None or len(given) != 1:
        return
    name, spec = next(iter(given.items()))
    if spec is None:
        return
    nodes = project.networks[network].nodes
    place = _Output(project, network, nodes, context, nodes[name], spec)
    yield from place.findings()


@dataclass(frozen=True, slots=True, eq=False)
class _Output:
    project: ProjectData
    network: str
    nodes: Mapping[str, Node]
    context: Context
    node: Node
    spec: TensorSpec

    def findings(self) -> Iterator[Finding]:
        if self.spec.shape[:1] != (N,):
            yield self._finding("batch-lost", self.node.id, self._batch_text(), tuple(self._batch_cures()))
        elif self.spec.shape[1:] != (self.context.outputs,):
            yield self._width()
        elif not self.spec.dtype.startswith(("float", "bfloat")):
            yield self._kind()

    def _finding(
        self, code: str, node: str, text: Message, cures: tuple[Remedy, ...], severity: Severity = "error"
    ) -> Finding:
        return Finding(code, severity, self.network, node, text, "", cures)

    def _kind(self) -> Finding:
        """Whole numbers where the loss wants real ones."""
        source = self.nodes[self.wire.source]
        text = Message(
            "{node} gives whole numbers ({dtype}), and nothing can be learned from those.",
            node=source.id,
            dtype=self.spec.dtype,
        )
        cures = (remedies.remove(self.network, source.id),)
        return self._finding("dtype-mismatch", source.id, text, cures)

    @property
    def wire(self) -> Wire:
        return next(wires_into(self.node))

    def chain(self) -> Iterator[Node]:
        """The nodes before the output, along first wires."""
        node = self.node
        while (wire := next(wires_into(node), None)) is not None:
            node = self.nodes[wire.source]
            yield node

    def last(self) -> Node:
        """The layer that makes the width: activations and the like only pass it on."""
        for node in self.chain():
            if table.category(node.type) not in _SKIPPED and node.type != "nn.Identity":
                return node
        return self.nodes[self.wire.source]

    def _batch_text(self) -> Message:
        return Message(
            "{node} is given {shape}, which does not begin with the batch N: the samples are mixed.",
            node=self.node.id,
            shape=str(self.spec),
        )

    def _batch_cures(self) -> Iterator[Remedy]:
        for node in self.chain():
            if node.type in {"torch.flatten", "nn.Flatten"}:
                if "start_dim" in node.params:
                    yield remedies.set_param(self.network, node.id, "start_dim", 1)
                slot = remedies.literal_slot(node, "start_dim", 1)
                yield remedies.set_value(self.network, node.id, slot, "start_dim", 1)
            if node.type == "torch.reshape":
                yield remedies.swap_call(self.network, node, "torch.flatten", {"start_dim": 1})
            if node.type in {"torch.mean", "torch.sum", "torch.amax", "torch.amin"}:
                slot = remedies.literal_slot(node, "dim", 1)
                for dims in ([1], [-1]):
                    yield remedies.set_value(self.network, node.id, slot, "dim", dims)
                yield remedies.remove(self.network, node.id)

    def _width(self) -> Finding:
        wanted, last = self.context.outputs, self.last()
        values = {"node": last.id, "shape": str(self.spec), "wanted": wanted}
        flat = len(self.spec.shape) == 2
        classes = self.context.task == "classification"
        if flat and classes:
            text = Message("{node} gives {width} values a sample, but the data has {wanted} classes.",
                           width=self.spec.shape[1], **values)  # fmt: skip
        elif flat:
            text = Message("{node} gives {width} values a sample, but the data asks for {wanted}.",
                           width=self.spec.shape[1], **values)  # fmt: skip
        else:
            text = Message("{node} gives {shape}, but the data asks for N×{wanted}.", **values)
        code = "output-width" if flat else "output-shape"
        return self._finding(code, last.id, text, tuple(self._width_cures(last, flat)))

    def _width_cures(self, last: Node, flat: bool) -> Iterator[Remedy]:
        network, wanted = self.network, self.context.outputs
        entry = table.entry(last.type)
        before = next(wires_into(last), None)
        flatten = remedies.insert(network, before, "nn.Flatten") if before else None
        if entry is not None and entry.auto_out:
            auto = remedies.set_auto(network, last.id, entry.auto_out, wanted)
            if flat:
                yield auto
                yield remedies.set_param(network, last.id, entry.auto_out, wanted)
            elif flatten is not None:
                yield flatten
                yield remedies.all_of(
                    flatten.label,
                    [flatten, *(remedies.unset(network, last.id, n) for n in entry.auto if n in last.params)],
                )
        elif "out_channels" in last.params and not flat and self.spec.shape[1] != wanted:
            yield remedies.set_param(network, last.id, "out_channels", wanted)
        if not flat:
            yield remedies.insert(network, self.wire, "nn.Flatten")
            if table.category(last.type) == "recurrent":
                whole = {"slice": [None, None, None]}
                yield remedies.insert(
                    network,
                    self.wire,
                    "op.getitem",
                    args=({"t": [whole, -1]},),
                    label=Message("Take the last step before {node}", node=self.node.id),
                )
            yield from self._head()
        yield remedies.insert(network, self.wire, "nn.Linear")

    def _head(self) -> Iterator[Remedy]:
        """Flatten and a Linear as wide as the data asks for."""
        flatten = remedies.insert(self.network, self.wire, "nn.Flatten")

        def apply(edit: Edit) -> None:
            flatten.apply(edit)
            wire = next(wires_into(edit.document.node(self.network, self.node.id)))
            remedies.insert(self.network, wire, "nn.Linear").apply(edit)

        yield Remedy(Message("Insert Flatten and Linear before {node}", node=self.node.id), apply)
