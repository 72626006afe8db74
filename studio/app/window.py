"""The main window: it assembles the parts and binds the actions to them. What a part does is in the part."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QStackedWidget,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from studio import __version__, words
from studio.app import crash_log, drops, language, questions, theme
from studio.app.actions import IN_A_RUN, Actions
from studio.app.appearance import Appearance
from studio.app.command_palette import CommandPalette
from studio.app.controls import TrainControls
from studio.app.files import FileDesk, Then
from studio.app.guards import Guards
from studio.app.importer import Importer
from studio.app.notices import Choice, NoticeBar
from studio.app.preferences import THEME_CHOICES, Preferences
from studio.app.questions import Answer
from studio.app.recovery_bar import RecoveryBar
from studio.app.session import Session
from studio.app.shortcuts_page import ShortcutsPage
from studio.app.startup import CURVES
from studio.app.statusbar import StatusBar
from studio.app.text_undo import TextUndo
from studio.app.toolbar import ToolBar
from studio.app.trainer import Trainer
from studio.app.trying import Trying
from studio.app.welcome import WelcomePage
from studio.app.workspace import TABS, Workspace
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.app.figures.dialog import FigureDialog

FIRST_SIZE = (1600, 1000)
SMALLEST = (1000, 640)

Runs = dict[str, Callable[[], object]]
"""what the actions do, by their ids"""


class MainWindow(QMainWindow):
    """One window with one session."""

    def __init__(self, session: Session, preferences: Preferences, appearance: Appearance) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setMinimumSize(*SMALLEST)
        self.setAcceptDrops(True)
        self.session = session
        self.preferences = preferences
        self._appearance = appearance
        self._leaving = False
        self.trainer = Trainer(session, self)
        self.files = FileDesk(session, preferences, self)
        self.files.leave = self._ask_about_training
        self.files.begin_leaving = lambda then: self.workspace.leave_code(then)
        self.importer = Importer(session, self.files, self.trainer, self)
        self.trying = Trying(self.session, self.trainer, self)
        self.actions_table = Actions(self, preferences)
        self.actions_table.fill(self.menuBar())
        self.workspace = Workspace(session, self.trainer, preferences)
        self.welcome = WelcomePage(preferences)
        self.notices = NoticeBar()
        self.recovery = RecoveryBar(self.files, self.notices)
        self.guards = Guards(session, self.trainer, self.notices, self.workspace.reveal)
        self.stack = QStackedWidget()
        self.stack.setObjectName("centre")
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(self.workspace)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self.stack, 1)
        self.setCentralWidget(centre)
        self.controls = TrainControls(session, self.trainer)
        self.controls.offer(self.actions_table[name] for name in IN_A_RUN)
        self.toolbar = ToolBar(session, self.actions_table, self.controls, lambda: self.show_panel("data"))
        self.toolbar.crowded.connect(self.controls.rate.set_narrow)
        self.addToolBar(self.toolbar)
        self.status = StatusBar(session, self.trainer)
        self.setStatusBar(self.status)
        self.actions_table.confine(self.workspace.canvas)
        self.actions_table.lend(self.workspace.left.outline)
        TextUndo(self)
        self._bind()
        self._listen()
        self._restore_size()
        self._show_project(False)
        language.follow(self, self.retranslate)

    # -- wiring ----------------------------------------------------------------------------------

    def _bind(self) -> None:
        runs = self._of_project() | self._of_canvas() | self._of_training() | self._of_window()
        for id_, run in runs.items():
            self.actions_table.bind(id_, run)
        self.actions_table.menu("recent").aboutToShow.connect(self._list_recent)
        for name, dock in self.workspace.docks.items():
            dock.visibilityChanged.connect(
                lambda _, name=name, dock=dock: self.actions_table[f"show_{name}"].setChecked(
                    not dock.isHidden()
                )
            )

    def _of_project(self) -> Runs:
        return {
            "new": self.files.new,
            "open": self.files.choose,
            "save": self.files.save,
            "save_as": self.files.save_as,
            "import": self.importer.open,
            "export": self._export,
            "figure": self._figure,
            "compare": lambda: self._figure().ask_version(),
            "close": self.files.close,
            "quit": self.close,
            "undo": self.session.undo,
            "redo": self.session.redo,
        }

    def _of_canvas(self) -> Runs:
        canvas = self.workspace.canvas
        return {
            "cut": partial(self._in_text, "cut", canvas.clipboard.cut),
            "copy": partial(self._in_text, "copy", canvas.clipboard.copy),
            "paste": partial(self._in_text, "paste", canvas.clipboard.paste),
            "duplicate": canvas.clipboard.duplicate,
            "delete": lambda: canvas.delete(heal=True),
            "delete_cut": lambda: canvas.delete(heal=False),
            "rename": canvas.rename_selected,
            "bypass": canvas.bypass_selected,
            "straighten": canvas.straighten_selected,
            "use_again": canvas.blocks.use_again,
            "own_weights": canvas.blocks.own_weights,
            "new_block": canvas.blocks.new,
            "group": canvas.blocks.group,
            "dissolve": canvas.blocks.dissolve,
            "enter_block": canvas.enter_selected,
            "leave_block": canvas.leave,
            "rename_block": canvas.blocks.rename,
            "repeat": canvas.blocks.repeat,
            "independent": canvas.blocks.make_independent,
            "keep_block": canvas.blocks.keep,
            "select_all": partial(self._in_text, "selectAll", canvas.select_all),
            "zoom_in": canvas.zoom_in,
            "zoom_out": canvas.zoom_out,
            "zoom_reset": canvas.zoom_reset,
            "frame_all": canvas.frame_all,
            "frame_selection": canvas.frame_selection,
            "previews": self._switch_previews,
            "add_layer": canvas.searching.open,
            "find_layer": self.workspace.find_layer,
            "connect": canvas.connect_selected,
            "tidy": canvas.tidy,
        }

    def _of_training(self) -> Runs:
        return {
            "train": self.trainer.start,
            "pause": self._pause,
            "stop": self.trainer.stop,
            "stop_after_epoch": self.trainer.stop_after_epoch,
            "queue": self.trainer.add_to_queue,
            "change_lr": self.controls.rate.edit,
            "snapshot": self.trainer.snapshot,
            "evaluate": self.trainer.evaluate,
            "training_settings": lambda: self.show_panel("training"),
            **self.trying.actions(),
            "follow_run": self.workspace.ask_for_run,
            "choose_data": lambda: self.show_panel("data"),
        }

    def _of_window(self) -> Runs:
        runs: Runs = {
            "reset_layout": self._reset_layout,
            "full_screen": self._full_screen,
            "show_outline": self.workspace.show_outline,
            "command_palette": lambda: CommandPalette(self.actions_table, self).open(),
            "shortcuts": lambda: ShortcutsPage(self.actions_table, self).show(),
            "log_folder": lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(crash_log.folder()))),
            "about": self._about,
        }
        runs |= {f"show_{tab.name}": partial(self.show_panel, tab.name) for tab in TABS}
        runs |= {f"show_{name}": partial(self._toggle, name) for name in self.workspace.docks}
        runs |= {f"theme_{name}": partial(self._theme, name) for name in THEME_CHOICES}
        runs |= {f"language_{code}": partial(words.set_language, code) for code in words.LANGUAGES}
        return runs

    def _listen(self) -> None:
        session, files, welcome = self.session, self.files, self.welcome
        files.shown.connect(self._show_project)
        files.started.connect(lambda: self.show_panel("data"))
        files.busy.connect(self._show_busy)
        files.outdated.connect(self.notices.take_back)
        session.own_blocks.removed.connect(self._offer_block_back)
        self.workspace.export_wanted.connect(self._export)
        self.workspace.project_wanted.connect(self.files.open_example)
        welcome.example_chosen.connect(files.open_example)
        welcome.new_chosen.connect(files.new)
        welcome.open_chosen.connect(files.choose)
        welcome.recent_chosen.connect(files.open)
        session.notice.connect(self._show_notice)
        session.opened.connect(self._follow_undo_stack)
        session.opened.connect(self._refresh)
        session.edited.connect(self._refresh)
        session.selection_changed.connect(self._refresh)
        session.path_changed.connect(self._refresh)
        session.dirty_changed.connect(self._refresh)
        self.trainer.state_changed.connect(self._refresh)
        self.workspace.previews.on_cards_changed.connect(self._refresh)
        self.trainer.state_changed.connect(self._follow_training)
        self.status.problems_clicked.connect(lambda: self.show_panel("problems"))
        self.trainer.outdated.connect(self.notices.take_back)
        self.trainer.refused.connect(lambda _, panel: self.show_panel(panel))
        theme.notifier().changed.connect(self._refresh)
        self._follow_undo_stack()

    def _follow_undo_stack(self) -> None:
        self.session.undo_stack.indexChanged.connect(self._refresh)

    # -- the start -------------------------------------------------------------------------------

    def after_first_paint(self) -> None:
        """What may come after the window is on screen."""
        self.recovery.look()

    def module_imported(self, name: str) -> None:
        """A module that the window waited for is there."""
        if name == CURVES:
            self.workspace.build_rest(heavy=True)

    def engine_ready(self) -> None:
        """PyTorch is imported: shapes are worked out from here, and the devices are known."""
        import torch

        found = ["cpu"]
        if torch.cuda.is_available():
            found.append("cuda")
        if torch.backends.mps.is_available():
            found.append("mps")
        self.toolbar.set_available(tuple(found))
        self.session.set_engine_ready()

    # -- what is shown ---------------------------------------------------------------------------

    def _show_project(self, shown: bool) -> None:
        self.stack.setCurrentWidget(self.workspace if shown else self.welcome)
        self.toolbar.setVisible(shown)
        self.status.setVisible(shown)
        self._refresh()
        if shown:
            QTimer.singleShot(0, self, self._settle)
        else:
            self.welcome.setFocus()

    def _settle(self) -> None:
        """After a project came into sight: docks as they were, the whole network in view."""
        if not self.files.active:
            return
        self.workspace.restore_layout()
        self.workspace.build_rest()
        self.workspace.canvas.frame_all()

    def show_panel(self, name: str) -> None:
        """Brings one of the panels below into sight, by its name in `workspace.TABS`."""
        if self.files.active:
            self.workspace.show_tab(name)

    def _follow_training(self, state: str) -> None:
        """A run that begins brings up its curves."""
        if state == "preparing":
            self.workspace.bring_up("curves")

    def _toggle(self, name: str) -> None:
        dock = self.workspace.docks[name]
        dock.setVisible(dock.isHidden())

    def _switch_previews(self) -> None:
        previews = self.workspace.previews
        self.preferences.previews = not previews.on_cards
        previews.choose_on_cards(self.preferences.previews)
        self._refresh()

    def _reset_layout(self) -> None:
        self.preferences.forget_layout()
        self.workspace.reset_layout()

    def _full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _offer_block_back(self, name: str) -> None:
        """An own block that was removed or replaced can be brought back."""
        back = Choice(Message("Undo"), partial(self.session.own_blocks.restore, name), "block_back")
        text = Message("{block} was taken out of your blocks.", block=name)
        self.notices.show_notice("info", text, (back,))

    def _show_notice(self, level: str, text: Message) -> None:
        if level in {"warning", "error"}:
            self.notices.show_notice(level, text)

    def _show_busy(self, text: Message | None) -> None:
        if text is None:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.BusyCursor)

    def _theme(self, name: str) -> None:
        self._appearance.choose(name)  # type: ignore[arg-type]
        self._refresh()

    # -- actions ---------------------------------------------------------------------------------

    def _in_text(self, command: str, otherwise: Callable[[], object]) -> None:
        """Copy and the like go to the text field that has the keyboard, where one has."""
        field = QApplication.focusWidget()
        if isinstance(field, QLineEdit | QPlainTextEdit | QTextEdit):
            getattr(field, command)()
        else:
            otherwise()

    def _pause(self) -> None:
        if self.trainer.state == "paused":
            self.trainer.resume()
        else:
            self.trainer.pause()

    def _export(self, run: Path | None = None) -> None:
        from studio.app.export_dialog import ExportDialog

        dialog = ExportDialog(self.session, self.trainer, self)
        dialog.open()
        if run is not None:
            dialog.select_run(run)

    def _figure(self) -> FigureDialog:
        from studio.app.figures.dialog import FigureDialog

        dialog = FigureDialog(self.session, self)
        dialog.open()
        return dialog

    def _about(self) -> None:
        questions.ask(
            self,
            Message("Netloom {version}", version=__version__),
            Message(
                "Draw a neural network, train it while you watch, and take the model with you. Free software "
                "under the MIT licence."
            ),
            (Answer(Message("Close"), lambda: None, "close_button", "cancel"),),
        )

    def _list_recent(self) -> None:
        menu = self.actions_table.menu("recent")
        menu.clear()
        for path in self.preferences.recent:
            menu.addAction(str(path)).triggered.connect(lambda _=False, path=path: self.files.open(path))
        if menu.isEmpty():
            menu.addAction(tr("Nothing yet")).setEnabled(False)
        else:
            menu.addSeparator()
            menu.addAction(tr("Empty this list")).triggered.connect(lambda: self.preferences.forget_recent())

    # -- what is said of the state ---------------------------------------------------------------

    def retranslate(self) -> None:
        if words.language() != self.preferences.language and self.isVisible():
            self.preferences.language = words.language()
        self.actions_table.retranslate()
        self._refresh()

    def _refresh(self, *_: object) -> None:
        """Title, enabled actions and the names of undo and redo follow the session."""
        stack, table = self.session.undo_stack, self.actions_table
        shown = self.files.active
        holds = {
            "project": shown,
            "selection": shown and bool(self.session.selection),
            "undo": shown and stack.canUndo(),
            "redo": shown and stack.canRedo(),
            "running": shown and self.trainer.state in {"preparing", "running", "paused"},
            "steered": shown and self.trainer.steerable,
        }
        table.set_open(frozenset(name for name, true in holds.items() if true))
        undone, redone = stack.label(stack.index() - 1), stack.label(stack.index())
        table["undo"].setText(tr("Undo: {step}", step=undone) if undone else tr("Undo"))
        table["redo"].setText(tr("Redo: {step}", step=redone) if redone else tr("Redo"))
        for id_ in ("undo", "redo"):
            keys = table[id_].shortcut().toString()
            table[id_].setToolTip(f"{table[id_].text()} ({keys})")
        table["previews"].setChecked(self.workspace.previews.on_cards)
        for choice in THEME_CHOICES:
            table[f"theme_{choice}"].setChecked(self._appearance.choice == choice)
        for code in words.LANGUAGES:
            table[f"language_{code}"].setChecked(words.language() == code)
        star = "*" if shown and self.session.dirty else ""
        self.setWindowTitle(f"{self.files.title_name()}{star} — Netloom" if shown else "Netloom")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape that no panel had a use for brings the keyboard back to the canvas."""
        if event.key() == Qt.Key.Key_Escape and self.files.active:
            self.workspace.canvas.view.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)

    # -- files dropped ---------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if drops.files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if drops.take(drops.files(event.mimeData()), self):
            event.acceptProposedAction()

    # -- leaving ---------------------------------------------------------------------------------

    def _ask_about_training(self, then: Then) -> None:
        """Calls `then` when no run is under way any more: at once, or after the person stopped it."""
        if not self.trainer.active:
            then()
            return
        questions.ask(
            self,
            Message("Training is under way. Stop it?"),
            Message("What the network has learned so far is kept as a checkpoint of the run."),
            (
                Answer(
                    Message("Stop and keep the checkpoint"), lambda: self._stop_then(then), "stop_and_leave"
                ),
                Answer(Message("Go on training"), lambda: None, "stay_button", "cancel"),
            ),
        )

    def _stop_then(self, then: Then) -> None:
        waiting = _WhenIdle(self.trainer, then)
        self.trainer.stop()
        waiting.check()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._leaving:
            event.ignore()
            self.files.ask_about_unsaved(self._leave)
            return
        self.workspace.keep_layout()
        self.preferences.keep_layout("window", self.saveGeometry())
        self.preferences.sync()
        self.files.finish()
        self.trainer.shutdown()
        self.session.undo_stack.close()
        event.accept()

    def _leave(self) -> None:
        QTimer.singleShot(0, self, self.leave_without_asking)  # not from inside the event that asked

    def leave_without_asking(self) -> None:
        """Closes the window; what was to be asked was asked."""
        self._leaving = True
        self.close()

    def _restore_size(self) -> None:
        kept = self.preferences.layout("window")
        if kept is None or not self.restoreGeometry(kept):
            room = self.screen().availableGeometry()
            self.resize(min(FIRST_SIZE[0], room.width()), min(FIRST_SIZE[1], room.height()))
            if room.width() <= FIRST_SIZE[0] or room.height() <= FIRST_SIZE[1]:
                self.setWindowState(Qt.WindowState.WindowMaximized)


class _WhenIdle(QObject):
    """Calls `then` once, as soon as the trainer is idle."""

    def __init__(self, trainer: Trainer, then: Then) -> None:
        super().__init__(trainer)
        self._trainer = trainer
        self._then = then
        trainer.state_changed.connect(self.check)

    def check(self) -> None:
        if not self._trainer.active:
            self._trainer.state_changed.disconnect(self.check)
            self.deleteLater()
            QTimer.singleShot(0, self._trainer, self._then)
