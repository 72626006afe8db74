"""A block that comes several times, one after the other: how often, where its copies lie, what each is given.

The outputs of one repetition are the first inputs of the next; see docs/decisions/0110-a-repeated-block.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from studio.graph.model import Node
from studio.graph.values import Json, children, form, is_reference, resolve_parameters
from studio.words import Message, NetloomError

MOST = 1024
"""repetitions a node may have: each is a module of its own"""


def times(node: Node, parameters: Mapping[str, Json]) -> int | None:
    """How often `node` comes, with the parameters of its network put in; None where it is not repeated.

    Raises NetloomError where that is no whole number from 1 to `MOST`.
    """
    if node.repeat is None:
        return None
    count = resolve_parameters(node.repeat, parameters)
    if type(count) is int and 1 <= count <= MOST:
        return count
    raise NetloomError(
        Message(
            "{node} cannot be repeated {count} times. A whole number from 1 to {most} is wanted.",
            node=node.id,
            count=count if isinstance(count, int | float | str) else str(count),
            most=MOST,
        )
    )


def paths(path: str, count: int | None) -> list[str]:
    """The attribute path of each repetition: `layers.0` and on, or from the number that `path` ends in.

    >>> paths("layers", 2), paths("layer1.1", 2), paths("layers", None)
    (['layers.0', 'layers.1'], ['layer1.1', 'layer1.2'], ['layers'])
    """
    if count is None:
        return [path]
    holder, first = numbering(path)
    return [f"{holder}.{first + place}" if holder else str(first + place) for place in range(count)]


def numbering(path: str) -> tuple[str, int]:
    """What holds the repetitions of a node at `path`, and the number of the first of them."""
    holder, _, last = path.rpartition(".")
    return (holder, int(last)) if last.isdigit() else (path, 0)


def given(params: Mapping[str, Json], count: int) -> list[dict[str, Json]]:
    """What each of `count` repetitions is given: `params`, its parameters put in, taken apart.

    Raises NetloomError where the values of a schedule are not as many as the repetitions.
    """
    for name, value in params.items():
        for held in schedules(value):
            if len(held) != count:
                raise NetloomError(
                    Message(
                        "{name} has {given} values for {count} repetitions.",
                        name=name,
                        given=len(held),
                        count=count,
                    )
                )
    return [{name: value_at(v, place) for name, v in params.items()} for place in range(count)]


def value_at(value: Json, place: int) -> Json:
    """`value`, its parameters put in already, as repetition `place` has it, arithmetic carried out.

    Raises NetloomError where a value of each repetition has none for this one.
    """
    return resolve_parameters(at(value, place), {})


def at(value: Json, place: int) -> Json:
    """`value` as repetition `place` has it. Raises NetloomError where none is given for that one."""
    if isinstance(value, list | tuple):
        return [at(item, place) for item in value]
    if not isinstance(value, dict) or is_reference(value):
        return value
    match form(value):
        case "each":
            held = value["each"]
            if isinstance(held, dict) or place >= len(held):
                raise NetloomError(_too_short(held, place))
            return held[place]
        case "d":
            return {"d": {key: at(item, place) for key, item in value["d"].items()}}
        case _:
            return {key: at(item, place) for key, item in value.items()}


def _too_short(held: Json, place: int) -> Message:
    if isinstance(held, dict):
        return Message("{value} is no list of values.", value=str(held))
    return Message("There is no value for repetition {place}: only {count} are given.",
                   place=place + 1, count=len(held))  # fmt: skip


def schedules(value: Json) -> Iterator[Json]:
    """What the forms `each` in a value hold: a list, or the parameter that is one."""
    if isinstance(value, dict) and form(value) == "each":
        yield value["each"]
    for _, item in children(value):
        yield from schedules(item)
