"""What is exported: the trained module, with or without its preprocessing, and samples to prove it on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from studio.compiler.analysis import Context, Size, TensorSpec
from studio.data.layout import OTHER, Layout
from studio.data.preprocessing import Preprocessing
from studio.data.rows import rows
from studio.export import cut as cuts
from studio.export.cut import Cut, DeployedApart
from studio.export.formats import ExportError, Format
from studio.graph.model import INPUT, OUTPUT
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from studio.graph.model import ProjectData
    from studio.training.runs import Run

SAMPLES = 64


class Deployed(nn.Module):
    """The network behind its preprocessing: takes values as they are stored, (N, C, ...)."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        self._preprocessing = preprocessing

    def forward(self, input: Tensor) -> Any:
        return self.network(self._preprocessing.apply(input))


@dataclass(frozen=True, slots=True)
class Subject:
    """`module` is what is written; `samples` are what it takes, an input each, (n, ...).

    `network` is the module without preprocessing, `raw` whether `module` has it inside. `before` are the
    samples as they are stored, where anything is done to them before the network. `cut` says how their
    columns go to several inputs.
    """

    project: ProjectData
    network_name: str
    loss: str
    context: Context
    preprocessing: Preprocessing
    network: nn.Module
    module: nn.Module
    raw: bool
    samples: tuple[Tensor, ...]
    before: Tensor | None
    real_samples: bool
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    cut: Cut | None = None

    def outputs(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """What the module gives for `inputs`, as a list."""
        with torch.no_grad():
            return flat(self.module(*inputs))

    def with_raw_inputs(self) -> Subject:
        """The same with the preprocessing inside. The folder's predict.py is proven against this."""
        return self if self.raw else _assemble(self, raw=True)

    @property
    def stored(self) -> tuple[int, ...]:
        """One sample's shape before any preprocessing."""
        return tuple((self.samples[0] if self.before is None else self.before).shape[1:])

    def details(self, chosen: Format) -> tuple[Message, ...]:
        """Lines for a person: what the file takes and what it was compared on."""
        shape = "×".join(
            ("N", *map(str, self.stored if chosen.name == "folder" else self.samples[0].shape[1:]))
        )
        if self.cut is not None and chosen.name != "folder":
            given = zip(self.input_names, self.samples, strict=True)
            shape = ", ".join(f"{name} N×{value.shape[1]}" for name, value in given)
        lines = []
        if self.preprocessing.of_texts and chosen.name != "folder":
            lines.append(
                Message(
                    "It takes the numbers of words, {shape}, and does not know the words: an exported folder "
                    "does.",
                    shape=shape,
                )
            )
        elif chosen.name == "folder" or self.raw:
            lines.append(Message("It takes raw values, {shape}; the preprocessing is inside.", shape=shape))
        elif self.preprocessing.steps:
            lines.append(
                Message(
                    "It takes values that are preprocessed already, {shape}: see its metadata.", shape=shape
                )
                if chosen.name in {"onnx", "pt2", "safetensors"}
                else Message("It takes values that are preprocessed already, {shape}.", shape=shape)
            )
        if not self.real_samples:
            lines.append(Message("The run's data was not at hand, so random values were compared."))
        return tuple(lines)


def flat(outputs: Any) -> list[Tensor]:
    """One tensor, or the tensors of a tuple, list or mapping in order, as a list."""
    if isinstance(outputs, Tensor):
        return [outputs]
    values = outputs.values() if isinstance(outputs, dict) else outputs
    return [tensor for value in values for tensor in flat(value)]


def of(run: Run, which: str, raw: bool) -> Subject:
    """The trained network of a run. Raises NetloomError where the run's weights cannot be loaded."""
    network = run.load_module(which, apart=True)
    nodes = run.project.networks[run.settings.network]
    inputs = [node.id for node in nodes.of_type(INPUT)]
    outputs = [node.id for node in nodes.of_type(OUTPUT)]
    cut = cuts.of(run)
    before = _real(run) if len(inputs) == 1 or cut is not None else None
    real = before is not None
    if before is None and (cut is not None or (len(inputs) == 1 and run.preprocessing.steps)):
        before = _drawn(run)
    samples = _random(run) if before is None else (run.preprocessing.apply(before),)
    if cut is not None:
        samples = cut.apart(samples[0], raw=False)
    names = ("input",) if len(inputs) == 1 else tuple(inputs)
    plain = Subject(
        run.project,
        run.settings.network,
        run.settings.loss,
        run.context,
        run.preprocessing,
        network,
        network,
        False,
        samples,
        None if run.preprocessing.of_texts else before,
        real,
        names,
        tuple(name if name not in names else f"{name}_output" for name in outputs),
        cut,
    )
    return _assemble(plain, raw=True) if raw else plain


def _assemble(plain: Subject, raw: bool) -> Subject:
    if not raw or not plain.preprocessing.steps or plain.preprocessing.of_texts:
        return plain
    if plain.cut is not None and plain.before is not None:
        apart = DeployedApart(plain.network, plain.preprocessing, plain.cut).eval()
        return replace(plain, module=apart, raw=True, samples=plain.cut.apart(plain.before, raw=True))
    if len(plain.input_names) > 1:
        raise ExportError(
            Message(
                "A network of several inputs is exported without preprocessing. Leave it out, and try again."
            )
        )
    module = Deployed(plain.network, plain.preprocessing).eval()
    assert plain.before is not None, "there is one input, and something is done to it"
    return replace(plain, module=module, raw=True, samples=(plain.before,))


def _real(run: Run) -> Tensor | None:
    """Samples of the run's data as they are stored; None where the data is not at hand."""
    from studio.data.prepare import prepare

    if not run.project.data.get("source"):
        return None
    try:
        # The run may lie beside its project, which a relative data folder starts from. Nothing is fetched.
        settings = {**run.project.data, "download": False}
        data = prepare(settings, run.folder.parent.parent, as_stored=True)
    except NetloomError:
        return None
    part = next((split for split in (data.test, data.validation, data.train) if len(split)), None)
    if part is None:
        return None
    taken = rows(part.x, slice(0, SAMPLES))
    return taken if run.preprocessing.of_texts else taken.to(torch.float32)


def _drawn(run: Run) -> Tensor | None:
    """Random samples as they might be stored, from a fixed seed; None for texts."""
    from studio.data.sources import known

    if run.preprocessing.of_texts:
        return None
    info = known(run.project.data)
    shape = tuple(_random(run)[0].shape[1:])
    layout = info.stored if info is not None else Layout(OTHER, shape)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(SAMPLES, *layout.shape, generator=generator)
    first = itertools.takewhile(lambda step: step["type"] in _SCALES, run.preprocessing.steps)
    for step in reversed(list(first)):
        x = _SCALES[step["type"]](step, x)
    for i, column in enumerate(layout.columns):
        if column.values:
            drawn = torch.randint(len(column.values), (SAMPLES,), generator=generator)
            x.select(layout.axis, i).copy_(drawn.view(-1, *[1] * (x.dim() - 2)))
    return x


def _spread_out(step: Mapping[str, Any], x: Tensor) -> Tensor:
    shape = [1] * x.dim()
    shape[step.get("axis", 1)] = -1
    mean, std = (torch.tensor(step[name], dtype=x.dtype).view(shape) for name in ("mean", "std"))
    return x * std + mean


_SCALES: Mapping[str, Callable[[Mapping[str, Any], Tensor], Tensor]] = {
    "scale": lambda step, x: x / step["factor"],
    "standardize": _spread_out,
}
"""how values of common size are brought to where those of the data lie"""


def _random(run: Run) -> tuple[Tensor, ...]:
    """Values of the shapes that the analysis finds, from a fixed seed."""
    from studio.compiler.infer import analyse

    analysis = analyse(run.project, run.context)
    name = run.settings.network
    generator = torch.Generator().manual_seed(0)
    drawn = []
    for node in run.project.networks[name].of_type(INPUT):
        report = analysis.report(name, node.id)
        spec = report.outputs[0] if report is not None and report.outputs else None
        if spec is None:
            raise ExportError(
                Message("The shape of {node} is not known. Set its shape, and train again.", node=node.id)
            )
        drawn.append(_draw(spec, generator))
    if not drawn:
        raise ExportError(Message("The network has no input, so there is nothing to export."))
    return tuple(drawn)


def _draw(spec: TensorSpec, generator: torch.Generator) -> Tensor:
    shape = [d.at(SAMPLES) if isinstance(d, Size) else d for d in spec.shape]
    dtype: torch.dtype = getattr(torch, spec.dtype)
    if dtype.is_floating_point:
        return torch.randn(shape, generator=generator, dtype=dtype)
    return torch.randint(0, 2, shape, generator=generator).to(dtype)
