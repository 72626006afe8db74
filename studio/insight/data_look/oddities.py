"""What is odd about data: columns that say nothing or too much, samples that come twice, rare classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio import quantities
from studio.data import steps
from studio.data.repeats import DROP
from studio.insight.data_look.facts import (
    CATEGORY,
    LEFT_OUT,
    NUMBER,
    Class,
    Column,
    Cure,
    Finding,
    Severity,
)
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAK = 0.98
"""what a column must tell of the target by itself to be suspected"""
GAPS = 0.3
"""the share of missing values from which on a column is spoken of"""
FAR, FEW_FAR = 10.0, 0.01
"""interquartile ranges from the median to an outlier, and the share of samples that may be some"""
CODES = (3, 5)
"""a column of so many different whole numbers may be of codes"""
UNEQUAL = 4.0
"""how much larger than the smallest the largest class may be"""
FEW = 10
"""samples to train on that a class should have"""
NAMED = 5
MOST_TWINS = 60
"""columns that are compared with each other"""


class Columns:
    """What can be told otherwise of the columns of a file; of data without such, nothing can."""

    def __init__(self, reading: Mapping[str, Any] | None) -> None:
        entries = (reading or {}).get("columns")
        listed = entries if isinstance(entries, list | tuple) else ()
        self._entries = [dict(entry) for entry in listed if isinstance(entry, Mapping)]

    def leaving_out(self, name: str) -> tuple[Cure, ...]:
        return self._told(name, LEFT_OUT, Message("Leave {column} out", column=name))

    def as_category(self, name: str) -> tuple[Cure, ...]:
        return self._told(name, CATEGORY, Message("Take {column} as a category", column=name))

    def _told(self, name: str, type_: str, label: Message) -> tuple[Cure, ...]:
        if not any(entry.get("name") == name for entry in self._entries):
            return ()
        changed = [{**e, "type": type_} if e.get("name") == name else e for e in self._entries]
        return (Cure(label, told={"columns": changed}),)


# -- columns -------------------------------------------------------------------------------------


def of_columns(told: Sequence[tuple[Column, float]], edit: Columns, target: str) -> Iterator[Finding]:
    """What is odd about single columns; each comes with how well it tells the target alone."""
    for column, alone in told:
        cures = edit.leaving_out(column.name)
        present = column.samples - column.missing
        if column.distinct <= 1:
            yield from constant((column,), cures)
            continue
        if alone >= LEAK and len(told) > 1:
            text = Message(
                "It tells {target} by itself ({score} of what can be told). If it is known only after "
                "{target} is, the network learns what it will not have.",
                target=target,
                score=f"{alone:.0%}",
            )
            yield Finding("leak", "warning", column.name, text, cures)
        if _names_samples(column, present):
            text = Message(
                "Its {n} values are nearly all different, as a number or a name of each sample is: what is "
                "learned from it holds for no other sample.",
                n=quantities.count(column.distinct),
            )
            yield Finding("identifier", "warning", column.name, text, cures)
        if column.missing > GAPS * column.samples:
            text = Message(
                "{share} of its values are missing.", share=f"{column.missing / column.samples:.0%}"
            )
            yield Finding("gaps", "hint", column.name, text, cures)
        if _codes(column) and present >= 100:
            text = Message(
                "It has {n} different whole numbers only. If they stand for kinds and their order means "
                "nothing, take it as a category.",
                n=column.distinct,
            )
            yield Finding("codes", "hint", column.name, text, edit.as_category(column.name))


def constant(told: Sequence[Column], cures: tuple[Cure, ...] = ()) -> Iterator[Finding]:
    """Columns that are the same in every sample."""
    for column in told:
        if column.distinct <= 1:
            text = Message("It is the same in every sample, so it says nothing.")
            yield Finding("constant", "warning", column.name, text, cures)


def _names_samples(column: Column, present: int) -> bool:
    if present < 20 or column.missing > 0.1 * column.samples:
        return False
    if column.type == CATEGORY:
        return column.distinct > 0.5 * present
    numbers = (column.low, column.high)
    whole = all(value is not None and float(value).is_integer() for value in numbers)
    looks = any(word in ("id", "no", "nr", "index", "key", "uid", "guid") for word in _parts(column.name))
    return whole and column.distinct > 0.98 * present and (looks or _even(column))


def _parts(name: str) -> list[str]:
    """The words of a name: `PassengerId` and `passenger_id` are "passenger", "id"."""
    spaced = "".join(f" {sign}" if sign.isupper() else sign for sign in name)
    return spaced.lower().replace("_", " ").replace("-", " ").split()


def _even(column: Column) -> bool:
    """Whether whole numbers lie as close as they can: they count."""
    if column.low is None or column.high is None:
        return False
    return column.high - column.low < 1.05 * column.distinct


def _codes(column: Column) -> bool:
    if column.type != NUMBER or column.low is None or column.high is None:
        return False
    whole = float(column.low).is_integer() and float(column.high).is_integer()
    return whole and CODES[0] <= column.distinct <= CODES[1] and column.high - column.low < 2 * CODES[1]


def outliers(name: str, values: NDArray[Any], section: Mapping[str, Any]) -> Iterator[Finding]:
    """Numbers far from all others. `values` (N,), NaN where one is missing."""
    import numpy as np

    finite = values[np.isfinite(values)]
    if len(finite) < 50:
        return
    first, middle, third = np.quantile(finite, (0.25, 0.5, 0.75))
    spread = third - first
    far = np.abs(finite - middle) > FAR * spread
    if spread <= 0 or not far.any() or far.mean() > FEW_FAR:
        return
    extreme = finite[np.abs(finite - middle).argmax()]
    text = Message(
        "Values far from the others: {n}, {extreme} the farthest. Half of all lie from {first} to {third}. "
        "Are they right?",
        n=int(far.sum()),
        extreme=quantities.significant(float(extreme)),
        first=quantities.significant(float(first)),
        third=quantities.significant(float(third)),
    )
    yield Finding("outliers", "hint", name, text, _clipped(name, section))


def _clipped(name: str, section: Mapping[str, Any]) -> tuple[Cure, ...]:
    """A step that brings the farthest values to where the others end, if none does yet."""
    before = [dict(step) for step in steps.listed(section.get("preprocessing"))]
    if any(step["type"] == "outliers" and name in (step.get("columns") or (name,)) for step in before):
        return ()
    step = {"type": "outliers", "by": "quantiles", "low": 0.005, "high": 0.995, "columns": [name]}
    label = Message("Clip the farthest values")
    return (Cure(label, ((("data", "preprocessing"), [step, *before]),)),)


def twins(
    x: NDArray[Any], names: Sequence[str], categories: Sequence[Sequence[str]], edit: Columns
) -> Iterator[Finding]:
    """Columns that say what another one before them says. `x` is (N, columns)."""
    import numpy as np
    import pandas

    if not 1 < len(names) <= MOST_TWINS or len(x) < 20:
        return
    frame = pandas.DataFrame(x)
    numbers = [i for i, values in enumerate(categories) if not values]
    close = frame[numbers].corr().abs().gt(0.9999)
    codes = [pandas.factorize(frame[i])[0] for i in range(len(names))]
    for later in range(1, len(names)):
        for earlier in range(later):
            if later in numbers and earlier in numbers:
                same = bool(close.loc[later, earlier])
            else:
                same = _one_to_one(codes[earlier], codes[later])
            if same and len(np.unique(codes[later])) > 1:
                text = Message("It says what {other} says already, in other words.", other=names[earlier])
                yield Finding("twin", "hint", names[later], text, edit.leaving_out(names[later]))
                break


def _one_to_one(one: NDArray[Any], other: NDArray[Any]) -> bool:
    import numpy as np

    known = (one >= 0) & (other >= 0)
    if known.sum() < 0.9 * len(one):
        return False
    one, other = one[known], other[known]
    kinds = len(np.unique(one))
    if kinds < 3 or kinds != len(np.unique(other)) or kinds > 100:
        return False
    return len(np.unique(one * (int(other.max()) + 1) + other)) == kinds


# -- samples -------------------------------------------------------------------------------------


def repeated(parts: Sequence[NDArray[Any]], labels: NDArray[Any], left_out: bool) -> Iterator[Finding]:
    """Samples whose inputs come more than once, within training and validation and between all parts.

    `parts` are digests of the inputs that train, validate and test; `labels` those of the targets that train
    and validate, one behind the other: of samples that test nothing but the inputs is looked at.
    """
    import numpy as np

    known = np.concatenate(parts[:2])
    _, first, same = np.unique(known, return_index=True, return_inverse=True)
    earlier = first[same.reshape(-1)]
    again = len(known) - len(first)
    contrary = int((labels != labels[earlier]).sum())
    cures = (Cure(Message("Leave repeated samples out"), ((("data", "duplicates"), DROP),)),)
    yield from _again(again, contrary, left_out, cures)
    for part, place in ((1, Message("Validation")), (2, Message("Test"))):
        shared, total = int(np.isin(parts[part], parts[0]).sum()), len(parts[part])
        if shared:
            text = Message(
                "Samples whose inputs train as well: {n} of {all} ({share}). They measure what was learned "
                "by heart.",
                n=quantities.count(shared),
                all=quantities.count(total),
                share=f"{shared / total:.1%}",
            )
            strong = shared > 0.01 * total and not left_out
            severity: Severity = "warning" if strong else "hint"
            yield Finding("shared", severity, str(place), _perhaps(text, left_out), cures)


def _perhaps(text: Message, left_out: bool) -> Message:
    if not left_out:
        return text
    return Message("{said} Columns that are left out may tell them apart.", said=text)


def _again(again: int, contrary: int, left_out: bool, cures: tuple[Cure, ...]) -> Iterator[Finding]:
    if again:
        text = Message("Samples with the inputs of an earlier one: {n}.", n=quantities.count(again))
        yield Finding("duplicates", "hint", "", _perhaps(text, left_out), cures)
    if contrary:
        text = Message(
            "Samples with the inputs of an earlier one and another target: {n}. No network can tell both.",
            n=quantities.count(contrary),
        )
        yield Finding("contradictions", "hint", "", _perhaps(text, left_out), cures)


def of_classes(
    classes: Sequence[Class], section: Mapping[str, Any], training: Mapping[str, Any]
) -> Iterator[Finding]:
    """Classes with few samples, and classes of very different sizes."""
    there = [c for c in classes if c.train + c.validation]
    rare = [c for c in there if c.train < FEW]
    for c in rare[:NAMED]:
        text = Message(
            "Samples to train on: {n}, to validate: {m}. That is too little to learn or to judge.",
            n=c.train,
            m=c.validation,
        )
        yield Finding("few", "warning", c.name, text, _stratified(section) if not c.validation else ())
    if len(rare) > NAMED:
        text = Message(
            "Further classes with fewer than {few} samples to train on: {n}.", n=len(rare) - NAMED, few=FEW
        )
        yield Finding("few", "warning", "", text)
    sizes = sorted(there, key=lambda c: c.train)
    if len(sizes) > 1 and sizes[-1].train >= UNEQUAL * max(1, sizes[0].train):
        text = Message(
            "{largest} has {n} samples to train on, {smallest} {m}: always to answer {largest} is right in "
            "{share}. Look at more than the accuracy.",
            largest=sizes[-1].name,
            n=quantities.count(sizes[-1].train),
            smallest=sizes[0].name,
            m=quantities.count(sizes[0].train),
            share=f"{sizes[-1].train / sum(c.train for c in sizes):.0%}",
        )
        yield Finding("unbalanced", "warning", "", text, _weighted(training))


def _stratified(section: Mapping[str, Any]) -> tuple[Cure, ...]:
    split = section.get("split")
    if not isinstance(split, Mapping) or split.get("by") != "random":
        return ()
    label = Message("Share every class out alike")
    return (Cure(label, ((("data", "split", "by"), "stratified"),)),)


def _weighted(training: Mapping[str, Any]) -> tuple[Cure, ...]:
    if training.get("class_weights") is not None or training.get("sampler") is not None:
        return ()
    if training.get("objective", "classification") != "classification":
        return ()
    label = Message("Weigh rare classes more")
    return (Cure(label, ((("training", "class_weights"), "balanced"),)),)
