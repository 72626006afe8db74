"""The first network that is drawn for data: it fits without a problem, whatever the data is."""

from __future__ import annotations

import pytest
import torch

from studio.compiler import beginnings
from studio.compiler.analysis import Context, N, TensorSpec
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.data.sources import SOURCES
from studio.graph.model import Network, ProjectData
from studio.training.objectives import context_of

TEXTS = {
    "source": "text",
    "reading": {
        "encoding": "utf-8", "separator": ",", "header": True, "rows": 90, "text": "t", "target": "c",
        "classes": ["a", "b"], "characters": 80, "by": "words", "vocabulary": 500, "length": 20,
    },
}  # fmt: skip
CORPUS = {
    "source": "corpus",
    "reading": {"encoding": "utf-8", "characters": 9000, "length": 32, "vocabulary": 60},
}
SERIES = {
    "source": "series",
    "reading": {
        "encoding": "utf-8", "separator": ",", "header": True, "rows": 200, "columns": ["a", "b"],
        "targets": ["a"], "window": 12, "horizon": 3,
    },
}  # fmt: skip
SECTIONS = [*({"source": name} for name in SOURCES), TEXTS, CORPUS, SERIES]


def drawn(section: dict) -> ProjectData:
    empty = ProjectData("New", {"model": Network()}, {"data": section})
    nodes = beginnings.nodes(context_of(empty))
    return ProjectData("New", {"model": Network({n.id: n for n in nodes})}, {"data": section})


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section["source"])
def test_it_fits_the_data_without_a_word(section: dict) -> None:
    project = drawn(section)

    analysis = analyse(project, context_of(project))

    assert project.networks["model"].nodes
    assert [problem.code for problem in analysis.problems] == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 40, 224])
def test_it_fits_images_of_any_size(size: int) -> None:
    context = Context((TensorSpec((N, 3, size, size)),), 5, "classification")
    nodes = beginnings.nodes(context)

    analysis = analyse(ProjectData("New", {"model": Network({n.id: n for n in nodes})}), context)

    assert [problem.code for problem in analysis.problems if problem.severity == "error"] == []


def test_words_begin_with_short_vectors_and_what_fills_up_with_none() -> None:
    project = drawn(TEXTS)
    network = build(project, context=context_of(project))

    vectors = network.embedding(torch.arange(500))

    assert vectors[0].abs().max() == 0
    assert vectors.norm(dim=1).max() <= 1 + 1e-5


@pytest.mark.parametrize("context", [Context(), Context((TensorSpec((N, 4)),) * 2)])
def test_where_nothing_usual_fits_nothing_is_drawn(context: Context) -> None:
    assert beginnings.nodes(context) == ()
