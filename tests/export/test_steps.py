"""Every step of preprocessing is inside exported files: raw values give what the network gives."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.data.prepare import prepare
from studio.data.preprocessing import Preprocessing
from studio.data.source import Place
from studio.data.sources import KINDS, described
from studio.data.steps import KINDS as STEPS
from studio.export.export import export
from studio.graph.model import Network, Node, ProjectData
from tests.export.conftest import Untrained

Step = dict[str, Any]

CHAINS: dict[str, tuple[str, list[Step]]] = {
    "scaled": ("table", [{"type": "missing", "by": "mean"}, {"type": "min_max"}, {"type": "one_hot"}]),
    "alike": (
        "table",
        [
            {"type": "dates", "parts": ["year", "month", "weekday", "day_of_year", "hour"]},
            {"type": "standardize"},
            {"type": "missing", "by": "neighbours", "neighbours": 3},
            {"type": "outliers", "deviations": 1.5},
            {"type": "rare", "most": 2},
            {"type": "ordinal", "columns": ["size"]},
            {"type": "one_hot"},
            {"type": "best", "keep": 5, "by": "f_test"},
            {"type": "pca", "components": 3, "whiten": True},
        ],
    ),
    "dropped": (
        "table",
        [
            {"type": "missing", "by": "drop"},
            {"type": "outliers", "by": "quantiles", "then": "drop"},
            {"type": "robust"},
        ],
    ),
    "pictures": (
        "images",
        [
            {"type": "resize", "height": 11, "width": 14},
            {"type": "crop", "height": 9, "width": 12},
            {"type": "grey"},
            {"type": "standardize"},
        ],
    ),
    "gradients": ("images", [{"type": "hog", "cell": 4, "block": 2}, {"type": "standardize"}]),
    "texts": (
        "text",
        [{"type": "tokens", "by": "subwords", "length": 12, "vocabulary": 90, "shorten": "beginning"}],
    ),
    "windows": (
        "series",
        [
            {"type": "dates", "parts": ["month", "weekday"]},
            {"type": "difference"},
            {"type": "standardize"},
            {"type": "scale_each"},
        ],
    ),
}


def table(folder: Path) -> Path:
    draw = np.random.default_rng(0)
    rows = [["age", "height", "colour", "size", "when", "kind"]]
    for _ in range(120):
        numbers = [f"{draw.normal(40, 12):.2f}", f"{draw.normal(170, 9):.1f}"]
        values = [str(draw.choice(["red", "green", "blue", "pink"])), str(draw.choice(["S", "M", "L"]))]
        values.append(f"{draw.integers(1990, 2031)}-{draw.integers(1, 13):02d}-11 0{draw.integers(10)}:30")
        rows.append(
            [text if draw.random() > 0.1 else "" for text in (*numbers, *values)] + [draw.choice(["a", "b"])]
        )
    path = folder / "things.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def images(folder: Path) -> Path:
    from PIL import Image

    draw = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (folder / "pets" / name).mkdir(parents=True)
        for i in range(12):
            pixels = draw.integers(0, 256, (13, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "pets" / name / f"{i}.png")
    return folder / "pets"


def series(folder: Path) -> Path:
    path = folder / "power.csv"
    lines = [f"2020-01-{1 + i // 24:02d} {i % 24:02d}:00,{np.sin(i):.4f},{i * 0.1:.2f}" for i in range(200)]
    path.write_text("date,load,heat\n" + "\n".join(lines) + "\n")
    return path


def texts(folder: Path) -> Path:
    path = folder / "reviews.csv"
    draw = np.random.default_rng(0)
    words = ["fine", "lovely", "dull", "dreary", "boring", "finest", "lovelier", "it", "was"]
    rows = [["label", "review"]]
    rows += [[str(i % 2), " ".join(draw.choice(words, 3 + i % 9)) + f" number {i}"] for i in range(80)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


MAKE = {"text": texts, "table": table, "images": images, "series": series}


@dataclass(frozen=True)
class OfData(Untrained):
    """A run with data, of which the samples to compare on are taken."""

    folder: Path = Path()


_EMBEDDING = Node("numbers", "nn.Embedding", {"num_embeddings": 90, "embedding_dim": 3}, args=({"n": "x"},))


def run_of(name: str, folder: Path) -> OfData:
    """An untrained network behind the steps of a chain, fitted on data of its kind."""
    kind, chain = CHAINS[name]
    path = MAKE[kind](folder)
    section = {
        "source": kind,
        "root": str(path),
        "reading": KINDS[kind].look(path, {"calendar": True} if kind == "series" else {}),
        "preprocessing": chain,
        "split": {"validation": 0.2, "test": 0.2},
    }
    data = prepare(section)
    outputs = data.context.outputs
    nodes = {
        "x": Node("x", "input", {}),
        **({"numbers": _EMBEDDING} if kind == "text" else {}),
        "flat": Node("flat", "nn.Flatten", {}, args=({"n": "numbers" if kind == "text" else "x"},)),
        "linear": Node("linear", "nn.Linear", {"out_features": outputs}, args=({"n": "flat"},)),
        "y": Node("y", "output", {}, args=({"n": "linear"},)),
    }
    project = ProjectData(
        networks={"model": Network(nodes)}, settings={"data": section, "training": {}}, name=name
    )
    return OfData(
        project, context=data.context, preprocessing=data.preprocessing, folder=folder / "runs" / "one"
    )


def raw_of(run: OfData) -> torch.Tensor:
    """Samples of the data as they are stored."""
    data = prepare(run.project.data, as_stored=True)
    part = data.validation
    x = part.x[torch.arange(len(part.x))]
    return x if run.preprocessing.of_texts else x.to(torch.float32)  # type: ignore[return-value,union-attr]


def test_every_step_can_be_fitted_on_data_and_is_tried(tmp_path: Path) -> None:
    tried = set()
    for name, (_, chain) in CHAINS.items():
        (tmp_path / name).mkdir()
        run = run_of(name, tmp_path / name)
        assert run.preprocessing.apply(raw_of(run)).shape[1:] == run.context.inputs[0].shape[1:]
        tried |= {step["type"] for step in chain}

    assert tried == set(STEPS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alike", "pictures", "gradients", "windows"])
def test_an_onnx_file_does_every_step_itself(name: str, tmp_path: Path) -> None:
    import onnxruntime

    run = run_of(name, tmp_path)

    report = export(run, "onnx", tmp_path / "network")  # type: ignore[arg-type]  # has what is asked of a run

    assert not any("random values" in str(line) for line in report.details)
    raw = raw_of(run)
    session = onnxruntime.InferenceSession(str(report.paths[0]))
    (found,) = session.run(None, {"input": raw.numpy()})
    with torch.no_grad():
        expected = run.load_module()(run.preprocessing.apply(raw))
    assert session.get_inputs()[0].shape == ["N", *raw.shape[1:]]
    assert torch.allclose(torch.from_numpy(found), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alike", "texts"])
def test_an_exported_folder_reads_the_file_itself(name: str, tmp_path: Path) -> None:
    """Categories by their names, dates as they are written, texts a line each."""
    run = run_of(name, tmp_path)
    folder = export(run, "folder", tmp_path / "network").paths[0]  # type: ignore[arg-type]
    file = tmp_path / ("reviews.csv" if name == "texts" else "things.csv")
    raw = described(run.project.data).load(Place(file)).x
    if name == "texts":
        lines = [row[1] for row in csv.reader(file.open(newline=""))][1:]
        file = tmp_path / "lines.txt"
        file.write_text("\n".join(lines) + "\n")

    command = [sys.executable, str(folder / "predict.py"), "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    found = torch.tensor([json.loads(line)["outputs"] for line in done.stdout.splitlines()])
    with torch.no_grad():
        expected = run.load_module()(run.preprocessing.apply(raw))  # type: ignore[arg-type]
    assert torch.allclose(found, expected, atol=1e-4, rtol=1e-4)


def test_what_was_fitted_survives_the_file_of_a_run(tmp_path: Path) -> None:
    run = run_of("alike", tmp_path)
    raw = raw_of(run)

    again = Preprocessing.from_json(json.loads(json.dumps(run.preprocessing.to_json(), allow_nan=False)))

    assert torch.equal(again.apply(raw), run.preprocessing.apply(raw))
