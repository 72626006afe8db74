"""A training whose loss is no number any more: at which step, and where that began. Light: no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from studio.quantities import significant
from studio.words import Message, NetloomError

Kind = Literal["input", "target", "forward", "backward", "loss"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the first value came from that is no number.

    `kind`: a sample of the data ("input", "target"), what a node gave ("forward") or sent back ("backward"),
    or the loss of an output that was all numbers. `node` of `network` is the one; `type` what it is.
    `largest` is the largest magnitude of what it was given, `sample` counts training samples from 0.
    """

    kind: Kind
    step: int
    network: str = ""
    node: str = ""
    type: str = ""
    largest: float | None = None
    sample: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Fault:
        return cls(**table)

    def message(self) -> Message:
        """Where it was, in a sentence."""
        said: dict[str, Any] = {"node": self.node, "type": self.type, "step": self.step}
        if self.largest is not None:
            said["largest"] = significant(self.largest)
        match self.kind:
            case "input":
                return Message(
                    "Sample {n} of the training data holds values that are no numbers: fill them in or take "
                    "it out.",
                    n=self.sample,
                )
            case "target":
                return Message(
                    "The target of sample {n} of the training data is no number: fill it in or take it out.",
                    n=self.sample,
                )
            case "forward" if self.largest is not None:
                return Message(
                    "The first to give such a value was {node} ({type}) at step {step}; what it was given "
                    "was up to {largest} in size.",
                    **said,
                )
            case "forward":
                return Message("The first to give such a value was {node} ({type}) at step {step}.", **said)
            case "backward":
                return Message("The gradient went wrong first in {node} ({type}) at step {step}.", **said)
        return Message(
            "Every node gave numbers, up to {largest} in size at the output; the loss of them did not.",
            **said,
        )


class DivergedError(NetloomError):
    """The loss of step `step` is no number. `fault` says where that began, where that was found out."""

    def __init__(self, message: Message, step: int = 0, fault: Fault | None = None) -> None:
        super().__init__(message)
        self.step = step
        self.fault = fault

    def at(self, fault: Fault) -> DivergedError:
        """The same, with where it began."""
        said = Message("{what} {where}", what=self.message, where=fault.message())
        return DivergedError(said, self.step, replace(fault, step=fault.step or self.step))
