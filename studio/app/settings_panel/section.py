"""A part of a settings panel that opens: closed, it says in one line what is set in it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio.app.settings_panel.fields import EDITOR_WIDTH, LABEL_WIDTH, Form
from studio.words import Message


class Section(QWidget):
    """A heading with an arrow, and a form under it. What differs from its default stands in the heading."""

    def __init__(self, name: str, title: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.form = Form()
        self.header = QToolButton()
        self.header.setObjectName(f"section_{name}")
        self.header.setCheckable(True)
        self.header.setAutoRaise(True)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.setStyleSheet("QToolButton { font-weight: 600; border: none; padding: 2px 0; }")
        self.header.toggled.connect(self._turn)
        self.said = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.said.setObjectName(f"section_{name}_said")
        self.said.setContentsMargins(20, 0, 0, 0)
        self.said.setMaximumWidth(LABEL_WIDTH + EDITOR_WIDTH + 12)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for part in (self.header, self.said, self.form):
            column.addWidget(part)
        self._turn(False)

    @property
    def open(self) -> bool:
        return self.header.isChecked()

    def retranslate(self) -> None:
        self.header.setText(str(self._title))
        self.form.retranslate()

    def refresh(self) -> None:
        """Shows what the document says."""
        self.form.refresh()
        said = [f"{field.label} {field.text(field.value())}" for field in self.form.fields if field.is_set]
        self.said.setText(" · ".join(said))
        self.said.setVisible(bool(said) and not self.open)

    def _turn(self, on: bool) -> None:
        self.header.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self.form.setVisible(on)
        self.said.setVisible(not on and bool(self.said.text()))
