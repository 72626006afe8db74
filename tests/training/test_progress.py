"""The ring that the loop writes and everybody reads."""

import sys
import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio.training.commands import Commands
from studio.training.progress import Progress


@given(
    pieces=st.lists(st.integers(0, 30), max_size=20),
    reads=st.sets(st.integers(0, 20)),
    capacity=st.integers(1, 40),
)
def test_a_reader_gets_every_step_that_still_lies_there(pieces: list, reads: set, capacity: int) -> None:
    progress, cursor, written, seen = Progress(capacity=capacity), 0, 0, []
    for turn, size in enumerate(pieces):
        progress.add(np.arange(written + 1, written + size + 1))
        written += size
        if turn in reads:
            cursor, numbers, losses = progress.steps_since(cursor)
            assert numbers.tolist() == losses.astype(int).tolist()
            assert numbers.tolist() == list(range(written - len(numbers) + 1, written + 1))
            assert len(numbers) == min(written - (seen[-1] if seen else 0), capacity)
            assert cursor == written
            seen.append(written)


def test_a_reader_that_comes_too_late_sees_the_gap() -> None:
    progress = Progress(capacity=4)
    progress.add([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])

    _, numbers, losses = progress.steps_since(0)

    assert numbers.tolist() == [3, 4, 5, 6]
    assert losses.tolist() == [3.0, 4.0, 5.0, 6.0]


def test_nothing_new_gives_nothing() -> None:
    progress = Progress()
    progress.add([0.5])
    cursor, _, _ = progress.steps_since(0)

    again, numbers, losses = progress.steps_since(cursor)

    assert (again, len(numbers), len(losses)) == (1, 0, 0)


def test_steps_that_are_being_overwritten_are_left_out() -> None:
    progress = Progress(capacity=4)
    progress.add([1.0, 2.0, 3.0, 4.0])
    # the writer in the middle of steps 5 and 6: written, but not counted yet
    progress._claimed = 6
    progress._losses[:2] = [5.0, 6.0]

    _, numbers, losses = progress.steps_since(0)

    assert (numbers.tolist(), losses.tolist()) == ([3, 4], [3.0, 4.0])


def test_reading_while_another_thread_writes_never_pairs_a_step_with_a_wrong_loss() -> None:
    progress, total = Progress(capacity=64), 60_000
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def write() -> None:
        for first in range(0, total, 7):
            progress.add(np.arange(first + 1, min(first + 7, total) + 1))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        cursor = 0
        while writer.is_alive() or cursor < total:
            cursor, numbers, losses = progress.steps_since(0)
            assert numbers.tolist() == losses.astype(int).tolist()
    finally:
        writer.join()
        sys.setswitchinterval(before)
    assert cursor == total


def test_a_pause_lasts_until_the_run_goes_on() -> None:
    commands, passed = Commands(), threading.Event()
    commands.pause()
    waiting = threading.Thread(target=lambda: (commands.wait(), passed.set()))
    waiting.start()

    assert not passed.wait(0.05)
    commands.resume()
    assert passed.wait(90)
    waiting.join()


def test_stop_ends_a_pause_and_cannot_be_paused_again() -> None:
    commands = Commands()
    commands.pause()
    commands.stop()
    commands.pause()

    assert commands.stopping
    assert not commands.paused
