"""What a file says of itself, for whoever gets it without us: inputs, preprocessing, classes, versions."""

from __future__ import annotations

from typing import Any

import torch

from studio import __version__
from studio.export.subject import Subject
from studio.training import outputs


def of(network: Subject) -> dict[str, Any]:
    """Plain data, the same in every format that has room for it."""
    return {
        "producer": f"Netloom {__version__}, PyTorch {torch.__version__}",
        "name": network.project.name,
        "inputs": [
            {
                "name": name,
                "shape": ["N", *value.shape[1:]],
                "dtype": str(value.dtype).removeprefix("torch."),
                **({"columns": network.cut.columns(number, network.raw)} if network.cut is not None else {}),
            }
            for number, (name, value) in enumerate(zip(network.input_names, network.samples, strict=True))
        ],
        "outputs": list(network.output_names),
        "output_kind": outputs.kind(network.loss, network.context.task),
        "preprocessing": [dict(step) for step in network.preprocessing.steps],
        "preprocessing_is_inside": network.raw,
        "class_names": list(network.context.class_names),
    }
