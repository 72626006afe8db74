"""Calls that were read become networks: equal structures share one, with parameters where they differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from studio.catalog import signatures, table
from studio.graph.members import ORDER, TIED
from studio.graph.model import BLOCK, INPUT, Network, Node
from studio.graph.operations import same
from studio.graph.values import Json, Path, form, is_reference, set_at
from studio.importing import members
from studio.importing.errors import UntraceableError
from studio.importing.scope import Scope
from studio.words import Message

_OWN = frozenset({"input", "output", "const", "param", "buffer", "opaque"})


@dataclass(eq=False, slots=True)
class _Use:
    """One call: its network with every argument written out, and the numbers in it by place."""

    scope: Scope
    nodes: list[Node]
    order: list[str]
    ties: list[list[str]]
    numbers: dict[Path, Json] = field(default_factory=dict)
    block: str = ""
    values: dict[str, Json] = field(default_factory=dict)
    handed: tuple[Json, ...] = ()
    """the numbers that it is called with besides: another call of the same module has others"""


def networks(root: Scope, name: str) -> dict[str, Network]:
    """The network of `root` under `name`, and a block for each kind of call in it. Blocks come first.

    Raises UntraceableError where a module does another thing when it is called again.
    """
    made: dict[str, Network] = {}
    uses: dict[int, _Use] = {}
    ties = members.ties(root)
    for level in _levels(root):
        groups: dict[tuple[str, str], list[_Use]] = {}
        for scope in level:
            use = _use(scope, uses, ties.get(scope.path, []))
            uses[id(scope)] = use
            groups.setdefault((scope.name, _structure(use)), []).append(use)
        for (kind, _), group in groups.items():
            title = name if group[0].scope is root else _free(kind, {*made, name})
            made[title] = _network(group, title, made)
    _check_calls(uses.values())
    return made


def _check_calls(uses: Iterable[_Use]) -> None:
    """A module is one block, however often it is called."""
    blocks: dict[str, str] = {}
    for use in uses:
        if blocks.setdefault(use.scope.path, use.block) != use.block:
            error = UntraceableError(Message("it does another thing when it is called again"))
            error.path = use.scope.path
            raise error


def _levels(root: Scope) -> list[list[Scope]]:
    """Every call, those without calls inside first; the order of the module within a level."""
    levels: list[list[Scope]] = []

    def place(scope: Scope) -> int:
        height = max((place(child) + 1 for child in scope.children.values()), default=0)
        while len(levels) <= height:
            levels.append([])
        levels[height].append(scope)
        return height

    place(root)
    return levels


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}{number}", number + 1
    return name


def _use(scope: Scope, uses: Mapping[int, _Use], ties: list[list[str]]) -> _Use:
    nodes = []
    for node in scope.network().nodes.values():
        if node.id in scope.children:
            child = uses[id(scope.children[node.id])]
            args = (*node.args, *child.handed)
            node = replace(node, type=BLOCK + child.block, params=dict(child.values), args=args)
        elif table.is_module(node.type):
            entry = table.entry(node.type)
            known = {
                p.name: p.default
                for p in signatures.parameters(node.type)
                if not p.required and entry is not None and p.name not in entry.auto
            }
            node = replace(node, params={**known, **node.params})
        nodes.append(node)
    found = _Use(scope, nodes, members.order(scope), ties)
    for place, node in enumerate(nodes):
        for path, value in _numbers(node):
            found.numbers[(place, *path)] = value
    return found


def _numbers(node: Node) -> Iterator[tuple[Path, Json]]:
    """What may differ between calls of one block: the arguments of layers, the numbers of functions."""
    if node.type not in _OWN:
        for name, value in node.params.items():
            yield ("params", name), value
        for place, value in enumerate(node.args):
            yield from _inside(value, ("args", place))
        for name, value in node.kwargs.items():
            yield from _inside(value, ("kwargs", name))
    else:
        yield from ((("params", name), node.params[name]) for name in ("shape", "std") if name in node.params)


def _inside(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _inside(item, (*path, place))
    elif isinstance(value, dict) and not is_reference(value):
        match form(value):
            case "expr":
                yield from _inside(value["of"], (*path, "of"))
            case "t" | "slice" as name:
                yield from _inside(value[name], (*path, name))
            case "getitem":
                yield from ()


def _structure(use: _Use) -> str:
    """The network with its numbers left out: equal for calls that may share a block."""
    nodes = []
    for place, node in enumerate(use.nodes):
        table_ = _table(node)
        for path in use.numbers:
            if path[0] == place:
                table_ = set_at(table_, path[1:], "#")
        nodes.append(table_)
    return json.dumps([nodes, use.order, use.ties], sort_keys=True)


def _table(node: Node) -> dict[str, Json]:
    return {
        "id": node.id,
        "type": node.type,
        "path": node.path,
        "params": dict(node.params),
        "args": list(node.args),
        "kwargs": dict(node.kwargs),
        "extra": dict(node.extra),
    }


def _network(group: list[_Use], title: str, made: Mapping[str, Network]) -> Network:
    """One network for calls of the same structure. Numbers that always go together are one parameter."""
    together: dict[str, list[Path]] = {}
    for path in group[0].numbers:
        said = [use.numbers[path] for use in group]
        if any(not same(value, said[0]) for value in said):
            together.setdefault(json.dumps(said), []).append(path)
    nodes = group[0].nodes
    names = _names(nodes, list(together.values()))
    inputs = {name: paths for name, paths in names.items() if _varies_by_call(group, paths[0])}
    names = {name: paths for name, paths in names.items() if name not in inputs}
    changes: dict[Path, Json] = {path: {"p": name} for name, paths in names.items() for path in paths}
    parameters: dict[str, Json] = {}
    taken = {node.id for node in nodes}
    fed = [Node(_free(name, taken), INPUT) for name in inputs]
    for node, paths in zip(fed, inputs.values(), strict=True):
        changes |= {path: {"n": node.id} for path in paths}
    for use in group:
        use.handed = tuple(use.numbers[paths[0]] for paths in inputs.values())
    for name, paths in names.items():
        for use in group:
            use.values[name] = use.numbers[paths[0]]
        counted = Counter(json.dumps(use.values[name]) for use in group)
        parameters[name] = json.loads(counted.most_common(1)[0][0])
    for use in group:
        use.block = title
    written = [_written(node, place, changes, made) for place, node in enumerate(nodes)]
    before = sum(node.type == INPUT for node in written)
    written[before:before] = fed
    extra: dict[str, Json] = {ORDER: group[0].order}
    if group[0].ties:
        extra[TIED] = group[0].ties
    return Network({node.id: node for node in written}, parameters, extra)


def _varies_by_call(group: list[_Use], path: Path) -> bool:
    """Whether a number differs between two calls of one module: it cannot be the module's own then."""
    known: dict[str, Json] = {}
    return any(
        not same(known.setdefault(use.scope.path, use.numbers[path]), use.numbers[path]) for use in group
    )


def _names(nodes: list[Node], together: list[list[Path]]) -> dict[str, list[Path]]:
    """A name for each parameter: the argument's own for the last that is called so, else with its node's.

    Of two widths the inner one is plainly that: `channels` beside `out_channels`.
    """
    plain = [_plain(paths[0]) for paths in together]
    found: dict[str, list[Path]] = {}
    for place, (paths, name) in enumerate(zip(together, plain, strict=True)):
        if name in plain[place + 1 :]:
            inner = name.removeprefix("out_")
            first = nodes[int(paths[0][0])].id.rpartition(".")[2]
            alone = plain.count(name) == 2 and inner != name and inner not in plain
            name = inner if alone else f"{first}_{name}" if first.isidentifier() else f"layer{first}_{name}"
        found[_free(name, set(found))] = paths
    return found


def _plain(path: Path) -> str:
    said = next((step for step in reversed(path[1:]) if isinstance(step, str)), "value")
    return said if said not in ("args", "t", "of", "slice") else "value"


def _written(node: Node, place: int, changes: Mapping[Path, Json], made: Mapping[str, Network]) -> Node:
    """A node with parameters in place of what differs, and without what has its default."""
    table_: Any = _table(node)
    for path, value in changes.items():
        if path[0] == place:
            table_ = set_at(table_, path[1:], value)
    params = table_["params"]
    if node.block is not None:
        defaults: Mapping[str, Json] = made[node.block].parameters
    elif table.is_module(node.type):
        defaults = {p.name: p.default for p in signatures.parameters(node.type) if not p.required}
    else:
        defaults = {}
    params = {k: v for k, v in params.items() if k not in defaults or not same(v, defaults[k])}
    return replace(node, params=params, args=tuple(table_["args"]), kwargs=table_["kwargs"])
