"""How steps are computed: by hand, by a rule or by a measurement; in every way a run repeats and resumes."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from studio.data.prepare import Prepared, Split
from studio.graph.model import ProjectData
from studio.training import known_ways, machine, objectives, optimizers, runs, speed, trial
from studio.training.allocator import keeping_memory
from studio.training.progress import Progress
from studio.training.run import train
from studio.training.settings import read
from studio.training.speed import Pace
from studio.training.speed_settings import SpeedError
from studio.words import NetloomError

from .conftest import chain
from .test_resume import outcome, resume, stopped_after

Make = Callable[..., ProjectData]
BF16 = {"precision": "bfloat16", "memory_format": "channels_last"}


@pytest.fixture
def digits() -> Make:
    """A convolution network with a norm and dropout on digits, 12 steps an epoch."""

    def make(**training: Any) -> ProjectData:
        network = chain(
            ("conv1", "nn.Conv2d", {"out_channels": 4, "kernel_size": 3}),
            ("norm", "nn.BatchNorm2d", {}),
            ("relu", "nn.ReLU", {}),
            ("pool", "nn.MaxPool2d", {"kernel_size": 2}),
            ("conv2", "nn.Conv2d", {"out_channels": 8, "kernel_size": 2}),
            ("flat", "nn.Flatten", {}),
            ("drop", "nn.Dropout", {"p": 0.1}),
            ("fc", "nn.Linear", {}),
        )
        data = {"source": "digits"}
        section = {"epochs": 2, "batch_size": 128, "optimizer": {"type": "Adam", "lr": 0.01}, **training}
        return ProjectData("Digits", {"model": network}, {"data": data, "training": section})

    return make


def record_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run.json").read_text())  # type: ignore[no-any-return]


# -- settings ------------------------------------------------------------------------------------


def test_what_is_left_out_is_chosen_at_the_start() -> None:
    chosen = read({}).speed
    assert (chosen.precision, chosen.memory_format, chosen.compile) == ("auto", "auto", False)
    assert read(read(BF16).to_json()).speed == read(BF16).speed


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"precision": "float16"}, "training.precision"),
        ({"precision": None}, "training.precision"),
        ({"memory_format": "nhwc"}, "training.memory_format"),
        ({"compile": 1}, "training.compile"),
    ],
)
def test_another_value_is_refused_by_name(section: dict[str, Any], said: str) -> None:
    with pytest.raises(NetloomError, match=said):
        read(section)


# -- the same bits in every way --------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        {"precision": "float32", "memory_format": "contiguous"},
        {"precision": "float32", "memory_format": "channels_last"},
        BF16,
        {**BF16, "optimizer": {"type": "SGD", "lr": 0.05}, "accumulate": 3, "clip_norm": 1.0},
    ],
    ids=lambda way: "-".join(map(str, way.values()))[:24],
)
def test_a_run_repeats_and_goes_on_with_the_same_bits(
    way: dict[str, Any], digits: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = digits(**way, device="cpu")
    first = train(project, None, tmp_path).folder
    assert outcome(train(project, None, tmp_path).folder) == outcome(first)
    for steps in (5, 15):
        stopped = stopped_after(steps, project, tmp_path, monkeypatch)
        resume(stopped, None)
        assert outcome(stopped) == outcome(first)


def test_a_resumed_run_takes_the_way_of_its_record(
    digits: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where a measurement would now choose another one."""
    measured = Pace("bfloat16", "channels_last", 1)
    with monkeypatch.context() as patched:
        patched.setattr(trial, "choose", lambda *_: measured)
        first = train(digits(device="cpu"), None, tmp_path).folder
        stopped = stopped_after(7, digits(device="cpu"), tmp_path, monkeypatch)
    monkeypatch.setattr(trial, "choose", lambda *_: pytest.fail("measured again"))
    resume(stopped, None)
    assert outcome(stopped) == outcome(first)
    assert Pace.from_json(record_of(stopped)["pace"]) == measured


def test_a_run_of_a_version_that_chose_only_threads_goes_on(
    digits: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = train(digits(device="cpu"), None, tmp_path).folder
    stopped = stopped_after(7, digits(device="cpu"), tmp_path, monkeypatch)
    record = record_of(stopped)
    del record["pace"]
    runs.write_record(stopped, record)
    resume(stopped, None)
    assert outcome(stopped) == outcome(first)


def test_the_optimisers_state_must_lie_as_its_parameters_do(
    digits: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fused kernel goes through memory and asks for no strides: without the care for them it goes wrong."""
    project = digits(memory_format="channels_last", device="cpu")
    first = train(project, None, tmp_path).folder
    stopped = stopped_after(5, project, tmp_path, monkeypatch)
    monkeypatch.setattr(optimizers, "restore", lambda optimizer, state: optimizer.load_state_dict(state))
    resume(stopped, None)
    assert outcome(stopped) != outcome(first)


# -- what a module computes --------------------------------------------------------------------------


def small() -> fx.GraphModule:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3))
    return fx.symbolic_trace(layers)


def test_training_is_in_the_lower_precision_and_evaluation_is_not() -> None:
    x, plain, module = torch.randn(5, 1, 8, 8), small(), small()
    speed.equip(module, Pace("bfloat16", "channels_last"), "cpu")
    assert module(x).dtype is torch.float32
    assert torch.equal(module(x), module(x).bfloat16().float()), "the numbers of a bfloat16"
    assert not torch.equal(module(x), plain(x))
    assert torch.allclose(module(x), plain(x), atol=0.02)
    assert torch.allclose(module.eval()(x), plain.eval()(x), atol=1e-6)
    assert {p.dtype for p in module.parameters()} == {torch.float32}
    assert list(module.state_dict()) == list(plain.state_dict())


def test_gradients_of_the_plain_way_are_the_same_bits_as_without_any() -> None:
    x, plain, module = torch.randn(5, 1, 8, 8), small(), small()
    speed.equip(module, Pace(), "cpu")
    for one in (plain, module):
        one(x).square().sum().backward()
    for a, b in zip(plain.parameters(), module.parameters(), strict=True):
        assert a.grad is not None and b.grad is not None and torch.equal(a.grad, b.grad)


def test_what_lies_otherwise_is_the_same_data(blobs: Prepared) -> None:
    images = torch.randn(6, 3, 4, 5)
    data = replace(blobs, train=Split(images, torch.arange(6)))
    found = speed.laid(data, Pace(memory_format="channels_last"))
    assert torch.equal(found.train.x, images)
    assert found.train.x.is_contiguous(memory_format=torch.channels_last)
    assert found.test.x is data.test.x
    assert speed.laid(data, Pace()) is data


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_gpu_trains_in_half_precision(digits: Make, tmp_path: Path) -> None:
    result = train(digits(precision="bfloat16", epochs=6), None, tmp_path, device="cuda")
    assert result.best is not None and result.best["validation"]["accuracy"] > 0.8


# -- choosing -----------------------------------------------------------------------------------------


def subject(**section: Any) -> dict[str, Any]:
    """A run whose measurement pays: what `trial.choose` is given."""
    settings = read({"batch_size": 16, **section})
    module = small()
    x, y = torch.randn(40, 1, 8, 8), torch.arange(40) % 3
    part = Split(x, y)
    from studio.compiler.analysis import Context
    from studio.data.preprocessing import Preprocessing

    data = Prepared(part, part, part, Context(outputs=3), Preprocessing(), "", "")
    return {
        "plain": speed.ruled(settings, 10**5, "cpu"),
        "settings": settings,
        "module": module,
        "objective": objectives.make(settings, data, module),
        "data": data,
        "multiply_adds": 10**5,
        "steps": 10**7,
        "device": "cpu",
    }


def pretend(monkeypatch: pytest.MonkeyPatch, seconds: Callable[[Pace], float]) -> list[Pace]:
    """Measurements that come out as told; gives the ways that were tried."""
    tried: list[Pace] = []

    def run(self: Any) -> None:
        tried.append(self.pace)
        self.best = seconds(self.pace)

    monkeypatch.setattr(trial._Try, "run", run)
    monkeypatch.setattr(speed, "_low_precision", lambda device: "bfloat16")
    monkeypatch.setattr(machine, "cores", lambda: 4)
    return tried


def test_a_short_run_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = pretend(monkeypatch, lambda pace: 1.0)
    chosen = trial.choose(**{**subject(), "steps": 10})
    assert chosen == Pace() and not tried
    assert str(chosen.said) == "float32, threads: 1: the run is short, so no other way was tried"


def test_what_the_settings_say_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = pretend(monkeypatch, lambda pace: 1.0)
    chosen = trial.choose(**subject(**BF16, threads=2))
    assert chosen == Pace("bfloat16", "channels_last", 2) and not tried
    assert str(chosen.said) == "bfloat16, channels last, threads: 2: as the settings say"


def test_the_fastest_way_is_taken_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    gains = {"bfloat16": 2.0, "float32": 1.0, "channels_last": 1.2, "contiguous": 1.0}
    pretend(monkeypatch, lambda pace: 1 / gains[pace.precision] / gains[pace.memory_format])
    chosen = trial.choose(**subject())
    assert chosen == Pace("bfloat16", "channels_last", 1)
    assert str(chosen.said) == (
        "bfloat16, channels last, threads: 1: 2.4 times as fast here "
        "(weights, losses and validation in float32)"
    )
    assert chosen.milliseconds["float32 contiguous 1"] == 1000.0


def test_the_same_run_takes_the_same_way_again_unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = {"bfloat16": 0.5, "float32": 1.0}
    pretend(monkeypatch, lambda pace: fast[pace.precision])
    first = trial.choose(**subject())
    assert first.precision == "bfloat16"

    tried = pretend(monkeypatch, lambda pace: 1.0)
    again = trial.choose(**subject())
    assert again == first and not tried
    assert str(again.said) == str(first.said)

    other = trial.choose(**subject(batch_size=8))
    assert tried and other.precision == "float32"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"KEY": 3}', '{"KEY": {"precision": "float8"}}'])
def test_a_file_of_known_ways_that_is_spoilt_costs_a_measurement(content: str) -> None:
    file = known_ways._file()
    file.parent.mkdir(parents=True)
    file.write_text(content)

    assert known_ways.recall("KEY") is None
    known_ways.keep("KEY", Pace("bfloat16", "channels_last", 2))
    assert known_ways.recall("KEY") == Pace("bfloat16", "channels_last", 2)


def test_little_is_gained_so_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, lambda pace: 1 / 1.02 if pace != Pace() else 1.0)
    chosen = trial.choose(**subject())
    assert chosen == Pace()
    assert str(chosen.said) == "float32, threads: 1: nothing else was faster here"


def test_numbers_to_predict_are_learned_in_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    given = subject()
    given["settings"] = replace(given["settings"], objective="regression")
    tried = pretend(monkeypatch, lambda pace: 1.0)
    trial.choose(**given)
    assert {pace.precision for pace in tried} == {"float32"}


def test_a_lower_precision_with_other_gradients_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, lambda pace: 0.1 if pace.precision == "bfloat16" else 1.0)
    monkeypatch.setattr(trial, "_cosine", lambda a, b: 0.9)
    assert trial.choose(**subject()).precision == "float32"


def test_gradients_in_bfloat16_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[float] = []
    plain = trial._cosine
    pretend(monkeypatch, lambda pace: 0.1 if pace.precision == "bfloat16" else 1.0)
    monkeypatch.setattr(trial, "_cosine", lambda a, b: found.append(plain(a, b)) or found[-1])
    assert trial.choose(**subject()).precision == "bfloat16"
    assert found[0] > 0.999


@pytest.mark.parametrize(("window", "most"), [(False, 4), (True, 3)])
def test_a_window_keeps_a_core(window: bool, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, lambda pace: 1 / pace.threads)
    assert trial.choose(**subject(), window=window).threads == most


def test_more_threads_that_wait_for_each_other_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, lambda pace: float(pace.threads))
    assert trial.choose(**subject()).threads == 1


def test_a_way_that_does_not_work_here_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(pace: Pace) -> float:
        if pace.precision == "bfloat16":
            raise RuntimeError("not implemented for 'BFloat16'")
        return 1.0

    pretend(monkeypatch, seconds)
    assert trial.choose(**subject()) == Pace()


def test_a_real_measurement_leaves_no_trace() -> None:
    given = subject()
    given["module"].add_module("norm", nn.BatchNorm2d(1))
    module, threads = given["module"], torch.get_num_threads()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    drawn = torch.get_rng_state()
    chosen = trial.choose(**given)
    assert chosen.milliseconds and chosen.said is not None
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(p.grad is None for p in module.parameters())
    assert torch.equal(torch.get_rng_state(), drawn)
    assert torch.get_num_threads() == threads


def test_the_record_and_the_progress_say_the_choice(digits: Make, tmp_path: Path) -> None:
    progress = Progress()
    folder = train(digits(device="cpu"), None, tmp_path, progress).folder
    said = Pace.from_json(record_of(folder)["pace"]).said
    assert said is not None and progress.pace == said
    assert str(said).startswith("float32, threads: 1: ")


# -- compiled ---------------------------------------------------------------------------------------


def test_a_network_that_cannot_be_compiled_is_told_of(
    digits: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Callable[..., Any]:
        def call(*_: Any) -> Tensor:
            raise OSError("no c++ here")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(SpeedError, match=r"no c\+\+ here.*Set training.compile to false"):
        train(digits(compile=True, device="cpu"), None, tmp_path)


def test_the_warm_up_is_shown_and_moves_nothing(
    digits: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", lambda made, **_: made)
    progress = Progress()
    plain = train(digits(device="cpu"), None, tmp_path).folder
    compiled = train(digits(compile=True, device="cpu"), None, tmp_path, progress).folder
    assert outcome(compiled) == outcome(plain)
    assert any("was compiled in" in str(notice) for notice in progress.notices)
    assert record_of(compiled)["pace"]["compile"] is True


# -- memory -----------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="a matter of glibc")
def test_steps_fault_no_pages() -> None:
    """Blocks of 16 and 64 MB, freed and taken again, as the values of a large batch are."""

    def step() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        x = torch.ones(2**22)
        y = functional.relu(torch.cat([x, x, x, x]))
        del x, y
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    with keeping_memory():
        for _ in range(20):  # until every block has its place
            step()
        assert sorted(step() for _ in range(9))[4] < 100  # other threads of this process fault pages too
