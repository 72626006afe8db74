"""Parameters: those that follow from the input or the data, and those missing, wrong or far too large."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from studio import quantities
from studio.catalog import automatic as follows
from studio.catalog import signatures, table
from studio.catalog.entry import Parameter
from studio.compiler.analysis import Size
from studio.compiler.problems import remedies
from studio.compiler.problems.finding import Case, Diagnosis, Remedy
from studio.graph.model import wires_into
from studio.graph.values import Json
from studio.words import Message

AUTO = "auto"
_HUGE = 4096
_OVERFLOWS = ("overflow", "Storage size calculation", "failed to unpack", "int too large", "too large to")
_SENSIBLE: Mapping[str, Json] = {"out_features": 128, "out_channels": 32, "kernel_size": 3, "num_layers": 2}


def is_auto(params: Mapping[str, Json], name: str) -> bool:
    return params.get(name, AUTO) == AUTO


def automatic(case: Case) -> dict[str, Json] | Diagnosis:
    """The values of what is left out and follows from the input or from the data."""
    entry = table.entry(case.node.type)
    found: dict[str, Json] = {}
    if entry is None:
        return found
    wanted = [name for name in entry.auto if is_auto(case.params, name)]
    if wanted:
        known = follows.values(case.node.type, case.shapes)
        for name in wanted:
            value = known.get(name)
            if not isinstance(value, int):
                return _cannot_follow(case, name, value)
            found[name] = value
    if entry.auto_out and is_auto(case.params, entry.auto_out):
        if case.context.outputs is None:
            return _outputs_unknown(case, entry.auto_out)
        found[entry.auto_out] = case.context.outputs
    return found


def _cannot_follow(case: Case, name: str, value: Json) -> Diagnosis:
    values = {"node": case.node.id, "name": name, "shape": str(case.spec)}
    if isinstance(value, Size) and (value.length or value.product):
        text = Message(
            "{name} of {node} cannot follow from {shape}: the length L is open. Average over it, take its "
            "last step, or give the input a fixed length.",
            **values,
        )
        return Diagnosis("open-length", text, tuple(_close(case)))
    if isinstance(value, Size) or (case.spec is not None and len(case.spec.shape) == 1):
        text = Message(
            "{name} of {node} cannot follow from {shape}: that length depends on the batch size.", **values
        )
        return Diagnosis("auto-batch", text, tuple(_keep_batch(case)))
    text = Message("{name} of {node} cannot follow from {shape}.", **values)
    return Diagnosis("rank-mismatch", text)


def _keep_batch(case: Case) -> Iterator[Remedy]:
    """The layer before has joined the batch with the rest."""
    source = case.nodes[case.source]
    if source.type == "nn.Flatten" and source.params.get("start_dim") == 0:
        yield remedies.set_param(case.network, source.id, "start_dim", 1)
    elif source.type == "torch.flatten":
        slot = remedies.literal_slot(source, "start_dim", 1)
        yield remedies.set_value(case.network, source.id, slot, "start_dim", 1)
    before = next(wires_into(source), None)
    if before is not None and (back := remedies.bypass(case.network, case.inflows[0].wire, source)):
        yield back


def _close(case: Case) -> Iterator[Remedy]:
    """Averages over the open length where the layer before joined it with the rest."""
    source = case.nodes[case.source]
    if source.type in {"nn.Flatten", "torch.flatten"}:
        words = Message("Average over the length in place of {node}", node=source.id)
        yield remedies.swap_call(case.network, source, "torch.mean", {"dim": [1]}, words)


def _outputs_unknown(case: Case, name: str) -> Diagnosis:
    text = Message("{node} needs {name}: no data is chosen that would say it.", node=case.node.id, name=name)
    cures = tuple(remedies.set_param(case.network, case.node.id, name, n) for n in (10, 1))
    return Diagnosis("outputs-unknown", text, cures)


# -- what PyTorch does not take ----------------------------------------------------------------------


def wrong(case: Case) -> Diagnosis | None:
    """A parameter that is missing, not known, of the wrong kind or out of its range."""
    if case.failure is None:
        return None
    known = {p.name: p for p in signatures.parameters(case.node.type)}
    if unexpected := re.search(r"unexpected keyword argument '(\w+)'", case.message):
        return _unknown(case, unexpected[1])
    module = table.is_module(case.node.type)
    if module:
        missing = [name for name, p in known.items() if p.required and name not in case.params]
        if missing:
            return _missing(case, missing)
    return out_of_range(case)


def out_of_range(case: Case) -> Diagnosis | None:
    """A parameter of the wrong kind, or one that is too small or too large."""
    known = {p.name: p for p in signatures.parameters(case.node.type)}
    values = case.params if table.is_module(case.node.type) else case.kwargs
    for name, value in values.items():
        if name in known and (found := _value(case, known[name], value)):
            return found
    return None


def _unknown(case: Case, name: str) -> Diagnosis:
    text = Message(
        "{type} has no parameter {name}, which {node} sets.",
        type=table.label(case.node.type),
        name=name,
        node=case.node.id,
    )
    if name in case.params:
        return Diagnosis("unknown-parameter", text, (remedies.unset(case.network, case.node.id, name),))
    cure = remedies.set_value(case.network, case.node.id, ("kwargs", name), name, None)
    return Diagnosis("unknown-parameter", text, (cure,))


def _missing(case: Case, names: list[str]) -> Diagnosis:
    text = Message("{node} needs a value for {names}.", node=case.node.id, names=", ".join(names))
    values = {name: sensible(case, name) for name in names}
    if None in values.values():
        return Diagnosis("missing-parameter", text)
    if len(values) == 1:
        name = names[0]
        return Diagnosis(
            "missing-parameter", text, (remedies.set_param(case.network, case.node.id, name, values[name]),)
        )
    return Diagnosis("missing-parameter", text, (remedies.set_params(case.network, case.node.id, values),))


def sensible(case: Case, name: str) -> Json:
    """What a practitioner would start from; None where nothing is known."""
    entry = table.entry(case.node.type)
    if entry is not None and name in entry.new:
        return entry.new[name]
    return _SENSIBLE.get(name)


def usual(case: Case, name: str) -> list[Json]:
    """What other nodes of the network have there, the most frequent first."""
    found = [n.params[name] for n in case.nodes.values() if n.id != case.node.id and name in n.params]
    counted = [value for value in found if type(value) is int and 0 < value <= _HUGE]
    return sorted(set(counted), key=lambda value: -counted.count(value))[:2]


def _value(case: Case, parameter: Parameter, value: Json) -> Diagnosis | None:
    if value is None and parameter.optional:
        return None
    name, node = parameter.name, case.node.id
    numbers = value if isinstance(value, list) else [value]
    if parameter.kind in {"int", "int_tuple"} and not isinstance(value, str):
        if any(not isinstance(n, int) or isinstance(n, bool) for n in numbers if not isinstance(n, dict)):
            text = Message(
                "{name} of {node} must be a whole number. It is {value}.",
                name=name,
                node=node,
                value=remedies.shown(value),
            )
            return Diagnosis("bad-parameter", text, tuple(_numbers(case, parameter, value)))
    elif isinstance(value, str) and parameter.kind in {"int", "float"}:
        text = Message("{name} of {node} must be a number. It is {value}.", name=name, node=node, value=value)
        return Diagnosis("bad-parameter", text, tuple(_numbers(case, parameter, value)))
    elif isinstance(value, str) and parameter.choices and value not in parameter.choices:
        text = Message(
            "{name} of {node} cannot be {value}. It is one of: {choices}.",
            name=name,
            node=node,
            value=value,
            choices=", ".join(parameter.choices),
        )
        return Diagnosis("bad-parameter", text, tuple(_choices(case, parameter)))
    return _range(case, parameter, [n for n in numbers if isinstance(n, int | float)], value)


def _range(case: Case, parameter: Parameter, numbers: list[float], value: Json) -> Diagnosis | None:
    low, high = parameter.minimum, parameter.maximum
    values = {"name": parameter.name, "node": case.node.id, "value": remedies.shown(value)}
    if low is not None and any(n < low for n in numbers):
        text = Message(
            "{name} of {node} must be at least {limit}. It is {value}.", limit=_plain(low), **values
        )
    elif high is not None and any(n > high for n in numbers):
        text = Message(
            "{name} of {node} must be at most {limit}. It is {value}.", limit=_plain(high), **values
        )
    else:
        return None
    return Diagnosis("bad-parameter", text, tuple(_numbers(case, parameter, value)))


def _plain(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else str(limit)


def _numbers(case: Case, parameter: Parameter, value: Json) -> Iterator[Remedy]:
    """Values in the place of one that does not do: auto, the nearest that does, what a new layer has."""
    entry, network, node, name = table.entry(case.node.type), case.network, case.node.id, parameter.name
    if entry is not None and name in (*entry.auto, entry.auto_out):
        yield remedies.set_auto(network, node, name, case.auto.get(name, AUTO))
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        if parameter.kind == "int" and value != int(value):
            yield remedies.set_param(network, node, name, max(1, round(value)))
        if parameter.kind in {"int", "int_tuple"} and value <= -1:
            yield remedies.set_param(network, node, name, abs(int(value)))
    elif isinstance(value, str) and value.strip().isdigit():
        yield remedies.set_param(network, node, name, int(value))
    begun: list[Json] = []
    for start in (*usual(case, name)[:1], sensible(case, name)):
        if start is not None and start not in begun:
            begun.append(start)
            yield remedies.set_param(network, node, name, start)
    if not parameter.required:
        yield remedies.unset(network, node, name)
    if parameter.minimum is not None:
        yield remedies.set_param(network, node, name, int(parameter.minimum))


def _choices(case: Case, parameter: Parameter) -> Iterator[Remedy]:
    if not parameter.required:
        yield remedies.unset(case.network, case.node.id, parameter.name)
    for choice in parameter.choices:
        yield remedies.set_param(case.network, case.node.id, parameter.name, choice)


# -- far too much ------------------------------------------------------------------------------------


def too_large(case: Case) -> Diagnosis | None:
    """A layer that no machine holds, or one that stacks layers without end."""
    failure = case.failure
    if failure is None:
        return None
    large = any(
        type(value) is int and value > _HUGE for value in (*case.params.values(), *case.kwargs.values())
    )
    overflow = large and failure.stage != "limit" and any(word in failure.text for word in _OVERFLOWS)
    if failure.stage != "limit" and not overflow and failure.kind not in {"OverflowError", "MemoryError"}:
        return None
    amount = failure.amount or _amount(failure.text)
    values = {"node": case.node.id, "count": quantities.count(amount), "short": quantities.short(amount)}
    if failure.stage == "limit" and failure.kind == "values":
        text = Message(
            "{node} would give {short} values a sample, {size} of memory. Make it smaller.",
            size=quantities.data_size(amount * 4),
            **values,
        )
    elif failure.stage == "limit" and failure.kind != "parameters":
        text = Message("{node} would stack {count} layers. Make it smaller.", **values)
    elif 0 < amount < 10**15:
        text = Message(
            "{node} would have {short} parameters, {size} of memory. Make it smaller.",
            size=quantities.data_size(amount * 4),
            **values,
        )
    else:
        text = Message("{node} is larger than any memory can hold. Make it smaller.", **values)
    return Diagnosis("too-large", text, tuple(_smaller(case)))


def _amount(text: str) -> int:
    sizes = re.search(r"sizes=\[([\d, ]+)\]", text)
    return math.prod(int(n) for n in sizes[1].split(",")) if sizes else 0


def _smaller(case: Case) -> Iterator[Remedy]:
    entry = table.entry(case.node.type)
    huge = [
        (value, name)
        for name, value in case.params.items()
        if type(value) is int and (value > _HUGE or (name.endswith("layers") and value > 64))
    ]
    known = follows.values(case.node.type, case.shapes)
    for _, name in sorted(huge, reverse=True):
        if entry is not None and name == entry.auto_out and case.context.outputs:
            yield remedies.set_auto(case.network, case.node.id, name, case.context.outputs)
        if entry is not None and name in entry.auto:
            yield remedies.set_auto(case.network, case.node.id, name, known.get(name))
        for value in (sensible(case, name) or 128, *usual(case, name)):
            yield remedies.set_param(case.network, case.node.id, name, value)
