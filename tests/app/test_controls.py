"""The training controls: which buttons there are when, and what stands beside them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio import words
from studio.app.controls import TrainControls, progress_text
from studio.app.trainer import Trainer
from studio.training.progress import Progress

from .training_fakes import FakeTraining, session_with_data, training

__all__ = ["training"]
THIN = "\u2009"


def visible(controls: TrainControls) -> list[str]:
    buttons = (controls.train_button, controls.pause_button, controls.stop_button)
    return [button.objectName() for button in buttons if not button.isHidden()]


def made(qtbot: QtBot) -> tuple[TrainControls, Trainer]:
    session = session_with_data()
    trainer = Trainer(session)
    controls = TrainControls(session, trainer)
    qtbot.addWidget(controls)
    controls.show()
    return controls, trainer


def test_at_rest_there_is_only_the_train_button(qtbot: QtBot) -> None:
    controls, _ = made(qtbot)
    assert visible(controls) == ["train_button"]
    assert controls.bar.isHidden()


def test_the_buttons_train_pause_go_on_and_stop(qtbot: QtBot, training: FakeTraining) -> None:
    controls, trainer = made(qtbot)
    training.hold.clear()
    qtbot.mouseClick(controls.train_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: trainer.state == "running", timeout=10_000)
    assert visible(controls) == ["pause_button", "stop_button"]
    qtbot.mouseClick(controls.pause_button, Qt.MouseButton.LeftButton)
    assert (trainer.state, controls.pause_button.text()) == ("paused", "Resume")
    qtbot.mouseClick(controls.pause_button, Qt.MouseButton.LeftButton)
    assert (trainer.state, controls.pause_button.text()) == ("running", "Pause")
    qtbot.mouseClick(controls.stop_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: trainer.state == "idle", timeout=10_000)
    assert visible(controls) == ["train_button"]


def test_while_it_stops_no_button_can_be_pressed_twice(qtbot: QtBot) -> None:
    controls, trainer = made(qtbot)
    trainer._set_state("running")
    trainer._set_state("stopping")
    assert not controls.stop_button.isEnabled() and not controls.pause_button.isEnabled()
    trainer._set_state("idle")


def test_the_text_says_epoch_speed_and_time_left() -> None:
    progress = Progress(epoch=8, epochs=10, samples_per_second=31427.0, seconds_left=12.2, steps_per_epoch=5)
    assert progress_text(progress) == f"epoch 8/10 · 31{THIN}400 samples/s · 0:12 left"
    assert progress_text(progress, paused=True) == "epoch 8/10 · paused"


def test_what_is_not_known_yet_is_left_out() -> None:
    assert progress_text(Progress(epochs=3)) == "epoch 1/3"


def test_the_bar_shows_the_share_of_all_steps(qtbot: QtBot) -> None:
    controls, trainer = made(qtbot)
    progress = Progress(epochs=10, steps_per_epoch=10, step=25)
    trainer._set_state("running")
    trainer.ticked.emit(progress)
    assert controls.bar.share == 0.25
    trainer._set_state("idle")


def test_the_controls_speak_chinese(qtbot: QtBot) -> None:
    controls, _ = made(qtbot)
    words.set_language("zh_CN")
    assert controls.train_button.text() == "训练"
