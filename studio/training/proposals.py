"""Settings that a practitioner would begin with, from the data and the network, each with its reason.

Rules of thumb, no search: they give a training that works at once and is worth comparing others with. What
is not proposed goes back to its default, so that proposals for an earlier network leave nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.words import Message

KEYS = (
    "optimizer",
    "schedule",
    "warmup_epochs",
    "warmup_steps",
    "decay",
    "clip_norm",
    "batch_size",
    "epochs",
    "class_weights",
    "label_smoothing",
)
"""of the training section: what a proposal decides"""
CHANGED = ("data", "augmentation")
"""what a proposal says of the data, where nobody has said anything of it yet"""

UNEQUAL = 3.0
"""a class with so many times the samples of another outweighs it"""
MANY_CLASSES = 100
LARGE = 10_000_000
"""parameters"""
SMALL_SIDE, SHIFT = 16, 8
"""pixels of a side below which images are not shifted; they are by one in so many of its pixels"""
SIGNS = ("digits", "mnist", "kmnist", "svhn")
"""sources whose images mean something else in a mirror"""
_SIDES = ("left", "right", "clockwise", "\u5de6", "\u53f3")

_ATTENTION = ("nn.MultiheadAttention", "nn.Transformer", "F.scaled_dot_product_attention")
_RECURRENT = ("nn.LSTM", "nn.GRU", "nn.RNN")
_CONVOLUTION = ("nn.Conv", "nn.LazyConv", "F.conv")
_NORMS = ("nn.BatchNorm", "nn.LayerNorm", "nn.GroupNorm", "nn.InstanceNorm", "nn.RMSNorm", "F.layer_norm")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at. `samples` are those trained on, `counts` of them are in each class, if any.

    `shape` is that of a sample, `types` those of the network's nodes and of its blocks'. `begun`: with
    weights that were learned before. `plain`: the objective wants plain steps, so the optimiser stays.
    `plays`: the objective's name, where it plays games. `bare`: images that nothing changes yet; `sided`:
    they would show something else in a mirror.
    """

    samples: int
    counts: tuple[int, ...] = ()
    shape: tuple[int, ...] = ()
    types: frozenset[str] = frozenset()
    parameters: int = 0
    begun: bool = False
    plain: bool = False
    plays: str = ""
    bare: bool = False
    sided: bool = True

    def has(self, kinds: tuple[str, ...]) -> bool:
        return any(type_.startswith(kinds) for type_ in self.types)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value for a key of a section of the project, and why."""

    key: str
    value: Json
    reason: Message
    section: str = "training"


def propose(facts: Facts) -> list[Proposal]:
    """What to train with. Every key is one of `KEYS`, whose others are best at defaults, or of `CHANGED`."""
    if facts.plays:
        return list(_for_games(facts))
    size = _batch_size(facts)
    epochs = _epochs(facts, int(str(size.value)))
    return [
        *_method(facts),
        *_pace(facts, int(str(epochs.value))),
        size,
        epochs,
        *_classes(facts),
        *_augmentation(facts),
    ]


def facts_of(project: ProjectData, base: Path | None) -> Facts:
    """Reads the data and works the network out. Raises NetloomError where the data cannot be read."""
    from studio.compiler.infer import analyse
    from studio.compiler.survey import main_network
    from studio.data.layout import IMAGE
    from studio.data.prepare import prepare
    from studio.data.sources import described
    from studio.training.objectives import context_of, named

    data = prepare(project.data, base)
    objective = named(project.training, data.context.task)
    report = analyse(project, context_of(project)).networks.get(main_network(project))
    info = described(project.data)
    shown = info.stored.kind == IMAGE and objective in ("classification", "segmentation")
    counts: tuple[int, ...] = ()
    if objective == "classification" and data.context.task == objective:
        counts = tuple(data.train.y.bincount(minlength=data.context.outputs or 0).tolist())
    return Facts(
        len(data.train),
        counts,
        tuple(data.train.x.shape[1:]),
        frozenset(_types(project, main_network(project), set())),
        report.parameters if report is not None else 0,
        project.training.get("weights") is not None,
        objective == "perceptron",
        objective if data.context.task == "dqn" else "",
        shown and not project.data.get(CHANGED[1]),
        info.name in SIGNS or _sided(info.class_names) or (info.brought and info.stored.shape[0] == 1),
    )


def _sided(classes: tuple[str, ...]) -> bool:
    """Whether the names of classes are signs, or say left and right."""
    signs = bool(classes) and all(len(name) == 1 or name.isdecimal() for name in classes)
    return signs or any(side in name.lower() for name in classes for side in _SIDES)


def _types(project: ProjectData, network: str, seen: set[str]) -> Iterator[str]:
    """The types of the nodes of a network and of the blocks it uses."""
    if network in seen or network not in project.networks:
        return
    seen.add(network)
    for node in project.networks[network].nodes.values():
        if node.block is not None:
            yield from _types(project, node.block, seen)
        else:
            yield node.type


# -- the rules -------------------------------------------------------------------------------------


def _for_games(facts: Facts) -> Iterator[Proposal]:
    """Of games a batch is what is played at once, and a step takes as long as they do."""
    remembers = facts.plays == "dqn"
    lr, size, epochs = (0.002, 4, 15) if remembers else (0.01, 8, 2)
    reason = Message("A rate at which the cart pole is learned; a smaller one is steadier.")
    yield Proposal("optimizer", {"type": "Adam", "lr": lr}, reason)
    if remembers:
        reason = Message("One move in each of {n} games before each step: many steps from few moves.", n=size)
    else:
        reason = Message("A step needs {n} whole games: more would be steadier and take longer.", n=size)
    yield Proposal("batch_size", size, reason)
    steps = epochs * facts.samples // size
    yield Proposal(
        "epochs", epochs, Message("About {steps} steps in all; the best epoch is kept.", steps=steps)
    )


def _method(facts: Facts) -> Iterator[Proposal]:
    if facts.plain:
        return
    kind, lr, more, reason = _optimizer(facts)
    if facts.begun:
        lr, reason = (
            lr / 10,
            Message("The weights have learned before: a tenth of the usual rate keeps what they know."),
        )
    yield Proposal("optimizer", {"type": kind, "lr": lr, **more}, reason)
    if facts.has(_ATTENTION):
        yield Proposal(
            "decay", "matrices", Message("Biases and norms are few and do not overfit: they are not decayed.")
        )
    if facts.has(_ATTENTION) or facts.has(_RECURRENT):
        yield Proposal(
            "clip_norm", 1.0, Message("A single batch may have a huge gradient here: its length is bounded.")
        )


def _optimizer(facts: Facts) -> tuple[str, float, dict[str, Json], Message]:
    """Class, learning rate, further arguments, and why."""
    if facts.has(_ATTENTION):
        lr = 0.0003 if facts.parameters > LARGE else 0.0005
        reason = Message("Attention learns steadily with AdamW at a small rate, and hardly with plain SGD.")
        return "AdamW", lr, {"weight_decay": 0.05}, reason
    if facts.has(_RECURRENT):
        return "Adam", 0.001, {}, Message("Recurrent layers have gradients of very different sizes: Adam.")
    if facts.has(_CONVOLUTION):
        if facts.has(_NORMS):
            reason = Message("Convolutions with normalisation bear a high rate, and a little decay.")
            return "AdamW", 0.002, {"weight_decay": 0.01}, reason
        return "Adam", 0.001, {}, Message("Convolutions without normalisation want a moderate rate.")
    weighty = sum(type_.startswith("nn.") for type_ in facts.types)
    if weighty <= 1:
        return "Adam", 0.01, {}, Message("One layer has one minimum: a high rate gets there sooner.")
    if facts.samples < 2_000:
        return "Adam", 0.003, {}, Message("A small network on little data: Adam at a fairly high rate.")
    return "Adam", 0.001, {}, Message("Fully connected layers train well with Adam as it is.")


def _pace(facts: Facts, epochs: int) -> Iterator[Proposal]:
    if facts.has(_CONVOLUTION) and facts.has(_NORMS) and not facts.has(_ATTENTION):
        reason = Message("Up to the rate and down again gets far in few epochs, where layers are normalised.")
        yield Proposal("schedule", {"type": "OneCycleLR"}, reason)
        return
    reason = Message("The rate falls to zero along a cosine: large steps first, fine ones at the end.")
    yield Proposal("schedule", {"type": "CosineAnnealingLR"}, reason)
    if facts.has(_ATTENTION):
        reason = Message("Attention goes astray if its first steps are large: the rate rises slowly.")
        yield Proposal("warmup_epochs", float(max(1, round(epochs / 20))), reason)


def _batch_size(facts: Facts) -> Proposal:
    sizes = ((300, 16), (3_000, 32), (30_000, 64))
    size = next((size for most, size in sizes if facts.samples <= most), 128)
    reason = Message(
        "{samples} samples make {steps} steps an epoch: enough to learn, and batches that compute fast.",
        samples=facts.samples,
        steps=max(1, round(facts.samples / size)),
    )
    if size < 32 <= facts.samples // 2 and facts.has(("nn.BatchNorm",)):
        return Proposal(
            "batch_size", 32, Message("Batch normalisation needs batches that are not too small.")
        )
    return Proposal("batch_size", size, reason)


def _epochs(facts: Facts, batch_size: int) -> Proposal:
    hard = facts.has(_ATTENTION) or (len(facts.shape) == 3 and facts.shape[0] > 1)
    wanted = 12_000 if hard else 3_000
    steps = max(1, round(facts.samples / batch_size))
    epochs = min(max(round(wanted / steps), 5), 100)
    epochs = epochs if epochs < 20 else 5 * round(epochs / 5)
    if facts.begun:
        epochs = max(epochs // 2, 3)
    reason = Message(
        "About {steps} steps in all, which is usual for such a network; the best epoch is kept.",
        steps=epochs * steps,
    )
    return Proposal("epochs", epochs, reason)


def _classes(facts: Facts) -> Iterator[Proposal]:
    counts = [count for count in facts.counts if count]
    if len(counts) > 1 and max(counts) >= UNEQUAL * min(counts):
        reason = Message(
            "The largest class has {times} times the samples of the smallest: in the loss they count alike.",
            times=f"{max(counts) / min(counts):.1f}",
        )
        yield Proposal("class_weights", "balanced", reason)
    if len(counts) >= MANY_CLASSES:
        reason = Message(
            "Among {n} classes some labels are doubtful: the network need not be certain.", n=len(counts)
        )
        yield Proposal("label_smoothing", 0.1, reason)


def _augmentation(facts: Facts) -> Iterator[Proposal]:
    """Images that show the same a little aside, and in a mirror where they have no sides."""
    if not facts.bare or len(facts.shape) != 3 or min(facts.shape[1:]) < SMALL_SIDE:
        return
    shift: dict[str, Json] = {"type": "crop", "padding": min(facts.shape[1:]) // SHIFT}
    if facts.sided:
        reason = Message(
            "An image shifted by up to {n} pixels shows the same; mirrored it might show another thing.",
            n=shift["padding"],
        )
        yield Proposal(CHANGED[1], [shift], reason, CHANGED[0])
        return
    reason = Message(
        "An image that is mirrored or shifted by up to {n} pixels shows the same: each teaches more.",
        n=shift["padding"],
    )
    yield Proposal(CHANGED[1], [{"type": "flip"}, shift], reason, CHANGED[0])
