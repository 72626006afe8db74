"""What the catalogue says of one node type. Plain data; knows no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from studio.graph.values import Json, Path

Kind = Literal["module", "function", "method", "structural"]
"""`nn.Conv2d`; `torch.add`, `F.relu`; `Tensor.float`; `input`, `output`, `param`, `const`, `block:NAME`."""

Editor = Literal["int", "float", "bool", "text", "choice", "int_tuple", "dtype", "layer", "any"]
"""What fits an argument: a field for a number, a list of words, and so on. A "layer" is a class of layers."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input a wire can end at. `slot` is its place in the arguments: `("args", 0)`, `("kwargs", "mask")`.

    A variadic port (`torch.cat`'s tensors) holds a list of wires: its n-th wire is at `slot + (n,)`.
    Where `number` is set, a number may stand in place of the wire (`x + 2`).
    """

    name: str
    slot: Path
    optional: bool = False
    variadic: bool = False
    number: bool = False


INPUT = (Port("input", ("args", 0)),)
"""the ports of a type that takes one tensor"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One node type.

    `new` are the params (of a module) or literal kwargs (of a function) a new node starts with; `auto` the
    params that follow from the input; `auto_out` the param that follows from the data where the node is the
    last layer and the param is left out. `outputs` are named in the order of a reference's `i`; where
    they lie in what PyTorch returns says `ports.output_path`. A reference without `i` is the whole result.

    `places` are the literals that Python takes by position only, each with its place in the arguments. A
    `twin` is the type that this one is another way to write (`Tensor.mean` of `torch.mean`): it lends its
    words, and the palette offers it alone.
    """

    type: str
    label: str
    category: str
    kind: Kind
    inputs: tuple[Port, ...]
    outputs: tuple[str, ...] = ("output",)
    new: Mapping[str, Json] = field(default_factory=dict)
    auto: tuple[str, ...] = ()
    auto_out: str | None = None
    keywords: tuple[str, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    twin: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a constructor or function, as its signature has it.

    `kind` is the editor that fits. `choices` are the values of a "choice". `required` has no default.
    """

    name: str
    kind: Editor
    default: Json = None
    required: bool = False
    optional: bool = False
    """whether null (Python's None) is a value it takes"""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    length: int | None = None
    """for an "int_tuple": how many numbers (2 for Conv2d's kernel_size); one number stands for all"""
