"""Tidy up: the cards in layers from top to bottom, as near to where they stood as is tidy, gliding there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt, QTimer
from PySide6.QtWidgets import QLabel

from studio import quantities
from studio.app import stages
from studio.app import theme as themes
from studio.app.canvas import edits, frame_edits
from studio.app.canvas.geometry import Rect, union
from studio.app.canvas.placing import free_place
from studio.app.canvas.view import READABLE
from studio.app.tasks import Lane, Ticket
from studio.graph import frames, layout
from studio.graph.model import Network
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.app.canvas.panel import CanvasPanel

_BORDER = layout.Border(frame_edits.MARGIN, frame_edits.TITLE + frame_edits.ABOVE, frame_edits.BELOW)
AT_ONCE = 60
"""so many cards are laid out in a frame or two; more by another thread, while the window goes on"""
SAID_MS = 100
"""work that takes longer says that it goes on"""
HELD_MS = 50
"""so often a layout that is ready looks whether the gesture is over that it came in"""


@dataclass(frozen=True, slots=True)
class _Task:
    """What is laid out: the cards of `rects` out of all cards, `every`, of a network."""

    name: str
    network: Network
    rects: dict[str, Rect]
    every: dict[str, Rect]


@dataclass(frozen=True, slots=True)
class _Laid:
    """Where the cards of a task go, and which rectangles frames take."""

    task: _Task
    places: dict[str, tuple[int, int]]
    borders: dict[str, Rect]


class Tidying(QObject):
    """Lays out the selection of a panel, or everything; one undo step.

    What is in a frame stays together in it; the frame goes where its cards go. Where the network was changed
    while it was worked out, a layout is dropped, and that is said.
    """

    def __init__(self, panel: CanvasPanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._lane = Lane(self, needs=stages.PROJECT)
        self._lane.done.connect(self._apply)
        self._lane.failed.connect(self._failed)
        self._lane.busy_changed.connect(self._say)
        self.sign = QLabel(panel)
        self.sign.setObjectName("canvas_tidying")
        self.sign.setTextFormat(Qt.TextFormat.PlainText)
        self.sign.hide()
        self._soon = QTimer(self, singleShot=True, interval=SAID_MS)
        self._soon.timeout.connect(self._show_sign)
        self._count = 0
        panel.session.opened.connect(self._lane.cancel)

    @property
    def busy(self) -> bool:
        return self._lane.busy

    def cancel(self) -> None:
        """Gives the layout up that is worked out."""
        self._lane.cancel()

    def start(self) -> None:
        task = _task(self._panel)
        if not task.rects:
            return
        if len(task.rects) <= AT_ONCE:
            self._apply(_laid(task))
        else:
            self._count = len(task.rects)
            self._lane.start(_work, task)

    def _apply(self, laid: _Laid) -> None:
        panel, task = self._panel, laid.task
        session = panel.session
        if panel.view.gesture:
            QTimer.singleShot(HELD_MS, self, lambda: self._apply(laid))
            return
        known = task.name in session.document.network_names()
        if (
            not known
            or session.document.network(task.name) is not task.network
            or session.network != task.name
        ):
            session.notice.emit("warning", Message("The network was changed meanwhile: it is not tidied up."))
            return
        frame_edits.tidy(session, laid.places, laid.borders)
        panel.glide.start({id_: (rect[0], rect[1]) for id_, rect in task.rects.items()})
        if len(task.rects) == len(panel.graph.cards):
            found = _extent(task.rects, edits.places_of(session, task.rects))
            panel.view.frame(found, smallest=min(READABLE, panel.view.zoom))

    def _failed(self, error: Exception) -> None:
        text = Message("The layout could not be worked out: {reason}", reason=error)
        self._panel.session.notice.emit("error", text)

    # -- the sign that it goes on ----------------------------------------------------------------

    def _say(self, busy: bool) -> None:
        if busy:
            self._soon.start()
        else:
            self._soon.stop()
            self.sign.hide()

    def _show_sign(self) -> None:
        t = themes.current()
        self.sign.setStyleSheet(
            f"background: {t.panel}; color: {t.text}; border: 1px solid {t.line}; border-radius: 6px;"
            " padding: 6px 12px;"
        )
        count = quantities.count(self._count)
        self.sign.setText(tr("Tidying up {count} cards… Escape gives it up.", count=count))
        self.sign.adjustSize()
        self.sign.move((self._panel.width() - self.sign.width()) // 2, 14)
        self.sign.show()
        self.sign.raise_()


def _task(panel: CanvasPanel) -> _Task:
    """The selection where it is several cards, else everything."""
    session, cards = panel.session, panel.graph.cards
    chosen = session.selection if len(session.selection) > 1 else tuple(cards)
    every = panel.graph.rects()
    rects = {id_: every[id_] for id_ in chosen if id_ in every}
    return _Task(session.network, session.document.network(session.network), rects, every)


def _work(ticket: Ticket, task: _Task) -> _Laid:
    return _laid(task)


def _laid(task: _Task) -> _Laid:
    """Works the layout out; plain data in, plain data out."""
    rects = task.rects
    inside = [(w.source, w.target) for w in task.network.wires() if w.source in rects and w.target in rects]
    around = _whole_frames(frames.frames(task.network), rects, task.every)
    places, borders = layout.tidied_in_frames(rects, inside, around, _BORDER)
    others = [rect for id_, rect in task.every.items() if id_ not in rects]
    across, down = _aside(_found(rects, places, borders), others)
    return _Laid(
        task,
        {id_: (x + across, y + down) for id_, (x, y) in places.items()},
        {id_: (x + across, y + down, w, h) for id_, (x, y, w, h) in borders.items()},
    )


def _whole_frames(
    held: Mapping[str, frames.Frame], chosen: Mapping[str, Rect], cards: Mapping[str, Rect]
) -> dict[str, Rect]:
    """The frames of which every card is laid out."""
    found: dict[str, Rect] = {}
    for id_, frame in held.items():
        inside = frame_edits.inside(frame, cards)
        if inside and all(card in chosen for card in inside):
            found[id_] = (frame.at[0], frame.at[1], frame.size[0], frame.size[1])
    return found


def _found(
    rects: Mapping[str, Rect], places: Mapping[str, tuple[int, int]], borders: Mapping[str, Rect]
) -> list[Rect]:
    return [*((*places[id_], *rect[2:]) for id_, rect in rects.items()), *borders.values()]


def _aside(laid: Sequence[Rect], others: list[Rect]) -> tuple[int, int]:
    """How far what was laid out must go so that it covers no other card."""
    whole = union(list(laid))
    if whole is None or not others:
        return (0, 0)
    x, y = free_place(whole, others)
    return (round(x - whole[0]), round(y - whole[1]))


def _extent(
    rects: dict[str, tuple[float, float, float, float]], places: dict[str, tuple[int, int]]
) -> QRectF:
    found = QRectF()
    for id_, (x, y) in places.items():
        found = found.united(QRectF(x, y, rects[id_][2], rects[id_][3]))
    return found
