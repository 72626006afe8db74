"""Fisher's iris flowers: 150 plants of three species, four lengths each."""

from __future__ import annotations

from studio.data.source import SourceInfo
from studio.data.sources.bundled import classes
from studio.words import Message

INFO = SourceInfo(
    name="iris",
    title=Message("Iris flowers"),
    description=Message("150 irises of three species, told apart by four lengths in centimetres. Bundled."),
    task="classification",
    shape=(4,),
    samples=150,
    outputs=3,
    load=classes("iris"),
    class_names=("setosa", "versicolor", "virginica"),
    feature_names=("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
)
