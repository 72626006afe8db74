"""Copy, cut, paste and duplicate: nodes as JSON on the system's clipboard.

It is plain text, which Qt keeps for itself: a QMimeData made here may be deleted by Qt when Python has ended
already, and the program would crash on closing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from studio.app.canvas import edits
from studio.app.canvas.geometry import GRID
from studio.app.canvas.placing import free_place
from studio.graph import fragment
from studio.graph.values import Json
from studio.words import NetloomError

if TYPE_CHECKING:
    from studio.app.canvas.panel import CanvasPanel


class Clipboard:
    """Acts on the selection of a panel. What is no fragment is said in a notice."""

    def __init__(self, panel: CanvasPanel) -> None:
        self._panel = panel
        self._session = panel.session

    def copy(self) -> None:
        if not self._session.selection:
            return
        QGuiApplication.clipboard().setText(
            fragment.dumps(edits.copied(self._session, self._session.selection))
        )

    def cut(self) -> None:
        self.copy()
        edits.delete(self._session, self._session.selection, heal=True)

    def paste(self, keep_wires: bool = False) -> None:
        """Adds the nodes on the clipboard at the mouse, or beside what is there."""
        held = self._held()
        if held is None or not held["nodes"]:
            return
        at = self._panel.view.mouse_in_scene()
        wanted = (at.x(), at.y(), *edits.size_of(held))
        spot = free_place(wanted, self._panel.graph.rects_near(wanted))
        ids = edits.paste(self._session, held, spot, keep_wires)
        if ids:
            self._panel.view.reveal(ids[0])

    def paste_with_wires(self) -> None:
        self.paste(keep_wires=True)

    def _held(self) -> dict[str, Json] | None:
        data = QGuiApplication.clipboard().mimeData()
        if data is None or not data.hasText():
            return None
        try:
            return fragment.loads(data.text())
        except NetloomError as error:
            self._session.notice.emit("warning", error.message)
            return None

    def duplicate(self) -> None:
        """Copies the selection beside itself."""
        chosen = self._session.selection
        rect = self._panel.graph.extent(chosen)
        if rect.isNull():
            return
        wanted = (rect.right() + GRID * 4, rect.top(), rect.width(), rect.height())
        at = free_place(wanted, self._panel.graph.rects_near(wanted))
        ids = edits.duplicate(self._session, chosen, at)
        if ids:
            self._panel.view.reveal(ids[0])
