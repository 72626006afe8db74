"""Small drawings of the networks in project files, made in a lane; what was read for them is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QLineF, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen, QTransform

from studio.app import stages, theme
from studio.app.canvas.geometry import CARD_HEIGHT, CARD_WIDTH
from studio.app.tasks import Lane, Ticket
from studio.catalog import table
from studio.graph.model import Network, ProjectData
from studio.words import NetloomError

RATIO = 2
"""how many pixels of a drawing go into one of a plain screen"""
_MARGIN = 3
_LARGEST = (0.15, 0.3)
"""a small network is drawn no wider and no longer than this"""

Version: TypeAlias = tuple[Path, int, int]
"""a file, when it was written, and its size"""


@dataclass(frozen=True, slots=True)
class _Job:
    files: Mapping[Path, QSize]
    colors: theme.Theme
    known: Mapping[Version, Network | None]


@dataclass(slots=True)
class _Drawn:
    """`images` by file; `networks` are what was read for them, None of a file without one."""

    images: dict[Path, QImage] = field(default_factory=dict)
    networks: dict[Version, Network | None] = field(default_factory=dict)


class NetworkThumbnails(QObject):
    """Draws the first network of each file asked for, anew when the theme changes.

    `drawn(dict of file to QImage)` comes when all are done. A file that cannot be read, or holds nothing, has
    an empty image.
    """

    drawn = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._files: dict[Path, QSize] = {}
        self._networks: dict[Version, Network | None] = {}
        self._lane = Lane(self, needs=stages.PROJECT)
        self._lane.done.connect(self._take)
        theme.notifier().changed.connect(self._draw_anew)

    def draw(self, files: Mapping[Path, QSize]) -> None:
        """Asks for drawings of `files` in their sizes; what was asked for before is dropped if not done."""
        self._files = dict(files)
        if self._files:
            self._lane.start(_draw_all, _Job(self._files, theme.current(), dict(self._networks)))

    def _draw_anew(self) -> None:
        self.draw(self._files)

    def _redraw(self) -> None:
        self.draw(self._files)

    def _take(self, made: _Drawn) -> None:
        self._networks = made.networks
        self.drawn.emit(made.images)


def _draw_all(ticket: Ticket, job: _Job) -> _Drawn:
    made = _Drawn()
    for file, size in job.files.items():
        ticket.check()
        version = _version(file)
        network = None
        if version is not None:
            network = job.known[version] if version in job.known else _network(file)
            made.networks[version] = network
        made.images[file] = picture(network, job.colors, size) if network is not None else QImage()
    return made


def _version(file: Path) -> Version | None:
    try:
        found = file.stat()
    except OSError:
        return None  # a file that has gone has no drawing
    return (file, found.st_mtime_ns, found.st_size)


def _network(file: Path) -> Network | None:
    """The first network of a file that has nodes; None where it cannot be read, which opening it will say."""
    from studio.project import files

    try:
        project: ProjectData = files.load(file)
    except (NetloomError, OSError):
        return None
    return next((network for network in project.networks.values() if network.nodes), None)


def picture(network: Network, colors: theme.Theme, size: QSize) -> QImage:
    """The cards of a network as blocks of their colours, and its wires, in the middle of `size`.

    Where there is more room across than down it runs from left to right.
    """
    image = QImage(size * RATIO, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(RATIO)
    image.fill(Qt.GlobalColor.transparent)
    across = size.width() > size.height()
    cards = {id_: QRectF(*node.at, CARD_WIDTH, CARD_HEIGHT) for id_, node in network.nodes.items()}
    whole = QRectF()
    for card in cards.values():
        whole = whole.united(card)
    down = size.transposed() if across else size
    scale = [
        min(largest, (room - 2 * _MARGIN) / extent)
        for largest, room, extent in zip(
            _LARGEST, (down.width(), down.height()), (whole.width(), whole.height()), strict=True
        )
    ]
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(size.width() / 2, size.height() / 2)
    if across:
        painter.setTransform(QTransform(0, 1, 1, 0, 0, 0), combine=True)
    painter.scale(*scale)
    painter.translate(-whole.center())
    _paint(painter, network, cards, colors)
    painter.end()
    return image


def _paint(painter: QPainter, network: Network, cards: Mapping[str, QRectF], colors: theme.Theme) -> None:
    pen = QPen(colors.color("second"), 1)
    pen.setCosmetic(True)
    painter.setPen(pen)
    for wire in network.wires():
        if wire.source in cards and wire.target in cards:
            start, end = cards[wire.source], cards[wire.target]
            painter.drawLine(QLineF(start.center().x(), start.bottom(), end.center().x(), end.top()))
    painter.setPen(Qt.PenStyle.NoPen)
    for id_, card in cards.items():
        painter.setBrush(colors.color(table.category(network.nodes[id_].type)))
        painter.drawRoundedRect(card, 10, 10)
