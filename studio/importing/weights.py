"""Weights that others trained: read from a file that cannot run code, and matched with a network's tensors.

A safetensors file or a `state_dict` of PyTorch is read; a file that would run code is refused. What
of it fits a network is told tensor by tensor. Imports torch when a file is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import Tensor

Shape: TypeAlias = tuple[int, ...]

NESTED = ("state_dict", "model_state_dict", "model", "net", "network", "module", "weights")
"""under these keys training programs keep the weights beside their own bookkeeping"""
COUNTER = "num_batches_tracked"
"""batch norm's count of batches, which older files lack; nothing in use reads it"""
SHOWN = 6
"""names in a line for a person"""


class WeightsError(NetloomError):
    """A weights file cannot be used: which, why, and the cure."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of a file by name. `ordered`: their order is that of the layers they came from."""

    path: Path
    tensors: Mapping[str, Tensor]
    ordered: bool

    @property
    def shapes(self) -> dict[str, Shape]:
        return {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}


@dataclass(frozen=True, slots=True)
class Misshaped:
    """A tensor of the same name and another shape."""

    name: str
    found: Shape
    wanted: Shape


@dataclass(frozen=True, slots=True)
class Match:
    """Which tensor of a file goes where. `pairs` maps a network's names to the file's.

    `missing` are the network's that the file lacks, `surplus` the file's that the network has no use for;
    `renamed` says how names were changed to fit, None where they were not.
    """

    pairs: Mapping[str, str]
    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    misshaped: tuple[Misshaped, ...] = ()
    renamed: Message | None = None

    @property
    def complete(self) -> bool:
        """Whether every tensor of the network has its values from the file."""
        return not (self.missing or self.misshaped)

    def lines(self) -> list[Message]:
        """The report, a sentence each."""
        said = [Message("Tensors that match by name and shape: {n}.", n=len(self.pairs))]
        said += [self.renamed] if self.renamed is not None else []
        if self.missing:
            said.append(
                Message(
                    "Not in the file, so they start fresh ({n}): {names}.",
                    n=len(self.missing),
                    names=listed(self.missing),
                )
            )
        if self.misshaped:
            shapes = (
                f"{m.name} ({shape_text(m.found)} → {shape_text(m.wanted)})" for m in self.misshaped[:SHOWN]
            )
            said.append(
                Message(
                    "Of another shape in the file, so they start fresh ({n}): {names}.",
                    n=len(self.misshaped),
                    names=", ".join(shapes) + ("…" if len(self.misshaped) > SHOWN else ""),
                )
            )
        if self.surplus:
            said.append(
                Message(
                    "In the file and not used ({n}): {names}.",
                    n=len(self.surplus),
                    names=listed(self.surplus),
                )
            )
        return said


def listed(names: Iterable[str]) -> str:
    """The first names, and a sign for more."""
    known = list(names)
    return ", ".join(known[:SHOWN]) + ("…" if len(known) > SHOWN else "")


def shape_text(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "1"


# -- reading -----------------------------------------------------------------------------------------


def read(path: Path) -> Weights:
    """The tensors of a safetensors file or a state_dict. Raises WeightsError; nothing of the file is run."""
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise _unreadable(path, error.strerror or error) from error
    tensors = _safetensors(path) if head[8:9] == b"{" else _state_dict(path)
    if not tensors:
        raise WeightsError(
            Message(
                "{file} holds no tensors by name. Save the weights with torch.save(model.state_dict(), ...).",
                file=path,
            )
        )
    return Weights(path, tensors, head[8:9] != b"{")


def _safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _state_dict(path: Path) -> dict[str, Tensor]:
    import pickle
    import struct
    import warnings

    import torch

    broken = (RuntimeError, EOFError, OSError, ValueError, TypeError, AttributeError, LookupError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            held = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            Message(
                "{file} holds more than weights: loading it would run code, so it is not loaded. Ask its "
                "author for a safetensors file, or for torch.save(model.state_dict(), ...).",
                file=path,
            )
        ) from error
    except (*broken, AssertionError, ArithmeticError, MemoryError, struct.error) as error:
        if "TorchScript" in str(error):
            raise WeightsError(
                Message(
                    "{file} is a TorchScript program: loading it would run code, so it is not loaded. Save "
                    "its weights with torch.save(model.state_dict(), ...).",
                    file=path,
                )
            ) from error
        raise _unreadable(path, str(error).partition("\n")[0] or type(error).__name__) from error
    return _tensors(held)


def _tensors(held: Any) -> dict[str, Tensor]:
    """The tensors of a state_dict, also of one that lies in a checkpoint among other things."""
    import torch

    if not isinstance(held, Mapping):
        return {}
    here = {str(name): value for name, value in held.items() if isinstance(value, torch.Tensor)}
    if here:
        return {name: value.detach() for name, value in here.items()}
    inside = {name: found for name, value in held.items() if (found := _tensors(value))}
    chosen = next((name for name in NESTED if name in inside), None)
    if chosen is None and len(inside) == 1:
        chosen = next(iter(inside))
    return inside[chosen] if chosen is not None else {}


def _unreadable(path: Path, reason: object) -> WeightsError:
    return WeightsError(Message("The weights {path} could not be read: {reason}", path=path, reason=reason))


# -- matching ----------------------------------------------------------------------------------------


def match(found: Mapping[str, Shape], wanted: Mapping[str, Shape], ordered: bool = False) -> Match:
    """What of `found` goes where in `wanted`: by name; by name without a common prefix; else by shape.

    By shape only where no name is known and there is one way: `ordered`, the order of `found` counts too.
    """
    names, said = _by_prefix(found, wanted)
    if not any(names.get(name) in found for name in wanted):
        by_shape = _by_shape(found, wanted, ordered)
        if by_shape is not None:
            return by_shape
    pairs: dict[str, str] = {}
    misshaped: list[Misshaped] = []
    missing: list[str] = []
    for name, shape in wanted.items():
        other = names.get(name)
        if other is None:
            missing += [] if name.endswith(COUNTER) else [name]
        elif found[other] == shape:
            pairs[name] = other
        else:
            misshaped.append(Misshaped(name, found[other], shape))
    used = {*pairs.values(), *(names[m.name] for m in misshaped)}
    surplus = tuple(name for name in found if name not in used)
    return Match(pairs, tuple(missing), surplus, tuple(misshaped), said)


def _by_prefix(
    found: Mapping[str, Shape], wanted: Mapping[str, Shape]
) -> tuple[dict[str, str], Message | None]:
    """The file's name for each name of the network, under the change of prefix that fits best; how if any."""
    best: dict[str, str] = {name: name for name in wanted if name in found}
    score, said = _fitting(best, found, wanted), None
    for prefix in _prefixes(found):
        names = {n: prefix + n for n in wanted if prefix + n in found}
        if (reached := _fitting(names, found, wanted)) > score:
            best, score = names, reached
            said = Message("The file's names begin with “{prefix}”, which was taken away.", prefix=prefix)
    for prefix in _prefixes(wanted):
        names = {n: n.removeprefix(prefix) for n in wanted if n.startswith(prefix)}
        names = {n: other for n, other in names.items() if other in found}
        if (reached := _fitting(names, found, wanted)) > score:
            best, score = names, reached
            said = Message("“{prefix}” was put before the file's names.", prefix=prefix)
    return best, said


def _fitting(
    names: Mapping[str, str], found: Mapping[str, Shape], wanted: Mapping[str, Shape]
) -> tuple[int, int]:
    return sum(found[other] == wanted[name] for name, other in names.items()), len(names)


def _prefixes(names: Iterable[str]) -> list[str]:
    """Every beginning of a name that ends with a point, the shortest first."""
    return sorted({name[: place.end()] for name in names for place in re.finditer(r"\.", name)}, key=len)


_Layer: TypeAlias = tuple[tuple[str, Shape], ...]


def _by_shape(found: Mapping[str, Shape], wanted: Mapping[str, Shape], ordered: bool) -> Match | None:
    """Layer to layer by what their tensors are called and their shapes; None where that is not certain."""
    theirs, ours = _layers(found), _layers(wanted)
    one_way = len(set(theirs.values())) == len(theirs) and set(theirs.values()) == set(ours.values())
    in_order = ordered and list(theirs.values()) == list(ours.values())
    if not (theirs and len(theirs) == len(ours) and (one_way or in_order)):
        return None
    if in_order:
        partners = dict(zip(ours, theirs, strict=True))
        said = Message(
            "No name is the same, so the layers were matched in their order; the shapes of all agree."
        )
    else:
        place = {layer: owner for owner, layer in theirs.items()}
        partners = {owner: place[layer] for owner, layer in ours.items()}
        said = Message(
            "No name is the same, so the layers were matched by their shapes, of which no two are the same."
        )
    pairs = {name: _join(partners[_owner(name)], name.rpartition(".")[2]) for name in wanted}
    pairs = {name: other for name, other in pairs.items() if other in found}
    return Match(pairs, renamed=said, surplus=tuple(n for n in found if n not in pairs.values()))


def _layers(names: Mapping[str, Shape]) -> dict[str, _Layer]:
    layers: dict[str, dict[str, Shape]] = {}
    for name, shape in names.items():
        if not name.endswith(COUNTER):
            layers.setdefault(_owner(name), {})[name.rpartition(".")[2]] = shape
    return {owner: tuple(sorted(held.items())) for owner, held in layers.items()}


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def _join(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner else name
