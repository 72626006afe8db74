"""What no project file could hold is refused when it is edited, not when it is saved."""

from __future__ import annotations

from collections.abc import Mapping

from studio.graph import operations as op
from studio.graph.operations import MISSING, Operation
from studio.graph.values import MAX_DEPTH, Json, depth
from studio.words import Message

FARTHEST = 10**7
"""how far from the middle of the canvas a card may be, in pixels"""
SECTIONS = ("data", "training")
"""settings that are always an object"""


def fault(operation: Operation) -> Message | None:
    """Why a project file could not hold what `operation` writes; None when it can."""
    match operation:
        case op.AddNode(_, node):
            return _name_fault(node.id) or _name_fault(node.type) or _place_fault(node.at)
        case op.RenameNode(_, _, name) | op.AddNetwork(name) | op.RenameNetwork(_, name):
            return _name_fault(name)
        case op.SetAttribute(_, _, ("type",), _, type_):
            return _name_fault(type_)
        case op.SetAttribute(_, _, ("at",), _, at):
            return _place_fault(at)
        case op.SetSetting((section,), _, value) if section in SECTIONS:
            if value is not MISSING and not isinstance(value, Mapping):
                return Message("The settings {name} are an object.", name=section)
        case op.SetNetwork(_, ("extra", "nodes" | "parameters" as name)):
            return Message("There is no setting {name}.", name=name)
    return _depth_fault(operation)


def _depth_fault(operation: Operation) -> Message | None:
    """A new value is as deep in the file as what lies around it there and in it together."""
    match operation:
        case op.SetArguments(_, _, _, new):
            around, value = 4, [new.args, new.kwargs]
        case op.SetAttribute(_, _, path, _, value):
            around = 4 + _levels(path)
        case op.SetNetwork(_, path, _, value):
            around = 2 + _levels(path)
        case op.SetSetting(path, _, value):
            around = len(path)
        case _:
            return None
    if around + depth(value) > MAX_DEPTH:
        return Message("The value is nested too deeply.")
    return None


def _levels(path: tuple[str, ...]) -> int:
    """How deep a path leads in the file, where what is in `extra` stands beside the known keys."""
    return len(path) - (path[0] == "extra")


def _name_fault(name: Json) -> Message | None:
    return None if isinstance(name, str) and name else Message("A name cannot be empty.")


def _place_fault(at: Json) -> Message | None:
    if len(at) == 2 and type(at[0]) is type(at[1]) is int and max(map(abs, at)) <= FARTHEST:
        return None
    return Message("A card cannot be placed at {place}.", place=at)
