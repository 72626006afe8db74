"""What the tables of the page show: columns, classes, and samples as rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from studio import quantities
from studio.app import theme
from studio.app.data_page.painting import FIGURE, Histogram, Relation, Share
from studio.insight.data_look.facts import CATEGORY, LEFT_OUT, NUMBER, Class, Column, Sample
from studio.words import Message, tr

SORT = Qt.ItemDataRole.UserRole + 2
"""the role by which rows are sorted"""
TYPE_WORDS = {
    NUMBER: Message("number"),
    CATEGORY: Message("category"),
    LEFT_OUT: Message("left out"),
}
Index = QModelIndex | QPersistentModelIndex


class Rows(QAbstractTableModel):
    """A table that is set as a whole. `heads` and `cell` say what stands in it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: Sequence[Any] = ()

    def display(self, entries: Sequence[Any]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def heads(self) -> list[str]:
        raise NotImplementedError

    def cell(self, entry: Any, column: int, role: int) -> Any:
        raise NotImplementedError

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.heads())

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self.heads()[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return self.cell(self.entries[index.row()], index.column(), role) if index.isValid() else None


class ColumnRows(Rows):
    """A column of the data a row: what it is, what it lacks, what it holds, how much it says."""

    NAME, TYPE, BINS, RELATION, MISSING, VALUES = range(6)

    def heads(self) -> list[str]:
        return [
            tr("Column"),
            tr("Is a"),
            tr("Distribution"),
            tr("With the target"),
            tr("Missing"),
            tr("Values"),
        ]

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.ToolTipRole and orientation == Qt.Orientation.Horizontal:
            return self._tip(section)
        return super().headerData(section, orientation, role)

    def _tip(self, section: int) -> str | None:
        if section == self.VALUES:
            return tr("Of numbers the least, the median and the greatest; else the most frequent values")
        if section == self.RELATION:
            return tr(
                "How much the column says of the target. With a sign: the correlation of two numbers. "
                "Without: mutual information, 0 for what chance says, 1 where one tells the other."
            )
        return None

    def cell(self, entry: Column, column: int, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole if column == self.NAME:
                return tr("{name}, the target", name=entry.name) if entry.target else entry.name
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return self._text(entry, column)
            case Qt.ItemDataRole.ForegroundRole if entry.type == LEFT_OUT:
                return theme.current().color("second")
            case Qt.ItemDataRole.FontRole if entry.target and column == self.NAME:
                return _bold()
            case Qt.ItemDataRole.AccessibleTextRole if column == self.RELATION:
                return None if entry.relation is None else f"{entry.relation:.2f}"
            case _ if role == FIGURE:
                return self._figure(entry, column)
            case _ if role == SORT:
                return self._order(entry, column)
        return None

    def _text(self, entry: Column, column: int) -> str | None:
        match column:
            case self.NAME:
                return entry.name
            case self.TYPE:
                return str(TYPE_WORDS[entry.type])
            case self.MISSING:
                return _missing(entry)
            case self.VALUES:
                return _values(entry)
        return None

    def _figure(self, entry: Column, column: int) -> object | None:
        if column == self.BINS and entry.bins:
            return Histogram(entry.bins, entry.type == CATEGORY)
        if column == self.RELATION and entry.relation is not None:
            return Relation(entry.relation, entry.correlated)
        return None

    def _order(self, entry: Column, column: int) -> object:
        match column:
            case self.MISSING:
                return entry.missing
            case self.RELATION:
                return -1.0 if entry.relation is None else abs(entry.relation)
            case self.VALUES | self.BINS:
                return entry.distinct
        return (self._text(entry, column) or "").lower()


def _bold() -> Any:
    from PySide6.QtGui import QFont
    from PySide6.QtWidgets import QApplication

    font = QFont(QApplication.font())
    font.setBold(True)
    return font


def _missing(entry: Column) -> str:
    if not entry.missing:
        return "–"
    if not entry.samples:
        return quantities.count(entry.missing)
    share = entry.missing / entry.samples
    return f"{quantities.count(entry.missing)} ({f'{share:.0%}' if share >= 0.01 else '<1%'})"


def _values(entry: Column) -> str:
    if entry.type == CATEGORY:
        named = ", ".join(f"{name} {quantities.count(n)}" for name, n in entry.top)
        more = entry.distinct - len(entry.top)
        return tr("{values} and {n} more", values=named, n=more) if more > 0 else named
    numbers = (entry.low, entry.middle, entry.high)
    return " · ".join(_number(n) for n in numbers if n is not None)


def _number(value: float) -> str:
    whole = value.is_integer() and abs(value) < 1e15
    return quantities.count(int(value)) if whole else quantities.significant(value)


class ClassRows(Rows):
    """A class a row, and before them all together: None."""

    def heads(self) -> list[str]:
        return [tr("Class"), tr("Samples")]

    def cell(self, entry: Class | None, column: int, role: int) -> Any:
        if column == 0 and role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return tr("All classes") if entry is None else entry.name
        if column == 1 and entry is not None:
            if role == FIGURE:
                most = max(c.train + c.validation for c in self.entries if c is not None)
                return Share(entry.train, entry.validation, most)
            if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
                return tr(
                    "{train} to train, {validation} to validate",
                    train=quantities.count(entry.train),
                    validation=quantities.count(entry.validation),
                )
        return None


class SampleRows(Rows):
    """A sample a row: its label, then its text or its fields."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.target = ""
        self.names: tuple[str, ...] = ()

    def heads(self) -> list[str]:
        labelled = [self.target] if self.target else []
        return [*labelled, *(self.names or [tr("Text")])]

    def cell(self, entry: Sample, column: int, role: int) -> Any:
        fields = entry.fields if self.names else (entry.text,)
        fields = (entry.label, *fields) if self.target else fields
        if role == Qt.ItemDataRole.DisplayRole:
            return fields[column] if column < len(fields) else ""
        if role == Qt.ItemDataRole.ToolTipRole and not self.names:
            return entry.text
        if role == Qt.ItemDataRole.TextAlignmentRole and self.names and column >= bool(self.target):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None
