"""A hand on the canvas of a real window: gestures by xdotool, and what the saved file says of them.

Every step of the mouse waits until the canvas has seen it, so that a slow machine loses none of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtWidgets import QApplication, QMenu, QToolButton, QTreeView, QWidget

from studio.app.window import MainWindow
from studio.graph.model import Wire
from tests.end_to_end.hand import Hand

PATIENCE_MS = 60_000
LEFT, MIDDLE, RIGHT, WHEEL_UP, WHEEL_DOWN = 1, 2, 3, 4, 5


class CanvasHand:
    """Opens a project in the window and works on its canvas. Places are global pixels."""

    def __init__(self, hand: Hand, window: MainWindow, file: Path) -> None:
        self.hand, self.window, self.file = hand, window, file
        self.session = window.session
        self.canvas = window.workspace.canvas
        self.view = self.canvas.view
        self.graph = self.canvas.graph

    # -- the project -----------------------------------------------------------------------------

    def opens(self, nodes: list[dict[str, Any]]) -> None:
        """Opens a project with one network by Ctrl+O; the panels below make room for the canvas."""
        project = {
            "format": "netloom-project",
            "version": 1,
            "name": "Gestures",
            "networks": {"model": {"nodes": nodes}},
        }
        self.file.write_text(json.dumps(project), encoding="utf-8")
        self.hand.key("ctrl+o")
        self.until(lambda: shown("open_dialog"))
        self.hand.key("ctrl+a")
        self.hand.type(str(self.file))
        self.hand.key("Return")
        self.until(lambda: self.window.files.active and not shown("open_dialog"))
        self.until(lambda: self.session.analysis.report("model", nodes[0]["id"]) is not None)
        if self.window.workspace.docks["bottom"].isVisible():
            self.hand.key("ctrl+3")
        self.until(lambda: not self.window.workspace.docks["bottom"].isVisible())
        self.hand.click(self.space())
        self.hand.key("ctrl+0", "Home")
        self.until(lambda: self.view.hasFocus())

    def saved(self, network: str = "model") -> dict[str, dict[str, Any]]:
        """The nodes of a network by name, out of the file that Ctrl+S has written."""
        return {node["id"]: node for node in self.project()["networks"][network]["nodes"]}

    def project(self) -> dict[str, Any]:
        self.hand.key("ctrl+s")
        self.until(lambda: not self.session.dirty)
        found: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return found

    def sources(self, id_: str, network: str = "model") -> list[str]:
        """The nodes that are wired to the arguments of a node, as the file has it."""
        return [value["n"] for value in self.saved(network)[id_].get("args", []) if value]

    def place(self, id_: str) -> tuple[int, int]:
        left, top = self.saved(self.session.network)[id_]["at"]
        return left, top

    # -- undo steps ------------------------------------------------------------------------------

    @contextmanager
    def one_step(self, *names: str) -> Iterator[None]:
        """What is done inside is one undo step with one of these names."""
        before = self.session.undo_stack.index()
        yield
        self.until(lambda: self.session.undo_stack.index() > before)
        assert self._labels(before) in [[name] for name in names], (self._labels(before), names)

    @contextmanager
    def no_step(self) -> Iterator[None]:
        before = self.session.undo_stack.index()
        yield
        self.until(lambda: not self.view.gesture)
        assert self._labels(before) == []

    def _labels(self, since: int) -> list[str]:
        stack = self.session.undo_stack
        return [stack.label(i) for i in range(since, stack.index())]

    def undoes(self) -> None:
        before = self.session.undo_stack.index()
        self.hand.key("ctrl+z")
        self.until(lambda: self.session.undo_stack.index() == before - 1)

    # -- places ----------------------------------------------------------------------------------

    def card(self, id_: str) -> QPoint:
        """A place on a card that is no port."""
        return self.view.node_rect_on_screen(id_).center()

    def out(self, id_: str, index: int = 0) -> QPoint:
        return self.view.port_on_screen(id_, "out", index)

    def into(self, id_: str, index: int = 0) -> QPoint:
        return self.view.port_on_screen(id_, "in", index)

    def wire(self, source: str, target: str) -> QPoint:
        return self.view.wire_point_on_screen(self._wire(source, target))

    def _wire(self, source: str, target: str) -> Wire:
        return next(w for w in self.graph.edges.wires_into(target) if w.source == source)

    def at(self, x: float, y: float) -> QPoint:
        """A place of the scene."""
        return self.view.viewport().mapToGlobal(self.view.viewportTransform().map(QPointF(x, y)).toPoint())

    def space(self) -> QPoint:
        """A place where there is nothing, at the left below."""
        area = self.view.viewport()
        return area.mapToGlobal(QPoint(60, area.height() - 60))

    def scene(self, at: QPoint) -> QPointF:
        local = self.view.viewport().mapFromGlobal(at)
        return self.view.viewportTransform().inverted()[0].map(QPointF(local))

    # -- the mouse -------------------------------------------------------------------------------

    def goes(self, to: QPoint) -> None:
        """Moves the mouse there and waits until the canvas has seen it."""
        local = self.view.viewport().mapFromGlobal(to)
        self.hand.moves(to)
        self.until(lambda: self.view.under == local, f"the mouse at {to}, seen at {self.view.under}")

    def presses(self, at: QPoint, button: int = LEFT) -> None:
        """Presses and leaves the place by more than Qt's distance for a drag."""
        self.goes(at)
        self.hand.button("mousedown", button)
        self.goes(at + QPoint(7, 6))
        self.goes(at + QPoint(14, 12))

    def passes(self, *points: QPoint) -> None:
        for point in points:
            self.goes(point)

    def lets_go(self, button: int = LEFT) -> None:
        self.hand.button("mouseup", button)
        self.until(lambda: not self.view.gesture)

    def drags(self, *points: QPoint, button: int = LEFT) -> None:
        """Presses at the first point, passes the others and lets go at the last."""
        self.presses(points[0], button)
        last = points[-1]
        self.passes(*points[1:-1], (points[-2] + last) / 2, last - QPoint(2, 0), last)
        self.lets_go(button)

    def clicks(self, at: QPoint, button: int = LEFT) -> None:
        self.goes(at)
        self.hand.button("click", button)
        self.hand.qtbot.wait(QApplication.doubleClickInterval() + 50)  # the next click is one of its own

    def double_clicks(self, at: QPoint) -> None:
        self.goes(at)
        self.hand.click(at, times=2)

    @contextmanager
    def holding(self, key: str) -> Iterator[None]:
        self.hand.keys("keydown", key)
        yield
        self.hand.keys("keyup", key)

    # -- the keyboard ----------------------------------------------------------------------------

    def searches(self, text: str) -> None:
        """Types into the search that is open on the canvas, and takes the first that is found."""
        self.until(lambda: shown("canvas_search"))
        self.hand.type(text)
        self.until(lambda: self.canvas.search.field.text() == text)
        self.hand.key("Return")
        self.until(lambda: not shown("canvas_search"))

    def names(self, text: str) -> None:
        """Types into the field that asks for a name."""
        self.until(lambda: shown("canvas_rename"))
        self.hand.key("ctrl+a")
        self.hand.type(text)
        self.hand.key("Return")
        self.until(lambda: not shown("canvas_rename"))

    def said(self) -> str:
        """What the canvas says beside the mouse."""
        return " ".join(text for _, text, _ in self.graph.overlay.labels)

    def selects(self, *ids: str) -> None:
        self.clicks(self.card(ids[0]))
        self.until(lambda: self.session.selection == (ids[0],))
        for id_ in ids[1:]:
            with self.holding("shift"):
                self.clicks(self.card(id_))
            self.until(lambda i=id_: i in self.session.selection)

    def until(self, condition: Any, what: str = "") -> None:
        try:
            self.hand.until(condition, PATIENCE_MS)
        except Exception:
            self.hand.shot("gesture-stuck")
            print("stuck:", what, [w.objectName() for w in QApplication.topLevelWidgets() if w.isVisible()])
            raise

    def sees(self, *ids: str) -> bool:
        """Whether cards are in sight whole."""
        seen = self.view.visible_rect()
        return all(seen.contains(QRectF(*self.graph.cards[id_].box())) for id_ in ids)

    def middle(self, id_: str) -> QPointF:
        """The middle of a card by its place in the file."""
        left, top = self.place(id_)
        _, _, width, height = self.graph.cards[id_].box()
        return QPointF(left + width / 2, top + height / 2)

    def title(self) -> QPoint:
        """A place on the title of the only frame."""
        (item,) = self.graph.frames.items.values()
        return self.at(item.pos().x() + 60, item.pos().y() + 12)

    def crumb(self, network: str) -> QWidget:
        """The button of a network in the trail."""
        trail = self.canvas.breadcrumb
        return next(b for b in trail.findChildren(QToolButton) if b.text() == network and b.isVisible())

    def over_the_map(self) -> tuple[QPoint, QPoint]:
        """Two places on the map: its middle, and one near its lower end."""
        box = self.canvas.minimap
        return box.mapToGlobal(box.rect().center()), box.mapToGlobal(
            QPoint(box.width() // 2, box.height() - 6)
        )


def near(one: QPointF, other: QPointF, within: float = 9) -> bool:
    return abs(one.x() - other.x()) <= within and abs(one.y() - other.y()) <= within


def menus() -> list[QWidget]:
    """The menus that are open."""
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible()]


def palette_row(canvas: CanvasHand, label: str) -> QPoint:
    """Where the palette shows a layer, after a search for it."""
    canvas.hand.click_widget(canvas.window.findChild(QWidget, "palette_search"))
    canvas.hand.key("ctrl+a")
    canvas.hand.type(label)
    palette = canvas.window.findChild(QTreeView, "palette_list")
    canvas.until(lambda: _row(palette, label) is not None, label)
    return palette.viewport().mapToGlobal(palette.visualRect(_row(palette, label)).center())


def _row(palette: QTreeView, label: str) -> object:
    """The visible entry of that name in the palette."""
    model = palette.model()
    waiting = [model.index(row, 0) for row in range(model.rowCount())]
    while waiting:
        index = waiting.pop(0)
        leaf = not model.rowCount(index)
        if leaf and model.data(index) == label and not palette.visualRect(index).isEmpty():
            return index
        waiting += [model.index(row, 0, index) for row in range(model.rowCount(index))]
    return None


def shown(name: str) -> bool:
    return any(
        widget.objectName() == name and widget.isVisible()
        for top in QApplication.topLevelWidgets()
        for widget in (top, *top.findChildren(QWidget, name))
    )


def focused() -> str:
    widget = QApplication.focusWidget()
    return widget.objectName() if widget is not None else ""
