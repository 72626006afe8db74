"""torchvision's detectors on the canvas: how much of each is drawn, and what is opaque and why.

    python tests/benchmarks/detection.py [NAME ...]

Detectors choose boxes by their scores, so none is drawn whole. The share is that of the parameters whose
layers are nodes. Images are resized to 96 pixels where a detector says that, so that the table ends.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any


def opaque(project: Any, network: str = "model", path: str = "") -> Iterator[tuple[str, Any]]:
    """The opaque nodes of a network and its blocks, by their paths."""
    for node in project.networks[network].nodes.values():
        if node.type == "opaque":
            yield f"{path}{node.id}", node
        if node.block is not None:
            yield from opaque(project, node.block, f"{path}{node.id}.")


def drawn(project: Any, network: str = "model", path: str = "") -> Iterator[str]:
    """The paths of the layers and tensors that are nodes."""
    for node in project.networks[network].nodes.values():
        if node.block is not None:
            for place in range(node.repeat or 1):
                head, _, last = (node.path or node.id).rpartition(".")
                name = node.path or node.id
                if node.repeat and last.isdigit():
                    name = f"{head}.{int(last) + place}" if head else str(int(last) + place)
                yield from drawn(project, node.block, f"{path}{name}.")
        elif node.type != "opaque":
            yield f"{path}{node.path or node.id}"


def share(module: Any, paths: set[str]) -> float:
    """How much of the parameters belongs to what is drawn."""
    found = total = 0
    for name, parameter in module.named_parameters():
        parts = name.split(".")
        total += parameter.numel()
        if any(".".join(parts[:count]) in paths for count in range(1, len(parts) + 1)):
            found += parameter.numel()
    return found / total


def main() -> None:
    import torch
    from torchvision import models

    import studio

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    names = sys.argv[1:] or models.list_models(module=models.detection)
    for name in names:
        sizes = {} if name.startswith("ssd") else {"min_size": 96, "max_size": 96}
        module = models.get_model(name, weights=None, weights_backbone=None, **sizes).eval()
        begun = time.perf_counter()
        try:
            project = studio.from_module(module, torch.zeros(2, 3, 96, 96), name)
        except studio.words.NetloomError as error:
            print(f"{name}: {error}", flush=True)
            continue
        nodes = sum(len(network.nodes) for network in project.networks.values())
        part = share(module, set(drawn(project)))
        seconds = time.perf_counter() - begun
        print(
            f"{name}: {nodes} nodes in {len(project.networks)} networks, "
            f"{part:.1%} of the parameters drawn, {seconds:.0f} s"
        )
        for path, node in opaque(project):
            said = node.extra["opaque"]
            print(f"    {path} ({said['class'].rpartition('.')[2]}): {said['reason']}", flush=True)


if __name__ == "__main__":
    main()
