"""What a run does where a step gives no numbers, memory runs out, the disk is full or the data vanish."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from studio.data.prepare import Split
from studio.graph.model import Network, Node, ProjectData
from studio.training import checkpoint, first_loss, machine, portions, position, runs
from studio.training.commands import Commands
from studio.training.divergence import DivergedError, Fault
from studio.training.progress import Progress
from studio.training.run import resume, train

from .conftest import chain

Make = Callable[..., ProjectData]


def iris_with(*nodes: Node, **training: Any) -> ProjectData:
    """A network on iris: its input `x`, `fc1`, these nodes, the last of which feeds `fc2`."""
    held = [Node("x", "input"), Node("fc1", "nn.Linear", {"out_features": 8}, ({"n": "x"},)), *nodes]
    held += [Node("fc2", "nn.Linear", args=({"n": held[-1].id},)), Node("y", "output", args=({"n": "fc2"},))]
    network = Network({node.id: node for node in held})
    section = {"epochs": 3, "batch_size": 16, "optimizer": {"type": "SGD", "lr": 0.01}, **training}
    return ProjectData("Flowers", {"model": network}, {"data": {"source": "iris"}, "training": section})


def fault_of(project: ProjectData, folder: Path) -> Fault:
    with pytest.raises(DivergedError) as caught:
        train(project, None, folder)
    assert caught.value.fault is not None
    return caught.value.fault


# -- no numbers ----------------------------------------------------------------------------------------


def test_the_node_that_first_gave_no_number_is_named(tmp_path: Path) -> None:
    project = iris_with(Node("log", "torch.log", args=({"n": "fc1"},)))
    fault = fault_of(project, tmp_path)
    assert (fault.kind, fault.network, fault.node, fault.type) == ("forward", "model", "log", "torch.log")
    record = json.loads((runs.list_runs(tmp_path)[0].folder / "run.json").read_text())
    assert (record["status"], record["fault"]["node"]) == ("failed", "log")


def test_the_node_that_sent_back_no_number_is_named(tmp_path: Path) -> None:
    """The root of 0 is 0, and its slope infinite."""
    nothing = Node("nothing", "op.mul", args=({"n": "fc1"}, 0))
    project = iris_with(nothing, Node("root", "torch.sqrt", args=({"n": "nothing"},)))
    fault = fault_of(project, tmp_path)
    assert (fault.kind, fault.node, fault.step) == ("backward", "root", 1)


def test_a_node_in_a_block_is_named_by_its_block(tmp_path: Path) -> None:
    inner = Network(
        {
            "a": Node("a", "input"),
            "log": Node("log", "torch.log", args=({"n": "a"},)),
            "b": Node("b", "output", args=({"n": "log"},)),
        }
    )
    project = iris_with(Node("part", "block:Part", args=({"n": "fc1"},)))
    project = ProjectData(project.name, {**project.networks, "Part": inner}, project.settings)
    fault = fault_of(project, tmp_path)
    assert (fault.network, fault.node) == ("Part", "log")


def test_a_rate_that_is_too_large_is_found_where_it_shows(iris: Make, tmp_path: Path) -> None:
    """The run diverges after many steps; the bad one is made again from the position."""
    project = iris(optimizer={"type": "SGD", "lr": 1e18, "momentum": 0.0}, epochs=30)
    fault = fault_of(project, tmp_path)
    assert fault.kind in ("forward", "backward", "loss")
    assert fault.step >= 1


def test_infinities_that_are_meant_are_not_blamed(tmp_path: Path) -> None:
    """A mask of minus infinity is in every step; the step that goes wrong is another node's fault."""
    masked = Node("mask", "torch.masked_fill", args=({"n": "fc1"}, {"n": "low"}, {"f": "-inf"}))
    low = Node("low", "torch.lt", args=({"n": "fc1"}, -1e9))
    project = iris_with(low, masked, Node("soft", "nn.Softmax", {"dim": 1}, ({"n": "mask"},)))
    assert train(project, None, tmp_path).status == "done"


def test_a_sample_that_is_no_number_is_named(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.training import preparation

    plain = preparation.prepare

    def spoiled(*given: Any) -> Any:
        data = plain(*given)
        data.train.x[7, 2] = float("nan")
        return data

    monkeypatch.setattr(preparation, "prepare", spoiled)
    with pytest.raises(DivergedError, match="Sample 7 of the training data"):
        train(iris(), None, tmp_path)


def test_weights_before_the_bad_step_are_kept(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, plain = [0], portions.Portions.step

    def step(self: portions.Portions, *given: Any, **named: Any) -> Tensor:
        made[0] += 1
        return plain(self, *given, **named) * (float("nan") if made[0] == 20 else 1.0)

    monkeypatch.setattr(portions.Portions, "step", step)
    with pytest.raises(DivergedError, match="step 20"):
        train(iris(), None, tmp_path)
    folder = runs.list_runs(tmp_path)[0].folder
    module = runs.open_run(folder).load_module("last")
    assert all(bool(torch.isfinite(p).all()) for p in module.parameters())


def test_no_position_is_kept_of_weights_that_are_no_numbers(iris: Make, tmp_path: Path) -> None:
    module = torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    keeper = position.Keeper(
        tmp_path, module, optimizer, checkpoint.Checkpoints(tmp_path, dict, print), Progress(), ""
    )
    with torch.no_grad():
        module.bias[0] = float("inf")
    keeper.keep(position.Position(1, 0))
    assert not (tmp_path / runs.POSITION).exists()


# -- memory --------------------------------------------------------------------------------------------


class SmallMemory:
    """A step of more than `most` samples does not fit, from the step `first` on."""

    def __init__(self, most: int, first: int = 1) -> None:
        self.most, self.first, self.tried = most, first, 0

    def __call__(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        def step(objective: Any, module: Any, x: Tensor, *rest: Any) -> Any:
            self.tried += 1
            if self.tried >= self.first and len(x) > self.most:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
            return plain(objective, module, x, *rest)

        return step


@pytest.fixture
def plain_iris(iris: Make) -> Make:
    """Without dropout, whose draws depend on how a batch is cut."""

    def make(**training: Any) -> ProjectData:
        network = chain(("fc1", "nn.Linear", {"out_features": 8}), ("fc2", "nn.Linear", {}))
        return ProjectData("Flowers", {"model": network}, dict(iris(**training).settings))

    return make


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[SmallMemory], None]]:
    from studio.training.objectives.classification import Classification

    def install(small: SmallMemory) -> None:
        monkeypatch.setattr(Classification, "step", small(Classification.step))

    yield install


def test_a_batch_that_does_not_fit_is_taken_in_parts_and_the_step_stays(
    plain_iris: Make, memory: Callable[[SmallMemory], None], tmp_path: Path
) -> None:
    whole, parts = Progress(), Progress()
    train(plain_iris(), None, tmp_path / "whole", whole)
    memory(SmallMemory(4))
    folder = train(plain_iris(), None, tmp_path / "parts", parts).folder
    assert parts.parts == 4
    assert parts.step == whole.step
    torch.testing.assert_close(
        torch.from_numpy(parts.steps_since(0)[2]), torch.from_numpy(whole.steps_since(0)[2])
    )
    assert "in 4 parts" in str(parts.notices[-1])
    assert [(e.kind, e.values["parts"]) for e in runs.events_of(folder)] == [("memory", 2), ("memory", 4)]


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_run_in_parts_goes_on_with_the_same_bits(
    iris: Make,
    memory: Callable[[SmallMemory], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    accumulate: int,
) -> None:
    from .test_resume import outcome, stopped_after

    project = iris(accumulate=accumulate)
    memory(SmallMemory(8, first=6))
    whole = outcome(train(project, None, tmp_path / "whole").folder)
    monkeypatch.undo()
    with pytest.MonkeyPatch.context() as again:
        from studio.training.objectives.classification import Classification

        again.setattr(Classification, "step", SmallMemory(8, first=6)(Classification.step))
        folder = stopped_after(14, project, tmp_path / "parts", again)
    resume(folder, None)
    assert outcome(folder) == whole


def test_what_no_smaller_part_cures_is_told(
    iris: Make, memory: Callable[[SmallMemory], None], tmp_path: Path
) -> None:
    memory(SmallMemory(0))
    with pytest.raises(Exception, match="out of memory"):
        train(iris(), None, tmp_path)
    assert runs.list_runs(tmp_path)[0].status == "failed"


def test_an_evaluation_that_does_not_fit_is_made_in_smaller_batches(
    plain_iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.training.objectives.classification import Classification

    whole = train(plain_iris(), None, tmp_path / "whole")
    monkeypatch.setattr(Classification, "judge", SmallMemory(5)(Classification.judge))
    small = train(plain_iris(), None, tmp_path / "small")
    assert small.test == pytest.approx(whole.test, rel=1e-5)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 4 bytes."), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("could not create a primitive"), True),
        (MemoryError(), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_a_lack_of_memory_is_told_from_other_errors(error: Exception, expected: bool) -> None:
    assert machine.out_of_memory(error) == expected


# -- data and disk -------------------------------------------------------------------------------------


def test_a_run_whose_data_vanish_waits_and_goes_on_with_the_same_bits(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .test_resume import outcome

    whole = outcome(train(iris(), None, tmp_path / "whole").folder)
    progress, commands, seen = Progress(), Commands(), []
    plain, reads = Split.inputs, [0]

    def inputs(self: Split, index: Any = slice(None)) -> Tensor:
        reads[0] += 1
        if 12 <= reads[0] < 14:
            raise OSError(5, "Input/output error")
        return plain(self, index)

    def wait(self: Commands, seconds: float | None = None) -> None:
        seen.append((progress.status, str(progress.waits)))
        self.resume()

    monkeypatch.setattr(Split, "inputs", inputs)
    monkeypatch.setattr(Commands, "wait", wait)
    folder = train(iris(), None, tmp_path / "parts", progress, commands).folder
    assert [status for status, _ in seen] == ["paused", "paused"]
    assert "Input/output error" in seen[0][1]
    assert progress.waits is None
    assert outcome(folder) == whole


def test_a_run_that_waits_for_its_data_can_be_stopped_and_continued(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .test_resume import outcome

    whole = outcome(train(iris(), None, tmp_path / "whole").folder)
    plain, reads, commands = Split.inputs, [0], Commands()

    def inputs(self: Split, index: Any = slice(None)) -> Tensor:
        reads[0] += 1
        if reads[0] >= 12 and not commands.stopping:
            raise OSError(5, "Input/output error")
        return plain(self, index)

    with monkeypatch.context() as away:
        away.setattr(Split, "inputs", inputs)
        away.setattr(Commands, "wait", lambda self, seconds=None: self.stop())
        folder = train(iris(), None, tmp_path / "parts", Progress(), commands).folder
    assert runs.list_runs(tmp_path / "parts")[0].resumable
    resume(folder, None)
    assert outcome(folder) == whole


def test_a_wait_for_data_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = Commands()
    commands.pause()
    commands.wait(0.01)
    assert not commands.paused


def test_a_full_disk_does_not_end_a_run_and_every_file_that_is_missing_is_told(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for module in (checkpoint, position):
        monkeypatch.setattr(module, "write_tensors", full)
    from studio.training import steering

    monkeypatch.setattr(steering, "write_tensors", full)
    monkeypatch.setattr(position.Keeper, "due", lambda self: True)
    progress, commands = Progress(), Commands()
    commands.snapshot()
    result = train(iris(), None, tmp_path, progress, commands)
    assert result.status == "done"
    assert len(progress.epochs_done) == 3
    said = " ".join(map(str, progress.notices))
    for word in ("weights", "position", "snapshot"):
        assert word in said


# -- the first loss ------------------------------------------------------------------------------------


def test_untrained_weights_that_guess_are_no_news(iris: Make, tmp_path: Path) -> None:
    progress = Progress()
    train(iris(epochs=1), None, tmp_path, progress)
    assert not [notice for notice in progress.notices if "guessing" in str(notice)]


@pytest.mark.parametrize(
    ("factor", "inputs", "word"),
    [(1000.0, 1.0, "outputs"), (1000.0, 300.0, "inputs"), (0.0, 1.0, "")],
)
def test_a_first_loss_far_from_guessing_is_told_with_its_reason(
    factor: float, inputs: float, word: str
) -> None:
    x = inputs * torch.ones(8, 4)
    prediction = factor * torch.tensor([[0.0, 0.5, 1.0]]).repeat(8, 1)
    loss = float(torch.nn.functional.cross_entropy(prediction, torch.zeros(8, dtype=torch.int64)))
    said = first_loss.hint(loss, 3, x, prediction)
    assert (said is None) == (not word)
    assert said is None or f"the {word}" in str(said) or f"network's {word}" in str(said)


def test_a_loss_far_below_guessing_is_odd_too() -> None:
    said = first_loss.hint(0.1, 10, torch.zeros(1), torch.zeros(1, 10))
    assert "2.30" in str(said) and "among the inputs" in str(said)


def test_raw_pixels_are_hinted_at_when_a_run_begins(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.training import preparation

    plain = preparation.prepare

    def unscaled(*given: Any) -> Any:
        data = plain(*given)
        data.train.x.mul_(1e4)
        return data

    monkeypatch.setattr(preparation, "prepare", unscaled)
    progress = Progress()
    train(iris(epochs=1), None, tmp_path, progress)
    assert any("inputs are as large as" in str(notice) for notice in progress.notices)
