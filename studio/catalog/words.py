"""The catalogue's own words: for each type a name and one sentence, one file a language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from studio import places
from studio import words as language
from studio.catalog import table
from studio.graph.model import OPAQUE
from studio.graph.passing import DOT
from studio.words import tr


@cache
def _words(code: str) -> Mapping[str, Mapping[str, str]]:
    file = places.resources() / "catalog" / f"{code}.json"
    return json.loads(file.read_text(encoding="utf-8"))


def name(type_: str, code: str | None = None) -> str:
    """What a type is in the field's own terms: "2-D convolution". The label where nothing is written."""
    found = _words(code or language.language()).get(_worded(type_))
    return found["name"] if found else table.label(type_)


def sentence(type_: str, code: str | None = None) -> str:
    """One sentence on what a type does, in the language in use or in `code`."""
    found = _words(code or language.language()).get(_worded(type_))
    if found:
        return found["sentence"]
    if type_.startswith("block:"):
        return tr("A network of this project, used as one layer.")
    if type_ == OPAQUE:
        return tr(
            "Part of an imported module that no document can hold: only its place and shapes are known."
        )
    if type_ == DOT:
        return tr("A place that a wire goes by, and where it may fork. It is no part of the module.")
    return tr("A type that this version of Netloom does not know. It is kept as it is.")


def _worded(type_: str) -> str:
    """The type whose words a type has: its own, or its twin's."""
    found = table.entry(type_)
    return _worded(found.twin) if found is not None and found.twin else type_


def torch_name(type_: str) -> str:
    """The full name a person finds in PyTorch's documentation; "" where PyTorch has none.

    >>> torch_name("nn.Conv2d"), torch_name("F.relu"), torch_name("op.getitem")
    ('torch.nn.Conv2d', 'torch.nn.functional.relu', 'operator.getitem')
    """
    home, point, rest = type_.partition(".")
    homes = {"nn": "torch.nn", "F": "torch.nn.functional", "op": "operator", "Tensor": "torch.Tensor"}
    homes["ops"] = "torchvision.ops"
    if not point or type_.startswith("block:"):
        return ""
    return f"{homes.get(home, home)}.{rest}"
