"""How samples are parted, as two fields: the way, and the column where it needs one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.app.session import Session
from studio.app.settings_panel.fields import ChoiceField, plain
from studio.data import augmentation, inputs
from studio.data.settings import BY_COLUMN
from studio.data.source import SourceInfo
from studio.graph.edit import Edit
from studio.graph.operations import MISSING
from studio.words import Message, tr

PATH = ("data", "split")
WAYS = {
    None: Message("automatic"),
    "random": Message("at random"),
    "stratified": Message("by class"),
    "group": Message("by group"),
    "time": Message("by time"),
    "given": Message("as given"),
}
LIKELY = {
    "group": ("group", "patient", "subject", "user", "person", "customer", "id", "folder"),
    "time": ("time", "date", "day", "month", "year", "timestamp"),
    "given": ("split", "part", "set", "subset", "fold", "usage"),
}
"""names of columns that are taken for what they say"""


def fields(session: Session) -> tuple[SplitByField, SplitColumnField]:
    return SplitByField(session), SplitColumnField(session)


class SplitByField(ChoiceField):
    """The way to split. One that needs a column begins with the one whose name fits, if there is one."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, (*PATH, "by"), Message("Split"), None, [])
        self.about = Message(
            "By class: every part has the same shares of classes. By group: samples of one value of a column "
            "are in one part. By time: the latest test. As given: a column or folders say it."
        )

    def refresh(self) -> None:
        """Offers what the data allow, and shows what is chosen."""
        info = _info(self.session)
        ways: list[str | None] = [None, "random"]
        if info is not None and info.task == "classification":
            ways.append("stratified")
        if info is not None and info.split_columns:
            ways += BY_COLUMN
        elif info is not None and info.ordered:
            ways.append("time")
        if self.value() not in ways:
            ways.append(self.value())
        choices = [(way, WAYS.get(way, Message("{name}", name=way))) for way in ways]
        if choices == self._choices:
            super().refresh()
        else:
            self.offer(choices)

    def write(self, value: Any) -> None:
        if value == self.value():
            return
        data = plain(self.session.document.data().settings.get("data"))
        with self.session.edit(Message("Split the data {way}", way=WAYS[value])) as edit:
            for way in BY_COLUMN:
                edit.unset((*PATH, way))
            if value is None:
                edit.unset(self.path)
                return
            edit.set(self.path, value)
            column = _likely(data, value)
            if value in BY_COLUMN and column is not None:
                _set_column(edit, data, value, column)


class SplitColumnField(ChoiceField):
    """The column to split by."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, (*PATH, "column"), Message("Column"), None, [])

    @property
    def way(self) -> str:
        return str(self.session.document.setting((*PATH, "by")))

    def value(self) -> Any:
        found = self.session.document.setting((*PATH, self.way))
        return None if found is MISSING else found

    def refresh(self) -> None:
        """Offers the columns; hidden where none is needed."""
        info = _info(self.session)
        known = info.split_columns if info is not None else ()
        needed = self.way in BY_COLUMN and bool(known or self.value())
        for widget in (self.title, self.editor):
            widget.setVisible(needed)
        choices = [(name, Message("{name}", name=name)) for name in known]
        if choices == self._choices:
            super().refresh()
        else:
            self.offer(choices)

    def display(self, value: Any) -> None:
        super().display(value)
        if value is None:
            self.editor.setPlaceholderText(tr("Choose a column…"))

    def write(self, value: Any) -> None:
        if value == self.value():
            return
        data = plain(self.session.document.data().settings.get("data"))
        with self.session.edit(Message("Split the data by {column}", column=value)) as edit:
            _set_column(edit, data, self.way, str(value))


def _info(session: Session) -> SourceInfo | None:
    from studio.data.sources import known

    return known(plain(session.document.data().settings.get("data")))


def _likely(data: Mapping[str, Any], way: str) -> str | None:
    from studio.data.sources import known

    info = known(data)
    names = info.split_columns if info is not None else ()
    words = LIKELY.get(way, ())
    if info is not None and info.parted is not None and way == "given":
        return info.parted
    return next((name for name in names if set(name.lower().replace("-", "_").split("_")) & {*words}), None)


def _set_column(edit: Edit, data: Mapping[str, Any], way: str, column: str) -> None:
    """Splits by a column. One that says what is for testing is no input of the network any more."""
    edit.set((*PATH, way), column)
    reading = plain(data.get("reading"))
    columns = reading.get("columns")
    if way != "given" or not isinstance(columns, list | tuple):
        return
    entries = [
        {**entry, "type": "left out"} if isinstance(entry, Mapping) and entry.get("name") == column else entry
        for entry in columns
    ]
    if entries != list(columns):
        edit.set(("data", "reading"), {**reading, "columns": entries})


def drop_misfits(edit: Edit, data: Mapping[str, Any]) -> None:
    """Takes out of the settings what does not fit the `data` section that is about to hold."""
    from studio.data.sources import known

    info = known(data)
    if info is None:
        return
    split = plain(data.get("split"))
    way = split.get("by")
    if way in BY_COLUMN and split.get(way) not in info.split_columns:
        for key in ("by", *BY_COLUMN):
            edit.unset((*PATH, key))
    elif way == "stratified" and info.task != "classification":
        edit.unset((*PATH, "by"))
    if data.get("inputs") is not None:
        shared = inputs.kept(data, info)
        edit.unset(("data", "inputs")) if shared is None else edit.set(("data", "inputs"), shared)
    written = data.get("augmentation")
    if isinstance(written, list | tuple):
        placed = augmentation.placed(data, info)
        kept = [step.written for step in placed if step.problem is None]
        if len(kept) < len(placed):
            edit.set(("data", "augmentation"), kept) if kept else edit.unset(("data", "augmentation"))
