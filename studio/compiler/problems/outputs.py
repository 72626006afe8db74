"""Problems between the network and what is learned: how many outputs there are, and what each must give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from studio.catalog import table
from studio.compiler.analysis import Aim, Context, Dim, N, Refusal, Severity, TensorSpec
from studio.compiler.problems import remedies
from studio.compiler.problems.finding import Finding, Remedy
from studio.graph.edit import Edit
from studio.graph.model import INPUT, OUTPUT, Node, ProjectData, Wire, wires_into
from studio.graph.values import Json
from studio.words import Message

_SKIPPED = {"dropout", "activation", "normalisation"}

Wanted = tuple[Dim | str, ...]
"""the shape of an output without the batch; a text stands for any length"""


def findings(
    project: ProjectData, network: str, context: Context, given: Mapping[str, TensorSpec | None]
) -> Iterator[Finding]:
    """What does not fit of a network's outputs, `given` by node: their number, their shapes, their kind."""
    if context.aim is not None and context.aim.refusal is not None:
        yield _refused(network, context.aim.refusal)
        return
    wanted = _wanted(context)
    nodes = project.networks[network].nodes
    if not wanted:
        for name, spec in given.items():
            if spec is not None and _is_rounded(nodes, nodes[name], spec):
                yield _Output(project, network, nodes, context, nodes[name], spec, (), {}).kind()
        return
    if len(given) != len(wanted):
        if context.aim is not None and context.aim.outputs:
            yield _count(project, network, context.aim, list(given))
        return
    lengths: dict[str, Dim] = {}
    for (name, spec), shape in zip(given.items(), wanted, strict=True):
        if spec is not None:
            place = _Output(project, network, nodes, context, nodes[name], spec, shape, lengths)
            yield from place.findings()
    if context.aim is not None and context.aim.linear:
        yield from _bent(project, network, context.aim)
    if context.aim is not None:
        yield from _parts(project, network, context.aim, list(given))


_CASTS = {"Tensor.long", "Tensor.int", "Tensor.bool"}
_REAL = {"activation", "convolution", "dropout", "linear", "normalisation"}
"""categories of layers that give real numbers"""


def _is_rounded(nodes: Mapping[str, Node], output: Node, spec: TensorSpec) -> bool:
    """Whether an output is made whole numbers behind a layer: nothing can be learned, whatever the aim."""
    wire = next(wires_into(output), None)
    cast = nodes[wire.source] if wire is not None else None
    if cast is None or cast.type not in _CASTS or spec.dtype.startswith(("float", "bfloat")):
        return False
    before = next(wires_into(cast), None)
    return before is not None and table.category(nodes[before.source].type) in _REAL


def _wanted(context: Context) -> tuple[Wanted, ...]:
    if context.aim is not None and context.aim.outputs:
        return context.aim.outputs
    if context.task is None or context.outputs is None:
        return ()
    return ((context.outputs,),)


def _refused(network: str, refusal: Refusal) -> Finding:
    """Data and objective that do not go together: said of the network as a whole."""
    cures = tuple(_set(label, path, value) for label, path, value in refusal.cures)
    return Finding("objective-differs", "error", network, None, refusal.text, "", cures)


def _set(label: Message, path: tuple[str, ...], value: Json) -> Remedy:
    return Remedy(label, lambda edit: edit.set(path, value))


def _count(project: ProjectData, network: str, aim: Aim, given: list[str]) -> Finding:
    """Too many outputs, or too few."""
    wanted = len(aim.outputs)
    values: dict[str, object] = {"aim": aim.title, "wanted": wanted, "found": len(given)}
    if wanted == 1:
        text = Message("{aim} needs one output, and the network has {found}.", **values)
    else:
        text = Message(
            "{aim} needs {wanted} outputs, in this order: {names}. The network has {found}.",
            names=", ".join(aim.names),
            **values,
        )
    spare = given[wanted:]
    cures = [remedies.all_of(
        Message("Remove {node}", node=", ".join(spare)), [remedies.remove(network, name) for name in spare]
    )] if spare else []  # fmt: skip
    held = project.networks[network]
    used = {wire.source for node in held.nodes.values() for wire in wires_into(node)}
    loose = [node.id for node in held.nodes.values() if node.id not in used and node.type != OUTPUT]
    if len(loose) == wanted - len(given):
        several = [remedies.add_output(project, network, name) for name in loose]
        label = Message("Add an Output behind {node}", node=", ".join(loose))
        cures.append(remedies.all_of(label, several))
    return Finding("output-count", "error", network, given[-1] if given else None, text, "", tuple(cures))


def _parts(project: ProjectData, network: str, aim: Aim, given: list[str]) -> Iterator[Finding]:
    """Blocks that the objective asks for by name and that are not there."""
    nodes = project.networks[network].nodes
    for part, output in zip(aim.parts, given, strict=False):
        if part in nodes:
            continue
        text = Message(
            "{aim} needs a block named {name} before {node}: select its cards and make them a block "
            "(Ctrl+G), or rename the block that is there.",
            aim=aim.title,
            name=part,
            node=output,
        )
        wire = next(wires_into(nodes[output]), None)
        source = nodes[wire.source] if wire is not None else None
        block = source is not None and source.block is not None and source.id not in aim.parts
        cures = (remedies.rename(network, source.id, part, nodes),) if source is not None and block else ()
        yield Finding("no-part", "error", network, output, text, "", cures)


def _bent(project: ProjectData, network: str, aim: Aim) -> Iterator[Finding]:
    """What a rule for one linear layer cannot teach: a second layer, or anything that bends the values."""
    nodes = project.networks[network].nodes
    linear = [node.id for node in nodes.values() if node.type == "nn.Linear"]
    for node in nodes.values():
        plain = node.type in _STRAIGHT or node.id in linear[-1:]
        if not plain:
            text = Message(
                "{aim} teaches a single Linear layer and nothing else: {node} has no place in the network. "
                "Networks of several layers are learned by gradients.",
                aim=aim.title,
                node=node.id,
            )
            learn = _set(
                Message("Learn by gradients: objective classification"),
                ("training", "objective"),
                "classification",
            )
            yield Finding(
                "not-linear", "error", network, node.id, text, "", (remedies.remove(network, node.id), learn)
            )


_STRAIGHT = {INPUT, OUTPUT, "nn.Flatten", "torch.flatten", "Tensor.flatten", "nn.Identity"}


def _fits(shape: Sequence[Dim], wanted: Wanted, lengths: dict[str, Dim]) -> bool:
    """Whether a shape is the wanted one, with texts standing for the `lengths` met before."""
    if len(shape) != len(wanted):
        return False
    return all(
        lengths.setdefault(want, dim) == dim if isinstance(want, str) else dim == want
        for dim, want in zip(shape, wanted, strict=True)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Output:
    project: ProjectData
    network: str
    nodes: Mapping[str, Node]
    context: Context
    node: Node
    spec: TensorSpec
    wanted: Wanted
    lengths: dict[str, Dim]

    def findings(self) -> Iterator[Finding]:
        if self.spec.shape[:1] != (N,):
            yield self._finding("batch-lost", self.node.id, self._batch_text(), tuple(self._batch_cures()))
        elif not _fits(self.spec.shape[1:], self.wanted, self.lengths):
            yield self._width() if self.context.aim is None or not self.context.aim.outputs else self._shape()
        elif not self.spec.dtype.startswith(("float", "bfloat")):
            yield self.kind()

    def _finding(
        self, code: str, node: str, text: Message, cures: tuple[Remedy, ...], severity: Severity = "error"
    ) -> Finding:
        return Finding(code, severity, self.network, node, text, "", cures)

    def kind(self) -> Finding:
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

    def _shape(self) -> Finding:
        """Another shape than the objective asks for."""
        assert self.context.aim is not None
        last = self.last()
        wanted = tuple(self.lengths.get(d, d) if isinstance(d, str) else d for d in self.wanted)
        text = Message(
            "{node} gives {shape}, but {aim} needs N×{wanted}.",
            node=last.id,
            shape=str(self.spec),
            aim=self.context.aim.title,
            wanted="×".join(map(str, wanted)),
        )
        code = "output-width" if len(self.spec.shape) - 1 == len(wanted) else "output-shape"
        return self._finding(code, last.id, text, tuple(self.shape_cures(last, wanted)))

    def _inside(self, last: Node) -> _Output | None:
        """The output of the block `last`, if all that learns has to lie in it: there the cures belong."""
        aim, block = self.context.aim, last.block
        if aim is None or last.id not in aim.parts or block is None or block not in self.project.networks:
            return None
        nodes = self.project.networks[block].nodes
        ends = [node for node in nodes.values() if node.type == OUTPUT and next(wires_into(node), None)]
        if len(ends) != 1:
            return None
        return replace(self, network=block, nodes=nodes, node=ends[0])

    def shape_cures(self, last: Node, wanted: Wanted) -> Iterator[Remedy]:
        if (inside := self._inside(last)) is not None:
            yield from inside.shape_cures(inside.last(), wanted)
            return
        sizes = [d for d in wanted if isinstance(d, int)]
        if len(sizes) != len(wanted):
            yield remedies.insert(self.network, self.wire, "nn.Flatten")
            return
        entry = table.entry(last.type)
        given = self.spec.shape[1:]
        if "out_channels" in last.params and given[1:] == wanted[1:]:
            yield remedies.set_param(self.network, last.id, "out_channels", sizes[0])
        if len(wanted) == 1:
            yield from self._width_cures(last, len(given) == 1)
        elif given == (prod(sizes),):
            params: dict[str, Json] = {"dim": 1, "unflattened_size": list(sizes)}
            yield remedies.insert(self.network, self.wire, "nn.Unflatten", params)
        elif entry is not None and entry.auto_out and len(given) == 1:
            yield self._unflattened(last, entry.auto_out, sizes)
        elif given[1:] == wanted[1:]:
            params = {"out_channels": sizes[0], "kernel_size": 1}
            yield remedies.insert(self.network, self.wire, "nn.Conv2d", params)

    def _unflattened(self, last: Node, name: str, sizes: list[int]) -> Remedy:
        """As many values as are wanted, and then their shape."""
        auto = remedies.set_auto(self.network, last.id, name, prod(sizes))
        params: dict[str, Json] = {"dim": 1, "unflattened_size": list(sizes)}
        return remedies.all_of(
            Message("Set {name} to auto ({value}) and insert Unflatten", name=name, value=prod(sizes)),
            [auto, remedies.insert(self.network, self.wire, "nn.Unflatten", params)],
        )

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
