"""What two names of a network share: the shapes must agree, and numbers that are shared count once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import nn

from studio.compiler.evaluate import Failure, made
from studio.compiler.problems.finding import Finding
from studio.graph import members
from studio.words import Message

if TYPE_CHECKING:
    from studio.compiler.survey import Step, Survey

CONSTANTS = ("param", "buffer")


def findings(survey: Survey) -> Iterator[Finding]:
    """A problem on each node that is to share a tensor of another shape."""
    for first, other, node in _pairs(survey):
        one, two = shape(survey, first), shape(survey, other)
        if one is not None and two is not None and one != two:
            text = Message(
                "{other} is the same tensor as {first}, and would have the shape {two} instead of {one}. "
                "Give both layers sizes that agree.",
                first=first,
                other=other,
                one=tuple(one),
                two=tuple(two),
            )
            yield Finding("tied-shapes", "error", survey.name, node, text)


def counted_twice(survey: Survey) -> int:
    """The numbers that are learned under a second name."""
    return sum(numel for _, other, _ in _pairs(survey) for numel in _learned(survey, other))


def shape(survey: Survey, path: str) -> torch.Size | None:
    """The shape of the parameter or buffer at `path`; None where it is none, or not known."""
    held = _at(survey, path)
    return held.shape if isinstance(held, torch.Tensor) else None


def _pairs(survey: Survey) -> Iterator[tuple[str, str, str]]:
    """The first path of each group, each other one, and the node that the other lies in."""
    for first, *others in members.tied(survey.network):
        for other in others:
            found = _step(survey, other)
            if found is not None:
                yield first, other, found[0].node.id


def _learned(survey: Survey, path: str) -> Iterator[int]:
    held = _at(survey, path)
    if isinstance(held, nn.Module):
        yield from (parameter.numel() for parameter in held.parameters())
    elif isinstance(held, nn.Parameter):
        yield held.numel()


def _step(survey: Survey, path: str) -> tuple[Step, int, str] | None:
    """The step that holds what lies at `path`, which of its repetitions, and the path from there."""
    for name in survey.order:
        step = survey.steps[name]
        for place, own in enumerate(step.module_paths):
            if name in survey.live and (path == own or path.startswith(f"{own}.")) and step.node.path is None:
                return step, place, path[len(own) + 1 :]
    return None


def _at(survey: Survey, path: str) -> torch.Tensor | nn.Module | None:
    found = _step(survey, path)
    if found is None:
        return None
    step, place, rest = found
    if step.repetitions:
        return _at(step.repetitions[place], rest) if rest else None
    if step.node.type in CONSTANTS:
        held = step.outcome.value.runs[0] if step.outcome is not None else None
        return nn.Parameter(held) if step.node.type == "param" and held is not None else held
    module = made(step.node.type, step.params)
    if isinstance(module, Failure):
        return None
    holder, _, name = rest.rpartition(".")
    try:
        owner = module.get_submodule(holder)
        return getattr(owner, name, None) if name else module
    except AttributeError:
        return None
