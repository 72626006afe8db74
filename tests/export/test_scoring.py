"""What an exported file achieves, where the network's own verdict says more than its metrics."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio import places
from studio.data.prepare import prepare
from studio.export import scoring
from studio.export.export import export
from studio.project import files
from studio.training.run import train
from studio.training.runs import Run, open_run


def short(name: str, folder: Path) -> Run:
    project = files.load(places.gallery() / f"{name}.json")
    training = {**project.training, "epochs": 2, "batch_size": 256}
    project = replace(project, settings={**project.settings, "training": training})
    return open_run(train(project, None, folder).folder)


def of_file(run: Run, folder: Path) -> dict[str, float]:
    raw = run.settings.objective not in scoring.CHANGED
    path = export(run, "onnx", folder / "file.onnx", include_preprocessing=raw).paths[0]
    return scoring.score(run, path, prepare(run.project.data, as_stored=True), "test")


def test_the_vectors_of_a_graph_are_worth_what_those_of_the_network_are(tmp_path: Path) -> None:
    run = short("contrastive", tmp_path)

    found = of_file(run, tmp_path)

    own = run.record["verdict"]["test"]["metrics"]
    assert found["probe_accuracy"] == pytest.approx(own["probe_accuracy"], abs=0.01)
    assert found["neighbour_accuracy"] == pytest.approx(own["neighbour_accuracy"], abs=0.01)


def test_a_variational_autoencoder_is_a_graph_that_takes_the_mean_of_its_codes(tmp_path: Path) -> None:
    run = short("variational", tmp_path)

    found = of_file(run, tmp_path)

    assert found["r2"] == pytest.approx(run.record["test"]["r2"], abs=1e-4)
    assert found["kl"] == pytest.approx(run.record["test"]["kl"], abs=1e-3)
