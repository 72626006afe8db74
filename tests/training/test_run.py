"""A whole training: from a project to a run folder, and what happens when something is in the way."""

import errno
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from studio.data.prepare import DataError, prepare
from studio.graph.model import ProjectData
from studio.project import files
from studio.training import checkpoint, machine, objectives, runs
from studio.training.commands import Commands
from studio.training.judging import evaluate
from studio.training.objectives import ObjectiveError
from studio.training.progress import EpochRecord, Progress
from studio.training.run import train
from studio.training.settings import SettingsError
from studio.words import NetloomError

from .conftest import chain

Make = Callable[..., ProjectData]


def judged(run: runs.Run, part: str) -> dict[str, float]:
    """The metrics of a run's best weights, loaded anew, on data prepared anew."""
    data, module = prepare(run.project.data), run.load_module()
    judge = objectives.make(run.settings, data, module).of_kept()
    return evaluate(module, getattr(data, part), judge, run.settings.batch_size)


def test_a_run_folder_has_all_that_is_needed_to_repeat_and_to_use_it(iris: Make, tmp_path: Path) -> None:
    project = iris()

    result = train(project, None, tmp_path)

    record = json.loads((result.folder / "run.json").read_text())
    assert files.load(result.folder / "project.json") == files.loads(files.dumps(project), "")
    assert (record["status"], record["seed"], record["threads"], record["device"]) == ("done", 0, 1, "cpu")
    assert record["versions"]["torch"] == torch.__version__
    assert record["data"]["fingerprint"] == prepare(project.data).fingerprint
    assert record["data"]["samples"] == {"train": 120, "validation": 15, "test": 15}
    assert record["settings"]["optimizer"]["betas"] == [0.9, 0.999]
    assert set(load_file(result.folder / "best.safetensors")) == {
        "fc1.weight",
        "fc1.bias",
        "fc2.weight",
        "fc2.bias",
    }
    assert [line["epoch"] for line in runs.metrics_of(result.folder)] == [1, 2, 3]
    assert len(runs.steps_of(result.folder)) == 3 * 8
    assert set(result.test) == {"loss", "accuracy"}


def test_two_runs_of_the_same_project_have_the_same_weights_bit_for_bit(iris: Make, tmp_path: Path) -> None:
    first, again = (train(iris(), None, tmp_path) for _ in range(2))

    assert first.folder != again.folder
    for name in ("best", "last"):
        files_ = [(result.folder / f"{name}.safetensors").read_bytes() for result in (first, again)]
        assert files_[0] == files_[1]


def test_another_seed_gives_other_weights(iris: Make, tmp_path: Path) -> None:
    first, other = (train(iris(seed=seed), None, tmp_path) for seed in (0, 1))

    weights = [load_file(result.folder / "last.safetensors")["fc1.weight"] for result in (first, other)]
    assert not torch.equal(*weights)


def test_training_leaves_the_threads_and_the_random_numbers_as_they_were(iris: Make, tmp_path: Path) -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()

    train(iris(), None, tmp_path)

    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_the_best_weights_are_those_of_the_best_validation(iris: Make, tmp_path: Path) -> None:
    seen: list[EpochRecord] = []

    result = train(iris(epochs=12), None, tmp_path, on_epoch=seen.append)

    assert result.best is not None
    best = max(seen, key=lambda r: (r.validation["accuracy"], -r.validation["loss"]))
    assert result.best["epoch"] == best.epoch
    assert judged(runs.open_run(result.folder), "validation") == pytest.approx(
        dict(best.validation), rel=1e-5
    )


def test_the_test_score_is_that_of_the_kept_weights(diabetes: Make, tmp_path: Path) -> None:
    result = train(diabetes(), None, tmp_path)

    assert judged(runs.open_run(result.folder), "test") == pytest.approx(dict(result.test), rel=1e-4)


def test_a_regression_that_was_kept_predicts_in_the_datas_units(diabetes: Make, tmp_path: Path) -> None:
    result = train(diabetes(epochs=60), None, tmp_path)

    run = runs.open_run(result.folder)
    data = prepare(run.project.data)
    with torch.no_grad():
        predicted = run.load_module()(data.test.inputs())
    error = float((predicted - data.test.y).abs().mean())
    assert error == pytest.approx(result.test["mae"], rel=1e-4)
    assert float(predicted.mean()) == pytest.approx(float(data.test.y.mean()), rel=0.2)
    assert run.record["objective"]["target"]["folded_into"] == "linear"


def test_a_paused_and_resumed_training_ends_with_the_same_weights(iris: Make, tmp_path: Path) -> None:
    import threading

    undisturbed = train(iris(epochs=6), None, tmp_path)
    commands = Commands()

    def pause_for_a_while(record: EpochRecord) -> None:
        if record.epoch == 2:
            commands.pause()
            threading.Timer(0.05, commands.resume).start()

    paused = train(iris(epochs=6), None, tmp_path, commands=commands, on_epoch=pause_for_a_while)

    pair = [(r.folder / "last.safetensors").read_bytes() for r in (undisturbed, paused)]
    assert pair[0] == pair[1]


def test_a_stopped_training_keeps_its_weights_and_says_so(iris: Make, tmp_path: Path) -> None:
    commands, progress = Commands(), Progress()

    result = train(
        iris(epochs=1000), None, tmp_path, progress, commands, on_epoch=lambda record: commands.stop()
    )

    assert result.status == progress.status == "stopped"
    assert runs.list_runs(tmp_path)[0].status == "stopped"
    assert runs.open_run("last", tmp_path).load_module("last").training is False
    assert result.test


def test_a_training_stopped_before_it_began_has_no_best(iris: Make, tmp_path: Path) -> None:
    commands = Commands()
    commands.stop()

    result = train(iris(), None, tmp_path, commands=commands)

    assert (result.status, result.best, dict(result.test)) == ("stopped", None, {})
    with pytest.raises(runs.RunError, match="no best weights"):
        runs.open_run("last", tmp_path).load_module()


def test_a_loss_that_is_no_number_fails_the_run_and_keeps_the_last_good_weights(
    diabetes: Make, tmp_path: Path
) -> None:
    project, progress = (
        diabetes(epochs=400, optimizer={"type": "SGD", "lr": 2.0, "momentum": 0.0}),
        Progress(),
    )

    with pytest.raises(NetloomError, match="The loss became"):
        train(project, None, tmp_path, progress)

    run = runs.open_run("last", tmp_path)
    assert (run.info.status, progress.status) == ("failed", "failed")
    assert "The loss became" in run.record["error"]
    for name in ("best", "last"):
        assert all(value.isfinite().all() for value in load_file(run.weights(name)).values())


def test_a_run_that_fails_in_its_first_epoch_promises_no_weights(diabetes: Make, tmp_path: Path) -> None:
    with pytest.raises(NetloomError, match="no weights are kept"):
        train(diabetes(optimizer={"type": "SGD", "lr": 1e30, "momentum": 0.0}), None, tmp_path)


def test_weights_that_cannot_be_written_do_not_end_the_training(iris: Make, tmp_path: Path) -> None:
    progress = Progress()

    def block(record: object) -> None:
        assert progress.run is not None
        (progress.run / "last.safetensors" / "in the way").mkdir(parents=True)

    result = train(iris(), None, tmp_path, progress, on_start=block)

    assert result.status == "done"
    assert result.test
    assert (result.folder / "best.safetensors").is_file()
    assert "last.safetensors" in str(result.problems[0])
    assert "ended without them" in str(result.problems[0])
    assert ["tries again" in str(notice) for notice in progress.notices] == [True]


def test_the_record_names_the_best_epoch_whose_weights_are_on_the_disk(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk takes the first epoch and is full from then on."""

    def fill(record: EpochRecord) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(checkpoint, "save_file", full)

    monkeypatch.setattr(checkpoint, "WRITE_SECONDS", 0)
    monkeypatch.setattr(checkpoint, "SELDOM_SECONDS", 0)
    result = train(iris(epochs=6), None, tmp_path, on_epoch=fill)
    run = runs.open_run(result.folder)
    scores = [line["validation"]["accuracy"] for line in run.metrics]
    assert max(scores) > scores[0]  # a later epoch was better
    assert result.best is not None and result.best["epoch"] == 1
    assert run.record["best"] == result.best
    assert judged(run, "test") == pytest.approx(dict(result.test))
    assert judged(run, "validation")["accuracy"] == pytest.approx(scores[0])


def test_a_run_without_weights_names_no_best_epoch_and_no_test_score(iris: Make, tmp_path: Path) -> None:
    progress = Progress()

    def block(record: object) -> None:
        assert progress.run is not None
        (progress.run / "best.safetensors" / "in the way").mkdir(parents=True)

    result = train(iris(), None, tmp_path, progress=progress, on_start=block)
    record = runs.open_run(result.folder).record
    assert record["best"] is record["test"] is result.best is None
    assert record["epochs"] == 3
    assert result.problems


def test_a_disk_that_is_full_from_the_beginning_leaves_no_empty_run(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # Python would keep what the limit cuts off
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))  # no file of more bytes: refused as if full
    try:
        with pytest.raises(NetloomError, match=r"project\.json"):
            train(iris(), None, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_cannot_be_written_is_told_and_the_weights_are_kept(iris: Make, tmp_path: Path) -> None:
    progress = Progress()

    def block(record: object) -> None:
        assert progress.run is not None
        (progress.run / "metrics.jsonl").mkdir()

    result = train(iris(), None, tmp_path, progress, on_start=block)

    assert (result.folder / "last.safetensors").is_file()
    assert "record could not be written" in str(result.problems[0])
    assert len(progress.notices) == 1


def test_a_huge_network_is_refused_before_anything_is_allocated(iris: Make, tmp_path: Path) -> None:
    wide = chain(("fc1", "nn.Linear", {"out_features": 10**12}), ("fc2", "nn.Linear", {}))

    with pytest.raises(NetloomError, match="parameters"):
        train(replace(iris(), networks={"model": wide}), None, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_network_larger_than_the_free_memory_is_refused_with_numbers(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "available_memory", lambda device: 1000)

    with pytest.raises(machine.MemoryShortError, match="67 parameters"):
        train(iris(), None, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_network_of_another_width_than_the_classes_is_told_in_words(iris: Make, tmp_path: Path) -> None:
    project = replace(iris(), networks={"model": chain(("fc", "nn.Linear", {"out_features": 5}))})

    with pytest.raises(NetloomError, match="5"):
        train(project, None, tmp_path)


def test_a_network_that_the_project_lacks_is_named(iris: Make, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"modle.*Known: model"):
        train(iris(network="modle"), None, tmp_path)


def test_a_project_without_data_is_told_so(iris: Make, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No data is chosen"):
        train(replace(iris(), settings={}), None, tmp_path)


def test_a_runs_folder_that_cannot_be_made_is_named_with_a_cure(iris: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(NetloomError, match="could not be made"):
        train(iris(), None, tmp_path / "file")


def test_a_network_with_batch_normalisation_and_a_left_over_sample_trains(iris: Make, tmp_path: Path) -> None:
    network = chain(
        ("fc1", "nn.Linear", {"out_features": 8}), ("norm", "nn.BatchNorm1d", {}), ("fc2", "nn.Linear", {})
    )

    result = train(replace(iris(batch_size=7), networks={"model": network}), None, tmp_path)

    assert result.status == "done"
    assert load_file(result.folder / "best.safetensors")["norm.num_batches_tracked"] > 0


def test_training_on_no_validation_samples_keeps_the_best_of_training(iris: Make, tmp_path: Path) -> None:
    project = iris()
    data = {"source": "iris", "split": {"validation": 0.0, "test": 0.0}}

    result = train(replace(project, settings={**project.settings, "data": data}), None, tmp_path)

    assert result.best is not None
    assert (result.best["validation"], dict(result.test)) == ({}, {})


@pytest.mark.parametrize("loss", ["mse", "l1", "huber"])
def test_every_loss_of_regression_trains(diabetes: Make, tmp_path: Path, loss: str) -> None:
    assert train(diabetes(loss=loss, epochs=30), None, tmp_path).test["r2"] > 0.3


def test_likelihood_trains_a_network_that_ends_in_logarithms(iris: Make, tmp_path: Path) -> None:
    network = chain(("fc1", "nn.Linear", {"out_features": 3}), ("log", "nn.LogSoftmax", {"dim": 1}))

    result = train(replace(iris(loss="nll", epochs=20), networks={"model": network}), None, tmp_path)

    assert result.last is not None
    assert result.last.validation["accuracy"] > 0.7


def test_a_misfit_between_network_and_data_names_both(diabetes: Make, tmp_path: Path) -> None:
    project = replace(diabetes(), networks={"model": chain(("l", "nn.Linear", {"out_features": 2}))})

    with pytest.raises((ObjectiveError, NetloomError), match="2"):
        train(project, None, tmp_path)


@pytest.mark.skipif(not hasattr(os, "umask"), reason="no mode bits here")
def test_weights_may_be_read_by_whom_the_rest_of_the_run_may_be(iris: Make, tmp_path: Path) -> None:
    folder = train(iris(), None, tmp_path).folder

    assert (folder / "best.safetensors").stat().st_mode == (folder / "run.json").stat().st_mode
