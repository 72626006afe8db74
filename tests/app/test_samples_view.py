"""Pictures beside the curves: shown for runs that make some, taken anew when the run goes on."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.app.curves import samples
from studio.app.curves.samples import SamplesView
from studio.insight import generated
from studio.insight.generated import Sheet


def sheet(shade: int) -> Sheet:
    return Sheet("generated", 6, 2, 2, 1, (bytes([shade] * 4),) * 36)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Sheet | Exception | None]:
    """What the runs make, by the names of their folders."""
    found: dict[str, Sheet | Exception | None] = {}

    def of(self: object, folder: Path, base: Path | None, check: object = None) -> Sheet | None:
        one = found.get(folder.name)
        if isinstance(one, Exception):
            raise one
        return one

    monkeypatch.setattr(generated.Sheets, "of", of)
    monkeypatch.setattr(samples, "REST_MS", 0)
    return found


def test_a_run_that_makes_pictures_shows_them_and_another_hides_them(
    qtbot: QtBot, made: dict[str, Sheet | Exception | None]
) -> None:
    made["gan"] = sheet(200)
    view = SamplesView()
    qtbot.addWidget(view)
    assert view.isHidden()

    view.show_run(Path("gan"), None)
    qtbot.waitUntil(lambda: not view.isHidden(), timeout=10_000)
    view.resize(184, 200)
    picture = view.grab().toImage()
    shades = {picture.pixelColor(x, y).value() for x in range(0, 184, 3) for y in range(30, 190, 3)}
    assert 200 in shades

    view.show_run(Path("digits"), None)
    assert view.isHidden()


def test_new_weights_make_new_pictures(qtbot: QtBot, made: dict[str, Sheet | Exception | None]) -> None:
    view = SamplesView()
    qtbot.addWidget(view)
    view.show_run(Path("gan"), None)
    made["gan"] = sheet(10)
    view.outdate()
    qtbot.waitUntil(lambda: view.sheet == sheet(10), timeout=10_000)

    made["gan"] = sheet(90)
    view.outdate()
    qtbot.waitUntil(lambda: view.sheet == sheet(90), timeout=10_000)


def test_what_nobody_sees_is_not_worked_out_until_somebody_does(
    qtbot: QtBot, made: dict[str, Sheet | Exception | None]
) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    view = SamplesView(around)
    made["gan"] = sheet(10)
    view.show_run(Path("gan"), None)
    view.outdate()
    qtbot.wait(50)
    assert view.sheet is None

    around.show()
    view.catch_up()

    qtbot.waitUntil(lambda: view.sheet == sheet(10), timeout=10_000)


def test_pictures_that_could_not_be_made_anew_say_that_they_are_old(
    qtbot: QtBot, made: dict[str, Sheet | Exception | None]
) -> None:
    view = SamplesView()
    qtbot.addWidget(view)
    made["gan"] = sheet(10)
    view.show_run(Path("gan"), None)
    qtbot.waitUntil(lambda: view.sheet is not None, timeout=10_000)

    made["gan"] = OSError("the disk is gone")
    view.outdate()

    qtbot.waitUntil(lambda: view._title.text() == "Not of the newest weights", timeout=10_000)
    assert "the disk is gone" in view._title.toolTip()
    assert view.sheet == sheet(10)
