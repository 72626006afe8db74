"""A trained network asked about one sample says what it says of that sample in the data."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from studio.data.prepare import prepare
from studio.graph.model import ProjectData
from studio.insight.prediction import Answer, Predictor
from studio.training import run as training
from studio.training.runs import RunError
from tests.export.test_own_files_script import images, project, table, texts
from tests.export.test_training_script import example


def predictor(drawn: ProjectData, folder: Path) -> Predictor:
    return Predictor(training.train(drawn, None, folder).folder)


def expected(asked: Predictor, sample: int) -> torch.Tensor:
    """The probabilities of a training sample, computed from the prepared data."""
    data = prepare(asked.run.project.data)
    with torch.no_grad():
        return asked.run.load_module()(data.train.inputs(slice(sample, sample + 1))).double().softmax(1)[0]


def assert_says(answer: Answer, asked: Predictor, shares: torch.Tensor) -> None:
    said = dict(answer.shares)
    for name, share in zip(asked.run.context.class_names, shares.tolist(), strict=True):
        assert said[name] == pytest.approx(share, abs=1e-6)
    assert [share for _, share in answer.shares] == sorted(said.values(), reverse=True)


@pytest.mark.slow
def test_a_picture_of_the_data_is_told_as_in_the_data(tmp_path: Path) -> None:
    root = images(tmp_path)
    asked = predictor(project(root), tmp_path / "runs")
    data = prepare(asked.run.project.data, as_stored=True)
    pixels = data.train.x[3].to(torch.uint8).permute(1, 2, 0).numpy()
    Image.fromarray(pixels.squeeze()).save(tmp_path / "one.png")

    answer = asked.of_picture(tmp_path / "one.png")

    assert asked.kind == "picture"
    assert_says(answer, asked, expected(asked, 3))
    assert answer.seen is not None
    assert answer.seen.pixels == pixels.tobytes()
    (tmp_path / "torn.png").write_bytes(b"none")
    with pytest.raises(RunError, match=r"torn\.png does not open as a picture"):
        asked.of_picture(tmp_path / "torn.png")


@pytest.mark.slow
def test_a_digit_that_is_dark_on_light_is_turned_round(tmp_path: Path) -> None:
    asked = predictor(example("digits"), tmp_path / "runs")
    stored = prepare(asked.run.project.data, as_stored=True).train
    light = (stored.x[0, 0].numpy() / 16 * 255).round().astype(np.uint8)
    Image.fromarray(light).save(tmp_path / "light.png")
    Image.fromarray(255 - light).resize((40, 40), Image.Resampling.NEAREST).save(tmp_path / "dark.png")

    plain, turned = (asked.of_picture(tmp_path / f"{name}.png") for name in ("light", "dark"))

    assert (plain.swapped, turned.swapped) == (False, True)
    assert plain.shares[0][0] == turned.shares[0][0] == str(int(stored.y[0]))
    assert not asked.of_picture(tmp_path / "dark.png", swap=False).swapped


@pytest.mark.slow
def test_a_row_as_it_stands_in_the_file_is_told_as_in_the_data(tmp_path: Path) -> None:
    asked = predictor(project(table(tmp_path)), tmp_path / "runs")
    row = {"name": "", "age": "41.5", "fare": "12", "place": "south", "rank": "2", "weight": ""}

    answer = asked.of_row(row)

    values = [[float("nan") if not row[c.name] else float(c.values.index(row[c.name])) if c.values
               else float(row[c.name]) for c in asked.layout.columns]]  # fmt: skip
    with torch.no_grad():
        scores = asked.run.load_module()(asked.run.preprocessing.apply(torch.tensor(values)))
    assert asked.kind == "row"
    assert_says(answer, asked, scores.double().softmax(1)[0])
    with pytest.raises(RunError, match="'far' in the column place is no"):
        asked.of_row({**row, "place": "far"})


@pytest.mark.slow
def test_a_row_with_a_gap_that_nothing_fills_names_its_columns(tmp_path: Path) -> None:
    asked = predictor(example("iris"), tmp_path / "runs")
    names = [column.name for column in asked.layout.columns]

    with pytest.raises(RunError, match=re.escape(names[1])):
        asked.of_row({name: "1" for name in names if name != names[1]})


@pytest.mark.slow
def test_a_sentence_is_told_and_one_without_a_known_word_is_refused(tmp_path: Path) -> None:
    asked = predictor(project(texts(tmp_path)), tmp_path / "runs")

    answer = asked.of_sentence("the film was good")

    assert asked.kind == "sentence"
    assert sum(share for _, share in answer.shares) == pytest.approx(1.0)
    with pytest.raises(RunError, match="knows no sign"):
        asked.of_sentence("qqq")


@pytest.mark.slow
def test_a_number_is_told_in_the_units_of_the_data(tmp_path: Path) -> None:
    asked = predictor(project(table(tmp_path), told={"target": "weight"}), tmp_path / "runs")

    answer = asked.of_row({})

    assert not answer.shares
    assert [name for name, _ in answer.values] == ["weight"]


@pytest.mark.slow
def test_a_network_that_gives_pictures_is_refused_by_name(tmp_path: Path) -> None:
    folder = training.train(example("autoencoder"), None, tmp_path).folder

    with pytest.raises(RunError, match="cannot be tried on a single sample"):
        Predictor(folder)
