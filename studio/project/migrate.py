"""From every older version of the file format to the newest, one step a version.

`STEPS[n]` turns the JSON of version n into that of version n + 1; `tests/project/versions` has files of each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from studio.graph.values import Json

VERSION: Final = 1
"""the version this program writes"""

STEPS: dict[int, Callable[[dict[str, Json]], dict[str, Json]]] = {}


def migrate(table: dict[str, Json]) -> dict[str, Json]:
    """The same project in the newest version. `table["version"]` is at most `VERSION`."""
    while table["version"] < VERSION:
        version = table["version"]
        table = STEPS[version](table) | {"version": version + 1}
    return table
