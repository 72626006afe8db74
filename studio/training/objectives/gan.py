"""Two networks against each other (Goodfellow 2014): one makes samples, one tells them from the data's.

Both are blocks of the network that is trained, `discriminator` and `generator`. It takes a sample, makes
noise of its shape, and has two outputs: what the discriminator says of the sample, and what was generated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Aim, Context, Refusal
from studio.graph.values import Json
from studio.training.objectives import checks
from studio.training.objectives.autoencoder import input_again
from studio.training.objectives.kind import Kind, Number
from studio.training.objectives.meters import Sums
from studio.training.objectives.objective import Objective, ObjectiveError, Outcome
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training.recognition import Recognised
    from studio.training.settings import Settings

TITLE = Message("GAN")
DISCRIMINATOR, GENERATOR = PARTS = ("discriminator", "generator")
NAMES = ("real", "generated")
LOSSES = ("dcgan", "wasserstein_gp")
SEED = 0
"""of the noise while judging: the same weights get the same figure each time"""
IMPATIENT = Message(
    "A GAN has no figure that tells its best epoch, so its last weights are kept and patience has nothing to "
    "wait for. Take training.patience out."
)


class Gan(Objective):
    """Predictions: the discriminator's scores of samples (N, 1), and as many generated as the input (N, ...).

    "dcgan": binary cross-entropy of scores, the generator's in the form that does not saturate (Radford
    2015). "wasserstein_gp": differences of mean scores, and `penalty` times how far the length of the score's
    gradient is from 1 between samples and generated ones, squared (Gulrajani 2017). Each batch is seen
    `critic_steps` times by the discriminator, every time beside fresh fakes, then the generator takes a step.
    The loss that is told is the generator's. What is made while judging stands behind the scores; where
    `data` has classes, a classifier says at the end how many of them are there.
    """

    def __init__(
        self, loss: str, penalty: float = 10.0, critic_steps: int = 1, data: Prepared | None = None
    ) -> None:
        self._wasserstein, self._penalty = loss == "wasserstein_gp", penalty
        self._epochs, self._data = 0, data
        self.turns = (DISCRIMINATOR,) * critic_steps + (GENERATOR,)

    def check(self, prediction: Any, y: Tensor) -> None:
        checks.outputs(prediction, ((1,), tuple(y.shape[1:])), TITLE)

    def target(self, x: Tensor, y: Tensor) -> Tensor:
        return x

    def movable(self, module: nn.Module, turn: str) -> list[nn.Parameter]:
        return list(module.get_submodule(turn).parameters())

    def loss(self, prediction: Any, y: Tensor) -> Tensor:
        """The generator's, of the scores (real, fake, ...), each (N, 1)."""
        return _generator_loss(prediction[1], self._wasserstein)

    def step(self, module: nn.Module, x: Tensor, y: Tensor, turn: str) -> Outcome:
        discriminator = module.get_submodule(DISCRIMINATOR)
        real, made = module(x)
        if turn == DISCRIMINATOR:
            made = made.detach()
        fake = discriminator(made).flatten(1)
        scores = (real.detach(), fake.detach())
        if turn == GENERATOR:
            return _generator_loss(fake, self._wasserstein), scores, x
        loss = _discriminator_loss(real, fake, self._wasserstein)
        if self._wasserstein and self._penalty:
            loss = loss + self._penalty * steepness(discriminator, x, made)
        return loss, scores, x

    def judge(self, module: nn.Module, x: Tensor, y: Tensor) -> Outcome:
        import torch

        with torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):
            torch.manual_seed(SEED)
            real, made = module(x)
        scores = (real, module.get_submodule(DISCRIMINATOR)(made).flatten(1), made)
        return self.loss(scores, x), scores, x

    def meter(self) -> Scores:
        return Scores(self._wasserstein)

    def appraisal(self) -> Recognised | None:
        from studio.training import recognition

        if self._data is None or not recognition.recognisable(self._data):
            return None
        return recognition.Recognised(self._data.train)

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """Each epoch is better than those before: no figure of a GAN says which made the best samples."""
        self._epochs += 1
        return (float(self._epochs),)

    def state(self) -> dict[str, Tensor]:
        import torch

        return {"epochs": torch.tensor(self._epochs)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self._epochs = int(state["epochs"])


def _discriminator_loss(real: Tensor, fake: Tensor, wasserstein: bool) -> Tensor:
    """Without the penalty."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits as entropy

    if wasserstein:
        return fake.mean() - real.mean()
    return entropy(real, torch.ones_like(real)) + entropy(fake, torch.zeros_like(fake))


def _generator_loss(fake: Tensor, wasserstein: bool) -> Tensor:
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits as entropy

    return -fake.mean() if wasserstein else entropy(fake, torch.ones_like(fake))


def steepness(discriminator: nn.Module, real: Tensor, made: Tensor) -> Tensor:
    """How far the gradient's length is from 1, squared, in the mean over places drawn between the two."""
    import torch

    share = torch.rand(len(real), *(1,) * (real.dim() - 1), dtype=real.dtype, device=real.device)
    between = (share * real + (1 - share) * made).requires_grad_()
    with torch.enable_grad():
        scores = discriminator(between)
        (gradient,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
    lengths: Tensor = gradient.flatten(1).norm(dim=1)
    return (lengths - 1).square().mean()


class Scores(Sums):
    """Both losses (the discriminator's without its penalty), and the mean score of samples and of fakes."""

    def __init__(self, wasserstein: bool) -> None:
        super().__init__()
        self._wasserstein = wasserstein

    def measure(self, prediction: Any, y: Tensor) -> Tensor:
        import torch

        real, fake = prediction[:2]
        each = (
            _discriminator_loss(real, fake, self._wasserstein),
            _generator_loss(fake, self._wasserstein),
            real.mean(),
            fake.mean(),
        )
        return torch.stack(each).float() * len(y)

    def read(self, sums: Tensor, samples: int) -> dict[str, float]:
        names = ("discriminator_loss", "generator_loss", "real_score", "fake_score")
        return dict(zip(names, (sums / samples).tolist(), strict=True))


def _make(settings: Settings, data: Prepared, module: nn.Module) -> Gan:
    """Raises ObjectiveError where parts are not there, not all there is, or not joined as they must be."""
    if settings.options.patience is not None:
        raise ObjectiveError(IMPATIENT)
    missing = [name for name in PARTS if name not in dict(module.named_children())]
    if missing:
        raise ObjectiveError(
            Message("{aim} needs a block named {name} in the network that is trained.",
                    aim=TITLE, name=missing[0])
        )  # fmt: skip
    own = [name for name, _ in module.named_parameters() if name.split(".")[0] not in PARTS]
    if own:
        raise ObjectiveError(
            Message("{name} is in neither of the two blocks of a GAN, so nothing would train it. Move it "
                    "into generator or discriminator.", name=own[0])
        )  # fmt: skip
    _try(module, data)
    return Gan(settings.loss, settings.aim["penalty"], settings.aim["critic_steps"], data)


def _try(module: nn.Module, data: Prepared) -> None:
    """Whether the first output is the discriminator's and the second drawn anew each time."""
    import torch

    learning, x = module.training, data.train.inputs(slice(0, 2))
    module.eval()
    with torch.no_grad(), torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):
        first, second = module(x), module(x)
        module.train(learning)
        checks.outputs(first, ((1,), tuple(x.shape[1:])), TITLE)
        alone = module.get_submodule(DISCRIMINATOR).eval()(x).flatten(1)
        module.get_submodule(DISCRIMINATOR).train(learning)
    # a GPU need not give the same bits twice
    if alone.shape != first[0].shape or not torch.allclose(first[0], alone, rtol=1e-3, atol=1e-5):
        raise ObjectiveError(
            Message("The first output of a GAN has to be what the block discriminator says of the input, "
                    "with nothing between them but Flatten.")
        )  # fmt: skip
    if torch.equal(first[1], second[1]):
        raise ObjectiveError(
            Message("The generator makes the same each time: give it noise, such as randn_like of the input, "
                    "and not the input itself.")
        )  # fmt: skip


def _rules(section: Mapping[str, Json]) -> Refusal | None:
    if section.get("patience") is None:
        return None
    return Refusal(IMPATIENT, ((Message("Train without patience"), ("training", "patience"), None),))


def _wants(context: Context, params: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    _, aim = input_again(context, params, aim)
    if not aim.outputs:
        return 1, aim
    return 1, replace(aim, outputs=((1,), *aim.outputs), names=NAMES, parts=PARTS)


KIND = Kind(
    "gan",
    TITLE,
    Message(
        "A generator learns to make samples that a discriminator takes for real; both are blocks of the "
        "network."
    ),
    LOSSES,
    _make,
    wants=_wants,
    numbers={
        "penalty": Number(Message("Gradient penalty (Wasserstein)"), 10.0),
        "critic_steps": Number(Message("Discriminator steps a batch"), 1, 1, 100),
    },
    metrics=("generator_loss", "discriminator_loss", "real_score", "fake_score"),
    at_the_end=("classes_recognised", "recognised"),
    rules=_rules,
    comparable=False,
)
