"""What a file says of itself, for whoever gets it without us: inputs, preprocessing, classes, versions."""

from __future__ import annotations

from typing import Any

import torch

from studio import __version__
from studio.export.subject import Subject


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
        "output_kind": output_kind(network),
        "preprocessing": [dict(step) for step in network.preprocessing.steps],
        "preprocessing_is_inside": network.raw,
        "class_names": list(network.context.class_names),
    }


_KINDS = {
    "cross_entropy": "logits",
    "perceptron": "logits",
    "nll": "log_probabilities",
    "binary_cross_entropy_with_logits": "label_logits",
    "multilabel_soft_margin": "label_logits",
}


def output_kind(network: Subject) -> str:
    """How to read the outputs, by the loss they were trained with.

    `logits` or `log_probabilities` of classes; `logit` of the second of two classes; `label_logits`, one for
    each label; `values` in the data's own units, or of what has no words (pixels, vectors).
    """
    kind = _KINDS.get(network.loss, "values")
    match network.context.task:
        case "classification":
            return "logit" if kind == "label_logits" else kind
        case "multilabel":
            return kind
    return "values"
