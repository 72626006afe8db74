"""LeNet from an empty canvas to an exported file by the keyboard alone, in a real window; also in Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QWidget

from studio import words
from studio.app.window import MainWindow
from tests.end_to_end import clean
from tests.end_to_end.conftest import child
from tests.end_to_end.hand import Hand

pytestmark = [pytest.mark.window, pytest.mark.slow, pytest.mark.timeout(600)]

LENET = (
    "Input", "Conv2d", "Tanh", "AvgPool2d", "Conv2d", "Tanh", "AvgPool2d", "Flatten",
    "Linear", "Tanh", "Linear", "Tanh", "Linear", "Output",
)  # fmt: skip
SIZES = {
    "conv1": {"out_channels": 6, "kernel_size": 5, "padding": 2},
    "conv2": {"out_channels": 16, "kernel_size": 3, "padding": 1},
    "fc1": {"out_features": 120},
    "fc2": {"out_features": 84},
}
"""Y. LeCun et al., Gradient-based learning applied to document recognition, 1998; smaller windows for 8x8"""

RUNS = """
import json, sys
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1])
given = numpy.zeros((3, 1, 8, 8), "float32")
print(json.dumps(session.run(None, {session.get_inputs()[0].name: given})[0].shape))
"""


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    words.set_language(request.param)
    yield request.param
    words.set_language("en")


class Keyboard:
    """Keys only; every step waits for what it should bring."""

    def __init__(self, hand: Hand, window: MainWindow) -> None:
        self.hand, self.window, self.session = hand, window, window.session

    def adds(self, label: str) -> None:
        """Finds a layer by typing and puts it behind the one that is selected."""
        before = len(self._nodes())
        self.hand.key("ctrl+shift+f")
        self.hand.until(lambda: _focused() == "palette_search")
        self.hand.key("ctrl+a")
        self.hand.type(label)
        self.hand.key("Return")
        self.hand.until(lambda: len(self._nodes()) == before + 1)

    def sets(self, node: str, name: str, value: int) -> None:
        """Goes to a node in the outline, to its field, and types."""
        self.hand.key("ctrl+4")
        self.hand.until(lambda: _focused() == "outline_tree")
        self.hand.key("Home")
        self.finds(node)
        self.hand.key("Return")
        self.tabs_to(f"field_{name}")
        self.hand.key("ctrl+a")
        self.hand.type(str(value))
        self.hand.key("Return")
        self.hand.until(lambda: self.session.document.nodes("model")[node].params.get(name) == value)

    def finds(self, node: str) -> None:
        """Types the name of a node in the outline, at the pace of the machine.

        Qt takes a rest of 0.4 s between two letters for the end of a word, and a machine that is busy rests
        longer than that.
        """
        before = QApplication.keyboardInputInterval()
        QApplication.setKeyboardInputInterval(60_000)
        child(self.window, "outline_tree").keyboardSearch("")  # what was typed before is over
        self.hand.type(node)
        self.hand.until(lambda: self.session.selection == (node,))
        QApplication.setKeyboardInputInterval(before)

    def tabs_to(self, name: str, most: int = 40) -> None:
        for _ in range(most):
            before = QApplication.focusWidget()
            if _focused() == name:
                return
            self.hand.key("Tab")
            self.hand.until(lambda before=before: QApplication.focusWidget() is not before)
        raise AssertionError(f"Tab does not lead to {name}; the last was {_focused()}")

    def _nodes(self) -> object:
        return self.session.document.nodes("model")


def test_lenet_is_built_trained_and_exported_without_the_mouse(
    hand: Hand, window: MainWindow, tmp_path: Path, language: str
) -> None:
    keyboard = Keyboard(hand, window)
    session = window.session
    hand.key("ctrl+n")
    hand.until(lambda: window.files.active)

    hand.key("ctrl+shift+d")
    hand.until(lambda: window.isActiveWindow() and _focused() != "canvas_view")
    keyboard.tabs_to("data_source")
    hand.key("Down")
    rows = window.findChild(QComboBox, "data_source")
    hand.until(lambda: rows.view().isVisible())
    for _ in range(rows.count()):
        before = rows.view().currentIndex()
        if before.data(int(Qt.ItemDataRole.UserRole)) == "digits":
            break
        hand.key("Down")
        hand.until(lambda before=before: rows.view().currentIndex() != before)
    hand.key("Return")
    hand.until(lambda: session.document.setting(("data", "source")) == "digits")
    hand.until(lambda: not rows.view().isVisible() and QApplication.activeWindow() is window)

    for label in LENET:
        keyboard.adds(label)
    for node, params in SIZES.items():
        for name, value in params.items():
            keyboard.sets(node, name, value)
    hand.until(lambda: session.analysis.cures_known and not session.analysis.errors)
    report = session.analysis.report("model", "fc3")
    hand.until(lambda: report is not None and str(report.outputs[0]) == "N×10")
    hand.shot(f"keyboard-drawn-{language}")

    hand.key("F5")
    hand.until(lambda: window.trainer.active)
    hand.until(lambda: not window.trainer.active, 120_000)
    hand.shot(f"keyboard-trained-{language}")
    run = json.loads((window.trainer.last_run / "run.json").read_text(encoding="utf-8"))
    assert run["test"]["accuracy"] > 0.9

    project, model = tmp_path / "lenet.json", tmp_path / "lenet.onnx"
    hand.key("ctrl+s")
    hand.until(lambda: _shown("save_dialog"))
    hand.key("ctrl+a")
    hand.type(str(project))
    hand.key("Return")
    hand.until(project.is_file)
    hand.until(lambda: not session.dirty and not _shown("save_dialog") and window.isActiveWindow())

    hand.key("ctrl+e")
    hand.until(lambda: _shown("export_dialog"))
    keyboard.tabs_to("export_path")
    hand.key("ctrl+a")
    hand.type(str(model))
    hand.key("Return")
    hand.until(model.exists, timeout=120_000)
    outcome = child(window, "export_dialog").findChild(QLabel, "export_outcome")
    hand.until(lambda: bool(outcome.text()), timeout=60_000)
    hand.shot(f"keyboard-exported-{language}")

    script = tmp_path / "runs.py"
    script.write_text(RUNS, encoding="utf-8")
    alone = clean.interpreter_with(("onnxruntime", "numpy"), tmp_path / "packages")
    assert json.loads(clean.run(alone, script, model)) == [3, 10]
    hand.key("Escape")
    hand.until(lambda: not _shown("export_dialog"))


def _focused() -> str:
    widget = QApplication.focusWidget()
    return widget.objectName() if widget is not None else ""


def _shown(name: str) -> bool:
    return any(
        widget.objectName() == name and widget.isVisible()
        for top in QApplication.topLevelWidgets()
        for widget in (top, *top.findChildren(QWidget, name))
    )
