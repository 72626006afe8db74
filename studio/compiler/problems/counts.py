"""Functions that take a tensor apart, and how many parts come of it: `torch.unbind`, `torch.chunk`."""

from __future__ import annotations

from studio.catalog import ports, signatures
from studio.compiler.problems import remedies
from studio.compiler.problems.finding import Case, Diagnosis, Remedy
from studio.compiler.symbols import Value
from studio.words import Message


def miscounted(case: Case, value: Value) -> Diagnosis | None:
    """A node that gives more tensors, or fewer, than it has outputs: Python could not unpack them."""
    node, given = case.node, [len(run) for run in value.runs if isinstance(run, list | tuple)]
    stated = ports.parts(node)
    if stated is None or not given or given[0] == stated:
        return None
    text = Message(
        "{node} takes {shape} apart into {given} tensors, but has {stated} outputs.",
        node=node.id,
        shape=str(case.spec),
        given=given[0],
        stated=stated,
    )
    return Diagnosis("outputs-count", text, (_fitting(case, given[0]),))


def _fitting(case: Case, given: int) -> Remedy:
    """As many outputs as there are tensors."""
    node, network = case.node, case.network
    if ports.is_counted(node):
        label = Message("Give {node} {n} outputs", node=node.id, n=given)
        return Remedy(label, lambda edit: edit.set_extra(network, node.id, ports.OUTPUTS, given))
    place = signatures.positions(node.type)["chunks"]
    slot = remedies.literal_slot(node, "chunks", place)
    return remedies.set_value(network, node.id, slot, "chunks", given)
