"""Several inputs of a network: which of a table's columns goes to which, by the names of the inputs.

Samples stay one tensor with all columns: each is stored, fitted and batched as ever. Behind preprocessing the
columns of an input lie side by side, in the order of the inputs, and the network is cut open there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from studio.data.layout import TABLE, Layout
from studio.data.source import DataError, SourceInfo
from studio.graph import naming
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

Inputs = Mapping[str, tuple[str, ...]]
"""the columns of each input, as they are stored; empty where there is one input only"""


def read(section: Mapping[str, Json], info: SourceInfo) -> Inputs:
    """`data.inputs`. Columns that no input names go to the first one. Raises DataError."""
    entries = _entries(section.get("inputs"))
    if not entries:
        return {}
    layout = replace(info, inputs={}).stored
    if layout.kind != TABLE:
        raise DataError(
            Message(
                "data.inputs shares columns out to several inputs, and {title} is no table. Take it out.",
                title=info.title,
            )
        )
    found = {str(entry["name"]): _columns(entry, layout) for entry in entries}
    named = [column for columns in found.values() for column in columns]
    again = next((column for column in named if named.count(column) > 1), None)
    if again is not None:
        raise DataError(
            Message("data.inputs has the column {column} twice. Leave it in one input.", column=again)
        )
    first = next(iter(found))
    found[first] = tuple(c for c in layout.names if c in found[first] or c not in named)
    empty = next((name for name, columns in found.items() if not columns), None)
    if empty is not None:
        raise DataError(
            Message("data.inputs gives {name} no column. Give it one, or take it out.", name=empty)
        )
    return found if len(found) > 1 else {}


def _entries(written: Json) -> list[Mapping[str, Json]]:
    """The inputs as they are written, each with a name of its own. Raises DataError."""
    if written is None:
        return []
    listed = written if isinstance(written, list | tuple) else ()
    entries = [entry for entry in listed if isinstance(entry, Mapping)]
    if not entries or len(entries) != len(listed):
        example = [{"name": "numbers", "columns": ["age", "fare"]}, {"name": "place", "columns": ["port"]}]
        raise _wrong("", written, Message("a list such as {example}", example=example))
    names = [entry.get("name") for entry in entries]
    for name in names:
        if not isinstance(name, str) or naming.fault(name) or names.count(name) > 1:
            raise _wrong("", name, Message("ids of Input nodes, each once"))
    return entries


def _columns(entry: Mapping[str, Json], layout: Layout) -> tuple[str, ...]:
    columns = entry.get("columns", ())
    if not isinstance(columns, list | tuple):
        raise _wrong(f": {entry['name']}", columns, Message("a list of columns"))
    strange = next((column for column in columns if column not in layout.names), None)
    if strange is not None:
        known = ", ".join(layout.names)
        raise _wrong(f": {entry['name']}", strange, Message("a column: one of {known}", known=known))
    return tuple(map(str, columns))


def told(section: Mapping[str, Json], info: SourceInfo) -> SourceInfo:
    """The source with its inputs; what cannot be done changes nothing."""
    try:
        return replace(info, inputs=read(section, info))
    except DataError:
        return info


def order(layout: Layout, inputs: Sequence[str]) -> list[int]:
    """The places of the columns so that those of an input lie side by side."""
    return sorted(range(len(layout.columns)), key=lambda i: inputs.index(layout.columns[i].input))


def arranged(layout: Layout, inputs: Sequence[str]) -> Layout:
    """The layout with its columns in that order; as it is where there is one input only."""
    return layout.of_columns(layout.columns[i] for i in order(layout, inputs)) if inputs else layout


def widths(layout: Layout, inputs: Sequence[str]) -> list[int]:
    """How many columns each input gets."""
    return [sum(column.input == name for column in layout.columns) for name in inputs]


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.inputs{key}", value, expected))


def named(section: Mapping[str, Json]) -> list[str]:
    """The names of the inputs as they are written; none where that cannot be read."""
    try:
        return [str(entry["name"]) for entry in _entries(section.get("inputs"))]
    except DataError:
        return []


def kept(section: Mapping[str, Json], info: SourceInfo) -> list[Mapping[str, Json]] | None:
    """`data.inputs` as far as it fits the data; None where one input remains, or nothing can be read."""
    layout = replace(info, inputs={}).stored
    try:
        entries = _entries(section.get("inputs"))
    except DataError:
        return None
    left = [(entry, [c for c in _listed(entry) if c in layout.names]) for entry in entries]
    found: list[Mapping[str, Json]] = [{**entry, "columns": columns} for entry, columns in left if columns]
    return found if len(found) > 1 and layout.kind == TABLE else None


def _listed(entry: Mapping[str, Json]) -> list[Json]:
    columns = entry.get("columns", ())
    return list(columns) if isinstance(columns, list | tuple) else []


def moved(inputs: Inputs, columns: Sequence[str], to: str) -> list[Mapping[str, Json]]:
    """`data.inputs` with these columns in the input `to`, a new one if need be; one left without any goes."""
    held = {name: [c for c in some if c not in columns] for name, some in inputs.items()}
    held[to] = [*held.get(to, ()), *columns]
    return [{"name": name, "columns": some} for name, some in held.items() if some]
