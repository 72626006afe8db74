"""What a network gives, held against what an objective needs: the sentence for a person where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio.training.objectives.objective import ObjectiveError
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor


def one_output(prediction: Any, shape: Sequence[int | None], title: Message) -> None:
    """Raises ObjectiveError unless `prediction` is one tensor (N, *shape); None stands for any length."""
    outputs(prediction, [shape], title)


def outputs(prediction: Any, shapes: Sequence[Sequence[int | None]], title: Message) -> tuple[Tensor, ...]:
    """The tensors of `prediction`. Raises ObjectiveError unless there is one for each of `shapes`."""
    given = prediction if isinstance(prediction, tuple | list) else (prediction,)
    if len(given) != len(shapes):
        raise ObjectiveError(
            Message(
                "{aim} needs a network of {wanted} outputs; this one gives {found}. Add or remove output "
                "nodes.",
                aim=title,
                wanted=len(shapes),
                found=len(given),
            )
        )
    for tensor, shape in zip(given, shapes, strict=True):
        found = tuple(tensor.shape[1:])
        fits = len(found) == len(shape)
        if not fits or any(b is not None and a != b for a, b in zip(found, shape, strict=True)):
            raise ObjectiveError(
                Message(
                    "{aim} needs N×{wanted}; the network gives N×{found}. Change its last layers.",
                    aim=title,
                    wanted="×".join("?" if n is None else str(n) for n in shape),
                    found="×".join(map(str, found)),
                )
            )
    return tuple(given)
