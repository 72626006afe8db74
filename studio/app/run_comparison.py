"""Runs beside each other: in what they differ, and which samples one gets right and the other wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app import theme
from studio.app.named import named
from studio.words import tr

if TYPE_CHECKING:
    from studio.training.compare import Row
    from studio.training.predictions import Comparison as Samples


class Comparison(QDialog):
    """A table: a row for each place in which the runs differ, a column for each run."""

    def __init__(self, titles: list[str], rows: list[Row], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = _laid_out(self, "comparison", tr("In what the runs differ"), [tr("Place"), *titles])
        shown = rows or [(tr("They differ in nothing but the time."), ())]
        groups: dict[str, QTreeWidgetItem] = {}
        for place, values in shown:
            name = _group(place)
            if name not in groups:
                groups[name] = QTreeWidgetItem(self.table, [name])
                groups[name].setForeground(0, theme.current().color("second"))
                groups[name].setExpanded(True)
            groups[name].addChild(QTreeWidgetItem([place, *values]))


class SampleFlips(QDialog):
    """A row for each sample that one of two runs gets right and the other wrong."""

    def __init__(self, titles: list[str], found: Samples, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        headers = [tr("Part"), tr("Sample"), tr("True class"), *titles]
        self.table = _laid_out(self, "flips", tr("Sample by sample"), headers)
        first = sum(flip.first_is_right for flip in found.flips)
        said = QLabel(
            tr(
                "Only {first} is right: {n}. Only {second} is right: {m}. Both are right: {right}. Both are "
                "wrong: {wrong}.",
                first=titles[0],
                second=titles[1],
                n=first,
                m=len(found.flips) - first,
                right=found.right,
                wrong=found.wrong,
            )
        )
        said.setObjectName("flips_summary")
        said.setWordWrap(True)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(0, said)
        parts = {"validation": tr("validation"), "test": tr("test")}
        for flip in found.flips:
            names = [found.name_of(number) for number in (flip.true, flip.first, flip.second)]
            item = QTreeWidgetItem([parts[flip.part], str(flip.sample), *names])
            item.setForeground(3 if flip.first_is_right else 4, theme.current().color("good"))
            item.setForeground(4 if flip.first_is_right else 3, theme.current().color("error"))
            self.table.addTopLevelItem(item)


def _group(place: str) -> str:
    known = {"result": tr("Results"), "training": tr("Training"), "data": tr("Data")}
    return known.get(place.partition(".")[0], tr("Network"))


def _laid_out(dialog: QDialog, name: str, title: str, headers: list[str]) -> QTreeWidget:
    dialog.setObjectName(f"{name}_dialog")
    dialog.setWindowTitle(title)
    dialog.resize(760, 480)
    table = named(QTreeWidget(), f"{name}_table")
    table.setAlternatingRowColors(True)
    table.setIndentation(12)
    table.setHeaderLabels(headers)
    table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    column = QVBoxLayout(dialog)
    column.addWidget(table)
    column.addWidget(buttons)
    return table
