"""UCI's breast cancer data (Wisconsin, diagnostic): 569 tumours, thirty measurements of cell nuclei."""

from __future__ import annotations

from studio.data.source import SourceInfo
from studio.data.sources.bundled import classes
from studio.words import Message

_MEASURES = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)


INFO = SourceInfo(
    name="breast_cancer",
    title=Message("Breast cancer"),
    description=Message(
        "569 tumours, malignant or benign, told apart by 30 measurements of cell nuclei. Bundled."
    ),
    task="classification",
    shape=(30,),
    samples=569,
    outputs=2,
    load=classes("breast_cancer"),
    class_names=("malignant", "benign"),
    feature_names=(
        *(f"mean {measure}" for measure in _MEASURES),
        *(f"{measure} error" for measure in _MEASURES),
        *(f"worst {measure}" for measure in _MEASURES),
    ),
)
