"""Each gesture of the canvas by a real mouse and a real keyboard; what it did is read out of the saved file.

The numbers are those of docs/decisions/0330.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint

from studio.app.window import MainWindow
from tests.end_to_end.canvas_hand import (
    LEFT,
    MIDDLE,
    RIGHT,
    WHEEL_DOWN,
    WHEEL_UP,
    CanvasHand,
    focused,
    menus,
    near,
    palette_row,
    shown,
)
from tests.end_to_end.hand import Hand

pytestmark = [pytest.mark.window, pytest.mark.slow, pytest.mark.timeout(600)]


def node(id_: str, type_: str, *sources: str, at: tuple[int, int], **params: object) -> dict[str, Any]:
    args = [{"n": source} for source in sources]
    return {"id": id_, "type": type_, "params": params, "args": args, "at": list(at)}


def chain() -> list[dict[str, Any]]:
    """image -> conv1 -> relu1 -> flat -> fc -> digit, and beside it cards without wires."""
    return [
        node("image", "input", at=(0, 0), shape=["N", 1, 8, 8]),
        node("conv1", "nn.Conv2d", "image", at=(0, 112), out_channels=8, kernel_size=3),
        node("relu1", "nn.ReLU", "conv1", at=(0, 224)),
        node("flat", "nn.Flatten", "relu1", at=(0, 336)),
        node("fc", "nn.Linear", "flat", at=(0, 448), out_features=10),
        node("digit", "output", "fc", at=(0, 560)),
        node("drop1", "nn.Dropout", at=(320, 112)),
        node("tanh1", "nn.Tanh", at=(320, 224)),
        node("fc2", "nn.Linear", at=(320, 336), out_features=3),
    ]


def frames(canvas: CanvasHand) -> list[tuple[str, dict[str, Any]]]:
    """The frames of the network, as the file has them."""
    return list(canvas.project()["networks"]["model"]["frames"].items())


@pytest.fixture
def canvas(hand: Hand, window: MainWindow, tmp_path: Path) -> CanvasHand:
    made = CanvasHand(hand, window, tmp_path / "gestures.json")
    made.opens(chain())
    return made


def test_adding_and_wiring(canvas: CanvasHand) -> None:
    hand, graph = canvas.hand, canvas.graph

    # 1: search at the mouse, by Tab and by a double click
    spot = canvas.at(-100, 300)
    there = canvas.scene(spot)
    canvas.goes(spot)
    with canvas.one_step("Add gelu1"):
        hand.key("Tab")
        canvas.searches("gel")
    assert near(canvas.middle("gelu1"), there)
    spot = canvas.at(-100, 500)
    there = canvas.scene(spot)
    with canvas.one_step("Add gelu2"):
        canvas.clicks(canvas.space())
        canvas.double_clicks(spot)
        canvas.searches("gel")
    assert near(canvas.middle("gelu2"), there)

    # 2: a wire dropped in empty space asks for what fits, and wires it
    spot = canvas.at(560, 40)
    with canvas.one_step("Add sigmoid1"):
        canvas.drags(canvas.out("conv1"), canvas.at(250, 40), spot)
        canvas.until(lambda: shown("canvas_search"))
        assert graph.overlay.wires, "the loose wire stays in sight"
        assert {"input", "const"}.isdisjoint(e.type for e in canvas.canvas.search.found())
        canvas.searches("sigm")
    assert canvas.sources("sigmoid1") == ["conv1"]

    # 12: what does not fit is dimmed and says why, and what goes between is put there
    canvas.presses(canvas.out("relu1"))
    canvas.passes(canvas.at(280, 300), canvas.card("fc2"))
    assert graph.cards["fc2"].dimmed and not graph.cards["tanh1"].dimmed
    assert "N×8×6×6" in canvas.said() and "Flatten" in canvas.said()
    with canvas.one_step("Connect relu1 to fc2 by flat1"):
        canvas.lets_go()
    assert canvas.sources("fc2") == ["flat1"] and canvas.sources("flat1") == ["relu1"]
    with canvas.no_step():
        canvas.presses(canvas.out("fc"))
        canvas.passes(canvas.at(200, 420), canvas.card("relu1"))
        assert graph.overlay.refused and canvas.said()
        canvas.lets_go()

    # 13: what is added follows the selected card; C connects what is selected
    canvas.selects("drop1")
    canvas.goes(canvas.at(560, 200))
    with canvas.one_step("Add relu2"):
        hand.key("Tab")
        canvas.searches("relu")
    assert canvas.sources("relu2") == ["drop1"]
    canvas.undoes()
    canvas.selects("gelu1", "gelu2")
    with canvas.one_step("Connect 2 nodes"):
        hand.key("c")
    assert canvas.sources("gelu2") == ["gelu1"]

    # 14: two clicks wire too; meanwhile one zooms, pans, and scrolls at the border
    canvas.clicks(canvas.out("drop1"))
    canvas.until(lambda: canvas.view.gesture)
    canvas.goes(canvas.at(300, 400))
    zoom = canvas.view.zoom
    hand.button("click", WHEEL_UP)
    canvas.until(lambda: canvas.view.zoom > zoom)
    hand.button("click", WHEEL_DOWN)
    canvas.until(lambda: canvas.view.zoom == pytest.approx(zoom))
    before = canvas.view.visible_rect().center()
    hand.button("mousedown", MIDDLE)
    canvas.passes(canvas.at(330, 430))
    hand.button("mouseup", MIDDLE)
    canvas.until(lambda: canvas.view.visible_rect().center() != before)
    assert canvas.view.gesture, "panning does not end the wire"
    area = canvas.view.viewport()
    canvas.goes(area.mapToGlobal(QPoint(area.width() // 2, area.height() - 4)))
    canvas.until(lambda: canvas.view.visible_rect().center().y() > before.y() + 30)
    canvas.goes(area.mapToGlobal(QPoint(area.width() // 2, 4)))
    canvas.until(lambda: canvas.view.visible_rect().center().y() < before.y())
    canvas.goes(area.mapToGlobal(area.rect().center()))
    with canvas.one_step("Connect drop1 to tanh1"):
        canvas.clicks(canvas.into("tanh1"))
    hand.key("Home")
    assert canvas.sources("tanh1") == ["drop1"]

    # 15: a wire jumps to a port nearby, and the body of a card stands for its free input
    canvas.presses(canvas.out("tanh1"))
    canvas.passes(canvas.at(60, 280), canvas.into("gelu1") + QPoint(13, -12))
    assert graph.overlay.port is not None
    with canvas.one_step("Connect tanh1 to gelu1"):
        canvas.lets_go()
    with canvas.one_step("Connect image to drop1"):
        canvas.drags(canvas.out("image"), canvas.at(200, 100), canvas.card("drop1"))
    assert canvas.sources("gelu1") == ["tanh1"] and canvas.sources("drop1") == ["image"]

    # 3: a layer out of the palette, on a wire
    with canvas.one_step("Insert batchnorm1", "Insert bn1", "Insert norm1"):
        hand.drag(palette_row(canvas, "BatchNorm2d"), canvas.wire("conv1", "relu1"))
    (made,) = canvas.sources("relu1")
    assert canvas.sources(made) == ["conv1"]


def test_rewiring(canvas: CanvasHand) -> None:
    hand = canvas.hand

    # 3: a card dropped on a wire goes into it, what comes after makes room; Shift keeps it out
    with canvas.one_step("Insert drop1"):
        canvas.drags(canvas.card("drop1"), canvas.at(200, 160), canvas.wire("conv1", "relu1"))
    assert canvas.sources("drop1") == ["conv1"] and canvas.sources("relu1") == ["drop1"]
    assert canvas.place("relu1")[1] > 224 and canvas.place("digit")[1] > 560
    canvas.undoes()
    with canvas.holding("shift"), canvas.one_step("Move drop1"):
        canvas.drags(canvas.card("drop1"), canvas.at(200, 160), canvas.wire("conv1", "relu1"))
    assert canvas.sources("drop1") == [] and canvas.sources("relu1") == ["conv1"]
    canvas.undoes()

    # 4: deleting a card closes the gap; with Shift it stays
    canvas.selects("relu1")
    with canvas.one_step("Delete relu1"):
        hand.key("Delete")
    assert canvas.sources("flat") == ["conv1"]
    canvas.undoes()
    canvas.selects("relu1")
    with canvas.one_step("Delete relu1"):
        hand.key("shift+Delete")
    assert canvas.sources("flat") == []
    canvas.undoes()

    # 5: out of its wires, by X (or Alt) and by shaking
    with canvas.holding("x"), canvas.one_step("Take relu1 out of its wires"):
        canvas.drags(canvas.card("relu1"), canvas.at(-140, 300))
    assert canvas.sources("flat") == ["conv1"] and canvas.sources("relu1") == []
    canvas.undoes()
    card = canvas.card("relu1")
    with canvas.one_step("Take relu1 out of its wires"):
        canvas.presses(card)
        canvas.passes(*(card + QPoint(70 * (-1) ** turn, 4 * turn) for turn in range(7)))
        canvas.passes(canvas.at(-140, 300))
        canvas.lets_go()
    assert canvas.sources("flat") == ["conv1"]
    canvas.undoes()

    # 6: from card to card without looking for ports
    with canvas.holding("x"), canvas.one_step("Connect drop1 to tanh1"):
        canvas.drags(canvas.card("drop1"), canvas.card("tanh1"), button=RIGHT)
    assert canvas.sources("tanh1") == ["drop1"]
    assert not menus(), "the menu of the right button stays away"

    # 7: a wire is taken by its end: to another card, and into nothing
    with canvas.one_step("Connect relu1 to fc2"):
        canvas.drags(canvas.into("flat"), canvas.at(200, 330), canvas.into("fc2"))
    assert canvas.sources("flat") == [] and canvas.sources("fc2") == ["relu1"]
    canvas.undoes()
    with canvas.one_step("Disconnect relu1 from flat"):
        canvas.drags(canvas.into("flat"), canvas.at(-60, 300), canvas.at(-160, 420))
    assert canvas.sources("flat") == []
    canvas.undoes()

    # 8: Ctrl takes all wires of an output
    with canvas.one_step("Connect conv1 to drop1"):
        canvas.drags(canvas.out("conv1"), canvas.at(260, 150), canvas.into("drop1"))
    with canvas.holding("ctrl"), canvas.one_step("Move wires to image"):
        canvas.drags(canvas.out("conv1"), canvas.at(220, 100), canvas.out("image"))
    assert canvas.sources("relu1") == ["image"] and canvas.sources("drop1") == ["image"]
    canvas.undoes()

    # 9: X (or Alt) and a click cut a wire, and all wires of a port
    with canvas.holding("x"), canvas.one_step("Disconnect relu1 from flat"):
        canvas.clicks(canvas.wire("relu1", "flat"))
    assert canvas.sources("flat") == []
    canvas.undoes()
    with canvas.holding("x"), canvas.one_step("Disconnect 2 wires"):
        canvas.clicks(canvas.out("conv1"))
    assert canvas.sources("relu1") == [] and canvas.sources("drop1") == []
    canvas.undoes()

    # 10: a line across wires cuts them
    with canvas.holding("y"), canvas.one_step("Disconnect relu1 from flat"):
        canvas.drags(canvas.at(-60, 300), canvas.at(160, 316))
    canvas.undoes()
    with canvas.holding("ctrl"), canvas.one_step("Disconnect flat from fc"):
        canvas.drags(canvas.at(-60, 412), canvas.at(160, 428), button=RIGHT)
    assert canvas.sources("fc") == [] and not menus()
    canvas.undoes()

    # 11: a dot on a wire is moved and deleted like a card
    with canvas.one_step("Put a dot on the wire from relu1 to flat"):
        canvas.double_clicks(canvas.wire("relu1", "flat"))
    (dot,) = canvas.sources("flat")
    assert canvas.sources(dot) == ["relu1"]
    with canvas.one_step(f"Move {dot}"):
        canvas.drags(canvas.card(dot), canvas.at(-60, 310))
    assert canvas.place(dot)[0] < 0
    with canvas.one_step(f"Delete {dot}"):
        hand.key("Delete")
    assert canvas.sources("flat") == ["relu1"]


def test_arranging(canvas: CanvasHand) -> None:
    hand, graph = canvas.hand, canvas.graph

    # 16: bypass
    canvas.selects("relu1")
    with canvas.one_step("Bypass relu1"):
        hand.key("ctrl+b")
    assert canvas.saved()["relu1"]["bypassed"] is True
    with canvas.one_step("Stop bypassing relu1"):
        hand.key("m")
    assert "bypassed" not in canvas.saved()["relu1"]

    # 17: paste at the mouse, with the wires that came in; Ctrl and a drag copy
    canvas.selects("conv1", "relu1")
    hand.key("ctrl+c")
    spot = canvas.at(-150, 120)
    there = canvas.scene(spot)
    canvas.goes(spot)
    with canvas.one_step("Paste 2 nodes"):
        hand.key("ctrl+v")
    assert canvas.sources("relu2") == ["conv2"] and canvas.sources("conv2") == []
    left, top = canvas.place("conv2")
    assert abs(left - there.x()) <= 250 and abs(top - there.y()) <= 250
    canvas.undoes()
    canvas.goes(canvas.space())
    with canvas.one_step("Paste 2 nodes"):
        hand.key("ctrl+shift+v")
    assert canvas.sources("conv2") == ["image"]
    canvas.undoes()
    with canvas.holding("ctrl"), canvas.one_step("Duplicate tanh1"):
        canvas.drags(canvas.card("tanh1"), canvas.at(412, 540))
    assert "tanh2" in canvas.saved() and canvas.place("tanh1") == (320, 224)
    canvas.undoes()

    # 18: a frame with a title moves what is in it; a card is dragged in and out
    canvas.selects("drop1", "tanh1")
    with canvas.one_step("Frame 2 nodes"):
        hand.key("ctrl+j")
        canvas.names("Beside")
    hand.shot("gestures-frame")
    ((_, frame),) = frames(canvas)
    assert frame["title"] == "Beside"
    with canvas.one_step("Move a frame"):
        canvas.drags(canvas.title(), canvas.title() + QPoint(-30, 96))
    assert canvas.place("drop1")[1] > 112 and canvas.place("tanh1")[1] > 224
    canvas.undoes()
    canvas.selects("tanh1")
    with canvas.one_step("Move tanh1"):
        canvas.drags(canvas.card("tanh1"), canvas.at(412, 520))
    with canvas.one_step("Move a frame"):
        canvas.drags(canvas.title(), canvas.title() + QPoint(-30, 48))
    assert canvas.place("drop1") != (320, 112) and abs(canvas.place("tanh1")[1] - 492) < 16
    canvas.undoes()
    canvas.undoes()

    # 19: a block, its inside, the way out, and its end
    canvas.selects("conv1", "relu1")
    with canvas.one_step("Make 2 nodes a block"):
        hand.key("ctrl+g")
        canvas.names("Stem")
    project = canvas.project()
    block = next(n["id"] for n in project["networks"]["model"]["nodes"] if n["type"] == "block:Stem")
    assert {"conv1", "relu1"} <= {n["id"] for n in project["networks"]["Stem"]["nodes"]}
    canvas.double_clicks(canvas.card(block))
    canvas.until(lambda: canvas.session.network == "Stem")
    hand.shot("gestures-block")
    hand.key("BackSpace")
    canvas.until(lambda: canvas.session.network == "model")
    canvas.selects(block)
    hand.key("Return")
    canvas.until(lambda: canvas.session.network == "Stem")
    hand.click_widget(canvas.crumb("model"))
    canvas.until(lambda: canvas.session.network == "model")
    canvas.selects(block)
    with canvas.one_step("Dissolve Stem", f"Dissolve {block}"):
        hand.key("ctrl+shift+g")
    assert canvas.sources("relu1") == ["conv1"] and canvas.sources("flat") == ["relu1"]

    # 21: guides, Q, a swipe with A held, and Tidy up as one step that glides
    canvas.presses(canvas.card("tanh1"))
    canvas.passes(canvas.card("tanh1") + QPoint(40, 30), canvas.card("drop1") + QPoint(3, 112))
    assert graph.overlay.guides, "a line shows with what the card is aligned"
    with canvas.no_step():
        hand.key("Escape")
        canvas.until(lambda: not canvas.view.gesture)
        hand.button("mouseup", LEFT)
    with canvas.one_step("Move relu1"):
        canvas.drags(canvas.card("relu1"), canvas.card("relu1") + QPoint(-57, 0))
    assert canvas.place("relu1")[0] != 0
    with canvas.one_step("Straighten the wires"):
        hand.key("q")
    assert canvas.place("relu1")[0] == canvas.place("conv1")[0]
    with canvas.one_step("Move fc2"):
        canvas.drags(canvas.card("fc2"), canvas.card("fc2") + QPoint(61, 0))
    with canvas.holding("a"), canvas.one_step("Align 2 nodes"):
        canvas.drags(canvas.card("tanh1") + QPoint(-40, 0), canvas.card("fc2") + QPoint(0, 10))
    with canvas.one_step("Tidy up"):
        hand.key("ctrl+shift+l")
    assert canvas.place("fc")[1] > canvas.place("flat")[1] > canvas.place("conv1")[1]
    hand.shot("gestures-tidy")


def test_seeing_and_finding(canvas: CanvasHand) -> None:
    hand, view = canvas.hand, canvas.view

    # 20: zoom at the mouse, all, the selection, panning, the map
    at = canvas.card("tanh1")
    canvas.goes(at)
    there, zoom = canvas.scene(at), view.zoom
    for _ in range(3):
        hand.button("click", WHEEL_UP)
    canvas.until(lambda: view.zoom > zoom * 1.4)
    assert near(canvas.scene(at), there, 2)
    hand.key("Home")
    canvas.until(lambda: canvas.sees("image", "digit", "fc2"))
    canvas.selects("fc2")
    hand.key("f")
    canvas.until(lambda: abs(view.visible_rect().center().y() - 364) < 4)
    hand.key("Home")
    canvas.until(lambda: canvas.sees("image", "digit"))
    for button, key in ((LEFT, "space"), (MIDDLE, None)):
        before = view.visible_rect().center()
        spot = canvas.space()
        canvas.goes(spot)
        if key:
            hand.keys("keydown", key)
        hand.button("mousedown", button)
        canvas.passes(spot + QPoint(30, -20), spot + QPoint(120, -90))
        hand.button("mouseup", button)
        if key:
            hand.keys("keyup", key)
        canvas.until(lambda b=before: abs(view.visible_rect().center().x() - b.x() + 120 / view.zoom) < 3)
        assert not shown("canvas_search"), "a Space that panned is no search"
    hand.drag(*canvas.over_the_map())
    canvas.until(lambda: not canvas.sees("image"))
    hand.key("Home")
    canvas.until(lambda: canvas.sees("image", "digit"))

    # 22: what lies under the mouse is said, with its shape
    canvas.goes(canvas.wire("relu1", "flat"))
    canvas.until(lambda: "N×8×6×6 float32" in canvas.said(), "the shape of the wire")
    canvas.goes(canvas.out("conv1"))
    canvas.until(lambda: "80 parameters" in canvas.said(), "the parameters of conv1")
    hand.shot("gestures-hover")
    canvas.goes(canvas.space())
    canvas.until(lambda: not canvas.said())

    # 23: find and fly; bookmarks
    hand.key("ctrl+alt+1")
    canvas.until(lambda: "1" in str(canvas.project()["networks"]["model"].get("view", canvas.project())))
    hand.key("ctrl+f")
    canvas.searches("fc2")
    canvas.until(lambda: canvas.session.selection == ("fc2",))
    canvas.until(lambda: near(view.visible_rect().center(), canvas.scene(canvas.card("fc2")), 4))
    hand.key("1")
    canvas.until(lambda: canvas.sees("image", "digit"))

    # 24: the keyboard alone
    canvas.selects("conv1")
    for key, found in (
        ("Down", "relu1"),
        ("Down", "flat"),
        ("Up", "relu1"),
        ("Right", "tanh1"),
        ("Left", "relu1"),
    ):
        hand.key(key)
        canvas.until(lambda i=found: canvas.session.selection == (i,), f"{key} to {found}")
    before = canvas.place("relu1")
    with canvas.one_step("Move relu1"):
        hand.key("shift+Right", "shift+Right")
    assert canvas.place("relu1") == (before[0] + 16, before[1])
    hand.key("Return")
    canvas.until(lambda: focused().startswith(("field_", "node_name", "inspector")), focused())
    hand.key("Escape")
    hand.click(canvas.space())
    hand.key("ctrl+shift+p")
    canvas.until(lambda: shown("command_palette"))
    hand.type("select all")
    hand.key("Return")
    canvas.until(lambda: len(canvas.session.selection) == 9)
    with canvas.one_step("Delete 9 nodes"):
        hand.key("Delete")
    canvas.undoes()

    # 25: Escape gives every gesture up
    before_file = canvas.project()
    for name, press, way, key, button in (
        ("move", canvas.card("tanh1"), canvas.at(420, 460), None, LEFT),
        ("wire", canvas.out("drop1"), canvas.card("tanh1"), None, LEFT),
        ("picked", canvas.into("flat"), canvas.at(-80, 420), None, LEFT),
        ("band", canvas.at(-80, 20), canvas.at(240, 420), None, LEFT),
        ("copy", canvas.card("tanh1"), canvas.at(420, 460), "ctrl", LEFT),
        ("out", canvas.card("relu1"), canvas.at(-80, 420), "x", LEFT),
        ("cut", canvas.at(-60, 300), canvas.at(160, 316), "y", LEFT),
        ("swipe", canvas.card("tanh1") + QPoint(-40, 0), canvas.card("fc2") + QPoint(0, 10), "a", LEFT),
        ("lazy", canvas.card("drop1"), canvas.card("tanh1"), "x", RIGHT),
    ):
        with canvas.no_step():
            if key:
                hand.keys("keydown", key)
            canvas.presses(press, button)
            canvas.passes((press + way) / 2, way)
            canvas.until(lambda: view.gesture, name)
            hand.keys("keydown", "Escape")
            canvas.until(lambda: not view.gesture, name)
            hand.keys("keyup", "Escape")
            hand.button("mouseup", button)
            if key:
                hand.keys("keyup", key)
    assert canvas.project() == before_file
    assert not menus()
