"""The main window: it assembles the parts and binds the actions to them. What a part does is in the part."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from studio import words
from studio.app import bindings, drops, language, questions, theme
from studio.app.actions import IN_A_RUN, Actions
from studio.app.appearance import Appearance
from studio.app.controls import TrainControls
from studio.app.field_keys import FieldKeys
from studio.app.files import FileDesk, Then
from studio.app.first_tour import FirstTour
from studio.app.guards import Guards
from studio.app.importer import Importer
from studio.app.notices import Choice, NoticeBar
from studio.app.preferences import THEME_CHOICES, Preferences
from studio.app.questions import Answer
from studio.app.recovery_bar import RecoveryBar
from studio.app.session import Session
from studio.app.startup import CURVES
from studio.app.statusbar import StatusBar
from studio.app.toolbar import ToolBar
from studio.app.trainer import Trainer
from studio.app.trying import Trying
from studio.app.welcome import WelcomePage
from studio.app.workspace import Workspace
from studio.words import Message, tr

FIRST_SIZE = (1600, 1000)
SMALLEST = (1000, 640)


class MainWindow(QMainWindow):
    """One window with one session."""

    def __init__(self, session: Session, preferences: Preferences, appearance: Appearance) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setMinimumSize(*SMALLEST)
        self.setAcceptDrops(True)
        session.setParent(self)  # what panels have connected to it holds them: it must end with the window
        self.session = session
        self.preferences = preferences
        self.appearance = appearance
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
        self.workspace.canvas.habits.restore(preferences.habits)
        self.workspace.canvas.habits.keep = preferences.keep_habits
        self.welcome = WelcomePage(preferences)
        self.notices = NoticeBar()
        self.recovery = RecoveryBar(self.files, self.notices)
        self.guards = Guards(session, self.trainer, self.notices, self.workspace.reveal)
        self._build_centre()
        self.controls = TrainControls(session, self.trainer)
        self.controls.offer(self.actions_table[name] for name in IN_A_RUN)
        self.toolbar = ToolBar(session, self.actions_table, self.controls, lambda: self.show_panel("data"))
        self.toolbar.crowded.connect(self.controls.rate.set_narrow)
        self.addToolBar(self.toolbar)
        self.status = StatusBar(session, self.trainer)
        self.setStatusBar(self.status)
        self.actions_table.confine(self.workspace.canvas)
        self.actions_table.lend(self.workspace.left.outline)
        FieldKeys(self, self.actions_table)
        self.tour = FirstTour(self)
        self._bind()
        self._listen()
        self._restore_size()
        self._show_project(False)
        language.follow(self, self.retranslate)

    def _build_centre(self) -> None:
        """What is told above the first page or the open project."""
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

    # -- wiring ----------------------------------------------------------------------------------

    def _bind(self) -> None:
        bindings.bind(self)
        self.actions_table.menu("recent").aboutToShow.connect(self._list_recent)
        for name, dock in self.workspace.docks.items():
            dock.visibilityChanged.connect(
                lambda _, name=name, dock=dock: self.actions_table[f"show_{name}"].setChecked(
                    not dock.isHidden()
                )
            )

    def _listen(self) -> None:
        session, files, welcome = self.session, self.files, self.welcome
        files.shown.connect(self._show_project)
        files.started.connect(lambda: self.show_panel("data"))
        files.busy.connect(self._show_busy)
        files.outdated.connect(self.notices.take_back)
        session.own_blocks.removed.connect(self._offer_block_back)
        self.workspace.export_wanted.connect(self.export)
        self.workspace.project_wanted.connect(self.files.open_example)
        self.workspace.file_wanted.connect(lambda path: drops.take([path], self))
        welcome.example_chosen.connect(files.open_example)
        welcome.new_chosen.connect(files.new)
        welcome.open_chosen.connect(files.choose)
        welcome.import_chosen.connect(lambda: self.importer.open())
        welcome.recent_chosen.connect(files.open)
        session.notice.connect(self._show_notice)
        session.opened.connect(self._follow_undo_stack)
        session.opened.connect(self.refresh)
        session.told.connect(self.refresh)
        session.selection_changed.connect(self.refresh)
        session.path_changed.connect(self.refresh)
        session.dirty_changed.connect(self.refresh)
        self.trainer.state_changed.connect(self.refresh)
        self.workspace.previews.on_cards_changed.connect(self.show_choices)
        self.trainer.state_changed.connect(self._follow_training)
        self.status.problems_clicked.connect(lambda: self.show_panel("problems"))
        self.trainer.outdated.connect(self.notices.take_back)
        self.trainer.refused.connect(lambda _, panel: self.show_panel(panel))
        theme.notifier().changed.connect(self.show_choices)
        self._follow_undo_stack()

    def _follow_undo_stack(self) -> None:
        """Its names may wait until the session tells; what can be done at all must not."""
        self.session.undo_stack.canUndoChanged.connect(self.refresh)
        self.session.undo_stack.canRedoChanged.connect(self.refresh)

    # -- the start -------------------------------------------------------------------------------

    def after_first_paint(self) -> None:
        """What may come after the window is on screen."""
        self.recovery.look()
        self.welcome.draw_networks()
        self.trainer.queue.take_over()

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
        self.refresh()
        if shown:
            QTimer.singleShot(0, self, self._settle)
        else:
            self.tour.end()
            self.welcome.setFocus()

    def _settle(self) -> None:
        """After a project came into sight: docks as they were, the network as far as it can be read."""
        if not self.files.active:
            return
        self.workspace.restore_layout()
        self.workspace.build_rest()
        self.workspace.canvas.show_whole()
        self.tour.offer()

    def show_panel(self, name: str) -> None:
        """Brings one of the panels below into sight, by its name in `workspace.TABS`."""
        if self.files.active:
            self.workspace.show_tab(name)

    def _follow_training(self, state: str) -> None:
        """A run that begins brings up its curves."""
        if state == "preparing":
            self.workspace.bring_up("curves")

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

    # -- actions ---------------------------------------------------------------------------------

    def export(self, run: Path | None = None) -> None:
        from studio.app.export_dialog import ExportDialog

        dialog = ExportDialog(self.session, self.trainer, self)
        dialog.open()
        if run is not None:
            dialog.select_run(run)

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
        self.show_choices()
        self.refresh()

    def refresh(self, *_: object) -> None:
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
        star = "*" if shown and self.session.dirty else ""
        self.setWindowTitle(f"{self.files.title_name()}{star} — Netloom" if shown else "Netloom")

    def show_choices(self, *_: object) -> None:
        """Marks what is chosen in the menus: theme, language, pictures on cards."""
        table = self.actions_table
        table["previews"].setChecked(self.workspace.previews.on_cards)
        for choice in THEME_CHOICES:
            table[f"theme_{choice}"].setChecked(self.appearance.choice == choice)
        for code in words.LANGUAGES:
            table[f"language_{code}"].setChecked(words.language() == code)

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
