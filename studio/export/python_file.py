"""The network as a Python file, run in an interpreter of its own to prove it."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from studio.export.proof import SAME_ENGINE, Batch, Deviation, compare, in_clean_python
from studio.export.subject import Subject
from studio.export.torch_files import weights

_RUN = """
import importlib.machinery, importlib.util, torch
path, name, weights, inputs, outputs = sys.argv[1:]
loader = importlib.machinery.SourceFileLoader("exported", path)  # whatever the file's name ends in
spec = importlib.util.spec_from_loader("exported", loader)
exported = importlib.util.module_from_spec(spec)
spec.loader.exec_module(exported)
network = getattr(exported, name)()
network.load_state_dict(torch.load(weights, weights_only=True))
network.eval()
def flat(value):
    return [value] if isinstance(value, torch.Tensor) else [part for item in value for part in flat(item)]
with torch.no_grad():
    given = [flat(network(*batch)) for batch in torch.load(inputs, weights_only=True)]
torch.save(given, outputs)
"""


def write(network: Subject, path: Path) -> Callable[[], Deviation]:
    path.write_text(text(network), encoding="utf-8")
    return lambda: compare(network, lambda batches: _run(network, path, batches), SAME_ENGINE)


def text(network: Subject) -> str:
    """The source of the network's class and of the blocks it uses."""
    from studio.compiler.source import source

    written: str = source(network.project, network.network_name, network.context)
    return written


def class_of(code: str) -> str:
    """The name of the network's class: the last one, as blocks are written before what uses them."""
    classes = [node.name for node in ast.parse(code).body if isinstance(node, ast.ClassDef)]
    return classes[-1]


def _run(network: Subject, path: Path, batches: Sequence[Batch]) -> list[Batch]:
    with tempfile.TemporaryDirectory(prefix="netloom-") as name:
        kept, inputs, outputs = (Path(name, part) for part in ("weights.pt", "inputs.pt", "outputs.pt"))
        torch.save(weights(network), kept)
        torch.save([list(batch) for batch in batches], inputs)
        in_clean_python(_RUN, path, class_of(path.read_text(encoding="utf-8")), kept, inputs, outputs)
        given: list[Batch] = torch.load(outputs, weights_only=True)
        return given
