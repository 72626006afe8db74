"""Steps for images (C, H, W): grey, size, the middle of them, and histograms of gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from studio.data.layout import IMAGE, TABLE, Column, Layout
from studio.data.steps.kind import Fitted, Samples, StepKind, UnfitError
from studio.data.steps.options import WHOLE, Option, Values
from studio.words import Message

LARGEST = 4096
After = Callable[[Layout, Values], Layout]


def _image(layout: Layout) -> tuple[int, int, int]:
    if layout.kind != IMAGE:
        raise UnfitError(Message("it is for images"))
    channels, height, width = layout.shape
    return channels, height, width


def _movable(layout: Layout) -> None:
    if layout.each_pixel:
        raise UnfitError(Message("each pixel has a class, which would not follow"))


def grey(layout: Layout, values: Values) -> Layout:
    channels, height, width = _image(layout)
    if channels != 3:
        raise UnfitError(Message("the images have no colour"))
    return replace(layout, shape=(1, height, width))


def resize(layout: Layout, values: Values) -> Layout:
    channels, _, _ = _image(layout)
    _movable(layout)
    return replace(layout, shape=(channels, values["height"], values["width"]))


def crop(layout: Layout, values: Values) -> Layout:
    _, height, width = _image(layout)
    _movable(layout)
    if values["height"] > height or values["width"] > width:
        raise UnfitError(Message("the images have {height}×{width} pixels only", height=height, width=width))
    return resize(layout, values)


def histograms(layout: Layout, values: Values) -> Layout:
    _, height, width = _image(layout)
    _movable(layout)
    if min(height, width) < 3:
        raise UnfitError(Message("the images have {height}×{width} pixels only", height=height, width=width))
    down, across = (side // values["cell"] - values["block"] + 1 for side in (height, width))
    if down < 1 or across < 1:
        raise UnfitError(
            Message(
                "a block of {block}×{block} cells of {cell} pixels is larger than the images",
                block=values["block"],
                cell=values["cell"],
            )
        )
    count = down * across * values["block"] ** 2 * values["orientations"]
    return Layout(TABLE, (count,), 1, tuple(Column(f"gradients {i + 1}") for i in range(count)))


def _plain(type_: str, after: After, **more: Callable[[Layout, Values], Any]) -> Any:
    """A fit that looks at no sample: what the operation needs follows from layout and options."""

    def fit(samples: Samples, layout: Layout, values: Values) -> Fitted:
        known = {name: work(layout, values) for name, work in more.items()}
        return Fitted(({"type": type_, **values, **known},), after(layout, values))

    return fit


def _middle(side: int, name: str) -> Callable[[Layout, Values], int]:
    """Where the middle begins, as torchvision's CenterCrop has it."""
    return lambda layout, values: round((layout.shape[side] - values[name]) / 2.0)


_SIZE = (
    Option("height", Message("Height"), WHOLE, 32, 1, LARGEST),
    Option("width", Message("Width"), WHOLE, 32, 1, LARGEST),
)


def _half(layout: Layout) -> dict[str, Any]:
    if layout.kind != IMAGE:
        return {}
    return {"height": max(1, layout.shape[1] // 2), "width": max(1, layout.shape[2] // 2)}


def _cells(layout: Layout) -> dict[str, Any]:
    if layout.kind != IMAGE:
        return {}
    return {"cell": max(1, min(8, min(layout.shape[1:]) // 3))}


KINDS = (
    StepKind(
        "grey",
        Message("Grey"),
        Message("One channel out of red, green and blue, weighed as eyes do (ITU-R 601)."),
        (),
        grey,
        _plain("grey", grey),
        lambda values: Message("Colours become grey"),
    ),
    StepKind(
        "resize",
        Message("Resize"),
        Message(
            "Every image is brought to one size; neighbouring pixels are averaged, so that nothing flickers."
        ),
        _SIZE,
        resize,
        _plain("resize", resize),
        lambda values: Message(
            "Resized to {height}×{width} pixels", height=values["height"], width=values["width"]
        ),
        _half,
    ),
    StepKind(
        "crop",
        Message("Cut out the middle"),
        Message("Only the middle of each image is kept."),
        _SIZE,
        crop,
        _plain("crop", crop, top=_middle(1, "height"), left=_middle(2, "width")),
        lambda values: Message(
            "The middle {height}×{width} pixels", height=values["height"], width=values["width"]
        ),
        _half,
    ),
    StepKind(
        "hog",
        Message("Histograms of gradients (HOG)"),
        Message(
            "Numbers that say which edges run where in an image (Dalal and Triggs 2005), for networks "
            "without convolutions."
        ),
        (
            Option("cell", Message("Pixels of a cell"), WHOLE, 8, 1, 512),
            Option("block", Message("Cells of a block"), WHOLE, 2, 1, 16),
            Option("orientations", Message("Orientations"), WHOLE, 9, 1, 36),
        ),
        histograms,
        _plain("hog", histograms),
        lambda values: Message("Histograms of gradients in cells of {n} pixels", n=values["cell"]),
        _cells,
    ),
)
