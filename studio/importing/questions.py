"""What a module asks of a tensor beside its values: its sizes, its data type, where it lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from studio.importing.errors import SizeDependentError
from studio.importing.memory import Memory
from studio.importing.sizes import Length, Shape, length
from studio.words import Message

KINDS = frozenset({"dim", "__len__", "numel", "nelement", "stride", "is_contiguous", "is_floating_point",
                   "is_complex", "element_size", "ndimension", "storage_offset", "get_device",
                   "is_nested", "is_sparse"})  # fmt: skip
"""the methods whose answer is no tensor"""


class Questions:
    """Answers for one reading.

    `run` runs a call in both runs, `function` makes a node of one, `alias` gives a tensor under another
    object, `held` one without memory in place of one that the module keeps.
    """

    def __init__(
        self,
        memory: Memory,
        run: Callable[..., tuple[Any, Any]],
        function: Callable[..., Any],
        alias: Callable[[Tensor], Tensor],
        held: Callable[[Tensor], Tensor],
    ) -> None:
        self._memory = memory
        self._run = run
        self._function = function
        self._alias = alias
        self._held = held

    def attribute(self, func: Any, args: tuple[Any, ...]) -> Any:
        """`x.shape`, `x.dtype`, `x.T`."""
        name = getattr(func.__self__, "__name__", "")
        tensor = args[0]
        match name:
            case "shape":
                return self.size(tensor)
            case "device":
                return torch.device("cpu")
            case "is_cuda" | "is_meta" | "is_mps" | "is_xpu":
                return False
            case "T" | "mT" | "H" | "mH":
                return self._function(torch.transpose, "transpose", (tensor, -2, -1), {})
            case "data":
                return self._function(torch.detach, "detach", (tensor,), {})
            case "real" | "imag":
                return self._function(getattr(torch, name), name, args, {})
        return self.asked(func, name, args, {})

    def size(self, tensor: Tensor, dim: Any = None) -> Any:
        partner = self._memory.partners.get(id(tensor), tensor)
        pairs = list(zip(tensor.shape, partner.shape, strict=True))
        sizes = Shape(
            length(int(one), int(other), ("size", tensor, place)) for place, (one, other) in enumerate(pairs)
        )
        self._memory.kept.append(tensor)
        return sizes if dim is None else sizes[dim]

    def asked(self, func: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: Any) -> Any:
        """A question about a tensor whose answer is no tensor."""
        if name in ("__len__", "numel", "nelement"):
            sizes = self.size(args[0])
            if name != "__len__":
                return sizes.numel()
            if isinstance(sizes[0], Length):  # Python makes a plain number of what len() is told
                raise SizeDependentError(
                    Message("it takes the len() of its input; x.size(0) would stay open")
                )
            return sizes[0]
        one, other = self._run(func, args, kwargs)
        if one != other:
            raise SizeDependentError(
                Message("it asks for {name}, which depends on the size of its input", name=name)
            )
        return one

    def moved(self, name: str, args: tuple[Any, ...], kwargs: Any) -> Any:
        """`x.to(device)` stays where it is; `x.to(dtype)` and `x.to(other)` become a conversion."""
        tensor, *rest = args
        tensor = self._held(tensor)
        rest = [*rest, *(v for k, v in kwargs.items() if k in ("device", "dtype", "other"))]
        for value in rest:
            kind = value.dtype if isinstance(value, Tensor) else value
            if isinstance(kind, torch.dtype):
                if kind == tensor.dtype:
                    return self._alias(tensor)
                return self._function(Tensor.to, "to", (tensor, kind), {})
        if name == "type" and not rest:
            return None
        if any(not isinstance(value, str | torch.device | bool | int | None) for value in rest):
            return None
        return self._alias(tensor)
