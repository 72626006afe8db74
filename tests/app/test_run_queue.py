"""Runs that wait for their turn, and what is asked of the one that is on its way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from studio.app.rate_field import RateField
from studio.app.trainer import Trainer
from studio.training.progress import Event
from studio.words import Message, NetloomError

from .training_fakes import FakeTraining, notices_of, session_with_data, training

__all__ = ["training"]


@pytest.fixture
def trainer(training: FakeTraining) -> Iterator[Trainer]:
    made = Trainer(session_with_data(epochs=1))
    yield made
    training.hold.set()
    made._session._idle.stop()


def running(qtbot: QtBot, trainer: Trainer) -> None:
    qtbot.waitUntil(lambda: trainer.state == "running", timeout=10_000)


def idle(qtbot: QtBot, trainer: Trainer) -> None:
    qtbot.waitUntil(lambda: trainer.state == "idle" and not trainer.queue.waiting, timeout=10_000)


def with_epochs(trainer: Trainer, epochs: int) -> None:
    with trainer._session.edit(Message("Set")) as edit:
        edit.set(("training", "epochs"), epochs)
    trainer._session._idle.stop()


def trained(training: FakeTraining, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The epochs of every project that was trained, in order."""
    seen: list[int] = []
    plain = FakeTraining.__call__

    def call(self: FakeTraining, project: object, *given: object) -> object:
        seen.append(project.training["epochs"])  # type: ignore[attr-defined]
        return plain(self, project, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeTraining, "__call__", call)
    return seen


def test_runs_have_their_turns_in_order_each_with_the_project_as_it_was(
    trainer: Trainer, qtbot: QtBot, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = trained(training, monkeypatch)
    training.hold.clear()
    trainer.start()
    running(qtbot, trainer)
    for epochs in (2, 3, 4):
        with_epochs(trainer, epochs)
        trainer.add_to_queue()
    _, second, third = trainer.queue.waiting
    trainer.queue.move_up(third)
    trainer.queue.cancel(second)
    assert [w.project.training["epochs"] for w in trainer.queue.waiting] == [2, 4]
    training.hold.set()
    idle(qtbot, trainer)
    assert seen == [1, 2, 4]


def test_an_error_of_one_run_does_not_hold_up_the_next(
    trainer: Trainer, qtbot: QtBot, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = trained(training, monkeypatch)
    training.error = NetloomError(Message("no good"))
    trainer.start()
    trainer.add_to_queue()
    trainer.add_to_queue()
    idle(qtbot, trainer)
    assert seen == [1, 1, 1]


def test_a_stop_by_hand_holds_the_queue_until_it_is_let_go_on(
    trainer: Trainer, qtbot: QtBot, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = trained(training, monkeypatch)
    training.hold.clear()
    trainer.start()
    running(qtbot, trainer)
    trainer.add_to_queue()
    trainer.stop()
    qtbot.waitUntil(lambda: trainer.queue.held and trainer.state == "idle")
    qtbot.wait(50)
    assert (trainer.state, seen) == ("idle", [1])
    training.hold.set()
    trainer.queue.go_on()
    idle(qtbot, trainer)
    assert seen == [1, 1]


def test_with_nothing_on_its_way_a_run_of_the_queue_begins_at_once(
    trainer: Trainer, qtbot: QtBot, training: FakeTraining
) -> None:
    with qtbot.waitSignal(trainer.finished, timeout=10_000):
        trainer.add_to_queue()


def test_what_cannot_be_trained_is_not_queued(qtbot: QtBot) -> None:
    session = session_with_data()
    with session.edit(Message("No data")) as edit:
        edit.unset(("data", "source"))
    session._idle.stop()
    trainer = Trainer(session)
    with qtbot.waitSignal(trainer.refused):
        trainer.add_to_queue()
    assert not trainer.queue.waiting


def test_a_closing_window_starts_nothing_more(
    trainer: Trainer, qtbot: QtBot, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = trained(training, monkeypatch)
    training.hold.clear()
    trainer.start()
    trainer.add_to_queue()
    assert trainer.shutdown(10_000)
    qtbot.wait(50)
    assert seen == [1]


def test_what_waits_when_the_window_ends_is_held_in_the_next_and_then_runs(
    trainer: Trainer, qtbot: QtBot, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    training.hold.clear()
    trainer.start()
    running(qtbot, trainer)
    for epochs in (2, 3):
        with_epochs(trainer, epochs)
        trainer.add_to_queue()
    assert trainer.shutdown(10_000)
    seen = trained(training, monkeypatch)
    training.hold.set()
    following = Trainer(session_with_data(epochs=1))
    following.queue.take_over()
    qtbot.waitUntil(lambda: len(following.queue.waiting) == 2, timeout=10_000)
    assert following.queue.held
    following.queue.go_on()
    idle(qtbot, following)
    assert seen == [2, 3]
    assert following.shutdown(10_000)
    third = Trainer(session_with_data(epochs=1))
    with qtbot.waitSignal(third.queue._taking.done, timeout=10_000):
        third.queue.take_over()
    assert not third.queue.waiting and not third.queue.held
    following._session._idle.stop()
    third._session._idle.stop()


def test_a_queue_that_cannot_be_kept_is_said(
    trainer: Trainer, qtbot: QtBot, training: FakeTraining, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path / "file"))
    heard = notices_of(trainer._session)
    training.hold.clear()
    trainer.start()
    running(qtbot, trainer)
    trainer.add_to_queue()
    qtbot.waitUntil(lambda: any("queue cannot be kept" in text for _, text in heard), timeout=10_000)
    training.hold.set()
    idle(qtbot, trainer)


def test_the_rate_of_a_run_is_shown_and_changed_by_typing(
    trainer: Trainer, qtbot: QtBot, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = RateField(trainer)
    qtbot.addWidget(field)
    training.hold.clear()
    trainer.start()
    running(qtbot, trainer)
    assert trainer.progress is not None and field.isVisible()
    trainer.progress.lr = 0.001
    qtbot.waitUntil(lambda: field.entry.text() == "0.001", timeout=10_000)
    asked: list[float] = []
    monkeypatch.setattr(trainer, "change_lr", asked.append)
    for text in ("no", "0", "-1", "nan"):
        field.entry.clear()
        qtbot.keyClicks(field.entry, text)
        qtbot.keyClick(field.entry, Qt.Key.Key_Return)
        assert field.entry.property("invalid") is True
    field.entry.clear()
    qtbot.keyClicks(field.entry, "3e-4")
    qtbot.keyClick(field.entry, Qt.Key.Key_Return)
    assert asked == [3e-4]
    field.set_narrow(True)
    assert not field.isVisible()
    field.edit()
    dialog = field.findChild(QInputDialog, "lr_dialog")
    assert dialog.textValue() == "0.001"
    dialog.setTextValue("0.5")
    dialog.accept()
    assert asked == [3e-4, 0.5]
    training.hold.set()
    qtbot.waitUntil(lambda: trainer.state == "idle", timeout=10_000)
    assert not field.isVisible()


def test_what_was_done_to_a_run_is_told(trainer: Trainer, qtbot: QtBot, training: FakeTraining) -> None:
    heard = notices_of(trainer._session)
    training.hold.clear()
    trainer.start()
    running(qtbot, trainer)
    assert trainer.progress is not None
    trainer.progress.events += [
        Event("lr", 120, 1, {"from": 0.01, "to": 0.001}),
        Event("snapshot", 130, 1, {"name": "step-130"}),
        Event("evaluation", 140, 1, {"loss": 0.25, "accuracy": 0.9}),
        Event("memory", 150, 1, {"parts": 2}),
    ]
    training.hold.set()
    qtbot.waitUntil(lambda: trainer.state == "idle", timeout=10_000)
    told = [text for level, text in heard if "step 1" in text]
    assert told == [
        "The learning rate is 0.001 from step 120 on; before it was 0.01.",
        "The weights after step 130 are kept as step-130.",
        "Validation after step 140: loss 0.250, accuracy 90.0 %.",
    ]


def test_the_folder_of_the_project_goes_with_a_queued_run(
    qtbot: QtBot, training: FakeTraining, tmp_path: Path
) -> None:
    session = session_with_data(epochs=1)
    session.mark_saved(tmp_path / "a.json")
    trainer = Trainer(session)
    training.hold.clear()
    trainer.start()
    running(qtbot, trainer)
    trainer.add_to_queue()
    session.open(session.document.data(), tmp_path / "elsewhere" / "b.json")
    session._idle.stop()
    training.hold.set()
    idle(qtbot, trainer)
    assert (training.seen["base"], training.seen["folder"]) == (tmp_path, tmp_path / "a.runs")
