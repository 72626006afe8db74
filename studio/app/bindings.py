"""What each action of the window does: the table of actions meets the parts that do it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit

from studio import __version__, words
from studio.app import crash_log, questions
from studio.app.command_palette import CommandPalette
from studio.app.preferences import THEME_CHOICES, ThemeChoice
from studio.app.questions import Answer
from studio.app.shortcuts_page import ShortcutsPage
from studio.app.workspace import TABS
from studio.words import Message

if TYPE_CHECKING:
    from studio.app.figures.dialog import FigureDialog
    from studio.app.window import MainWindow

Runs = dict[str, Callable[[], object]]
"""what the actions do, by their ids"""


def bind(window: MainWindow) -> None:
    """Says of every action of `window` what it does."""
    runs = _of_project(window) | _of_canvas(window) | _of_training(window) | _of_window(window)
    for id_, run in runs.items():
        window.actions_table.bind(id_, run)
    window.actions_table.keys_changed.connect(partial(_name_keys, window))
    _name_keys(window)


def _name_keys(window: MainWindow) -> None:
    """Where the window names keys in a sentence, they are those that the person has chosen."""
    train, search = (window.actions_table.keys_of(id_) for id_ in ("train", "find_layer"))
    window.controls.name_keys(train)
    window.workspace.name_keys(train, search)


def _of_project(window: MainWindow) -> Runs:
    files, session = window.files, window.session
    return {
        "new": files.new,
        "open": files.choose,
        "save": files.save,
        "save_as": files.save_as,
        "import": window.importer.open,
        "export": window.export,
        "figure": lambda: _figure(window),
        "compare": lambda: _figure(window).ask_version(),
        "close": files.close,
        "quit": window.close,
        "undo": session.undo,
        "redo": session.redo,
    }


def _of_canvas(window: MainWindow) -> Runs:
    canvas = window.workspace.canvas
    return {
        "cut": partial(_in_text, "cut", canvas.clipboard.cut),
        "copy": partial(_in_text, "copy", canvas.clipboard.copy),
        "paste": partial(_in_text, "paste", canvas.clipboard.paste),
        "duplicate": canvas.clipboard.duplicate,
        "delete": lambda: canvas.delete(heal=True),
        "delete_cut": lambda: canvas.delete(heal=False),
        "rename": canvas.rename_selected,
        "bypass": canvas.bypass_selected,
        "straighten": canvas.straighten_selected,
        "use_again": canvas.blocks.use_again,
        "own_weights": canvas.blocks.own_weights,
        "new_block": canvas.blocks.new,
        "draw_frame": canvas.frame_selected,
        "group": canvas.blocks.group,
        "dissolve": canvas.blocks.dissolve,
        "enter_block": canvas.enter_selected,
        "leave_block": canvas.leave,
        "rename_block": canvas.blocks.rename,
        "repeat": canvas.blocks.repeat,
        "independent": canvas.blocks.make_independent,
        "keep_block": canvas.blocks.keep,
        "select_all": partial(_in_text, "selectAll", canvas.select_all),
        "zoom_in": canvas.zoom_in,
        "zoom_out": canvas.zoom_out,
        "zoom_reset": canvas.zoom_reset,
        "frame_all": canvas.frame_all,
        "frame_selection": canvas.frame_selection,
        "previews": partial(_switch_previews, window),
        "add_layer": canvas.searching.open,
        "find_layer": window.workspace.find_layer,
        "connect": canvas.connect_selected,
        "find_node": canvas.finding.open,
        "tidy": canvas.tidy,
    }


def _of_training(window: MainWindow) -> Runs:
    trainer = window.trainer
    return {
        "train": trainer.start,
        "pause": partial(_pause, window),
        "stop": trainer.stop,
        "stop_after_epoch": trainer.stop_after_epoch,
        "queue": trainer.add_to_queue,
        "change_lr": window.controls.rate.edit,
        "snapshot": trainer.snapshot,
        "evaluate": trainer.evaluate,
        "training_settings": lambda: window.show_panel("training"),
        **window.trying.actions(),
        "follow_run": window.workspace.ask_for_run,
        "choose_data": lambda: window.show_panel("data"),
    }


def _of_window(window: MainWindow) -> Runs:
    runs: Runs = {
        "reset_layout": partial(_reset_layout, window),
        "full_screen": lambda: window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen),
        "show_outline": window.workspace.show_outline,
        "command_palette": lambda: CommandPalette(window.actions_table, window).open(),
        "shortcuts": lambda: ShortcutsPage(window.actions_table, window).show(),
        "tour": window.tour.begin,
        "log_folder": lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(crash_log.folder()))),
        "about": partial(_about, window),
    }
    runs |= {f"show_{tab.name}": partial(window.show_panel, tab.name) for tab in TABS}
    runs |= {f"show_{name}": partial(_toggle, window, name) for name in window.workspace.docks}
    runs |= {f"theme_{choice}": partial(_theme, window, choice) for choice in THEME_CHOICES}
    runs |= {f"language_{code}": partial(words.set_language, code) for code in words.LANGUAGES}
    return runs


# -- what no part does by itself ---------------------------------------------------------------------


def _in_text(command: str, otherwise: Callable[[], object]) -> None:
    """Copy and the like go to the text field that has the keyboard, where one has."""
    field = QApplication.focusWidget()
    if isinstance(field, QLineEdit | QPlainTextEdit | QTextEdit):
        getattr(field, command)()
    else:
        otherwise()


def _toggle(window: MainWindow, name: str) -> None:
    dock = window.workspace.docks[name]
    dock.setVisible(dock.isHidden())


def _switch_previews(window: MainWindow) -> None:
    previews = window.workspace.previews
    window.preferences.previews = not previews.on_cards
    previews.choose_on_cards(window.preferences.previews)
    window.show_choices()


def _reset_layout(window: MainWindow) -> None:
    window.preferences.forget_layout()
    window.workspace.reset_layout()


def _theme(window: MainWindow, choice: ThemeChoice) -> None:
    window.appearance.choose(choice)


def _pause(window: MainWindow) -> None:
    if window.trainer.state == "paused":
        window.trainer.resume()
    else:
        window.trainer.pause()


def _figure(window: MainWindow) -> FigureDialog:
    from studio.app.figures.dialog import FigureDialog

    dialog = FigureDialog(window.session, window)
    dialog.open()
    return dialog


def _about(window: MainWindow) -> None:
    questions.ask(
        window,
        Message("Netloom {version}", version=__version__),
        Message(
            "Draw a neural network, train it while you watch, and take the model with you. Free software "
            "under the MIT licence."
        ),
        (Answer(Message("Close"), lambda: None, "close_button", "cancel"),),
    )
