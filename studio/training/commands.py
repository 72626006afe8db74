"""What may be asked of a training that runs: pause, go on, stop. From any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Commands:
    """Asked by the window or a signal handler, obeyed by the loop between two steps."""

    def __init__(self) -> None:
        self._go = threading.Event()
        self._go.set()
        self.stopping = False
        self._tell: Callable[[str], object] = lambda word: None

    @contextmanager
    def told(self, tell: Callable[[str], object]) -> Iterator[None]:
        """Hands every command on inside the block, those given before it first."""
        self._tell = tell
        if self.stopping:
            tell("stop")
        elif self.paused:
            tell("pause")
        try:
            yield
        finally:
            self._tell = lambda word: None

    def obey(self, word: str) -> None:
        """Does what a word that was handed on says: "pause", "resume" or "stop"."""
        {"pause": self.pause, "resume": self.resume, "stop": self.stop}[word]()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    def pause(self) -> None:
        if not self.stopping:
            self._go.clear()
            self._tell("pause")

    def resume(self) -> None:
        self._go.set()
        self._tell("resume")

    def stop(self) -> None:
        """Ends the run after the step being made; a paused run ends too."""
        self.stopping = True
        self._go.set()
        self._tell("stop")

    def wait(self) -> None:
        """Blocks, without turning, until the run goes on."""
        self._go.wait()
