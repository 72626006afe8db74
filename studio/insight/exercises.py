"""Exercises of a lesson, checked by the project and by what its last run reached.

An exercise has checks, each a small table of JSON of one of the `KINDS`. A check says in plain words what is
still missing. What an exercise asks of the project must be true of the run as well, where it asks for both:
so an accuracy counts only when the network that reached it is the one that was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from studio.compiler.analysis import Analysis
from studio.data import settings as data_settings
from studio.graph import repeats
from studio.graph.model import Node, ProjectData
from studio.graph.values import Json, resolve_parameters
from studio.quantities import count, significant
from studio.training import settings as training_settings
from studio.words import Message, NetloomError

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Trained:
    """A run that ended: the project as it was trained, and the metrics of its best epoch by split."""

    project: ProjectData
    metrics: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a person is: their project, what is known of it, the example it began as, and the last run."""

    project: ProjectData
    analysis: Analysis
    original: ProjectData
    trained: Trained | None = None


Missing = Callable[[Mapping[str, Any], Standing], Message | None]
"""what a check still misses; None where it holds"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of check: the keys that its table must and may have beside `type`."""

    missing: Missing
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    bounds: Literal["none", "may", "must"] = "none"
    """whether it says of a value what it should be, by one of `BOUNDS`"""

    def fault(self, check: Mapping[str, Any]) -> Message | None:
        """What is wrong with the table of a check of this kind."""
        keys = {key for key in check if key != "type"}
        if absent := [key for key in self.needs if key not in keys]:
            return Message("{key} is missing.", key=absent[0])
        bounds = set() if self.bounds == "none" else keys & BOUNDS.keys()
        if unknown := sorted(keys - {*self.needs, *self.may} - bounds):
            return Message("{key} is not known here.", key=unknown[0])
        if self.bounds == "must" and not bounds and "changed" not in keys:
            known = ", ".join(BOUNDS)
            return Message("It does not say what the value should be: one of {known}.", known=known)
        return None


@dataclass(frozen=True, slots=True)
class Exercise:
    """A task in the words of each language, and the checks that must all hold."""

    words: Mapping[str, str]
    checks: tuple[Mapping[str, Any], ...]

    def text(self, language: str) -> str:
        return self.words.get(language) or self.words["en"]

    def missing(self, standing: Standing) -> list[Message]:
        """What is still missing, in the order of the checks; empty where the exercise is solved."""
        of_project = [check for check in self.checks if check["type"] != "metric"]
        of_run = [check for check in self.checks if check["type"] == "metric"]
        said = _missing(of_project, standing)
        if said or not of_run:
            return said
        if standing.trained is None:
            return [Message("Now train (F5): the rest is read off the run.")]
        if _missing(of_project, _at_the_run(standing, standing.trained)):
            return [Message("The last run was trained before this change. Train again (F5).")]
        return _missing(of_run, standing)


def _missing(checks: list[Mapping[str, Any]], standing: Standing) -> list[Message]:
    found = (KINDS[check["type"]].missing(check, standing) for check in checks)
    return [text for text in found if text is not None]


def _at_the_run(standing: Standing, trained: Trained) -> Standing:
    """The same for the project as it was trained."""
    if trained.project.networks == standing.project.networks:
        return replace(standing, project=trained.project)
    from studio.compiler.infer import analyse
    from studio.training.objectives import context_of

    analysis = analyse(trained.project, context_of(trained.project))
    return replace(standing, project=trained.project, analysis=analysis)


# -- what a value should be ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bound:
    holds: Callable[[Json, Json], bool]
    words: Callable[[str], object]


def _numbers(compare: Callable[[Any, Any], bool]) -> Callable[[Json, Json], bool]:
    def holds(value: Json, wanted: Json) -> bool:
        return isinstance(value, int | float) and compare(value, wanted)

    return holds


def _equal(value: Json, wanted: Json) -> bool:
    """Whether they mean the same: `[3, 3]` is what 3 stands for."""
    if isinstance(value, list | tuple) and not isinstance(wanted, list | tuple):
        return bool(value) and all(_equal(item, wanted) for item in value)
    same: bool = (list(value) if isinstance(value, tuple) else value) == wanted
    return same


BOUNDS: Mapping[str, _Bound] = {
    "equal": _Bound(_equal, str),
    "not": _Bound(lambda a, b: not _equal(a, b), lambda v: Message("something else than {value}", value=v)),
    "at_least": _Bound(_numbers(lambda a, b: a >= b), lambda v: Message("at least {value}", value=v)),
    "at_most": _Bound(_numbers(lambda a, b: a <= b), lambda v: Message("at most {value}", value=v)),
    "above": _Bound(_numbers(lambda a, b: a > b), lambda v: Message("more than {value}", value=v)),
    "below": _Bound(_numbers(lambda a, b: a < b), lambda v: Message("less than {value}", value=v)),
}


def unmet(check: Mapping[str, Any], value: Json) -> object | None:
    """What `value` should be by the first of the bounds of `check` that it is not within."""
    for name, bound in BOUNDS.items():
        if name in check and not bound.holds(value, check[name]):
            return bound.words(said(check[name]))
    return None


def said(value: Json) -> str:
    """A value as a sentence has it."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, float):
        return significant(value, 4)
    if isinstance(value, int) and abs(value) >= 10_000:
        return count(value)
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        return str(value["type"])
    return str(value)


def _should_be(check: Mapping[str, Any], what: object, value: Json) -> Message | None:
    wanted = unmet(check, value)
    if wanted is None:
        return None
    return Message("{what} is {value} and should be {wanted}.", what=what, value=said(value), wanted=wanted)


# -- the kinds ---------------------------------------------------------------------------------------------


def _node(check: Mapping[str, Any], at: Standing) -> Message | None:
    """How many nodes of a type, or of one of several, there are: one at least where nothing else is said."""
    types = _types(check)
    found = sum(times for node, _, _, times in _nodes(at, check.get("network")) if node.type in types)
    bounded = any(name in check for name in BOUNDS)
    wanted = check if bounded else {"at_least": 1} if check.get("present", True) else {"equal": 0}
    return _should_be(wanted, Message("The number of {type} in the network", type=" / ".join(types)), found)


def _parameter(check: Mapping[str, Any], at: Standing) -> Message | None:
    """Whether one node of a type has a value of a parameter; the one of that `id` where it says so."""
    types, name = _types(check), check["parameter"]
    found = [
        _value(at, network, node, values, name)
        for node, values, network, _ in _nodes(at, check.get("network"))
        if node.type in types and check.get("id", node.id) == node.id
    ]
    wanted = [unmet(check, value) for value in found]
    if None in wanted:
        return None
    type_ = " / ".join(types)
    if not wanted:
        return Message("There is no {type} in the network.", type=check.get("id", type_))
    known = ", ".join(dict.fromkeys(said(value) for value in found))
    what = Message("{parameter} of {type}", parameter=name, type=type_)
    return Message("{what} is {value} and should be {wanted}.", what=what, value=known, wanted=wanted[0])


def _setting(check: Mapping[str, Any], at: Standing) -> Message | None:
    """What `training.optimizer.lr` and the like are, their defaults filled in."""
    key = check["key"]
    value = setting(at.project, key)
    if check.get("changed") and value == setting(at.original, key):
        return Message("{key} is still {value}, as it came.", key=key, value=said(value))
    return _should_be(check, key, value)


def _metric(check: Mapping[str, Any], at: Standing) -> Message | None:
    """What the best epoch of the last run reached on a split."""
    split, name = check["split"], check["metric"]
    known = at.trained.metrics.get(split, {}) if at.trained is not None else {}
    if name not in known:
        return Message("The last run says no {metric} of the {split} split.", metric=name, split=split)
    what = Message("{metric} of the last run on the {split} split", metric=name, split=split)
    return _should_be(check, what, known[name])


def _parameters(check: Mapping[str, Any], at: Standing) -> Message | None:
    report = at.analysis.networks.get(check.get("network") or _trained_network(at.project))
    found = report.parameters if report is not None else 0
    return _should_be(check, Message("The number of parameters"), found)


def _problems(check: Mapping[str, Any], at: Standing) -> Message | None:
    found = at.analysis.errors or at.analysis.of("warning")
    return Message("There is a problem: {text}", text=found[0].text) if found else None


def _shape(check: Mapping[str, Any], at: Standing) -> Message | None:
    """The shape of a node's first output, the batch being "N"."""
    node = check["id"]
    report = at.analysis.report(check.get("network") or _trained_network(at.project), node)
    if report is None:
        return Message("There is no {type} in the network.", type=node)
    spec = report.outputs[0] if report.outputs else None
    if spec is None:
        return Message("The shape of {node} is not known: see Problems.", node=node)
    shape = "×".join(str(size) for size in check["shape"])
    if str(spec) == shape:
        return None
    what = Message("The output of {node}", node=node)
    return Message("{what} is {value} and should be {wanted}.", what=what, value=str(spec), wanted=shape)


KINDS: Mapping[str, Kind] = {
    "node": Kind(_node, ("node",), ("present", "network"), bounds="may"),
    "parameter": Kind(_parameter, ("node", "parameter"), ("id", "network"), bounds="must"),
    "setting": Kind(_setting, ("key",), ("changed",), bounds="must"),
    "metric": Kind(_metric, ("split", "metric"), bounds="must"),
    "parameters": Kind(_parameters, may=("network",), bounds="must"),
    "problems": Kind(_problems),
    "shape": Kind(_shape, ("id", "shape"), ("network",)),
}


# -- reading a project ---------------------------------------------------------------------------------------


def setting(project: ProjectData, key: str) -> Json:
    """A dotted setting of data or training, its default where the project does not say it."""
    section, *rest = key.split(".")
    defaults: Mapping[str, Mapping[str, Json]] = {
        "data": data_settings.DEFAULTS,
        "training": training_settings.DEFAULTS,
    }
    for table in (project.settings, defaults):
        value: Json = table.get(section)
        for name in rest:
            value = _inside(value, name)
        if value is not None:
            return value
    return None


def _inside(value: Json, name: str) -> Json:
    """A key of a table; a table may be written in short, by its type alone."""
    if isinstance(value, str):
        value = {"type": value}
    return value.get(name) if isinstance(value, Mapping) else None


def _types(check: Mapping[str, Any]) -> list[str]:
    said_types = check["node"]
    return [said_types] if isinstance(said_types, str) else list(said_types)


def _trained_network(project: ProjectData) -> str:
    return str(setting(project, "training.network"))


def _nodes(at: Standing, network: str | None) -> Iterator[tuple[Node, Mapping[str, Json], str, int]]:
    """Nodes of a network and its blocks, with the block's values, its name, and how often they come."""
    yield from _walk(at.project, network or _trained_network(at.project), {}, 1, ())


def _walk(
    project: ProjectData, name: str, values: Mapping[str, Json], times: int, above: tuple[str, ...]
) -> Iterator[tuple[Node, Mapping[str, Json], str, int]]:
    network = project.networks.get(name)
    if network is None or name in above:
        return
    known = {**network.parameters, **values}
    for node in network.nodes.values():
        often = times * _times(node, known)
        yield node, known, name, often
        if node.block is not None:
            inner = {key: _resolved(value, known) for key, value in node.params.items()}
            yield from _walk(project, node.block, inner, often, (*above, name))


def _times(node: Node, values: Mapping[str, Json]) -> int:
    try:
        return repeats.times(node, values) or 1
    except NetloomError:
        return 1


def _resolved(value: Json, values: Mapping[str, Json]) -> Json:
    try:
        return resolve_parameters(value, values)
    except NetloomError:
        return value


def _value(at: Standing, network: str, node: Node, values: Mapping[str, Json], name: str) -> Json:
    """A parameter of a node: as it is written, else as it follows from the input, else PyTorch's default."""
    for table in (node.params, node.kwargs):
        if table.get(name) is not None:
            return _resolved(table[name], values)
    from studio.catalog import signatures

    place = signatures.positions(node.type).get(name)
    if place is not None and place < len(node.args) and node.args[place] is not None:
        return _resolved(node.args[place], values)
    report = at.analysis.report(network, node.id)
    if report is not None and name in report.auto:
        return report.auto[name]
    found = signatures.parameter(node.type, name)
    return found.default if found is not None else None
