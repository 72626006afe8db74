"""What may be asked of a training that runs: pause, go on, stop. From any thread."""

from __future__ import annotations

import threading


class Commands:
    """Asked by the window or a signal handler, obeyed by the loop between two steps."""

    def __init__(self) -> None:
        self._go = threading.Event()
        self._go.set()
        self.stopping = False

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    def pause(self) -> None:
        if not self.stopping:
            self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def stop(self) -> None:
        """Ends the run after the step being made; a paused run ends too."""
        self.stopping = True
        self._go.set()

    def wait(self) -> None:
        """Blocks, without turning, until the run goes on."""
        self._go.wait()
