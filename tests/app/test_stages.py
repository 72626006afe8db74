"""What is imported behind the window, and who waits for it."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.stages import Stage
from studio.app.startup import Engine
from studio.app.tasks import Lane


def answer(ticket: object) -> str:
    return "done"


def test_work_waits_for_the_import_that_it_needs(qtbot: QtBot) -> None:
    stage = Stage()
    lane, results = Lane(needs=stage), []
    lane.done.connect(results.append)
    stage.begin()
    lane.start(answer)
    qtbot.wait(100)
    assert lane.busy and results == []
    stage.end()
    qtbot.waitUntil(lambda: results == ["done"])


@pytest.mark.parametrize("module", ["json", "a_module_that_is_not_there"])
def test_work_goes_on_after_an_import_whether_it_succeeded_or_not(qtbot: QtBot, module: str) -> None:
    first, last = Stage(), Stage()
    engine = Engine(((first, (module,)), (last, ("a_module_that_is_not_there_either",))))
    lane, results = Lane(needs=last), []
    lane.done.connect(results.append)
    engine.start()
    lane.start(answer)
    qtbot.waitUntil(lambda: results == ["done"])
    engine.wait()


def test_the_last_stage_is_not_needed_to_be_ready(qtbot: QtBot) -> None:
    engine = Engine(((Stage(), ("json",)), (Stage(), ("a_module_that_is_not_there",))))
    with qtbot.waitSignal(engine.ready, timeout=5_000):
        engine.start()
    engine.wait()


def test_what_was_imported_is_set_aside_by_the_collector(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "imported_for_this_test.py").write_text("circle = []\ncircle.append(circle)\n")
    monkeypatch.syspath_prepend(tmp_path)
    gc.unfreeze()
    engine = Engine(((Stage(), ("imported_for_this_test",)), (Stage(), ())))
    with qtbot.waitSignal(engine.ready, timeout=5_000):
        engine.start()
    assert gc.get_freeze_count() > 0
    engine.wait()
    assert gc.isenabled() and gc.get_freeze_count() == 0
