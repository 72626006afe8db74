"""A whole source: its imports and its classes. The text is parsed, never run."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace

from studio.compiler.naming import variable
from studio.compiler.reading.body import Forward
from studio.compiler.reading.constructor import Constructor, arguments
from studio.compiler.reading.faults import LineFault, ReadingError, Refused, refuse, said
from studio.compiler.reading.model import ReadClass
from studio.compiler.reading.names import Names
from studio.compiler.source import PROBLEM
from studio.graph import naming
from studio.graph.values import Json
from studio.words import Message

_BASES = ("torch.nn.Module", "torch.nn.modules.Module")
_SHAPE = re.compile(r"# \([^()]*\)")
_DESCRIBED = re.compile(r"([\w.]+)(?: \(([^()]*)\))?(?: (\w+))?")


@dataclass(frozen=True, slots=True)
class _Described:
    """One input or output in a docstring. `shape` is None where it says none that an input could have."""

    name: str
    shape: list[Json] | None
    dtype: str | None


def read(text: str) -> dict[str, ReadClass]:
    """The classes of a source by name, in its order, the network itself last.

    Raises ReadingError with every line that is no part of a network, and why.
    """
    faults: list[LineFault] = []
    names = Names()
    classes = list(_classes(_parsed(text), names, faults))
    signature = _signatures(classes, names, faults)
    found: dict[str, ReadClass] = {}
    for definition in classes:
        if definition.name in signature:
            found[definition.name] = _Class(definition, names, signature, found, faults).read()
    if not classes and not faults:
        faults.append(LineFault(1, Message("There is no class of nn.Module here.")))
    if faults:
        raise ReadingError(faults)
    return found


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        reason = Message("This is not Python: {reason}.", reason=error.msg)
        raise ReadingError([LineFault(error.lineno or 1, reason)]) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ReadingError([LineFault(1, Message("This is not Python: {reason}.", reason=error))]) from None


def _classes(tree: ast.Module, names: Names, faults: list[LineFault]) -> Iterator[ast.ClassDef]:
    for statement in tree.body:
        match statement:
            case ast.Import() | ast.ImportFrom():
                names.add(statement)
            case ast.Expr(value=ast.Constant(value=str())):
                continue
            case ast.ClassDef(bases=[base], keywords=[], decorator_list=[]) if names.dotted(base) in _BASES:
                yield statement
            case ast.ClassDef():
                text = Message("The class {name} is no plain subclass of nn.Module.", name=statement.name)
                faults.append(LineFault(statement.lineno, text))
            case _:
                text = Message(
                    "{text} is no part of a network: only imports and classes are.", text=_head(statement)
                )
                faults.append(LineFault(statement.lineno, text))


def _head(statement: ast.stmt) -> str:
    return said(statement).splitlines()[0]


def _signatures(
    classes: list[ast.ClassDef], names: Names, faults: list[LineFault]
) -> dict[str, dict[str, Json]]:
    """The arguments of every class."""
    found: dict[str, dict[str, Json]] = {}
    for definition in classes:
        if definition.name in found:
            text = Message("There are two classes {name}.", name=definition.name)
            faults.append(LineFault(definition.lineno, text))
            continue
        constructor = _function(definition, "__init__")
        try:
            found[definition.name] = arguments(constructor, names) if constructor else {}
        except Refused as refused:
            faults.append(refused.fault)
    return found


def _function(definition: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    return next((s for s in definition.body if isinstance(s, ast.FunctionDef) and s.name == name), None)


class _Class:
    """Reads one class."""

    def __init__(
        self,
        definition: ast.ClassDef,
        names: Names,
        signature: dict[str, dict[str, Json]],
        others: dict[str, ReadClass],
        faults: list[LineFault],
    ) -> None:
        self.definition = definition
        self.names = names
        self.signature = {name: given for name, given in signature.items() if name in others}
        self.others = others
        self.faults = faults
        self.found = ReadClass(definition.name, definition.lineno, dict(signature[definition.name]))

    def read(self) -> ReadClass:
        for statement in self.definition.body:
            try:
                self._statement(statement)
            except Refused as refused:
                self.faults.append(refused.fault)
        if constructor := _function(self.definition, "__init__"):
            Constructor(self.names, self.found, self.signature, self.faults).read(constructor.body)
        forward = _function(self.definition, "forward")
        if forward is None:
            self.faults.append(LineFault(self.definition.lineno, Message("The class has no forward.")))
            return self.found
        try:
            Forward(self.names, self.found, self.others, self.faults).read_body(forward)
        except Refused as refused:
            self.faults.append(refused.fault)
        self._describe()
        return self.found

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.FunctionDef(name="__init__" | "forward", decorator_list=[]):
                return
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                return
            case ast.FunctionDef(name=name):
                refuse(statement, Message("A network has __init__ and forward, and no {name}.", name=name))
            case _:
                refuse(statement, Message("{text} is nothing that can be drawn.", text=_head(statement)))

    # -- what the docstring says -------------------------------------------------------------------

    def _describe(self) -> None:
        """Takes shapes of inputs, and names that a variable cannot have, from a docstring of our form."""
        sides = [
            _described(side) for side in (ast.get_docstring(self.definition) or "").rstrip(".").split("->")
        ]
        if len(sides) != 2:
            return
        given, made = sides
        for place, described in enumerate(given if len(given) == len(self.found.inputs) else ()):
            self._input(self.found.inputs[place], place, described)
        if len(made) == len(self.found.outputs):
            self._outputs([described.name for described in made])

    def _input(self, id_: str, place: int, described: _Described) -> None:
        node = self.found.nodes[id_]
        params: dict[str, Json] = {}
        if described.shape is not None:
            params["shape"] = described.shape
        if described.dtype is not None:
            params["dtype"] = described.dtype
        self.found.nodes[id_] = replace(node, params=params)
        if variable(described.name) == id_ and described.name != id_ and naming.fault(described.name) is None:
            self._rename(id_, described.name)
            self.found.inputs[place] = described.name

    def _outputs(self, wanted: list[str]) -> None:
        others = set(self.found.nodes) - set(self.found.outputs)
        if len(set(wanted)) < len(wanted) or others & set(wanted) or any(map(naming.fault, wanted)):
            return
        ends = [self.found.nodes.pop(id_) for id_ in self.found.outputs]
        for old, new in zip(ends, wanted, strict=True):
            self.found.nodes[new] = replace(old, id=new)
            self.found.lines[new] = self.found.lines[old.id]
        self.found.outputs = wanted
        self.found.spoken |= set(wanted)

    def _rename(self, old: str, new: str) -> None:
        nodes: dict[str, Json] = {}
        for node in self.found.nodes.values():
            wired = node.arguments.map_references(
                lambda value: {**value, "n": new} if value["n"] == old else value
            )
            id_ = new if node.id == old else node.id
            nodes[id_] = replace(node, id=id_, args=wired.args, kwargs=wired.kwargs)
        self.found.nodes = nodes
        self.found.lines[new] = self.found.lines[old]
        self.found.spoken.add(new)


def remarks(text: str) -> list[str]:
    """The comments and docstrings of a source that a network has no place for: those that are not ours."""
    lines = io.StringIO(text).readline
    said_ = [token.string for token in tokenize.generate_tokens(lines) if token.type == tokenize.COMMENT]
    found = [said for said in said_ if not _SHAPE.fullmatch(said) and not said.startswith(PROBLEM)]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and (words := ast.get_docstring(node)):
            sides = words.rstrip(".").split("->")
            if isinstance(node, ast.FunctionDef) or len(sides) != 2 or not all(map(_described, sides)):
                found.append(words)
    return found


def _described(side: str) -> list[_Described]:
    """The items of one side of a docstring; empty where it is of another form."""
    items = []
    rest = " ".join(side.split())
    while rest:
        match = _DESCRIBED.match(rest)
        if match is None:
            return []
        name, shape, dtype = match.groups()
        items.append(_Described(name, _shape(shape), dtype))
        rest = rest[match.end() :]
        if rest and not rest.startswith(","):
            return []
        rest = rest.removeprefix(",").strip()
    return items


def _shape(text: str | None) -> list[Json] | None:
    if text is None:
        return None
    dims: list[Json] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        if part not in ("N", "L") and not part.isdigit():
            return None
        dims.append(int(part) if part.isdigit() else part)
    return dims
