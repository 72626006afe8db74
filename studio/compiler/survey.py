"""A walk through every network, node by node in the order of its wires: values, resolved arguments, findings.

What is behind a node that fails waits for it; everything else goes on. `infer` makes the report of it,
`build` and `source` take the resolved arguments.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from studio.catalog import ports
from studio.compiler import opaque, ties
from studio.compiler.analysis import Context, NetworkReport, NodeReport, TensorSpec
from studio.compiler.evaluate import REFUSALS, Failure, Outcome, Result, constant, evaluate, read_value
from studio.compiler.memo import Memo
from studio.compiler.problems import bypassed, design, diagnose, graph, inputs, merged, outputs, parameters
from studio.compiler.problems.finding import Case, Diagnosis, Finding, Inflow
from studio.compiler.reporting import network_report
from studio.compiler.symbols import Value, at, spec_of, tensors_of, together
from studio.graph import passing, repeats
from studio.graph.model import INPUT, OPAQUE, OUTPUT, Network, Node, ProjectData, Wire, wires_into
from studio.graph.validate import Fault
from studio.graph.values import Json, resolve_parameters
from studio.words import NetloomError

CONSTANTS = {"const", "param", "buffer"}


@dataclass(slots=True, eq=False)
class Step:
    """One node of one use of a network: its arguments with block parameters and `auto` put in."""

    node: Node
    params: dict[str, Json] = field(default_factory=dict)
    args: list[Json] = field(default_factory=list)
    kwargs: dict[str, Json] = field(default_factory=dict)
    auto: dict[str, Json] = field(default_factory=dict)
    outcome: Outcome | None = None
    inflows: tuple[Inflow, ...] = ()
    repetitions: list[Survey] = field(default_factory=list)
    """of a block: its inside, once or for each time it is repeated"""
    times: int | None = None
    waits_for: str | None = None
    report: NodeReport | None = None
    """what is said of it, once that was asked for"""

    @property
    def module_path(self) -> str:
        return self.node.path or self.node.id

    @property
    def nested(self) -> Survey | None:
        """The inside of a block; of a repeated one, that of its first repetition."""
        return self.repetitions[0] if self.repetitions else None

    @property
    def module_paths(self) -> list[str]:
        """The path of each repetition of a block; of anything else, its own."""
        return repeats.paths(self.module_path, self.times)


@dataclass(slots=True, eq=False)
class Survey:
    """One use of a network, walked through. `live` are the nodes its outputs depend on."""

    name: str
    network: Network
    parameters: Mapping[str, Json]
    order: list[str] = field(default_factory=list)
    steps: dict[str, Step] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    live: set[str] = field(default_factory=set)
    report: NetworkReport = field(default_factory=NetworkReport)
    nested: list[Survey] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether there is nothing to say of this use or of any inside it."""
        return not self.findings and all(inner.clean for inner in self.nested)

    @property
    def failed(self) -> bool:
        return any(f.severity == "error" and f.code != opaque.CODE for f in self.findings)

    def value(self, node: str, index: int | None, project: ProjectData) -> Value:
        """The value a reference stands for. Raises LookupError or TypeError where there is none."""
        outcome = self.steps[node].outcome
        if outcome is None:
            raise LookupError(node)
        if index is None:
            return outcome.value
        held = self.network.nodes[node]
        names = ports.outputs(held, project)
        if len(names) > 1:
            if not 0 <= index < len(names):
                raise LookupError(index)
            return at(outcome.value, ports.output_path(held.type, index))
        if isinstance(outcome.value.runs[0], list | tuple):
            return at(outcome.value, (index,))
        if index:
            raise LookupError(index)
        return outcome.value


@dataclass(slots=True, eq=False)
class ProjectSurvey:
    """Every network of a project: `uses` in the order met, the first of them the one that is reported.

    `project` is the document as it runs; `drawn` is the document, with its dots and what is bypassed.
    """

    project: ProjectData
    context: Context
    main: str
    drawn: ProjectData
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    uses: dict[str, list[Survey]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _inside: dict[str, tuple[Network, ...]] = field(default_factory=dict)

    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    def networks_of(self, name: str) -> tuple[Network, ...]:
        """A network and those it uses as blocks, each once."""
        if name not in self._inside:
            self._inside[name] = graph.with_blocks(self.project, name)
        return self._inside[name]


def main_network(project: ProjectData) -> str:
    """The network that is trained: the one the settings name, else "model", else the first."""
    named = project.training.get("network")
    for name in (named, "model"):
        if isinstance(name, str) and name in project.networks:
            return name
    return next(iter(project.networks), "model")


def survey(project: ProjectData, context: Context) -> ProjectSurvey:
    """Walks through the main network, the blocks it uses, and then every network not met on the way."""
    drawn, project = project, passing.plain(project)
    result = ProjectSurvey(project, context, main_network(project), drawn, graph.faults(project))
    if result.main in project.networks:
        _Walk(result, result.main, project.networks[result.main].parameters).run()
    for name in graph.users_first(project):
        if name not in result.uses:
            _Walk(result, name, project.networks[name].parameters).run()
    seen: set[tuple[str, str, str | None]] = set()
    for walks in result.uses.values():
        told = [finding for walk in walks for finding in walk.findings]
        for finding in (*told, *design.findings(_place(result, walks[0]))):
            if finding.key not in seen:
                seen.add(finding.key)
                result.findings.append(bypassed.with_remedies(drawn, finding))
    result.findings.extend(merged.findings(project, result.main))
    return result


def _place(whole: ProjectSurvey, walk: Survey) -> design.Place:
    """A network as it is met first, for the rules of design."""
    specs = {id_: report.outputs[0] for id_, report in walk.report.nodes.items() if report.outputs}
    main = walk.name == whole.main
    return design.Place(whole.project, walk.name, walk.network, walk.live, specs, whole.context, main)


_uses: Memo[tuple[tuple[Network, ...], Survey]] = Memo(512)
"""uses of blocks without findings, with the networks they were walked through: while held, no id is reused"""


_steps: Memo[tuple[Node, Node, Step]] = Memo(8192)
"""steps without findings, with the nodes they were worked out for: while held, no id is reused"""


def forget() -> None:
    _uses.clear()
    _steps.clear()


def _use(
    whole: ProjectSurvey,
    name: str,
    values: Mapping[str, Json],
    given: list[Value],
    fixed: Survey | None,
    inside: tuple[str, ...],
) -> Survey:
    """One use of a block: walked through, or remembered where the same was walked through before."""
    walk = _Walk(whole, name, values, given, fixed, inside)
    if fixed is not None:
        return walk.run()
    networks = whole.networks_of(name)
    key = (tuple(map(id, networks)), name, repr(values), tuple(v.key for v in given), whole.context)
    held = _uses.find(key)
    if held is not None:
        _met(whole, held[1])
        return held[1]
    survey = walk.run()
    if survey.clean:
        _uses.put(key, (networks, survey))
    return survey


def _met(whole: ProjectSurvey, survey: Survey) -> None:
    """Enters a remembered use, and those inside it, among the uses of their networks."""
    whole.uses.setdefault(survey.name, []).append(survey)
    for inner in survey.nested:
        _met(whole, inner)


class _Walk:
    """Walks one use of a network. `given` are the inputs of a block's use; None outside of one."""

    def __init__(
        self,
        whole: ProjectSurvey,
        name: str,
        values: Mapping[str, Json],
        given: list[Value] | None = None,
        fixed: Survey | None = None,
        inside: tuple[str, ...] = (),
    ) -> None:
        self.whole = whole
        self.project = whole.project
        self.given = given
        self.fixed = fixed
        self.inside = (*inside, name)
        self.main = not inside and name == whole.main
        self.quiet = not inside and not self.main
        self.survey = Survey(name, whole.project.networks[name], values)
        self.inputs = [node.id for node in self.survey.network.of_type(INPUT)]
        self.modules: dict[str, Step] = {}

    def run(self) -> Survey:
        survey = self.survey
        self.whole.uses.setdefault(survey.name, []).append(survey)
        survey.order, circles = graph.order(survey.network)
        survey.live = graph.live(survey.network)
        for circle in circles:
            self._found(circle[0], graph.circle(survey.network, survey.name, circle))
            for node in circle:
                waits_for = None if node == circle[0] else circle[0]
                survey.steps[node] = Step(survey.network.nodes[node], waits_for=waits_for)
        for node in survey.order:
            self._remembered(survey.network.nodes[node])
        for finding in graph.whole(self.project, survey.name, survey.network, survey.live, self.quiet):
            survey.findings.append(finding)
        if self.main and not survey.failed:
            given = {
                node.id: self._specs(survey.steps[node.id])[0] for node in survey.network.of_type(OUTPUT)
            }
            survey.findings.extend(inputs.findings(survey.name, survey.network, self.whole.context))
            survey.findings.extend(outputs.findings(self.project, survey.name, self.whole.context, given))
        survey.findings.extend(ties.findings(survey))
        survey.report = network_report(survey, self._specs, self.quiet)
        return survey

    # -- findings --------------------------------------------------------------------------------

    def _found(self, node: str, diagnosis: Diagnosis, detail: str = "") -> None:
        survey = self.survey
        severity = diagnosis.severity
        if survey.live and node not in survey.live:
            if diagnosis.code == "not-wired":
                return  # said once for all loose nodes
            severity = "warning"
        survey.findings.append(
            Finding(diagnosis.code, severity, survey.name, node, diagnosis.text, detail, diagnosis.remedies)
        )

    # -- one node --------------------------------------------------------------------------------

    def _remembered(self, node: Node) -> None:
        """The step of a node: the one that was made before for the same node and the same values, if any."""
        survey = self.survey
        key = self._step_key(node)
        held = _steps.find(key) if key is not None else None
        if held is not None:
            survey.steps[node.id] = held[2]
            self.modules.setdefault(held[2].module_path, held[2])
            return
        survey.steps[node.id] = step = Step(node)
        told = len(survey.findings)
        self._step(step)
        if key is not None and step.outcome is not None and len(survey.findings) == told:
            _steps.put(key, (node, self._owner(node), step))

    def _step_key(self, node: Node) -> Hashable:
        """What a step follows from; None where it follows from more: the data, another use, a block."""
        path = node.path or node.id
        if node.type in (INPUT, OUTPUT) or node.block is not None or self.fixed is not None:
            return None
        if path in self.modules or (self.survey.name, node.id) in self.whole.faults:
            return None
        try:
            given = tuple(self._lookup(wire.source, wire.index).key for wire in wires_into(node))
        except REFUSALS:
            return None
        values = repr(self.survey.parameters) if self.survey.parameters else ""
        return (id(node), id(self._owner(node)), given, values, self.whole.context.outputs)

    def _owner(self, node: Node) -> Node:
        """The node whose params count: that which a module used twice is named after."""
        owner = self.survey.network.nodes.get(node.path or node.id)
        return owner if owner is not None and owner.type == node.type else node

    def _step(self, step: Step) -> None:
        node, survey = step.node, self.survey
        if fault := self.whole.faults.get((survey.name, node.id)):
            self._found(node.id, graph.explain(self.project, fault, node))
            return
        if missing := graph.wiring(self.project, survey.name, node):
            self._found(node.id, missing)
            return
        if node.type == INPUT:
            self._input(step)
            return
        for wire in wires_into(node):
            source = survey.steps[wire.source]
            if source.outcome is None:
                step.waits_for = source.waits_for or wire.source
                return
        step.inflows = tuple(map(self._inflow, wires_into(node)))
        if not self._resolve(step):
            return
        if node.block is not None:
            self._block(step)
        elif node.type == OUTPUT:
            self._take(step, self._pass_on(step))
        elif node.type in CONSTANTS:
            self._take(step, constant(node.type, step.params))
        elif node.type == OPAQUE:
            step.outcome = opaque.outcome(node)
            self._found(node.id, opaque.explain(survey.name, node))
        else:
            self._call(step)

    def _resolve(self, step: Step) -> bool:
        """Puts the block's parameters into the arguments."""
        values, params = self.survey.parameters, self._owner(step.node).params
        try:
            step.times = repeats.times(step.node, values)
            step.params = {key: resolve_parameters(v, values) for key, v in params.items()}
            step.args = [resolve_parameters(value, values) for value in step.node.args]
            step.kwargs = {key: resolve_parameters(v, values) for key, v in step.node.kwargs.items()}
        except NetloomError as error:
            self._found(step.node.id, Diagnosis("bad-parameter", error.message))
            return False
        return True

    def _lookup(self, node: str, index: int | None) -> Value:
        return self.survey.value(node, index, self.project)

    def _case(self, step: Step, failure: Failure | None = None) -> Case:
        return Case(
            self.project,
            self.survey.name,
            step.node,
            step.params,
            step.kwargs,
            step.args,
            step.inflows,
            self.whole.context,
            failure,
            step.auto,
        )

    def _inflow(self, wire: Wire) -> Inflow:
        names = ports.outputs(self.survey.network.nodes[wire.source], self.project)
        spec = self._spec(wire.source, wire.index)
        return Inflow(wire, spec, names if len(names) > 1 else ())

    def _spec(self, node: str, index: int | None) -> TensorSpec | None:
        try:
            return spec_of(self._lookup(node, index))
        except REFUSALS:
            return None

    def _call(self, step: Step) -> None:
        case = self._case(step)
        if diagnosis := diagnose.before(case) or self._fill(step, case) or diagnose.ready(self._case(step)):
            self._found(step.node.id, diagnosis)
            return
        case = self._case(step)
        result = evaluate(step.node.type, step.params, step.args, step.kwargs, self._lookup)
        self._take(step, result)
        if step.outcome is not None:
            self.modules.setdefault(step.module_path, step)
            if diagnosis := diagnose.after(case, self._specs(step), step.outcome.value):
                self._found(step.node.id, diagnosis)
                if diagnosis.severity == "error":
                    step.outcome = None

    def _fill(self, step: Step, case: Case) -> Diagnosis | None:
        """Fills in what is `auto`. A module used again has the values of its first use."""
        first = self.modules.get(step.module_path)
        if first is None and self.fixed is not None:
            first = self.fixed.steps.get(step.node.id)
        if first is not None:
            step.params, step.auto = dict(first.params), dict(first.auto)
            return None
        found = parameters.automatic(case)
        if isinstance(found, Diagnosis):
            return diagnose.with_more(case, found)
        step.auto = found
        step.params = {**found, **{k: v for k, v in step.params.items() if k not in found}}
        return None

    def _take(self, step: Step, result: Result) -> None:
        if isinstance(result, Outcome):
            step.outcome = result
        else:
            self._found(step.node.id, diagnose.explain(self._case(step, result)), result.text)

    def _pass_on(self, step: Step) -> Result:
        """An output gives what comes in."""
        try:
            return Outcome(read_value(step.args[0], self._lookup))
        except REFUSALS as error:
            return Failure("call", type(error).__name__, str(error))

    def _input(self, step: Step) -> None:
        place = self.inputs.index(step.node.id)
        if self.given is not None:
            step.outcome = Outcome(self.given[place])
            return
        context = self.whole.context if self.main else Context()
        declared = inputs.spec(self.survey.name, step.node, place, context)
        if isinstance(declared, TensorSpec):
            step.outcome = Outcome(tensors_of(declared))
        elif not self.quiet or declared.code != "input-shape-unknown":
            self._found(step.node.id, declared)

    def _block(self, step: Step) -> None:
        name = step.node.block or ""
        network = self.project.networks[name]
        try:
            given = [read_value(value, self._lookup) for value in step.args]
        except REFUSALS as error:
            self._take(step, Failure("call", type(error).__name__, str(error)))
            return
        values = {**network.parameters, **step.params}
        step.params = {key: values[key] for key in network.parameters}
        flow = self._repetitions(step, name, given)
        if flow is None:
            return
        self.modules.setdefault(step.module_path, step)
        reports = [nested.report for nested in step.repetitions]
        step.outcome = Outcome(
            flow[0] if len(flow) == 1 else together(flow),
            sum(report.parameters for report in reports),
            sum(report.multiply_adds for report in reports),
            sum(report.activation_bytes for report in reports),
        )

    def _repetitions(self, step: Step, name: str, given: list[Value]) -> list[Value] | None:
        """Walks through a block once, or as often as it is repeated; returns what the last one gives.

        What one repetition gives is what the next is given first. None where one has a problem.
        """
        try:
            values = [step.params] if step.times is None else repeats.given(step.params, step.times)
        except NetloomError as error:
            self._found(step.node.id, Diagnosis("bad-repeat", error.message))
            return None
        first = self.modules.get(step.module_path)
        if first is None and self.fixed is not None:
            first = self.fixed.steps.get(step.node.id)
        fixed = first.repetitions if first is not None else []
        flow: list[Value] = []
        equal: dict[Hashable, Survey] = {}
        for place, own in enumerate(values):
            again = fixed[place] if place < len(fixed) else None
            taken = [*flow, *given[len(flow) :]]
            key = (repr(own), *(value.key for value in taken), id(again))
            nested = equal.get(key) or _use(self.whole, name, own, taken, again, self.inside)
            if key not in equal:
                equal[key] = nested
                self.survey.nested.append(nested)
            step.repetitions.append(nested)
            if nested.failed:
                told = graph.inside(name, nested.findings, place if place else None)
                self._found(step.node.id, diagnose.with_more(self._case(step), told) or told)
                return None
            outputs = [nested.steps[node.id].outcome for node in nested.network.of_type(OUTPUT)]
            flow = [outcome.value for outcome in outputs if outcome is not None]
        return flow

    def _specs(self, step: Step) -> tuple[TensorSpec | None, ...]:
        if step.outcome is None:
            return ()
        names = ports.outputs(step.node, self.project)
        if len(names) < 2:
            return (self._spec(step.node.id, None),)
        return tuple(self._spec(step.node.id, index) for index in range(len(names)))
