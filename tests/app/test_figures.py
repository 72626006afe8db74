"""The dialog of figures: it follows the project, marks what is new since another version, and saves files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio import places
from studio.app.figures.dialog import FigureDialog
from studio.app.session import Session
from studio.graph.document import Document
from studio.project import files
from studio.words import Message


@pytest.fixture
def dialog(qtbot: QtBot) -> FigureDialog:
    session = Session()
    session.open(files.load(places.gallery() / "iris.json"), None)
    made = FigureDialog(session)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made._made is not None, timeout=30_000)
    made.session_of_test = session  # type: ignore[attr-defined]
    return made


def test_an_edit_is_drawn(dialog: FigureDialog, qtbot: QtBot) -> None:
    session: Session = dialog.session_of_test  # type: ignore[attr-defined]
    with session.edit(Message("Edit")) as edit:
        edit.set_param("model", "fc1", "out_features", 77)

    qtbot.waitUntil(lambda: "→ 77" in dialog._made.svg, timeout=30_000)  # type: ignore[union-attr]


def test_what_is_new_since_another_version_is_listed_and_shown_on_the_canvas(
    dialog: FigureDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    session: Session = dialog.session_of_test  # type: ignore[attr-defined]
    document = Document(session.document.data())
    with document.transaction(Message("Edit")) as edit:
        edit.set_param("model", "fc1", "out_features", 8)
    old = tmp_path / "old.json"
    files.save(old, document.data())

    dialog.compare_with(old)

    qtbot.waitUntil(lambda: dialog.told.topLevelItemCount() == 1, timeout=30_000)
    item = dialog.told.topLevelItem(0)
    assert [item.text(column) for column in (1, 2)] == ["model.fc1.out_features", "8 → 16"]
    dialog.told.itemClicked.emit(item, 0)
    assert session.selection == ("fc1",)


def test_a_version_that_cannot_be_read_is_named(dialog: FigureDialog, qtbot: QtBot, tmp_path: Path) -> None:
    dialog.compare_with(tmp_path / "nowhere.json")

    qtbot.waitUntil(lambda: "nowhere.json" in dialog.said.text(), timeout=30_000)


@pytest.mark.parametrize(("suffix", "begin"), [("svg", b"<svg"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_it_is_saved_as_the_name_says(
    dialog: FigureDialog, qtbot: QtBot, tmp_path: Path, suffix: str, begin: bytes
) -> None:
    path = tmp_path / f"net.{suffix}"
    dialog.save_as(path)

    qtbot.waitUntil(path.exists, timeout=30_000)
    qtbot.waitUntil(lambda: path.name in dialog.said.text(), timeout=30_000)
    assert path.read_bytes().startswith(begin)


def test_the_view_zooms_about_the_pointer_and_fits_again(dialog: FigureDialog) -> None:
    fitted = dialog.view.scale
    dialog.view.zoom(2.0)
    assert dialog.view.scale == pytest.approx(2 * fitted)
    dialog.view.fit()
    assert dialog.view.scale == pytest.approx(fitted)
