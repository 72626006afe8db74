"""What every node of a network gives for one sample of the data. For a worker thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx

from studio import quantities
from studio.compiler.analysis import Analysis, Context
from studio.compiler.build import FIRST, NODE, build
from studio.compiler.survey import main_network
from studio.data import texts
from studio.data.prepare import Prepared, Split, prepare
from studio.graph import passing
from studio.graph.model import INPUT, OUTPUT, Network, Node, ProjectData
from studio.insight.pictures import Output, output_of
from studio.training import machine, runs, settings, whole
from studio.training.generator import alone
from studio.words import Message, NetloomError

MOST_MULTIPLY_ADDS = 200_000_000
MOST_BYTES = 64 * 2**20
SAMPLES = 256
"""how many samples are kept to choose from"""


class NoPreviewError(NetloomError):
    """There is nothing to show, and why."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be shown. `base` is the folder of the project's file, `runs` that of its runs."""

    project: ProjectData
    base: Path | None
    runs: Path
    context: Context
    analysis: Analysis
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Findings:
    """What came out. `outputs` are by network and node; a block used twice shows its first use.

    `sample` counts from 0 and is one of `samples`; `label` is its class or target, `words` what a text says
    as far as the network reads it.
    """

    outputs: Mapping[tuple[str, str], Output]
    sample: int
    samples: int
    label: str
    weights: Message
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Samples:
    x: Tensor
    labels: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(slots=True)
class Probe:
    """Keeps the first samples and the last network between calls; safe to be called from any thread."""

    _turn: threading.Lock = field(default_factory=threading.Lock)
    _samples: tuple[object, _Samples] | None = None
    _module: tuple[object, fx.GraphModule, Message] | None = None

    def run(self, request: Request, check: Callable[[], None] = lambda: None) -> Findings:
        """Runs the network once. `check` may raise to give up.

        Raises NoPreviewError where that would cost too much or a training goes on, NetloomError where the
        data, the settings or the network are not fit for it.
        """
        network = main_network(request.project)
        _refuse(request, network)
        with self._turn:
            check()
            samples = self._samples_of(request)
            check()
            place = min(max(request.sample, 0), len(samples.x) - 1)
            with alone(), machine.using_threads(1), torch.no_grad():
                module, weights = self._module_of(request, network)
                check()
                outputs = _outputs(module, request.project, network, samples.x[place : place + 1])
        label, words = samples.labels[place], samples.words[place]
        return Findings(outputs, place, len(samples.x), label, weights, words)

    def _samples_of(self, request: Request) -> _Samples:
        key = (json.dumps(dict(request.project.data), sort_keys=True), request.base)
        if self._samples is None or self._samples[0] != key:
            prepared = prepare({**request.project.data, "download": False}, request.base)
            self._samples = (key, _first(prepared))
        return self._samples[1]

    def _module_of(self, request: Request, network: str) -> tuple[fx.GraphModule, Message]:
        run = _newest_run(request, network)
        chosen = settings.read(request.project.training, request.context.task)
        what = _essence(request.project, network)
        weights = run.weights() if run is not None else None
        stamp = weights.stat().st_mtime_ns if weights is not None else chosen.seed
        key = (what, network, request.context, weights, stamp)
        if self._module is None or self._module[0] != key:
            if run is not None:
                module = run.load_module()
                said = Message("weights of run {run}", run=run.folder.name)
            else:
                drawn = build(request.project, network, request.context, seed=chosen.seed)
                module = whole.taking(drawn, request.context)
                said = Message("untrained weights")
            self._module = (key, module.eval(), said)
        return self._module[1:]


def _refuse(request: Request, network: str) -> None:
    report = request.analysis.networks.get(network)
    if report is None or request.analysis.errors:
        raise NoPreviewError(Message("The outputs are shown once the network has no errors."))
    if report.multiply_adds > MOST_MULTIPLY_ADDS or report.activation_bytes > MOST_BYTES:
        raise NoPreviewError(
            Message(
                "This network is too large to be run for pictures: {work} multiply-adds a sample, {memory} "
                "of outputs.",
                work=quantities.short(report.multiply_adds),
                memory=quantities.data_size(report.activation_bytes),
            )
        )
    inputs = len(request.project.networks[network].of_type(INPUT))
    if inputs != 1 and not request.context.names:
        raise NoPreviewError(
            Message("The outputs are shown for networks with one input; this has {n}.", n=inputs)
        )


def _first(prepared: Prepared) -> _Samples:
    """The first samples that were not trained on, where there are any."""
    split: Split = prepared.validation if len(prepared.validation) else prepared.train
    x = split.inputs(slice(0, SAMPLES)).clone()
    names = prepared.class_names if prepared.context.task == "classification" else ()
    cut = next((step for step in prepared.preprocessing.steps if step["type"] == "tokens"), None)
    words = [texts.words(cut, row) for row in x.tolist()] if cut is not None else [""] * len(x)
    return _Samples(x, tuple(_label(y, names) for y in split.y[: len(x)]), tuple(words))


def _label(target: Tensor, names: tuple[str, ...]) -> str:
    number = target.flatten()[0].item()
    if isinstance(number, int):
        return names[number] if number < len(names) else str(number)
    return quantities.significant(number)


# -- whose weights -------------------------------------------------------------------------------------


def _newest_run(request: Request, network: str) -> runs.Run | None:
    """The newest run that kept weights, if it was of this network on this data."""
    for info in reversed(runs.list_runs(request.runs)):
        if (info.folder / "best.safetensors").is_file():
            run = runs.open_run(info.folder)
            same = (
                run.settings.network == network
                and run.context == request.context
                and _essence(run.project, network) == _essence(request.project, network)
                and _data(run.project) == _data(request.project)
            )
            return run if same else None
    return None


def _data(project: ProjectData) -> dict[str, Any]:
    """What decides which samples there are; where they lie does not."""
    return {key: value for key, value in project.data.items() if key not in {"root", "download"}}


def _essence(project: ProjectData, network: str) -> dict[str, tuple[tuple[Node, ...], dict[str, Any]]]:
    """A network and the blocks it uses as they run, without where the cards lie."""
    project = passing.plain(project)
    found: dict[str, tuple[tuple[Node, ...], dict[str, Any]]] = {}
    waiting = [network]
    while waiting:
        name = waiting.pop()
        if name not in found and name in project.networks:
            held = project.networks[name]
            nodes = tuple(replace(node, at=(0, 0), extra={}) for node in held.nodes.values())
            found[name] = (nodes, dict(held.parameters))
            waiting += [node.block for node in nodes if node.block]
    return found


# -- running -------------------------------------------------------------------------------------------


def _outputs(
    module: fx.GraphModule, project: ProjectData, network: str, x: Tensor
) -> dict[tuple[str, str], Output]:
    found: dict[tuple[str, str], Output] = {}
    _Recorder(module, project, network, found).run(x)
    return found


class _Recorder(fx.Interpreter):
    """Runs a module node by node, and those of its blocks, and takes a picture of what each gives."""

    def __init__(
        self, module: fx.GraphModule, project: ProjectData, network: str, found: dict[tuple[str, str], Output]
    ) -> None:
        super().__init__(module)
        self._project, self._network, self._found = project, network, found
        self._drawn: Network = project.networks[network]

    def run_node(self, n: fx.Node) -> Any:
        if FIRST in n.meta:
            return self._block(n, n.meta[FIRST])
        name = n.meta.get(NODE)
        result = self._block(n, name) if name is not None else super().run_node(n)
        if name is not None:
            self._take(name, result, self._drawn.nodes[name].type == INPUT)
        elif n.op == "output":
            ends = [node.id for node in self._drawn.of_type(OUTPUT)]
            given = result if isinstance(result, tuple) and len(ends) > 1 else (result,)
            for end, value in zip(ends, given, strict=False):
                self._take(end, value)
        return result

    def _block(self, n: fx.Node, name: str) -> Any:
        """What a node gives; a block is looked into, unless it was before or is given arguments by name."""
        block = self._drawn.nodes[name].block
        inner = self.fetch_attr(str(n.target)) if n.op == "call_module" else None
        seen = any(network == block for network, _ in self._found)
        if block is None or seen or not isinstance(inner, fx.GraphModule):
            return super().run_node(n)
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        if kwargs:
            return super().run_node(n)
        return _Recorder(inner, self._project, block, self._found).run(*args)

    def _take(self, node: str, value: Any, color: bool = False) -> None:
        while isinstance(value, tuple | list) and value:
            value = value[0]
        if isinstance(value, Tensor):
            made = output_of(value, color)
            if made is not None:
                self._found.setdefault((self._network, node), made)
