"""What may be asked of a training that runs. From any thread; the loop obeys between two steps."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

Word = Literal["pause", "resume", "stop", "stop_after_epoch", "lr", "snapshot", "evaluate"]
ASKED: tuple[Word, ...] = ("lr", "snapshot", "evaluate")
"""words for what is done between two steps without ending anything (see `training.steering`)"""


class Commands:
    """Asked by the window or a signal handler, obeyed by the loop between two steps.

    `stopping`: end after the step being made. `ending`: end after the epoch being made. `gone`: nobody is
    left who could have asked, so the run was cut off rather than stopped.
    """

    def __init__(self) -> None:
        self._go = threading.Event()
        self._go.set()
        self.stopping = self.ending = self.gone = False
        self._asked: queue.SimpleQueue[tuple[Word, Any]] = queue.SimpleQueue()
        self._tell: Callable[[Word, Any], object] | None = None

    @contextmanager
    def told(self, tell: Callable[[Word, Any], object]) -> Iterator[None]:
        """Hands every command on inside the block, those given before it first; nothing is obeyed here."""
        self._tell = tell
        if self.stopping:
            tell("stop", None)
        elif self.paused:
            tell("pause", None)
        elif self.ending:
            tell("stop_after_epoch", None)
        for word, value in self.asked():
            tell(word, value)
        try:
            yield
        finally:
            self._tell = None

    def obey(self, word: Word, value: Any = None) -> None:
        """Does what a word that was handed on says."""
        match word:
            case "lr":
                self.change_lr(float(value))
            case "snapshot" | "evaluate":
                self._ask(word)
            case _:
                getattr(self, word)()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    def pause(self) -> None:
        if not self.stopping:
            self._go.clear()
            self._hand_on("pause")

    def resume(self) -> None:
        """Goes on after a pause; what the run waited for is tried again."""
        self._go.set()
        self._hand_on("resume")

    def stop(self) -> None:
        """Ends the run after the step being made; a paused run ends too."""
        self.stopping = True
        self._go.set()
        self._hand_on("stop")

    def stop_after_epoch(self) -> None:
        """Ends the run after the epoch being made; a paused run goes on until then."""
        self.ending = True
        self._go.set()
        self._hand_on("stop_after_epoch")

    def change_lr(self, lr: float) -> None:
        """Sets the learning rate of the next steps; parts with a rate of their own change by the same factor.

        Raises ValueError where `lr` is not a number above 0.
        """
        if not 0 < lr < float("inf"):
            raise ValueError(f"a learning rate is a number above 0, not {lr}")
        self._ask("lr", lr)

    def snapshot(self) -> None:
        """Writes the weights of this moment to a file of their own."""
        self._ask("snapshot")

    def evaluate(self) -> None:
        """Takes the metrics on validation data now, without ending the epoch."""
        self._ask("evaluate")

    @property
    def waiting(self) -> bool:
        """Whether something was asked that is not done yet."""
        return not self._asked.empty()

    def asked(self) -> list[tuple[Word, Any]]:
        """What was asked and not done yet, the oldest first; it counts as done from here on."""
        found = []
        while not self._asked.empty():
            found.append(self._asked.get())
        return found

    def wait(self, seconds: float | None = None) -> None:
        """Blocks, without turning, until the run goes on; by itself after so many `seconds`."""
        if not self._go.wait(seconds):
            self._go.set()

    def _ask(self, word: Word, value: Any = None) -> None:
        if self._tell is not None:
            self._tell(word, value)
        else:
            self._asked.put((word, value))

    def _hand_on(self, word: Word) -> None:
        if self._tell is not None:
            self._tell(word, None)
