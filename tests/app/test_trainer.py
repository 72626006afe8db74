"""Training behind the window: what the buttons do, what is said, and that the thread is never dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.app.trainer import Trainer, first_error
from studio.compiler.analysis import Analysis, Problem
from studio.graph.model import Network, Node, ProjectData
from studio.training.progress import EpochRecord
from studio.words import Message, NetloomError

from .training_fakes import FakeTraining, notices_of, session_with_data, training

__all__ = ["training"]


def ended(qtbot: QtBot, trainer: Trainer) -> None:
    qtbot.waitUntil(lambda: trainer.state == "idle", timeout=10_000)


def states_of(trainer: Trainer) -> list[str]:
    states: list[str] = []
    trainer.state_changed.connect(states.append)
    return states


def test_a_run_goes_from_idle_over_running_back_to_idle(qtbot: QtBot, training: FakeTraining) -> None:
    trainer = Trainer(session_with_data())
    states, results = states_of(trainer), []
    trainer.finished.connect(results.append)
    training.hold.clear()
    trainer.start()
    qtbot.waitUntil(lambda: trainer.state == "running", timeout=10_000)
    training.hold.set()
    ended(qtbot, trainer)
    assert states == ["preparing", "running", "idle"]
    assert [result.status for result in results] == ["done"]
    assert trainer.last_run == results[0].folder


def test_every_epoch_is_told_once_and_in_order(qtbot: QtBot, training: FakeTraining) -> None:
    trainer = Trainer(session_with_data())
    told: list[EpochRecord] = []
    trainer.epoch_done.connect(told.append)
    trainer.start()
    ended(qtbot, trainer)
    assert [record.epoch for record in told] == [1, 2, 3, 4]


def test_the_last_tick_has_every_step(qtbot: QtBot, training: FakeTraining) -> None:
    trainer = Trainer(session_with_data())
    steps: list[int] = []
    trainer.ticked.connect(lambda progress: steps.append(progress.step))
    trainer.start()
    ended(qtbot, trainer)
    assert steps[-1] == training.steps


def test_pause_holds_and_resume_goes_on_to_the_end(qtbot: QtBot, training: FakeTraining) -> None:
    trainer = Trainer(session_with_data())
    training.hold.clear()
    trainer.start()
    qtbot.waitUntil(lambda: trainer.state == "running", timeout=10_000)
    trainer.pause()
    assert trainer.state == "paused"
    training.hold.set()
    assert trainer.progress is not None
    qtbot.wait(50)
    held = trainer.progress.step
    qtbot.wait(50)
    assert trainer.progress.step == held < training.steps
    trainer.start()
    ended(qtbot, trainer)
    assert trainer.progress.step == training.steps


def test_stop_ends_a_paused_run_and_keeps_what_it_learned(qtbot: QtBot, training: FakeTraining) -> None:
    trainer = Trainer(session_with_data())
    results = []
    trainer.finished.connect(results.append)
    training.hold.clear()
    trainer.start()
    qtbot.waitUntil(lambda: trainer.state == "running", timeout=10_000)
    trainer.pause()
    trainer.stop()
    assert trainer.state == "stopping"
    ended(qtbot, trainer)
    assert results[0].status == "stopped"


@pytest.mark.parametrize("stopped", [False, True], ids=["done", "stopped"])
def test_the_end_of_a_run_promises_no_weights_where_none_could_be_written(
    qtbot: QtBot, training: FakeTraining, stopped: bool
) -> None:
    session = session_with_data()
    trainer, heard = Trainer(session), notices_of(session)
    training.unwritten = (Message("best.safetensors could not be written: No space left on device."),)
    training.hold.clear()
    trainer.start()
    qtbot.waitUntil(lambda: trainer.state == "running", timeout=10_000)
    trainer.stop() if stopped else training.hold.set()
    ended(qtbot, trainer)
    level, text = heard[-1]
    assert level == "warning"
    assert "no weights could be written" in text
    assert ("stopped" in text) == stopped


def test_shutdown_waits_for_the_thread(qtbot: QtBot, training: FakeTraining) -> None:
    trainer = Trainer(session_with_data())
    training.hold.clear()
    trainer.start()
    assert trainer.shutdown(10_000)
    assert trainer._worker is None or trainer._worker.isFinished()
    ended(qtbot, trainer)


def test_a_known_error_is_told_in_its_own_words(qtbot: QtBot, training: FakeTraining) -> None:
    session = session_with_data()
    trainer, heard = Trainer(session), notices_of(session)
    training.error = NetloomError(Message("The loss is no number any more."))
    with qtbot.waitSignal(trainer.failed, timeout=10_000) as failure:
        trainer.start()
    assert str(failure.args[0]) == "The loss is no number any more."
    assert ("error", "The loss is no number any more.") in heard
    assert trainer.state == "idle"


def test_an_unexpected_error_names_itself_and_the_checkpoint(qtbot: QtBot, training: FakeTraining) -> None:
    trainer, traces = Trainer(session_with_data()), []
    trainer.traced.connect(traces.append)
    training.error = RuntimeError("disk on fire")
    with qtbot.waitSignal(trainer.failed, timeout=10_000) as failure:
        trainer.start()
    text = str(failure.args[0])
    assert text.startswith("Training stopped by an unexpected error: RuntimeError: disk on fire")
    assert str(training.seen["folder"] / "run") in text
    assert "Traceback" in traces[0]


def test_without_data_nothing_starts_and_the_data_panel_is_asked_for(qtbot: QtBot) -> None:
    session = Session()
    session.engine_ready = True
    trainer = Trainer(session)
    with qtbot.waitSignal(trainer.refused) as refusal:
        trainer.start()
    assert refusal.args[1] == "data"
    assert trainer.state == "idle"


def test_an_error_in_the_network_is_named_and_its_node_selected(qtbot: QtBot) -> None:
    session = session_with_data()
    with session.edit(Message("Add")) as edit:
        edit.add_node("model", Node("fc", "nn.Linear"))
    session._idle.stop()
    problem = Problem("width", "error", "model", "fc", Message("fc expects 4 features."))
    session.analysis = Analysis(problems=(problem,))
    trainer = Trainer(session)
    with qtbot.waitSignal(trainer.refused) as refusal:
        trainer.start()
    assert "fc expects 4 features." in str(refusal.args[0])
    assert refusal.args[1] == "problems"
    assert session.selection == ("fc",)
    assert trainer.state == "idle"


def test_a_problem_of_a_network_that_is_not_used_does_not_hold_training_up() -> None:
    block = Node("b", "block:Inner")
    project = ProjectData(networks={"model": Network({"b": block}), "Inner": Network(), "Draft": Network()})
    draft = Problem("x", "error", "Draft", None, Message("draft"))
    inner = Problem("x", "error", "Inner", None, Message("inner"))
    assert first_error(project, (draft,)) is None
    assert first_error(project, (draft, inner)) is inner


def test_training_waits_for_pytorch_and_then_starts_by_itself(qtbot: QtBot, training: FakeTraining) -> None:
    session = session_with_data()
    session.engine_ready = False
    trainer = Trainer(session)
    trainer.start()
    assert trainer.state == "preparing"
    session.engine_ready = True
    with qtbot.waitSignal(trainer.finished, timeout=10_000):
        pass


def test_waiting_for_pytorch_can_be_stopped() -> None:
    session = session_with_data()
    session.engine_ready = False
    trainer = Trainer(session)
    trainer.start()
    trainer.stop()
    assert trainer.state == "idle"


def test_an_unsaved_project_is_told_where_its_runs_go(
    qtbot: QtBot, training: FakeTraining, own_home: Path
) -> None:
    session = session_with_data()
    trainer, heard = Trainer(session), notices_of(session)
    trainer.start()
    ended(qtbot, trainer)
    assert own_home in training.seen["folder"].parents
    assert any(str(training.seen["folder"]) in text for _, text in heard)


def test_runs_of_a_saved_project_lie_beside_it(qtbot: QtBot, training: FakeTraining, tmp_path: Path) -> None:
    session = session_with_data()
    session.mark_saved(tmp_path / "digits.json")
    trainer = Trainer(session)
    trainer.start()
    ended(qtbot, trainer)
    assert training.seen["folder"] == tmp_path / "digits.runs"
    assert training.seen["base"] == tmp_path


def test_edits_while_training_are_said_once_to_be_for_the_next_run(
    qtbot: QtBot, training: FakeTraining
) -> None:
    session = session_with_data()
    trainer, heard = Trainer(session), notices_of(session)
    training.hold.clear()
    trainer.start()
    trained = session.document.data()
    for value in (3, 4):
        with session.edit(Message("Set epochs")) as edit:
            edit.set(("training", "epochs"), value)
    session._idle.stop()
    training.hold.set()
    ended(qtbot, trainer)
    assert len([text for _, text in heard if "next run" in text]) == 1
    assert training.seen["project"] is trained


def test_moving_a_card_while_training_is_not_worth_a_word(qtbot: QtBot, training: FakeTraining) -> None:
    session = session_with_data()
    with session.edit(Message("Add")) as edit:
        edit.add_node("model", Node("fc", "nn.Linear"))
    session._idle.stop()
    trainer, heard = Trainer(session), notices_of(session)
    training.hold.clear()
    trainer.start()
    with session.edit(Message("Move")) as edit:
        edit.move("model", "fc", (10, 10))
    session._idle.stop()
    training.hold.set()
    ended(qtbot, trainer)
    assert not [text for _, text in heard if "next run" in text]


@pytest.mark.slow
def test_a_real_training_of_iris_ends_with_a_run_on_the_disk(qtbot: QtBot, tmp_path: Path) -> None:
    from studio import places
    from studio.project.files import load

    session = Session()
    session.open(load(places.gallery() / "iris.json"), tmp_path / "iris.json")
    session._idle.stop()
    session.engine_ready = True
    with session.edit(Message("Short")) as edit:
        edit.set(("training", "epochs"), 3)
    session._idle.stop()
    trainer = Trainer(session)
    with qtbot.waitSignal(trainer.finished, timeout=120_000) as end:
        trainer.start()
    result = end.args[0]
    assert result.status == "done"
    assert (tmp_path / "iris.runs" / result.folder.name / "best.safetensors").is_file()
    assert trainer.progress is not None
    assert len(trainer.progress.epochs_done) == 3


def test_what_a_run_was_warned_of_is_taken_back_when_the_next_begins(
    training: FakeTraining, qtbot: QtBot
) -> None:
    trainer = Trainer(session_with_data())
    training.error = NetloomError(Message("no good"))
    with qtbot.waitSignal(trainer.failed):
        trainer.start()
    training.error = None
    gone: list[Message] = []
    trainer.outdated.connect(gone.append)
    with qtbot.waitSignal(trainer.finished):
        trainer.start()
    assert gone == [Message("no good")]
