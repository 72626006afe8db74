"""The export dialog: what is chosen, what is told at the end, and how it is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from studio.app import export_dialog
from studio.app.export_dialog import ExportDialog, Order
from studio.app.tasks import Ticket
from studio.app.trainer import Trainer
from studio.export.formats import FORMATS, Report
from studio.words import Message, NetloomError

from .test_runs import make_run
from .training_fakes import notices_of, session_with_data

Open = Callable[[], ExportDialog]


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Open:
    def make() -> ExportDialog:
        session = session_with_data()
        session.mark_saved(tmp_path / "digits.json")
        dialog = ExportDialog(session, Trainer(session))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(dialog)
        dialog.open()
        qtbot.waitUntil(lambda: not dialog._list_lane.busy, timeout=10_000)
        return dialog

    return make


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "digits.runs", "2026-01-01_10-00-00", 0.9)


def report_of(order: Order) -> Report:
    return Report((order.out,), order.format, 2.4e-7, 1e-4, 64, (Message("It takes raw values."),))


def test_without_a_run_it_says_to_train_first(opened: Open) -> None:
    dialog = opened()
    assert dialog.run.placeholderText() == "No run yet: train the network first"
    assert not dialog.now_button.isEnabled()


def test_it_does_not_block_the_window(opened: Open, run: Path) -> None:
    dialog = opened()
    assert not dialog.isModal() and dialog.isVisible()


def test_every_format_has_its_sentence(opened: Open, run: Path) -> None:
    dialog = opened()
    assert [label.text() for label in dialog._explanations.values()] == [
        str(found.description) for found in FORMATS.values()
    ]


def test_the_path_follows_the_format_beside_the_project(opened: Open, run: Path, tmp_path: Path) -> None:
    dialog = opened()
    assert dialog.path.text() == str(tmp_path / "digits.onnx")
    dialog.choose("pt2")
    assert dialog.path.text() == str(tmp_path / "digits.pt2")
    dialog.choose("folder")
    assert dialog.path.text() == str(tmp_path / "digits-export")


def test_a_name_typed_in_is_kept_and_takes_the_suffix(opened: Open, run: Path, tmp_path: Path) -> None:
    dialog = opened()
    dialog.path.setText(str(tmp_path / "mine.onnx"))
    dialog.path.textEdited.emit(dialog.path.text())
    dialog.choose("safetensors")
    assert dialog.path.text() == str(tmp_path / "mine.safetensors")


def test_preprocessing_is_offered_where_the_format_can_take_it(opened: Open, run: Path) -> None:
    dialog = opened()
    assert not dialog.preprocessing.isHidden()
    dialog.choose("state_dict")
    assert dialog.preprocessing.isHidden()


def test_it_ends_with_the_proof_and_where_the_file_is(
    opened: Open, run: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[Order] = []
    monkeypatch.setattr(
        export_dialog, "_export", lambda ticket, order: orders.append(order) or report_of(order)
    )
    dialog = opened()
    heard = notices_of(dialog._session)
    dialog.which.setCurrentIndex(1)
    dialog.now_button.click()
    qtbot.waitUntil(lambda: dialog._result is not None, timeout=10_000)
    assert orders == [Order(run, "onnx", tmp_path / "digits.onnx", "last", True)]
    assert dialog.outcome.text().splitlines() == [
        "Compared on 64 samples: largest deviation 2.4e-07.",
        "It takes raw values.",
    ]
    assert heard[0][0] == "info" and str(tmp_path / "digits.onnx") in heard[0][1]
    dialog.copy_path.click()
    assert QGuiApplication.clipboard().text() == str(tmp_path / "digits.onnx")


def test_a_refusal_is_told_in_its_own_words(
    opened: Open, run: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Report:
        raise NetloomError(Message("The folder cannot be written to. Choose another."))

    monkeypatch.setattr(export_dialog, "_export", refuse)
    dialog = opened()
    dialog.start()
    qtbot.waitUntil(lambda: dialog._error is not None, timeout=10_000)
    assert dialog.outcome.text() == "The folder cannot be written to. Choose another."
    assert dialog.now_button.isEnabled()


def test_it_shows_how_far_it_is_and_can_be_cancelled(
    opened: Open, run: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = threading.Event()

    def work(ticket: Ticket, order: Order) -> Report:
        ticket.progress(0.3, "Writing")
        while not ticket.cancelled:
            cancelled.wait(0.005)
        cancelled.set()
        ticket.check()
        return report_of(order)

    monkeypatch.setattr(export_dialog, "_export", work)
    dialog = opened()
    dialog.start()
    qtbot.waitUntil(lambda: dialog.progress.value() == 30, timeout=10_000)
    assert dialog._doing.text() == "Writing" and not dialog.now_button.isEnabled()
    dialog.cancel_button.click()
    assert dialog.outcome.text() == "The export was cancelled; nothing was written."
    assert cancelled.wait(90)
    assert dialog.isVisible()


def test_closing_while_it_works_cancels_the_work(
    opened: Open, run: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets: list[Ticket] = []

    def work(ticket: Ticket, order: Order) -> Report:
        tickets.append(ticket)
        while not ticket.cancelled:
            threading.Event().wait(0.005)
        ticket.check()
        return report_of(order)

    monkeypatch.setattr(export_dialog, "_export", work)
    dialog = opened()
    dialog.start()
    qtbot.waitUntil(lambda: bool(tickets), timeout=10_000)
    dialog.close()
    assert tickets[0].cancelled


def test_a_training_that_ends_after_the_dialog_was_closed_finds_no_leftovers(qtbot: QtBot) -> None:
    session = session_with_data()
    trainer = Trainer(session)
    dialog = ExportDialog(session, trainer)
    qtbot.waitUntil(lambda: not dialog._list_lane.busy, timeout=10_000)
    dialog.deleteLater()
    qtbot.waitUntil(lambda: not shiboken6.isValid(dialog))
    with qtbot.captureExceptions() as left:
        trainer.finished.emit(None)
    assert left == []
