"""The augmentation of a training script: the very functions that a run uses, as text."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from studio.compiler import layout
from studio.data.augmentation.kind import Step
from studio.export.script_plan import Plan

HOME = "studio.data.augmentation"
_FACTS = {"spread": "widths", "middle": "means"}
"""what a script calls the facts of a table's columns"""
_IMPORTS = re.compile(
    r"^    (?:import \w+|from torch\.nn import functional)\n(?:\n(?=    (?!\")))?", re.MULTILINE
)

AUGMENTED = '''
def augmented(
    given: Iterator[tuple[Tensor, Tensor]], seed: int{parameters}
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches changed at random; `seed` and the number of a batch decide how."""
    for number, (x, y) in enumerate(given):
        drawn = torch.Generator().manual_seed((seed * 1_000_003 + number) % 2**63)
{steps}
        yield {result}, y
'''


def functions(plan: Plan) -> Iterator[str]:
    """The functions of the steps, in the order of their use, and the one that applies them."""
    for name, value in _needed(plan.data.augmentation).items():
        yield _text(name, value)
    steps = [line for step in plan.data.augmentation for line in _call(plan, step)]
    if plan.channels_last:
        steps.insert(0, "        x = x.contiguous()")
    result = "(x - mean) / std" if plan.standardized and plan.changes_images else "x"
    if plan.channels_last:
        result = f"({result}).contiguous(memory_format=torch.channels_last)".replace("(x).", "x.")
    parameters = "".join(f", {name}: Tensor" for name in values(plan))
    filled = AUGMENTED.format(parameters=parameters, steps="\n".join(steps), result=result).strip("\n")
    head = f"def augmented(given: Iterator[tuple[Tensor, Tensor]], seed: int{parameters})"
    one_line = f"{head} -> Iterator[tuple[Tensor, Tensor]]:"
    if len(one_line) <= layout.WIDTH:
        filled = re.sub(r"def augmented\(.*?\]:", one_line, filled, count=1, flags=re.DOTALL)
    yield filled


def values(plan: Plan) -> tuple[str, ...]:
    """What the function that applies the steps is given beside batches and a seed, by its name in `main`."""
    if plan.changes_images:
        return ("mean", "std") if plan.standardized else ()
    known = {fact for step in plan.data.augmentation for fact in step.kind.facts}
    return tuple(name for fact, name in _FACTS.items() if fact in known)


def facts(plan: Plan) -> Iterator[str]:
    """The lines of `main` that work out what `values` names of a table."""
    used = [(name, work) for name, work in _WORK.items() if name in values(plan)]
    if used and plan.own:  # columns of 0 and 1 only stay as they are
        yield "rows = training[0][:: len(training[0]) // 4096 + 1]"
        yield "flags = ((rows == 0) | (rows == 1)).all(0, keepdim=True)"
    for name, work in used:
        yield f"{name} = {f'rows.{work}.masked_fill(flags, 0)' if plan.own else f'training[0].{work}'}"


_WORK = {"widths": "std(0, correction=0, keepdim=True)", "means": "mean(0, keepdim=True)"}


def _call(plan: Plan, step: Step) -> Iterator[str]:
    given = [f"{name}={value!r}" for name, value in step.values.items()]
    for fact in step.kind.facts:
        given.append(f"{fact}={'1.0' if plan.changes_images else _FACTS[fact]}")
    name = step.kind.apply.__name__
    changed = layout.lines(layout.call(name, ["x", "drawn", *given]), " " * 8, "x = ")
    if not step.kind.warps or plan.info.task != "segmentation":
        yield from changed
        return
    yield "        state = drawn.get_state()"
    yield from changed
    yield "        drawn.set_state(state)  # the class of a pixel goes with it"
    again = layout.call(name, ["y.unsqueeze(1)", "drawn", *given], ".squeeze(1)")
    yield from layout.lines(again, " " * 8, "y = ")


# -- what the steps are made of ------------------------------------------------------------------


def _needed(steps: tuple[Step, ...]) -> dict[str, Any]:
    """The functions and constants that the steps use, those of a function after it."""
    found: dict[str, Any] = {}
    for step in steps:
        _gather(step.kind.apply.__name__, step.kind.apply, found)
    constants = {name: value for name, value in found.items() if not callable(value)}
    return {name: value for name, value in found.items() if name not in constants} | constants


def _gather(name: str, value: Any, found: dict[str, Any]) -> None:
    if name in found:
        return
    found[name] = value
    parts = value if isinstance(value, tuple) else (value,)
    for part in parts:
        if name != part.__name__:
            _gather(part.__name__, part, found)
            continue
        module = inspect.getmodule(part)
        for used in part.__code__.co_names:
            other = getattr(module, used, None)
            if _ours(other) or (isinstance(other, tuple) and other and all(map(_ours, other))):
                _gather(used, other, found)


def _ours(value: object) -> bool:
    return isinstance(value, Callable) and str(getattr(value, "__module__", "")).startswith(HOME)  # type: ignore[arg-type]


def _text(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        return f"{name} = ({', '.join(part.__name__ for part in value)})"
    text = _IMPORTS.sub("", inspect.getsource(value))
    text = text.replace("functional.", "F.").replace("generator: Generator", "generator: torch.Generator")
    return text.strip("\n")
