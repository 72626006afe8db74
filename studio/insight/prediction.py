"""A trained network asked about one sample: a picture file, a row as it is typed, a sentence.

What was typed or decoded becomes stored values first, then the run's own preprocessing is done to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio.data.layout import IMAGE, TABLE, TEXT, Layout
from studio.data.sources import known
from studio.training import outputs
from studio.training.runs import Run, RunError, open_run
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

    from studio.data.source import SourceInfo

Kind = Literal["picture", "row", "sentence"]
_KINDS: dict[str, Kind] = {IMAGE: "picture", TABLE: "row", TEXT: "sentence"}
OBJECTIVES = ("classification", "binary", "multilabel", "perceptron", "regression")
"""those whose network says something of a sample that a person can read"""
DARK, LIGHT = 0.4, 0.6
"""shares of white: pictures of data below the first are light on dark, a picture whose rim is above the
second is dark on light"""


@dataclass(frozen=True, slots=True)
class Seen:
    """The picture as the network got it before it was scaled: grey, or red, green, blue; a byte each."""

    width: int
    height: int
    color: bool
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the network says of a sample.

    `shares` are classes or labels with their probabilities, the likeliest first; `values` predicted numbers,
    each with the name of what it is. `swapped`: light and dark of the picture were exchanged.
    """

    shares: tuple[tuple[str, float], ...] = ()
    values: tuple[tuple[str, float], ...] = ()
    labels: bool = False
    """whether each probability stands for itself: they do not add up to 1"""
    seen: Seen | None = None
    swapped: bool = False


def kind_of(info: SourceInfo | None, objective: str) -> Kind | None:
    """What a network is asked with, by its data and its objective; None where it is with neither of them."""
    if info is None or objective not in OBJECTIVES:
        return None
    kind = _KINDS.get(info.stored.kind)
    return None if kind == "picture" and info.shape[0] not in (1, 3) else kind


class Predictor:
    """The network of a run, with its best weights. Raises NetloomError where it cannot be asked."""

    def __init__(self, folder: Path) -> None:
        self.run: Run = open_run(folder)
        info = known(self.run.project.data)
        kind = kind_of(info, self.run.settings.objective)
        if info is None or kind is None:
            raise RunError(
                Message(
                    "The network of {run} cannot be tried on a single sample: that is for networks that tell "
                    "classes or numbers of pictures, rows of tables or texts.",
                    run=folder.name,
                )
            )
        self.info: SourceInfo = info
        self.kind: Kind = kind
        self._module = self.run.load_module()

    @property
    def layout(self) -> Layout:
        """What a sample is as it is stored: the columns of a row, the size of a picture."""
        return self.info.stored

    @property
    def target(self) -> str:
        """The column that is predicted; empty where it has no name."""
        reading = self.run.project.data.get("reading")
        return str(reading.get("target") or "") if isinstance(reading, Mapping) else ""

    def of_picture(self, file: Path, swap: bool | None = None) -> Answer:
        """What it says of a picture, brought to the size of the data as these are.

        `swap` exchanges light and dark; None: where the data are light on dark and the picture is not.
        Raises RunError where the file does not open.
        """
        import torch

        from studio.data import decoding

        channels, height, width = self.info.shape
        try:
            pixels = decoding.pixels(str(file), height, width, channels)
        except decoding.Unreadable as error:
            raise RunError(
                Message(
                    "{file} does not open as a picture: {reason}. Try another one, or save it anew as PNG.",
                    file=file.name,
                    reason=error,
                )
            ) from error
        swapped = self._other_way_round(pixels) if swap is None else swap
        if swapped:
            pixels = 255 - pixels
        x = torch.from_numpy(pixels.copy()).float().unsqueeze(0)
        if self.info.scale not in (1.0, 1 / 255):
            x = x / 255 / self.info.scale
        seen = Seen(width, height, channels == 3, pixels.transpose(1, 2, 0).tobytes())
        answer = self._said(self.run.preprocessing.apply(x))
        return Answer(answer.shares, answer.values, answer.labels, seen, swapped)

    def of_row(self, fields: Mapping[str, str]) -> Answer:
        """What it says of a row: a text for each column as in the file, nothing for a missing value.

        Raises RunError naming the column whose text is none of its values, or is missing and not filled in.
        """
        import pandas
        import torch

        from studio.data.table_columns import CATEGORY, DATE, NUMBER, Column, as_numbers, no_value

        stored = []
        for one in self.layout.columns:
            type_ = DATE if one.date else CATEGORY if one.values else NUMBER
            column, text = Column(one.name, type_, one.values), fields.get(one.name, "").strip()
            found, strange = as_numbers(pandas.Series([text], dtype=str), column)
            if strange[0]:
                raise RunError(no_value(column, text))
            stored.append(float(found[0]))
        x = self.run.preprocessing.apply(torch.tensor([stored]))
        if torch.isnan(x).any():
            lacking = [c.name for c, value in zip(self.layout.columns, stored, strict=True) if value != value]
            raise RunError(
                Message(
                    "{columns}: a value is missing, and nothing fills it in. Type one, or put the step "
                    "Missing values into the preprocessing and train again.",
                    columns=", ".join(lacking),
                )
            )
        return self._said(x)

    def of_sentence(self, text: str) -> Answer:
        """What it says of a text. Raises RunError where there is none, or no token of it is known."""
        from studio.data import texts

        if not text.strip():
            raise RunError(Message("Type a sentence for the network to read."))
        numbers = self.run.preprocessing.apply(texts.stored([text], len(text)))
        if not (numbers > texts.UNKNOWN).any():
            raise RunError(Message("The network knows no sign of {prompt}.", prompt=repr(text[:40])))
        return self._said(numbers)

    # -- how it is done ----------------------------------------------------------------------------

    def _other_way_round(self, pixels: Any) -> bool:
        """Whether grey data are light on dark, by their mean, and a picture (1, H, W) is not, by its rim."""
        import numpy as np

        step = next((s for s in self.run.preprocessing.steps if s["type"] == "standardize"), None)
        if len(pixels) != 1 or step is None or len(step["mean"]) != 1:
            return False
        scaled = any(s["type"] == "scale" for s in self.run.preprocessing.steps)
        rim = np.concatenate([pixels[0, 0], pixels[0, -1], pixels[0, :, 0], pixels[0, :, -1]])
        mean = step["mean"][0] if scaled else step["mean"][0] / 255
        return bool(mean < DARK and rim.mean() / 255 > LIGHT)

    def _said(self, x: Tensor) -> Answer:
        import torch

        with torch.no_grad():
            given = self._module(x)
        if not isinstance(given, torch.Tensor) or given.dim() not in (1, 2):
            raise RunError(
                Message("What the network of {run} gives is no list of numbers.", run=self.run.folder.name)
            )
        scores, names = given.reshape(-1).double(), self.run.context.class_names
        if self.run.settings.objective == "regression":
            names = names or (self.target,) * (len(scores) == 1)
            return Answer(values=tuple(zip(_numbered(names, len(scores)), scores.tolist(), strict=True)))
        kind = outputs.kind(self.run.settings.loss, self.run.context.task)
        shares = _shares(scores, kind)
        found = zip(_numbered(names, len(shares)), shares.tolist(), strict=True)
        return Answer(shares=tuple(sorted(found, key=lambda pair: -pair[1])), labels=kind == "label_logits")


def _shares(scores: Tensor, kind: str) -> Tensor:
    """Probabilities out of scores (n,)."""
    import torch

    match kind:
        case "label_logits":
            return scores.sigmoid()
        case "logit":
            second = scores[:1].sigmoid()
            return torch.cat([1 - second, second])
        case "log_probabilities":
            return scores.exp()
    return scores.softmax(0)


def _numbered(names: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The names, or numbers where there are none."""
    return names if len(names) == count else tuple(str(number) for number in range(count))
