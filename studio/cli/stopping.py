"""Ctrl-C and a polite end of the process (SIGTERM) stop a training with its weights kept."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from studio.words import tr

if TYPE_CHECKING:
    from studio.training.commands import Commands


@contextmanager
def stopped_by_signals(commands: Commands, said: bool = True) -> Iterator[None]:
    """Once ends the training with its checkpoint kept, Ctrl-C twice ends the program.

    Schedulers such as Slurm's, and torchrun, send SIGTERM and wait a while before they kill.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: object) -> None:
        if commands.stopping and number == signal.SIGINT:
            raise KeyboardInterrupt
        commands.stop()
        if said:
            print(f"\n{tr('Stopping; the weights are kept. Ctrl-C again ends at once.')}", file=sys.stderr)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
