"""`__init__` of a class: its arguments, and what each attribute of `self` holds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from studio.catalog import signatures
from studio.compiler.reading.expressions import Expressions
from studio.compiler.reading.faults import LineFault, Refused, refuse, said
from studio.compiler.reading.model import Holder, Member, ReadClass
from studio.compiler.reading.names import Names
from studio.graph.model import BLOCK
from studio.graph.operations import MISSING
from studio.graph.values import Json
from studio.words import Message

_HOLDERS: dict[str, Holder] = {
    "torch.nn.Sequential": "Sequential",
    "torch.nn.ModuleList": "ModuleList",
    "torch.nn.Module": "Module",
}
_MAKERS = {
    "torch.zeros": "zeros",
    "torch.ones": "ones",
    "torch.randn": "normal",
    "torch.rand": "uniform",
}


def arguments(function: ast.FunctionDef, names: Names) -> dict[str, Json]:
    """The arguments of a constructor and their defaults, MISSING where there is none."""
    given = function.args
    if given.vararg or given.kwarg or given.posonlyargs or not given.args:
        refuse(function, Message("The arguments of __init__ are self and named ones, without * and **."))
    read = Expressions(names).read
    positional = given.args[1:]
    defaults: list[ast.expr | None] = [*given.defaults]
    missing: list[ast.expr | None] = [None] * (len(positional) - len(defaults))
    pairs = [*zip(positional, [*missing, *defaults], strict=True)]
    pairs += zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return {argument.arg: MISSING if value is None else read(value) for argument, value in pairs}


class Constructor:
    """Reads the statements of `__init__` into `found`. `signature` gives the arguments of other classes."""

    def __init__(
        self,
        names: Names,
        found: ReadClass,
        signature: Mapping[str, Mapping[str, Json]],
        faults: list[LineFault],
    ) -> None:
        self.names = names
        self.found = found
        self.signature = signature
        self.faults = faults
        self.values = Expressions(names)
        self.values.local = {name: {"p": name} for name in found.parameters}

    def read(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            try:
                self._statement(statement)
            except Refused as refused:
                self.faults.append(refused.fault)

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                return
            case ast.Expr(value=ast.Call() as call):
                self._call(call)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.values.local[name] = self.values.read(value)
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                path = path_of(target)
                if not path:
                    refuse(statement, _unknown(statement))
                self._hold(path, value)
            case _:
                refuse(statement, _unknown(statement))

    def _call(self, call: ast.Call) -> None:
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__")):
                return
            case ast.Call(
                func=ast.Attribute(value=owner, attr="add_module"),
                args=[ast.Constant(value=str(name)), value],
            ) if (path := path_of(owner)) is not None:
                self._hold(_joined(path, name), value)
            case ast.Call(
                func=ast.Attribute(value=owner, attr="register_buffer"),
                args=[ast.Constant(value=str(name)), value],
                keywords=keywords,
            ) if (path := path_of(owner)) is not None:
                self._buffer(_joined(path, name), value, {k.arg or "": k.value for k in keywords})
            case _:
                refuse(call, _unknown(call))

    # -- what an attribute holds -------------------------------------------------------------------

    def _hold(self, path: str, value: ast.expr) -> None:
        if path in self.found.members or path in self.found.holders or path in self.found.values:
            refuse(value, Message("self.{path} is set twice.", path=path))
        if isinstance(value, ast.Call):
            dotted = self.names.dotted(value.func) or ""
            if dotted in _HOLDERS:
                self._holder(path, _HOLDERS[dotted], value)
                return
            if dotted == "torch.nn.Parameter" and len(value.args) == 1 and not value.keywords:
                self.found.members[path] = Member("param", self._tensor(value.args[0]), value.lineno)
                return
            member = self._layer(value)
            if member is not None:
                self.found.members[path] = member
                return
        self.found.values[path] = self.values.read(value)

    def _holder(self, path: str, kind: Holder, call: ast.Call) -> None:
        self.found.holders[path] = kind
        items = call.args
        if kind == "ModuleList":
            if len(items) > 1 or (items and not isinstance(items[0], ast.List | ast.Tuple)):
                refuse(call, Message("A ModuleList holds a list of layers, written out."))
            items = items[0].elts if items and isinstance(items[0], ast.List | ast.Tuple) else []
        if call.keywords or (kind == "Module" and items):
            refuse(call, Message("{text} is no layer known here.", text=said(call)))
        for place, item in enumerate(items):
            if isinstance(item, ast.Starred) or not isinstance(item, ast.Call):
                refuse(item, Message("{text} is no layer known here.", text=said(item)))
            self._hold(f"{path}.{place}", item)

    def _layer(self, call: ast.Call) -> Member | None:
        """A layer or a block; None where the call makes neither."""
        if isinstance(call.func, ast.Name) and call.func.id in self.signature:
            known = list(self.signature[call.func.id])
            return Member(f"{BLOCK}{call.func.id}", self._params(call, call.func.id, known), call.lineno)
        entry = self.names.entry(call.func)
        if entry is not None and entry.kind == "module":
            known = [parameter.name for parameter in signatures.parameters(entry.type)]
            return Member(entry.type, self._params(call, entry.label, known), call.lineno)
        if self.names.dotted(call.func) is not None and self.names.dotted(call.func) != "torch.device":
            refuse(call, Message("{text} is no layer known here.", text=said(call.func)))
        return None

    def _params(self, call: ast.Call, label: str, known: list[str]) -> dict[str, Json]:
        args, kwargs = self.values.arguments(call)
        if len(args) > len(known):
            refuse(call, Message("{layer} takes {most} arguments at most.", layer=label, most=len(known)))
        params = dict(zip(known, args, strict=False))
        for name, value in kwargs.items():
            if name not in known:
                refuse(call, Message("{layer} has no argument {name}.", layer=label, name=name))
            if name in params:
                refuse(call, Message("{layer} is given {name} twice.", layer=label, name=name))
            params[name] = value
        return params

    # -- tensors -----------------------------------------------------------------------------------

    def _buffer(self, path: str, value: ast.expr, keywords: Mapping[str, ast.expr]) -> None:
        persistent = self.values.read(keywords["persistent"]) if "persistent" in keywords else True
        if isinstance(value, ast.Call) and self.names.dotted(value.func) == "torch.tensor":
            if persistent:
                refuse(value, Message("A buffer with values of its own is a constant: add persistent=False."))
            self.found.members[path] = Member("const", self._constant(value), value.lineno)
            return
        params = self._tensor(value)
        if not persistent:
            params["persistent"] = False
        self.found.members[path] = Member("buffer", params, value.lineno)

    def _constant(self, call: ast.Call) -> dict[str, Json]:
        args, kwargs = self.values.arguments(call)
        if len(args) != 1 or set(kwargs) - {"dtype"}:
            refuse(call, Message("{text} is no tensor that a network can hold.", text=said(call)))
        return {"value": args[0], **_dtype(kwargs)}

    def _tensor(self, value: ast.expr) -> dict[str, Json]:
        maker = _MAKERS.get(self.names.dotted(value.func) or "") if isinstance(value, ast.Call) else None
        if maker is None or not isinstance(value, ast.Call):
            refuse(value, Message("{text} is no tensor that a network can hold.", text=said(value)))
        args, kwargs = self.values.arguments(value)
        shape = args[0] if len(args) == 1 and isinstance(args[0], list) else args
        if set(kwargs) - {"dtype"}:
            refuse(value, Message("{text} is no tensor that a network can hold.", text=said(value)))
        init = {} if maker == "zeros" else {"init": maker}
        return {"shape": shape, **init, **_dtype(kwargs)}


def _dtype(kwargs: Mapping[str, Json]) -> dict[str, Json]:
    return {"dtype": kwargs["dtype"]["dtype"]} if "dtype" in kwargs else {}


def path_of(expression: ast.expr) -> str | None:
    """`layer1.0.conv` of `self.layer1[0].conv`, empty for `self`; None for what is not of self."""
    match expression:
        case ast.Name(id="self"):
            return ""
        case ast.Attribute(value=owner, attr=name):
            held = path_of(owner)
            return None if held is None else _joined(held, name)
        case ast.Subscript(value=owner, slice=ast.Constant(value=int(place))):
            held = path_of(owner)
            return _joined(held, str(place)) if held else None
        case ast.Call(
            func=ast.Attribute(value=owner, attr="get_submodule"), args=[ast.Constant(value=str(name))]
        ):
            held = path_of(owner)
            return None if held is None else _joined(held, name)
    return None


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _unknown(statement: ast.AST) -> Message:
    return Message(
        "{text} is nothing that can be drawn. Here layers are made and kept in self, one a line.",
        text=said(statement),
    )
