"""The edge where a file comes in: the shape that the JSON of a project must have, checked strictly.

Only the shape is checked. Wires to nodes that do not exist, circles and unknown types are no reason to refuse
a file: they are shown on the node. Unknown keys are kept. Imported when a file is read, for pydantic is slow
to import.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from studio.graph import validate
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import Json
from studio.graph.writable import FARTHEST
from studio.project.errors import ProjectError
from studio.words import Message

_Coordinate = Annotated[int, Field(ge=-FARTHEST, le=FARTHEST)]
_Name = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", protected_namespaces=())

    @property
    def others(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class _NodeFile(_Strict):
    id: _Name
    type: _Name
    path: str | None = None
    repeat: Any = None
    params: dict[str, Any] = {}
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    at: Annotated[list[_Coordinate], Field(min_length=2, max_length=2)] = [0, 0]


class _NetworkFile(_Strict):
    parameters: dict[str, Any] = {}
    nodes: list[_NodeFile] = []


class _ProjectFile(_Strict):
    format: str
    version: int
    name: str = "Untitled"
    networks: dict[_Name, _NetworkFile]
    data: dict[str, Any] | None = None
    training: dict[str, Any] | None = None


def read(table: dict[str, Json], file: str) -> ProjectData:
    """The project in the JSON of a file of the newest version. Raises ProjectError with the place in it."""
    try:
        found = _ProjectFile.model_validate(table)
    except ValidationError as error:
        raise _explain(error.errors()[0], file) from error
    sections = {"data": found.data, "training": found.training}
    settings = {name: section for name, section in sections.items() if section is not None} | found.others
    networks = {name: _network(name, network, file) for name, network in found.networks.items()}
    return ProjectData(found.name, networks or {"model": Network()}, settings, found.version)


def _network(name: str, found: _NetworkFile, file: str) -> Network:
    nodes: dict[str, Node] = {}
    for index, node in enumerate(found.nodes):
        if node.id in nodes:
            reason = Message(
                "The name {id} is used twice in this network. Rename one of the two.", id=node.id
            )
            raise ProjectError(file, reason, f"networks.{name}.nodes[{index}].id")
        nodes[node.id] = Node(
            node.id,
            node.type,
            node.params,
            tuple(node.args),
            node.kwargs,
            (node.at[0], node.at[1]),
            node.path,
            node.others,
            node.repeat,
        )
    return Network(nodes, found.parameters, found.others)


def _explain(error: ErrorDetails, file: str) -> ProjectError:
    steps = [step for step in error["loc"] if step != "[key]"]
    return ProjectError(file, _reason(error), validate.place(tuple(steps)))


def _reason(error: ErrorDetails) -> Message:
    match error["type"]:
        case "missing":
            return Message("This is missing. Add it in a text editor, or open a backup.")
        case "dict_type" | "model_type":
            return Message("An object in braces is expected here.")
        case "list_type":
            return Message("A list in brackets is expected here.")
        case "string_type" | "string_too_short":
            return Message("A text is expected here.")
        case "int_type" | "int_from_float":
            return Message("A whole number is expected here.")
        case "too_short" | "too_long":
            return Message("Two whole numbers are expected here: the place on the canvas.")
        case "greater_than_equal" | "less_than_equal":
            return Message(
                "A place on the canvas lies between −10\u2009000\u2009000 and 10\u2009000\u2009000."
            )
        case _:
            return Message("This does not fit here ({reason}).", reason=error["msg"])
