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
from studio.export.script_parts import LOADERS
from studio.export.training_script import ScriptError, training_script
from studio.graph.model import ProjectData
from studio.project import files
from studio.training import learning
from studio.training import run as training
from studio.training.optimizer_settings import OPTIMIZERS
from studio.training.options import SCHEDULES
from studio.training.progress import Progress
from studio.words import NetloomError

TIDY = (["format", "--diff"], ["check", "--select", "I,F,E,W,UP,B"])
"""what `ruff` is asked of a script"""
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
    nodes = dict(project.networks["model"].nodes)
    for node, value in settings.pop("learning", {}).items():
        nodes[node] = replace(nodes[node], extra={learning.KEY: value})
    networks = {**project.networks, "model": replace(project.networks["model"], nodes=nodes)}
    settings = {**project.settings, "training": section, "data": data}
    return replace(project, networks=networks, settings=settings)


def assert_tidy(text: str) -> None:
    for command in TIDY:
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
    "iris-paced": {
        "training": {
            "optimizer": {"type": "AdamW", "lr": 0.01, "weight_decay": 0.1},
            "schedule": "CosineAnnealingLR",
            "warmup_epochs": 0.5,
            "clip_norm": 0.3,
            "decay": "matrices",
            "label_smoothing": 0.1,
            "patience": 3,
        }
    },
    "iris-gathered": {
        "training": {
            "optimizer": {"type": "NAdam", "lr": 0.01},
            "accumulate": 3,
            "l1": 0.001,
            "class_weights": "balanced",
            "schedule": {"type": "MultiStepLR", "milestones": [1, 2], "unit": "steps"},
            "batch_size": 11,
            "max_minutes": 60,
        }
    },
    "iris-groups": {
        "training": {
            "optimizer": {"type": "AdamW", "lr": 0.02},
            "decay": "matrices",
            "clip_norm": 1.0,
            "class_weights": [1.0, 2.0, 0.5],
            "accumulate": 2,
            "max_minutes": 60,
        },
        "learning": {"fc1": 0.1},
    },
    "digits-changed": {
        "data": {
            "augmentation": [
                {"type": "flip"},
                {"type": "crop", "padding": 2},
                {"type": "resized_crop"},
                {"type": "rotate", "degrees": 10},
                {"type": "affine"},
                {"type": "color_jitter"},
                {"type": "rand_augment"},
                {"type": "erase"},
                {"type": "noise", "std": 0.05},
            ]
        },
        "training": {"batch_size": 128, "accumulate": 2},
    },
    "digits-changed-as-stored": {
        "data": {"augmentation": [{"type": "rotate"}], "preprocessing": [], "split": {"by": "random"}},
        "training": {"batch_size": 128, "memory_format": "channels_last", "precision": "float32"},
    },
    "diabetes-changed": {"data": {"augmentation": [{"type": "noise"}, {"type": "mask"}]}},
    "digits-mixed": {
        "training": {"mixup": 0.3, "cutmix": 1.0, "ema": 0.9, "schedule": "OneCycleLR", "batch_size": 128}
    },
    "digits-cut": {
        "training": {"cutmix": 1.0, "sampler": "balanced", "label_smoothing": 0.1, "batch_size": 128},
        "learning": {"conv1": "frozen"},
    },
    "digits-laid": {
        "training": {"precision": "bfloat16", "memory_format": "channels_last", "batch_size": 128}
    },
    **{
        f"iris-{name}": {"data": {"source": name, "preprocessing": ["standardize"]}}
        for name in ("two_moons", "circles", "spirals", "xor")
    },
    **{
        f"diabetes-{name}": {"data": {"source": name, "preprocessing": ["standardize"]}}
        for name in ("noisy_line", "robot_arm")
    },
    "autoencoder": {},
    "denoising": {"training": {"batch_size": 100}},
    "variational": {"training": {"objective": {"type": "variational", "beta": 0.5}, "clip_norm": 1.0}},
    "unet": {"training": {"batch_size": 50}},
    "unet-changed": {
        "data": {"augmentation": [{"type": "flip"}, {"type": "affine", "degrees": 90}, {"type": "noise"}]},
        "training": {"batch_size": 200},
    },
    "unet-dice": {
        "training": {"batch_size": 100, "loss": "dice"},
        "data": {"split": {"validation": 0, "test": 0.5, "seed": 1}},
    },
    "diabetes-autoencoder": {"training": {"objective": "autoencoder"}},
    "diabetes-plateau": {
        "training": {"schedule": "ReduceLROnPlateau", "warmup_steps": 3, "optimizer": "SGD", "l1": 0.01}
    },
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
def test_every_source_of_data_can_be_read_by_a_script_or_is_refused_by_name(source: str):
    drawn = example("iris" if SOURCES[source].task == "classification" else "diabetes")
    if len(SOURCES[source].shape) > 1:
        drawn = example("unet" if SOURCES[source].task == "segmentation" else "digits")
    settings = {**drawn.settings, "data": {"source": source, "root": "data"}}
    project = replace(drawn, settings=settings)
    if source not in LOADERS:
        with pytest.raises(NetloomError):
            training_script(project)
        return
    text = training_script(project)
    assert_tidy(text)
    compile(text, "script.py", "exec")


@pytest.mark.parametrize(
    "section",
    [
        *({"schedule": {"type": kind}, "warmup_epochs": 0.0} for kind in SCHEDULES),
        {"schedule": "CosineAnnealingWarmRestarts", "warmup_epochs": 2.0},
        {"schedule": {"type": "ExponentialLR", "unit": "steps"}, "warmup_steps": 5, "decay": "matrices"},
        {"mixup": 0.2, "ema": 0.999, "accumulate": 4, "clip_norm": 1.0, "max_minutes": 5, "l1": 0.1},
        {"mixup": 0.2, "cutmix": 0.5, "class_weights": [0.125] * 10, "label_smoothing": 0.1, "patience": 3},
        {"sampler": "balanced", "decay": "matrices", "l1": 0.1},
        {"precision": "bfloat16", "memory_format": "channels_last", "accumulate": 2},
        *({"optimizer": name} for name in OPTIMIZERS),
    ],
    ids=str,
)
def test_every_setting_is_written_tidily(section: dict[str, Any]):
    frozen_norms = {"conv1": "frozen", "fc2": 0.1} if "decay" in section else {}
    text = training_script(example("digits", training=section, learning=frozen_norms))
    assert_tidy(text)
    compile(text, "script.py", "exec")


def test_only_what_is_used_is_written():
    plain = training_script(example("digits"))
    for word in (
        "steps_an_epoch",
        "scheduler",
        "accumulate",
        "clip",
        "average",
        "weights =",
        "RATES",
        "mix(",
    ):
        assert word.lower() not in plain.lower(), word


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("variational", {"precision": "bfloat16"}),
        ("denoising", {"precision": "bfloat16"}),
        ("autoencoder", {"loss": "huber", "accumulate": 2, "ema": 0.9}),
        ("unet", {"loss": "dice", "memory_format": "channels_last", "max_minutes": 1}),
    ],
)
def test_other_objectives_are_written_tidily(name: str, section: dict[str, Any]):
    text = training_script(example(name, training=section))
    assert_tidy(text)
    compile(text, "script.py", "exec")


def test_an_objective_that_no_script_trains_is_refused_by_name():
    with pytest.raises(ScriptError, match="gan"):
        training_script(example("gan"))


@pytest.mark.parametrize("section", [{"compile": True}])
def test_how_steps_are_computed_is_refused_where_no_script_does_it(section: dict[str, Any]):
    with pytest.raises(ScriptError, match="float32 or bfloat16"):
        training_script(example("digits", training=section))


def test_a_step_that_no_script_does_is_refused_by_its_name():
    steps = [{"type": "standardize"}, {"type": "hog", "cell": 2}]

    with pytest.raises(ScriptError, match="“Histograms of gradients in cells"):
        training_script(example("digits", data={"source": "digits", "preprocessing": steps}))


def test_weights_to_begin_with_are_refused():
    with pytest.raises(ScriptError, match="fresh weights"):
        training_script(example("iris", training={"weights": "somewhere.safetensors"}))
