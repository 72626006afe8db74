"""Networks learn files that people bring, each to a stated score: texts, series, tables, pictures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from studio.cli import main
from studio.data.prepare import prepare
from studio.data.sources import kind_of
from studio.graph.model import Network, Node, ProjectData
from studio.insight.sampling import sample
from studio.project import files
from studio.training.objectives.language import Language
from studio.training.run import RunResult, train
from studio.training.runs import RunError, open_run


def network(*nodes: Node) -> Network:
    return Network({node.id: node for node in nodes})


def read_backwards(out: str, *args: Any) -> Network:
    """An embedding, an LSTM, and what it says at the end."""
    return network(
        Node("x", "input"),
        Node("embed", "nn.Embedding", {"num_embeddings": 100, "embedding_dim": 16}, ({"n": "x"},)),
        Node("lstm", "nn.LSTM", {"hidden_size": 32, "batch_first": True}, ({"n": "embed"},)),
        Node("top", out, {}, ({"n": "lstm", "i": 0}, *args)),
        Node("fc", "nn.Linear", {}, ({"n": "top"},)),
        Node("y", "output", {}, ({"n": "fc"},)),
    )


def language_model(vocabulary: int) -> Network:
    return network(
        Node("x", "input"),
        Node("embed", "nn.Embedding", {"num_embeddings": vocabulary, "embedding_dim": 16}, ({"n": "x"},)),
        Node("gru", "nn.GRU", {"hidden_size": 64, "batch_first": True}, ({"n": "embed"},)),
        Node("fc", "nn.Linear", {}, ({"n": "gru", "i": 0},)),
        Node("y", "output", {}, ({"n": "fc"},)),
    )


def learn(tmp_path: Path, drawn: Network, file: Path, told: dict | None = None, **training: Any) -> RunResult:
    kind = kind_of(file)
    data = {"source": kind.name, "root": str(file), "reading": kind.look(file, told or {})}
    section = {"optimizer": {"type": "Adam", "lr": 0.01}, "batch_size": 16, "seed": 0, **training}
    project = ProjectData("Case", {"model": drawn}, {"data": data, "training": section})
    return train(project, None, tmp_path / "runs")


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    file = tmp_path / "reviews.tsv"
    nouns = ("film", "story", "music", "acting", "ending")
    rows = [
        f"{'pos' if i % 2 else 'neg'}\tthe {nouns[i % 5]} was {'truly' if i % 3 else 'so'} "
        f"{'lovely' if i % 2 else 'dull'} in part {i}"
        for i in range(200)
    ]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_texts_are_told_apart(tmp_path: Path, reviews: Path) -> None:
    found = learn(tmp_path, read_backwards("torch.amax", 1), reviews, {"vocabulary": 100}, epochs=6)

    assert found.test["accuracy"] >= 0.95


def test_a_series_is_foretold_better_than_by_its_last_value(tmp_path: Path) -> None:
    file = tmp_path / "waves.csv"
    values = 20 * np.sin(np.arange(500) / 4) + 50
    days = np.datetime_as_string(np.datetime64("2020-01-01") + np.arange(500))
    rows = [f"{day},{value:.3f}" for day, value in zip(days, values, strict=True)]
    file.write_text("\n".join(["date,height", *rows]) + "\n", encoding="utf-8")
    drawn = network(
        Node("x", "input"),
        Node("gru", "nn.GRU", {"hidden_size": 16, "batch_first": True}, ({"n": "x"},)),
        Node("last", "torch.select", {}, ({"n": "gru", "i": 0}, 1, -1)),
        Node("fc", "nn.Linear", {}, ({"n": "last"},)),
        Node("y", "output", {}, ({"n": "fc"},)),
    )

    found = learn(tmp_path, drawn, file, {"horizon": 2}, epochs=25)

    last_value = float(np.abs(values[1:] - values[:-1]).mean())
    assert found.test["mae"] < last_value / 3


def test_pictures_are_told_apart(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for i in range(120):
        pixels = draw.integers(0, 100, (12, 12, 3), dtype=np.uint8)
        pixels[(slice(4, 8), slice(None)) if i % 2 else (slice(None), slice(4, 8))] += 120
        file = tmp_path / "lines" / ("across", "down")[i % 2] / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)
    drawn = network(
        Node("x", "input"),
        Node("conv", "nn.Conv2d", {"out_channels": 8, "kernel_size": 5}, ({"n": "x"},)),
        Node("relu", "nn.ReLU", {}, ({"n": "conv"},)),
        Node("pool", "nn.AdaptiveMaxPool2d", {"output_size": 1}, ({"n": "relu"},)),
        Node("flat", "nn.Flatten", {}, ({"n": "pool"},)),
        Node("fc", "nn.Linear", {}, ({"n": "flat"},)),
        Node("y", "output", {}, ({"n": "fc"},)),
    )

    assert learn(tmp_path, drawn, tmp_path / "lines", epochs=10).test["accuracy"] >= 0.9


# -- language models -----------------------------------------------------------------------------

RHYME = "one two three four five six seven eight nine ten\n"


@pytest.fixture(scope="module")
def rhyme(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A language model that knows a rhyme by heart."""
    tmp_path = tmp_path_factory.mktemp("rhyme")
    file = tmp_path / "rhyme.txt"
    file.write_text(RHYME * 200, encoding="utf-8")
    vocabulary = len(set(RHYME)) + 2
    return learn(tmp_path, language_model(vocabulary), file, {"length": 50}, epochs=6)


def test_a_rhyme_is_learned_and_goes_on(rhyme: RunResult) -> None:
    run = open_run(str(rhyme.folder), rhyme.folder.parent)

    assert rhyme.test["perplexity"] < 1.3
    assert "".join(sample(run, "one two ", 20, temperature=0.0)) == "three four five six "


def test_the_same_seed_writes_the_same(rhyme: RunResult) -> None:
    run = open_run(str(rhyme.folder), rhyme.folder.parent)

    first, again, other = ("".join(sample(run, "t", 60, 3.0, seed)) for seed in (1, 1, 2))

    assert first == again != other


def test_signs_that_are_not_known_are_said_so(rhyme: RunResult) -> None:
    run = open_run(str(rhyme.folder), rhyme.folder.parent)

    with pytest.raises(RunError, match="knows no sign of"):
        list(sample(run, "ÄÖÜ", 5))


def test_loss_and_metrics_are_pytorchs_own() -> None:
    draw = torch.Generator().manual_seed(0)
    scores, y = torch.randn(3, 7, 11, generator=draw), torch.randint(1, 11, (3, 7), generator=draw)
    objective = Language(11)
    meter = objective.meter()
    meter.add(scores, y)

    theirs = functional.cross_entropy(scores[:, :-1].transpose(1, 2), y[:, 1:])

    torch.testing.assert_close(objective.loss(scores, y), theirs)
    assert meter.result()["perplexity"] == pytest.approx(float(theirs.exp()), rel=1e-5)
    right = (scores[:, :-1].argmax(2) == y[:, 1:]).float().mean()
    assert meter.result()["next_accuracy"] == pytest.approx(float(right))


def test_a_network_that_gives_one_word_a_text_is_a_problem(tmp_path: Path) -> None:
    from studio.compiler.infer import analyse
    from studio.training.objectives import context_of

    file = tmp_path / "rhyme.txt"
    file.write_text(RHYME * 20, encoding="utf-8")
    kind = kind_of(file)
    data = {"source": "corpus", "root": str(file), "reading": kind.look(file, {})}
    project = ProjectData("Case", {"model": read_backwards("torch.amax", 1)}, {"data": data})

    problems = analyse(project, context_of(project)).problems

    assert any(problem.severity == "error" for problem in problems)
    assert prepare(data).context.task == "language"


def test_netloom_sample_writes_and_refuses(
    rhyme: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = open_run(str(rhyme.folder), rhyme.folder.parent)
    files.save(tmp_path / "p.json", run.project)

    told = [
        "sample",
        str(tmp_path / "p.json"),
        "--run",
        str(rhyme.folder),
        "--prompt",
        "one ",
        "--length",
        "4",
    ]
    status = main([*told, "--temperature", "0"])

    assert (status, capsys.readouterr().out) == (0, "one two \n")
