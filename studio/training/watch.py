"""Looks for the first value that is no number: over the nodes of a network in their order, then backwards.

For a step that is made a second time (`training.examination`); it costs too much for every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx
from torch.utils import _pytree as trees

from studio.compiler.build import FIRST, NODE
from studio.data.prepare import Split
from studio.graph.model import ProjectData
from studio.training.divergence import Fault

Place = tuple[str, str]
"""a network and one of its nodes"""
LOSS: Place = ("", "")
CHUNK = 4096


@dataclass(slots=True)
class _Look:
    """What was seen in one step: nodes that gave no numbers and what they were given, in order."""

    step: int
    forward: dict[Place, float] = field(default_factory=dict)
    backward: Place | None = None
    largest_output: float = 0.0


class FoundError(Exception):
    """The step is found; nothing that follows matters."""


class Watch:
    """Watches `module`, built from a network of `project`, from step `first` on, in `precision`.

    What is no number in a step whose gradients all are is meant to be so: a mask of minus infinity.
    """

    def __init__(
        self,
        module: fx.GraphModule,
        project: ProjectData,
        network: str,
        first: int,
        precision: torch.dtype = torch.float32,
    ) -> None:
        self._precision = precision
        self._module, self._project, self._network = module, project, network
        self._first = first
        self._usual: set[Place] = set()
        self.look: _Look | None = None

    def __call__(self, step: int) -> None:
        """Before each step. Raises FoundError where the one before was the bad one."""
        if self.look is not None:
            if self.look.backward is not None:
                raise FoundError
            self._usual |= self.look.forward.keys()
        if step >= self._first:
            self.look = _Look(step)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Inside the block every pass of the module is looked at."""
        module = self._module
        hooks = [
            p.register_hook(lambda g, name=name: self.came_back(self._owner(name), g))  # type: ignore[no-untyped-call]
            for name, p in module.named_parameters()
            if p.requires_grad
        ]
        quick = vars(module).get("forward")  # how the steps are computed (`training.speed`)
        module.forward = self._walked
        try:
            yield
        finally:
            del module.forward
            if quick is not None:
                module.forward = quick
            for hook in hooks:
                hook.remove()

    def _walked(self, *given: Any) -> Any:
        walk = _Walk(self, self._module, self._network)
        if self._precision is torch.float32 or not self._module.training:
            return walk.run(*given)
        with torch.autocast(given[0].device.type, self._precision):
            return walk.run(*given)

    def fault(self) -> Fault | None:
        """Where it began in the newest step; None where nothing unusual was seen."""
        look = self.look
        if look is None:
            return None
        for place, largest in look.forward.items():
            if place not in self._usual:
                finite = largest if largest < float("inf") else None
                return Fault("forward", look.step, *place, self._type(place), finite)
        if look.backward is None:
            return None
        if look.backward == LOSS:
            return Fault("loss", look.step, largest=look.largest_output)
        return Fault("backward", look.step, *look.backward, self._type(look.backward))

    # -- what is seen ----------------------------------------------------------------------------

    def gave(self, place: Place, given: Any, value: Any) -> None:
        if self.look is not None and not _all_numbers(value):
            self.look.forward.setdefault(place, _largest(given))

    def ended(self, value: Any) -> None:
        if self.look is not None:
            self.look.largest_output = _largest(value)

    def came_back(self, place: Place, gradient: Tensor) -> None:
        if self.look is not None and self.look.backward is None and not _all_numbers(gradient):
            self.look.backward = place

    def block_of(self, place: Place) -> str | None:
        return self._project.networks[place[0]].nodes[place[1]].block

    def _type(self, place: Place) -> str:
        return self._project.networks[place[0]].nodes[place[1]].type

    def _owner(self, name: str) -> Place:
        """The node whose parameter it is: ids are paths of attributes."""
        network, rest = self._network, name
        while True:
            nodes = self._project.networks[network].nodes
            owners = [id_ for id_ in nodes if rest == id_ or rest.startswith(f"{id_}.")]
            if not owners:
                return LOSS
            owner = max(owners, key=len)
            block = nodes[owner].block
            if block is None or block not in self._project.networks:
                return network, owner
            network, rest = block, rest[len(owner) + 1 :]
            if (
                rest.partition(".")[0].isdigit()
                and rest.partition(".")[0] not in self._project.networks[block].nodes
            ):
                rest = rest.partition(".")[2]  # one of a repeated block


class _Walk(fx.Interpreter):
    """Runs a module node by node, and those of its blocks, and shows each value to the watch."""

    def __init__(self, watch: Watch, module: fx.GraphModule, network: str, inside: bool = False) -> None:
        super().__init__(module)
        self._watch, self._drawn, self._inside = watch, network, inside
        self._place: Place | None = None

    def run_node(self, n: fx.Node) -> Any:
        name = n.meta.get(NODE) or n.meta.get(FIRST)
        self._place = (self._drawn, name) if name is not None else None
        place = self._place
        value = super().run_node(n)
        if place is not None and not isinstance(value, fx.GraphModule):
            given = self.fetch_args_kwargs_from_env(n) if n.op not in ("placeholder", "output") else ()
            self._watch.gave(place, given, value)
        if n.op == "output" and not self._inside:
            self._watch.ended(value)
        return value

    def fetch_args_kwargs_from_env(self, n: fx.Node) -> Any:
        """The arguments, each on a wire of its own, so that it is seen which consumer sends what back."""
        given = super().fetch_args_kwargs_from_env(n)
        place = self._place if n.op != "output" else (None if self._inside else LOSS)
        return given if place is None else trees.tree_map(lambda value: self._wire(place, value), given)

    def _wire(self, place: Place, value: Any) -> Any:
        if not isinstance(value, Tensor) or not value.requires_grad or not torch.is_grad_enabled():
            return value
        wire = value.view_as(value)
        wire.register_hook(lambda gradient: self._watch.came_back(place, gradient))  # type: ignore[no-untyped-call]
        return wire

    def call_module(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        inner = self.fetch_attr(str(target))
        block = self._watch.block_of(self._place) if self._place is not None else None
        if isinstance(inner, fx.GraphModule) and block is not None and not kwargs:
            return _Walk(self._watch, inner, block, inside=True).run(*args)
        return super().call_module(target, args, kwargs)


def in_data(split: Split) -> Fault | None:
    """The first sample with a value that is no number."""
    for start in range(0, len(split), CHUNK):
        some = slice(start, start + CHUNK)
        for kind, values in (("input", split.inputs(some)), ("target", split.y[some])):
            if values.is_floating_point():
                bad = (
                    ~torch.isfinite(values).flatten(1).all(1) if values.dim() > 1 else ~torch.isfinite(values)
                )
                if bool(bad.any()):
                    sample = start + int(bad.nonzero()[0])
                    return Fault("input" if kind == "input" else "target", 0, sample=sample)
    return None


def _tensors(value: Any) -> list[Tensor]:
    return [v for v in trees.tree_leaves(value) if isinstance(v, Tensor) and v.is_floating_point()]


def _all_numbers(value: Any) -> bool:
    return all(bool(torch.isfinite(tensor).all()) for tensor in _tensors(value))


def _largest(value: Any) -> float:
    """The largest magnitude among the finite ones; infinite where some are no numbers."""
    found = [tensor.detach().abs().max() for tensor in _tensors(value) if tensor.numel()]
    largest = max((float(item) for item in found if not torch.isnan(item)), default=0.0)
    return float("inf") if any(bool(torch.isnan(item)) for item in found) else largest
