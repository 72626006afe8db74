"""The left dock: the layers that can be placed, and the outline of what was."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget

from studio.app.language import follow
from studio.app.outline.panel import OutlinePanel
from studio.app.palette import PalettePanel
from studio.app.session import Session
from studio.words import tr


class LeftPanel(QTabWidget):
    """Two tabs: `palette` and `outline`."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("left_tabs")
        self.setDocumentMode(True)
        self.palette_panel = PalettePanel(session)
        self.outline = OutlinePanel(session)
        self.addTab(self.palette_panel, "")
        self.addTab(self.outline, "")
        follow(self, self.retranslate)

    def retranslate(self) -> None:
        self.setTabText(0, tr("Layers"))
        self.setTabText(1, tr("Outline"))
        self.tabBar().setAccessibleName(tr("Layers and outline"))

    def show_palette(self) -> None:
        self.setCurrentWidget(self.palette_panel)

    def show_outline(self) -> None:
        """Brings the outline into sight and gives it the keyboard."""
        self.setCurrentWidget(self.outline)
        self.outline.focus_tree()
