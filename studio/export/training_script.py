"""The project as one Python script that trains: data, preprocessing, loop, metrics and saving, without us.

On a CPU it repeats the first epoch, and so every one, of a run with the same seed to the last bit.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studio.compiler import layout, source
from studio.compiler.analysis import Context
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.data import settings as data_settings
from studio.data.settings import DataSettings
from studio.data.source import SourceInfo
from studio.data.sources import SOURCES
from studio.export import script_parts as parts
from studio.graph.model import ProjectData
from studio.training import settings as training_settings
from studio.training.machine import ONE_THREAD_BELOW
from studio.training.objectives import context_of, regression
from studio.training.options import Options
from studio.training.settings import Settings
from studio.words import Message, NetloomError

_LOSSES = {
    "cross_entropy": "F.cross_entropy",
    "nll": "F.nll_loss",
    "mse": "F.mse_loss",
    "l1": "F.l1_loss",
    "huber": "F.huber_loss",
}


class ScriptError(NetloomError):
    """A project of which no script can be written yet."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the script is to do. `folded` is the layer that learns in standard units, where there is one."""

    project: ProjectData
    data: DataSettings
    info: SourceInfo
    training: Settings
    context: Context
    model: str
    threads: str
    folded: str | None

    @property
    def regression(self) -> bool:
        return self.training.objective == "regression"

    @property
    def loss(self) -> str:
        return _LOSSES[self.training.loss]

    @property
    def standardized(self) -> bool:
        return "standardize" in self.data.preprocessing

    @property
    def file(self) -> str:
        """What the weights are saved as."""
        name = re.sub(r"\W+", "_", self.project.name.lower(), flags=re.ASCII).strip("_")
        return f"{name or 'model'}.pt"


def training_script(project: ProjectData) -> str:
    """The script, formatted as `ruff format` would.

    Raises CompileError where the network has an error, ScriptError and the errors of the settings where the
    rest does not allow it.
    """
    data = data_settings.read(project.data)
    context = context_of(project)
    settings = training_settings.read(project.training, context.task)
    _check(data, settings)
    text, _ = source.write(project, settings.network, context)
    classes = text[text.index("\nclass ") :].strip("\n")
    model = re.findall(r"^class (\w+)", classes, re.MULTILINE)[-1]
    plan = _Plan(
        project,
        data,
        SOURCES[data.source],
        settings,
        context,
        model,
        _threads(project, settings, context),
        _folded(project, settings, context),
    )
    loader_import, _ = parts.LOADERS[data.source]
    body = "\n\n\n".join([_constants(plan), classes, *_functions(plan), _main(plan), _GUARD])
    more = ["from collections.abc import Iterator", loader_import]
    return f"{_docstring(plan)}\n\n{source.imports(body, more)}\n\n{body}\n"


_GUARD = 'if __name__ == "__main__":\n    main()'


def _check(data: DataSettings, settings: Settings) -> None:
    if data.source not in parts.LOADERS:
        raise ScriptError(Message("A training script cannot read the data {source} yet.", source=data.source))
    if settings.options != Options():
        raise ScriptError(
            Message(
                "A training script cannot do yet what these settings ask: {names}. Leave them out, or train "
                "with netloom train.",
                names=", ".join(_unusual(settings.options)),
            )
        )
    if getattr(settings, "weights", None):
        raise ScriptError(
            Message(
                "A training script begins with fresh weights. Take the weights to begin with out of the "
                "training settings first."
            )
        )


def _unusual(options: Options) -> list[str]:
    usual = Options().to_json()
    return [f"training.{name}" for name, value in options.to_json().items() if value != usual[name]]


def _threads(project: ProjectData, settings: Settings, context: Context) -> str:
    """The number of threads of a run on a CPU, as the script must set it."""
    if settings.threads is not None:
        return str(settings.threads)
    report = analyse(project, context).networks.get(settings.network)
    work = (report.multiply_adds if report else 0) * settings.batch_size
    return "1" if work < ONE_THREAD_BELOW else "max(1, torch.get_num_threads() - 1)"


def _folded(project: ProjectData, settings: Settings, context: Context) -> str | None:
    if settings.objective != "regression":
        return None
    return regression.last_linear(build(project, settings.network, context, seed=0))


def _docstring(plan: _Plan) -> str:
    title = re.sub(r'[\\"\s]+', " ", plan.project.name).strip() or "Untitled"
    first = f'"""{title}: trains the network {plan.training.network}, drawn with Netloom.'
    return f'{first}\n\nSaves the weights of the best epoch as {plan.file}.\n"""'


def _constants(plan: _Plan) -> str:
    training, split = plan.training, plan.data.split
    lines = [
        f"SEED = {training.seed}",
        f"EPOCHS = {training.epochs}",
        f"BATCH_SIZE = {training.batch_size}",
        f"SPLIT_SEED = {split.seed}",
        f"VALIDATION = {split.validation!r}",
        f"TEST = {0.0 if plan.info.test_samples else split.test!r}",
    ]
    if plan.info.needs_root:
        lines.append(f"ROOT = {layout.text(plan.data.root or 'data')}")
    if plan.info.scale != 1.0:
        lines.append(f"SCALE = {plan.info.scale!r}")
    device = layout.text(training.device)
    if training.device == "auto":
        device = '"cuda" if torch.cuda.is_available() else "cpu"'
    return "\n".join([*lines, f"DEVICE = {device}"])


# -- the functions ---------------------------------------------------------------------------------


def _functions(plan: _Plan) -> Iterator[str]:
    _, loader = parts.LOADERS[plan.data.source]
    yield loader.replace("{download}", str(plan.data.download)).strip("\n")
    if plan.regression:
        split = parts.SPLIT.format(
            arguments="samples: int", drawn="drawn by a seed", count="samples", groups="[order]"
        )
    else:
        groups = "[order[y[order] == label] for label in torch.unique(y)]"
        split = parts.SPLIT.format(
            arguments="y: Tensor", drawn="every class in equal shares", count="len(y)", groups=groups
        )
    yield split.strip("\n")
    if plan.standardized:
        scaled = "" if plan.info.scale == 1.0 else ".mul_(SCALE)"
        yield parts.MOMENTS.format(scaled=scaled).strip("\n")
    yield parts.BATCHES.strip("\n")
    if not plan.regression:
        yield parts.EVALUATE_CLASSES.format(loss=plan.loss).strip("\n")
        return
    yield parts.UNITS.strip("\n")
    judged, against = "        error = prediction - standard", "standard"
    if plan.folded is None:
        judged, against = "        error = (prediction - mean) / std - standard", "targets"
    yield parts.EVALUATE_NUMBERS.format(loss=plan.loss, judged=judged, against=against).strip("\n")


# -- main ------------------------------------------------------------------------------------------


def _main(plan: _Plan) -> str:
    lines = [
        f"torch.set_num_threads({plan.threads})",
        "torch.manual_seed(SEED)",
        f"model = {plan.model}().to(DEVICE)",
        "",
        *_data(plan),
        "",
        *layout.lines(
            _optimizer(plan.training.optimizer.type, plan.training.optimizer.params), "", "optimizer = "
        ),
        "best, kept = None, {}",
        "for epoch in range(1, EPOCHS + 1):",
        *(f"    {line}".rstrip() for line in _epoch(plan)),
        "",
        *_end(plan),
    ]
    return "\n".join(["def main() -> None:", *(f"    {line}".rstrip() for line in lines)])


def _data(plan: _Plan) -> Iterator[str]:
    own_test = bool(plan.info.test_samples)
    yield "x, y = load(train=True)" if own_test else "x, y = load()"
    yield f"drawn = split({'len(y)' if plan.regression else 'y'})"
    if plan.standardized:
        yield "mean, std = moments(x[drawn[0]])"
    scaled = "" if plan.info.scale == 1.0 else " * SCALE"
    prepared = f"x.float(){scaled}"
    if plan.standardized:
        prepared = f"({prepared} - mean) / std"
    if own_test:
        yield "parts = [(x[index], y[index]) for index in drawn[:2]] + [load(train=False)]"
        yield f"parts = [({prepared}, y) for x, y in parts]"
        yield "training, validation, test = ((x.to(DEVICE), y.to(DEVICE)) for x, y in parts)"
    else:
        yield f"x = {prepared}"
        yield "parts = ((x[index].to(DEVICE), y[index].to(DEVICE)) for index in drawn)"
        yield "training, validation, test = parts"
    yield "samples = len(training[1])"
    if plan.regression:
        yield "center, spread = (part.to(DEVICE) for part in units(y[drawn[0]]))"


def _optimizer(kind: str, params: Mapping[str, Any]) -> layout.Expression:
    import torch

    known = inspect.signature(getattr(torch.optim, kind)).parameters
    said: list[layout.Expression] = ["model.parameters()"]
    for name, value in params.items():
        given = tuple(value) if isinstance(value, list) else value
        if name == "lr" or given != known[name].default:
            said.append(f"{name}={given!r}")
    if "fused" in known:
        said.append("fused=True")
    return layout.call(f"torch.optim.{kind}", said)


def _epoch(plan: _Plan) -> Iterator[str]:
    yield "seed = (SEED * 1_000_003 + epoch) % 2**63"
    yield "torch.manual_seed(seed)"
    yield "order = torch.Generator().manual_seed(seed)"
    yield "model.train()"
    yield "total = 0.0" if plan.regression else "total, right = 0.0, 0"
    yield "for inputs, targets in batches(*training, BATCH_SIZE, order):"
    yield "    optimizer.zero_grad()"
    yield "    prediction = model(inputs)"
    against = "(targets - center) / spread" if plan.folded else "targets"
    yield f"    loss = {plan.loss}(prediction, {against})"
    yield "    loss.backward()"
    yield "    optimizer.step()"
    yield "    total += loss.item() * len(targets)"
    if plan.regression:
        yield 'result = {"loss": total / samples}'
    else:
        yield "    right += int((prediction.argmax(1) == targets).sum())"
        yield 'result = {"loss": total / samples, "accuracy": right / samples}'
    yield 'print(f"epoch {epoch}: train {result}")'
    if plan.data.split.validation:
        yield f"result = evaluate(model, *validation{_given(plan)})"
        yield 'print(f"epoch {epoch}: validation {result}")'
    score = '-result["loss"]' if plan.regression else '(result["accuracy"], -result["loss"])'
    yield f"score = {score}"
    yield "if best is None or score > best:"
    yield "    state = model.state_dict()"
    yield "    best, kept = score, {name: value.clone() for name, value in state.items()}"


def _given(plan: _Plan) -> str:
    return ", center, spread" if plan.regression else ""


def _end(plan: _Plan) -> Iterator[str]:
    yield "model.load_state_dict(kept)"
    if plan.info.test_samples or plan.data.split.test:
        yield f'print(f"test: {{evaluate(model, *test{_given(plan)})}}")'
    if plan.folded is not None:
        yield "# the last layer has learned in standard units; back to those of the data"
        weight, bias = layout.text(f"{plan.folded}.weight"), layout.text(f"{plan.folded}.bias")
        yield f"kept[{weight}] *= spread.unsqueeze(1)"
        yield f"kept[{bias}] = kept[{bias}] * spread + center"
    yield f"torch.save(kept, {layout.text(plan.file)})"
