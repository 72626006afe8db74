"""A network of several inputs as batches meet it: their columns come in one tensor and are parted inside.

So a batch is one tensor for every network: drawn, replayed, judged and predicted in the same way.
"""

from __future__ import annotations

import torch
from torch.fx import GraphModule

from studio.compiler.analysis import Context
from studio.compiler.build import NODE
from studio.words import Message, NetloomError


class UnfedError(NetloomError):
    """A network has more inputs than the data feed."""


def taking(module: GraphModule, context: Context) -> GraphModule:
    """`module`, changed so that it takes (N, columns) of all inputs that `context` names, side by side.

    A network of one input is as it was, and so is one whose data nobody knows. Raises UnfedError.
    """
    given = [node for node in module.graph.nodes if node.op == "placeholder"]
    if not context.names:
        if context.inputs and len(given) > len(context.inputs):
            raise UnfedError(
                Message(
                    "The network has {n} inputs ({names}), and the data feed {fed}. Share the columns of a "
                    "table out to them in the Data panel (data.inputs), or take Inputs away.",
                    n=len(given),
                    names=", ".join(node.name for node in given),
                    fed=len(context.inputs),
                )
            )
        return module
    graph, columns = module.graph, context.columns
    with graph.inserting_before(given[0]):
        batch = graph.placeholder("columns")
    for node in reversed(given):
        place = columns[node.meta[NODE]]
        with graph.inserting_after(batch):
            part = graph.call_function(torch.narrow, (batch, 1, place.start, place.stop - place.start))
        part.meta.update(node.meta)
        node.replace_all_uses_with(part)
        graph.erase_node(node)
    graph.lint()
    module.recompile()
    return module
