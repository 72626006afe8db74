"""The Data panel's list of inputs: chosen columns go where a person says, and back."""

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.app.settings_panel.inputs import InputsPanel
from studio.data.sources import SOURCES
from studio.graph.model import Network, Node, ProjectData

NAMES = list(SOURCES["wine"].feature_names)


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> InputsPanel:
    nodes = {name: Node(name, "input") for name in ("rest", "colour")}
    session = Session()
    session.open(ProjectData("Wine", {"model": Network(nodes)}, {"data": {"source": "wine"}}), None)
    session._idle.stop()
    panel = InputsPanel(session)
    session.edited.connect(lambda _: panel.refresh())
    qtbot.addWidget(panel)
    panel.retranslate()
    panel.refresh()
    return panel


def written(panel: InputsPanel) -> Any:
    return panel._session.document.data().data.get("inputs")


def give(panel: InputsPanel, to: str, *columns: str) -> None:
    for column in columns:
        panel.columns.selectRow(NAMES.index(column))
        panel.to.setEditText(to)
        assert panel.give.isEnabled()
        panel.give.click()
        panel._session._idle.stop()


def test_columns_go_to_the_inputs_of_the_network(panel: InputsPanel) -> None:
    assert not panel.several.isChecked()
    panel.several.click()
    panel._session._idle.stop()
    assert written(panel) == [{"name": "rest", "columns": NAMES}]
    offered = [panel.to.itemText(i) for i in range(panel.to.count())]
    assert offered == ["rest", "colour"]

    give(panel, "colour", "hue", "color_intensity")

    left = [name for name in NAMES if name not in ("hue", "color_intensity")]
    assert [(e["name"], sorted(e["columns"])) for e in written(panel)] == [
        ("rest", sorted(left)),
        ("colour", ["color_intensity", "hue"]),
    ]
    shown = {
        panel.columns.item(row, 0).text(): panel.columns.item(row, 1).text() for row in range(len(NAMES))
    }
    assert shown["hue"] == "colour" and shown["alcohol"] == "rest"


def test_an_input_without_columns_goes_and_no_tick_means_one_input(panel: InputsPanel) -> None:
    panel.several.click()
    panel._session._idle.stop()
    give(panel, "colour", "hue")
    give(panel, "rest", "hue")
    assert [entry["name"] for entry in written(panel)] == ["rest"]

    panel.several.click()
    panel._session._idle.stop()

    assert written(panel) is None and not panel._shared.isVisibleTo(panel)


def test_a_name_that_no_node_can_have_is_not_taken(panel: InputsPanel) -> None:
    panel.several.click()
    panel._session._idle.stop()
    panel.columns.selectRow(0)
    panel.to.setEditText("a b")

    assert not panel.give.isEnabled() and panel.fault.text()


def test_images_have_no_inputs_to_share_out(panel: InputsPanel) -> None:
    session = panel._session
    session.open(ProjectData("Digits", settings={"data": {"source": "digits"}}), None)
    session._idle.stop()
    panel.refresh()

    assert panel.isHidden()
