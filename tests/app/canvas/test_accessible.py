"""What a screen reader is told of the canvas: a list of cards by name, the selected one in focus."""

from __future__ import annotations

import gc

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from studio import places
from studio.app.canvas import accessible
from studio.app.canvas.panel import CanvasPanel
from studio.app.session import Session
from studio.project import files

Role, Text = QAccessible.Role, QAccessible.Text


def test_the_cards_are_the_named_children_of_the_canvas(qtbot: QtBot) -> None:
    accessible.install()
    session = Session()
    panel = CanvasPanel(session)
    qtbot.addWidget(panel)
    panel.resize(900, 700)
    panel.show()
    session.open(files.load(places.gallery() / "iris.json"), None)
    session.select(["fc1"])

    canvas = QAccessible.queryAccessibleInterface(panel.view)

    assert canvas.role() == Role.List
    assert canvas.text(Text.Name) == "Canvas"
    names = [canvas.child(i).text(Text.Name) for i in range(canvas.childCount())]
    assert len(names) == len(session.document.nodes("model"))
    place = next(i for i, name in enumerate(names) if name.startswith("fc1, Linear"))
    card = canvas.child(place)
    assert card.role() == Role.ListItem
    assert card.state().selected
    assert canvas.indexOfChild(card) == place
    middle = card.rect().center()
    assert canvas.childAt(middle.x(), middle.y()).text(Text.Name) == names[place]


def test_a_card_that_is_gone_is_not_valid_and_nothing_breaks_with_the_view(qtbot: QtBot) -> None:
    accessible.install()
    session = Session()
    panel = CanvasPanel(session)
    session.open(files.load(places.gallery() / "iris.json"), None)
    canvas = QAccessible.queryAccessibleInterface(panel.view)
    card = canvas.child(1)
    assert card.isValid()

    panel.select_all()
    panel.delete(heal=True)

    assert not card.isValid()
    assert card.text(Text.Name) == ""
    assert canvas.childCount() == 0
    panel.deleteLater()
    QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete))
    gc.collect()
