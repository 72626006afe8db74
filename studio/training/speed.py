"""How the steps of a run are computed: in which precision, with images lying how, on how many threads.

What the settings leave open is measured for a moment at the start (`training.trial`), or follows a rule where
a measurement would cost more than it brings. The choice stands in the run's record and is taken again when
the run is resumed, because another one would round otherwise (docs/decisions/0160).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, fx, nn

from studio.data.batches import steps
from studio.data.rows import Stored
from studio.training import machine, shortened
from studio.training.settings import Settings
from studio.training.speed_settings import AUTO, SpeedError
from studio.training.swaps import swapped
from studio.words import Message

if TYPE_CHECKING:
    from studio.data.prepare import Prepared
    from studio.training.objectives import Objective
    from studio.training.progress import Progress

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
FORGIVING = ("classification", "binary", "multilabel", "segmentation")
"""objectives of which only the largest score counts: there, and only there, a lower precision is proposed"""


@dataclass(frozen=True, slots=True)
class Pace:
    """One way to compute steps. `milliseconds`: what was measured, by way. `said`: the choice in words."""

    precision: str = "float32"
    memory_format: str = "contiguous"
    threads: int = 1
    compile: bool = False
    milliseconds: Mapping[str, float] = field(default_factory=dict, compare=False)
    said: Message | None = field(default=None, compare=False)

    @property
    def name(self) -> Message:
        """The way in words."""
        layout = Message(", channels last") if self.memory_format == "channels_last" else ""
        compiled = Message(", compiled") if self.compile else ""
        return Message(
            "{precision}{layout}{compiled}, threads: {threads}",
            precision=self.precision,
            layout=layout,
            compiled=compiled,
            threads=self.threads,
        )

    @property
    def key(self) -> str:
        """The way in a run's record."""
        return f"{self.precision} {self.memory_format} {self.threads}"

    def to_json(self) -> dict[str, Any]:
        table = asdict(self)
        return table | {"said": self.said.to_json() if self.said is not None else None}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Pace:
        said = table.get("said")
        known = {name: table[name] for name in ("precision", "memory_format", "threads", "compile")}
        return cls(
            **known,
            milliseconds=table.get("milliseconds") or {},
            said=Message.from_json(said) if said else None,
        )


def ruled(settings: Settings, multiply_adds: int, device: str) -> Pace:
    """What the settings say, and for what they leave open the plain way: float32, threads by a rule."""
    speed = settings.speed
    return Pace(
        "float32" if speed.precision == AUTO else speed.precision,
        "contiguous" if speed.memory_format == AUTO else speed.memory_format,
        machine.choose_threads(settings.threads, multiply_adds * settings.batch_size, device),
        speed.compile,
    )


def ways(plain: Pace, settings: Settings, module: nn.Module, device: str) -> list[Pace]:
    """What may be chosen, on the threads of `plain`; that comes first, and the others are held against it."""
    found = [plain]
    if settings.speed.memory_format == AUTO and _has_images(module):
        found.append(replace(plain, memory_format="channels_last"))
    if settings.speed.precision == AUTO and settings.objective in FORGIVING:
        low = _low_precision(device)
        found += [replace(way, precision=low) for way in tuple(found) if low is not None]
    return found


def _has_images(module: nn.Module) -> bool:
    return any(isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) for layer in module.modules())


def _low_precision(device: str) -> str | None:
    """The lower precision that the device computes in by itself; None where it has none."""
    if device == "cpu":
        return "bfloat16" if torch.cpu._is_avx512_bf16_supported() else None  # noqa: SLF001 - the only way to ask
    if device.startswith("cuda") and torch.cuda.is_bf16_supported(including_emulation=False):
        return "bfloat16"
    return None


def equip(module: nn.Module, pace: Pace, device: str) -> None:
    """Lets `module` compute as `pace` says while it trains; in evaluation it computes in float32.

    Its parameters and buffers, and what it gives, stay in float32. Images lie as `pace` says in both modes.
    """
    if pace.memory_format == "channels_last":
        module.to(memory_format=torch.channels_last)
    plain, steps = module.forward, _steps(module, pace)
    kind, dtype = torch.device(device).type, DTYPES[pace.precision]
    if steps is plain and dtype is torch.float32:
        return

    def forward(*inputs: Any) -> Any:
        if not module.training:
            return plain(*inputs)
        if dtype is torch.float32:
            return steps(*inputs)
        with torch.autocast(kind, dtype):
            return _in_float32(steps(*inputs))

    module.forward = forward


def _steps(module: nn.Module, pace: Pace) -> Callable[..., Any]:
    made: Callable[..., Any] = module.forward
    if isinstance(module, fx.GraphModule):
        quick = swapped(module)
        if quick is not module:
            _train_for_good(quick)
            made = quick.forward
    return torch.compile(made, dynamic=False) if pace.compile else made


def _train_for_good(module: nn.Module) -> None:
    """The graphs of the quicker module are used in training only; its layers are the slower one's own."""
    for part in module.modules():
        if isinstance(part, fx.GraphModule):
            part.training = True


def _in_float32(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float() if value.is_floating_point() else value
    if isinstance(value, tuple | list):
        return type(value)(_in_float32(item) for item in value)
    return value


def laid(data: Prepared, pace: Pace) -> Prepared:
    """The same data with images lying in memory as `pace` says."""
    if pace.memory_format != "channels_last":
        return data

    def part(x: Tensor | Stored) -> Tensor | Stored:
        if isinstance(x, Stored):
            return replace(x, channels_last=x.dim() == 4)
        return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x

    train, validation, test = (
        replace(split, x=part(split.x)) for split in (data.train, data.validation, data.test)
    )
    return replace(data, train=train, validation=validation, test=test)


def warm_up(
    module: nn.Module, objective: Objective, data: Prepared, settings: Settings, progress: Progress
) -> None:
    """Lets torch.compile do its work before the first step, for both lengths of batches, and says how long.

    Raises SpeedError where it cannot.
    """
    progress.notices.append(Message("PyTorch compiles the network; that may take a minute."))
    began = time.perf_counter()
    buffers = {name: value.clone() for name, value in module.named_buffers()}
    gpus = [data.train.x.device] if data.train.x.is_cuda else []
    try:
        with torch.random.fork_rng(devices=gpus), shortened.left_alone(module):
            for size in sorted({*_lengths(len(data.train), settings.batch_size)}):
                some = slice(0, size)
                x, y = data.train.inputs(some), data.train.y[some]
                objective.step(module.train(), x, y, objective.turns[0])[0].backward()  # type: ignore[no-untyped-call]
    except Exception as error:  # what a compiler raises is of many classes, and no common one
        raise SpeedError(
            Message(
                "PyTorch could not compile the network: {reason} It needs a C++ compiler. Set "
                "training.compile to false.",
                reason=next(iter(str(error).splitlines()), type(error).__name__),
            )
        ) from error
    for parameter in module.parameters():
        parameter.grad = None
    for name, value in module.named_buffers():
        value.copy_(buffers[name])
    seconds = round(time.perf_counter() - began, 1)
    progress.notices.append(Message("The network was compiled in {seconds} s.", seconds=seconds))


def _lengths(samples: int, batch_size: int) -> tuple[int, int]:
    """Of the batches of an epoch: the usual one, and the last."""
    count = steps(samples, batch_size)
    return min(samples, batch_size), samples - (count - 1) * batch_size
