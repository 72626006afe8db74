"""What a training process and its window tell each other arrives as it was sent."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio.training import wire
from studio.training.progress import EpochRecord, Event, Progress
from studio.training.run import RunResult
from studio.words import Message

values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
messages = st.recursive(
    st.builds(lambda text: Message(text), st.text()),
    lambda inner: st.builds(
        lambda text, table: Message(text, **table),
        st.text(),
        st.dictionaries(st.sampled_from(["node", "reason", "n"]), values | inner, max_size=3),
    ),
    max_leaves=4,
)
metrics = st.dictionaries(st.sampled_from(["loss", "accuracy"]), st.floats(allow_nan=False))
records = st.builds(
    EpochRecord, st.integers(1, 99), st.integers(1, 999), metrics, metrics, st.floats(0, 99), st.booleans()
)


def sent(line: dict[str, object]) -> dict[str, object] | None:
    file = io.BytesIO()
    wire.write(file, line)
    file.seek(0)
    return wire.read(file)


@given(messages)
def test_a_message_arrives_whole(message: Message) -> None:
    line = sent({"error": message.to_json()})
    assert line is not None
    assert Message.from_json(line["error"]) == message  # type: ignore[arg-type]


def test_a_value_that_is_not_plain_arrives_as_its_text() -> None:
    message = Message("{file}: {error}", file=Path("a/b"), error=ValueError("no"))
    assert str(Message.from_json(message.to_json())) == f"{Path('a/b')}: no"


@given(st.none() | records, st.lists(messages, max_size=2), st.none() | metrics)
def test_a_result_arrives_whole(
    last: EpochRecord | None, problems: list[Message], best: dict[str, float] | None
) -> None:
    result = RunResult(Path("runs/1"), best, last, {"loss": 0.5}, 12.5, "done", tuple(problems))
    line = sent({"result": wire.result_to_json(result)})
    assert line is not None
    assert wire.result_from_json(line["result"]) == result  # type: ignore[arg-type]


@given(
    st.lists(st.lists(st.floats(width=32), min_size=1, max_size=5), max_size=6), st.lists(records, max_size=3)
)
def test_a_progress_that_is_told_now_and_then_is_the_same_on_both_sides(
    flushes: list[list[float]], epochs: list[EpochRecord]
) -> None:
    there, here = Progress(), Progress()
    teller = wire.Teller(there)
    for number, losses in enumerate(flushes):
        there.add(losses)
        there.status, there.epoch, there.run = "running", number, Path("runs") / str(number)
        there.notices.append(Message("{n}", n=number))
        there.epochs_done += epochs[number : number + 1]
        there.events.append(Event("lr", number, 1, {"from": 0.1, "to": 0.01}))
        there.lr, there.waits = 0.01 * number, Message("{n}", n=number) if number % 3 else None
        if number % 2:
            wire.take(teller.news() or {}, here)
    if news := teller.news():
        wire.take(news, here)
    assert teller.news() is None
    assert (here.status, here.epoch, here.run, here.step) == (
        there.status,
        there.epoch,
        there.run,
        there.step,
    )
    assert (here.notices, here.epochs_done) == (there.notices, there.epochs_done)
    assert (here.events, here.lr, here.waits) == (there.events, there.lr, there.waits)
    np.testing.assert_array_equal(here.steps_since(0)[2], there.steps_since(0)[2])


def test_a_line_that_was_cut_off_is_none() -> None:
    assert wire.read(io.BytesIO(b'{"ready": true')) is None
