"""A file of the person's own, in the Data panel: looked at once, then its columns as they were understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio import quantities
from studio.app import file_icons, theme
from studio.app.language import follow
from studio.app.named import named
from studio.app.session import Session
from studio.app.settings_panel.fields import CheckField, ChoiceField, Form, WholeField, plain
from studio.app.tasks import Lane, Ticket
from studio.words import Message, NetloomError, tr

SECTION = "data"
ROWS_SHOWN, ROW_HEIGHT = 9, 26
SAMPLE_VALUES = 6
SIDES = (28, 32, 64, 96, 128, 224)
"""sizes that images are usually brought to"""
TYPE_WORDS = {
    "number": Message("number"),
    "category": Message("category"),
    "left out": Message("left out"),
}
MISSING_WORDS = (
    ("median", Message("the median")),
    ("mean", Message("the mean")),
    ("most_frequent", Message("the most frequent")),
)


class OwnFile(QWidget):
    """Which column is predicted, what each is. A change looks at the file again, for its values."""

    busy_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.error: Exception | None = None
        self._label = Message("Use the data {name}", name="")
        self._lane = Lane(self)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self._lane.busy_changed.connect(lambda _: self.busy_changed.emit())
        self.facts = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.facts.setProperty("second", True)
        self.target = named(_Choice(), "data_target")
        self.target.activated.connect(self._choose_target)
        self._target_title = QLabel()
        self._target_title.setBuddy(self.target)
        self.columns = named(QTableWidget(), "data_columns")
        self.columns.setColumnCount(3)
        self.columns.verticalHeader().hide()
        self.columns.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.columns.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.columns.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.columns.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.columns.setTabKeyNavigation(False)
        form = Form()
        form.add(
            ChoiceField(
                session, (SECTION, "missing"), Message("Missing numbers become"), "median", MISSING_WORDS
            )
        )
        self.form = form
        self.pixels = named(_Choice(), "data_size")
        self.pixels.activated.connect(self._choose_size)
        self.colour = named(_Choice(), "data_colour")
        self.colour.activated.connect(self._choose_colour)
        self._of_tables = _column(self._target_title, self.target, self.columns, form)
        self._of_images = _column(self.pixels, self.colour)
        self.by = named(_Choice(), "data_tokens")
        self.by.activated.connect(self._choose_tokens)
        reading = (SECTION, "reading")
        self.of_texts = Form()
        self.of_texts.add(WholeField(session, (*reading, "length"), Message("Length of a text"), 1, 1))
        self.of_texts.add(WholeField(session, (*reading, "vocabulary"), Message("Vocabulary"), 3, 3))
        self.of_texts.add(CheckField(session, (*reading, "lower"), Message("Lower case"), True))
        self._of_texts = _column(self.by, self.of_texts)
        self.ahead = named(_Choice(), "data_ahead")
        self.ahead.activated.connect(self._choose_ahead)
        self.of_series = Form()
        self.of_series.add(WholeField(session, (*reading, "window"), Message("Rows of a window"), 1, 1))
        self.of_series.add(WholeField(session, (*reading, "horizon"), Message("Steps ahead"), 1, 1))
        self._of_series = _column(self.ahead, self.of_series)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.facts, self._of_tables, self._of_images, self._of_texts, self._of_series):
            column.addWidget(widget)
        follow(self, self.retranslate)

    @property
    def busy(self) -> bool:
        return self._lane.busy

    @property
    def _settings(self) -> dict[str, Any]:
        return dict(plain(self._session.document.data().settings.get(SECTION)))

    def retranslate(self) -> None:
        self._target_title.setText(tr("What to predict"))
        self.target.setAccessibleName(tr("What to predict"))
        self.columns.setAccessibleName(tr("The columns of the file"))
        self.columns.setHorizontalHeaderLabels([tr("Column"), tr("Is a"), tr("Values")])
        self.pixels.setAccessibleName(tr("Size of the images"))
        self.colour.setAccessibleName(tr("Colour of the images"))
        self.by.setAccessibleName(tr("How texts are cut"))
        self.of_texts.retranslate()
        self.ahead.setAccessibleName(tr("What to predict"))
        self.of_series.retranslate()
        self.form.retranslate()
        self.refresh()

    # -- looking at a file -----------------------------------------------------------------------

    def ask(self, kind: str) -> None:
        """Lets the person choose a file of this kind, and looks at it."""
        from studio.data.sources import KINDS

        found = KINDS[kind]
        names = " ".join(f"*{suffix}" for suffix in found.suffixes)
        folder = str(Path(str(self._settings.get("root") or "")).parent)
        dialog = QFileDialog(
            self, str(found.title), folder, f"{found.title} ({names});;{tr('All files')} (*)"
        )
        file_icons.use(dialog)
        if found.folder:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.look(kind, Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def guess(self, path: Path) -> None:
        """Looks at a file that was dropped, as what its name says it is."""
        from studio.data.sources import kind_of

        try:
            self.look(kind_of(path).name, path)
        except NetloomError as error:
            self._fail(error)

    def look(self, kind: str, path: Path) -> None:
        """Looks at a file; what it holds becomes the project's data, as one step."""
        self._label = Message("Use the data {name}", name=path.name)
        self._start(kind, path, {})

    def _look_again(self, label: Message, change: Mapping[str, Any]) -> None:
        settings = self._settings
        self._label = label
        reading = {key: value for key, value in plain(settings.get("reading")).items() if key != "rows"}
        self._start(
            str(settings["source"]), self.full(str(settings.get("root") or "")), {**reading, **change}
        )

    def _start(self, kind: str, path: Path, told: Mapping[str, Any]) -> None:
        self.error = None
        self._lane.start(_look, kind, path, told)

    def full(self, root: str) -> Path:
        """A path as the project keeps it, from here."""
        path, project = Path(root).expanduser(), self._session.path
        return path if path.is_absolute() or project is None else project.parent / path

    def _take(self, found: tuple[str, Path, dict[str, Any]]) -> None:
        kind, path, reading = found
        with self._session.edit(self._label) as edit:
            edit.set((SECTION, "source"), kind)
            edit.set((SECTION, "root"), _near(path, self._session.path))
            edit.set((SECTION, "reading"), reading)
            edit.unset((SECTION, "download"))

    def _fail(self, error: Exception) -> None:
        self.error = error
        self.refresh()
        self.busy_changed.emit()

    # -- showing what it holds -------------------------------------------------------------------

    def refresh(self) -> None:
        """Shows the columns as the project has them."""
        from studio.data.sources import KINDS, known

        settings = self._settings
        self.setVisible(settings.get("source") in KINDS)
        reading, info = plain(settings.get("reading")), known(settings)
        if info is None:
            return
        self._of_tables.setVisible(info.name == "table")
        self._of_images.setVisible(info.name == "images")
        self._of_texts.setVisible(info.name == "text")
        if info.name == "text":
            self._show_texts(reading)
            return
        self._of_series.setVisible(info.name == "series")
        if info.name == "series":
            self._show_series(reading)
            return
        if info.name == "images":
            self._show_images(reading)
            return
        entries = [plain(entry) for entry in reading.get("columns") or ()]
        self.form.refresh()
        with QSignalBlocker(self.target):
            self.target.clear()
            self.target.addItems([str(entry["name"]) for entry in entries])
            self.target.setCurrentText(str(reading.get("target")))
        self.facts.setText(_facts(reading, entries))
        self.facts.show()
        self._fill(entries, str(reading.get("target")))

    def _fill(self, entries: Sequence[Mapping[str, Any]], target: str) -> None:
        table = self.columns
        table.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            name = QTableWidgetItem(str(entry["name"]))
            name.setToolTip(str(entry["name"]))
            values = QTableWidgetItem(_values(entry))
            values.setToolTip(", ".join(map(str, entry.get("values", ()))))
            if entry["type"] == "left out":
                for item in (name, values):
                    item.setForeground(QColor(theme.current().second))
            elif entry["name"] == target:
                font = name.font()
                font.setBold(True)
                name.setFont(font)
            table.setItem(row, 0, name)
            table.setCellWidget(row, 1, self._type_of(entry))
            table.setItem(row, 2, values)
        shown = min(len(entries), ROWS_SHOWN)
        table.setFixedHeight(table.horizontalHeader().sizeHint().height() + shown * ROW_HEIGHT + 4)

    def _show_images(self, reading: Mapping[str, Any]) -> None:
        height, width = reading["size"]
        with QSignalBlocker(self.pixels), QSignalBlocker(self.colour):
            self.pixels.clear()
            for size in dict.fromkeys(((height, width), *((side, side) for side in SIDES))):
                self.pixels.addItem(tr("{height}×{width} pixels", height=size[0], width=size[1]), list(size))
            self.colour.clear()
            for channels, words in ((3, tr("in colour")), (1, tr("in grey"))):
                self.colour.addItem(words, channels)
            self.colour.setCurrentIndex(self.colour.findData(reading["channels"]))
        left = list(reading.get("left_out") or ())
        self.facts.setText(
            tr("{n} images do not open and are left out: {names}", n=len(left), names=", ".join(left[:5]))
            if left
            else ""
        )
        self.facts.setVisible(bool(left))

    def _show_texts(self, reading: Mapping[str, Any]) -> None:
        with QSignalBlocker(self.by):
            self.by.clear()
            self.by.addItem(tr("by words"), "words")
            self.by.addItem(tr("by characters"), "characters")
            self.by.setCurrentIndex(self.by.findData(reading["by"]))
        self.of_texts.refresh()
        parts = [tr("{n} texts", n=quantities.count(int(reading["rows"])))]
        if reading.get("target"):
            parts.append(tr("{text} → {target}", text=reading["text"], target=reading["target"]))
        self.facts.setText(" · ".join((*parts, str(reading["encoding"]).upper())))
        self.facts.show()

    def _show_series(self, reading: Mapping[str, Any]) -> None:
        with QSignalBlocker(self.ahead):
            self.ahead.clear()
            for targets in (*([name] for name in reading["columns"]), list(reading["columns"])):
                self.ahead.addItem(", ".join(targets), targets)
            self.ahead.setCurrentText(", ".join(reading["targets"]))
        self.of_series.refresh()
        rows = tr("{n} rows", n=quantities.count(int(reading["rows"])))
        self.facts.setText(" · ".join((rows, ", ".join(reading["columns"]))))
        self.facts.show()

    def _type_of(self, entry: Mapping[str, Any]) -> QComboBox:
        choice = _Choice()
        for type_, word in TYPE_WORDS.items():
            choice.addItem(str(word), type_)
        choice.setCurrentIndex(choice.findData(entry["type"]))
        choice.setAccessibleName(tr("What {column} is", column=entry["name"]))
        choice.activated.connect(lambda _: self._choose_type(str(entry["name"]), str(choice.currentData())))
        return choice

    # -- choices ---------------------------------------------------------------------------------

    def _choose_target(self) -> None:
        name = self.target.currentText()
        reading = plain(self._settings.get("reading"))
        if name == reading.get("target"):
            return
        # what the column is as a target is another question than what it was as an input
        others = [plain(entry) for entry in reading.get("columns") or ()]
        kept = [entry for entry in others if entry["name"] not in (name, reading.get("target"))]
        self._look_again(Message("Predict {column}", column=name), {"target": name, "columns": kept})

    def _choose_type(self, name: str, type_: str) -> None:
        reading = plain(self._settings.get("reading"))
        entries = [plain(entry) for entry in reading.get("columns") or ()]
        if any(entry["name"] == name and entry["type"] == type_ for entry in entries):
            return
        columns = [{**entry, "type": type_} if entry["name"] == name else entry for entry in entries]
        self._look_again(
            Message("Take {column} as {type}", column=name, type=TYPE_WORDS[type_]), {"columns": columns}
        )

    def _choose_size(self) -> None:
        self._write(Message("Set the size of the images"), "size", self.pixels.currentData())

    def _choose_tokens(self) -> None:
        """Looks again: texts have more characters than words."""
        by = self.by.currentData()
        if by != plain(self._settings.get("reading")).get("by"):
            label = Message("Cut texts {how}", how=self.by.currentText())
            self._look_again(label, {"by": by, "length": None})

    def _choose_ahead(self) -> None:
        self._write(
            Message("Predict {column}", column=self.ahead.currentText()), "targets", self.ahead.currentData()
        )

    def _choose_colour(self) -> None:
        self._write(Message("Set the colour of the images"), "channels", self.colour.currentData())

    def _write(self, label: Message, key: str, value: Any) -> None:
        """Changes what needs no second look at the files."""
        reading = plain(self._settings.get("reading"))
        if plain(reading).get(key) != value:
            with self._session.edit(label) as edit:
                edit.set((SECTION, "reading"), {**reading, key: value})


def _column(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    for widget in widgets:
        column.addWidget(widget)
    return holder


class _Choice(QComboBox):
    """A list whose value a wheel that passes over it does not change."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _look(ticket: Ticket, kind: str, path: Path, told: Mapping[str, Any]) -> tuple[str, Path, dict[str, Any]]:
    from studio.data.sources import KINDS

    ticket.check()
    reading = KINDS[kind].look(path, told)
    KINDS[kind].describe(reading)  # what cannot be used is said before it is in the project
    ticket.check()
    return kind, path, reading


def _near(path: Path, project: Path | None) -> str:
    """A path as the project keeps it: from the project's folder where the file lies below it."""
    if project is not None and path.is_absolute() and path.is_relative_to(project.parent):
        return path.relative_to(project.parent).as_posix()
    return str(path)


def _facts(reading: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> str:
    target = next((entry for entry in entries if entry["name"] == reading.get("target")), {})
    parts = [tr("{n} rows", n=quantities.count(int(reading.get("rows") or 0)))]
    if dropped := target.get("missing"):
        parts.append(tr("{n} without a value to predict are left out", n=quantities.count(dropped)))
    parts.append(str(reading.get("encoding")).upper())
    return " · ".join(parts)


def _values(entry: Mapping[str, Any]) -> str:
    values = list(entry.get("values", ()))
    parts = [", ".join(map(str, values[:SAMPLE_VALUES])) + ("…" if len(values) > SAMPLE_VALUES else "")]
    if missing := entry.get("missing"):
        parts.append(tr("{n} missing", n=quantities.count(missing)))
    return " · ".join(filter(None, parts))


def error_text(error: Exception) -> str:
    """What is said of a file that could not be looked at."""
    return str(error) if isinstance(error, NetloomError) else f"{type(error).__name__}: {error}"
