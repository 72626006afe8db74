"""What was read of a source: classes as networks, with the line that each node stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from studio.graph.model import Network, Node
from studio.graph.operations import MISSING, Missing
from studio.graph.values import Json

Holder = Literal["Sequential", "ModuleList", "Module"]


@dataclass(frozen=True, slots=True)
class Member:
    """What an attribute of `self` holds: a layer, a block (`block:CLASS`), a tensor."""

    type: str
    params: dict[str, Json]
    line: int
    repeat: Json = None


@dataclass(slots=True)
class ReadClass:
    """One class. `parameters` without a default hold MISSING; a block's type is `block:` and its class.

    `outer` are the nodes that a whole line of `forward` makes, in its order; `spoken` those whose id stands
    in the source and was not made up.
    """

    name: str
    line: int
    parameters: dict[str, Json | Missing] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    holders: dict[str, Holder] = field(default_factory=dict)
    values: dict[str, Json] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    outer: list[str] = field(default_factory=list)
    spoken: set[str] = field(default_factory=set)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    tied: list[list[str]] = field(default_factory=list)
    """attributes that are set to another attribute: the paths of each, the first that which was made"""
    lost: set[str] = field(default_factory=set)
    """attributes whose line could not be read: what uses them is no fault of its own"""

    def network(self) -> Network:
        given = {name: None if value is MISSING else value for name, value in self.parameters.items()}
        return Network(dict(self.nodes), given)
