"""What a run says of every sample that it did not learn from, kept to be compared with another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.training import runs
from studio.training.runs import RunError
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared, Split

FILE = "predictions.safetensors"
PARTS = ("validation", "test")
MOST_SAMPLES = 1_000_000
"""of a part; more are not kept"""
BATCH = 256


def of_classes(module: nn.Module, data: Prepared, parts: Sequence[str] = PARTS) -> dict[str, Tensor]:
    """For each of `parts` the class `said` of every sample and the true one, int32 (N,); empty where none is.

    `module` is in evaluation mode.
    """
    found = {}
    for name in parts:
        split: Split = getattr(data, name)
        if 0 < len(split) <= MOST_SAMPLES and (said := _said(module, split)) is not None:
            found[f"{name}.said"] = said
            found[f"{name}.true"] = split.y.flatten().int().cpu()
    return found


def _said(module: nn.Module, split: Split) -> Tensor | None:
    """The class of every sample; None where the network gives something else than scores of classes."""
    import torch

    from studio.data.batches import batches

    found = []
    with torch.no_grad():
        for x, y in batches(split, BATCH):
            scores = module(x)
            if not isinstance(scores, torch.Tensor) or y.numel() != len(y):
                return None
            if scores.dim() == 2 and scores.shape[1] > 1 and not y.is_floating_point():
                found.append(scores.argmax(1))
            else:
                return None
    return torch.cat(found).int().cpu()


@dataclass(frozen=True, slots=True)
class Flip:
    """A sample that one of two runs gets right and the other wrong. `part` is one of PARTS."""

    part: str
    sample: int
    true: int
    first: int
    second: int

    @property
    def first_is_right(self) -> bool:
        return self.first == self.true


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs sample by sample. `right` and `wrong` count those that both got so."""

    flips: tuple[Flip, ...]
    right: int
    wrong: int
    class_names: tuple[str, ...] = ()

    def name_of(self, number: int) -> str:
        return self.class_names[number] if 0 <= number < len(self.class_names) else str(number)


def compare(first: Path, second: Path) -> Comparison:
    """Which samples one run gets right and the other wrong. Raises RunError where that cannot be said."""
    records = [runs.open_run(folder).record for folder in (first, second)]
    facts = [record.get("data") or {} for record in records]
    if facts[0].get("fingerprint") != facts[1].get("fingerprint"):
        raise RunError(
            Message(
                "{first} and {second} were judged on other data, so they cannot be compared sample by "
                "sample. Train one of them again on the data of the other.",
                first=first.name,
                second=second.name,
            )
        )
    one, two = _read(first), _read(second)
    flips: list[Flip] = []
    right = wrong = 0
    for part in PARTS:
        if f"{part}.said" not in one or f"{part}.said" not in two:
            continue
        true = one[f"{part}.true"]
        for sample, (label, a, b) in enumerate(
            zip(true, one[f"{part}.said"], two[f"{part}.said"], strict=True)
        ):
            if (a == label) != (b == label):
                flips.append(Flip(part, sample, int(label), int(a), int(b)))
            elif a == label:
                right += 1
            else:
                wrong += 1
    return Comparison(tuple(flips), right, wrong, tuple(facts[0].get("class_names") or ()))


def _read(folder: Path) -> dict[str, list[int]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return {name: values.tolist() for name, values in load_file(folder / FILE).items()}
    except (OSError, SafetensorError) as error:
        raise RunError(
            Message(
                "What the run {run} says of each sample was not kept: it is older than this feature, was cut "
                "off, or does not tell classes apart. Train again.",
                run=folder.name,
            )
        ) from error
