"""From an empty canvas to an exported model, with the mouse and the keyboard only, in a real window."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QTabBar, QTreeView, QWidget

from studio.app import theme
from studio.app.window import MainWindow
from tests.end_to_end import clean
from tests.end_to_end.conftest import child
from tests.end_to_end.hand import Hand

pytestmark = [pytest.mark.window, pytest.mark.slow, pytest.mark.timeout(600)]

EPOCHS = 60
LAYERS = ("Input", "Conv2d", "ReLU", "Flatten", "Linear", "Output")

SCORE = """
import json, sys
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
images, labels = numpy.load(sys.argv[2]), numpy.load(sys.argv[3])
scores = session.run(None, {session.get_inputs()[0].name: images})[0]
print(json.dumps({"accuracy": float((scores.argmax(1) == labels).mean()), "samples": len(labels)}))
"""


class Person:
    """What a person does with the window, in their words."""

    def __init__(self, hand: Hand, window: MainWindow) -> None:
        self.hand = hand
        self.window = window
        self.session = window.session
        self.canvas = window.workspace.canvas

    def drags_from_the_palette(self, label: str, to: QPoint) -> str:
        """Finds a layer by typing, drags it onto the canvas; gives the new node's id."""
        search = child(self.window, "palette_search")
        self.hand.click_widget(search)
        self.hand.key("ctrl+a")
        self.hand.type(label)
        palette = self.window.findChild(QTreeView, "palette_list")
        self.hand.until(lambda: _row(palette, label) is not None)
        start = palette.viewport().mapToGlobal(palette.visualRect(_row(palette, label)).center())
        before = set(self.nodes())
        self.hand.drag(start, to)
        self.hand.until(lambda: len(self.nodes()) == len(before) + 1)
        return (set(self.nodes()) - before).pop()

    def wires(self, source: str, target: str) -> None:
        view = self.canvas.view
        before = self.wire_count()
        self.hand.drag(view.port_on_screen(source, "out"), view.port_on_screen(target, "in"))
        self.hand.until(lambda: self.wire_count() == before + 1)

    def opens_tab(self, name: str) -> None:
        tabs = self.window.workspace.tabs
        bar: QTabBar = tabs.tabBar()
        index = tabs.indexOf(self.window.workspace.pages[name])
        self.hand.click(self.hand.settled(lambda: bar.mapToGlobal(bar.tabRect(index).center())))
        self.hand.until(lambda: tabs.currentIndex() == index)

    def chooses_data(self, source: str) -> None:
        self.opens_tab("data")
        combo = self.window.findChild(QComboBox, "data_source")
        self.hand.click_widget(combo)
        popup = combo.view()
        self.hand.until(popup.isVisible)
        index = combo.model().index(combo.findData(source), 0)
        self.hand.click(popup.viewport().mapToGlobal(popup.visualRect(index).center()))
        self.hand.until(lambda: self.session.document.setting(("data", "source")) == source)

    def sets(self, section: str, name: str, value: object) -> None:
        """Types a value into a field of the Training tab."""
        self.opens_tab(section)
        self.hand.click_widget(child(self.window, f"{section}_{name}"))
        self.hand.key("ctrl+a")
        self.hand.type(str(value))
        self.hand.key("Return")
        self.hand.until(lambda: self.session.document.setting((section, name)) == value)

    def sets_argument(self, node: str, name: str, value: int) -> None:
        """Selects a card and types the value of an argument into the inspector."""
        self.hand.click(self.canvas.view.port_on_screen(node, "in") + QPoint(0, 20))
        self.hand.until(lambda: self.session.selection == (node,))
        self.hand.click_widget(child(self.window, f"field_{name}"))
        self.hand.key("ctrl+a")
        self.hand.type(str(value))
        self.hand.key("Return")
        self.hand.until(lambda: self.session.document.nodes("model")[node].params.get(name) == value)

    def saves_as(self, path: Path) -> None:
        self.hand.key("ctrl+s")
        self.hand.until(lambda: _visible("save_dialog"))
        self.hand.key("ctrl+a")
        self.hand.type(str(path))
        self.hand.key("Return")
        self.hand.until(path.is_file)
        self.hand.until(lambda: not self.session.dirty)

    def exports(self, format_: str, path: Path) -> str:
        """Exports the last run; gives the proof the dialog shows."""
        self.hand.click_widget(child(self.window, "export_button"))
        self.hand.until(lambda: _visible("export_dialog"))
        dialog = child(self.window, "export_dialog")
        self.hand.click_widget(child(dialog, f"format_{format_}"))
        self.hand.click_widget(child(dialog, "export_path"))
        self.hand.key("ctrl+a")
        self.hand.type(str(path))
        self.hand.click_widget(child(dialog, "export_now"))
        self.hand.until(path.exists, timeout=120_000)
        outcome = dialog.findChild(QLabel, "export_outcome")
        self.hand.until(lambda: "deviation" in outcome.text(), timeout=60_000)
        return outcome.text()

    def nodes(self) -> list[str]:
        return list(self.session.document.network("model").nodes)

    def wire_count(self) -> int:
        return len(list(self.session.document.network("model").wires()))


def test_from_an_empty_canvas_to_a_model_that_works_without_us(
    hand: Hand, window: MainWindow, tmp_path: Path
) -> None:
    person = Person(hand, window)
    hand.shot("1-welcome")
    hand.click_widget(child(window, "new_button"))
    hand.until(lambda: window.files.active)
    person.chooses_data("digits")
    hand.shot("2-data")

    view = person.canvas.view.viewport()
    corner = hand.settled(lambda: view.mapToGlobal(QPoint(view.width() // 2, 40)))
    made = [
        person.drags_from_the_palette(label, corner + QPoint(0, row * 84)) for row, label in enumerate(LAYERS)
    ]
    assert len(made) == len(LAYERS)
    hand.shot("3-dragged")
    hand.click(corner + QPoint(-260, 300))
    for source, target in pairwise(made):
        person.wires(source, target)
    hand.until(lambda: str(_shape(person, made[1])) == "N×32×8×8")
    hand.shot("4-wired")

    linear = made[4]
    assert not person.session.analysis.errors, "a last layer is as wide as the data asks"
    person.sets_argument(linear, "out_features", 64)
    hand.until(lambda: person.session.analysis.errors)
    assert [problem.node for problem in person.session.analysis.errors] == [linear]
    person.opens_tab("problems")
    hand.shot("5-problem")
    hand.click_widget(child(child(window, "problems_panel"), "cure_button"))
    hand.until(lambda: not person.session.analysis.errors)
    assert str(_shape(person, linear)) == "N×10"

    person.sets("training", "epochs", EPOCHS)
    person.opens_tab("curves")
    hand.click_widget(child(window, "train_button"))
    hand.until(lambda: window.trainer.progress is not None and window.trainer.progress.epoch >= 2, 60_000)
    early = _reach(window)
    hand.until(lambda: _reach(window) > early)
    hand.click_widget(child(window, "pause_button"))
    hand.until(lambda: window.trainer.state == "paused")
    hand.shot("6-training")
    hand.click_widget(child(window, "pause_button"))
    hand.until(lambda: window.trainer.state in {"running", "idle"})
    hand.until(lambda: window.trainer.state == "idle", 90_000)
    hand.shot("7-trained")

    project = tmp_path / "mine.json"
    person.saves_as(project)
    model = tmp_path / "mine.onnx"
    proof = person.exports("onnx", model)
    hand.shot("8-exported")
    assert "deviation" in proof

    run = json.loads((window.trainer.last_run / "run.json").read_text(encoding="utf-8"))
    images, labels = _test_images(json.loads(project.read_text(encoding="utf-8"))["data"], tmp_path)
    script = tmp_path / "score.py"
    script.write_text(SCORE, encoding="utf-8")
    alone = clean.interpreter_with(("onnxruntime", "numpy"), tmp_path / "packages")
    found = json.loads(clean.run(alone, script, model, images, labels))
    assert found["accuracy"] == pytest.approx(run["test"]["accuracy"], abs=1e-9)
    assert found["accuracy"] > 0.9

    hand.key("Escape")
    hand.until(lambda: not _visible("export_dialog"))
    hand.key("ctrl+w")
    hand.until(lambda: not window.files.active)
    hand.until(lambda: _visible("recent_0"))
    hand.click_widget(child(window, "recent_0"))
    hand.until(lambda: window.files.active)
    assert person.nodes() == made
    assert person.wire_count() == len(made) - 1
    hand.shot("9-opened-again")


def _row(palette: QTreeView, label: str) -> object:
    """The visible entry of that name in the palette."""
    model = palette.model()
    waiting = [model.index(row, 0) for row in range(model.rowCount())]
    while waiting:
        index = waiting.pop(0)
        if (
            model.data(index) == label
            and not palette.visualRect(index).isEmpty()
            and not model.rowCount(index)
        ):
            return index
        waiting += [model.index(row, 0, index) for row in range(model.rowCount(index))]
    return None


def _visible(name: str) -> bool:
    return any(
        widget.objectName() == name and widget.isVisible()
        for top in QApplication.topLevelWidgets()
        for widget in (top, *top.findChildren(QWidget, name))
    )


def _shape(person: Person, node: str) -> object:
    report = person.session.analysis.report("model", node)
    return report.outputs[0] if report and report.outputs else None


def _reach(window: MainWindow) -> int:
    """How many pixel columns of the loss plot on the screen hold the colour of the training curve."""
    import numpy
    from PySide6.QtGui import QImage

    area = child(window, "loss_plot_area")
    corner = area.mapToGlobal(QPoint(0, 0))
    picture = area.screen().grabWindow(0, corner.x(), corner.y(), area.width(), area.height()).toImage()
    picture = picture.convertToFormat(QImage.Format.Format_RGB32)
    lines = numpy.frombuffer(picture.constBits(), numpy.uint8).reshape(picture.height(), -1, 4)[..., 2::-1]
    accent = theme.current().color("accent").getRgb()[:3]
    close = (abs(lines.astype(int) - accent) < 24).all(-1)
    return int(close.any(0).sum())


def _test_images(data: dict, folder: Path) -> tuple[Path, Path]:
    """The images of the project's own test split as scikit-learn holds them, 0 to 16, and their labels."""
    import numpy
    import torch
    from sklearn.datasets import load_digits

    from studio.data.settings import read
    from studio.data.splits import draw

    digits = load_digits()
    _, _, test = draw(torch.from_numpy(digits.target), len(digits.images), read(data).split)
    numpy.save(folder / "images.npy", digits.images[test][:, None].astype("float32"))
    numpy.save(folder / "labels.npy", digits.target[test])
    return folder / "images.npy", folder / "labels.npy"
