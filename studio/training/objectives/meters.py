"""What several objectives gather: sums on the device, read once at the end of an epoch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


class Sums(ABC):
    """A row of sums over the samples: `measure` gives those of a batch, `read` makes metrics of all."""

    def __init__(self) -> None:
        self._sums: Tensor | None = None
        self._samples = 0

    @abstractmethod
    def measure(self, prediction: Any, y: Tensor) -> Tensor:
        """The sums of a batch, float32, without a history."""

    @abstractmethod
    def read(self, sums: Tensor, samples: int) -> dict[str, float]:
        """The metrics of `samples` samples from their sums, float64 on the processor."""

    def add(self, prediction: Any, y: Tensor) -> None:
        import torch

        with torch.no_grad():
            sums = self.measure(prediction, y)
        self._sums = sums if self._sums is None else self._sums.to(sums.device) + sums
        self._samples += len(y)

    def result(self) -> dict[str, float]:
        import torch

        return {} if self._sums is None else self.read(self._sums.to("cpu", torch.float64), self._samples)

    def state(self) -> dict[str, Tensor]:
        import torch

        samples = {"samples": torch.tensor(self._samples)}
        return samples if self._sums is None else {"sums": self._sums, **samples}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self._sums = state.get("sums")
        self._samples = int(state["samples"])


class Nothing:
    """For an objective whose loss says all."""

    def add(self, prediction: Any, y: Tensor) -> None: ...

    def result(self) -> dict[str, float]:
        return {}

    def state(self) -> dict[str, Tensor]:
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None: ...
