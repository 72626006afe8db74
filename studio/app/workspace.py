"""The open project's part of the window: canvas in the middle, docks around it. It only places panels.

What costs time to import (the curves) is built after the first paint, one panel a turn of the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QVBoxLayout, QWidget

from studio.app import language, questions
from studio.app.canvas.panel import CanvasPanel
from studio.app.canvas.thumbnails import Thumbnails
from studio.app.inspector import InspectorPanel
from studio.app.left_panel import LeftPanel
from studio.app.lesson import LessonPanel
from studio.app.preferences import LAYOUT_VERSION, Preferences
from studio.app.previews import PreviewHub
from studio.app.problem_counts import ProblemCounts
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.app.settings_panel.data import DataPanel

PALETTE_WIDTH, INSPECTOR_WIDTH, LESSON_WIDTH, BOTTOM_HEIGHT = 214, 300, 340, 262


@dataclass(frozen=True, slots=True)
class Parts:
    """What a panel may be made of."""

    session: Session
    trainer: Trainer


@dataclass(frozen=True, slots=True)
class Tab:
    """A panel below the canvas. `make` imports it, so that it costs nothing before."""

    name: str
    title: Message
    make: Callable[[Parts], QWidget]
    heavy: bool = False
    """its import would hold up the window: it is built when another thread has imported it"""


def _curves(parts: Parts) -> QWidget:
    from studio.app.curves.panel import CurvesPanel

    return CurvesPanel(parts.session, parts.trainer)


def _data(parts: Parts) -> QWidget:
    from studio.app.settings_panel.data import DataPanel

    return DataPanel(parts.session)


def _explore(parts: Parts) -> QWidget:
    from studio.app.data_page.panel import ExplorePanel

    return ExplorePanel(parts.session)


def _training(parts: Parts) -> QWidget:
    from studio.app.settings_panel.training import TrainingPanel

    panel = TrainingPanel(parts.session)
    parts.trainer.finished.connect(panel.beginning.list_runs)
    parts.trainer.runs_moved.connect(panel.beginning.list_runs)
    return panel


def _code(parts: Parts) -> QWidget:
    from studio.app.code import CodePanel

    return CodePanel(parts.session)


def _runs(parts: Parts) -> QWidget:
    from studio.app.runs import RunsPanel

    return RunsPanel(parts.session, parts.trainer)


def _try(parts: Parts) -> QWidget:
    from studio.app.predicting.panel import TryPanel

    return TryPanel(parts.session, parts.trainer)


def _problems(parts: Parts) -> QWidget:
    from studio.app.problems import ProblemsPanel

    return ProblemsPanel(parts.session)


def _log(parts: Parts) -> QWidget:
    from studio.app.log import LogPanel

    return LogPanel(parts.session, parts.trainer)


TABS: tuple[Tab, ...] = (
    Tab("curves", Message("Curves"), _curves, heavy=True),
    Tab("data", Message("Data"), _data),
    Tab("explore", Message("Explore"), _explore),
    Tab("training", Message("Training"), _training),
    Tab("runs", Message("Runs"), _runs),
    Tab("try", Message("Try"), _try),
    Tab("code", Message("Code"), _code),
    Tab("problems", Message("Problems"), _problems),
    Tab("log", Message("Log"), _log),
)


class _Page(QWidget):
    """A place in the tabs that gets its panel later, at the latest when it is looked at."""

    def __init__(self, tab: Tab, build: Callable[[], QWidget]) -> None:
        super().__init__()
        self.setObjectName(f"page_{tab.name}")
        self.tab = tab
        self.panel: QWidget | None = None
        self._build = build
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def fill(self) -> None:
        if self.panel is None:
            self.panel = self._build()
            self._column.addWidget(self.panel)
            self.setFocusProxy(self.panel)


class Workspace(QMainWindow):
    """Palette left, inspector right, tabs below, canvas in the middle.

    `export_wanted(folder)` asks for the export of a run, `project_wanted(path)` for a copy of a project,
    `file_wanted(path)` for what the window does with a file that is dropped on it.
    """

    export_wanted = Signal(object)
    project_wanted = Signal(object)
    file_wanted = Signal(object)

    def __init__(self, session: Session, trainer: Trainer, preferences: Preferences) -> None:
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setObjectName("workspace")
        self._session = session
        self._parts = Parts(session, trainer)
        self._preferences = preferences
        self._runs = self._oddities = 0
        self._train_keys = ""
        self.canvas = CanvasPanel(session)
        self.setCentralWidget(self.canvas)
        self.previews = PreviewHub(session, trainer, self)
        self.previews.choose_on_cards(preferences.previews)
        Thumbnails(self.canvas.graph, self.previews)
        self.left = LeftPanel(session)
        self.left.outline.enter_wanted.connect(self.canvas.enter)
        self.left.outline.edit_wanted.connect(self._edit_selected)
        self.inspector = InspectorPanel(session, self.previews)
        self.lesson = LessonPanel(session, trainer)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("bottom_tabs")
        self.tabs.setDocumentMode(True)
        self.pages = {tab.name: _Page(tab, partial(self._make, tab)) for tab in TABS}
        for page in self.pages.values():
            self.tabs.addTab(page, "")
        self._counts = ProblemCounts(self.tabs)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        area = Qt.DockWidgetArea
        self.docks = {
            "palette": self._dock("palette_dock", self.left, area.LeftDockWidgetArea),
            "inspector": self._dock("inspector_dock", self.inspector, area.RightDockWidgetArea),
            "bottom": self._dock("bottom_dock", self.tabs, area.BottomDockWidgetArea),
            "lesson": self._dock("lesson_dock", self.lesson, area.RightDockWidgetArea),
        }
        self.splitDockWidget(self.docks["lesson"], self.docks["inspector"], Qt.Orientation.Horizontal)
        self.docks["lesson"].hide()
        self.docks["lesson"].visibilityChanged.connect(lambda _: self._give_room_below())
        self.lesson.found.connect(self._show_lesson)
        self.lesson.close_wanted.connect(self.docks["lesson"].hide)
        self.laid_out = False
        self._light = self._heavy = False
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._build_next)
        self.tabs.currentChanged.connect(self._fill_current)
        session.analysed.connect(lambda _: self._count_problems())
        session.opened.connect(self._count_problems)
        self.canvas.repeat_wanted.connect(self._ask_repeat)
        self.canvas.edit_wanted.connect(self._edit_selected)
        session.own_blocks.load()
        language.follow(self, self.retranslate)

    def _dock(self, name: str, panel: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget()
        dock.setObjectName(name)
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        dock.setTitleBarWidget(QWidget())
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        return dock

    # -- panels ----------------------------------------------------------------------------------

    def _make(self, tab: Tab) -> QWidget:
        """Builds a panel and wires it to those it speaks with."""
        panel = tab.make(self._parts)
        match tab.name:
            case "curves":
                panel.name_keys(self._train_keys)  # type: ignore[attr-defined]
            case "runs":
                panel.overlay_changed.connect(self._overlay)  # type: ignore[attr-defined]
                panel.export_requested.connect(self.export_wanted)  # type: ignore[attr-defined]
                panel.open_requested.connect(self.project_wanted)  # type: ignore[attr-defined]
                panel.count_changed.connect(self._count_runs)  # type: ignore[attr-defined]
            case "data":
                panel.drawn.connect(self.canvas.show_whole)  # type: ignore[attr-defined]
                panel.file_wanted.connect(self.file_wanted)  # type: ignore[attr-defined]
            case "try":
                panel.data_wanted.connect(self.look_at_data)  # type: ignore[attr-defined]
            case "explore":
                panel.look_again.connect(self._look_again)  # type: ignore[attr-defined]
                panel.count_changed.connect(self._count_oddities)  # type: ignore[attr-defined]
            case "code":
                panel.wanted.connect(lambda: self.show_tab("code"))  # type: ignore[attr-defined]
            case "problems":
                panel.reveal.connect(self.reveal)  # type: ignore[attr-defined]
        return panel

    def name_keys(self, train: str, search: str) -> None:
        """Says which keys train and search, where panels name them."""
        self._train_keys = train
        self.left.palette_panel.name_keys(search)
        if (curves := self.pages["curves"].panel) is not None:
            curves.name_keys(train)  # type: ignore[attr-defined]

    def _overlay(self, folders: object) -> None:
        """Runs ticked in the list are laid over the curves."""
        page = self.pages["curves"]
        page.fill()
        page.panel.show_runs(folders)  # type: ignore[union-attr]

    def ask_for_run(self) -> None:
        """Lets a run folder be chosen that lies elsewhere; its curves grow while somebody writes to it."""
        questions.open_folder(self, self._parts.trainer.runs_folder.parent, self.follow_run)

    def follow_run(self, folder: Path) -> None:
        """Lists a run from elsewhere and lays it over the curves. Says why where it is none."""
        if not (folder / "run.json").is_file():
            self._session.notice.emit(
                "error", Message("{run} is no run: there is no run.json in it.", run=folder)
            )
            return
        page = self.pages["runs"]
        page.fill()
        page.panel.follow(folder)  # type: ignore[union-attr]
        self.show_tab("curves")

    def _count_oddities(self, count: int) -> None:
        self._oddities = count
        self._name_tabs()

    def _count_runs(self, count: int) -> None:
        self._runs = count
        self._name_tabs()

    def reveal(self, network: str, node: str) -> None:
        """Shows a network, or one of its nodes: where a problem is, say."""
        self._session.show_network(network)
        self._session.select([node] if node else [])
        self.canvas.frame_selection()

    def leave_code(self, then: Callable[[], object]) -> None:
        """Calls `then` at once where no typed code would be lost, else when the person decided."""
        panel = self.pages["code"].panel
        if panel is None:
            then()
        else:
            panel.leave(then)  # type: ignore[attr-defined]

    def _edit_selected(self) -> None:
        """Gives the keyboard to the fields of the node that is selected."""
        self.docks["inspector"].show()
        self.inspector.focus_fields()

    def show_outline(self) -> None:
        """Brings the outline into sight and gives it the keyboard."""
        self.docks["palette"].show()
        self.left.show_outline()

    def find_layer(self) -> None:
        """Brings the layers into sight and gives the keyboard to their search."""
        self.docks["palette"].show()
        self.left.show_palette()
        self.left.palette_panel.focus_search()

    def _ask_repeat(self) -> None:
        self.docks["inspector"].show()
        self.inspector.focus_repeat()

    def build_rest(self, heavy: bool = False) -> None:
        """Builds the panels below, one a turn of the event loop, the one in sight first.

        `heavy` says that the module of the curves is imported; before, their place stays empty.
        """
        self._heavy = self._heavy or heavy
        self._light = self._light or not heavy
        self._turn.start()

    def _due(self, page: QWidget | None) -> bool:
        """Whether a page has no panel yet and may get it without holding up the window."""
        if not isinstance(page, _Page) or page.panel is not None:
            return False
        return self._light and (self._heavy or not page.tab.heavy)

    def _build_next(self) -> None:
        current = self.tabs.currentWidget()
        page = next((page for page in (current, *self.pages.values()) if self._due(page)), None)
        if isinstance(page, _Page):
            page.fill()
            self._turn.start()

    def _fill_current(self) -> None:
        page = self.tabs.currentWidget()
        if isinstance(page, _Page) and self._due(page):
            page.fill()

    def show_tab(self, name: str) -> None:
        """Brings a panel below into sight and gives it the keyboard."""
        self._light = True
        self.bring_up(name)
        self.pages[name].setFocus()

    def bring_up(self, name: str) -> None:
        """Brings a panel below into sight and leaves the keyboard where it is."""
        self.docks["bottom"].show()
        self.tabs.setCurrentWidget(self.pages[name])
        self._fill_current()

    def look_at_data(self, path: Path) -> None:
        """A file or folder of the person's own becomes the project's data, shown in its panel."""
        self.show_tab("data")
        self._data_panel().to_top()
        self._data_panel().own.guess(path)

    def try_picture(self, path: Path) -> bool:
        """Asks what a picture is, where the open project was trained to tell that; says whether it was."""
        panel = self.pages["try"].panel
        if panel is None or not panel.takes_pictures:  # type: ignore[attr-defined]
            return False
        self.show_tab("try")
        panel.take_picture(path, dropped=True)  # type: ignore[attr-defined]
        return True

    def _look_again(self, label: Message, told: Mapping[str, Any]) -> None:
        """Looks at the data's file once more, with something told otherwise."""
        self._data_panel().own.look_again(label, told)

    def _data_panel(self) -> DataPanel:
        from studio.app.settings_panel.data import DataPanel

        page = self.pages["data"]
        page.fill()
        assert isinstance(page.panel, DataPanel)
        return page.panel

    # -- layout ----------------------------------------------------------------------------------

    def restore_layout(self) -> None:
        """The layout of the last time, else the one of the first start. Needs the final size."""
        if self.laid_out:
            return
        self.laid_out = True
        kept = self._preferences.layout("docks")
        if kept is None or not self.restoreState(kept, LAYOUT_VERSION):
            self.reset_layout()
        self._show_lesson(self.lesson.has_lesson)

    def _show_lesson(self, found: bool) -> None:
        """The lesson of an example is beside its network; other projects have none."""
        self.docks["lesson"].setVisible(found)
        self._give_room_below()
        if found:
            beside = [self.docks["lesson"], self.docks["inspector"]]
            width = min(LESSON_WIDTH, max(self.width(), 800) // 5)
            self.resizeDocks(beside, [width, INSPECTOR_WIDTH], Qt.Orientation.Horizontal)

    def _give_room_below(self) -> None:
        """Beside a lesson the curves would be squeezed: with it, the panels below reach to the right."""
        sides = Qt.DockWidgetArea
        alone = self.docks["lesson"].isHidden()
        area = sides.RightDockWidgetArea if alone else sides.BottomDockWidgetArea
        self.setCorner(Qt.Corner.BottomRightCorner, area)

    def reset_layout(self) -> None:
        docks = self.docks
        for name, dock in docks.items():
            dock.setVisible(name != "lesson" or self.lesson.has_lesson)
        sideways, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        room = max(self.width(), 800)
        palette = min(PALETTE_WIDTH, room // 5)
        inspector = min(INSPECTOR_WIDTH, room // 4)
        self.resizeDocks([docks["palette"], docks["inspector"]], [palette, inspector], sideways)
        self.resizeDocks([docks["bottom"]], [min(BOTTOM_HEIGHT, max(self.height(), 480) * 2 // 5)], down)

    def keep_layout(self) -> None:
        if self.laid_out:
            self._preferences.keep_layout("docks", self.saveState(LAYOUT_VERSION))

    # -- words -----------------------------------------------------------------------------------

    def retranslate(self) -> None:
        self._name_tabs()
        self.docks["palette"].setWindowTitle(tr("Layers"))
        self.docks["inspector"].setWindowTitle(tr("Properties"))
        self.docks["bottom"].setWindowTitle(tr("Panels below"))
        self.docks["lesson"].setWindowTitle(tr("Lesson"))
        self.tabs.tabBar().setAccessibleName(tr("Panels below"))
        self._count_problems()

    def _count_problems(self) -> None:
        analysis = self._session.analysis
        if self._counts.show_counts(len(analysis.of("error")), len(analysis.of("warning"))):
            side = QTabBar.ButtonPosition.RightSide
            place = next(index for index, tab in enumerate(TABS) if tab.name == "problems")
            self.tabs.tabBar().setTabButton(place, side, self._counts)
            self._counts.show()

    def _name_tabs(self) -> None:
        for index, tab in enumerate(TABS):
            title = str(tab.title)
            if tab.name == "runs" and self._runs:
                title = tr("Runs ({n})", n=self._runs)
            if tab.name == "explore" and self._oddities:
                title = tr("Explore ({n})", n=self._oddities)
            if self.tabs.tabText(index) != title:
                self.tabs.setTabText(index, title)
