"""What can be set of a file of one's own, a part a kind: columns, image sizes, how texts are cut, windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio import quantities
from studio.app import theme
from studio.app.named import named
from studio.app.session import Session
from studio.app.settings_panel.fields import CheckField, Field, Form, WholeField, plain
from studio.words import Message, tr

READING = ("data", "reading")
ROWS_SHOWN, ROW_HEIGHT = 9, 26
SAMPLE_VALUES = 6
SIDES = (28, 32, 64, 96, 128, 224)
"""sizes that images are usually brought to"""
NAMES_SHOWN = 5
TYPE_WORDS = {
    "number": Message("number"),
    "category": Message("category"),
    "date": Message("date"),
    "left out": Message("left out"),
}
Reading = Mapping[str, Any]


class Owner(Protocol):
    """Who keeps what was found in the file."""

    session: Session

    def reading(self) -> Reading: ...

    def look_again(self, label: Message, change: Reading) -> None:
        """Looks at the file once more, with something told otherwise."""

    def write(self, label: Message, key: str, value: Any) -> None:
        """Changes what needs no second look."""


class Choice(QComboBox):
    """A list whose value a wheel that passes over it does not change."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def offer(self, choices: Mapping[str, Any], chosen: Any) -> None:
        """Shows these words for their values, with one of them chosen."""
        with QSignalBlocker(self):
            self.clear()
            for words, value in choices.items():
                self.addItem(words, value)
            self.setCurrentIndex(list(choices.values()).index(chosen) if chosen in choices.values() else -1)


class Part(QWidget):
    """The fields of one kind. `display` shows a reading and gives a line of facts on it."""

    def __init__(self, owner: Owner) -> None:
        super().__init__()
        self.owner = owner
        self.form = Form()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)

    def place(self, *widgets: QWidget) -> None:
        for widget in widgets:
            self._column.addWidget(widget)

    def field(self, make: Callable[..., Field], key: str, label: Message, *rest: Any) -> None:
        self.form.add(make(self.owner.session, (*READING, key), label, *rest))

    def retranslate(self) -> None:
        self.form.retranslate()

    def display(self, reading: Reading) -> str:
        """Shows what was found in a file; gives a line of facts on it."""
        self.form.refresh()
        return ""


class TablePart(Part):
    """Which column is predicted and what each is. A change looks at the file again, for its values."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)
        self.target = named(Choice(), "data_target")
        self.target.activated.connect(self._choose_target)
        self._title = QLabel()
        self._title.setBuddy(self.target)
        self.columns = named(QTableWidget(), "data_columns")
        self.columns.setColumnCount(3)
        self.columns.verticalHeader().hide()
        self.columns.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.columns.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.columns.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.columns.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.columns.setTabKeyNavigation(False)
        self.place(self._title, self.target, self.columns, self.form)

    def retranslate(self) -> None:
        super().retranslate()
        self._title.setText(tr("What to predict"))
        self.target.setAccessibleName(tr("What to predict"))
        self.columns.setAccessibleName(tr("The columns of the file"))
        self.columns.setHorizontalHeaderLabels([tr("Column"), tr("Is a"), tr("Values")])

    def display(self, reading: Reading) -> str:
        entries = _entries(reading)
        names = [str(entry["name"]) for entry in entries]
        self.form.refresh()
        self.target.offer(dict(zip(names, names, strict=True)), reading.get("target"))
        self.columns.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            self._fill(row, entry, entry["name"] == reading.get("target"))
        shown = min(len(entries), ROWS_SHOWN)
        head = self.columns.horizontalHeader().sizeHint().height()
        self.columns.setFixedHeight(head + shown * ROW_HEIGHT + 4)
        return _table_facts(reading, entries)

    def _fill(self, row: int, entry: Reading, target: bool) -> None:
        name = QTableWidgetItem(str(entry["name"]))
        name.setToolTip(str(entry["name"]))
        values = QTableWidgetItem(_values(entry))
        values.setToolTip(", ".join(map(str, entry.get("values", ()))))
        if entry["type"] == "left out":
            for item in (name, values):
                item.setForeground(QColor(theme.current().second))
        elif target:
            font = name.font()
            font.setBold(True)
            name.setFont(font)
        self.columns.setItem(row, 0, name)
        self.columns.setCellWidget(row, 1, self._type_of(entry))
        self.columns.setItem(row, 2, values)

    def _type_of(self, entry: Reading) -> Choice:
        choice, name = Choice(), str(entry["name"])
        choice.offer({str(word): type_ for type_, word in TYPE_WORDS.items()}, entry["type"])
        choice.setAccessibleName(tr("What {column} is", column=name))
        choice.activated.connect(lambda _: self._choose_type(name, str(choice.currentData())))
        return choice

    def _choose_target(self) -> None:
        name, reading = self.target.currentText(), self.owner.reading()
        if name == reading.get("target"):
            return
        # what the column is as a target is another question than what it was as an input
        kept = [e for e in _entries(reading) if e["name"] not in (name, reading.get("target"))]
        self.owner.look_again(Message("Predict {column}", column=name), {"target": name, "columns": kept})

    def _choose_type(self, name: str, type_: str) -> None:
        entries = _entries(self.owner.reading())
        if any(entry["name"] == name and entry["type"] == type_ for entry in entries):
            return
        columns = [{**entry, "type": type_} if entry["name"] == name else entry for entry in entries]
        label = Message("Take {column} as {type}", column=name, type=TYPE_WORDS[type_])
        self.owner.look_again(label, {"columns": columns})


class ImagesPart(Part):
    """The size and the colour that all images are brought to."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)
        self.pixels = named(Choice(), "data_size")
        self.pixels.activated.connect(self._choose_size)
        self.colour = named(Choice(), "data_colour")
        self.colour.activated.connect(self._choose_colour)
        self.place(self.pixels, self.colour, self.form)

    def retranslate(self) -> None:
        self.pixels.setAccessibleName(tr("Size of the images"))
        self.colour.setAccessibleName(tr("Colour of the images"))

    def display(self, reading: Reading) -> str:
        found = list(reading["size"])
        sizes = [found, *([side, side] for side in SIDES if [side, side] != found)]
        words = [tr("{height}×{width} pixels", height=height, width=width) for height, width in sizes]
        self.pixels.offer(dict(zip(words, sizes, strict=True)), found)
        self.colour.offer({tr("in colour"): 3, tr("in grey"): 1}, reading["channels"])
        left = list(reading.get("left_out") or ())
        if not left:
            return ""
        names = ", ".join(left[:NAMES_SHOWN])
        return tr("{n} images do not open and are left out: {names}", n=len(left), names=names)

    def _choose_size(self) -> None:
        self.owner.write(Message("Set the size of the images"), "size", self.pixels.currentData())

    def _choose_colour(self) -> None:
        self.owner.write(Message("Set the colour of the images"), "channels", self.colour.currentData())


class TextsPart(Part):
    """What was found of texts. How they are cut is a step of preprocessing."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)
        self.place(self.form)

    def display(self, reading: Reading) -> str:
        parts = [tr("{n} texts", n=quantities.count(int(reading["rows"])))]
        if reading.get("target"):
            parts.append(tr("{text} → {target}", text=reading["text"], target=reading["target"]))
        return " · ".join((*parts, str(reading["encoding"]).upper()))


class SeriesPart(Part):
    """How long a window is, and what of the steps after it is predicted."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)
        self.ahead = named(Choice(), "data_ahead")
        self.ahead.activated.connect(self._choose)
        self.field(WholeField, "window", Message("Rows of a window"), 1, 1)
        self.field(WholeField, "horizon", Message("Steps ahead"), 1, 1)
        self.field(CheckField, "calendar", Message("See the dates"), False)
        self.place(self.ahead, self.form)

    def retranslate(self) -> None:
        super().retranslate()
        self.ahead.setAccessibleName(tr("What to predict"))

    def display(self, reading: Reading) -> str:
        columns = list(reading["columns"])
        choices = [*([name] for name in columns), columns]
        self.ahead.offer({", ".join(names): names for names in choices}, list(reading["targets"]))
        self.form.fields[-1].editor.setEnabled(bool(reading.get("dates")))
        self.form.refresh()
        return " · ".join((tr("{n} rows", n=quantities.count(int(reading["rows"]))), ", ".join(columns)))

    def _choose(self) -> None:
        label = Message("Predict {column}", column=self.ahead.currentText())
        self.owner.write(label, "targets", self.ahead.currentData())


class CorpusPart(Part):
    """How long the pieces are that a long text is cut into."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)
        self.field(WholeField, "length", Message("Length of a piece"), 2, 2)
        self.place(self.form)

    def display(self, reading: Reading) -> str:
        self.form.refresh()
        different = int(reading["vocabulary"]) - 2
        return tr(
            "{n} characters, {different} different ones",
            n=quantities.count(int(reading["characters"])),
            different=quantities.count(different),
        )


PARTS: Mapping[str, type[Part]] = {
    "table": TablePart,
    "parquet": TablePart,
    "images": ImagesPart,
    "text": TextsPart,
    "text_folders": TextsPart,
    "series": SeriesPart,
    "corpus": CorpusPart,
}


def _entries(reading: Reading) -> list[Mapping[str, Any]]:
    """The columns of a table's reading."""
    return [plain(entry) for entry in reading.get("columns") or ()]


def _table_facts(reading: Reading, entries: list[Mapping[str, Any]]) -> str:
    target: Mapping[str, Any] = next((e for e in entries if e["name"] == reading.get("target")), {})
    parts = [tr("{n} rows", n=quantities.count(int(reading.get("rows") or 0)))]
    if dropped := target.get("missing"):
        parts.append(tr("{n} without a value to predict are left out", n=quantities.count(dropped)))
    if encoding := reading.get("encoding"):
        parts.append(str(encoding).upper())
    return " · ".join(parts)


def _values(entry: Reading) -> str:
    values = list(entry.get("values", ()))
    parts = [", ".join(map(str, values[:SAMPLE_VALUES])) + ("…" if len(values) > SAMPLE_VALUES else "")]
    if missing := entry.get("missing"):
        parts.append(tr("{n} missing", n=quantities.count(missing)))
    return " · ".join(filter(None, parts))
