"""What the analysis of a 100-layer network takes: cold, after one edit, with a problem; build and source too.

python tests/benchmarks/analyse.py [LAYERS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from studio.compiler import evaluate
from studio.compiler.analysis import Context, N, TensorSpec
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
from studio.graph.model import Network, Node, ProjectData

CONTEXT = Context((TensorSpec((N, 3, 32, 32)),), 10, "classification")


def drawn(
    layers: int, width: int = 32, at: int = -1, changed: int = 0, told: int | None = None
) -> ProjectData:
    """Convolution, normalisation, ReLU, ... then a head; layer `at` has `changed` channels."""
    nodes = {"image": Node("image", "input")}
    last = "image"
    for i in range(layers // 3):
        params: dict[str, Any] = {
            "out_channels": changed if i == at else width,
            "kernel_size": 3,
            "padding": 1,
        }
        if told is not None and i == at + 1:
            params["in_channels"] = told
        for name, type_, values in (
            (f"conv{i}", "nn.Conv2d", params),
            (f"bn{i}", "nn.BatchNorm2d", {}),
            (f"relu{i}", "nn.ReLU", {}),
        ):
            nodes[name] = Node(name, type_, values, ({"n": last},), at=(0, 96 * len(nodes)))
            last = name
    for name, type_ in (("pool", "nn.AdaptiveAvgPool2d"), ("flatten", "nn.Flatten"), ("fc", "nn.Linear")):
        nodes[name] = Node(name, type_, {"output_size": 1} if name == "pool" else {}, ({"n": last},))
        last = name
    nodes["output"] = Node("output", "output", {}, ({"n": last},))
    return ProjectData("Benchmark", {"model": Network(nodes)})


def timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def show(name: str, milliseconds: list[float], note: str = "") -> None:
    print(f"{name:44} {median(milliseconds):9.1f} ms   (best {min(milliseconds):.1f}) {note}")


def main() -> None:
    layers = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    analyse(drawn(3), CONTEXT)
    project = drawn(layers)
    show("cold", [timed(lambda: analyse(project, CONTEXT))])
    show("nothing changed", [timed(lambda: analyse(project, CONTEXT)) for _ in range(20)])
    edits, worked = [], 0
    for i in range(20):
        edited = drawn(layers, at=layers // 6, changed=33 + i)
        before = evaluate.misses()
        edits.append(timed(lambda edited=edited: analyse(edited, CONTEXT)))
        worked = evaluate.misses() - before
    show("width of a middle layer changed", edits, f"{worked} nodes worked out again")
    heads = [drawn(layers, at=layers // 3 - 1, changed=64 + i) for i in range(20)]
    show("width of the last layer changed", [timed(lambda p=p: analyse(p, CONTEXT)) for p in heads])
    broken = [drawn(layers, at=layers // 6, changed=99 + i, told=32) for i in range(10)]
    times = [timed(lambda p=p: analyse(p, CONTEXT)) for p in broken]
    cures = len(analyse(broken[0], CONTEXT).problems[0].cures)
    show("a wrong width in the middle, cures tried", times, f"{cures} cures")
    show("build", [timed(lambda: build(project, context=CONTEXT)) for _ in range(5)])
    show("source", [timed(lambda: source(project, context=CONTEXT)) for _ in range(5)])


if __name__ == "__main__":
    main()
