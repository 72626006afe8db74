"""What the tour says of Netloom's window, and when it begins by itself: at the first project ever opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.app.tour import Step, Tour
from studio.words import Message

if TYPE_CHECKING:
    from studio.app.window import MainWindow


class FirstTour:
    """Begins the tour once, and again when it is asked for."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.tour: Tour | None = None

    def offer(self) -> None:
        """Begins it where it has never been seen."""
        if not self._window.preferences.tour_seen:
            self.begin()

    def begin(self) -> None:
        """Shows its first step."""
        window = self._window
        if self.tour is not None or not window.files.active:
            return
        window.preferences.tour_seen = True
        for name, dock in window.workspace.docks.items():
            if name != "lesson":  # it is there with an example only
                dock.show()
        self.tour = Tour(_steps(window), window)
        self.tour.ended.connect(self._ended)
        self.tour.begin()

    def end(self) -> None:
        """Takes it away: its project is gone."""
        if self.tour is not None:
            self.tour.end()

    def _ended(self) -> None:
        self.tour = None
        if self._window.files.active:
            self._window.workspace.canvas.view.setFocus()


def _steps(window: MainWindow) -> tuple[Step, ...]:
    workspace = window.workspace
    return (
        Step(
            Message("Layers"),
            Message(
                "Drag a layer onto the canvas, or press Enter to put it behind the one that is selected. "
                "Type to find one."
            ),
            lambda: workspace.left,
        ),
        Step(
            Message("The network"),
            Message(
                "Data runs from top to bottom. Draw wires from port to port; each says the shape of what "
                "runs in it. Whatever you do can be undone."
            ),
            lambda: workspace.canvas,
        ),
        Step(
            Message("What a layer is"),
            Message(
                "Select a layer to change its numbers. Those called auto follow from the layer before. What "
                "does not fit is said in words, with a button that mends it."
            ),
            lambda: workspace.inspector,
        ),
        Step(
            Message("The data"),
            Message(
                "Each project learns from data. Choose some here, or drop a table, a text or a folder of "
                "images on the window."
            ),
            lambda: window.toolbar.data_chip,
        ),
        Step(
            Message("Training"),
            Message(
                "Train begins a run, and its curves grow below. You can go on drawing meanwhile, change the "
                "learning rate, pause, and go on."
            ),
            lambda: window.controls,
        ),
        Step(
            Message("Take it with you"),
            Message(
                "Export writes the trained network as a file that works without Netloom, and proves first "
                "that it computes the same."
            ),
            lambda: window.toolbar.export_button,
        ),
    )
