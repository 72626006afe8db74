"""The `main` of a training script: optimiser, schedule, loop and saving, as far as the project uses them.

Each line does what `training.loop` and its neighbours do, in the same order, so that the bits are the same.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from studio.compiler import layout
from studio.data.repeats import DROP
from studio.export import script_augmentation, script_splits, script_steps
from studio.export.script_plan import Plan
from studio.training.options import BALANCED
from studio.training.schedules import WARMUP_FROM


def main(plan: Plan) -> str:
    """The function that trains."""
    lines = [
        *_threads(plan),
        "torch.manual_seed(SEED)",
        f"model = {plan.model}().to({_place(plan)})",
        "",
        *_data(plan),
        "",
        *_frozen(plan),
        *_laid("optimizer = ", _optimizer(plan)),
        *_kept_beside(plan),
        *_schedule(plan),
        "best, kept = None, {}",
        *_limit(plan),
        "for epoch in range(1, EPOCHS + 1):",
        *(f"    {line}" for line in _epoch(plan)),
        "",
        *_end(plan),
    ]
    return "\n".join(["def main() -> None:", *(f"    {line}".rstrip() for line in lines)])


def _threads(plan: Plan) -> Iterator[str]:
    if plan.alone:
        yield f"threads = {plan.threads}"
        yield "torch.set_num_threads(1)  # sums of many numbers come out alike"
    else:
        yield f"torch.set_num_threads({plan.threads})"


def _place(plan: Plan) -> str:
    return "DEVICE, memory_format=torch.channels_last" if plan.channels_last else "DEVICE"


def _laid(head: str, value: layout.Expression, depth: int = 4) -> Iterator[str]:
    """A statement in lines, for a place that is indented by `depth`."""
    return (line[depth:] for line in layout.lines(value, " " * depth, head))


def _read(plan: Plan) -> Iterator[str]:
    """What is read, parted, and worked out from the samples that train."""
    names = f"{'x' if plan.tokens is None else 'texts'}, y{', column' if plan.column is not None else ''}"
    yield f"{names} = load({'train=True' if plan.info.test_samples else ''})"
    yield f"drawn = {script_splits.call(plan)}"
    if plan.data.duplicates == DROP:
        yield f"drawn = once({'texts' if plan.tokens is not None else 'x'}, drawn)"
    if plan.tokens is not None:
        yield "known = vocabulary([texts[i] for i in drawn[0].tolist()])"
        yield "x = numbered(texts, known)"
    elif plan.stepped:
        yield script_steps.prepare(plan)
    elif plan.differences:
        yield f"x = x.diff(n={plan.differences}, dim=1)"
    if plan.standardized:
        yield "mean, std = moments(x[drawn[0]])"


def _data(plan: Plan) -> Iterator[str]:
    own_test = bool(plan.info.test_samples)
    yield from _read(plan)
    if plan.alone:
        yield "torch.set_num_threads(threads)"
    scaled = "" if plan.info.scale == 1.0 else " * SCALE"
    prepared = "x" if plan.stepped or plan.tokens is not None else f"x.float(){scaled}"
    late = plan.standardized and plan.changes_images
    if plan.standardized and not late:
        prepared = f"({prepared} - mean) / std"
    if own_test:
        yield "parts = [(x[index], y[index]) for index in drawn[:2]] + [load(train=False)]"
        yield f"parts = [({prepared}, y) for x, y in parts]"
        yield "training, validation, test = ((x.to(DEVICE), y.to(DEVICE)) for x, y in parts)"
    else:
        if prepared != "x":
            yield f"x = {prepared}"
        yield "parts = ((x[index].to(DEVICE), y[index].to(DEVICE)) for index in drawn)"
        yield "training, validation, test = parts"
    if late:  # images are changed before that
        yield "mean, std = mean.to(DEVICE), std.to(DEVICE)"
        yield "judged = (validation, test)"
        yield "validation, test = (((x - mean) / std, y) for x, y in judged)"
    yield from script_augmentation.facts(plan)
    if plan.options.max_minutes is None or plan.options.accumulate > 1 or plan.paced:
        yield "samples = len(training[1])"
    if plan.regression:
        yield "center, spread = (part.to(DEVICE) for part in units(y[drawn[0]]))"
    if plan.options.class_weights == BALANCED:
        yield "counts = torch.bincount(training[1].cpu(), minlength=CLASSES).double()"
        yield "weights = (samples / (CLASSES * counts.clamp(min=1))).float().to(DEVICE)"
    elif plan.options.class_weights is not None:
        yield "weights = torch.tensor(CLASS_WEIGHTS, device=DEVICE)"


# -- what moves the weights ------------------------------------------------------------------------


def _frozen(plan: Plan) -> Iterator[str]:
    if 0.0 not in plan.rates.values():
        return
    yield "for name, parameter in model.named_parameters():"
    yield "    parameter.requires_grad_(rate(name) > 0)"
    if plan.resting:
        yield "resting = ["
        yield "    part"
        yield "    for name, part in model.named_modules()"
        yield '    if rate(name) == 0 and getattr(part, "running_mean", None) is not None'
        yield "]"


def _optimizer(plan: Plan) -> layout.Expression:
    import torch

    optimizer = plan.training.optimizer
    known = inspect.signature(getattr(torch.optim, optimizer.type)).parameters
    said: list[layout.Expression] = ["groups(model)" if plan.grouped else _trained(plan)]
    for name, value in optimizer.params.items():
        given = tuple(value) if isinstance(value, list) else value
        if name == "lr":
            said.append("lr=LEARNING_RATE" if plan.grouped else f"lr={given!r}")
        elif given != known[name].default:
            said.append(f"{name}={given!r}")
    if "fused" in known:
        said.append("fused=True")
    return layout.call(f"torch.optim.{optimizer.type}", said)


def _trained(plan: Plan) -> str:
    if 0.0 in plan.rates.values():
        return "[p for p in model.parameters() if p.requires_grad]"
    return "model.parameters()"


def _kept_beside(plan: Plan) -> Iterator[str]:
    options = plan.options
    if options.clip_norm is not None or options.l1 or options.accumulate > 1:
        yield 'trained = [p for group in optimizer.param_groups for p in group["params"]]'
    if options.ema is not None:
        swa = "torch.optim.swa_utils"
        yield f"averaging = {swa}.get_ema_multi_avg_fn({options.ema!r})"
        yield f"average = {swa}.AveragedModel(model, multi_avg_fn=averaging)"


def _schedule(plan: Plan) -> Iterator[str]:
    options, lr_scheduler = plan.options, "torch.optim.lr_scheduler"
    if plan.plateau:
        said = _arguments("optimizer", options.schedule.params)
        yield from _laid("plateau = ", layout.call(f"{lr_scheduler}.ReduceLROnPlateau", said))
    if not plan.paced:
        return
    counted = "steps(samples, BATCH_SIZE)"
    if options.accumulate > 1:
        counted = f"math.ceil({counted} / ACCUMULATE)"
    yield f"an_epoch = {counted}"
    if options.warms_up or "left" in _paced(plan).values():
        yield "left = EPOCHS * an_epoch"
    main = options.schedule.type if options.schedule.type != "constant" and not plan.plateau else None
    made = layout.call(f"{lr_scheduler}.{main}", _arguments("optimizer", _paced(plan)))
    if not options.warms_up:
        yield from _laid("scheduler = ", made)
        return
    length = options.warmup_steps or f"max(1, round({options.warmup_epochs!r} * an_epoch))"
    yield f"warmup = min({length}, left - 1)"
    rising = f"{lr_scheduler}.LinearLR(optimizer, {WARMUP_FROM}, total_iters=warmup)"
    if main is None:
        yield f"scheduler = {rising}"
        return
    if "left" in _paced(plan).values():
        yield "left -= warmup"
    yield f"rising = {rising}"
    yield from _laid("following = ", made)
    both = layout.call(f"{lr_scheduler}.SequentialLR", ["optimizer", "[rising, following]", "[warmup]"])
    yield from _laid("scheduler = ", both)


def _arguments(first: str, params: Mapping[str, Any]) -> list[layout.Expression]:
    return [first, *(f"{name}={value}" for name, value in params.items())]


def _paced(plan: Plan) -> dict[str, str]:
    """The arguments of the schedule as text: lengths in epochs become steps, as `training.schedules` does."""
    params = dict(plan.options.schedule.params)
    by_epoch = params.pop("unit", "epochs") == "epochs"
    said = {name: repr(value) for name, value in params.items()}
    times = " * an_epoch" if by_epoch else ""
    match plan.options.schedule.type:
        case "StepLR":
            said["step_size"] += times
        case "MultiStepLR":
            said["milestones"] = (
                f"[at{times} for at in {said['milestones']}]" if times else said["milestones"]
            )
        case "ExponentialLR":
            said["gamma"] += " ** (1 / an_epoch)" if by_epoch else ""
        case "CosineAnnealingWarmRestarts":
            said["T_0"] += times
        case "LinearLR" | "PolynomialLR":
            said["total_iters"] = "left"
        case "CosineAnnealingLR":
            said = {"T_max": "left", **said}
        case "OneCycleLR":
            rates = '[group["lr"] for group in optimizer.param_groups]'
            said = {"max_lr": rates, "total_steps": "left", **said, "cycle_momentum": "False"}
    return said


# -- the loop --------------------------------------------------------------------------------------


def _limit(plan: Plan) -> Iterator[str]:
    if plan.options.patience is not None:
        yield "newest_best = 0"
    if plan.options.max_minutes is not None:
        yield "end = time.monotonic() + 60 * MAX_MINUTES"


def _epoch(plan: Plan) -> Iterator[str]:
    yield "seed = (SEED * 1_000_003 + epoch) % 2**63"
    yield "torch.manual_seed(seed)"
    yield "order = torch.Generator().manual_seed(seed)"
    yield "model.train()"
    if plan.resting:
        yield "for norm in resting:"
        yield "    norm.eval()"
    yield (
        "total, right = 0.0, 0" if plan.classes else "total, table = 0.0, 0" if plan.pixels else "total = 0.0"
    )
    if plan.options.max_minutes is not None:
        yield "seen = 0"
    yield from _batches(plan)
    seen = "samples" if plan.options.max_minutes is None else "seen"
    more = f', "accuracy": right / {seen}' if plan.classes else ", **overlap(table)" if plan.pixels else ""
    yield f'result = {{"loss": total / {seen}{more}}}'
    yield 'print(f"epoch {epoch}: train {result}")'
    if script_splits.validates(plan):
        yield f"result = evaluate({plan.judged}, *validation{_given(plan)})"
        yield 'print(f"epoch {epoch}: validation {result}")'
    if plan.plateau:
        yield 'plateau.step(result["loss"])'
    first = 'result["accuracy"], ' if plan.classes else 'result["iou"], ' if plan.pixels else ""
    yield f'score = ({first}-result["loss"])' if first else 'score = -result["loss"]'
    yield "if best is None or score > best:"
    yield f"    state = {plan.judged}.state_dict()"
    yield "    best, kept = score, {name: value.clone() for name, value in state.items()}"
    if plan.options.patience is not None:
        yield "    newest_best = epoch"
        yield "if epoch - newest_best >= PATIENCE:"
        yield "    break"
    if plan.options.max_minutes is not None:
        yield "if time.monotonic() >= end:"
        yield "    break"


def _batches(plan: Plan) -> Iterator[str]:
    accumulated, given = plan.options.accumulate > 1, "batches(*training, BATCH_SIZE, order)"
    if plan.data.augmentation:
        yield f"given = {given}"
        more = "".join(f", {name}" for name in script_augmentation.values(plan))
        given = f"augmented(given, seed{more})"
    if accumulated:
        yield "count = steps(samples, BATCH_SIZE)"
        yield f"given = {given}"
        yield "for step, (inputs, targets) in enumerate(given, 1):"
    else:
        yield f"for inputs, targets in {given}:"
    yield from (f"    {line}" for line in _batch(plan))


def _batch(plan: Plan) -> Iterator[str]:
    options, accumulated = plan.options, plan.options.accumulate > 1
    against = "inputs" if plan.again else "(targets - center) / spread" if plan.folded else "targets"
    if plan.blended:
        yield "inputs, shares = mix(inputs, targets)"
        yield "targets = shares.argmax(1)"
        against = "shares"
    if not accumulated:
        yield "optimizer.zero_grad()"
    yield from _predicted(plan)
    more = [] if options.class_weights is None else ["weight=weights"]
    more += [f"label_smoothing={options.label_smoothing!r}"] if options.label_smoothing else []
    lost = "lost" if plan.training.objective == "variational" else plan.loss
    yield from _laid("loss = ", layout.call(lost, ["prediction", against, *more]), 12)
    yield "(loss / ACCUMULATE).backward()" if accumulated else "loss.backward()"
    if not accumulated:
        yield from _step(plan)
    yield "total += loss.item() * len(targets)"
    if plan.classes:
        yield "right += int((prediction.argmax(1) == targets).sum())"
    elif plan.pixels:
        yield "table = table + pairs(prediction, targets)"
    if options.max_minutes is not None:
        yield "seen += len(targets)"
    if accumulated:
        yield "if step % ACCUMULATE == 0 or step == count:"
        yield from (f"    {line}" for line in _step(plan))
        yield "    optimizer.zero_grad()"
    if options.max_minutes is not None:
        ended = "time.monotonic() >= end"
        yield f"if step % ACCUMULATE == 0 and {ended}:" if accumulated else f"if {ended}:"
        yield "    break"


def _predicted(plan: Plan) -> Iterator[str]:
    given = "inputs"
    if plan.training.objective == "denoising":
        yield "noisy = inputs + torch.randn_like(inputs) * NOISE"
        given = "noisy"
    if not plan.low:
        yield f"prediction = model({given})"
        return
    yield "with torch.autocast(torch.device(DEVICE).type, torch.bfloat16):"
    if plan.training.objective == "variational":
        yield f"    prediction = [part.float() for part in model({given})]"
    else:
        yield f"    prediction = model({given}).float()"


def _step(plan: Plan) -> Iterator[str]:
    options = plan.options
    if options.accumulate > 1:
        yield "if rest := step % ACCUMULATE:  # fewer batches than the others"
        yield "    for p in trained:"
        yield "        if p.grad is not None:"
        yield "            p.grad.mul_(ACCUMULATE / rest)"
    if options.l1:
        yield "for p in trained:"
        yield f"    if p.grad is not None{'' if options.decay == 'all' else ' and p.ndim > 1'}:"
        yield "        p.grad.add_(p.detach().sign(), alpha=L1)"
    if options.clip_norm is not None:
        yield f"nn.utils.clip_grad_norm_(trained, {options.clip_norm!r})"
    yield "optimizer.step()"
    if options.ema is not None:
        yield "average.update_parameters(model)"
    if plan.paced:
        yield "scheduler.step()"


def _given(plan: Plan) -> str:
    return ", center, spread" if plan.regression else ""


def _end(plan: Plan) -> Iterator[str]:
    yield "model.load_state_dict(kept)"
    if script_splits.tests(plan):
        yield f'print(f"test: {{evaluate(model, *test{_given(plan)})}}")'
    if plan.folded is not None:
        yield "# the last layer has learned in standard units; back to those of the data"
        weight, bias = layout.text(f"{plan.folded}.weight"), layout.text(f"{plan.folded}.bias")
        yield f"kept[{weight}] *= spread.unsqueeze(1)"
        yield f"kept[{bias}] = kept[{bias}] * spread + center"
    yield f"torch.save(kept, {layout.text(plan.file)})"
