"""The loop, with any module: what it learns, how it repeats, how it pauses, stops and gives up."""

import threading
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional

from studio.data.batches import steps
from studio.data.prepare import Prepared
from studio.training import optimizers
from studio.training.commands import Commands
from studio.training.loop import Attendants, DivergedError, Movers, evaluate, fit
from studio.training.objectives.classification import Classification
from studio.training.progress import EpochRecord, Progress
from studio.training.settings import read


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))


def run(
    data: Prepared,
    keep: Callable[[EpochRecord], None] = lambda record: None,
    commands: Commands | None = None,
    progress: Progress | None = None,
    **section: object,
) -> tuple[nn.Module, Progress, str]:
    settings = read({"epochs": 4, "batch_size": 8, "optimizer": {"type": "Adam", "lr": 0.01}, **section})
    module, progress = network(), progress or Progress()
    progress.epochs, progress.steps_per_epoch = settings.epochs, steps(len(data.train), settings.batch_size)
    optimizer = optimizers.make(settings.optimizer, module.parameters())
    objective = Classification("cross_entropy", 2)
    movers, attendants = Movers(optimizer), Attendants(keep)
    status = fit(module, data, objective, movers, settings, progress, commands or Commands(), attendants)
    return module, progress, status


def test_it_learns_what_can_be_learned(blobs: Prepared) -> None:
    module, progress, status = run(blobs)

    assert status == "done"
    assert progress.epochs_done[-1].validation["accuracy"] == 1.0
    assert evaluate(module, blobs.test, Classification("cross_entropy", 2), 8)["accuracy"] == 1.0


def test_the_same_seed_gives_the_same_weights_bit_for_bit(blobs: Prepared) -> None:
    (first, _, _), (again, _, _), (other, _, _) = run(blobs), run(blobs), run(blobs, seed=1)

    assert all(
        torch.equal(a, b)
        for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True)
    )
    assert not torch.equal(first[0].weight, other[0].weight)


@pytest.mark.parametrize("replay", [True, False], ids=["replayed", "by autograd"])
def test_it_makes_the_very_steps_of_a_loop_written_by_hand(blobs: Prepared, replay: bool) -> None:
    """Equal weights, equal batches: losses and weights are those of PyTorch's own loop, to the last bit."""
    trained, progress, _ = run(blobs, seed=3, replay=replay)

    x, y, module, losses = blobs.train.x, blobs.train.y, network().train(), []
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01, fused=True)
    for epoch in range(1, 5):
        seed = 3 * 1_000_003 + epoch
        torch.manual_seed(seed)  # for the dropout
        for index in torch.randperm(len(y), generator=torch.Generator().manual_seed(seed)).split(8):
            optimizer.zero_grad()
            loss = functional.cross_entropy(module(x[index]), y[index])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())

    assert progress.steps_since(0)[2].tolist() == losses
    for name, value in module.state_dict().items():
        assert torch.equal(trained.state_dict()[name], value), name


def test_random_numbers_drawn_elsewhere_between_epochs_change_nothing(blobs: Prepared) -> None:
    def disturb(record: EpochRecord) -> None:
        torch.rand(3)

    undisturbed, _, _ = run(blobs)
    disturbed, _, _ = run(blobs, disturb)

    assert torch.equal(undisturbed[0].weight, disturbed[0].weight)


def test_every_step_is_recorded_and_the_epochs_loss_is_their_mean(blobs: Prepared) -> None:
    _, progress, _ = run(blobs, epochs=2)

    _, numbers, losses = progress.steps_since(0)

    per_epoch = progress.steps_per_epoch
    assert numbers.tolist() == list(range(1, 2 * per_epoch + 1))
    sizes = [8] * (per_epoch - 1) + [90 - 8 * (per_epoch - 1)]
    mean = sum(loss * size for loss, size in zip(losses[:per_epoch], sizes, strict=True)) / 90
    assert progress.epochs_done[0].train["loss"] == pytest.approx(mean, rel=1e-5)
    assert progress.samples == 180


def test_validation_does_not_change_the_weights(blobs: Prepared) -> None:
    module = network()
    before = {name: value.clone() for name, value in module.state_dict().items()}

    evaluate(module, blobs.validation, Classification("cross_entropy", 2), 8)

    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_stopping_half_way_gives_a_record_of_what_was_done(blobs: Prepared) -> None:
    commands, progress = Commands(), Progress()
    seen: list[EpochRecord] = []

    def keep(record: EpochRecord) -> None:
        seen.append(record)
        if record.epoch == 1:
            commands.stop()

    _, _, status = run(blobs, keep, commands, progress, epochs=50)

    assert status == "stopped"
    assert [record.epoch for record in seen] == [1]
    assert seen[0].complete


def test_stopping_inside_an_epoch_judges_the_part_that_was_made(blobs: Prepared) -> None:
    class StopAtStep(Commands):
        asked = 0

        @property
        def paused(self) -> bool:
            self.asked += 1
            if self.asked == 20:
                self.stop()
            return False

    _, progress, status = run(blobs, commands=StopAtStep(), epochs=50)

    assert status == "stopped"
    assert progress.step == 19
    assert [record.complete for record in progress.epochs_done] == [True, False]
    assert "accuracy" in progress.epochs_done[-1].validation


def test_a_run_stopped_before_its_first_step_ends_without_a_record(blobs: Prepared) -> None:
    commands = Commands()
    commands.stop()

    _, progress, status = run(blobs, commands=commands)

    assert (status, progress.step, progress.epochs_done) == ("stopped", 0, [])


def test_a_paused_run_stands_still_and_ends_as_if_it_had_not_been_paused(blobs: Prepared) -> None:
    undisturbed, _, _ = run(blobs, epochs=6)
    commands, progress, paused = Commands(), Progress(), threading.Event()
    result: list[nn.Module] = []

    def keep(record: EpochRecord) -> None:
        if record.epoch == 3:
            commands.pause()
            paused.set()

    worker = threading.Thread(target=lambda: result.append(run(blobs, keep, commands, progress, epochs=6)[0]))
    worker.start()
    assert paused.wait(90)
    while progress.status != "paused":
        paused.wait(0.01)
    at = progress.step
    assert not threading.Event().wait(0.05)
    assert progress.step == at
    commands.resume()
    worker.join(90)

    assert torch.equal(result[0][0].weight, undisturbed[0].weight)
    assert progress.train_seconds < sum(record.seconds for record in progress.epochs_done) + 1e-6


def test_a_loss_that_is_no_number_ends_the_run_at_its_step(blobs: Prepared) -> None:
    kept: list[EpochRecord] = []

    with pytest.raises(
        DivergedError, match=r"The loss became (NaN|∞) at step \d+, in epoch 1.*learning rate"
    ):
        run(blobs, kept.append, optimizer={"type": "SGD", "lr": 1e30})

    assert kept == []


def test_without_validation_samples_the_epochs_have_no_validation(blobs: Prepared) -> None:
    from dataclasses import replace

    from studio.data.prepare import Split

    empty = Split(blobs.train.x[:0], blobs.train.y[:0])

    _, progress, _ = run(replace(blobs, validation=empty), epochs=1)

    assert progress.epochs_done[0].validation == {}
