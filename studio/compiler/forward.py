"""The `forward` of a written class: a line a call, a running `x` where a value is used right away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from studio.catalog import ports, signatures, table
from studio.compiler import layout, repeated, written
from studio.compiler.analysis import TensorSpec
from studio.compiler.forms import read
from studio.compiler.layout import INDENT, WIDTH, Expression, call, flat, lines, named
from studio.compiler.naming import variable
from studio.compiler.survey import CONSTANTS, Step, Survey
from studio.compiler.symbols import spec_of
from studio.graph import repeats
from studio.graph.model import INPUT, OUTPUT, ProjectData, wires_into
from studio.graph.operations import same
from studio.graph.values import Json

_SIGNS = {
    **{"torch.add": "+", "torch.sub": "-", "torch.mul": "*", "torch.div": "/", "torch.matmul": "@"},
    **{"torch.floor_divide": "//", "torch.remainder": "%"},
    **{"op.add": "+", "op.sub": "-", "op.mul": "*", "op.truediv": "/", "op.floordiv": "//", "op.mod": "%"},
    **{"op.matmul": "@", "op.pow": "**", "op.and_": "&", "op.or_": "|", "op.xor": "^"},
    **{"op.eq": "==", "op.ne": "!=", "op.lt": "<", "op.le": "<=", "op.gt": ">", "op.ge": ">="},
}
_PREFIXES = {"op.neg": "-", "op.invert": "~"}
_RUNNING = ("x", "out", "hidden", "value", "running")


@dataclass(slots=True)
class Statement:
    """One line of `forward`: the node whose value it makes. `run` are the nodes of a Sequential."""

    step: Step
    run: tuple[str, ...] = ()


class Forward:
    """Writes `forward` for the uses of one network."""

    def __init__(
        self, project: ProjectData, uses: list[Survey], steps: list[Step], comments: Mapping[str, str]
    ) -> None:
        self.project = project
        self.comments = comments
        self.uses = uses
        self.walk = uses[0]
        self.steps = steps
        self.runs = self._find_runs()
        self.inputs = self.walk.network.of_type(INPUT)
        self.outputs = [node for node in self.walk.network.of_type(OUTPUT) if node.id in self.walk.live]
        self.statements = list(self._find_statements())
        self.names: dict[tuple[str, int | None], str] = {}
        self._name()

    # -- which lines -----------------------------------------------------------------------------

    def sequential(self, node: str) -> tuple[str, ...]:
        """The nodes of the Sequential that begins with `node`; empty where none does."""
        return next((run for run in self.runs if run[0] == node), ())

    def _find_runs(self) -> list[tuple[str, ...]]:
        """Layers named features.0, features.1, ... that run one after the other and hold nothing else."""
        groups: dict[str, list[str]] = {}
        for step in self.steps:
            holder, _, name = step.node.id.rpartition(".")
            if holder and name.isdigit():
                groups.setdefault(holder, []).append(step.node.id)
        users = self._users()
        return [tuple(ids) for holder, ids in groups.items() if self._is_run(holder, ids, users)]

    def _is_run(self, holder: str, ids: list[str], users: dict[str, set[str]]) -> bool:
        if not self._counts_on(holder, ids):
            return False
        inside = [step.node.id for step in self.steps if step.node.id.startswith(f"{holder}.")]
        if inside != ids or any(step.module_path in ids and step.node.id not in ids for step in self.steps):
            return False
        order = [step.node.id for step in self.steps]
        first = order.index(ids[0])
        if order[first : first + len(ids)] != ids:
            return False
        for place, name in enumerate(ids):
            step = self.walk.steps[name]
            entry = table.entry(step.node.type)
            layer = step.nested is not None or (entry is not None and entry.kind == "module")
            if step.times is not None and not repeated.runs_alone(
                self.project.networks[step.node.block or ""]
            ):
                return False
            if not layer or step.node.path or len(step.node.args) != 1 or step.node.kwargs:
                return False
            if place and step.node.args[0] != {"n": ids[place - 1]}:
                return False
            if place < len(ids) - 1 and users.get(name) != {ids[place + 1]}:
                return False
        return True

    def _counts_on(self, holder: str, ids: list[str]) -> bool:
        """Whether names count from 0 on, those of repetitions counted with them, and stand for two layers."""
        number = 0
        for place, name in enumerate(ids):
            times = {use.steps[name].times for use in self.uses}
            if name != f"{holder}.{number}" or (len(times) > 1 and place < len(ids) - 1):
                return False
            number += self.walk.steps[name].times or 1
        return number > 1 or any(self.walk.steps[name].times is not None for name in ids)

    def _users(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for step in self.steps:
            for wire in wires_into(step.node):
                found.setdefault(wire.source, set()).add(step.node.id)
        return found

    def _find_statements(self) -> Iterator[Statement]:
        inside = {node for run in self.runs for node in run[:-1]}
        ends = {run[-1]: run for run in self.runs}
        for step in self.steps:
            silent = step.node.type in (INPUT, OUTPUT) or step.node.type in CONSTANTS
            if not silent and step.node.id not in inside:
                yield Statement(step, ends.get(step.node.id, ()))

    # -- names of values -------------------------------------------------------------------------

    def _name(self) -> None:
        """A value that only the next line uses is the running one; others are called after their node."""
        place = {s.step.node.id: number for number, s in enumerate(self.statements)}
        uses = self._uses(place)
        taken: set[str] = set()
        for given in self.inputs:
            self.names[given.id, None] = self._free(variable(given.id), taken)
        made = {key: lines_ for key, lines_ in uses.items() if key[0] in place}
        passing = [key for key, lines_ in made.items() if lines_ == {place[key[0]] + 1}]
        for node, index in made:
            if (node, index) not in passing:
                self.names[node, index] = self._free(self._called(node, index), taken)
        kept = {name for key, name in self.names.items() if key in made or uses.get(key, {0}) - {0}}
        running = next((name for name in _RUNNING if name not in kept), "x_")
        running_now: set[str] = set()
        for node, index in passing:
            if node in running_now:
                self.names[node, index] = self._free(self._called(node, index), taken)
            else:
                running_now.add(node)
                self.names[node, index] = running

    def _uses(self, place: dict[str, int]) -> dict[tuple[str, int | None], set[int]]:
        """On which lines each value is used; the last is that of `return`."""
        found: dict[tuple[str, int | None], set[int]] = {}
        for step in self.steps:
            end = len(self.statements) if step.node.type == OUTPUT else place.get(self._end(step.node.id))
            for _, value in step.node.arguments.references():
                if end is not None:
                    found.setdefault((value["n"], value.get("i")), set()).add(end)
        return found

    def _called(self, node: str, index: int | None) -> str:
        """The name of one output of a node."""
        names = ports.outputs(self.walk.network.nodes[node], self.project)
        first = not index or len(names) < 2
        return variable(node) if first else f"{variable(node)}_{names[index or 0]}".replace(".", "_")

    def _end(self, node: str) -> str:
        """The node whose line a node is in: the last of its Sequential."""
        return next((run[-1] for run in self.runs if node in run), node)

    @staticmethod
    def _free(name: str, taken: set[str]) -> str:
        base, number = name, 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        return name

    def attribute(self, path: str) -> str:
        """`self.layer1[0].conv` for layer1.0.conv: an index only where a Sequential holds it."""
        found = "self"
        for part in path.split("."):
            found = f'{found}.get_submodule("{part}")' if not part.isidentifier() else f"{found}.{part}"
        return found

    def _tensor(self, type_: str, path: str) -> str:
        """A tensor that `self` holds; where its name is a number, by the method that finds it."""
        holder, _, name = path.rpartition(".")
        if not name.isdigit():
            return self.attribute(path)
        owner = self.attribute(holder) if holder else "self"
        return f'{owner}.get_{"parameter" if type_ == "param" else "buffer"}("{name}")'

    def variable(self, node: str, index: int | None) -> str:
        held = self.walk.network.nodes.get(node)
        if held is None:
            return node
        if held.type in CONSTANTS:
            return self._tensor(held.type, self.walk.steps[node].module_path)
        if (node, index) in self.names:
            return self.names[node, index]
        whole = self.names[node, None]
        return whole if index is None or held.type == INPUT else f"{whole}[{index}]"

    # -- lines -----------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        said: list[Expression] = ["self", *(f"{self.names[n.id, None]}: Tensor" for n in self.inputs)]
        result = "Tensor" if len(self.outputs) == 1 else f"tuple[{', '.join(['Tensor'] * len(self.outputs))}]"
        found = lines(call("def forward", said, f" -> {result}:"), INDENT)
        shown: str | None = None
        found += self._said(step.node.id for step in self.steps if step.node.type in {INPUT, *CONSTANTS})
        for statement in self.statements:
            found += self._said(statement.run or (statement.step.node.id,))
            comment = self._comment(statement.step)
            new = comment if comment != shown else None
            found += self._statement(statement, new)
            shown = comment
        given = [self._value(node.args[0]) for node in self.outputs]
        return [*found, *self._said(node.id for node in self.outputs), *_returned(given)]

    def _said(self, ids: Iterable[str]) -> list[str]:
        """The comments on nodes, a line each."""
        return [f"{INDENT * 2}{self.comments[id_]}" for id_ in ids if id_ in self.comments]

    def _loops(self, step: Step) -> bool:
        """Whether the repetitions of a block are called one by one, because no Sequential can run them."""
        alone = step.times is None or repeated.runs_alone(self.project.networks[step.node.block or ""])
        return not alone or (
            repeated.is_numbered(step.node) and not any(step.node.id in r for r in self.runs)
        )

    def _loop(self, step: Step) -> list[str]:
        """The loop that calls the repetitions of a block, each with what the one before gives."""
        names = ports.outputs(step.node, self.project)
        used = {index or 0: name for (n, index), name in self.names.items() if n == step.node.id}
        given = [flat(self._value(value)) for value in step.node.args]
        flow = [used.get(place, f"{variable(step.node.id)}_{place}") for place in range(len(names))]
        kept = list(flow)
        if len(names) == 1:
            kept = flow = [used.get(0, variable(step.node.id))]
        if set(flow) & set(given[len(flow) :]):
            flow = [f"{name}_" for name in flow]
        found = [f"{', '.join(flow)} = {', '.join(given[: len(flow)])}"] if given[: len(flow)] != flow else []
        holder, first = repeats.numbering(step.module_path)
        owner = self.attribute(holder) if holder else "self"
        called = ", ".join([*flow, *given[len(flow) :]])
        if repeated.is_numbered(step.node):
            found.append(f"for number in {flat(repeated.numbers(first, step.node.repeat, 'self.'))}:")
            found.append(f"{INDENT}{', '.join(flow)} = {owner}.get_submodule(str(number))({called})")
        else:
            layer = "layer" if "layer" not in self.names.values() else "layer_"
            found.append(f"for {layer} in {owner}:")
            found.append(f"{INDENT}{', '.join(flow)} = {layer}({called})")
        if kept != flow:
            found.append(f"{', '.join(kept)} = {', '.join(flow)}")
        return [f"{INDENT * 2}{line}" for line in found]

    def _statement(self, statement: Statement, comment: str | None) -> list[str]:
        if not statement.run and self._loops(statement.step):
            return self._loop(statement.step)
        target = self._target(statement.step)
        made = lines(self._call(statement), INDENT * 2, f"{target} = ")
        if comment and len(made) == 1 and len(made[0]) + 2 + len(comment) <= WIDTH:
            made[0] += f"  {comment}"
        return made

    def _target(self, step: Step) -> str:
        """What a line assigns to: a variable, or as many as the call gives."""
        node = step.node.id
        used = {index: name for (n, index), name in self.names.items() if n == node}
        names = ports.outputs(step.node, self.project)
        if None in used or (len(names) < 2 and not used):
            return used.get(None, variable(node))
        if len(names) < 2:
            return next(iter(used.values()))
        paths = {
            ports.output_path(step.node.type, index): used.get(index, "_") for index in range(len(names))
        }
        return _pattern(paths)

    def docstring(self) -> list[str]:
        """`image (N, 1, 8, 8) -> digit (N, 10).`: what goes in and comes out, by name and shape."""
        sides = [[self._described(step) for step in side] for side in self._ends()]
        whole = f'{INDENT}"""{" -> ".join(", ".join(side) for side in sides)}."""'
        if len(whole) <= WIDTH:
            return [whole]
        given, made = sides
        told = [*(f"{item}," for item in given[:-1]), *given[-1:], f"-> {made[0]}"]
        told[-1:] = [f"{item}," for item in (told[-1], *made[1:])]
        told[-1] = f"{told[-1][:-1]}."
        return [f'{INDENT}"""{told[0]}', *(f"{INDENT}{line}" for line in told[1:]), f'{INDENT}"""']

    def _ends(self) -> list[list[Step]]:
        return [[self.walk.steps[node.id] for node in side] for side in (self.inputs, self.outputs)]

    def _described(self, step: Step) -> str:
        spec = self._agreed(step)
        if spec is None:
            return step.node.id
        kind = "" if spec.dtype == "float32" else f" {spec.dtype}"
        return f"{step.node.id} {_shape(spec)}{kind}"

    def _agreed(self, step: Step) -> TensorSpec | None:
        """What a node gives, where every use of the network agrees on it."""
        specs = set()
        for use in self.uses:
            outcome = use.steps[step.node.id].outcome
            specs.add(spec_of(outcome.value) if outcome is not None else None)
        return specs.pop() if len(specs) == 1 else None

    def _comment(self, step: Step) -> str | None:
        spec = self._agreed(step)
        return f"# {_shape(spec)}" if spec is not None else None

    def _call(self, statement: Statement) -> Expression:
        step = statement.step
        node, type_ = step.node, step.node.type
        if statement.run:
            first = self.walk.network.nodes[statement.run[0]]
            holder = statement.run[0].rpartition(".")[0]
            return call(self.attribute(holder), [self._value(first.args[0])])
        if type_ == "op.getitem" and len(node.args) == 2:
            return written.index(self._value(node.args[0]), self._with_self(node.args[1]), self.variable)
        if type_ in _SIGNS and len(node.args) == 2 and not node.kwargs:
            left, right = map(self._operand, node.args)
            return layout.Arithmetic([left, f"{_SIGNS[type_]} {right}"], 0)
        if type_ in _PREFIXES and len(node.args) == 1:
            return f"{_PREFIXES[type_]}{self._operand(node.args[0])}"
        said = [*(self._value(value) for value in node.args), *self._keywords(step)]
        if step.nested is not None or (entry := table.entry(type_)) is None or entry.kind == "module":
            return call(self.attribute(step.module_path), said)
        if entry.kind == "method":
            return call(f"{written.held(said[0])}.{type_.split('.')[-1]}", said[1:])
        return call(type_.replace("op.", "operator."), said)

    def _keywords(self, step: Step) -> Iterator[Expression]:
        defaults = {p.name: p for p in signatures.parameters(step.node.type) if not p.required}
        function = step.nested is None and not table.is_module(step.node.type)
        for name, value in step.node.kwargs.items():
            known = defaults.get(name) if function else None
            if known is None or not same(value, known.default):
                yield named(name, self._value(value))

    def _operand(self, value: Json) -> str:
        """A value beside a sign, in brackets where it holds a sign itself."""
        found = self._value(value)
        bound = isinstance(found, layout.Arithmetic) or flat(found).startswith("-")
        return f"({flat(found)})" if bound else flat(found)

    def _value(self, value: Json) -> Expression:
        return read(self._with_self(value), written.TextReader(self.variable))

    @staticmethod
    def _with_self(value: Json) -> Json:
        return written.with_parameters(value, "self.")


def _pattern(paths: dict[tuple[str | int, ...], str]) -> str:
    """`output, (h_n, _)`: where each output lies in what is returned; an unused tail is one `_`."""
    parts: dict[str | int, dict[tuple[str | int, ...], str]] = {}
    for path, name in paths.items():
        parts.setdefault(path[0], {})[path[1:]] = name
    said = []
    for inner in parts.values():
        if () in inner:
            said.append(inner[()])
        elif set(inner.values()) == {"_"}:
            said.append("_")
        else:
            said.append(f"({_pattern(inner)})")
    return ", ".join(said)


def _shape(spec: TensorSpec) -> str:
    inner = ", ".join(map(str, spec.shape))
    return f"({inner},)" if len(spec.shape) == 1 else f"({inner})"


def _returned(given: list[Expression]) -> list[str]:
    if len(given) == 1:
        return lines(given[0], INDENT * 2, "return ")
    whole = f"{INDENT * 2}return {', '.join(map(flat, given))}"
    if len(whole) <= WIDTH:
        return [whole]
    return lines(layout.tuple_of(given), INDENT * 2, "return ")
