"""Where in Python's own code a call was made: what PyTorch does without telling its modes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FrameType

import torch
from torch.autograd import grad_mode


def of_gradients() -> frozenset[CodeType]:
    """What runs forwards in all that has a gradient of its own making."""
    found: set[CodeType] = set()
    waiting = [torch.autograd.Function]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        code = getattr(kind.forward, "__code__", None)
        if isinstance(code, CodeType) and kind is not torch.autograd.Function:
            found.add(code)
    return frozenset(found)


def is_within(codes: frozenset[CodeType]) -> bool:
    """Whether the call was made by one of these, or by what they call, in the module that is read."""
    return any(frame.f_code in codes for frame in _frames())


def switch_of_gradients() -> tuple[bool, bool]:
    """Whether gradients are switched off by a `with` that begins here, and whether by one that ends."""
    names = {
        frame.f_code.co_name for frame in _frames() if frame.f_globals.get("__name__") == grad_mode.__name__
    }
    ends = "__exit__" in names
    return not ends and bool(names), ends


def _frames() -> Iterator[FrameType]:
    """The frames from the caller's on, as far as the reading that they belong to."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - Python has no other name for it
    while frame is not None and frame.f_code.co_name != "_forward":
        yield frame
        frame = frame.f_back
