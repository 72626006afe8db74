"""A drawing as SVG, with plain attributes only: every program that shows SVG shows it alike."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from studio.export.figure import text
from studio.export.figure.drawing import LEADING, PAD_X, PAD_Y, Box, Drawing, Line, part_height
from studio.export.figure.style import Style

ARROW = 4.0
BAR = 3.0
"""how wide the mark of a difference is"""


def write(drawing: Drawing, style: Style, title: str) -> str:
    """The text of an SVG file. `title` is what screen readers and browsers call it."""
    width, height = round(drawing.width), round(drawing.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family={quoteattr(style.font)}>',
        f"<title>{escape(title)}</title>",
    ]
    if style.background != "none":
        lines.append(f'<rect width="{width}" height="{height}" fill="{style.background}"/>')
    for frame in drawing.frames:
        lines += _frame(frame, style)
    for line in drawing.lines:
        lines += _wire(line, style)
    for box in drawing.boxes:
        lines += _box(box, style)
    for line in drawing.lines:
        lines += _label(line, style)
    return "\n".join([*lines, "</svg>", ""])


def _frame(frame: Box, style: Style) -> Iterator[str]:
    left, top, width, height = frame.rect
    color = getattr(style, frame.mark) if frame.mark else style.frame
    yield (
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}"'
        f' rx="{_n(style.corner + 4)}" fill="none" stroke="{color}" stroke-width="{_n(style.stroke)}"'
        ' stroke-dasharray="5 3"/>'
    )
    yield _text(left + PAD_X, top + style.size * 1.5, frame.title, style.size, style.second, "start", True)


def _box(box: Box, style: Style) -> Iterator[str]:
    left, top, width, height = box.rect
    y = top
    for place, part in enumerate(box.parts):
        tall = part_height(part, style)
        fill = style.fills.get(part.category, "none")
        yield (
            f'<rect x="{_n(left)}" y="{_n(y)}" width="{_n(width)}" height="{_n(tall)}"'
            f' rx="{_n(style.corner if len(box.parts) == 1 else 0)}" fill="{fill}"/>'
        )
        if place:
            yield (
                f'<path d="M{_n(left)} {_n(y)}h{_n(width)}" stroke="{style.outline}"'
                f' stroke-width="{_n(style.stroke / 2)}"/>'
            )
        base = y + PAD_Y / 2 + style.size * 1.1
        yield _text(left + width / 2, base, part.title, style.size, style.text, "middle", True)
        if part.line:
            under = base + style.small * LEADING
            yield _text(left + width / 2, under, part.line, style.small, style.second, "middle")
        if part.mark:
            yield (
                f'<rect x="{_n(left - 2 * BAR)}" y="{_n(y)}" width="{_n(BAR)}" height="{_n(tall)}"'
                f' fill="{getattr(style, part.mark)}"/>'
            )
        y += tall
    yield (
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}"'
        f' rx="{_n(style.corner if len(box.parts) == 1 else 0)}" fill="none" stroke="{style.outline}"'
        f' stroke-width="{_n(style.stroke)}"/>'
    )


def _wire(line: Line, style: Style) -> Iterator[str]:
    x, y = line.end
    steps = [f"M{_n(line.start[0])} {_n(line.start[1])}"]
    for segment in line.segments:
        steps.append(("L" if len(segment) == 2 else "C") + " ".join(map(_n, segment)))
    yield (
        f'<path d="{"".join(steps)}" fill="none" stroke="{style.wire}" stroke-width="{_n(style.stroke)}"/>'
    )
    if not line.arrow:
        return
    yield (
        f'<path d="M{_n(x)} {_n(y)}L{_n(x - ARROW)} {_n(y - 1.8 * ARROW)}L{_n(x + ARROW)}'
        f' {_n(y - 1.8 * ARROW)}Z" fill="{style.wire}"/>'
    )


def _label(line: Line, style: Style) -> Iterator[str]:
    """The shape beside the beginning of a wire, on the colour of the ground so that no line runs through."""
    if not line.label:
        return
    x, y = line.start[0] + 6, line.start[1] + style.small * 1.7
    if style.background != "none":
        wide = text.width(line.label, style.small)
        yield (
            f'<rect x="{_n(x - 2)}" y="{_n(y - style.small)}" width="{_n(wide + 4)}"'
            f' height="{_n(style.small * 1.3)}" fill="{style.background}"/>'
        )
    yield _text(x, y, line.label, style.small, style.second, "start")


def _text(x: float, y: float, words: str, size: float, color: str, anchor: str, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{color}"'
        f' text-anchor="{anchor}"{weight}>{escape(words)}</text>'
    )


def _n(value: float) -> str:
    """A number with one place at most."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))
