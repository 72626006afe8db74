"""How much of a picture stays where it was when a little is changed and the cards are laid out again.

python -m tests.benchmarks.layout [NETWORKS]

Random networks of forty cards, those of the gallery, and the ResNets and Swin written out without blocks;
a card put into a wire, a card taken out (its wires heal), a wire moved to another source. For each: the share
of the standing cards that moved sideways at all, the same once each layer's own rigid shift is taken off, the
share of pairs whose left and right changed, and how many wires cross, against a layout from nothing.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import mean, median

from studio.graph import layout
from studio.project import files
from tests.benchmarks import networks
from tests.graph.test_layout_standing import grown

CARD = (184.0, 56.0)
GALLERY = Path(__file__).resolve().parent.parent.parent / "projects"
Wires = list[tuple[str, str]]
Places = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Sketch:
    """Cards by name, in order, and the wires between them."""

    ids: list[str]
    wires: Wires

    def sizes(self) -> dict[str, tuple[float, float]]:
        return dict.fromkeys(self.ids, CARD)


def drawn(dice: random.Random, count: int = 40) -> Sketch:
    return Sketch(*grown(dice, count))


def gallery() -> Iterator[Sketch]:
    for path in sorted(GALLERY.glob("*.json")):
        for network in files.load(path).networks.values():
            if len(network.nodes) > 3:
                yield Sketch(list(network.nodes), list({(w.source, w.target): 0 for w in network.wires()}))


def known() -> Iterator[Sketch]:
    for project in (networks.resnet((2, 2, 2, 2), False), networks.resnet((3, 4, 6, 3)), networks.swin()):
        network = networks.flat(project).networks["model"]
        yield Sketch(list(network.nodes), list({(w.source, w.target): 0 for w in network.wires()}))


# -- small changes -----------------------------------------------------------------------------------


def insert(sketch: Sketch, dice: random.Random) -> Sketch:
    source, target = dice.choice(sketch.wires)
    place = sketch.ids.index(target)
    wires = [wire for wire in sketch.wires if wire != (source, target)]
    ids = [*sketch.ids[:place], "new", *sketch.ids[place:]]
    return Sketch(ids, [*wires, (source, "new"), ("new", target)])


def delete(sketch: Sketch, dice: random.Random) -> Sketch:
    fed = {target for _, target in sketch.wires}
    gone = dice.choice([id_ for id_ in sketch.ids if id_ in fed])
    before = [source for source, target in sketch.wires if target == gone]
    healed = [(before[0], target) if source == gone else (source, target) for source, target in sketch.wires]
    wires = [wire for wire in healed if gone not in wire]
    return Sketch([id_ for id_ in sketch.ids if id_ != gone], list(dict.fromkeys(wires)))


def rewire(sketch: Sketch, dice: random.Random) -> Sketch:
    source, target = dice.choice(sketch.wires)
    place = sketch.ids.index(target)
    other = dice.choice(sketch.ids[max(0, place - 8) : place] or [source])
    return Sketch(
        sketch.ids, list(dict.fromkeys((other, target) if w == (source, target) else w for w in sketch.wires))
    )


CHANGES: dict[str, Callable[[Sketch, random.Random], Sketch]] = {
    "insert": insert,
    "delete": delete,
    "rewire": rewire,
}


# -- measures ----------------------------------------------------------------------------------------


def moved(before: Places, after: Places) -> float:
    """The share of cards that are not as far to the right as they were."""
    both = [id_ for id_ in before if id_ in after]
    return mean(before[i][0] != after[i][0] for i in both)


def moved_in_layer(before: Places, after: Places) -> float:
    """The same when the shift that most cards of a layer share does not count."""
    layers: dict[int, list[int]] = {}
    for id_, (x, y) in after.items():
        if id_ in before:
            layers.setdefault(y, []).append(x - before[id_][0])
    return sum(sum(s != median(shifts) for s in shifts) for shifts in layers.values()) / sum(
        map(len, layers.values())
    )


def switched(before: Places, after: Places) -> float:
    """The share of pairs of which the left one became the right one."""
    both = [id_ for id_ in before if id_ in after][:150]
    return mean(
        (before[a][0] - before[b][0]) * (after[a][0] - after[b][0]) < 0 for a, b in combinations(both, 2)
    )


def crossings(places: Places, wires: Wires) -> int:
    """How many pairs of wires meet, each drawn straight from the foot of a card to the head of the next."""
    lines = [
        (places[s][0] + CARD[0] / 2, places[s][1] + CARD[1], places[t][0] + CARD[0] / 2, places[t][1])
        for s, t in wires
    ]
    return sum(_meet(one, other) for one, other in combinations(lines, 2))


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    a, b, c, d = (one[0], one[1]), (one[2], one[3]), (other[0], other[1]), (other[2], other[3])
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def bend(places: Places, wires: Wires) -> float:
    """How far the wires lead sideways, in cards a wire."""
    return mean(abs(places[s][0] - places[t][0]) for s, t in wires) / CARD[0]


def measured(
    sketches: list[Sketch], change: Callable[[Sketch, random.Random], Sketch], dice: random.Random
) -> str:
    rows = []
    for sketch in sketches:
        before = layout.layered(sketch.sizes(), sketch.wires)
        other = change(sketch, dice)
        start = time.process_time()
        after = layout.tidied(other.sizes(), other.wires, before)
        spent = time.process_time() - start
        fresh = layout.layered(other.sizes(), other.wires)
        small = len(other.wires) < 300
        rows.append(
            (
                moved(before, after),
                moved_in_layer(before, after),
                switched(before, after),
                crossings(after, other.wires) if small else 0,
                crossings(fresh, other.wires) if small else 0,
                bend(after, other.wires),
                bend(fresh, other.wires),
                spent * 1000,
            )
        )
    a, b, c, d, e, f, g, h = (mean(column) for column in zip(*rows, strict=True))
    return f"{a:7.1%} {b:9.1%} {c:9.1%} {d:10.2f} {e:10.2f} {f:7.2f} {g:7.2f} {h:7.1f}"


def main(count: int) -> None:
    dice = random.Random(0)
    sets = {
        "random 40": [drawn(dice) for _ in range(count)],
        "random 120": [drawn(dice, 120) for _ in range(count // 4)],
        "gallery": list(gallery()),
        "resnets, swin": list(known()) * 3,
    }
    print("moved: at all, within its layer; pairs switched; crossings and bends: now, from nothing; ms")
    for name, sketches in sets.items():
        for change, apply in CHANGES.items():
            print(f"{name:14} {change:7} {measured(sketches, apply, random.Random(1))}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
