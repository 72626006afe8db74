"""The training script: tidy, without us, and the first epoch of the run to the last bit."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from studio import places
from studio.data.prepare import prepare
from studio.data.sources import SOURCES
from studio.export.training_script import ScriptError, training_script
from studio.graph.model import ProjectData
from studio.project import files
from studio.training import run as training
from studio.training.progress import Progress

CLEAN = """
import contextlib, os, pathlib, runpy, sys
sys.path[:] = [entry for entry in sys.path if not (pathlib.Path(entry) / "studio" / "__init__.py").exists()]
try:
    import studio
except ImportError:
    for script in map(pathlib.Path, sys.argv[1:]):
        os.chdir(script.parent)
        with open("told.txt", "w") as file, contextlib.redirect_stdout(file):
            runpy.run_path(str(script), run_name="__main__")
else:
    sys.exit("our own package can be imported here")
"""


def example(name: str, **settings: Any) -> ProjectData:
    """A bundled example that trains one epoch on the processor."""
    project = files.open_project(places.gallery() / f"{name}.json").project
    section = {**project.training, "epochs": 1, "device": "cpu", **settings.pop("training", {})}
    data = {**project.data, **settings.pop("data", {})}
    return replace(project, settings={**project.settings, "training": section, "data": data})


def assert_tidy(text: str) -> None:
    for command in (["format", "--check"], ["check", "--select", "I,F,E,W,UP,B"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "-"]
        ran = subprocess.run(ruff, input=text, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr


def trained(project: ProjectData, folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor], Progress]:
    """What a run of `project` says of its only epoch, its weights, and the loss of every step."""
    progress = Progress()
    result = training.train(project, None, folder, progress)
    [line] = (result.folder / "metrics.jsonl").read_text().splitlines()
    return json.loads(line), load_file(result.folder / "best.safetensors"), progress


def told(folder: Path) -> dict[str, dict[str, float]]:
    """What a script printed of its only epoch: the metrics of each part of the data."""
    found = {}
    for line in (folder / "told.txt").read_text(encoding="utf-8").splitlines():
        head, _, metrics = line.partition("{")
        found[head.strip().rstrip(":").split()[-1]] = json.loads("{" + metrics.replace("'", '"'))
    return found


EXAMPLES: dict[str, dict[str, Any]] = {
    "digits": {},
    "iris": {},
    "diabetes": {},
    "iris-sgd": {"training": {"optimizer": {"type": "SGD", "lr": 0.1, "nesterov": True}, "seed": 7}},
    "diabetes-huber": {"training": {"loss": "huber", "batch_size": 53}, "data": {"preprocessing": []}},
    "iris-alone": {"data": {"split": {"validation": 0, "test": 0, "seed": 1}}},
}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder an example, where its script has run in an interpreter that lacks our package."""
    folders = {name: tmp_path_factory.mktemp(name) for name in EXAMPLES}
    for name, folder in folders.items():
        text = training_script(example(name.partition("-")[0], **EXAMPLES[name]))
        (folder / "script.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-I", "-c", CLEAN, *(str(f / "script.py") for f in folders.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folders


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_script_repeats_the_first_epoch_to_the_last_bit(
    name: str, scripts: dict[str, Path], tmp_path: Path
):
    expected, weights, progress = trained(example(name.partition("-")[0], **EXAMPLES[name]), tmp_path)
    [file] = scripts[name].glob("*.pt")
    given = torch.load(file, weights_only=True)
    assert set(given) == set(weights)
    for key, value in weights.items():
        assert torch.equal(given[key], value), key
    said = told(scripts[name])
    assert said.get("validation", {}) == expected["validation"]
    numbers, losses = progress.steps_since(0)[1:]
    samples = steps_of(example(name.partition("-")[0], **EXAMPLES[name]), len(numbers))
    total = 0.0
    for loss, count in zip(losses.tolist(), samples, strict=True):
        total += loss * count
    assert said["train"]["loss"] == total / sum(samples)


def steps_of(project: ProjectData, steps: int) -> list[int]:
    """How many samples each step of an epoch has."""
    size, count = project.training["batch_size"], len(prepare(project.data).train)
    return [size] * (steps - 1) + [count - size * (steps - 1)]


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_of_data_can_be_read_by_a_script(source: str):
    drawn = example("iris" if SOURCES[source].task == "classification" else "diabetes")
    if len(SOURCES[source].shape) > 1:
        drawn = example("digits")
    settings = {**drawn.settings, "data": {"source": source, "root": "data"}}
    text = training_script(replace(drawn, settings=settings))
    assert_tidy(text)
    compile(text, "script.py", "exec")


def test_weights_to_begin_with_are_refused():
    with pytest.raises(ScriptError, match="fresh weights"):
        training_script(example("iris", training={"weights": "somewhere.safetensors"}))
