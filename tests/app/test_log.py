"""The Log panel: everything that was said, with its time, in the language in use."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from studio import words
from studio.app import log
from studio.app.log import LogPanel
from studio.app.trainer import Trainer
from studio.training.progress import EpochRecord
from studio.words import Message

from .training_fakes import session_with_data


@pytest.fixture
def panel(qtbot: QtBot) -> LogPanel:
    session = session_with_data()
    trainer = Trainer(session)
    panel = LogPanel(session, trainer)
    panel.trainer_of_test, panel.session_of_test = trainer, session  # type: ignore[attr-defined]
    qtbot.addWidget(panel)
    panel.show()
    return panel


def lines(panel: LogPanel) -> list[str]:
    return [panel.shown.index(row, 1).data() for row in range(panel.shown.rowCount())]


def test_what_the_session_says_is_kept_with_its_time(panel: LogPanel) -> None:
    panel.session_of_test.notice.emit("warning", Message("The disk is nearly full."))  # type: ignore[attr-defined]
    assert lines(panel) == ["The disk is nearly full."]
    assert re.fullmatch(r"\d\d:\d\d:\d\d", panel.shown.index(0, 0).data())


def test_less_grave_entries_can_be_left_out(panel: LogPanel) -> None:
    for level in ("info", "warning", "error"):
        panel.add(level, Message("{text}", text=level))
    panel.level.setCurrentIndex(1)
    assert lines(panel) == ["warning", "error"]
    panel.level.setCurrentIndex(2)
    assert lines(panel) == ["error"]
    panel.level.setCurrentIndex(0)
    assert len(lines(panel)) == 3


def test_epochs_are_told_but_not_a_thousand_a_second(panel: LogPanel) -> None:
    for epoch in range(1, 1001):
        values = {"loss": 0.5, "accuracy": 0.25}
        panel.trainer_of_test.epoch_done.emit(EpochRecord(epoch, epoch, values, values, 0.001))  # type: ignore[attr-defined]
    assert (
        lines(panel)[0]
        == "Epoch 1: train loss 0.500, accuracy 25.0 %; validation loss 0.500, accuracy 25.0 %"
    )
    assert len(lines(panel)) < 10


def test_entries_change_with_the_language(panel: LogPanel) -> None:
    panel.add("info", Message("The curves are saved in {path}.", path="a.png"))
    words.set_language("zh_CN")
    assert lines(panel) == ["曲线已保存到 a.png。"]


def test_what_is_selected_is_copied_else_all(panel: LogPanel) -> None:
    for text in ("one", "two"):
        panel.add("info", Message("{text}", text=text))
    panel.copy()
    assert [line.split()[-1] for line in QGuiApplication.clipboard().text().splitlines()] == ["one", "two"]
    panel.table.selectRow(1)
    panel.copy()
    assert (
        QGuiApplication.clipboard().text().endswith("two") and "one" not in QGuiApplication.clipboard().text()
    )


def test_the_oldest_entries_go_when_there_are_too_many(
    panel: LogPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MOST", 3)
    for text in "abcde":
        panel.add("info", Message("{text}", text=text))
    assert lines(panel) == ["c", "d", "e"]


def test_the_newest_entry_is_in_sight_when_the_log_is_first_looked_at(qtbot: QtBot) -> None:
    panel = LogPanel(session_with_data())
    qtbot.addWidget(panel)
    panel.resize(400, 160)
    for number in range(50):
        panel.add("info", Message("{text}", text=number))
        qtbot.wait(1)
    panel.show()
    bar = panel.table.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > 0)
