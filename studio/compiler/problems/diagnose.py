"""Which rule explains a node that does not work: the first that knows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from studio.catalog import table
from studio.compiler.analysis import Size, TensorSpec
from studio.compiler.problems import counts, dtypes, parameters, ranks, remedies, tensors, widths
from studio.compiler.problems.finding import Case, Diagnosis
from studio.compiler.symbols import BATCHES, LENGTHS, Value
from studio.words import Message

_LONGEST = 160
"""characters of PyTorch's own words; of longer ones only the first sentence is shown"""

_BATCH: Mapping[str, tuple[int, ...]] = {"N": BATCHES}

Rule = Callable[[Case], Diagnosis | None]


def before(case: Case) -> Diagnosis | None:
    """What is wrong whatever the parameters are, before those that follow from the input are worked out."""
    return with_more(case, _first((_bundle, ranks.mismatch, dtypes.mismatch), case))


def ready(case: Case) -> Diagnosis | None:
    """What PyTorch's meta device does not notice."""
    return with_more(case, _first((tensors.dimension, _transposed), case))


def explain(case: Case) -> Diagnosis:
    """Why the node failed, in plain words."""
    found = _first(
        (
            parameters.too_large,
            widths.divisibility,
            widths.same_padding,
            parameters.wrong,
            widths.mismatch,
            widths.kernel,
            tensors.pair,
            tensors.join,
            tensors.product,
            tensors.reshape,
            tensors.permutation,
            tensors.index,
            _output_padding,
            _border,
            tensors.data_dependent,
        ),
        case,
    )
    told = found or _other(case)
    return with_more(case, told) or told


def with_more(case: Case, diagnosis: Diagnosis | None) -> Diagnosis | None:
    """What may help whatever the problem is: to take out a reshape, here or before."""
    if diagnosis is None:
        return None
    further = [
        remedy
        for inflow in case.inflows
        for remedy in remedies.without_shaping(case.graph, case.network, inflow.wire)
    ]
    if table.category(case.node.type) == "shape" or case.node.type in remedies.CASTS:
        further.append(remedies.remove(case.network, case.node.id))
    return replace(diagnosis, remedies=(*diagnosis.remedies, *further))


def _transposed(case: Case) -> Diagnosis | None:
    """The meta device takes any channels and any stride for transposed convolutions."""
    if not case.node.type.startswith("nn.ConvTranspose"):
        return None
    return parameters.out_of_range(case) or widths.mismatch(case)


def after(case: Case, outputs: tuple[TensorSpec | None, ...], value: Value) -> Diagnosis | None:
    """What is doubtful although the node runs. `value` is all that it gives."""
    return counts.miscounted(case, value) or tensors.fixed_batch(case, outputs) or ranks.sequence(case)


def _first(rules: tuple[Rule, ...], case: Case) -> Diagnosis | None:
    return next((found for rule in rules if (found := rule(case))), None)


def _bundle(case: Case) -> Diagnosis | None:
    """Only indexing works on all outputs of a layer at once."""
    return None if case.node.type == "op.getitem" else tensors.bundle(case)


def _output_padding(case: Case) -> Diagnosis | None:
    if "output padding must be smaller" not in case.message:
        return None
    text = Message("The output padding of {node} must be smaller than its stride.", node=case.node.id)
    cures = (remedies.set_param(case.network, case.node.id, "output_padding", 0),)
    return Diagnosis("padding-too-large", text, cures)


def _border(case: Case) -> Diagnosis | None:
    if "Padding size should be less than" not in case.message:
        return None
    text = Message(
        "The padding of {node} is wider than the {shape} from {source} that it mirrors.",
        node=case.node.id,
        shape=str(case.spec),
        source=case.source,
    )
    cures = [remedies.set_param(case.network, case.node.id, "padding", n) for n in (1, 0)]
    return Diagnosis("padding-too-large", text, tuple(cures))


def _other(case: Case) -> Diagnosis:
    lengths = any(isinstance(dim, Size) and dim.length for shape in case.shapes for dim in shape)
    reason = cleaned(case.message, {**_BATCH, "L": LENGTHS} if lengths else _BATCH)
    shapes = " · ".join(str(inflow.spec) for inflow in case.inflows if inflow.spec is not None)
    if shapes:
        text = Message(
            "{node} cannot work with {shape}: {reason}", node=case.node.id, shape=shapes, reason=reason
        )
    else:
        text = Message("{node} cannot be made: {reason}", node=case.node.id, reason=reason)
    return Diagnosis("other", text)


def _named(sizes: str, stand_ins: Mapping[str, tuple[int, ...]]) -> str:
    for name, numbers in stand_ins.items():
        sizes = re.sub(rf"\b(?:{'|'.join(map(str, numbers))})\b", name, sizes)
    return sizes


def cleaned(message: str, stand_ins: Mapping[str, tuple[int, ...]] = _BATCH) -> str:
    """The first line of PyTorch's message as a sentence, what stands in for the batch written as N."""
    line = next((part.strip() for part in message.splitlines() if part.strip()), "")
    line = line.split("Exception raised from")[0].strip()
    line = re.sub(r"torch\.Size\((\[[^\]]*\])\)", r"\1", line)
    line = re.sub(r"[\[(][\dx, ]*[\])]", lambda sizes: _named(sizes[0], stand_ins), line)
    if len(line) > _LONGEST:
        line = line.split(". ")[0]
    return line if line.endswith((".", "!", "?")) or not line else f"{line}."
