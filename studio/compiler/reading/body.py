"""`forward` of a class: a node for each call, a wire for each use of its value."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from studio.catalog import ports, table
from studio.compiler.naming import RESERVED
from studio.compiler.reading import loops
from studio.compiler.reading.constructor import path_of
from studio.compiler.reading.expressions import Expressions
from studio.compiler.reading.faults import Follows, LineFault, Refused, refuse, said
from studio.compiler.reading.model import ReadClass
from studio.compiler.reading.names import Names, has_slice, name_of
from studio.compiler.reading.operators import COMPARED, EITHER_WAY, PLAIN, TENSORS, in_their_places
from studio.compiler.survey import CONSTANTS
from studio.graph import naming
from studio.graph.model import INPUT, OUTPUT, Node
from studio.graph.values import Json, Path, is_reference
from studio.words import Message

_NUMBERS = frozenset({"Tensor.size", "Tensor.dim", "Tensor.numel"})
"""types that give a number, or several, and no tensor"""
_RUNNING = "x"


@dataclass(frozen=True, slots=True)
class _Part:
    """A tuple inside what a node gives, such as the second of an LSTM's."""

    node: str
    path: Path


@dataclass(frozen=True, slots=True)
class _Lost:
    """The value of a line that could not be read: what follows from it is no fault of its own."""


class Forward(Expressions):
    """Reads `forward` into `found`. `others` are the classes read before, for what their blocks give."""

    def __init__(
        self, names: Names, found: ReadClass, others: Mapping[str, ReadClass], faults: list[LineFault]
    ) -> None:
        super().__init__(names)
        self.found = found
        self.others = others
        self.faults = faults
        self.taken: set[str] = set()
        self.returned = False

    def read_body(self, function: ast.FunctionDef) -> None:
        self._inputs(function)
        written = [
            n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        ]
        self._once = {name for name, times in Counter(written).items() if times == 1} - {_RUNNING, "_"}
        self.taken |= {*self.found.members, *self._once}
        for statement in function.body:
            try:
                if self.returned:
                    refuse(statement, Message("Nothing stands behind return."))
                self._statement(statement)
            except Refused as refused:
                if not isinstance(refused, Follows):
                    self.faults.append(refused.fault)
                for name in (n.id for n in ast.walk(statement) if isinstance(n, ast.Name)):
                    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) and name != "self":
                        self.local[name] = _Lost()
        if not self.returned and not self.faults:
            self.faults.append(LineFault(function.lineno, Message("forward returns nothing.")))
        for path, member in self.found.members.items():
            if path not in self.found.nodes:
                self._keep(Node(path, member.type, member.params, repeat=member.repeat), member.line)

    # -- statements --------------------------------------------------------------------------------

    def _inputs(self, function: ast.FunctionDef) -> None:
        given = function.args
        if given.vararg or given.kwarg or given.posonlyargs or given.kwonlyargs or given.defaults:
            refuse(function, Message("The arguments of forward are self and the inputs, without defaults."))
        for argument in given.args[1:]:
            self.taken.add(argument.arg)
            self.found.spoken.add(argument.arg)
            self.found.inputs.append(argument.arg)
            self._keep(Node(argument.arg, INPUT), argument.lineno)
            self.local[argument.arg] = {"n": argument.arg}

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                return
            case ast.Assign(targets=[target], value=value):
                self._assign(target, self._line(value, name_of(target)))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, self._line(value, name_of(target)))
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                loaded = ast.copy_location(ast.Name(name, ast.Load()), target)
                if list(self.local.values()).count(self.local.get(name)) > 1:
                    refuse(
                        statement, Message("{name} has a second name: write {name} = {name} ...", name=name)
                    )
                made = ast.copy_location(ast.BinOp(loaded, op, value), statement)
                self._assign(target, self._line(made, name))
            case ast.Return(value=ast.expr() as value):
                self._return(value)
            case ast.For():
                self._loop(statement)
            case ast.If() | ast.While() | ast.With() | ast.Try() | ast.Match():
                refuse(
                    statement,
                    Message("A network has no {word}: what runs is the same for every input.",
                            word=type(statement).__name__.lower()),
                )  # fmt: skip
            case _:
                refuse(statement, Message("{text} is nothing that can be drawn.", text=said(statement)))

    def _line(self, value: ast.expr, hint: str | None) -> Json:
        """What a whole line gives; a node that it makes is called as the line calls it."""
        if isinstance(value, ast.Call | ast.BinOp | ast.UnaryOp | ast.Subscript | ast.Compare):
            return self._node_of(value, hint)
        return self.read(value)

    def _node_of(self, value: ast.expr, hint: str | None = None) -> Json:
        self._outermost, self._hint = value, hint
        try:
            return self.read(value)
        finally:
            self._outermost, self._hint = None, None

    _outermost: ast.expr | None = None
    _hint: str | None = None

    def _assign(self, target: ast.expr, value: Json) -> None:
        match target:
            case ast.Name(id=name):
                if name != "_":
                    self.local[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                self._count(value, len(parts))
                for place, part in enumerate(parts):
                    self._assign(part, self._item(target, value, place, len(parts)))
            case _:
                refuse(target, Message("{text} is nothing that can be drawn.", text=said(target)))

    def _count(self, value: Json, parts: int) -> None:
        """As many outputs as a line takes, where only the line says how many there are."""
        node = self.found.nodes.get(value["n"]) if is_reference(value) else None
        if node is not None and ports.is_counted(node):
            extra = {**node.extra, ports.OUTPUTS: parts}
            self.found.nodes[node.id] = replace(node, extra=extra)

    def _item(self, node: ast.expr, value: Json, place: int, count: int) -> Json:
        """Item `place` of a value that is taken apart into `count`."""
        if isinstance(value, _Lost):
            return value
        if isinstance(value, dict) and isinstance(value.get("t"), list) and len(value["t"]) == count:
            return value["t"][place]
        if isinstance(value, dict) and "shape" in value:
            return {"size": [value["shape"], place]}
        found = self._select(value, place)
        if found is None:
            refuse(node, Message("{text} does not fit what is assigned to it.", text=said(node)))
        return found

    def _loop(self, loop: ast.For) -> None:
        """The repetitions of a block, called one by one: `for layer in self.layers: x = layer(x, mask)`."""
        match loop.body:
            case [ast.Assign(targets=[target], value=ast.Call(func=func, keywords=[]) as call)]:
                flow = target.elts if isinstance(target, ast.Tuple) else [target]
                names = [ast.unparse(name) for name in flow]
                path = self._looped(loop, func)
                if path is not None and [ast.unparse(item) for item in call.args[: len(flow)]] == names:
                    args, _ = self.arguments(call)
                    made = self._call_member(call, path, args, {}, True, None)
                    for place, name in enumerate(flow):
                        self._assign(name, made if len(flow) == 1 else {**made, "i": place})
                    return
        refuse(loop, Message("A loop calls the layers of self one after the other, and nothing else."))

    def _looped(self, loop: ast.For, func: ast.expr) -> str | None:
        """The path of the repeated block that a loop goes through."""
        path = path_of(loop.iter)
        if path is not None:
            named = isinstance(func, ast.Name) and ast.unparse(loop.target) == func.id
            member = self.found.members.get(path) if named else None
            return path if member is not None and member.repeat is not None else None
        number, first, _, over = loops.counted(self, loop)
        match func:
            case ast.Call(
                func=ast.Attribute(value=owner, attr="get_submodule"),
                args=[ast.Call(func=ast.Name(id="str"), args=[ast.Name(id=name)])],
            ) if name == number and over is None and (holder := path_of(owner)) is not None:
                found = f"{holder}.{first}" if holder else str(first)
                return found if found in self.found.members else None
        return None

    def _return(self, value: ast.expr) -> None:
        items = value.elts if isinstance(value, ast.Tuple) else [value]
        given = []
        for item in items:
            made = self._line(item, None)
            if isinstance(made, _Part):
                refuse(item, Message("{text} is a tuple; return its parts.", text=said(item)))
            given.append(made)
        self.returned = True
        for made in given:
            id_ = naming.fresh("output", self.taken)
            self.taken.add(id_)
            self.found.outputs.append(id_)
            self._keep(Node(id_, OUTPUT, args=(made,)), value.lineno)

    # -- expressions -------------------------------------------------------------------------------

    def read(self, node: ast.expr) -> Json:
        match node:
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                found = self._operator(node, COMPARED.get(type(sign)), [self.read(left), self.read(right)])
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                found = self._operator(node, "op.invert", [self.read(operand)])
            case _:
                found = super().read(node)
        if isinstance(found, _Lost):
            raise Follows(node)
        return found

    def tupling(self, items: list[Json]) -> Json:
        return {"t": items}

    def attribute(self, node: ast.Attribute) -> Json:
        path = path_of(node)
        if path == "training" and path not in self.found.values:
            return {"if_training": [True, False]}
        if path is not None:
            return self._own(node, path)
        if node.attr == "shape":
            return {"shape": self._tensor(node, self.read(node.value))}
        if self.names.dotted(node) is not None:
            return super().attribute(node)
        refuse(node, Message("{text} is nothing that a network can hold.", text=said(node)))

    def _own(self, node: ast.expr, path: str) -> Json:
        """A value or a tensor that `self` holds."""
        if path in self.found.values:
            return self.found.values[path]
        member = self.found.members.get(path)
        if member is not None and member.type in CONSTANTS:
            if path not in self.found.nodes:
                self.found.spoken.add(path)
                self._keep(Node(path, member.type, member.params), member.line)
            return {"n": path}
        self._unless_lost(node, path)
        refuse(node, Message("self.{path} is no value that __init__ has set.", path=path))

    def subscript(self, node: ast.Subscript) -> Json:
        outer = node is self._outermost
        hint = self._hint if outer else None
        if (path := path_of(node)) is not None and path:
            return self._own(node, path)
        holder = self.read(node.value)
        if isinstance(node.slice, ast.Constant) and type(node.slice.value) is int:
            part = self._select(holder, node.slice.value)
            if part is not None:
                return part
        key = self._key(node.slice)
        if not outer and (not self._is_tensor(holder) and not has_slice(node.slice)):
            return {"getitem": [holder, key]}
        if isinstance(holder, dict) and "shape" in holder and not has_slice(node.slice):
            return {"getitem": [holder, key]}
        return self._add(node, "op.getitem", [holder, key], {}, outer, hint)

    def _key(self, node: ast.expr) -> Json:
        if isinstance(node, ast.Tuple):
            return {"t": [self._key(item) for item in node.elts]}
        if isinstance(node, ast.Slice):
            ends = (node.lower, node.upper, node.step)
            return {"slice": [None if end is None else self.read(end) for end in ends]}
        return self.read(node)

    def binary(self, node: ast.BinOp, left: Json, right: Json) -> Json:
        outer = node is self._outermost
        tensors = self._is_tensor(left) or self._is_tensor(right)
        if not tensors and not (outer and (is_reference(left) or is_reference(right))):
            return super().binary(node, left, right)
        type_ = TENSORS.get(type(node.op)) if tensors else None
        if type_ is None or table.entry(type_) is None:
            return self._operator(node, PLAIN.get(type(node.op)), [left, right])
        if not self._is_tensor(left):
            if not isinstance(node.op, EITHER_WAY):
                return self._operator(node, PLAIN.get(type(node.op)), [left, right])
            left, right = right, left
        return self._add(node, type_, [left, right], {}, outer, self._hint if outer else None)

    def _operator(self, node: ast.expr, type_: str | None, operands: list[Json]) -> Json:
        """A node of Python's own operator."""
        outer = node is self._outermost
        if type_ is None or table.entry(type_) is None:
            refuse(node, Message("{text} is arithmetic that a network cannot hold.", text=said(node)))
        return self._add(node, type_, operands, {}, outer, self._hint if outer else None)

    def negative(self, node: ast.UnaryOp, value: Json) -> Json:
        outer = node is self._outermost
        if self._is_tensor(value) or (outer and is_reference(value)):
            return self._operator(node, "op.neg", [value])
        return super().negative(node, value)

    def call(self, node: ast.Call) -> Json:
        outer = node is self._outermost
        hint = self._hint if outer else None
        if (own := path_of(node)) in self.found.members and self._holds_tensor(own):
            return self._own(node, str(own))
        path = path_of(node.func)
        held = path_of(node.func.value) if isinstance(node.func, ast.Attribute) else None
        if path is not None and not self._holds_tensor(held):
            return self._module(node, path, outer, hint)
        entry = self.names.entry(node.func)
        if entry is not None and entry.kind in ("function", "method"):
            args, kwargs = self.arguments(node)
            return self._add(node, entry.type, args, kwargs, outer, hint)
        if entry is not None:
            refuse(node, Message("Make {text} in __init__ and call it here.", text=said(node.func)))
        dotted = self.names.dotted(node.func)
        if isinstance(node.func, ast.Attribute) and dotted is None:
            return self._method(node, node.func, outer, hint)
        if (isinstance(node.func, ast.Name) and dotted is None) or dotted == "torch.device":
            return super().call(node)
        refuse(node, Message("{text} is no function known here.", text=said(node.func)))

    def _holds_tensor(self, path: str | None) -> bool:
        """Whether `self` holds a tensor at a path."""
        member = self.found.members.get(path or "")
        return member is not None and member.type in CONSTANTS

    def _method(self, node: ast.Call, func: ast.Attribute, outer: bool, hint: str | None) -> Json:
        holder = self._tensor(node, self.read(func.value))
        args, kwargs = self.arguments(node)
        is_form = func.attr == "size" and not kwargs and len(args) < 2
        if is_form and not (outer and table.entry("Tensor.size")):
            return {"size": [holder, *args]} if args else {"shape": holder}
        for type_ in (f"Tensor.{func.attr}", f"torch.{func.attr}"):
            entry = table.entry(type_)
            if entry is not None and entry.kind in ("method", "function"):
                return self._add(node, type_, [holder, *args], kwargs, outer, hint)
        refuse(node, Message("{name} is no method known here.", name=func.attr))

    def _module(self, node: ast.Call, path: str, outer: bool, hint: str | None) -> Json:
        args, kwargs = self.arguments(node)
        if path in self.found.members:
            return self._call_member(node, path, args, kwargs, outer, hint)
        if self.found.holders.get(path) == "Sequential":
            return self._run(node, path, args, kwargs, outer, hint)
        self._unless_lost(node, path)
        refuse(node, Message("self.{path} is no layer that __init__ has made.", path=path))

    def _unless_lost(self, node: ast.expr, path: str) -> None:
        if any(f"{path}.".startswith(f"{lost}.") for lost in self.found.lost):
            raise Follows(node)

    def _run(
        self,
        node: ast.Call,
        path: str,
        args: list[Json],
        kwargs: dict[str, Json],
        outer: bool,
        hint: str | None,
    ) -> Json:
        """The layers of an `nn.Sequential`, one after the other."""
        if len(args) != 1 or kwargs:
            refuse(node, Message("self.{path} takes one input.", path=path))
        value = args[0]
        count = 0
        while True:
            inner = f"{path}.{count}"
            if inner in self.found.members:
                value = self._call_member(node, inner, [value], {}, outer, None)
                times = self.found.members[inner].repeat
                count += times - 1 if isinstance(times, int) else 0
            elif self.found.holders.get(inner) == "Sequential":
                value = self._run(node, inner, [value], {}, outer, None)
            else:
                break
            count += 1
        return value

    def _call_member(
        self,
        node: ast.Call,
        path: str,
        args: list[Json],
        kwargs: dict[str, Json],
        outer: bool,
        hint: str | None,
    ) -> Json:
        member = self.found.members[path]
        if member.type in CONSTANTS:
            refuse(node, Message("self.{path} is no layer that __init__ has made.", path=path))
        if path not in self.found.nodes:
            self.found.spoken.add(path)
            made = Node(path, member.type, member.params, tuple(args), kwargs, repeat=member.repeat)
            return self._keep(made, node.lineno, outer)
        id_ = self._called(member.type, hint)
        made = Node(id_, member.type, {}, tuple(args), kwargs, path=path, repeat=member.repeat)
        return self._keep(made, node.lineno, outer)

    # -- nodes -------------------------------------------------------------------------------------

    def _add(
        self,
        node: ast.expr,
        type_: str,
        args: list[Json],
        kwargs: dict[str, Json],
        outer: bool,
        hint: str | None,
    ) -> Json:
        entry = table.entry(type_)
        if entry is None:
            refuse(node, Message("{name} is no function known here.", name=type_))
        for value in (*args, *kwargs.values()):
            if isinstance(value, _Part):
                refuse(node, Message("{text} is given a tuple; give it the parts.", text=said(node)))
        args, kwargs = in_their_places(entry, args, kwargs)
        made = Node(self._called(type_, hint), type_, {}, tuple(args), kwargs)
        return self._keep(made, node.lineno, outer)

    def _called(self, type_: str, hint: str | None) -> str:
        if hint in self._once and hint is not None:
            name = hint[:-1] if hint.endswith("_") and hint[:-1] in RESERVED else hint
            if name not in self.found.nodes and naming.fault(name) is None:
                self.found.spoken.add(name)
                self.taken.add(name)
                return name
        made = naming.fresh(naming.base_name(type_), self.taken)
        self.taken.add(made)
        return made

    def _keep(self, node: Node, line: int, outer: bool = False) -> Json:
        self.found.nodes[node.id] = node
        self.found.lines[node.id] = line
        if outer:
            self.found.outer.append(node.id)
        return {"n": node.id}

    # -- what values are ---------------------------------------------------------------------------

    def _outputs(self, node: Node) -> tuple[str, ...]:
        if node.block is not None:
            return tuple(self.others[node.block].outputs) if node.block in self.others else ("output",)
        return ports.outputs(node)

    def _select(self, value: Json, place: int) -> Json | None:
        """Output `place` of what a node gives; None where it is no tuple or has no such part."""
        if isinstance(value, _Part):
            node, before = self.found.nodes[value.node], value.path
        elif is_reference(value) and value.get("i") is None:
            node, before = self.found.nodes[value["n"]], ()
        else:
            return None
        names = self._outputs(node)
        if len(names) < 2:
            return None
        wanted = (*before, place)
        paths = [ports.output_path(node.type, index) for index in range(len(names))]
        if wanted in paths:
            return {"n": node.id, "i": paths.index(wanted)}
        inside = any(path[: len(wanted)] == wanted for path in paths)
        return _Part(node.id, wanted) if inside else None

    def _is_tensor(self, value: Json) -> bool:
        if isinstance(value, dict) and "if" in value:
            return any(map(self._is_tensor, value["if"][1:]))
        if not is_reference(value):
            return False
        node = self.found.nodes[value["n"]]
        if node.type == "op.getitem" and node.args:
            return self._is_tensor(node.args[0])
        if node.type.startswith("op."):
            return any(map(self._is_tensor, node.args))
        return node.type not in _NUMBERS

    def _tensor(self, node: ast.expr, value: Json) -> Json:
        chosen = isinstance(value, dict) and "if" in value and self._is_tensor(value)
        if not is_reference(value) and not chosen:
            refuse(node, Message("{text}: a tensor is expected here.", text=said(node)))
        return value
