"""Good networks with one thing broken, in every way and place: is it told, on the right node, and cured?

python tests/benchmarks/broken_networks.py [EVERY [SHOW]]

EVERY: only each n-th of them. SHOW: the verdicts to write out, or `all`.

Every mutation of every node is made. A network that is said to be free of errors is built and trains a
step, so that a fault which nothing tells is found too. Of one with errors, the first problem must be on the
node that was changed or on one that what it gives runs through; its first cure is applied and the result
trains a step.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "compiler"))

from good import networks
from one_step import train_a_step

from studio.catalog import table
from studio.compiler.analysis import Context, N, TensorSpec
from studio.compiler.infer import analyse
from studio.graph import order
from studio.graph.document import Change, Document, EditError
from studio.graph.edit import Edit
from studio.graph.model import INPUT, OUTPUT, Network, Node, ProjectData, wires_into
from studio.graph.operations import MISSING
from studio.words import Message

Apply = Callable[[Edit], None]
Mutation = tuple[str, str, Apply]
"""(kind, node, edit)"""

NAME = "model"
_WIDTHS = ("out_channels", "out_features", "hidden_size", "embedding_dim", "dim_feedforward")
_OTHERS = {
    "nn.Conv2d": "nn.Conv1d", "nn.Conv1d": "nn.Conv2d", "nn.BatchNorm2d": "nn.BatchNorm1d",
    "nn.BatchNorm1d": "nn.BatchNorm3d", "nn.MaxPool2d": "nn.MaxPool1d", "nn.MaxPool1d": "nn.MaxPool2d",
    "nn.AdaptiveAvgPool2d": "nn.AdaptiveAvgPool1d", "nn.ConvTranspose2d": "nn.ConvTranspose3d",
    "nn.Dropout2d": "nn.Dropout3d", "nn.LSTM": "nn.LSTMCell",
}  # fmt: skip


def mutations(project: ProjectData, context: Context) -> Iterator[Mutation]:
    network = project.networks[NAME]
    report = analyse(project, context).networks[NAME]
    for node in network.nodes.values():
        yield from _told(node, dict(report.nodes[node.id].auto))
        yield from _sizes(node)
        yield from _wires(network, node)
        yield from _places(network, node)
    for node in network.of_type(INPUT):
        yield "no input", node.id, lambda edit, id_=node.id: edit.remove_nodes(NAME, [id_])


def _set(name: str, node: Node, param: str, value: Any) -> Mutation:
    return name, node.id, lambda edit: edit.set_param(NAME, node.id, param, value)


def _told(node: Node, auto: dict[str, Any]) -> Iterator[Mutation]:
    for param, value in auto.items():
        if isinstance(value, int):
            yield _set("width told wrong", node, param, value + 3)
            yield _set("width far off", node, param, 400)
    for param in _WIDTHS:
        if isinstance(value := node.params.get(param), int):
            yield _set("another width", node, param, value + 5)
            yield _set("negative", node, param, -value)
            yield _set("a text", node, param, str(value))
            yield _set("a fraction", node, param, value + 0.5)
            yield _set("enormous", node, param, 10**14)
            yield _set("block parameter", node, param, {"p": "size"})


def _sizes(node: Node) -> Iterator[Mutation]:
    if "kernel_size" in node.params:
        yield _set("kernel too large", node, "kernel_size", 99)
        yield _set("zero stride", node, "stride", 0)
        yield _set("another kernel", node, "kernel_size", 4)
    if node.type.startswith("nn.Conv"):
        yield _set("groups", node, "groups", 7)
        yield _set("unknown parameter", node, "filters", 3)
    for param in ("num_heads", "nhead", "num_groups"):
        if param in node.params:
            yield _set("groups", node, param, 5)
    if "p" in node.params:
        yield _set("share", node, "p", 7)
    for param in ("out_channels", "kernel_size", "hidden_size", "num_embeddings"):
        if param in node.params:
            yield (
                "missing parameter",
                node.id,
                lambda edit, p=param: edit.set_param(NAME, node.id, p, MISSING),
            )
    if (other := _OTHERS.get(node.type)) is not None:
        yield "another rank", node.id, lambda edit: edit.set_type(NAME, node.id, other)
    if node.type == "nn.Linear":
        yield "unknown type", node.id, lambda edit: edit.set_type(NAME, node.id, "nn.Quantum")
    if "dim" in node.kwargs:
        slot = ("kwargs", "dim")
        change = node.arguments.with_value(slot, [7] if isinstance(node.kwargs["dim"], list) else 7)
        yield "no such dimension", node.id, lambda edit: edit.set_arguments(NAME, node.id, change)


def _wires(network: Network, node: Node) -> Iterator[Mutation]:
    below = [n for n in order.downstream(network, node.id) if network.nodes[n].type != OUTPUT]
    for wire in wires_into(node):
        yield "dangling wire", node.id, lambda edit, w=wire: edit.disconnect(NAME, node.id, w.slot)
        if below:
            target = sorted(below)[-1]
            yield "circle", node.id, lambda edit, w=wire, t=target: edit.connect(NAME, t, node.id, w.slot)
        if wire.index is not None:
            yield (
                "no such output",
                node.id,
                lambda edit, w=wire: edit.connect(NAME, w.source, node.id, w.slot, 9),
            )
            yield "all outputs", node.id, lambda edit, w=wire: edit.connect(NAME, w.source, node.id, w.slot)


def _places(network: Network, node: Node) -> Iterator[Mutation]:
    if node.type == OUTPUT:
        yield "no output", node.id, lambda edit: edit.remove_nodes(NAME, [node.id])
    elif node.type != INPUT:
        yield "deleted, wires gone", node.id, lambda edit: edit.remove_nodes(NAME, [node.id])
        if node.type in {
            "nn.Flatten",
            "torch.flatten",
            "torch.transpose",
            "op.getitem",
            "torch.mean",
            "nn.Embedding",
        }:
            yield "missing " + node.type, node.id, lambda edit: edit.remove_nodes(NAME, [node.id], heal=True)
    for wire in wires_into(node):
        for kind, type_, literals in (
            ("flattened too soon", "nn.Flatten", {}),
            ("turned", "torch.transpose", {"dim0": 1, "dim1": -1}),
            ("batch joined", "torch.flatten", {"start_dim": 0, "end_dim": 1}),
            ("fixed batch", "torch.reshape", {"shape": [32, -1]}),
            ("wrong kind", "Tensor.long", {}),
            ("pooled", "nn.MaxPool2d", {}),
        ):
            yield kind, node.id, _insertion(node, wire, type_, literals)


def _insertion(node: Node, wire: Any, type_: str, literals: dict[str, Any]) -> Apply:
    def apply(edit: Edit) -> None:
        source = {"n": wire.source} if wire.index is None else {"n": wire.source, "i": wire.index}
        params = {"kernel_size": 2} if type_ == "nn.MaxPool2d" else {}
        edit.add_node(NAME, Node("new", type_, params, (source,), literals))
        edit.connect(NAME, "new", node.id, wire.slot)

    return apply


DATA = {
    "table": Context((TensorSpec((N, 4)),), 3, "classification"),
    "digits": Context((TensorSpec((N, 1, 8, 8)),), 10, "classification"),
    "photos": Context((TensorSpec((N, 3, 32, 32)),), 10, "classification"),
    "colours last": Context((TensorSpec((N, 32, 32, 3)),), 10, "classification"),
    "series": Context((TensorSpec((N, 20, 6)),), 3, "classification"),
    "words": Context((TensorSpec((N, 24), "int64"),), 2, "classification"),
}


def applied(project: ProjectData, change: Apply) -> ProjectData | None:
    document = Document(project)
    try:
        with document.transaction(Message("Edit")) as edit:
            change(edit)
    except EditError:
        return None
    return document.data()


def near(network: Network, broken: Network, node: str) -> set[str | None]:
    """Where a fault may be told: the node, the new one, those before it, and what lies behind."""
    found: set[str | None] = {node, "new", *order.downstream(network, node)}
    for held in (network, broken):
        if node in held.nodes:
            found |= {wire.source for wire in wires_into(held.nodes[node])}
    return found


def judge(project: ProjectData, context: Context, kind: str, node: str, good: ProjectData) -> str:
    """ "fine", or what became of a broken network: "told", "missed", "misplaced", "no cure", "cure fails"."""
    analysis = analyse(project, context)
    if not analysis.errors:
        try:
            train_a_step(project, context)
        except Exception as error:  # noqa: BLE001 - whatever PyTorch raises is a fault nobody told
            return f"missed: {type(error).__name__}: {str(error)[:90]}"
        return "fine"
    problem = analysis.errors[0]
    placed = node and problem.node is not None and problem.network == NAME
    if placed and problem.node not in near(good.networks[NAME], project.networks[NAME], node):
        return f"misplaced: {problem.node}: {problem.text}"
    if not problem.cures:
        return f"no cure: {problem.node}: {problem.text}"
    document = Document(project)
    document.replay(Change(problem.cures[0].label, problem.cures[0].operations))
    healed = document.data()
    try:
        if left := analyse(healed, context).errors:
            return f"more to cure: {problem.text} -> {problem.cures[0].label}: {left[0].text}"
        train_a_step(healed, context)
    except Exception as error:  # noqa: BLE001 - a cure that does not train is what is looked for
        return f"cure fails: {problem.text} -> {problem.cures[0].label}: {str(error)[:90]}"
    return "told"


def cases() -> Iterator[tuple[str, str, str, ProjectData, Context, ProjectData]]:
    for name, project, context in networks():
        assert not analyse(project, context).errors, (
            name,
            [str(p.text) for p in analyse(project, context).errors],
        )
        for kind, node, change in mutations(project, context):
            broken = applied(project, change)
            if broken is not None:
                yield kind, name, node, broken, context, project
        if context.inputs:
            for told, other in DATA.items():
                yield f"data: {told}", name, "", project, other, project


def main() -> None:
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    shown = sys.argv[2] if len(sys.argv) > 2 else ""
    table_: dict[str, Counter[str]] = {}
    for kind, name, node, broken, context, good in islice(cases(), 0, None, every):
        verdict = judge(broken, context, kind, node, good)
        word = verdict.split(":")[0]
        table_.setdefault(kind, Counter())[word] += 1
        if shown and word not in ("fine", "told") and shown in f"{kind} {word} all":
            print(f"   {kind} | {name}.{node} | {verdict}")
    columns = ("told", "no cure", "more to cure", "cure fails", "misplaced", "missed", "fine")
    print(f"{'':26}" + "".join(f"{column:>14}" for column in columns))
    whole: Counter[str] = Counter()
    for kind, counts in sorted(table_.items()):
        print(f"{kind:26}" + "".join(f"{counts[column] or '':>14}" for column in columns))
        whole += counts
    broken_ones = whole.total() - whole["fine"]
    print(f"{'all':26}" + "".join(f"{whole[column]:>14}" for column in columns))
    offered = broken_ones - whole["no cure"] - whole["missed"] - whole["misplaced"]
    told, offered, healed = (n / broken_ones for n in (broken_ones - whole["missed"], offered, whole["told"]))
    print(f"\n{broken_ones} broken networks: {told:.1%} told, {offered:.1%} with cures on offer,")
    print(f"{healed:.1%} free of errors and trained a step after the first cure")


if __name__ == "__main__":
    assert table.entry("nn.Conv2d") is not None
    main()
