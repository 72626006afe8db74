"""What is done to stored values before the network sees them: fitted on training data, then plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.data import texts

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Operations of `steps.operations` in order, with their numbers; `{"type": "tokens", ...}`, of texts and
    always alone, gives int64: see `texts`.
    """

    steps: tuple[Mapping[str, Any], ...] = ()

    def apply(self, x: Tensor) -> Tensor:
        """(N, ...) as stored, to float32 as the network takes it."""
        from studio.data.steps import operations

        if self.of_texts:
            return texts.apply(self.steps[0], x)
        return operations.apply(self.steps, x)

    @property
    def of_texts(self) -> bool:
        """Whether it makes numbers of texts, which no tensor operation does."""
        return any(step["type"] == "tokens" for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        return {"input": [dict(step) for step in self.steps]}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Preprocessing:
        return cls(tuple(table.get("input", ())))
