"""Every action of the window in one table: menus, toolbar, command palette and shortcuts page come from it.

What an action does is bound by the window; here is what it is called, where it stands and when it is open to
use. Plain keys that belong to the canvas (`CANVAS_KEYS`) are handled there, so that they never meet typing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from studio.app import language
from studio.app.icons import icon
from studio.app.preferences import Preferences
from studio.words import Message

When = Literal["always", "project", "selection", "undo", "redo", "running", "steered"]
"""what must hold for an action to be open: a project is shown, something is selected, a run goes on, ..."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One action. `keys` are shortcuts in Qt's portable text, the first is the one shown."""

    id: str
    text: Message
    menu: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    when: When = "always"
    checkable: bool = False
    group: int = 0
    """actions of a menu with another number stand behind a separator"""
    canvas: bool = False
    """the keys count only while the canvas has the keyboard: elsewhere they belong to text and lists"""


MENUS: dict[str, Message] = {
    "file": Message("&File"),
    "edit": Message("&Edit"),
    "view": Message("&View"),
    "network": Message("&Network"),
    "train": Message("&Train"),
    "data": Message("&Data"),
    "help": Message("&Help"),
}
SUBMENUS: dict[str, tuple[str, Message]] = {
    "recent": ("file", Message("Open recent")),
    "theme": ("view", Message("Theme")),
    "language": ("view", Message("Language")),
    "panels": ("view", Message("Panels")),
}

TABLE: tuple[Spec, ...] = (
    Spec("new", Message("New project"), "file", ("Ctrl+N",), "new"),
    Spec("open", Message("Open…"), "file", ("Ctrl+O",), "open"),
    Spec("save", Message("Save"), "file", ("Ctrl+S",), "save", "project", group=1),
    Spec("save_as", Message("Save as…"), "file", ("Ctrl+Shift+S",), "", "project", group=1),
    Spec("import", Message("Import…"), "file", ("Ctrl+I",), "import", group=2),
    Spec("export", Message("Export the model…"), "file", ("Ctrl+E",), "export", "project", group=2),
    Spec("figure", Message("Figure of the network…"), "file", ("Ctrl+Shift+E",), "", "project", group=2),
    Spec("compare", Message("Compare with another version…"), "file", (), "", "project", group=2),
    Spec("close", Message("Close the project"), "file", ("Ctrl+W",), "close", "project", group=3),
    Spec("quit", Message("Quit"), "file", ("Ctrl+Q",), "quit", group=3),
    Spec("undo", Message("Undo"), "edit", ("Ctrl+Z",), "undo", "undo"),
    Spec("redo", Message("Redo"), "edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "redo"),
    Spec("cut", Message("Cut"), "edit", ("Ctrl+X",), "cut", "project", group=1, canvas=True),
    Spec("copy", Message("Copy"), "edit", ("Ctrl+C",), "copy", "project", group=1, canvas=True),
    Spec("paste", Message("Paste"), "edit", ("Ctrl+V",), "paste", "project", group=1, canvas=True),
    Spec(
        "duplicate", Message("Duplicate"), "edit", ("Ctrl+D",), "duplicate", "selection", group=1, canvas=True
    ),
    Spec("delete", Message("Delete"), "edit", ("Del",), "delete", "selection", group=2, canvas=True),
    Spec(
        "delete_cut", Message("Delete and keep the wires cut"), "edit", ("Shift+Del",), "", "selection",
        group=2, canvas=True,
    ),
    Spec("rename", Message("Rename"), "edit", ("F2",), "rename", "selection", group=2, canvas=True),
    Spec(
        "select_all", Message("Select all"), "edit", ("Ctrl+A",), "select_all", "project",
        group=4, canvas=True,
    ),
    Spec("zoom_in", Message("Zoom in"), "view", ("Ctrl++", "Ctrl+="), "zoom_in", "project"),
    Spec("zoom_out", Message("Zoom out"), "view", ("Ctrl+-",), "zoom_out", "project"),
    Spec("zoom_reset", Message("Actual size"), "view", ("Ctrl+0",), "zoom_reset", "project"),
    Spec("frame_all", Message("Show the whole network"), "view", ("Ctrl+Home",), "frame", "project"),
    Spec("frame_selection", Message("Show the selection"), "view", (), "", "selection"),
    Spec("previews", Message("Previews on cards"), "view", (), "", "project", True, group=1),
    Spec("show_palette", Message("Layers"), "panels", ("Ctrl+1",), "", "project", True),
    Spec("show_inspector", Message("Properties"), "panels", ("Ctrl+2",), "", "project", True),
    Spec("show_bottom", Message("Panels below"), "panels", ("Ctrl+3",), "", "project", True),
    Spec("show_outline", Message("Outline"), "panels", ("Ctrl+4",), "", "project"),
    Spec("show_lesson", Message("Lesson"), "panels", ("Ctrl+5",), "", "project", True),
    Spec("show_curves", Message("Curves"), "panels", ("Alt+1",), "curves", "project", group=1),
    Spec("show_data", Message("Data"), "panels", ("Alt+2",), "data", "project", group=1),
    Spec("show_explore", Message("Explore the data"), "panels", ("Alt+8",), "search", "project", group=1),
    Spec("show_training", Message("Training settings"), "panels", ("Alt+3",), "settings", "project", group=1),
    Spec("show_runs", Message("Runs"), "panels", ("Alt+4",), "runs", "project", group=1),
    Spec("show_try", Message("Try"), "panels", ("Alt+9",), "good", "project", group=1),
    Spec("show_code", Message("Code"), "panels", ("Alt+5",), "code", "project", group=1),
    Spec("show_problems", Message("Problems"), "panels", ("Alt+6",), "problem", "project", group=1),
    Spec("show_log", Message("Log"), "panels", ("Alt+7",), "log", "project", group=1),
    Spec("reset_layout", Message("Reset the layout"), "view", (), "layout", "project", group=3),
    Spec("full_screen", Message("Full screen"), "view", ("F11",), "", "always", True, group=3),
    Spec("theme_system", Message("As the system"), "theme", (), "", "always", True),
    Spec("theme_dark", Message("Dark theme"), "theme", (), "", "always", True),
    Spec("theme_light", Message("Light theme"), "theme", (), "", "always", True),
    Spec("theme_contrast", Message("High contrast"), "theme", (), "", "always", True),
    Spec("language_en", Message("English"), "language", (), "", "always", True),
    Spec("language_zh_CN", Message("简体中文"), "language", (), "", "always", True),
    Spec("add_layer", Message("Add a layer…"), "network", ("Ctrl+Space",), "add", "project"),
    Spec("find_layer", Message("Search the layers"), "network", ("/", "Ctrl+Shift+F"), "search", "project"),
    Spec("find_node", Message("Find a node…"), "network", ("Ctrl+F",), "search", "project"),
    Spec("tidy", Message("Tidy up"), "network", ("Ctrl+Shift+L",), "tidy", "project", group=1),
    Spec(
        "connect", Message("Connect the selected nodes"), "network", ("Ctrl+L",), "", "selection",
        group=1, canvas=True,
    ),
    Spec(
        "new_block", Message("New empty block"), "network", ("Ctrl+Shift+B",), "", "project",
        group=2, canvas=True,
    ),
    Spec(
        "draw_frame", Message("Draw a frame around"), "network", ("Ctrl+J",), "", "selection",
        group=2, canvas=True,
    ),
    Spec("group", Message("Make a block"), "network", ("Ctrl+G",), "", "selection", group=2, canvas=True),
    Spec(
        "dissolve", Message("Dissolve the block"), "network", ("Ctrl+Shift+G",), "", "selection",
        group=2, canvas=True,
    ),
    Spec("enter_block", Message("Enter block"), "network", (), "", "selection", group=3),
    Spec("leave_block", Message("Leave the block"), "network", (), "", "project", group=3),
    Spec("rename_block", Message("Rename the block…"), "network", (), "", "selection", group=3),
    Spec(
        "repeat", Message("Repeat the block…"), "network", ("Ctrl+R",), "", "selection", group=3, canvas=True
    ),
    Spec("independent", Message("Make independent"), "network", (), "", "selection", group=3),
    Spec("keep_block", Message("Add to my blocks"), "network", (), "", "selection", group=3),
    Spec("bypass", Message("Bypass"), "network", ("Ctrl+B",), "", "selection", group=4, canvas=True),
    Spec("straighten", Message("Straighten the wires"), "network", (), "", "selection", group=1),
    Spec("use_again", Message("Use again"), "network", ("Ctrl+U",), "", "selection", group=4, canvas=True),
    Spec("own_weights", Message("Own weights"), "network", (), "", "selection", group=4),
    Spec("train", Message("Train"), "train", ("F5",), "play", "project"),
    Spec("pause", Message("Pause or go on"), "train", ("F6",), "pause", "running"),
    Spec("stop", Message("Stop training"), "train", ("Shift+F5",), "stop", "running"),
    Spec("stop_after_epoch", Message("Stop after this epoch"), "train", ("Ctrl+Shift+F5",), "", "running"),
    Spec("queue", Message("Add to the queue"), "train", ("Ctrl+F5",), "add", "project"),
    Spec("change_lr", Message("Change the learning rate"), "train", (), "", "steered", group=2),
    Spec("snapshot", Message("Take a snapshot"), "train", ("F8",), "save", "steered", group=2),
    Spec("evaluate", Message("Evaluate now"), "train", (), "good", "steered", group=2),
    Spec("training_settings", Message("Training settings…"), "train", (), "settings", "project", group=1),
    Spec("find_lr", Message("Find a learning rate…"), "train", (), "", "project", group=2),
    Spec("search_settings", Message("Search for settings…"), "train", (), "search", "project", group=2),
    Spec("validate", Message("Cross-validation…"), "train", (), "", "project", group=2),
    Spec("follow_run", Message("Follow a run from elsewhere…"), "train", (), "", "project", group=3),
    Spec("choose_data", Message("Choose the data…"), "data", ("Ctrl+Shift+D",), "data", "project"),
    Spec("command_palette", Message("All commands…"), "help", ("Ctrl+K", "Ctrl+Shift+P"), "command"),
    Spec("shortcuts", Message("Keyboard shortcuts"), "help", ("F1", "Ctrl+?"), "keyboard"),
    Spec("tour", Message("Tour of the window"), "help", (), "", "project"),
    Spec("log_folder", Message("Show the log files"), "help", (), "log", group=1),
    Spec("about", Message("About Netloom"), "help", (), "info", group=1),
)  # fmt: skip

IN_A_RUN = ("stop_after_epoch", "change_lr", "snapshot", "evaluate", "queue")
"""what the menu beside the buttons of a run offers"""

CANVAS_KEYS: tuple[tuple[str, Message], ...] = (
    ("Tab", Message("Add a layer at the pointer")),
    ("Space", Message("Add a layer at the pointer")),
    ("Left", Message("Walk along the wires")),
    ("C", Message("Connect in order")),
    ("Shift+C", Message("Cut wires")),
    ("M", Message("Bypass")),
    ("Q", Message("Straighten the wires")),
    ("Y", Message("Hold and draw a line across wires to cut them")),
    ("A", Message("Hold and swipe over cards to align them, from one up or down to lay out its branch")),
    ("X", Message("Hold in place of Alt, where the desktop keeps Alt and the mouse for itself")),
    ("1", Message("Go to a bookmark, 1 to 9")),
    ("Ctrl+Alt+1", Message("Set a bookmark, 1 to 9")),
    ("Ctrl+Shift+V", Message("Paste with the wires that came in")),
    ("F", Message("Show the selection")),
    ("Home", Message("Show the whole network")),
    ("Return", Message("Go into a block, or to the fields of a layer")),
    ("Backspace", Message("Go out of a block")),
    ("Esc", Message("Give up the gesture")),
)


def menu_name(menu: str) -> str:
    """What a menu is called, without the sign of its key."""
    text = str(MENUS[menu] if menu in MENUS else SUBMENUS[menu][1])
    return re.sub(r"\(&\w\)|&", "", text)


class Actions(QObject):
    """The live actions of one window, by id. `keys_changed` follows every change of their keys."""

    keys_changed = Signal()

    def __init__(self, parent: QObject, preferences: Preferences | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._made: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._open: frozenset[str] = frozenset()
        for spec in TABLE:
            action = QAction(self)
            action.setObjectName(f"action_{spec.id}")
            action.setCheckable(spec.checkable)
            action.setShortcuts(self._chosen(spec))
            if spec.icon:
                action.setIcon(icon(spec.icon))
            self._made[spec.id] = action
        language.follow(self, self.retranslate)

    def __getitem__(self, id_: str) -> QAction:
        return self._made[id_]

    def __iter__(self) -> Iterator[tuple[Spec, QAction]]:
        return ((spec, self._made[spec.id]) for spec in TABLE)

    # -- keys ------------------------------------------------------------------------------------

    def _chosen(self, spec: Spec) -> list[QKeySequence]:
        """The person's own keys of an action, else those of the table."""
        own = self._preferences.keys(spec.id) if self._preferences is not None else None
        return [QKeySequence(keys) for keys in (spec.keys if own is None else own)]

    def keys_of(self, id_: str) -> str:
        """The keys of an action as a person reads them; nothing where it has none."""
        return self._made[id_].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def key_fault(self, spec: Spec, keys: QKeySequence) -> Message | None:
        """Why an action cannot have these keys; None where it can. No keys at all are fine."""
        if keys.isEmpty():
            return None
        shown = keys.toString(QKeySequence.SequenceFormat.NativeText)
        portable = keys.toString(QKeySequence.SequenceFormat.PortableText)
        held = portable.startswith(("Ctrl+", "Alt+", "Meta+"))
        if not held and not re.fullmatch(r"(Shift\+)?F\d+", portable) and not spec.canvas:
            return Message(
                "{keys} alone is for typing. Hold Ctrl or Alt with it, or take a function key.", keys=shown
            )
        for other, action in self:
            if other.id != spec.id and keys in action.shortcuts():
                return Message(
                    "{keys} is {action} already. Change that one first.", keys=shown, action=other.text
                )
        if any(portable == known for known, _ in CANVAS_KEYS):
            return Message("{keys} belongs to the canvas.", keys=shown)
        return None

    def set_keys(self, spec: Spec, keys: QKeySequence) -> None:
        """Gives an action keys of the person's own, or none."""
        text = keys.toString(QKeySequence.SequenceFormat.PortableText)
        if self._preferences is not None:
            self._preferences.keep_keys(spec.id, (text,) if text else ())
        self._made[spec.id].setShortcuts([keys] if text else [])
        self.retranslate()
        self.keys_changed.emit()

    def reset_keys(self) -> None:
        """Gives every action the keys of the table again."""
        if self._preferences is not None:
            self._preferences.forget_keys()
        for spec, action in self:
            action.setShortcuts([QKeySequence(keys) for keys in spec.keys])
        self.retranslate()
        self.keys_changed.emit()

    def bind(self, id_: str, run: Callable[[], object]) -> None:
        """Says what an action does."""
        self._made[id_].triggered.connect(lambda _checked=False: run())

    def confine(self, canvas: QWidget) -> None:
        """Gives the keys of the canvas to it alone; the menus show and run these actions as any other."""
        for spec, action in self:
            if spec.canvas:
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                canvas.addAction(action)

    def lend(self, outline: QWidget) -> None:
        """Gives the keys of the canvas to the outline too; a name is typed into the tree itself there."""
        for spec, action in self:
            if spec.canvas and spec.id != "rename":
                outline.addAction(action)

    def set_open(self, holds: frozenset[str]) -> None:
        """Enables the actions whose `when` is among what holds; "always" does by itself."""
        opened, self._open = self._open, holds | {"always"}
        for spec, action in self if opened != self._open else ():
            action.setEnabled(spec.when in self._open)

    def fill(self, bar: QMenuBar) -> None:
        """Builds the menus of the window."""
        for name in MENUS:
            menu = bar.addMenu("")
            menu.setObjectName(f"menu_{name}")
            self._menus[name] = menu
        for name, (parent, _) in SUBMENUS.items():
            menu = QMenu(self._menus[parent])
            menu.setObjectName(f"menu_{name}")
            self._menus[name] = menu
        for name, menu in self._menus.items():
            self._fill_menu(name, menu)
        for menu in self._menus.values():
            menu.setToolTipsVisible(False)
        self.retranslate()

    def _fill_menu(self, name: str, menu: QMenu) -> None:
        group = 0
        submenus = [inner for inner, (parent, _) in SUBMENUS.items() if parent == name]
        for spec, action in self:
            if spec.menu != name:
                continue
            if spec.group != group:
                group = spec.group
                self._add_submenus(menu, submenus)
                menu.addSeparator()
            menu.addAction(action)
        self._add_submenus(menu, submenus)

    def _add_submenus(self, menu: QMenu, names: list[str]) -> None:
        if names and len(menu.actions()) > 2 and menu is not self._menus["file"]:
            menu.addSeparator()
        while names:
            menu.addMenu(self._menus[names.pop(0)])

    def menu(self, name: str) -> QMenu:
        return self._menus[name]

    def retranslate(self) -> None:
        for spec, action in self:
            action.setText(str(spec.text))
            keys = self.keys_of(spec.id)
            action.setToolTip(f"{spec.text} ({keys})" if keys else str(spec.text))
        for name, menu in self._menus.items():
            menu.setTitle(str(MENUS[name] if name in MENUS else SUBMENUS[name][1]))
