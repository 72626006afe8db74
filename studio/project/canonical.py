"""The one way a project is written as text: the same project gives the same bytes, and a diff is readable.

Known keys come in a fixed order, others sorted after them; a node is one line; the rest is indented by two.
"""

from __future__ import annotations

import json
import math
from typing import Any

from studio.graph.fragment import node_to_json
from studio.graph.frames import ONE_LINE_EACH
from studio.graph.model import Network, ProjectData
from studio.graph.values import Json, is_table

FORMAT = "netloom-project"

_ORDER = """
format version name networks data training
id type path repeat params args kwargs at parameters nodes
in_channels out_channels in_features out_features num_embeddings embedding_dim num_features normalized_shape
input_size hidden_size num_layers embed_dim num_heads kernel_size output_size stride padding output_padding
dilation groups bias padding_mode
n i p each expr of size shape t d slice getitem f dtype memory_format if_training if
source root reading encoding separator header rows target columns values missing download split validation
test preprocessing
objective loss optimizer lr momentum weight_decay network epochs batch_size seed threads processes device
"""
_RANKS = {key: rank for rank, key in enumerate(dict.fromkeys(_ORDER.split()))}


def dumps(project: ProjectData) -> str:
    """The text of a project file, with a newline at its end."""
    sections = [
        f'  "format": {_line(FORMAT)}',
        f'  "version": {project.version}',
        f'  "name": {_line(project.name)}',
        f'  "networks": {_networks(project)}',
    ]
    sections += [f"  {_line(key)}: {_block(project.settings[key], 1)}" for key in _sorted(project.settings)]
    return "{\n" + ",\n".join(sections) + "\n}\n"


def plain(value: Json) -> Json:
    """`value` with its keys in order, and with what JSON lacks in the forms of docs/file-format.md."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"f": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        if is_table(value):
            return {"d": {_whole(key): plain(item) for key, item in value["d"].items()}}
        return {_whole(key): plain(value[key]) for key in _sorted(value)}
    return value


def _networks(project: ProjectData) -> str:
    if not project.networks:
        return "{}"
    made = [f"    {_line(name)}: {_network(network)}" for name, network in project.networks.items()]
    return "{\n" + ",\n".join(made) + "\n  }"


def _network(network: Network) -> str:
    parts: list[str] = []
    if network.parameters:
        parts.append(f'      "parameters": {_line(dict(network.parameters))}')
    nodes = ",\n".join("        " + _node(node_to_json(node)) for node in network.nodes.values())
    parts.append('      "nodes": ' + (f"[\n{nodes}\n      ]" if nodes else "[]"))
    parts += [f"      {_line(key)}: {_extra(key, network.extra[key])}" for key in _sorted(network.extra)]
    return "{\n" + ",\n".join(parts) + "\n    }"


def _extra(key: str, value: Json) -> str:
    """What a network has beside its nodes; frames and bookmarks a line each, so that a move changes one."""
    if key not in ONE_LINE_EACH or not isinstance(value, dict) or not value:
        return _block(value, 3)
    return "{\n" + ",\n".join(f"        {_line(n)}: {_line(value[n])}" for n in _sorted(value)) + "\n      }"


def _node(table: dict[str, Json]) -> str:
    known = {_whole(key): plain(value) for key, value in table.items()}
    return json.dumps(known, ensure_ascii=False, allow_nan=False)


def _line(value: Json) -> str:
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)


def _block(value: Json, level: int) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=2)
    return text.replace("\n", "\n" + "  " * level)


def _sorted(table: Any) -> list[str]:
    return sorted(table, key=lambda key: (_RANKS.get(key, len(_RANKS)), key))


def _whole(text: str) -> str:
    """`text` without halves of characters, which no UTF-8 file can hold: pairs are joined, others marked."""
    if text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
