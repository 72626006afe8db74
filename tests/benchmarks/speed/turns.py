"""What a side and the benchmark tell each other, one JSON object a line: whose turn it is and how it went."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any


class Turns:
    """The side's end. A round is trained between `begin` and `end`; others wait meanwhile."""

    def __init__(self) -> None:
        self._target = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what libraries print must not come between
        self._say(ready=True)

    def rows(self) -> Iterator[tuple[str, int]]:
        """The rows to train, each with a seed, until there is none left."""
        while (line := sys.stdin.readline()) and (said := json.loads(line)).get("row"):
            try:
                yield said["row"], said["seed"]
            except Exception as error:  # noqa: BLE001 - the table says it
                self._say(failed=f"{type(error).__name__}: {error}")

    def begin(self) -> bool:
        """Waits for the next round; False where there is none."""
        self._say(waiting=True)
        line = sys.stdin.readline()
        self._faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        self._clock, self._processor = time.perf_counter(), time.process_time()
        return bool(line) and bool(json.loads(line).get("go"))

    def end(self, samples: int) -> None:
        taken = time.perf_counter() - self._clock, time.process_time() - self._processor
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - self._faults
        self._say(seconds=taken[0], processor=taken[1], samples=samples, faults=faults)

    def over(self, accuracy: float, note: str = "") -> None:
        self._say(accuracy=accuracy, note=note)

    def serve(self, train: Callable[[str, int], Any]) -> None:
        """Trains every row asked for; what goes wrong is told, and the next row is another chance."""
        for name, seed in self.rows():
            try:
                train(name, seed)
            except Exception as error:  # noqa: BLE001 - the table says it
                self._say(failed=f"{type(error).__name__}: {error}".splitlines()[0][:200])

    def _say(self, **line: Any) -> None:
        self._target.write(json.dumps(line) + "\n")
        self._target.flush()
