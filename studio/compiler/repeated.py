"""A repeated block as Python: a comprehension that makes its layers, a loop where no Sequential runs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from studio.compiler import written
from studio.compiler.layout import Expression, Group, call, tuple_of
from studio.compiler.naming import RESERVED
from studio.graph import repeats
from studio.graph.model import INPUT, OUTPUT, Network, Node
from studio.graph.values import Json, form

Column = list[Expression] | str
"""what a variable of the loop goes through: a value for each repetition, or the name of a tuple of them"""


@dataclass(frozen=True, slots=True)
class Loop:
    """`for width, stride in ((64, 1), (128, 2))`: the variables, and what they go through."""

    variables: tuple[str, ...]
    over: Expression

    def clause(self) -> Expression:
        """What stands behind the element of a comprehension."""
        return headed(f"for {', '.join(self.variables)} in ", self.over)

    def counted(self, first: int, times: Json) -> Expression:
        """The head of a `for` statement that counts the repetitions in `number`, from `first` on."""
        if self.variables == ("_",):
            return headed("for number in ", numbers(first, times))
        names = ", ".join(self.variables)
        names = f"({names})" if len(self.variables) > 1 else names
        over = call("enumerate", [self.over, str(first)] if first else [self.over])
        return headed(f"for number, {names} in ", over)


def headed(head: str, value: Expression) -> Expression:
    return replace(value, lead=f"{head}{value.lead}") if isinstance(value, Group) else f"{head}{value}"


def loop(columns: Mapping[str, Column], times: Json) -> Loop:
    """The loop that goes through all columns at once."""
    if not columns:
        return Loop(("_",), call("range", [written.parameter(times)]))
    names = tuple(columns)
    lists = [column for column in columns.values() if isinstance(column, list)]
    if len(names) == 1:
        only = columns[names[0]]
        return Loop(names, tuple_of(only) if isinstance(only, list) else only)
    if len(lists) == len(names):
        return Loop(names, tuple_of([tuple_of(row) for row in zip(*lists, strict=True)]))
    parts = [tuple_of(column) if isinstance(column, list) else column for column in columns.values()]
    return Loop(names, call("zip", [*parts, "strict=True"]))


def column(value: Json, name: str) -> tuple[Expression, Column]:
    """What a repetition is given as, and what the variable `name` of the loop goes through for it."""
    held = next(repeats.schedules(value))
    if isinstance(held, Mapping):
        return written.parameter(_with_variable(value, name)), str(held["p"])
    return name, [written.parameter(repeats.at(value, place)) for place in range(len(held))]


def _with_variable(value: Json, name: str) -> Json:
    """`value` with a variable where it has a value of each repetition."""
    if isinstance(value, list | tuple):
        return [_with_variable(item, name) for item in value]
    if not isinstance(value, Mapping):
        return value
    if form(value) == "each":
        return {"p": name}
    return {key: _with_variable(item, name) for key, item in value.items()}


def free(name: str, taken: Iterable[str]) -> str:
    """A name for a variable of the loop that hides no argument of the constructor."""
    return name if name not in {*taken, *RESERVED} else f"own_{name}"


def runs_alone(network: Network) -> bool:
    """Whether an `nn.Sequential` can run repetitions of a block: it takes one value and gives one."""
    return len(network.of_type(INPUT)) == len(network.of_type(OUTPUT)) == 1


def numbers(first: int, times: Json, owner: str = "") -> Expression:
    """The numbers of the repetitions. `owner` stands before the names of parameters."""
    last = {"expr": "+", "of": [times, first]} if first and not isinstance(times, int) else times
    last = last + first if isinstance(last, int) else written.with_parameters(last, owner)
    end = written.parameter(last)
    return call("range", [str(first), end] if first else [end])


def is_numbered(node: Node) -> bool:
    """Whether the repetitions count on from the number that the node's id ends in."""
    return node.repeat is not None and (node.path or node.id).rpartition(".")[2].isdigit()
