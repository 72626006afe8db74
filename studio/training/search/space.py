"""What a search may change: keys of the training section, parameters of nodes and of blocks. Light: no torch.

The `search` section of a project says it, so it is saved, undone and compared like everything else:
`{"space": {"training.optimizer.lr": {"low": 1e-4, "high": 0.1, "log": true}}, "trials": 20}`. A key of a node
is `NETWORK.NODE.PARAMETER`, one of a block `NETWORK.PARAMETER`.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.graph.document import Document
from studio.graph.edit import Edit
from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.project import sections
from studio.training import schedule_settings
from studio.training.optimizer_settings import OPTIMIZERS
from studio.training.settings import DEFAULTS as TRAINING
from studio.words import Message, NetloomError

SECTION = "search"
SAMPLERS = ("tpe", "random", "grid")
PRUNERS = ("median", "hyperband", "none")
DEFAULTS: Mapping[str, Json] = {
    "space": {},
    "trials": 20,
    "sampler": "tpe",
    "pruner": "median",
    "seed": 0,
    "metric": None,
}
GRID_POINTS = 5
"""of a range that has no step, in a grid"""
Values = Mapping[str, Json]
"""one value for each key that is searched"""


class SearchError(NetloomError):
    """What is searched, or how, cannot be: which key, its value, and the cure."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included; whole where both are. `log`: by their logarithm."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    def points(self) -> list[Json]:
        """The values of a grid."""
        if self.step is not None or (self.whole and not self.log and self.high - self.low < GRID_POINTS):
            step = self.step or 1
            count = int((self.high - self.low) / step + 1e-9) + 1
            found: list[float] = [self.low + i * step for i in range(count)]
        else:
            shares = [i / (GRID_POINTS - 1) for i in range(GRID_POINTS)]
            found = [self._between(share) for share in shares]
        return list(dict.fromkeys(round(value) if self.whole else value for value in found))

    def _between(self, share: float) -> float:
        if self.log:
            return math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        return self.low + share * (self.high - self.low)

    def to_json(self) -> dict[str, Json]:
        table: dict[str, Json] = {"low": self.low, "high": self.high}
        return table | ({"log": True} if self.log else {}) | ({"step": self.step} if self.step else {})

    def __str__(self) -> str:
        more = ":log" if self.log else f":{self.step:g}" if self.step else ""
        return f"{self.low:g}:{self.high:g}{more}"


@dataclass(frozen=True, slots=True)
class Choices:
    """Any of `values`, in no order."""

    values: tuple[Json, ...]

    def points(self) -> list[Json]:
        return list(self.values)

    def to_json(self) -> dict[str, Json]:
        return {"choices": list(self.values)}

    def __str__(self) -> str:
        return ",".join(v if isinstance(v, str) else json.dumps(v) for v in self.values)


Space = dict[str, "Range | Choices"]


@dataclass(frozen=True, slots=True)
class Search:
    """How a project is searched. `metric` None: the one that the objective is judged by."""

    space: Space
    trials: int = 20
    sampler: str = "tpe"
    pruner: str = "median"
    seed: int = 0
    metric: str | None = None

    def to_json(self) -> dict[str, Json]:
        return {
            "space": {key: what.to_json() for key, what in self.space.items()},
            "trials": self.trials,
            "sampler": self.sampler,
            "pruner": self.pruner,
            "seed": self.seed,
            "metric": self.metric,
        }


def usual(project: ProjectData) -> Space:
    """What is searched where nothing is said: the learning rate around the optimiser's own, and the batch."""
    said = project.training.get("optimizer") or "Adam"
    kind = said if isinstance(said, str) else said.get("type", "Adam")
    lr = float(OPTIMIZERS.get(str(kind), {}).get("lr", 1e-3))
    return {
        "training.optimizer.lr": Range(float(f"{lr / 30:.1g}"), float(f"{lr * 30:.1g}"), log=True),
        "training.batch_size": Choices((16, 32, 64, 128)),
    }


def read(project: ProjectData) -> Search:
    """The project's `search` section with its defaults filled in. Raises SearchError."""
    section = project.settings.get(SECTION) or {}
    if not isinstance(section, Mapping):
        raise _wrong(SECTION, section, Message("a mapping such as {example}", example=dict(DEFAULTS)))
    if reason := sections.unknown_key(section, DEFAULTS, SECTION):
        raise SearchError(reason)
    found = {**DEFAULTS, **section}
    space = found["space"]
    if not isinstance(space, Mapping):
        raise _wrong("search.space", space, Message("a range or choices for each key"))
    metric = found["metric"]
    if metric is not None and (not isinstance(metric, str) or not metric):
        raise _wrong("search.metric", metric, Message("the name of a metric"))
    made: Space = {key: _what(project, key, what) for key, what in space.items()}
    return Search(
        made or usual(project),
        whole("trials", found["trials"], 1),
        one_of("sampler", found["sampler"], SAMPLERS),
        one_of("pruner", found["pruner"], PRUNERS),
        whole("seed", found["seed"], 0),
        metric,
    )


def one_of(key: str, value: Json, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _wrong(f"search.{key}", value, Message("one of {known}", known=", ".join(known)))
    return str(value)


def whole(key: str, value: Json, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**31:
        raise _wrong(f"search.{key}", value, Message("a whole number from {least}", least=least))
    return value


def _what(project: ProjectData, key: str, table: Json) -> Range | Choices:
    place_of(project, key)
    if not isinstance(table, Mapping):
        raise _wrong(f"search.space.{key}", table, Message("a range or choices"))
    if "choices" in table:
        return checked(key, Choices(tuple(table["choices"])))
    low, high = (table.get(end, math.nan) for end in ("low", "high"))
    return checked(key, Range(low, high, table.get("log") is True, table.get("step")))


def checked(key: str, what: Range | Choices) -> Range | Choices:
    """`what`, if it can be searched. Raises SearchError."""
    if isinstance(what, Choices):
        if not what.values:
            raise _wrong(f"search.space.{key}", [], Message("one value at least"))
        return what
    numbers = (what.low, what.high, *([what.step] if what.step is not None else []))
    if any(isinstance(n, bool) or not isinstance(n, int | float) or not math.isfinite(n) for n in numbers):
        raise _wrong(f"search.space.{key}", list(numbers), Message("two numbers, low and high"))
    if not what.low < what.high or (what.step is not None and what.step <= 0):
        raise _wrong(f"search.space.{key}", str(what), Message("a low end below the high one"))
    if what.log and (what.low <= 0 or what.step is not None):
        raise _wrong(
            f"search.space.{key}", str(what), Message("numbers above 0 and no step, to go by the logarithm")
        )
    return what


def parse(project: ProjectData, text: str) -> tuple[str, Range | Choices]:
    """`KEY=LOW:HIGH`, `KEY=LOW:HIGH:log`, `KEY=LOW:HIGH:STEP` or `KEY=A,B,C`. Raises SearchError."""
    key, equals, said = text.partition("=")
    if not equals or not said:
        raise SearchError(
            Message(
                "{text} does not say what is searched. Write KEY=LOW:HIGH, KEY=LOW:HIGH:log, "
                "KEY=LOW:HIGH:STEP or KEY=A,B,C.",
                text=text,
            )
        )
    place_of(project, key)
    return key, parse_what(key, said)


def parse_what(key: str, said: str) -> Range | Choices:
    """The right side of `parse`."""
    parts = said.split(":")
    if len(parts) == 1:
        return checked(key, Choices(tuple(value(part.strip()) for part in said.split(",") if part.strip())))
    numbers = [value(part.strip()) for part in parts]
    log = len(parts) == 3 and numbers[2] == "log"
    step = numbers[2] if len(parts) == 3 and not log else None
    if len(parts) > 3:
        raise _wrong(f"search.space.{key}", said, Message("low, high and perhaps log or a step"))
    return checked(key, Range(numbers[0], numbers[1], log, step))


def value(text: str) -> Json:
    """JSON, else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


# -- places --------------------------------------------------------------------------------------

Place = tuple[str, ...]
"""("setting", *path), ("node", network, node, parameter) or ("block", network, parameter)"""


def place_of(project: ProjectData, key: str) -> Place:
    """Where a key's value lies in the project. Raises SearchError where there is no such place."""
    head, _, rest = key.partition(".")
    if head == "training" and _is_setting(rest):
        return ("setting", "training", *rest.split("."))
    for name, network in project.networks.items():
        if not key.startswith(f"{name}."):
            continue
        rest = key[len(name) + 1 :]
        if rest in network.parameters:
            return ("block", name, rest)
        node, _, param = rest.rpartition(".")
        if node in network.nodes and param:
            return ("node", name, node, param)
    known = list(places(project))
    near = difflib.get_close_matches(key, known, 1)
    raise SearchError(
        Message("There is nothing called {key} to search. Did you mean {near}?", key=key, near=near[0])
        if near
        else Message(
            "There is nothing called {key} to search. A key is training.NAME, NETWORK.NODE.PARAMETER or, "
            "of a block, NETWORK.PARAMETER.",
            key=key,
        )
    )


def _is_setting(rest: str) -> bool:
    head, _, inner = rest.partition(".")
    if head in ("optimizer", "schedule"):
        return bool(inner)
    return head in TRAINING and (not inner or head == "objective")


def places(project: ProjectData) -> Iterator[str]:
    """Every key that can be searched."""
    for name in TRAINING:
        if name not in ("optimizer", "schedule", "network", "weights", "device", "processes"):
            yield f"training.{name}"
    yield "training.optimizer.type"
    for table in (OPTIMIZERS.get(_kind(project), {}),):
        yield from (f"training.optimizer.{name}" for name in table)
    yield "training.schedule.type"
    for name, network in project.networks.items():
        yield from (f"{name}.{parameter}" for parameter in network.parameters)
        for node in network.nodes.values():
            yield from (f"{name}.{node.id}.{parameter}" for parameter in node.params)


def _kind(project: ProjectData) -> str:
    said = project.training.get("optimizer") or "Adam"
    return str(said if isinstance(said, str) else said.get("type", "Adam"))


# -- values --------------------------------------------------------------------------------------


def use(edit: Edit, project: ProjectData, values: Values) -> None:
    """Puts the values of a trial into the project: its settings, nodes and blocks.

    A parameter that the trial's optimiser or schedule does not have is left out.
    """
    for section, known in (("optimizer", OPTIMIZERS), ("schedule", schedule_settings.SCHEDULES)):
        _use_kind(edit, project, values, section, known)
    for key, new in values.items():
        place = place_of(project, key)
        match place:
            case ("setting", "training", "optimizer" | "schedule", _):
                continue
            case ("setting", *path):
                edit.set(tuple(path), new)
            case ("node", network, node, parameter):
                edit.set_param(network, node, parameter, new)
            case ("block", network, parameter):
                edit.set_network_parameter(network, parameter, new)


def _use_kind(
    edit: Edit, project: ProjectData, values: Values, section: str, known: Mapping[str, Mapping[str, Any]]
) -> None:
    prefix = f"training.{section}."
    given = {key[len(prefix) :]: new for key, new in values.items() if key.startswith(prefix)}
    if not given:
        return
    said = project.training.get(section)
    table = {"type": said} if isinstance(said, str) else dict(said or {})
    table |= given
    if "type" in given:
        has = known.get(str(given["type"]), {})
        table = {name: new for name, new in table.items() if name == "type" or name in has}
    edit.set(("training", section), table)


def with_values(project: ProjectData, values: Values) -> ProjectData:
    """A copy of the project with a trial's values."""
    document = Document(project)
    with document.transaction(Message("Use these settings")) as edit:
        use(edit, project, values)
    return document.data()


def grid(space: Space) -> list[dict[str, Json]]:
    """Every point of a grid over the space, in the order of an odometer."""
    found: list[dict[str, Json]] = [{}]
    for key, what in space.items():
        found = [{**point, key: new} for point in found for new in what.points()]
    return found


def shown(values: Values, keys: Sequence[str] | None = None) -> str:
    """`lr 0.0031, batch_size 32`: values with the last parts of their keys."""
    return ", ".join(
        f"{key.rpartition('.')[2]} {short(values[key])}" for key in keys or values if key in values
    )


def short(number: Json) -> str:
    return f"{number:.3g}" if isinstance(number, float) else json.dumps(number).strip('"')


def _wrong(key: str, what: object, expected: Message) -> SearchError:
    return SearchError(sections.wrong_value(key, what, expected))
