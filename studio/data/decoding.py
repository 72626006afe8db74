"""Pictures decoded: one of them here, many in the process that this file is when it is run.

That process takes a job a line on standard input (JSON) and answers each with a line. Pixels do not go
through the pipe: they are written where they belong in the file that the job names. Imports little, so that
it starts fast.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

GREY = frozenset(("1", "L", "LA", "I", "I;16", "F"))
"""Pillow's modes without colour"""
Job = Mapping[str, Any]
"""`files` are paths, `task` is "facts" or "pixels"; for pixels `height`, `width`, `channels`, and the bytes
of the first file begin at `at` of the file `out`"""


class Unreadable(Exception):  # noqa: N818 - said as such
    """A file is no picture, or not a whole one; the message is Pillow's."""


def facts(file: str) -> tuple[int, int, bool]:
    """Height, width and whether there is colour, by the head of the file. Raises Unreadable."""
    from PIL import Image

    try:
        with Image.open(file) as picture:
            return picture.size[1], picture.size[0], picture.mode not in GREY
    except Exception as error:  # noqa: BLE001 - Pillow's readers raise whatever a broken file leads them to
        raise Unreadable(_reason(error)) from None


def pixels(file: str, height: int, width: int, channels: int) -> NDArray[Any]:
    """(channels, height, width) uint8, turned as the camera says. Raises Unreadable."""
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as picture:
            turned = ImageOps.exif_transpose(picture).convert("L" if channels == 1 else "RGB")
            if turned.size != (width, height):
                turned = turned.resize((width, height), Image.Resampling.BILINEAR)
    except Exception as error:  # noqa: BLE001 - as above
        raise Unreadable(_reason(error)) from None
    return np.asarray(turned, dtype=np.uint8).reshape(height, width, channels).transpose(2, 0, 1)


def _reason(error: Exception) -> str:
    said = str(error).splitlines()
    return said[0] if said and said[0] else type(error).__name__


def do(job: Job) -> dict[str, Any]:
    """The answer to a job: `facts`, one a file and None where it does not open, and `broken`: why not."""
    files: Sequence[str] = job["files"]
    return _facts_of(files) if job["task"] == "facts" else _decode(files, job)


def _facts_of(files: Sequence[str]) -> dict[str, Any]:
    found: list[tuple[int, int, bool] | None] = []
    broken = {}
    for i, file in enumerate(files):
        try:
            found.append(facts(file))
        except Unreadable as error:
            found.append(None)
            broken[i] = str(error)
    return {"facts": found, "broken": broken}


def _decode(files: Sequence[str], job: Job) -> dict[str, Any]:
    import numpy as np

    shape = job["channels"], job["height"], job["width"]
    decoded = np.zeros((len(files), *shape), dtype=np.uint8)
    broken = {}
    for i, file in enumerate(files):
        try:
            decoded[i] = pixels(file, *shape[1:], shape[0])
        except Unreadable as error:
            broken[i] = str(error)
    with open(job["out"], "r+b") as out:  # noqa: PTH123 - a Path would be made for each job
        out.seek(job["at"])
        out.write(decoded.data)
    return {"broken": broken}


def main() -> None:
    """Answers jobs until there are no more."""
    import warnings

    warnings.simplefilter("ignore")  # of pictures; what is wrong with one is in its answer
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(json.dumps(do(json.loads(line))).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
