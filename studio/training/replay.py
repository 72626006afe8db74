"""Steps from a tape (`training.tape`) instead of by autograd, where they are the same to the last bit.

For each shape of a batch the first step is written down; the next ones are computed both ways and compared:
loss, prediction, gradients, buffers and random generators. Only then the tape alone is used. What could not
be written down, or once came out otherwise, is computed by autograd from there on, and that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.utils import _pytree as trees

from studio.training import machine, shortened, tape
from studio.training.objectives import Objective
from studio.training.objectives.objective import Outcome
from studio.training.position import generators, set_generators
from studio.training.tape import Tape, TapeError
from studio.words import Message

CHECKS = 2
"""steps of a shape that are computed both ways"""
MOST = 8
"""shapes of batches that are written down: those after them are computed by autograd"""
KNOWN = ("torch.", "torchvision.", "studio.")
"""whose modules compute alike every time, but for what they draw from PyTorch's generators"""

Plainly: TypeAlias = "Callable[[Tensor, Tensor], Outcome]"


@dataclass(slots=True)
class _Shape:
    """What is known of batches of one shape. `tape` is None where they are computed by autograd."""

    tape: Tape | None
    checks: int = CHECKS


class Replay:
    """Tries batches of training data, leaving gradients at the parameters as `backward` does.

    `note` is told, once, why steps are computed by autograd where they were to be replayed.
    """

    def __init__(self, module: nn.Module, objective: Objective, note: Callable[[Message], object]) -> None:
        self._module, self._objective, self._note = module, objective, note
        self._parameters = [p for p in module.parameters() if p.requires_grad]
        self._device = str(self._parameters[0].device)
        self._shapes: dict[Any, _Shape] = {}
        self._told = False

    def step(self, x: Tensor, y: Tensor, plainly: Plainly) -> Outcome:
        """What the step gives, its loss without history. `plainly` makes it by autograd.

        No parameter has a gradient before. Raises what the step raises.
        """
        key = (x.shape, x.stride(), x.dtype, y.shape, y.stride(), y.dtype)
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= MOST:
                return plainly(x, y)
            return self._first(key, x, y, plainly)
        if shape.tape is None:
            return plainly(x, y)
        if shape.checks:
            return self._checked(shape, x, y, plainly)
        outcome, gradients = shape.tape(x, y)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        return outcome

    def _first(self, key: Any, x: Tensor, y: Tensor, plainly: Plainly) -> Outcome:
        before = self._state()
        try:
            made, outcome, gradients = tape.record(self._step, x, y, self._parameters)
        except (TapeError, RuntimeError, NotImplementedError) as error:
            if not isinstance(error, TapeError) and machine.out_of_memory(error):
                raise
            self._put(before)
            self._shapes[key] = _Shape(None)
            self._tell(error.message if isinstance(error, TapeError) else _first_line(error))
            return plainly(x, y)
        self._shapes[key] = _Shape(made)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        return outcome

    def _checked(self, shape: _Shape, x: Tensor, y: Tensor, plainly: Plainly) -> Outcome:
        before = self._state()
        assert shape.tape is not None
        found, gradients = shape.tape(x.clone(), y.clone())
        after = self._state()
        self._put(before)
        outcome = plainly(x, y)
        expected = [outcome, [p.grad for p in self._parameters], self._state()]
        shape.checks -= 1
        if not _same([found, list(gradients), after], expected):
            shape.tape = None
            self._tell(Message("a step came out otherwise than by autograd"))
        return outcome

    def _step(self, x: Tensor, y: Tensor) -> Outcome:
        return self._objective.step(self._module, x, y, self._objective.turns[0])

    def _state(self) -> list[Any]:
        """What a step changes besides gradients."""
        return [[value.detach().clone() for value in self._changed()], generators(self._device)]

    def _changed(self) -> list[Tensor]:
        return [*self._module.buffers(), *shortened.weights(self._module)]

    def _put(self, state: list[Any]) -> None:
        buffers, drawn = state
        with torch.no_grad():
            for buffer, value in zip(self._changed(), buffers, strict=True):
                buffer.copy_(value)
        set_generators(drawn, self._device)

    def _tell(self, reason: Message | str) -> None:
        if not self._told:
            self._told = True
            self._note(
                Message(
                    "Steps are computed by autograd and not replayed, which takes a little longer: {reason}.",
                    reason=reason,
                )
            )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def replays(module: nn.Module, objective: Objective) -> bool:
    """Whether steps may be tried so at all: they move everything, and the layers compute alike each time.

    Objectives that take turns or gather something of their own are another matter, and so is code that a
    person brings along.
    """
    kinds = {p.device.type for p in module.parameters() if p.requires_grad}
    if len(objective.turns) > 1 or objective.state() or kinds not in ({"cpu"}, {"cuda"}):
        return False
    return all(type(layer).__module__.startswith(KNOWN) for layer in module.modules()) and not _hooked(module)


def _hooked(module: nn.Module) -> bool:
    """Whether something listens to a layer or a parameter: it would hear nothing."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return any(getattr(layer, name) for layer in module.modules() for name in hooks) or any(
        parameter._backward_hooks  # noqa: SLF001 - nowhere else to be seen
        for parameter in module.parameters()
    )


def _same(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Whether both hold the same tensors, to the last bit and lying alike; NaN is the same as NaN."""
    (some, shape), (others, other_shape) = trees.tree_flatten(found), trees.tree_flatten(expected)
    return bool(shape == other_shape) and all(_equal(a, b) for a, b in zip(some, others, strict=True))


def _equal(a: Any, b: Any) -> bool:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return bool(a == b)
    alike = a.shape == b.shape and a.dtype == b.dtype and (a.numel() == 0 or a.stride() == b.stride())
    return alike and bool(((a == b) | ((a != a) & (b != b))).all())
