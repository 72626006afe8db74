"""A network of several inputs is exported with its inputs, which take raw values, each its own columns."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from studio.data.prepare import prepare
from studio.data.sources import table
from studio.export import scoring
from studio.export.export import export
from studio.export.formats import ExportError
from studio.export.training_script import ScriptError, training_script
from studio.graph.model import Network, Node, ProjectData
from studio.training.run import train
from studio.training.runs import Run, open_run

INPUTS = [{"name": "numbers"}, {"name": "people", "columns": ["sex", "port"]}]
ROWS = [
    [20 + i * 7 % 50, "abc"[i % 3], "" if i == 9 else i * 1.5, "mf"[i % 2], "yn"[i % 2]] for i in range(60)
]
NAMES = ["age", "port", "fare", "sex", "target"]


def _write(path: Path, rows: list[list[Any]], names: list[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    return path


def _trained(folder: Path, taken: tuple[str, ...]) -> Run:
    path = _write(folder / "ship.csv", ROWS, NAMES)
    nodes = [Node(name, "input") for name in taken]
    nodes += [
        Node("both", "torch.cat", {}, ([{"n": name} for name in taken],), {"dim": 1}),
        Node("fc", "nn.Linear", {}, ({"n": "both"},)),
        Node("y", "output", {}, ({"n": "fc"},)),
    ]
    data = {"source": "table", "root": str(path), "reading": table.look(path, {}), "inputs": INPUTS}
    settings = {"data": data, "training": {"epochs": 2}}
    project = ProjectData("Ship", {"model": Network({node.id: node for node in nodes})}, settings)
    return open_run(train(project, folder, folder / "ship.runs").folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _trained(tmp_path_factory.mktemp("ship"), ("people", "numbers"))


def test_onnx_takes_raw_values_by_the_names_of_the_inputs(run: Run, tmp_path: Path) -> None:
    path = export(run, "onnx", tmp_path / "ship.onnx").paths[0]
    data = prepare(run.project.data, as_stored=True)
    stored, pending = data.test.x, data.preprocessing
    assert isinstance(stored, torch.Tensor)

    session = onnxruntime.InferenceSession(str(path))
    assert {given.name: given.shape for given in session.get_inputs()} == {
        "people": ["N", 2],
        "numbers": ["N", 2],
    }
    fed = {"people": stored[:, [1, 3]].numpy(), "numbers": stored[:, [0, 2]].numpy()}
    said = session.run(None, fed)[0]
    torch.testing.assert_close(torch.from_numpy(said), run.load_module()(pending.apply(stored)).detach())

    told = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    columns = {given["name"]: given["columns"] for given in json.loads(told["netloom.inputs"])}
    assert columns == {"people": ["port", "sex"], "numbers": ["age", "fare"]}


def test_the_file_scores_what_the_run_scored(run: Run, tmp_path: Path) -> None:
    path = export(run, "onnx", tmp_path / "ship.onnx").paths[0]

    found = scoring.score(run, path, prepare(run.project.data, as_stored=True), "test")

    assert found["loss"] == pytest.approx(run.record["test"]["loss"], rel=1e-4)


def test_without_preprocessing_each_input_takes_its_prepared_columns(run: Run, tmp_path: Path) -> None:
    path = export(run, "onnx", tmp_path / "ship.onnx", include_preprocessing=False).paths[0]

    session = onnxruntime.InferenceSession(str(path))
    assert [given.shape for given in session.get_inputs()] == [["N", 5], ["N", 2]]
    told = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    columns = [given["columns"] for given in json.loads(told["netloom.inputs"])]
    assert columns == [["port=a", "port=b", "port=c", "sex=f", "sex=m"], ["age", "fare"]]


@pytest.mark.parametrize("format", ["pt2", "safetensors", "state_dict", "python"])
def test_every_other_format_is_proven_too(run: Run, format: Any, tmp_path: Path) -> None:
    report = export(run, format, tmp_path / "ship")

    assert report.largest_deviation <= report.tolerance


def test_the_folder_takes_the_table_as_it_is(run: Run, tmp_path: Path) -> None:
    folder = export(run, "folder", tmp_path / "ship").paths[0]
    order = [3, 0, 2, 1]
    file = _write(
        tmp_path / "new.csv", [[row[i] for i in order] for row in ROWS[:5]], [NAMES[i] for i in order]
    )

    done = subprocess.run(
        [sys.executable, str(folder / "predict.py"), "--json", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )

    said = np.array([json.loads(line)["outputs"] for line in done.stdout.splitlines()])
    stored = torch.tensor([[row[0], "abc".index(row[1]), row[2], "fm".index(row[3])] for row in ROWS[:5]])
    expected = run.load_module()(run.preprocessing.apply(stored)).detach().numpy()
    np.testing.assert_allclose(said, expected, rtol=1e-4, atol=1e-5)


def test_columns_that_no_input_takes_cannot_be_prepared_in_a_file(tmp_path: Path) -> None:
    run = _trained(tmp_path, ("numbers",))

    with pytest.raises(ExportError, match="No input of the network takes port, sex"):
        export(run, "onnx", tmp_path / "ship.onnx")
    export(run, "onnx", tmp_path / "ship.onnx", include_preprocessing=False)


def test_a_training_script_says_that_it_has_one_input(run: Run) -> None:
    with pytest.raises(ScriptError, match="the data feed numbers, people"):
        training_script(run.project)
