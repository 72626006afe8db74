"""Faulty samples of a file, in the Data panel: how many, which, and whether to stop at them or skip them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from studio import quantities
from studio.app.named import named
from studio.app.settings_panel.own_parts import Choice, Owner, Part, Reading
from studio.words import Message, tr

SHOWN = 4
"""faults in sight; the tooltip has more"""


class FaultsPart(Part):
    """In sight where looking found a fault, or where the person wants faults to be skipped."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)
        self.listed = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.listed.setObjectName("data_faults")
        self.mode = named(Choice(), "data_fault_mode")
        self.mode.activated.connect(self._choose)
        self.place(self.listed, self.mode, self.form)

    def retranslate(self) -> None:
        self.mode.setAccessibleName(tr("What is done at a faulty sample"))

    def display(self, reading: Reading) -> str:
        """Shows the faults of a reading, or nothing."""
        from studio.data import faults

        count, first = faults.found(reading)
        mode = str(reading.get("faults") or faults.STOP)
        self.setVisible(bool(count) or mode == faults.SKIP)
        if reading.get("left_out") and "faults" not in reading:
            mode = faults.SKIP
        self.mode.offer({tr("Stop at faults"): faults.STOP, tr("Skip what is faulty"): faults.SKIP}, mode)
        lines = [str(fault) for fault in first]
        more = count - min(count, SHOWN)
        shown = [tr("{n} faulty:", n=quantities.count(count)), *lines[:SHOWN]]
        if more:
            shown.append(tr("… and {n} more", n=quantities.count(more)))
        self.listed.setText("\n".join(shown))
        self.listed.setVisible(bool(count))
        self.listed.setToolTip("\n".join(lines))
        return ""

    def _choose(self) -> None:
        mode = str(self.mode.currentData())
        if mode != self.owner.reading().get("faults", "stop"):
            label = Message("Skip what is faulty") if mode == "skip" else Message("Stop at faults")
            self.owner.look_again(label, {"faults": mode})
