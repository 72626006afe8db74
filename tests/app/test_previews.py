"""Pictures beside the cards and in the inspector: true, never of another network, and only when wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from studio.app import heat
from studio.app.canvas.geometry import THUMB, THUMB_GAP
from studio.app.canvas.panel import CanvasPanel
from studio.app.canvas.placing import free_place
from studio.app.canvas.thumbnails import Thumb, Thumbnails
from studio.app.inspector import InspectorPanel
from studio.app.inspector.output import OutputPicture, OutputSection
from studio.app.previews import MANY, PreviewHub
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.app.window import MainWindow
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import Json, reference
from studio.insight.pictures import Output, output_of
from studio.training.progress import EpochRecord
from studio.words import Message


def node(id_: str, type_: str, *sources: str, at: tuple[int, int] = (0, 0), **params: Json) -> Node:
    return Node(id_, type_, params, tuple(reference(source) for source in sources), at=at)


def project(source: str | None = "digits") -> ProjectData:
    nodes = (
        node("image", "input", **({} if source else {"shape": ["N", 1, 8, 8]})),
        node("conv1", "nn.Conv2d", "image", at=(0, 96), out_channels=12, kernel_size=3),
        node("flat", "nn.Flatten", "conv1", at=(0, 192)),
        node("fc", "nn.Linear", "flat", at=(0, 288), out_features=10),
        node("digit", "output", "fc", at=(0, 384)),
    )
    data: dict[str, Json] = {"source": source} if source else {}
    return ProjectData("Digits", {"model": Network({n.id: n for n in nodes})}, {"data": data})


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Session]:
    made = Session()
    made.engine_ready = True
    made.open(project(), tmp_path / "digits.json")
    yield made
    made._idle.stop()


@pytest.fixture
def trainer(session: Session) -> Trainer:
    return Trainer(session, session)


@pytest.fixture
def hub(session: Session, trainer: Trainer, qtbot: QtBot) -> Iterator[PreviewHub]:
    made = PreviewHub(session, trainer, session)
    made._delay.setInterval(0)
    yield made
    made._delay.stop()
    made._live.stop()
    made._lane.cancel()


@pytest.fixture
def shown(hub: PreviewHub, qtbot: QtBot) -> PreviewHub:
    """A hub that knows the outputs."""
    qtbot.waitUntil(lambda: hub.found is not None, timeout=20_000)
    return hub


@pytest.fixture
def canvas(session: Session) -> Iterator[CanvasPanel]:
    made = CanvasPanel(session)
    made.resize(900, 700)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def inspector(session: Session, hub: PreviewHub, qtbot: QtBot) -> InspectorPanel:
    made = InspectorPanel(session, hub)
    qtbot.addWidget(made)
    made.resize(300, 900)
    made.show()
    return made


def section(inspector: InspectorPanel) -> OutputSection:
    found = inspector.findChild(OutputSection)
    assert found is not None
    return found


def quiet(qtbot: QtBot, hub: PreviewHub) -> None:
    """Waits until the analysis is there and the hub has had its chance."""
    qtbot.wait(250)
    qtbot.waitUntil(lambda: not hub.busy, timeout=20_000)


def in_place(session: Session, **params: Json) -> None:
    with session.edit(Message("Set {name}", name="out_channels")) as edit:
        for name, value in params.items():
            edit.set_param("model", "conv1", name, value)


def test_every_node_has_an_output_once_the_analysis_is_there(shown: PreviewHub) -> None:
    outputs = {id_: shown.output(id_) for id_ in ("image", "conv1", "flat", "fc", "digit")}
    assert {id_: o.shape for id_, o in outputs.items() if o is not None} == {
        "image": (1, 1, 8, 8),
        "conv1": (1, 12, 6, 6),
        "flat": (1, 432),
        "fc": (1, 10),
        "digit": (1, 10),
    }


def test_an_edit_changes_the_outputs_behind_it_and_moving_a_card_none(
    shown: PreviewHub, session: Session, qtbot: QtBot
) -> None:
    told: list[tuple[str, ...]] = []
    shown.changed.connect(told.append)
    with session.edit(Message("Move {node}", node="fc")) as edit:
        edit.move("model", "fc", (80, 300))
    quiet(qtbot, shown)
    assert told == []
    in_place(session, out_channels=5)
    qtbot.waitUntil(lambda: bool(told), timeout=20_000)
    assert "image" not in told[0] and {"conv1", "flat", "fc", "digit"} <= set(told[0])


def test_a_result_of_the_network_before_an_edit_is_dropped(
    shown: PreviewHub, session: Session, qtbot: QtBot
) -> None:
    shapes: list[tuple[int, ...]] = []
    shown.changed.connect(lambda ids: shapes.append(shown.output("conv1").shape))  # type: ignore[union-attr]
    shown.choose_sample(3)  # under way ...
    in_place(session, out_channels=5)  # ... when the network becomes another one
    assert not shown.busy
    qtbot.waitUntil(lambda: bool(shapes), timeout=20_000)
    assert shapes[0] == (1, 5, 6, 6)


def test_an_error_takes_the_pictures_away_and_its_cure_brings_them_back(
    shown: PreviewHub, session: Session, qtbot: QtBot
) -> None:
    in_place(session, kernel_size=30)
    qtbot.waitUntil(lambda: shown.found is None, timeout=20_000)
    assert shown.output("image") is None
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: shown.output("conv1") is not None, timeout=20_000)


def test_without_data_nothing_is_run(hub: PreviewHub, session: Session, qtbot: QtBot) -> None:
    started: list[bool] = []
    session.open(project(source=None), None)
    hub._lane.busy_changed.connect(started.append)
    with qtbot.waitSignal(session.analysed, timeout=20_000):
        pass
    assert session.analysis.errors == ()
    quiet(qtbot, hub)
    assert started == [] and hub.found is None and hub.reason is None


def test_switched_off_nothing_is_run_until_a_node_is_selected(
    hub: PreviewHub, session: Session, qtbot: QtBot
) -> None:
    hub.choose_on_cards(False)
    with qtbot.waitSignal(session.analysed, timeout=20_000):
        pass
    quiet(qtbot, hub)
    assert hub.found is None
    session.select(["fc"])
    qtbot.waitUntil(lambda: hub.output("fc") is not None, timeout=20_000)


def test_a_training_that_goes_on_is_looked_at_now_and_then(
    shown: PreviewHub, session: Session, trainer: Trainer, qtbot: QtBot
) -> None:
    shown._live.setInterval(200)
    looks: list[bool] = []
    shown.told.connect(lambda: looks.append(True))
    trainer._set_state("running")
    for step in range(1, 4):  # epochs that follow each other fast are looked at once
        trainer.epoch_done.emit(EpochRecord(step, step, {}, {}, 0.1))
    qtbot.waitUntil(lambda: bool(looks), timeout=20_000)
    quiet(qtbot, shown)
    assert looks == [True]
    trainer._set_state("idle")
    qtbot.waitUntil(lambda: len(looks) == 2, timeout=20_000)


def test_a_large_network_carries_pictures_only_if_one_asks(session: Session, hub: PreviewHub) -> None:
    nodes = [node(f"n{i}", "nn.ReLU") for i in range(MANY + 1)]
    session.open(ProjectData("Large", {"model": Network({n.id: n for n in nodes})}), None)
    assert not hub.on_cards
    hub.choose_on_cards(True)
    assert hub.on_cards


# -- on the canvas -------------------------------------------------------------------------------------


def test_a_new_card_does_not_cover_a_picture(shown: PreviewHub, canvas: CanvasPanel) -> None:
    Thumbnails(canvas.graph, shown)
    picture = canvas.graph.cards["conv1"].thumb_box()
    wanted = (picture.left(), picture.top(), 144.0, 40.0)
    left, top = free_place(wanted, canvas.graph.rects_near(wanted))
    assert not picture.intersects(QRectF(left, top, *wanted[2:]))


def test_a_picture_stands_beside_its_card_and_is_drawn(shown: PreviewHub, canvas: CanvasPanel) -> None:
    Thumbnails(canvas.graph, shown)
    card = canvas.graph.cards["conv1"]
    left, top, width, height = card.box()
    assert card.thumb_box() == QRectF(left + width + THUMB_GAP, top + (height - THUMB) / 2, THUMB, THUMB)
    assert card.sceneBoundingRect().contains(card.thumb_box())
    canvas.view.zoom_to(1.0)
    canvas.view.center_on(card.pos())
    seen = canvas.view.viewport().grab().toImage()
    spot = canvas.view.viewportTransform().map(card.thumb_box().center() - QPointF(0.5, 0.5)).toPoint()
    output = shown.output("conv1")
    assert output is not None
    middle = heat.image(output, output.liveliest).pixelColor(3, 3)
    found = seen.pixelColor(spot + (QPointF(1.5, 1.5)).toPoint())
    assert abs(found.lightness() - middle.lightness()) <= 12


def test_the_switch_takes_every_picture_off_the_cards(shown: PreviewHub, canvas: CanvasPanel) -> None:
    Thumbnails(canvas.graph, shown)
    assert all(card.thumb is not None for card in canvas.graph.cards.values())
    bounds = canvas.graph.cards["fc"].rect()
    shown.choose_on_cards(False)
    assert all(card.thumb is None for card in canvas.graph.cards.values())
    assert canvas.graph.cards["fc"].rect().width() < bounds.width()


def test_a_picture_that_would_lie_on_another_card_is_left_out(
    shown: PreviewHub, canvas: CanvasPanel, session: Session
) -> None:
    Thumbnails(canvas.graph, shown)
    with session.edit(Message("Add {node}", node="relu1")) as edit:
        edit.add_node("model", node("relu1", "nn.ReLU", at=(208, 96)))
    card = canvas.graph.cards["conv1"]
    assert card.thumb is not None and not card.shows_thumb
    session.undo_stack.undo()
    assert card.shows_thumb


def test_the_picture_of_a_card_is_made_anew_only_for_another_output(
    shown: PreviewHub, canvas: CanvasPanel, session: Session
) -> None:
    Thumbnails(canvas.graph, shown)
    before = canvas.graph.cards["fc"].thumb
    with session.edit(Message("Add {node}", node="relu1")) as edit:
        edit.add_node("model", node("relu1", "nn.ReLU", at=(400, 96)))
    assert canvas.graph.cards["fc"].thumb is before


@pytest.mark.parametrize(
    "shape", [(1, 3, 200, 4), (1, 1, 1, 1), (1, 2), (1, 1), (1, 64), (1, 500), (1, 5, 7)]
)
def test_any_output_can_be_painted(qapp: QApplication, shape: tuple[int, ...]) -> None:
    import torch

    output = output_of(torch.randn(shape, generator=torch.Generator().manual_seed(0)))
    assert output is not None
    target = QImage(THUMB, THUMB, QImage.Format.Format_ARGB32)
    target.fill(0)
    painter = QPainter(target)
    Thumb(output).paint(painter)
    painter.end()
    assert target.pixelColor(THUMB // 2, 1).alpha() > 0


# -- in the inspector ----------------------------------------------------------------------------------


def test_the_inspector_shows_the_output_and_says_whose_weights_it_used(
    shown: PreviewHub, inspector: InspectorPanel, session: Session
) -> None:
    session.select(["conv1"])
    found = section(inspector)
    title, figures, note = found.texts()
    assert title == "OUTPUT OF SAMPLE 1"
    assert figures["label"] == shown.found.label  # type: ignore[union-attr]
    assert figures["zeros"] == "0 %"
    assert note == "8 of 12 channels, untrained weights"
    assert found.picture.output is shown.output("conv1")


def test_the_arrows_choose_the_sample_round_at_the_ends(
    shown: PreviewHub, inspector: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["fc"])
    found = section(inspector)
    before = found.findChild(QToolButton, "previous_sample")
    assert before is not None
    before.click()
    last = shown.found.samples  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: found.texts()[0] == f"OUTPUT OF SAMPLE {last}", timeout=20_000)
    after = found.findChild(QToolButton, "next_sample")
    assert after is not None
    after.click()
    qtbot.waitUntil(lambda: found.texts()[0] == "OUTPUT OF SAMPLE 1", timeout=20_000)


def test_the_inspector_says_why_there_is_no_picture(
    shown: PreviewHub, inspector: InspectorPanel, session: Session
) -> None:
    session.select(["fc"])
    shown._fail(RuntimeError("no luck"))
    found = section(inspector)
    assert not found.isHidden() and found.picture.isHidden()
    assert found.texts()[2] == "The outputs could not be worked out: RuntimeError: no luck"


def test_a_long_label_makes_the_inspector_no_wider(
    shown: PreviewHub, inspector: InspectorPanel, session: Session
) -> None:
    session.select(["fc"])
    page = inspector.page
    assert page is not None and shown.found is not None
    shown._show(replace(shown.found, label="a label of many words " * 4), None)
    assert page.minimumSizeHint().width() <= 270


def test_a_grid_of_planes_is_four_wide(qtbot: QtBot) -> None:
    picture = OutputPicture()
    qtbot.addWidget(picture)
    picture.resize(262, 10)
    picture.display(Output("planes", (1, 6, 2, 2), 0, 1, 0, 0, width=2, height=2, planes=(bytes(4),) * 6))
    assert picture.height() == 2 * 64 + 2


# -- the window ----------------------------------------------------------------------------------------


def test_the_action_switches_the_pictures_and_is_kept(window: MainWindow) -> None:
    window.files.active or window.files.new()
    action, hub = window.actions_table["previews"], window.workspace.previews
    assert action.isChecked() and hub.on_cards
    action.trigger()
    assert not hub.on_cards and not action.isChecked() and window.preferences.previews is False
    action.trigger()
    assert hub.on_cards and action.isChecked() and window.preferences.previews is True
