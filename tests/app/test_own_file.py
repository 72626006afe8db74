"""A file of one's own in the Data panel: what was found of it, its faults, and how far reading it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.app.settings_panel.data import DataPanel
from studio.data.sources import KINDS
from studio.graph.model import Network, ProjectData
from studio.graph.operations import MISSING


@pytest.fixture
def panel(qtbot: QtBot) -> DataPanel:
    session = Session()
    session.open(ProjectData("Test", {"model": Network()}, {"data": {}}), None)
    session._idle.stop()
    panel = DataPanel(session)
    qtbot.addWidget(panel)
    panel.resize(1000, 400)
    panel.show()
    return panel


def looked_at(qtbot: QtBot, panel: DataPanel, path: Path) -> None:
    panel.own.guess(path)
    until(qtbot, panel, "source", lambda source: source is not MISSING)


def until(qtbot: QtBot, panel: DataPanel, key: str, right: Callable[[Any], bool]) -> None:
    """Waits until the data section has this under `key`, or in its reading."""

    def there() -> bool:
        found = panel._session.document.setting(("data", "reading", key))
        found = panel._session.document.setting(("data", key)) if found is MISSING else found
        return right(found)

    qtbot.waitUntil(there, timeout=30_000)
    panel._session._idle.stop()


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{i * 1.5},{i / 4}\n" for i in range(60)) + "many,3\n1\n")
    return path


def test_faults_are_counted_and_listed_and_a_person_may_skip_them(
    qtbot: QtBot, panel: DataPanel, faulty: Path
) -> None:
    looked_at(qtbot, panel, faulty)
    part = panel.own.faults

    assert part.isVisible() and part.mode.currentData() == "stop"
    assert part.listed.text().startswith("2 faulty:") and "line 63" in part.listed.text()

    part.mode.setCurrentIndex(part.mode.findData("skip"))
    part.mode.activated.emit(part.mode.currentIndex())
    until(qtbot, panel, "faults", lambda mode: mode == "skip")

    assert panel._session.document.setting(("data", "reading", "rows")) == 60


def test_a_file_without_faults_says_nothing_of_them(qtbot: QtBot, panel: DataPanel, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{i * 1.5},{i / 4}\n" for i in range(60)))

    looked_at(qtbot, panel, path)

    assert not panel.own.faults.isVisible()


def test_arrays_are_chosen_by_name(qtbot: QtBot, panel: DataPanel, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "a.npz", x=rng.normal(size=(30, 4)), y=np.arange(30) % 3, price=rng.normal(size=30))
    looked_at(qtbot, panel, tmp_path / "a.npz")
    part = panel.own.parts["arrays"]

    assert part.isVisible() and part.given.choice.currentData() == "x"
    assert part.target.choice.currentData() == "y" and part.task.choice.currentData() == "classification"

    part.target.choice.setCurrentIndex(part.target.choice.findData("price"))
    part.target.choice.activated.emit(part.target.choice.currentIndex())

    until(qtbot, panel, "task", lambda task: task == "regression")


def test_reading_says_how_far_it_is_and_can_be_cancelled(
    qtbot: QtBot, panel: DataPanel, faulty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(path: Path, told: object, watch: object) -> None:
        while True:
            time.sleep(0.01)
            watch(0.4)  # type: ignore[operator]

    monkeypatch.setitem(KINDS, "table", replace(KINDS["table"], look=endless))
    panel.own.look("table", faulty)
    qtbot.waitUntil(lambda: "40%" in panel.status.text(), timeout=30_000)
    assert panel.stop.isVisible()

    panel.stop.click()

    assert not panel.own.busy and not panel.stop.isVisible()
    assert panel._session.document.setting(("data",)) == {}


def test_a_file_that_is_no_data_leads_to_the_one_that_is_meant(
    qtbot: QtBot, panel: DataPanel, tmp_path: Path
) -> None:
    rows = "".join(f"{i},{i * 1.5},{i % 2}\n" for i in range(30))
    (tmp_path / "train.csv").write_text(f"a,b,survived\n{rows}")
    (tmp_path / "test.csv").write_text("a,b\n" + "".join(f"{i},{i * 1.5}\n" for i in range(30)))

    panel.own.guess(tmp_path / "test.csv")
    qtbot.waitUntil(panel.instead.isVisible, timeout=30_000)
    assert "no answers to learn from" in panel.status.text() and panel.instead.text() == "Take train.csv"

    panel.file_wanted.connect(panel.own.guess)
    panel.instead.click()
    until(qtbot, panel, "target", lambda target: target == "survived")

    assert not panel.instead.isVisible() and "no answers" not in panel.status.text()
