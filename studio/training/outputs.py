"""How the outputs of a trained network are read: by the loss that it learned with."""

from __future__ import annotations

_KINDS = {
    "cross_entropy": "logits",
    "perceptron": "logits",
    "nll": "log_probabilities",
    "binary_cross_entropy_with_logits": "label_logits",
    "multilabel_soft_margin": "label_logits",
}


def kind(loss: str, task: str | None) -> str:
    """What they are.

    `logits` or `log_probabilities` of classes; `logit` of the second of two classes; `label_logits`, one for
    each label; `values` in the data's own units, or of what has no words (pixels, vectors).
    """
    found = _KINDS.get(loss, "values")
    match task:
        case "classification":
            return "logit" if found == "label_logits" else found
        case "multilabel":
            return found
    return "values"
