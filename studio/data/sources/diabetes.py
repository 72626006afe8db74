"""Efron's diabetes data: 442 patients, ten measurements, and how far the disease went in a year."""

from __future__ import annotations

from studio.data.source import SourceInfo
from studio.data.sources.bundled import numbers
from studio.words import Message

INFO = SourceInfo(
    name="diabetes",
    title=Message("Diabetes"),
    description=Message(
        "442 patients, 10 measurements each; to predict: how far the disease goes in a year. Bundled."
    ),
    task="regression",
    shape=(10,),
    samples=442,
    outputs=1,
    # scikit-learn's other table is centred and shrunk: who exported a network trained on it and gave it a
    # patient as measured would get nonsense
    load=numbers("diabetes", scaled=False),
    feature_names=("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
)
