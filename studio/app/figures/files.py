"""A figure in the formats that need Qt's painter: PDF in its own size, PNG finer than the screen."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgRenderer

from studio.words import Message, NetloomError

PNG_SCALE = 3
MOST_PIXELS = 100_000_000
POINTS = 72 / 96
"""points of a page for a pixel of the drawing"""


def rendered(svg: str, suffix: str) -> bytes:
    """The SVG as a file with `suffix`: ".svg", ".pdf" or ".png". Raises NetloomError for any other."""
    if suffix == ".svg":
        return svg.encode()
    if suffix == ".pdf":
        return _pdf(svg)
    if suffix == ".png":
        return _png(svg)
    raise NetloomError(
        Message("A figure is written as .svg, .pdf or .png, not as {suffix}.", suffix=suffix or "–")
    )


def _pdf(svg: str) -> bytes:
    renderer = QSvgRenderer(svg.encode())
    size = renderer.defaultSize()
    holder, buffer = _buffer()
    writer = QPdfWriter(buffer)
    page = QPageSize(QSizeF(size.width() * POINTS, size.height() * POINTS), QPageSize.Unit.Point)
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
    writer.setCreator("Netloom")
    painter = QPainter(writer)
    renderer.render(painter)
    painter.end()
    buffer.close()
    return bytes(holder.data())


def _png(svg: str) -> bytes:
    renderer = QSvgRenderer(svg.encode())
    size = renderer.defaultSize()
    scale = PNG_SCALE
    while scale > 1 and size.width() * size.height() * scale**2 > MOST_PIXELS:
        scale -= 1
    if size.width() * size.height() > MOST_PIXELS:
        raise NetloomError(
            Message("The figure is too large for a picture in pixels. Save it as .svg or .pdf.")
        )
    image = QImage(size * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    holder, buffer = _buffer()
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    buffer.close()
    return bytes(holder.data())


def _buffer() -> tuple[QByteArray, QBuffer]:
    holder = QByteArray()
    buffer = QBuffer(holder)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return holder, buffer
