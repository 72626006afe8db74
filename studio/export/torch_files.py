"""PyTorch's own files: a torch.export program, and weights as safetensors or state_dict.

They are made in memory and written as bytes: the libraries' own writers turn a full disk into errors of many
kinds, and safetensors' takes away the file's mode.
"""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.export import description
from studio.export.cut import DeployedApart
from studio.export.formats import ExportError
from studio.export.proof import SAME_ENGINE, Batch, Deviation, compare
from studio.export.subject import Subject, flat
from studio.words import Message

Prove = Callable[[], Deviation]


def program(network: Subject) -> torch.export.ExportedProgram:
    """The module traced for any batch size. Raises ExportError where it holds on to one batch size."""
    batch = torch.export.Dim("batch", min=1)
    free = tuple({0: batch} for _ in network.samples)
    try:
        return torch.export.export(
            network.module,
            tuple(value[: max(2, min(5, len(value)))] for value in network.samples),
            dynamic_shapes=(free,) if isinstance(network.module, DeployedApart) else free,
            strict=False,
        )
    except Exception as error:
        # torch.export raises exceptions of a dozen kinds, most of them private
        raise ExportError(
            Message(
                "PyTorch cannot export this network for any batch size: {reason}. Usually a Reshape or View "
                "has the batch size written into it; put -1 there.",
                reason=str(error).strip().partition("\n")[0].rstrip("."),
            )
        ) from error


def write_program(network: Subject, path: Path) -> Prove:
    traced = program(network)
    extra = {"netloom.json": json.dumps(description.of(network), ensure_ascii=False, indent=1)}
    buffer = io.BytesIO()
    torch.export.save(traced, buffer, extra_files=extra)
    path.write_bytes(buffer.getbuffer())

    def prove() -> Deviation:
        # We wrote this file a moment ago; a foreign one is never loaded, as loading one may run code.
        loaded = torch.export.load(path).module()
        return compare(network, lambda batches: [call(loaded, batch) for batch in batches], SAME_ENGINE)

    return prove


def write_safetensors(network: Subject, path: Path) -> Prove:
    from safetensors.torch import load_file, save

    metadata = {
        f"netloom.{key}": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in description.of(network).items()
    }
    path.write_bytes(save(weights(network), {"format": "pt", **metadata}))
    return lambda: _compare_weights(network, load_file(path))


def write_state_dict(network: Subject, path: Path) -> Prove:
    buffer = io.BytesIO()
    torch.save(weights(network), buffer)
    path.write_bytes(buffer.getbuffer())
    return lambda: _compare_weights(network, torch.load(path, map_location="cpu", weights_only=True))


def weights(network: Subject) -> dict[str, Tensor]:
    """The state_dict, every tensor with memory of its own: formats refuse shared memory or keep all of it."""
    return {name: value.detach().clone().contiguous() for name, value in network.network.state_dict().items()}


def _compare_weights(network: Subject, loaded: dict[str, Tensor]) -> Deviation:
    """Puts the weights that were read into a copy whose own were wiped, and compares that."""
    module: Any = copy.deepcopy(network.network)
    with torch.no_grad():
        for value in (*module.parameters(), *module.buffers()):
            value.zero_()
    module.load_state_dict(loaded)
    return compare(network, lambda batches: [call(module, batch) for batch in batches], SAME_ENGINE)


def call(module: Any, batch: Batch) -> list[Tensor]:
    """What a module gives for one batch, as a list of tensors."""
    with torch.no_grad():
        return flat(module(*batch))
