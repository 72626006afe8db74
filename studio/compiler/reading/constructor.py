"""`__init__` of a class: its arguments, and what each attribute of `self` holds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace

from studio.catalog import signatures, stacks
from studio.catalog.entry import Entry
from studio.compiler import tables
from studio.compiler.reading import loops
from studio.compiler.reading.expressions import Expressions
from studio.compiler.reading.faults import LineFault, Refused, refuse, said
from studio.compiler.reading.model import Holder, Member, ReadClass
from studio.compiler.reading.names import Names
from studio.compiler.starts import STARTS, WITH_STD
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
_EMPTY = {"torch.empty": "zeros"}
_INIT = "torch.nn.init."


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
                inside = (node for node in ast.walk(statement) if isinstance(node, ast.Attribute))
                self.found.lost |= {path for node in inside if (path := path_of(node))}

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                return
            case ast.Expr(value=ast.Call() as call):
                self._call(call)
            case ast.For():
                self._loop(statement)
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
                func=ast.Attribute(value=owner, attr="add_module" | "register_parameter"),
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

    def _tie(self, path: str, first: str) -> None:
        """`self.head.weight = self.embedding.weight`."""
        group = next((group for group in self.found.tied if group[0] == first), None)
        if group is None:
            self.found.tied.append(group := [first])
        group.append(path)

    def _hold(self, path: str, value: ast.expr) -> None:
        if (first := path_of(value)) and any(
            first == known or first.startswith(f"{known}.") for known in self.found.members
        ):
            self._tie(path, first)
            return
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
        items = call.args
        if len(items) == 1 and not call.keywords and self._is_all_repeated(kind, items[0]):
            self._repeat(path, items[0])
            return
        self.found.holders[path] = kind
        if kind == "ModuleList":
            if len(items) > 1 or (items and not isinstance(items[0], ast.List | ast.Tuple)):
                refuse(call, Message("A ModuleList holds a list of layers, written out."))
            items = items[0].elts if items and isinstance(items[0], ast.List | ast.Tuple) else []
        if call.keywords or (kind == "Module" and items):
            refuse(call, Message("{text} is no layer known here.", text=said(call)))
        place = 0
        for item in items:
            if isinstance(item, ast.Starred):
                times = self._repeat(f"{path}.{place}", item)
                if item is not items[-1] and (not isinstance(times, int) or times == loops.AS_MANY):
                    refuse(item, Message("Only what stands last may come a number of times that varies."))
                place += times if isinstance(times, int) else 1
                continue
            if not isinstance(item, ast.Call):
                refuse(item, Message("{text} is no layer known here.", text=said(item)))
            self._hold(f"{path}.{place}", item)
            place += 1

    @staticmethod
    def _is_all_repeated(kind: Holder, item: ast.expr) -> bool:
        """Whether a holder has nothing but the repetitions of one block."""
        return isinstance(item, ast.Starred) if kind == "Sequential" else loops.generator(item) is not None

    def _repeat(self, path: str, item: ast.expr) -> Json:
        """A block that comes several times; returns how often."""
        made = item.value if isinstance(item, ast.Starred) else item
        clause = loops.generator(made)
        if clause is None or not isinstance(made, ast.GeneratorExp | ast.ListComp):
            refuse(item, Message("{text} is no layer known here.", text=said(item)))
        with loops.inside(self.values, clause.target, clause.iter) as times:
            self._repeated(path, made.elt, times)
        return times

    def _repeated(self, path: str, made: ast.expr, times: Json) -> None:
        member = self._layer(made) if isinstance(made, ast.Call) else None
        if member is None or not member.type.startswith(BLOCK):
            refuse(made, Message("{text} cannot be repeated: only blocks can.", text=said(made)))
        if path in self.found.members or path in self.found.holders:
            refuse(made, Message("self.{path} is set twice.", path=path))
        self.found.members[path] = replace(member, repeat=times)

    def _loop(self, loop: ast.For) -> None:
        """`for number in range(1, 3): self.layer1.add_module(str(number), Block())`."""
        number, first, inner, over = loops.counted(self.values, loop)
        match loop.body:
            case [
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=owner, attr="add_module"),
                        args=[ast.Call(func=ast.Name(id="str"), args=[ast.Name(id=name)]), made],
                    )
                )
            ] if name == number and (holder := path_of(owner)) is not None and not loop.orelse:
                path = _joined(holder, str(first))
            case _:
                refuse(loop, _unknown(loop))
        if over is None:
            self._repeated(path, made, loops.from_to(first, self.values.read(inner)))
            return
        with loops.inside(self.values, inner, over) as times:
            self._repeated(path, made, times)

    def _layer(self, call: ast.Call) -> Member | None:
        """A layer or a block; None where the call makes neither."""
        if isinstance(call.func, ast.Name) and call.func.id in self.signature:
            known = list(self.signature[call.func.id])
            return Member(f"{BLOCK}{call.func.id}", self._params(call, call.func.id, known), call.lineno)
        entry = self.names.entry(call.func)
        if entry is not None and entry.type in stacks.LAYERS:
            return Member(entry.type, self._stack(call, entry), call.lineno)
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

    def _stack(self, call: ast.Call, entry: Entry) -> dict[str, Json]:
        """`nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4), 2)`: the arguments of both."""
        layer, rest = (call.args[0], call.args[1:]) if call.args else (None, [])
        if not isinstance(layer, ast.Call) or self._type(layer) != stacks.LAYERS[entry.type]:
            refuse(call, Message("{text} is no layer known here.", text=said(call)))
        own = dict(zip(("num_layers", "norm"), rest, strict=False))
        own |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        known = [parameter.name for parameter in signatures.parameters(stacks.LAYERS[entry.type])]
        params = self._params(layer, entry.label, known)
        for name, value in own.items():
            if name not in stacks.OWN:
                refuse(call, Message("{layer} has no argument {name}.", layer=entry.label, name=name))
            params[name] = self._last_norm(value, params) if name == "norm" else self.values.read(value)
        return params

    def _last_norm(self, value: ast.expr, params: Mapping[str, Json]) -> bool:
        """Whether a LayerNorm follows the layers of a stack."""
        if isinstance(value, ast.Constant) and value.value is None:
            return False
        wanted = {name: params[source] for name, source in stacks.NORM.items() if source in params}
        made = isinstance(value, ast.Call) and self._type(value) == "nn.LayerNorm"
        if (
            isinstance(value, ast.Call)
            and made
            and self._params(value, "LayerNorm", [*stacks.NORM]) == wanted
        ):
            return True
        refuse(value, Message("The norm of a stack is None, or a LayerNorm like those of its layers."))

    def _type(self, call: ast.Call) -> str:
        entry = self.names.entry(call.func)
        return entry.type if entry is not None else ""

    # -- tensors -----------------------------------------------------------------------------------

    def _buffer(self, path: str, value: ast.expr, keywords: Mapping[str, ast.expr]) -> None:
        persistent = self.values.read(keywords["persistent"]) if "persistent" in keywords else True
        if isinstance(value, ast.Call) and self._called(value) == "torch.tensor" and not persistent:
            self.found.members[path] = Member("const", self._constant(value), value.lineno)
            return
        params = self._tensor(value)
        if not persistent:
            params["persistent"] = False
        self.found.members[path] = Member("buffer", params, value.lineno)

    def _is_shape(self, value: Json) -> bool:
        """Whether a value is a whole shape: a list, or a parameter that is one."""
        if isinstance(value, dict) and set(value) == {"p"}:
            value = self.found.parameters.get(value["p"])
        return isinstance(value, list)

    def _called(self, call: ast.Call) -> str:
        return self.names.dotted(call.func) or ""

    def _filled(self, call: ast.Call) -> dict[str, Json]:
        """`torch.tensor([1.0, 2.0])` and `torch.full((2, 3), 1.0)`."""
        args, kwargs = self._numbers(call)
        if self._called(call) == "torch.tensor":
            args = [_lengths(args[0]) if args else [], *args]
        if len(args) != 2 or set(kwargs) - {"dtype"}:
            refuse(call, Message("{text} is no tensor that a network can hold.", text=said(call)))
        return {"shape": args[0], "value": args[1], **_dtype(kwargs)}

    def _numbers(self, call: ast.Call) -> tuple[list[Json], dict[str, Json]]:
        """The arguments of a call, its first perhaps a table that a line says."""
        table = tables.numbers(call.args[0]) if call.args else None
        if table is None:
            return self.values.arguments(call)
        rest = ast.Call(func=call.func, args=call.args[1:], keywords=call.keywords)
        args, kwargs = self.values.arguments(ast.copy_location(rest, call))
        return [table, *args], kwargs

    def _constant(self, call: ast.Call) -> dict[str, Json]:
        args, kwargs = self._numbers(call)
        if len(args) != 1 or set(kwargs) - {"dtype"}:
            refuse(call, Message("{text} is no tensor that a network can hold.", text=said(call)))
        return {"value": args[0], **_dtype(kwargs)}

    def _tensor(self, value: ast.expr, makers: Mapping[str, str] = _MAKERS) -> dict[str, Json]:
        name = self.names.dotted(value.func) if isinstance(value, ast.Call) else None
        if isinstance(value, ast.Call) and name in ("torch.tensor", "torch.full"):
            return self._filled(value)
        if isinstance(value, ast.Call) and name is not None and name.startswith(_INIT) and value.args:
            return self._started(value, name.removeprefix(_INIT).removesuffix("_"))
        maker = makers.get(name or "")
        if maker is None or not isinstance(value, ast.Call):
            refuse(value, Message("{text} is no tensor that a network can hold.", text=said(value)))
        args, kwargs = self.values.arguments(value)
        shape = args[0] if len(args) == 1 and self._is_shape(args[0]) else args
        if set(kwargs) - {"dtype"}:
            refuse(value, Message("{text} is no tensor that a network can hold.", text=said(value)))
        init = {} if maker == "zeros" else {"init": maker}
        return {"shape": shape, **init, **_dtype(kwargs)}

    def _started(self, call: ast.Call, init: str) -> dict[str, Json]:
        """`nn.init.normal_(torch.empty(1, 64), std=0.02)`."""
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        made = call.args[0]
        empty = isinstance(made, ast.Call) and self.names.dotted(made.func) in _EMPTY
        deviates = set(keywords) <= ({"std"} if init in WITH_STD else set())
        if init not in STARTS or len(call.args) != 1 or not empty or not deviates:
            refuse(call, Message("{text} is no tensor that a network can hold.", text=said(call)))
        std = {name: self.values.read(value) for name, value in keywords.items() if name}
        return {**self._tensor(made, _EMPTY), "init": init, **std}


def _lengths(value: Json) -> list[int]:
    """The shape of nested lists."""
    return [len(value), *(_lengths(value[0]) if value else [])] if isinstance(value, list) else []


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
            func=ast.Attribute(value=owner, attr="get_submodule" | "get_buffer" | "get_parameter"),
            args=[ast.Constant(value=str(name))],
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
