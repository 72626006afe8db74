"""The project as one Python script that trains: data, preprocessing, loop, metrics and saving, without us.

On a CPU it repeats the first epoch, and so every one, of a run with the same seed to the last bit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from studio.compiler import layout, source
from studio.compiler.analysis import Context
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.data import settings as data_settings
from studio.data.layout import SERIES, TABLE
from studio.data.repeats import DROP
from studio.data.settings import DataSettings
from studio.data.sources import KINDS
from studio.data.steps import STANDARDIZE, Placed
from studio.data.steps.kind import CHUNK, CHUNK_NUMBERS
from studio.data.texts import SUBWORDS
from studio.export import script_aims as aims
from studio.export import script_augmentation, script_files, script_splits, script_steps
from studio.export import script_parts as parts
from studio.export.script_loop import main
from studio.export.script_plan import OBJECTIVES, Plan
from studio.graph.model import ProjectData
from studio.training import learning
from studio.training import settings as training_settings
from studio.training.machine import ONE_THREAD_BELOW
from studio.training.objectives import context_of, regression
from studio.training.options import BALANCED
from studio.training.settings import Settings
from studio.words import Message, NetloomError


class ScriptError(NetloomError):
    """A project of which no script can be written yet."""


def training_script(project: ProjectData) -> str:
    """The script, formatted as `ruff format` would.

    Raises CompileError where the network has an error, ScriptError and the errors of the settings where the
    rest does not allow it.
    """
    data = data_settings.read(project.data)
    context = context_of(project)
    settings = training_settings.read(project.training, context.task)
    _check(project, data, settings)
    text, _ = source.write(project, settings.network, context)
    classes = text[text.index("\nclass ") :].strip("\n")
    model = re.findall(r"^class (\w+)", classes, re.MULTILINE)[-1]
    plan = Plan(
        project,
        data,
        data.info,
        settings,
        context,
        model,
        _threads(project, settings, context),
        _folded(project, settings, context),
        *_rates(project, settings, context),
    )
    body = "\n\n\n".join([_constants(plan), classes, *_functions(plan), main(plan), _GUARD])
    used = "Iterator, Sequence" if "Sequence[" in body else "Iterator"
    more = [f"from collections.abc import {used}", *_needs(plan)]
    more += [f"import {name}" for name in ("math", "time") if re.search(rf"\b{name}\.[a-z]", body)]
    return f"{_docstring(plan)}\n\n{source.imports(body, more)}\n\n{body}\n"


_GUARD = 'if __name__ == "__main__":\n    main()'


def _needs(plan: Plan) -> list[str]:
    """The imports of what reads and prepares the data."""
    read = script_files.needs(plan) if plan.own else [parts.LOADERS[plan.data.source][0]]
    more = [*script_splits.needs(plan), *(script_steps.needs(plan) if plan.stepped else [])]
    return list(dict.fromkeys(filter(None, [*read, *more])))


def _check(project: ProjectData, data: DataSettings, settings: Settings) -> None:
    reading = project.data.get("reading")
    found = reading if data.source in KINDS and isinstance(reading, Mapping) else {}
    if data.source in KINDS and (reason := script_files.refusal(data, found)) is not None:
        raise ScriptError(reason)
    if data.source not in parts.LOADERS and data.source not in KINDS:
        raise ScriptError(Message("A training script cannot read the data {source} yet.", source=data.source))
    if settings.objective not in OBJECTIVES:
        raise ScriptError(
            Message(
                "A training script cannot be written for the objective {objective} yet: only for {known}.",
                objective=settings.objective,
                known=", ".join(OBJECTIVES),
            )
        )
    if settings.speed.compile:
        raise ScriptError(
            Message(
                "A training script computes in float32 or bfloat16 and without torch.compile. Set "
                "training.precision and training.compile accordingly."
            )
        )
    if data.info.inputs:
        raise ScriptError(
            Message(
                "A training script feeds one input, and the data feed {names}. Export a trained network: its "
                "files have every input.",
                names=", ".join(data.info.inputs),
            )
        )
    _check_steps(data)
    if settings.weights is not None:
        raise ScriptError(
            Message(
                "A training script begins with fresh weights. Take the weights to begin with out of the "
                "training settings first."
            )
        )


def _check_steps(data: DataSettings) -> None:
    """Raises ScriptError for a step of preprocessing that no script does yet."""
    if [step.written for step in data.steps] == [STANDARDIZE]:
        return
    if data.info.tokens is not None:
        others = [step for step in data.steps if step.values is None or step.values.get("by") == SUBWORDS]
        others += data.steps[1:]
    elif data.info.stored.kind == SERIES:
        others = _beyond_windows(data)
    elif data.info.stored.kind == TABLE:
        others = list(filter(None, [script_steps.cannot(data.steps, data.info)]))
    else:
        others = [step for step in data.steps if step.written != STANDARDIZE] or list(data.steps)
    if others:
        raise ScriptError(
            Message(
                "A training script cannot do the step “{step}” yet. Take it out of data.preprocessing, or "
                "export a trained network: its files do every step.",
                step=others[0].says,
            )
        )


def _beyond_windows(data: DataSettings) -> list[Placed]:
    """The steps of a series beside differences and, behind them, its columns standardised."""
    steps = list(data.steps[:-1] if data.steps and data.steps[-1].written == STANDARDIZE else data.steps)
    return [step for step in steps if step.written.get("type") != "difference"]


def _rates(project: ProjectData, settings: Settings, context: Context) -> tuple[dict[str, float], bool]:
    """What multiplies the learning rate of a part, by its path; and whether norms are among the frozen."""
    found = learning.factors(project, settings.network, context)
    if not found:
        return {}, False
    module = build(project, settings.network, context, seed=0)
    learning.freeze(module, found)
    module.train()
    resting = any(not part.training for part in module.modules())
    return found, resting


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


def _docstring(plan: Plan) -> str:
    title = re.sub(r'[\\"\s]+', " ", plan.project.name).strip() or "Untitled"
    first = f'"""{title}: trains the network {plan.training.network}, drawn with Netloom.'
    return f'{first}\n\nSaves the weights of the best epoch as {plan.file}.\n"""'


def _constants(plan: Plan) -> str:
    training = plan.training
    lines = [
        f"SEED = {training.seed}",
        f"EPOCHS = {training.epochs}",
        f"BATCH_SIZE = {training.batch_size}",
        *script_splits.constants(plan),
    ]
    if plan.info.needs_root:
        lines.append(f"ROOT = {layout.text(plan.data.root or 'data')}")
    if plan.own:
        lines += script_files.constants(plan)
    if plan.info.scale != 1.0:
        lines.append(f"SCALE = {plan.info.scale!r}")
    lines += _tempering(plan)
    device = layout.text(training.device)
    if training.device == "auto":
        device = '"cuda" if torch.cuda.is_available() else "cpu"'
    return "\n".join([*lines, f"DEVICE = {device}"])


def _tempering(plan: Plan) -> Iterator[str]:
    """The constants of the finer settings, as far as they are used."""
    options = plan.options
    if plan.grouped:
        yield f"LEARNING_RATE = {plan.training.optimizer.params['lr']!r}"
    if plan.rates:
        parts_ = [f"{layout.text(f'{path}.')}: {rate!r}" for path, rate in plan.rates.items()]
        yield from layout.lines(layout.Group("", tuple(parts_), "dict"), "", "RATES = ")
    for name, value in plan.training.aim.items():
        yield f"{name.upper()} = {value!r}"
    if plan.blended or plan.pixels or options.class_weights == BALANCED:
        yield f"CLASSES = {plan.context.outputs}"
    if isinstance(options.class_weights, tuple):
        weights = tuple(repr(weight) for weight in options.class_weights)
        yield from layout.lines(layout.Group("", weights, "list"), "", "CLASS_WEIGHTS = ")
    if options.accumulate > 1:
        yield f"ACCUMULATE = {options.accumulate}"
    if options.l1:
        yield f"L1 = {options.l1!r}"
    if options.patience is not None:
        yield f"PATIENCE = {options.patience}"
    if options.max_minutes is not None:
        yield f"MAX_MINUTES = {options.max_minutes!r}"


# -- the functions ---------------------------------------------------------------------------------


def _functions(plan: Plan) -> Iterator[str]:
    if plan.own:
        yield from script_files.loader(plan)
    else:
        _, loader = parts.LOADERS[plan.data.source]
        yield loader.replace("{download}", str(plan.data.download)).strip("\n")
    yield from script_splits.functions(plan)
    if plan.data.duplicates == DROP:
        yield parts.ONCE_TEXTS.strip("\n") if plan.tokens is not None else parts.ONCE.strip("\n")
    if plan.stepped:
        yield from script_steps.functions(plan)
    if plan.standardized:
        scaled = "" if plan.info.scale == 1.0 else ".mul_(SCALE)"
        rows = max(1, min(CHUNK, CHUNK_NUMBERS // math.prod(plan.info.shape)))
        series = plan.info.stored.kind == SERIES
        yield parts.MOMENTS.format(
            scaled=scaled,
            rows=rows,
            form="..., C" if series else "C, ...",
            axis=2 if series else 1,
            shape="(1, 1, channels)" if series else "(1, channels, *[1] * (x.dim() - 2))",
        ).strip("\n")
    yield parts.STEPS.strip("\n")
    order = "torch.randperm(len(y), generator=generator)"
    if plan.options.sampler == BALANCED:
        yield parts.DRAW.strip("\n")
        order = "draw(y, generator)"
    laid = ".contiguous(memory_format=torch.channels_last)" if plan.channels_last else ""
    yield parts.BATCHES.format(order=order, inputs=f"x[chosen]{laid}").strip("\n")
    if plan.data.augmentation:
        yield from script_augmentation.functions(plan)
    if plan.blended:
        yield _mixing(plan)
    if plan.rates:
        yield parts.RATE.strip("\n")
    if plan.grouped:
        yield _grouping(plan)
    if plan.again:
        yield aims.again(plan.training.objective, plan.loss)
    elif plan.pixels:
        yield aims.pixels(plan.loss)
    elif plan.classes:
        yield parts.EVALUATE_CLASSES.format(loss=plan.loss).strip("\n")
    else:
        yield from _judging_numbers(plan)


def _judging_numbers(plan: Plan) -> Iterator[str]:
    yield parts.UNITS.strip("\n")
    judged, against = "        error = prediction - standard", "standard"
    if plan.folded is None:
        judged, against = "        error = (prediction - mean) / std - standard", "targets"
    yield parts.EVALUATE_NUMBERS.format(loss=plan.loss, judged=judged, against=against).strip("\n")


def _mixing(plan: Plan) -> str:
    """The function that blends the samples of a batch."""
    mixup, cutmix = plan.options.mixup, plan.options.cutmix
    if mixup and cutmix:
        body = parts.MIX_EITHER.format(mixup=mixup, cutmix=cutmix)
    else:
        body = parts.MIX_CUT.format(alpha=cutmix) if cutmix else parts.MIX_UP.format(alpha=mixup)
    functions = [parts.MIX.format(body=body.strip("\n")), *([parts.PASTE] if cutmix else [])]
    return "\n\n\n".join(function.strip("\n") for function in functions)


def _grouping(plan: Plan) -> str:
    """The function that gives the optimiser its groups of parameters."""
    learns = " and p.requires_grad" if 0.0 in plan.rates.values() else ""
    by_rate = any(rate not in (0.0, 1.0) for rate in plan.rates.values())
    if not by_rate:
        return parts.GROUPS_BY_SHAPE.format(learns=learns).strip("\n")
    factors = sorted({1.0, *plan.rates.values()} - {0.0}, key=lambda rate: (rate != 1.0, rate))
    body = parts.ALIKE if plan.options.decay == "all" else parts.ALIKE_BY_SHAPE
    found = parts.GROUPS_BY_RATE.format(factors=tuple(factors), learns=learns, body=body.strip("\n"))
    return found.strip("\n")
