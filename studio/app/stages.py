"""Heavy libraries are imported by one thread, in stages; work that needs a stage waits here until it is done.

Two threads that import parts of one library with circular imports (pydantic, torch) would wait for each other
for ever; Python ends that by handing one of them a half-made module, and its import fails.
"""

from __future__ import annotations

import threading


class Stage:
    """Passable unless an import of it is under way. Safe from any thread."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._done.set()

    def begin(self) -> None:
        """Holds up whoever comes from now on."""
        self._done.clear()

    def end(self) -> None:
        """Lets everybody pass, whether the import succeeded or not: the work will say what is missing."""
        self._done.set()

    def wait(self) -> None:
        """Blocks until no import of this stage is under way."""
        self._done.wait()


PROJECT = Stage()
"""what reading and writing a project needs"""
ENGINE = Stage()
"""PyTorch, and what shapes and source need"""
ALL = Stage()
"""what training, data and previews need as well"""
STAGES = (PROJECT, ENGINE, ALL)
