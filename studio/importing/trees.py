"""Tensors and lengths within the tuples, lists and mappings that modules take and give."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor, nn

from studio.importing.errors import UntraceableError
from studio.importing.sizes import Length, Ratio
from studio.words import Message


def bound(
    forward: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The arguments of a call by the names that `forward` has for them."""
    signature = inspect.signature(forward)
    for name, value in signature.bind(*args, **kwargs).arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            yield from ((f"{name}_{place}", item) for place, item in enumerate(value))
        elif kind is inspect.Parameter.VAR_KEYWORD:
            yield from value.items()
        else:
            yield name, value


def named(result: Any, name: str = "output") -> Iterator[tuple[str, Any]]:
    """The tensors and lengths in what a module gives, each with a name."""
    if isinstance(result, Tensor | Length):
        yield name, result
    elif isinstance(result, dict):
        for key, value in result.items():
            yield from named(value, str(key) if str(key).isidentifier() else name)
    elif isinstance(result, tuple) and hasattr(result, "_fields"):
        for key in result._fields:
            yield from named(getattr(result, key), key)
    elif isinstance(result, list | tuple):
        for value in result:
            yield from named(value, name)
    elif (held := _held(result)) is not None:
        yield from named(held)


def replaced(result: Any, counter: Iterator[int], fresh: Mapping[int, Any]) -> Any:
    """`result` with its tensors and lengths, in their order, replaced by `fresh` where that has them."""
    if isinstance(result, Tensor | Length):
        place = next(counter)
        return fresh.get(place, result)
    if isinstance(result, dict):
        return type(result)((key, replaced(value, counter, fresh)) for key, value in result.items())
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return type(result)(*(replaced(value, counter, fresh) for value in result))
    if isinstance(result, list | tuple):
        return type(result)([replaced(value, counter, fresh) for value in result])
    if (held := _held(result)) is not None:
        made = copy.copy(result)
        vars(made).update(replaced(held, counter, fresh))
        return made
    return result


def mapped(value: Any, number: Callable[[Any], Any], tensor: Callable[[Tensor], Tensor]) -> Any:
    """A copy of arguments for one run."""
    if isinstance(value, Tensor):
        return tensor(value)
    if isinstance(value, Length | Ratio):
        return number(value)
    if isinstance(value, dict):
        return {key: mapped(item, number, tensor) for key, item in value.items()}
    if isinstance(value, slice):
        return slice(*(mapped(part, number, tensor) for part in (value.start, value.stop, value.step)))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(item, number, tensor) for item in value))
    if isinstance(value, list | tuple):
        items = [mapped(item, number, tensor) for item in value]
        return items if isinstance(value, list) else tuple(items)
    if (held := _held(value)) is not None:
        made = copy.copy(value)
        vars(made).update(mapped(held, number, tensor))
        return made
    return value


def _held(value: Any) -> dict[str, Any] | None:
    """What a plain object holds that has tensors (torchvision's ImageList); None for any other value."""
    if isinstance(value, Tensor | nn.Module) or callable(value):
        return None
    held = getattr(value, "__dict__", None)
    return held if held and any(isinstance(item, Tensor) for item in held.values()) else None


def spelt(parts: tuple[Any, ...], count: int) -> tuple[int | slice, ...]:
    """An index of a tensor with `count` dimensions, `...` written out. Raises UntraceableError for what is
    neither a number nor a slice."""
    if any(not (part is Ellipsis or isinstance(part, int | slice)) for part in parts):
        raise UntraceableError(Message("it writes into a part of a tensor that no slice describes"))
    if Ellipsis not in parts:
        return parts
    place = parts.index(Ellipsis)
    return (*parts[:place], *[slice(None)] * (count - len(parts) + 1), *parts[place + 1 :])


def flat(value: Any) -> Iterator[Any]:
    """What lies in lists, tuples and mappings, depth first; in the order of `replaced`."""
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, list | tuple) or (
        isinstance(value, Iterable) and not isinstance(value, Tensor | str)
    ):
        for item in value:
            yield from flat(item)
    elif (held := _held(value)) is not None:
        yield from flat(held)
    else:
        yield value


def tensors(value: Any) -> list[Tensor]:
    return [item for item in flat(value) if isinstance(item, Tensor)]


def written(args: Any, kwargs: Any) -> list[tuple[Tensor, int]]:
    """The tensors of a call with their version, which goes up when one is written into."""
    return [(tensor, tensor._version) for tensor in tensors((args, kwargs))]  # noqa: SLF001


def changed(written: list[tuple[Tensor, int]]) -> set[int]:
    """Those of the tensors that were written into since."""
    return {id(tensor) for tensor, version in written if tensor._version != version}  # noqa: SLF001
