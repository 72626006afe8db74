"""A run in trouble: the notice that says so, and what its buttons do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.app.guards import Guards
from studio.app.notices import NoticeBar
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.training.apart import ProcessDiedError
from studio.training.divergence import DivergedError, Fault
from studio.words import Message

from .test_runs import make_run
from .training_fakes import FakeTraining, session_with_data, training

__all__ = ["training"]


class Shown:
    """A session with its trainer, its notices and the cards that were asked for."""

    def __init__(self, qtbot: QtBot) -> None:
        self.session: Session = session_with_data(optimizer={"type": "SGD", "lr": 0.1})
        self.trainer = Trainer(self.session)
        self.bar = NoticeBar()
        qtbot.addWidget(self.bar)
        self.cards: list[tuple[str, str]] = []
        self.session.notice.connect(
            lambda level, text: self.bar.show_notice(level, text) if level != "info" else None
        )
        self.guards = Guards(self.session, self.trainer, self.bar, lambda *card: self.cards.append(card))

    def buttons(self) -> dict[str, QPushButton]:
        return {button.objectName(): button for button in self.bar.findChildren(QPushButton)}

    def texts(self) -> list[str]:
        return [str(notice.text) for notice in self.bar.notices]


@pytest.fixture
def shown(qtbot: QtBot) -> Iterator[Shown]:
    made = Shown(qtbot)
    yield made
    made.session._idle.stop()


def failed(shown: Shown, qtbot: QtBot, training: FakeTraining, error: Exception) -> None:
    training.error = error
    with qtbot.waitSignal(shown.trainer.failed, timeout=10_000):
        shown.trainer.start()


def test_a_run_that_diverged_shows_its_node_and_offers_cures_that_can_be_undone(
    shown: Shown, qtbot: QtBot, training: FakeTraining
) -> None:
    fault = Fault("forward", 12, "Part", "log", "torch.log")
    failed(shown, qtbot, training, DivergedError(Message("The loss became NaN."), 12, fault))
    assert shown.texts() == ["The loss became NaN."], "one notice, not two"
    buttons = shown.buttons()
    buttons["show_fault_button"].click()
    assert shown.cards == [("Part", "log")]
    buttons["lower_lr_button"].click()
    assert shown.session.document.data().training["optimizer"] == {"type": "SGD", "lr": pytest.approx(0.01)}
    shown.session.undo()
    assert shown.session.document.data().training["optimizer"] == {"type": "SGD", "lr": 0.1}


def test_data_that_are_no_numbers_have_no_cure_in_the_settings(
    shown: Shown, qtbot: QtBot, training: FakeTraining
) -> None:
    fault = Fault("input", 0, sample=7)
    failed(shown, qtbot, training, DivergedError(Message("Sample 7 …"), 1, fault))
    assert shown.buttons() == {}


def test_a_process_that_was_killed_can_be_continued_from_the_notice(
    shown: Shown, qtbot: QtBot, training: FakeTraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(shown, qtbot, training, ProcessDiedError(Message("The process was killed."), ""))
    asked: list[Path] = []
    monkeypatch.setattr(shown.trainer, "go_on", asked.append)
    assert shown.texts() == ["The process was killed."]
    shown.buttons()["continue_button"].click()
    assert asked == [training.seen["folder"] / "run"]


def test_what_was_told_of_a_run_goes_with_its_project(
    shown: Shown, qtbot: QtBot, training: FakeTraining
) -> None:
    failed(shown, qtbot, training, ProcessDiedError(Message("The process was killed."), ""))
    shown.session.open(shown.session.document.data(), None)
    assert shown.texts() == []


def test_a_project_whose_newest_run_was_cut_off_is_told_so_when_it_opens(
    shown: Shown, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "p.runs", "2026-01-02_10-00-00", 0.5, "interrupted")
    (run / "state.safetensors").write_bytes(b"")
    asked: list[Path] = []
    monkeypatch.setattr(shown.trainer, "go_on", asked.append)
    shown.session.open(shown.session.document.data(), tmp_path / "p.json")
    shown.session._idle.stop()
    qtbot.waitUntil(lambda: bool(shown.bar.notices), timeout=10_000)
    assert "cut off after 2 epochs" in shown.texts()[0]
    shown.buttons()["continue_button"].click()
    assert asked == [run]


def test_a_run_that_was_stopped_by_hand_is_not_asked_about(
    shown: Shown, qtbot: QtBot, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "p.runs", "2026-01-02_10-00-00", 0.5, "stopped")
    (run / "state.safetensors").write_bytes(b"")
    with qtbot.waitSignal(shown.guards._looking.done, timeout=10_000) as found:
        shown.session.open(shown.session.document.data(), tmp_path / "p.json")
    shown.session._idle.stop()
    assert found.args == [None]
    assert not shown.bar.notices


def test_a_run_that_waits_for_its_data_is_paused_and_can_be_told_to_try_again(
    shown: Shown, qtbot: QtBot, training: FakeTraining
) -> None:
    training.hold.clear()
    shown.trainer.start()
    qtbot.waitUntil(lambda: shown.trainer.state == "running", timeout=10_000)
    assert shown.trainer.progress is not None
    shown.trainer.progress.waits = Message("The data are away.")
    qtbot.waitUntil(lambda: shown.trainer.state == "paused", timeout=10_000)
    assert shown.texts() == ["The data are away."]
    shown.buttons()["try_again_button"].click()
    shown.trainer.progress.waits = None
    qtbot.waitUntil(lambda: not shown.bar.notices, timeout=10_000)
    training.hold.set()
    qtbot.waitUntil(lambda: shown.trainer.state == "idle", timeout=10_000)


def test_a_queue_that_is_held_is_offered_once_a_project_is_shown(
    shown: Shown, qtbot: QtBot, training: FakeTraining, tmp_path: Path
) -> None:
    data, queue = shown.session.document.data(), shown.trainer.queue
    queue.hold()
    queue.add(data, None, tmp_path)
    assert not shown.bar.notices, "no run can be seen on the first page"
    shown.session.open(data, None)
    shown.session._idle.stop()
    assert shown.texts() == ["The queue is held. Runs that wait: 1."]
    with qtbot.waitSignal(shown.trainer.finished, timeout=10_000):
        shown.buttons()["queue_go_on_button"].click()
    assert not shown.bar.notices and not queue.waiting
