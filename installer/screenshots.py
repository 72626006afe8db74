"""Takes the pictures of docs/looks.md and the README: each state of the window in its four looks.

    xvfb-run -s "-screen 0 1600x1000x24" python installer/screenshots.py [STATE ...]

Every picture shows the four looks beside each other. The window is the real one; run it on a display of 1600
by 1000 with a window manager. It trains the digits for a while, so it takes some minutes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from studio import words
from studio.app import language
from studio.app.main import assemble
from studio.app.preferences import Preferences
from studio.app.window import MainWindow
from studio.words import Message

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "pictures" / "looks"
SIZE = (1600, 980)
LOOKS = (("dark", "en"), ("light", "en"), ("dark", "zh_CN"), ("light", "zh_CN"))
QUALITY = 82
README = {"training": "window.png", "problem": "problem.png", "welcome": "welcome.png"}
README_WIDTH = 1280
"""the pictures of the README: the first look alone"""


class Stage:
    """The window, and how it is brought into a state."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.session = window.session
        self.canvas = window.workspace.canvas

    def wait(self, seconds: float = 0.4) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.005)

    def until(self, condition: Callable[[], object], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise SystemExit("the window did not come to rest")
            self.wait(0.05)

    def example(self, name: str) -> None:
        """Opens an example anew and waits until its shapes are known."""
        self.session.undo_stack.setClean()
        self.window.files.open_example(ROOT / "projects" / f"{name}.json")
        self.until(lambda: self.window.files.active and self.session.analysis.networks)
        self.window.workspace.docks["bottom"].show()
        self.canvas.show_whole()
        self.wait(1.5)

    def own(self, name: str) -> QWidget:
        """The visible top-level widget of that name."""
        found = [w for w in QApplication.topLevelWidgets() if w.objectName() == name and w.isVisible()]
        return found[0]


# -- the states --------------------------------------------------------------------------------------


@contextmanager
def welcome(stage: Stage) -> Iterator[None]:
    yield


@contextmanager
def network(stage: Stage) -> Iterator[None]:
    stage.example("digits")
    stage.session.select(["conv1"])
    yield


@contextmanager
def problem(stage: Stage) -> Iterator[None]:
    stage.example("digits")
    with stage.session.edit(Message("Edit")) as edit:
        edit.set_param("model", "fc1", "in_features", 400)
    stage.until(lambda: stage.session.analysis.errors and stage.session.analysis.cures_known)
    stage.session.select(["fc1"])
    stage.window.workspace.bring_up("problems")
    yield


@contextmanager
def search(stage: Stage) -> Iterator[None]:
    stage.example("digits")
    stage.session.select(["relu1"])
    stage.canvas.searching.open()
    stage.canvas.search.field.setText("norm")
    yield
    stage.canvas.search.close_popup()


@contextmanager
def wiring(stage: Stage) -> Iterator[None]:
    stage.example("residual")
    view = stage.canvas.view
    cards = list(stage.session.document.network("model").nodes)
    start = view.viewport().mapFromGlobal(view.port_on_screen(cards[1], "out"))
    end = start + QPoint(220, 150)
    _mouse(view.viewport(), QEvent.Type.MouseButtonPress, start, Qt.MouseButton.LeftButton)
    for step in range(1, 9):
        _mouse(view.viewport(), QEvent.Type.MouseMove, start + (end - start) * step / 8)
        stage.wait(0.03)
    yield
    stage.window.setFocus()
    view.give_up() if hasattr(view, "give_up") else None
    _mouse(view.viewport(), QEvent.Type.MouseButtonRelease, start, Qt.MouseButton.LeftButton)
    stage.canvas.search.close_popup()


@contextmanager
def training(stage: Stage) -> Iterator[None]:
    stage.example("digits")
    with stage.session.edit(Message("Edit")) as edit:
        edit.set(("training", "epochs"), 160)
    stage.window.workspace.bring_up("curves")
    stage.window.trainer.start()
    stage.until(
        lambda: stage.window.trainer.progress is not None and stage.window.trainer.progress.epoch >= 40
    )
    yield
    stage.window.trainer.stop()
    stage.until(lambda: not stage.window.trainer.active)


@contextmanager
def explore(stage: Stage) -> Iterator[None]:
    stage.example("diabetes")
    stage.window.workspace.show_tab("explore")
    stage.wait(6)
    yield


@contextmanager
def block(stage: Stage) -> Iterator[None]:
    stage.example("residual")
    stage.window.workspace.show_outline()
    names = stage.session.document.network_names()
    stage.session.show_network(next(name for name in names if name != "model"))
    yield
    stage.window.workspace.left.show_palette()


@contextmanager
def lesson(stage: Stage) -> Iterator[None]:
    stage.example("two_two_one")
    stage.window.workspace.bring_up("training")
    yield


@contextmanager
def figure(stage: Stage) -> Iterator[None]:
    stage.example("residual")
    stage.window.actions_table["figure"].trigger()
    dialog = stage.own("figure_dialog")
    dialog.levels.setValue(1)  # type: ignore[attr-defined]
    stage.wait(4)
    yield
    dialog.close()


@contextmanager
def keys(stage: Stage) -> Iterator[None]:
    stage.example("iris")
    stage.window.actions_table["command_palette"].trigger()
    yield
    stage.window.setFocus()
    for child in stage.window.findChildren(QWidget, "command_palette"):
        child.close()


@contextmanager
def afar(stage: Stage) -> Iterator[None]:
    stage.example("transfer")
    names = stage.session.document.network_names()
    largest = max(names, key=lambda name: len(stage.session.document.nodes(name)))
    stage.session.show_network(largest)
    stage.wait(0.5)
    stage.canvas.view.zoom_to(0.28)
    yield


@contextmanager
def leaving(stage: Stage) -> Iterator[None]:
    stage.example("iris")
    with stage.session.edit(Message("Edit")) as edit:
        edit.set_param("model", "fc1", "out_features", 32)
    stage.window.files.close()
    yield
    for child in stage.window.findChildren(QWidget, "cancel_button"):
        child.click()  # type: ignore[attr-defined]


STATES: tuple[Callable[[Stage], object], ...] = (
    welcome, network, problem, search, wiring, training, explore, block, lesson, figure, keys, afar, leaving,
)  # fmt: skip


AGAIN = (search, keys, leaving)
"""what is on the screen for a moment only speaks the language that it was opened in"""


def _look(stage: Stage, look: str, code: str) -> None:
    stage.window.appearance.choose(look)  # type: ignore[arg-type]
    words.set_language(code)
    stage.wait(0.8)


def _mouse(
    target: QWidget, kind: QEvent.Type, at: QPoint | QPointF, button: Qt.MouseButton = Qt.MouseButton.NoButton
) -> None:
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    place = QPointF(at)
    event = QMouseEvent(kind, place, target.mapToGlobal(place), button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(target, event)


# -- pictures ----------------------------------------------------------------------------------------


def seen(window: MainWindow) -> QImage:
    """The screen as it is, with whatever lies over the window."""
    screen = window.screen()
    return screen.grabWindow(0, 0, 0, screen.size().width(), screen.size().height()).toImage()


def beside(pictures: list[QImage]) -> QImage:
    """Four pictures at half their size, two by two."""
    width, height = pictures[0].width() // 2, pictures[0].height() // 2
    sheet = QImage(2 * width, 2 * height, QImage.Format.Format_RGB32)
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for place, picture in enumerate(pictures):
        painter.drawImage(QRect(place % 2 * width, place // 2 * height, width, height), picture)
    painter.end()
    return sheet


def main(wanted: list[str]) -> None:
    os.environ["NETLOOM_HOME"] = tempfile.mkdtemp()
    app = QApplication(sys.argv[:1])
    language.start(app, "en")
    preferences = Preferences()
    preferences.tour_seen = True
    window, engine = assemble(app, preferences)
    stage = Stage(window)
    window.setGeometry(0, 20, *SIZE)
    window.show()
    engine.start()
    window.after_first_paint()
    stage.until(lambda: window.session.engine_ready)
    OUT.mkdir(parents=True, exist_ok=True)
    for state in STATES:
        name = state.__name__  # type: ignore[attr-defined]
        if wanted and name not in wanted:
            continue
        pictures = []
        for looks in [[look] for look in LOOKS] if state in AGAIN else [LOOKS]:
            _look(stage, *looks[0])
            with state(stage):  # type: ignore[attr-defined]
                for look, code in looks:
                    _look(stage, look, code)
                    pictures.append(seen(window))
        if name in README:
            first = pictures[0].scaledToWidth(README_WIDTH, Qt.TransformationMode.SmoothTransformation)
            first.save(str(OUT.parent / README[name]), "PNG")  # type: ignore[call-overload]
        beside(pictures).save(str(OUT / f"{name}.jpg"), "JPG", QUALITY)  # type: ignore[call-overload]
    window.leave_without_asking()
    window.deleteLater()
    engine.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
