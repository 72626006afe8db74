"""The curves as files: a picture in pixels, a drawing, a table.

The drawing is by Qt's own SVG generator: pyqtgraph's exporter fails on Qt 6.11 and later.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QMarginsF,
    QPointF,
    QRect,
    QRectF,
    QSize,
    QSizeF,
    Qt,
)
from PySide6.QtGui import QFont, QImage, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen
from PySide6.QtSvg import QSvgGenerator

from studio.app import theme
from studio.app.curves.history import History
from studio.app.curves.plot import CurvePlot

MARGIN, HEADER, GAP = 12, 26, 16
PNG_SCALE = 2


def png(plots: Sequence[CurvePlot]) -> bytes:
    """The plots side by side, twice as fine as on the screen."""
    size = _size(plots)
    image = QImage(size * PNG_SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(PNG_SCALE)
    image.fill(theme.current().color("panel"))
    painter = QPainter(image)
    _paint(painter, plots)
    painter.end()
    return _bytes(lambda buffer: image.save(buffer, "PNG"))  # type: ignore[call-overload]


def svg(plots: Sequence[CurvePlot], title: str) -> bytes:
    """The plots side by side as lines and text."""
    size = _size(plots)

    def write(buffer: QBuffer) -> None:
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(size)
        generator.setResolution(plots[0].logicalDpiX())  # else the axes are scaled and the curves are not
        generator.setViewBox(QRect(0, 0, size.width(), size.height()))
        generator.setTitle(title)
        painter = QPainter(generator)
        painter.fillRect(QRect(0, 0, size.width(), size.height()), theme.current().color("panel"))
        _paint(painter, plots)
        painter.end()

    return _bytes(write)


def pdf(plots: Sequence[CurvePlot], title: str) -> bytes:
    """The plots side by side on a page of their size, as lines and text."""
    size, resolution = _size(plots), plots[0].logicalDpiX()

    def write(buffer: QBuffer) -> None:
        writer = QPdfWriter(buffer)
        writer.setResolution(resolution)
        page = QPageSize(QSizeF(size) * (72 / resolution), QPageSize.Unit.Point)
        writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
        writer.setCreator("Netloom")
        writer.setTitle(title)
        painter = QPainter(writer)
        painter.fillRect(QRect(0, 0, size.width(), size.height()), theme.current().color("panel"))
        _paint(painter, plots)
        painter.end()

    return _bytes(write)


def table(histories: Iterable[History]) -> str:
    """Every point of every run, one a line: run, series, epoch, value. Nothing is thinned out."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["run", "series", "epoch", "value"])
    for history in histories:
        name = _harmless(history.label)
        for series, points in (("step loss", history.steps), ("smoothed step loss", history.smooth)):
            rows.writerows(
                [name, series, repr(float(x)), repr(float(y))]
                for x, y in zip(points.x, points.y, strict=True)
            )
        for (split, metric), points in history.metrics.items():
            label = f"{split} {metric}"
            rows.writerows(
                [name, label, repr(float(x)), repr(float(y))] for x, y in zip(points.x, points.y, strict=True)
            )
    return out.getvalue()


def _harmless(text: str) -> str:
    """A spreadsheet runs a cell that starts like a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _size(plots: Sequence[CurvePlot]) -> QSize:
    width = sum(plot.area.width() for plot in plots) + GAP * (len(plots) - 1)
    return QSize(width + 2 * MARGIN, max(plot.area.height() for plot in plots) + HEADER + 2 * MARGIN)


def _paint(painter: QPainter, plots: Sequence[CurvePlot]) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    left = float(MARGIN)
    for plot in plots:
        _paint_legend(painter, plot, left)
        target = QRectF(left, MARGIN + HEADER, plot.area.width(), plot.area.height())
        plot.area.draw_into(painter, target)
        left += plot.area.width() + GAP


def _paint_legend(painter: QPainter, plot: CurvePlot, left: float) -> None:
    colors = theme.current()
    font = QFont(plot.font())
    font.setPixelSize(13)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(colors.color("text"))
    middle = MARGIN + HEADER / 2
    at = left + 46
    painter.drawText(QPointF(at, middle + 5), plot.legend.title())
    at += painter.fontMetrics().horizontalAdvance(plot.legend.title()) + 16
    font.setBold(False)
    font.setPixelSize(12)
    painter.setFont(font)
    for entry in plot.legend.entries().values():
        if not entry.isChecked():
            continue
        style = entry.entry_style
        line = Qt.PenStyle.DashLine if style.dashed else Qt.PenStyle.SolidLine
        painter.setPen(QPen(colors.series(style.color), 2, line))
        painter.drawLine(QPointF(at, middle), QPointF(at + 11, middle))
        painter.setPen(colors.color(style.text_color))
        painter.drawText(QPointF(at + 16, middle + 4.5), entry.text())
        at += 16 + painter.fontMetrics().horizontalAdvance(entry.text()) + 16


def _bytes(write: Callable[[QBuffer], object]) -> bytes:
    holder = QByteArray()
    buffer = QBuffer(holder)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    write(buffer)
    buffer.close()
    return bytes(holder.data())
