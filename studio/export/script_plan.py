"""What a training script is to do, worked out once; the other files of the script ask it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.compiler.analysis import Context
from studio.data.layout import IMAGE, TABLE
from studio.data.settings import DataSettings
from studio.data.source import SourceInfo
from studio.data.sources import KINDS
from studio.data.steps import STANDARDIZE, tokens
from studio.data.texts import Tokens
from studio.graph.model import ProjectData
from studio.training.options import Options
from studio.training.settings import Settings

_LOSSES = {
    "cross_entropy": "F.cross_entropy",
    "nll": "F.nll_loss",
    "mse": "F.mse_loss",
    "l1": "F.l1_loss",
    "huber": "F.huber_loss",
    "smooth_l1": "F.smooth_l1_loss",
    "dice": "dice_loss",
}
OBJECTIVES = ("classification", "regression", "segmentation", "autoencoder", "denoising", "variational")
"""what a script can be written for"""


@dataclass(frozen=True, slots=True)
class Plan:
    """`folded` is the layer that learns in standard units, where there is one.

    `rates` multiply the learning rate by the path of a part, 0 for a frozen one; `resting`: there are norms
    among the frozen ones.
    """

    project: ProjectData
    data: DataSettings
    info: SourceInfo
    training: Settings
    context: Context
    model: str
    threads: str
    folded: str | None
    rates: Mapping[str, float] = field(default_factory=dict)
    resting: bool = False

    @property
    def options(self) -> Options:
        return self.training.options

    @property
    def regression(self) -> bool:
        return self.training.objective == "regression"

    @property
    def classes(self) -> bool:
        """Whether each sample has one class that is to be found."""
        return self.training.objective == "classification"

    @property
    def pixels(self) -> bool:
        return self.training.objective == "segmentation"

    @property
    def again(self) -> bool:
        """Whether the network is to give its input again."""
        return self.training.objective in ("autoencoder", "denoising", "variational")

    @property
    def column(self) -> str | None:
        """The column that the data are parted by, where it is one."""
        return self.data.split.column if self.data.split.by is not None else self.info.parted

    @property
    def split_by(self) -> str:
        """How the data are parted: one of `data.settings.SPLIT_BY`."""
        usual = "given" if self.column else "time" if self.info.ordered else "stratified"
        return self.data.split.by or usual

    @property
    def loss(self) -> str:
        return _LOSSES[self.training.loss]

    @property
    def own(self) -> bool:
        """Whether the data is a file of the person's own."""
        return self.data.source in KINDS

    @property
    def reading(self) -> dict[str, Any]:
        """What was found in that file."""
        found = self.project.data.get("reading")
        return dict(found) if isinstance(found, Mapping) else {}

    @property
    def tokens(self) -> Tokens | None:
        """How texts are cut; None for other data."""
        values = self.data.steps[0].values if self.info.tokens is not None else None
        return tokens.of(values) if values is not None else None

    @property
    def cut(self) -> Tokens:
        """The same, asked of texts only."""
        assert self.tokens is not None, "the data are no texts"
        return self.tokens

    @property
    def stepped(self) -> bool:
        """Whether more is done to the rows of a table than to standardise all of them."""
        steps = [step.written for step in self.data.steps]
        return self.info.stored.kind == TABLE and bool(steps) and steps != [STANDARDIZE]

    @property
    def standardized(self) -> bool:
        """Whether every column, or channel, is standardised, at most after differences."""
        last = self.data.steps[-1].written if self.data.steps else None
        return last == STANDARDIZE and not self.stepped and self.tokens is None

    @property
    def differences(self) -> int:
        """How many times each row of a window becomes what it differs from the one before."""
        found = (step.values for step in self.data.steps if step.written.get("type") == "difference")
        return sum(int(values["order"]) for values in found if values is not None)

    @property
    def alone(self) -> bool:
        """Whether sums are to be made by one thread, although the network is trained by several."""
        return self.threads != "1" and (self.standardized or self.stepped)

    @property
    def changes_images(self) -> bool:
        """Whether training images are changed at random, which is before they are standardised."""
        return bool(self.data.augmentation) and self.info.stored.kind == IMAGE

    @property
    def blended(self) -> bool:
        """Whether the samples of a batch are mixed."""
        return bool(self.options.mixup or self.options.cutmix)

    @property
    def grouped(self) -> bool:
        """Whether parameters differ in learning rate or weight decay."""
        return self.options.decay != "all" or any(rate not in (0.0, 1.0) for rate in self.rates.values())

    @property
    def plateau(self) -> bool:
        return self.options.schedule.type == "ReduceLROnPlateau"

    @property
    def paced(self) -> bool:
        """Whether the learning rate is moved on at every step."""
        return self.options.warms_up or (self.options.schedule.type != "constant" and not self.plateau)

    @property
    def channels_last(self) -> bool:
        """Whether images and weights lie in memory pixel by pixel."""
        return self.training.speed.memory_format == "channels_last" and len(self.info.shape) == 3

    @property
    def low(self) -> bool:
        """Whether the steps are computed in bfloat16."""
        return self.training.speed.precision == "bfloat16"

    @property
    def judged(self) -> str:
        """The network that is evaluated and kept."""
        return "model" if self.options.ema is None else "average.module"

    @property
    def file(self) -> str:
        """What the weights are saved as."""
        name = re.sub(r"\W+", "_", self.project.name.lower(), flags=re.ASCII).strip("_")
        return f"{name or 'model'}.pt"
