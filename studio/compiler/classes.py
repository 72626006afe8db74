"""One class of the written source: its constructor and its `forward`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.catalog import signatures, stacks, table
from studio.compiler import layout, repeated, starts, written
from studio.compiler.forward import Forward
from studio.compiler.layout import INDENT, Expression, Group, call, flat, lines, named
from studio.compiler.naming import class_names
from studio.compiler.survey import CONSTANTS, Step, Survey
from studio.graph import members, repeats
from studio.graph.model import INPUT, OUTPUT, Network, ProjectData
from studio.graph.operations import same
from studio.graph.values import Json, parameters_used

_WIDTHS = ("out_channels", "out_features", "hidden_size", "embedding_dim", "num_features", "d_model")


@dataclass(slots=True)
class Plan:
    """What is written of one network: its uses, its class, what a use must be told beyond its parameters.

    `extras` are constructor arguments for sizes that differ between uses: argument -> value in each use.
    `sizes` say how each `auto` size is written: (node, parameter) -> expression; `columns` say it of a size
    that differs between the repetitions of a block.
    """

    name: str
    network: Network
    class_name: str
    uses: list[Survey] = field(default_factory=list)
    extras: dict[str, list[Json]] = field(default_factory=dict)
    sizes: dict[tuple[str, str], Expression] = field(default_factory=dict)
    columns: dict[tuple[str, str], repeated.Column] = field(default_factory=dict)

    @property
    def walk(self) -> Survey:
        return self.uses[0]


def plan(project: ProjectData, walk: Survey) -> dict[str, Plan]:
    """The networks to write, a block before what uses it."""
    uses: dict[str, list[Survey]] = {}
    _collect(walk, uses)
    names = class_names([walk.name, *uses])
    plans = {name: Plan(name, project.networks[name], names[name], found) for name, found in uses.items()}
    for made in plans.values():
        _work_out_sizes(made, plans)
    return plans


def _collect(walk: Survey, uses: dict[str, list[Survey]]) -> None:
    for name in walk.order:
        for nested in walk.steps[name].repetitions if name in walk.live else ():
            _collect(nested, uses)
    uses.setdefault(walk.name, []).append(walk)


def _work_out_sizes(made: Plan, plans: Mapping[str, Plan]) -> None:
    for step in _live(made.walk):
        wanted = {name: [use.steps[step.node.id].auto.get(name) for use in made.uses] for name in step.auto}
        if step.nested is not None:
            block = plans[step.nested.name]
            for extra, values in block.extras.items():
                rows = [
                    [values[block.uses.index(own)] for own in use.steps[step.node.id].repetitions]
                    for use in made.uses
                ]
                if any(not same(value, row[0]) for row in rows for value in row):
                    made.columns[step.node.id, extra] = _column(made, step, extra, rows)
                else:
                    wanted[extra] = [row[0] for row in rows]
        for name, values in wanted.items():
            made.sizes[step.node.id, name] = _size(made, step, name, values)


def _size(made: Plan, step: Step, name: str, values: list[Json]) -> Expression:
    """A number where every use has the same, else a parameter that agrees with it, else one more argument."""
    agreeing = [
        parameter
        for parameter in made.network.parameters
        if all(same(use.parameters.get(parameter), v) for use, v in zip(made.uses, values, strict=True))
    ]
    differ = any(not same(value, values[0]) for value in values)
    widths = [p for p in agreeing if differ or _is_width(made.network, p)]
    if widths:
        return widths[0]
    if not differ:
        return written.parameter(values[0])
    return _argument(made, step, name, values)


def _argument(made: Plan, step: Step, name: str, values: list[Json]) -> str:
    """A constructor argument for a size that differs between uses."""
    for argument, known in made.extras.items():
        if same(known, values):
            return argument
    taken = {*made.extras, *made.network.parameters}
    argument = f"{step.node.id.replace('.', '_')}_{name}" if name in taken else name
    made.extras[argument] = values
    return argument


def _column(made: Plan, step: Step, name: str, rows: list[list[Json]]) -> repeated.Column:
    """A size that differs between repetitions: its values where every use has the same, else an argument."""
    if all(same(row, rows[0]) for row in rows):
        return [written.parameter(value) for value in rows[0]]
    return _argument(made, step, name, [*rows])


def _is_width(network: Network, parameter: str) -> bool:
    """Whether a parameter says how wide some layer is: then an equal size is meant to be that width."""
    return any(
        parameter in parameters_used(node.params[name])
        for node in network.nodes.values()
        for name in _WIDTHS
        if name in node.params
    )


def _live(walk: Survey) -> list[Step]:
    return [walk.steps[name] for name in walk.order if name in walk.live]


class ClassWriter:
    """Writes the class of one network."""

    def __init__(
        self,
        project: ProjectData,
        plans: Mapping[str, Plan],
        name: str,
        said: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        self.project = project
        self.plans = plans
        self.plan = plans[name]
        self.walk = self.plan.walk
        self.steps = _live(self.walk)
        comments = {node: text for (network, node), text in (said or {}).items() if network == name}
        self.forward = Forward(project, self.plan.uses, self.steps, comments)

    def lines(self) -> list[str]:
        head = [f"class {self.plan.class_name}(nn.Module):", *self.forward.docstring(), ""]
        body = [*head, *self._constructor(), ""]
        return [*body, *self.forward.lines()]

    # -- the constructor -------------------------------------------------------------------------

    def _constructor(self) -> list[str]:
        said: list[Expression] = ["self"]
        said += [f"{name}: {_extra_annotation(values[0])}" for name, values in self.plan.extras.items()]
        for name, value in self.plan.network.parameters.items():
            said.append(f"{name}: {_annotation(value)} = {flat(written.parameter(value))}")
        head = lines(call("def __init__", said, " -> None:"), INDENT)
        body = ["super().__init__()", *self._kept()]
        found = [*head, *(f"{INDENT * 2}{line}" for line in body)]
        made: set[str] = set()
        for step in self._registered():
            if step.module_path not in made:
                made.add(step.module_path)
                found += self._member(step, made)
        for first, *others in members.tied(self.walk.network):
            for other in others:
                found += self._tie(first, other, made)
        return found

    def _registered(self) -> list[Step]:
        """The steps that hold something, in the order in which that is registered."""
        steps: dict[str, Step] = {}
        for step in self.steps:
            if step.node.type not in (INPUT, OUTPUT):
                steps.setdefault(step.module_path, step)
        holding = [path for path, step in steps.items() if self._has_member(step)]
        return [steps[path] for path in members.ordered(self.walk.network, holding)]

    def _tie(self, first: str, other: str, made: set[str]) -> list[str]:
        """`self.head.weight = self.embedding.weight`, where the first is there."""
        own = [path for step in self.steps for path in step.module_paths if self._has_member(step)]
        if not any(first == path or first.startswith(f"{path}.") for path in own):
            return []
        holder = other.rpartition(".")[0]
        inside = any(holder == path or holder.startswith(f"{path}.") for path in own)
        found = [] if inside else self._holders(holder, made)
        return [*found, *self._assign(other, self.forward.attribute(first))]

    def _kept(self) -> list[str]:
        """Parameters that `forward` reads."""
        used = {
            name
            for step in self.steps
            for value in (*step.node.args, *step.node.kwargs.values(), *_counted(step))
            for name in parameters_used(value)
        }
        return [f"self.{name} = {name}" for name in self.plan.network.parameters if name in used]

    def _member(self, step: Step, made: set[str]) -> list[str]:
        holder, _, name = step.module_path.rpartition(".")
        if run := self.forward.sequential(step.node.id):
            made.update(self.walk.steps[node].module_path for node in run)
            layers = [self._layer(self.walk.steps[node]) for node in run]
            found = self._holders(holder.rpartition(".")[0], made)
            made.add(holder)
            return [*found, *self._assign(holder, call("nn.Sequential", layers))]
        if not self._has_member(step):
            return []
        if step.times is not None:
            return self._repeated(step, made)
        found = self._holders(holder, made)
        if step.node.type in ("buffer", "const"):
            arguments: list[Expression] = [layout.text(name), self._tensor(step)]
            if step.node.type == "const" or step.params.get("persistent") is False:
                arguments.append("persistent=False")
            owner = f"self.{holder}" if holder else "self"
            return [*found, *lines(call(f"{owner}.register_buffer", arguments), INDENT * 2)]
        if step.node.type == "param":
            learned = call("nn.Parameter", [self._tensor(step)])
            return [*found, *self._assign(step.module_path, learned, "register_parameter")]
        return [*found, *self._assign(step.module_path, self._made(step))]

    def _layer(self, step: Step) -> Expression:
        """A layer among those of a Sequential."""
        if step.times is None:
            return self._made(step)
        element, loop = self._repetitions(step)
        return Group("*", (element, loop.clause()), "generator")

    def _repeated(self, step: Step, made: set[str]) -> list[str]:
        """The layers of a repeated block: a Sequential, or a list where `forward` goes through them."""
        holder, first = repeats.numbering(step.module_path)
        element, loop = self._repetitions(step)
        if repeated.is_numbered(step.node):
            found = self._holders(holder, made)
            owner = self.forward.attribute(holder) if holder else "self"
            head = lines(loop.counted(first, step.node.repeat), INDENT * 2)
            head[-1] += ":"
            return [*found, *head, *lines(call(f"{owner}.add_module", ["str(number)", element]), INDENT * 3)]
        found = self._holders(holder.rpartition(".")[0], made)
        made.add(holder)
        if repeated.runs_alone(self.project.networks[step.node.block or ""]):
            return [*found, *self._assign(holder, call("nn.Sequential", [self._layer(step)]))]
        layers = Group("nn.ModuleList", (element, loop.clause()), "generator")
        return [*found, *self._assign(holder, layers)]

    def _repetitions(self, step: Step) -> tuple[Expression, repeated.Loop]:
        """What makes one layer of a repeated block, and the loop in which it stands."""
        columns: dict[str, repeated.Column] = {}
        element = self._block(step, self._params(step), columns)
        return element, repeated.loop(columns, step.node.repeat)

    def _has_member(self, step: Step) -> bool:
        entry = table.entry(step.node.type)
        module = entry is not None and entry.kind == "module"
        return module or step.nested is not None or step.node.type in CONSTANTS

    def _assign(self, path: str, value: Expression, keep: str = "add_module") -> list[str]:
        """`self.layer1.conv = ...`, or by the method `keep` where the name is a number."""
        holder, _, name = path.rpartition(".")
        if not name.isidentifier():
            owner = self.forward.attribute(holder) if holder else "self"
            return lines(call(f"{owner}.{keep}", [layout.text(name), value]), INDENT * 2)
        target = self.forward.attribute(path)
        return lines(value, INDENT * 2, f"{target} = ")

    def _holders(self, path: str, made: set[str]) -> list[str]:
        """Empty modules that hold others: `layer1` of `layer1.0.conv`."""
        found: list[str] = []
        parts = path.split(".") if path else []
        for length in range(1, len(parts) + 1):
            holder = ".".join(parts[:length])
            if holder not in made:
                made.add(holder)
                found += self._assign(holder, "nn.Module()")
        return found

    # -- what a member is ------------------------------------------------------------------------

    def _made(self, step: Step) -> Expression:
        """The call that makes a module."""
        params = self._params(step)
        if step.nested is not None:
            return self._block(step, params, {})
        values: dict[str, Expression] = {}
        known = signatures.parameters(step.node.type)
        for parameter in known:
            name = parameter.name
            if (step.node.id, name) in self.plan.sizes:
                values[name] = self.plan.sizes[step.node.id, name]
            elif name in params and (parameter.required or not same(params[name], parameter.default)):
                values[name] = written.parameter(params[name])
        for name in params:
            if name not in {p.name for p in known}:
                values[name] = written.parameter(params[name])
        if step.node.type in stacks.LAYERS:
            return _stack(step.node.type, values)
        return _constructed(step.node.type, [(p.name, p.required) for p in known], values)

    def _params(self, step: Step) -> Mapping[str, Json]:
        """The params of a module used twice are those of the node that it is named after."""
        owner = self.walk.network.nodes.get(step.module_path, step.node)
        return owner.params if owner.type == step.node.type else step.node.params

    def _block(
        self, step: Step, params: Mapping[str, Json], columns: dict[str, repeated.Column]
    ) -> Expression:
        """The call that makes a block. What differs between its repetitions is added to `columns`."""
        block = self.plans[step.node.block or ""]
        taken = {*self.plan.network.parameters, *self.plan.extras}
        said: list[Expression] = []
        for extra in block.extras:
            key = (step.node.id, extra)
            if key in self.plan.columns:
                name = repeated.free(extra, taken)
                columns[name] = self.plan.columns[key]
                said.append(named(extra, name))
            else:
                said.append(named(extra, self.plan.sizes[key]))
        for name, default in block.network.parameters.items():
            if name not in params or same(params[name], default):
                continue
            value = written.parameter(params[name]) if not any(repeats.schedules(params[name])) else None
            if value is None:
                own = repeated.free(name, taken)
                value, columns[own] = repeated.column(params[name], own)
            said.append(named(name, value))
        return call(block.class_name, said)

    def _tensor(self, step: Step) -> Expression:
        params = step.node.params
        kind = str(params.get("dtype") or "float32")
        if step.node.type == "const":
            value = written.numbers(params.get("value"))
            plain = isinstance(params.get("value"), float) and kind == "float32"
            return call("torch.tensor", [value] if plain else [value, f"dtype=torch.{kind}"])
        return starts.text(step.node.params)


def _constructed(type_: str, known: list[tuple[str, bool]], values: Mapping[str, Expression]) -> Expression:
    leading = _leading(known, values)
    return call(type_, [value if name in leading else named(name, value) for name, value in values.items()])


def _stack(type_: str, values: Mapping[str, Expression]) -> Expression:
    """`nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4), 2)`: the layer that repeats, and the rest."""
    inner = {name: value for name, value in values.items() if name not in stacks.OWN}
    layer = stacks.LAYERS[type_]
    required = [(p.name, p.required) for p in signatures.parameters(layer)]
    said = [_constructed(layer, required, inner)]
    for name in stacks.OWN:
        if name == "norm" and name in values:
            last = {key: values[source] for key, source in stacks.NORM.items() if source in values}
            said.append(named("norm", _constructed("nn.LayerNorm", [("normalized_shape", True)], last)))
        elif name in values:
            said.append(values[name] if name == "num_layers" else named(name, values[name]))
    return call(type_, said)


def _leading(known: list[tuple[str, bool]], values: Mapping[str, Expression]) -> set[str]:
    """The arguments written by position: the first required ones, two at most."""
    found: list[str] = []
    for name, required in known:
        if not required or name not in values or len(found) == 2:
            break
        found.append(name)
    return set(found)


def _counted(step: Step) -> list[Json]:
    """How often a block is repeated, where `forward` has to know."""
    return [step.node.repeat] if repeated.is_numbered(step.node) else []


def _extra_annotation(value: Json) -> str:
    return "tuple[int, ...]" if isinstance(value, list) else "int"


def _annotation(value: Json) -> str:
    if isinstance(value, list):
        return f"tuple[{', '.join(_annotation(item) for item in value)}]" if value else "tuple[()]"
    return "object" if value is None or isinstance(value, dict) else type(value).__name__
