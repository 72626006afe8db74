"""UCI's wine recognition data: 178 Italian wines from three cultivars, thirteen chemical measurements."""

from __future__ import annotations

from studio.data.source import SourceInfo
from studio.data.sources.bundled import classes
from studio.words import Message

INFO = SourceInfo(
    name="wine",
    title=Message("Wines"),
    description=Message("178 wines from three cultivars, told apart by 13 chemical measurements. Bundled."),
    task="classification",
    shape=(13,),
    samples=178,
    outputs=3,
    load=classes("wine"),
    class_names=("class_0", "class_1", "class_2"),
    feature_names=(
        "alcohol",
        "malic_acid",
        "ash",
        "alcalinity_of_ash",
        "magnesium",
        "total_phenols",
        "flavanoids",
        "nonflavanoid_phenols",
        "proanthocyanins",
        "color_intensity",
        "hue",
        "od280/od315_of_diluted_wines",
        "proline",
    ),
)
