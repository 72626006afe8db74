"""What shapes, costs and cures take, and what a built module costs beside the original. Medians, in pairs.

python tests/benchmarks/analysis.py [edits] [open] [modules] [window]

`edits`: one parameter is set to a value never seen before, then every shape of the project is known again;
`cures` is the time for those, where the edit breaks something. `open`: a JSON file is read and analysed with
nothing remembered. `modules`: forward and backward of the built module and of the original in turns, each
pair of times as a ratio. `window`: from the edit until the cards are painted with their new shapes, in the
whole window (see `window_edits.py`). Without arguments everything.

`processor` is the processor's time, `least` the least of it: they count where other work disturbs the clock.
`import torch` is not in any of the times.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import torch
from networks import DIGITS, PHOTOS, flat, lenet, resnet, swin
from torch import nn

from studio.compiler import evaluate, survey
from studio.compiler.analysis import Context
from studio.compiler.build import build
from studio.compiler.infer import analyse, first_report, report
from studio.compiler.source import source
from studio.graph.document import Document
from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.project.files import load, save
from studio.words import Message

Values = Callable[[int], Json]
Edit = tuple[str, str, str, str, Values]
"""(what it is, network, node, parameter, its n-th value)"""

RESNET50, RESNET152 = (3, 4, 6, 3), (3, 8, 36, 3)
_ROUNDS = 25


def stem(node: str, start: int) -> Edit:
    return ("width of the first layer", "model", node, "out_channels", lambda n: start + n)


def _head(node: str) -> Edit:
    return ("width of the last layer", "model", node, "out_features", lambda n: 2000 + n)


def _size(step: int) -> Edit:
    return ("size of the image", "model", "image", "shape", lambda n: ["N", 3, 224, 224 + step * (n + 1)])


def subjects() -> list[tuple[str, ProjectData, Context, float, list[Edit]]]:
    """Name, document, data, goal in milliseconds, edits."""
    inside = (
        "momentum in a block that is used often",
        "Residual",
        "bn2",
        "momentum",
        lambda n: 0.2 + n / 1000,
    )
    width = ("width in a block that is used often", "Layer3", "mlp.0", "out_features", lambda n: 1600 + n)
    norm = ("eps in a block that is used often", "Layer3", "norm1", "eps", lambda n: 1e-4 + n / 1e6)
    free = Context((), 1000, "classification")
    return [
        ("LeNet", lenet(), DIGITS, 10, [stem("conv1", 40), _head("fc1")]),
        ("resnet50", resnet(RESNET50), free, 50, [stem("conv1", 70), _head("fc"), inside, _size(32)]),
        ("resnet50, flat", flat(resnet(RESNET50)), free, 50, [stem("conv1", 70), _head("fc"), _size(32)]),
        ("swin_t", swin(), PHOTOS, 150, [_head("head"), width, norm]),
        ("swin_t, flat", flat(swin()), PHOTOS, 150, [_head("head")]),
    ]


def milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def forget() -> None:
    evaluate.forget()
    survey.forget()


def edits() -> None:
    columns = f"{'nodes':>6} {'median':>9} {'worst':>9} {'processor':>9} {'least':>9} {'cures':>9}   goal"
    print(f"{'one edit to all shapes':34} {'the edit':44} {columns}")
    for name, project, context, goal, kinds in subjects():
        if not context.inputs:
            project = _with_shape(project)
        nodes = sum(len(network.nodes) for network in project.networks.values())
        analyse(project, context)
        for told, network, node, param, values in kinds:
            found = _edited(project, context, network, node, param, values)
            clock, processor, cures = ([one[place] for one in found] for place in range(3))
            met = "" if median(clock) < goal else "  MISSED" if min(processor) >= goal else "  by the clock"
            shown = (median(clock), max(clock), median(processor), min(processor), median(cures))
            row = " ".join(f"{one:6.1f} ms" for one in shown)
            print(f"{name:34} {told:44} {nodes:6} {row}   {goal:g} ms{met}")


def _edited(
    project: ProjectData, context: Context, network: str, node: str, param: str, values: Values
) -> list[tuple[float, float, float]]:
    """Of each edit the time on the clock until shapes and problems are known, that of the processor, and the
    processor's time for the cures that follow; in milliseconds."""
    document, found = Document(project), []
    for n in range(_ROUNDS):
        start, began = time.perf_counter(), time.process_time()
        with document.transaction(Message("Set {name}", name=param)) as edit:
            edit.set_param(network, node, param, values(n))
        walked = survey.survey(document.data(), context)
        first_report(walked)
        clock, processor = time.perf_counter() - start, time.process_time() - began
        report(walked)
        cures = time.process_time() - began - processor
        found.append((clock * 1000, processor * 1000, cures * 1000))
    return found


def _with_shape(project: ProjectData) -> ProjectData:
    document = Document(project)
    with document.transaction(Message("Set {name}", name="shape")) as edit:
        edit.set_param("model", "image", "shape", ["N", 3, 224, 224])
    return document.data()


def opening() -> None:
    print(f"\n{'a JSON file to all shapes':34} {'':44} {'nodes':>6} {'median':>9} {'worst':>9}   goal")
    named = {"resnet152": resnet(RESNET152), "swin_t": swin(), "swin_t, flat": flat(swin())}
    with tempfile.TemporaryDirectory() as folder:
        for name, project in named.items():
            path = Path(folder) / "network.json"
            save(path, project)
            times = []
            for _ in range(5):
                forget()
                times.append(milliseconds(lambda path=path: analyse(load(path), PHOTOS)))
            nodes = sum(len(network.nodes) for network in project.networks.values())
            print(f"{name:34} {'':44} {nodes:6} {median(times):6.0f} ms {max(times):6.0f} ms   2000 ms")
    project = resnet(RESNET50)
    for name, work in (("build resnet50", build), ("source of resnet50", source)):
        times = [milliseconds(lambda work=work: work(project, context=PHOTOS)) for _ in range(5)]
        print(f"{name:34} {'':51} {median(times):6.0f} ms")


# -- modules -----------------------------------------------------------------------------------------


def _handwritten() -> nn.Module:
    """LeNet as a person writes it."""

    class LeNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
            self.conv2 = nn.Conv2d(6, 16, 5)
            self.fc1 = nn.Linear(400, 120)
            self.fc2 = nn.Linear(120, 84)
            self.fc3 = nn.Linear(84, 10)
            self.pool, self.relu, self.flatten = nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.pool(self.relu(self.conv1(x)))
            x = self.pool(self.relu(self.conv2(x)))
            x = self.flatten(x)
            x = self.relu(self.fc1(x))
            return self.fc3(self.relu(self.fc2(x)))

    return LeNet()


def modules() -> None:
    from torchvision.models import resnet18

    torch.set_num_threads(1)
    columns = f"{'original':>10} {'built':>10} {'ratio of pairs':>15} {'of the processor':>17}   goal"
    print(f"\n{'forward + backward':34} {columns}")
    pairs = [
        ("LeNet, batch 64", _handwritten(), build(lenet(), context=DIGITS), (64, 1, 28, 28), 400, 1.02),
        (
            "resnet18, batch 4 of 96 × 96",
            resnet18(),
            build(resnet((2, 2, 2, 2), bottleneck=False), context=PHOTOS),
            (4, 3, 96, 96),
            60,
            1.01,
        ),
    ]
    for name, original, built, shape, rounds, goal in pairs:
        weights = dict(zip(built.state_dict(), original.state_dict().values(), strict=True))
        built.load_state_dict(weights)
        x = torch.randn(shape)
        one, two = _in_turns(original, built, x, rounds)
        clock, processor = (
            median(b[place] / a[place] for a, b in zip(one, two, strict=True)) for place in range(2)
        )
        met = "" if clock <= goal else "  MISSED" if processor > goal else "  by the clock"
        times = f"{median(a for a, _ in one):7.2f} ms {median(b for b, _ in two):7.2f} ms"
        print(f"{name:34} {times} {clock:15.4f} {processor:17.4f}   {goal}{met}")


def _in_turns(
    original: nn.Module, built: nn.Module, x: torch.Tensor, rounds: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Times of both on the clock and of the processor, now the one first and now the other."""

    def step(module: nn.Module) -> tuple[float, float]:
        start, began = time.perf_counter(), time.process_time()
        module.zero_grad()
        module(x).sum().backward()
        return (time.perf_counter() - start) * 1000, (time.process_time() - began) * 1000

    times: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for n in range(rounds + 5):
        for which in (0, 1) if n % 2 else (1, 0):
            took = step((original, built)[which])
            if n >= 5:
                times[which].append(took)
    return times


# -- the window --------------------------------------------------------------------------------------


def window() -> None:
    from window_edits import measure

    measure([])


def with_sizes(project: ProjectData, context: Context) -> ProjectData:
    """The project with its first and last sizes written out, for where no data says them."""
    document = Document(_with_shape(project) if not context.inputs else project)
    nodes = project.networks["model"].nodes
    last = next(node.args[0]["n"] for node in nodes.values() if node.type == "output")
    with document.transaction(Message("Set {name}", name="shape")) as edit:
        if context.inputs:
            edit.set_param("model", "image", "shape", ["N", *context.inputs[0].shape[1:]])
        edit.set_param("model", last, "out_features", context.outputs)
    return document.data()


def main() -> None:
    parts = {"edits": edits, "open": opening, "modules": modules, "window": window}
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    main()
