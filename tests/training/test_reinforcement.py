"""Objectives that play: losses against loops by hand, what a run keeps of its games, what is learned."""

from __future__ import annotations

import builtins
import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.data.games import Game
from studio.data.prepare import prepare
from studio.data.source import DataError, Place
from studio.data.sources import SOURCES
from studio.graph.model import Network, Node, ProjectData
from studio.training.objectives import KINDS, ObjectiveError, context_of, make
from studio.training.objectives.actor_critic import ActorCritic
from studio.training.objectives.dqn import DQN, Memory
from studio.training.objectives.player import Moves, Returns
from studio.training.objectives.reinforce import Reinforce
from studio.training.run import resume, train
from studio.training.settings import read

from .test_each_objective import chain, mlp
from .test_resume import outcome, stopped_after

GAMES = [name for name, info in SOURCES.items() if info.environment]
CARTPOLE = "CartPole-v1"


def numbers(name: str, **more: float) -> dict[str, Any]:
    """The settings of an objective with their defaults."""
    return {key: number.default for key, number in KINDS[name].numbers.items()} | more


def actor_and_critic() -> Network:
    nodes = [
        Node("x", "input"),
        Node("fc", "nn.Linear", {"out_features": 32}, ({"n": "x"},)),
        Node("tanh", "nn.Tanh", {}, ({"n": "fc"},)),
        Node("actions", "nn.Linear", {}, ({"n": "tanh"},)),
        Node("worth", "nn.Linear", {"out_features": 1}, ({"n": "tanh"},)),
        Node("policy", "output", args=({"n": "actions"},)),
        Node("value", "output", args=({"n": "worth"},)),
    ]
    return Network({node.id: node for node in nodes})


def case(
    objective: Any, network: Network | None = None, source: str = "cartpole", **training: Any
) -> ProjectData:
    section = {"optimizer": {"type": "Adam", "lr": 0.01}, "batch_size": 4, "seed": 0, **training}
    if network is None:
        network = actor_and_critic() if objective == "actor_critic" else mlp(32)
    settings = {"data": {"source": source}, "training": {**section, "objective": objective}}
    return ProjectData("Case", {"model": network}, settings)


def some_moves(number: int = 12, games: int = 3) -> Moves:
    generator = torch.Generator().manual_seed(3)
    return Moves(
        torch.randn(number, 4, generator=generator),
        torch.randint(2, (number,), generator=generator),
        torch.randn(number, generator=generator),
        torch.randn(number, 4, generator=generator),
        torch.arange(number) % 5 == 4,
        torch.arange(number) % games,
    )


# -- games -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GAMES)
def test_a_game_is_that_of_gymnasium_and_goes_on_from_its_numbers_with_the_same_bits(name: str) -> None:
    import gymnasium

    info = SOURCES[name]
    theirs, ours = gymnasium.make(info.environment), Game(info.environment)
    seen, _ = theirs.reset(seed=7)
    assert torch.equal(torch.from_numpy(ours.start(7)), torch.from_numpy(seen))
    other = Game(info.environment)
    for turn in range(40):
        action = (turn * turn + turn // 3) % info.outputs
        if turn % 4 == 0:
            other.put(ours.state, ours.moves)
        seen, reward, ended, cut, _ = theirs.step(action)
        found, again = ours.move(action), other.move(action)
        assert torch.allclose(torch.from_numpy(found[0]), torch.from_numpy(seen), atol=1e-4)
        assert found[1:] == (reward, ended, ended or cut)
        assert (found[0] == again[0]).all()
        assert found[1:] == again[1:]
        if found[3]:
            break


@pytest.mark.parametrize("name", GAMES)
def test_what_is_given_is_what_is_seen_at_the_start_as_it_is(name: str) -> None:
    info = SOURCES[name]

    data = prepare({"source": name})

    assert data.preprocessing.to_json()["input"] == []
    first = Game(info.environment).start(int(data.train.y[0]))
    assert torch.equal(data.train.x[0], torch.from_numpy(first))
    assert (len(data.train), len(data.validation), len(data.test)) == (800, 100, 100)


def test_a_game_that_runs_out_of_moves_is_over_without_having_ended() -> None:
    game = Game("MountainCar-v0")
    game.start(0)
    for _ in range(199):
        assert not game.move(1)[3]
    assert game.move(1)[2:] == (False, True)


def test_without_gymnasium_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("gymnasium"):
            raise ImportError(name)
        return plain(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(DataError, match="pip install gymnasium"):
        SOURCES["cartpole"].load(Place())


# -- losses ----------------------------------------------------------------------------------------


def test_returns_and_sums_to_go_are_those_of_a_loop() -> None:
    moves = some_moves()
    to_go = []
    for i in range(12):
        later = [float(moves.rewards[j]) for j in range(i, 12) if moves.games[j] == moves.games[i]]
        to_go.append(sum(0.9**k * reward for k, reward in enumerate(later)))

    assert moves.to_go(0.9).tolist() == pytest.approx(to_go, abs=1e-5)
    whole = [float(moves.rewards[moves.games == game].sum()) for game in range(3)]
    assert moves.returns(3).tolist() == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("double", [0, 1])
def test_the_worth_of_moves_is_that_of_a_loop(double: int) -> None:
    torch.manual_seed(0)
    module, target, moves = nn.Linear(4, 2), nn.Linear(4, 2), some_moves()
    objective = DQN(module, CARTPOLE, 2, "mse", 1, numbers("dqn", double=double, discount=0.9))
    expected = []
    for i in range(12):
        worth = float(moves.rewards[i])
        if not moves.ended[i]:
            told = target(moves.after[i])
            best = int(module(moves.after[i]).argmax()) if double else int(told.argmax())
            worth += 0.9 * float(told[best].detach())
        expected.append(worth)

    assert objective.worth(module, target, moves).tolist() == pytest.approx(expected, abs=1e-5)


def test_a_step_descends_the_distance_to_what_the_moves_it_drew_are_worth() -> None:
    torch.manual_seed(0)
    module = nn.Linear(4, 2)
    objective = DQN(module, CARTPOLE, 2, "mse", 2, numbers("dqn", replayed=8))
    kept: list[Moves] = []
    draw = objective._memory.draw
    objective._memory.draw = lambda *given: kept.append(draw(*given)) or kept[-1]  # type: ignore[method-assign,func-returns-value]

    loss, *_ = objective.step(module, torch.zeros(2, 4), torch.tensor([1, 2]), "")

    errors = []
    for i in range(8):
        now, then = module(kept[0].seen[i]), module(kept[0].after[i])  # the copy is fresh
        worth = float(kept[0].rewards[i]) + 0.99 * float(then.max().detach()) * (not kept[0].ended[i])
        errors.append((float(now[kept[0].actions[i]].detach()) - worth) ** 2)
    assert float(loss.detach()) == pytest.approx(sum(errors) / 8, rel=1e-5)


def test_the_copy_is_renewed_every_so_many_steps_and_moves_by_itself_never() -> None:
    torch.manual_seed(0)
    module, x, y = nn.Linear(4, 2), torch.zeros(2, 4), torch.tensor([1, 2])
    objective = DQN(module, CARTPOLE, 2, "mse", 2, numbers("dqn", every=3, replayed=4))
    for step in range(7):
        with torch.no_grad():
            module.weight.add_(1.0)
        objective.step(module, x, y, "")
        assert torch.equal(objective._target.weight, module.weight) == (step % 3 == 0)


def test_the_memory_holds_the_last_moves() -> None:
    memory = Memory(10)
    moves = some_moves()
    memory.add(moves)

    held = sorted(memory.state()["rewards"].tolist())
    assert held == sorted(moves.rewards[2:].tolist())
    assert memory.made == 12
    drawn = memory.draw(50, "cpu")
    assert set(drawn.rewards.tolist()) <= set(held)


@pytest.mark.parametrize("name", GAMES)
def test_what_is_remembered_is_what_came_of_each_move(name: str) -> None:
    info = SOURCES[name]
    torch.manual_seed(0)
    module = nn.Linear(info.shape[0], info.outputs)
    objective = DQN(module, info.environment, info.outputs, "mse", 3, numbers("dqn", replayed=60))
    starts = prepare({"source": name}).train
    objective.step(module, starts.x[:3], starts.y[:3], "")

    memory, game, played = objective._memory.state(), Game(info.environment), 0
    assert int(memory["made"]) == 60
    for number in range(3):
        mine = memory["games"] == number
        over, seed = True, int(starts.y[number])
        for seen, action, reward, after, ended in zip(
            *(memory[key][mine] for key in ("seen", "actions", "rewards", "after", "ended")), strict=True
        ):
            if over:
                assert torch.equal(seen, torch.from_numpy(game.start(seed)))
            found, gained, end, over = game.move(int(action))
            assert torch.equal(after, torch.from_numpy(found))
            assert (float(reward), bool(ended)) == (gained, end)
            played += 1
    assert played == 60


def test_fewer_moves_are_random_until_as_few_as_was_said() -> None:
    objective = DQN(nn.Linear(4, 2), CARTPOLE, 2, "mse", 1, numbers("dqn", exploring=100, epsilon=0.1))
    found = []
    for made in (0, 50, 100, 1000):
        objective._memory.made = made
        found.append(objective.epsilon)

    assert found == pytest.approx([1.0, 0.55, 0.1, 0.1])


def test_the_policy_gradient_is_that_of_a_loop() -> None:
    torch.manual_seed(0)
    module, moves = nn.Linear(4, 2), some_moves()
    objective = Reinforce(CARTPOLE, 2, numbers("reinforce", discount=0.9, entropy=0.3))
    to_go = moves.to_go(0.9)
    advantages = (to_go - to_go.mean()) / to_go.std(correction=0)
    terms = [by_hand(module(moves.seen[i]), int(moves.actions[i]), advantages[i]) for i in range(12)]

    loss = objective.loss(module(moves.seen), moves)

    assert float(loss.detach()) == pytest.approx(float(torch.stack(terms).mean().detach()), rel=1e-4)


def by_hand(logits: Tensor, action: int, advantage: Tensor) -> Tensor:
    """-log p(action) * advantage - 0.3 * entropy."""
    p = logits.exp() / logits.exp().sum()
    return -p[action].log() * advantage + 0.3 * (p * p.log()).sum()


def test_the_critic_is_the_baseline_and_learns_the_sums_as_they_came() -> None:
    torch.manual_seed(0)
    moves = some_moves()
    logits, value = torch.randn(12, 2, requires_grad=True), torch.randn(12, 1, requires_grad=True)
    objective = ActorCritic(CARTPOLE, 2, numbers("actor_critic", entropy=0.3, critic=2.0))
    to_go = moves.to_go(0.99)
    less = (to_go - value.squeeze(1)).detach()
    advantages = (less - less.mean()) / less.std(correction=0)
    actor = torch.stack([by_hand(logits[i], int(moves.actions[i]), advantages[i]) for i in range(12)]).mean()
    critic = nn.functional.smooth_l1_loss(value.squeeze(1), to_go)

    loss = objective.loss((logits, value), moves)

    assert float(loss.detach()) == pytest.approx(float((actor + 2 * critic).detach()), rel=1e-4)
    wanted = torch.autograd.grad(actor + 2 * critic, (logits, value))
    for a, b in zip(torch.autograd.grad(loss, (logits, value)), wanted, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_where_no_game_came_to_an_end_nothing_is_said_of_returns() -> None:
    meter = Returns()
    meter.add(torch.empty(0), torch.empty(0))
    assert meter.result() == {}
    meter.add(torch.tensor([3.0, 5.0]), torch.empty(2))
    assert meter.result() == {"mean_return": 4.0}


# -- runs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dqn", "reinforce", "actor_critic"])
def test_judging_plays_the_same_games_each_time_and_draws_nothing(name: str) -> None:
    project = case(name)
    module = build(project, "model", context_of(project), seed=0).eval()
    data = prepare(project.data)
    objective = make(read(project.training, "dqn"), data, module)
    before = torch.get_rng_state()

    found = [objective.judge(module, data.test.x[:9], data.test.y[:9])[1].tolist() for _ in range(2)]

    assert found[0] == found[1]
    assert torch.equal(torch.get_rng_state(), before)
    assert found[0] == [greedy(module, int(seed)) for seed in data.test.y[:9]]


def greedy(module: nn.Module, seed: int) -> float:
    """The return of a game of Gymnasium's own, played by hand."""
    import gymnasium

    environment = gymnasium.make(CARTPOLE)
    seen, _ = environment.reset(seed=seed)
    total = 0.0
    while True:
        with torch.no_grad():
            given = module(torch.from_numpy(seen).unsqueeze(0))
        scores = given[0] if isinstance(given, tuple) else given
        seen, reward, ended, cut, _ = environment.step(int(scores.argmax()))
        total += float(reward)
        if ended or cut:
            return total


@pytest.mark.parametrize("name", ["dqn", "reinforce", "actor_critic"])
@pytest.mark.parametrize("steps", [3, 9])
def test_a_stopped_run_goes_on_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, steps: int
) -> None:
    project = case(
        name, batch_size=130, epochs=2, optimizer={"type": "Adam", "lr": 0.001}
    )  # 6 steps an epoch
    whole = train(project, None, tmp_path / "whole").folder

    folder = stopped_after(steps, project, tmp_path / "cut", monkeypatch)
    resume(folder, None)

    assert outcome(folder) == outcome(whole)


def test_every_part_of_what_was_gathered_is_kept() -> None:
    torch.manual_seed(0)
    module, x, y = nn.Linear(4, 2), torch.zeros(3, 4), torch.tensor([1, 2, 3])
    settings = numbers("dqn", replayed=16, memory=40, every=4, exploring=60)
    one, other = (DQN(module, CARTPOLE, 2, "mse", 3, settings) for _ in range(2))
    for _ in range(30):
        one.step(module, x, y, "")
        with torch.no_grad():
            module.weight.add_(torch.randn(2, 4), alpha=0.1)
    other.restore(copy.deepcopy(one.state()))
    drawn = torch.get_rng_state()
    found = []
    for objective in (one, other):
        torch.set_rng_state(drawn)
        results = [objective.step(module, x, y, "") for _ in range(30)]
        found.append([(float(loss.detach()), returns.tolist()) for loss, returns, _ in results])

    assert found[0] == found[1]


def test_a_network_with_another_number_of_outputs_is_a_problem_on_its_node() -> None:
    for name, network in (
        ("dqn", chain(("last", "nn.Linear", {"out_features": 3}))),
        ("actor_critic", mlp(8)),
    ):
        project = case(name, network)
        report = analyse(project, context_of(project))
        assert [p for p in report.problems if p.severity == "error"]


@pytest.mark.parametrize("name", ["dqn", "reinforce"])
def test_what_is_no_game_is_refused(name: str) -> None:
    with pytest.raises(Exception, match="data is for classification"):
        read({"objective": name}, "classification")


@pytest.mark.parametrize(("name", "size"), [("dqn", 4), ("reinforce", 8), ("actor_critic", 8)])
def test_what_is_proposed_for_a_game_fits_games(name: str, size: int) -> None:
    from studio.training import proposals

    found = {one.key: one.value for one in proposals.propose(proposals.facts_of(case(name), None))}

    assert found["batch_size"] == size
    section = {**case(name).training, **found}
    assert read(section, "dqn").batch_size == size


def test_several_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from studio.training import ranks

    project = case("dqn")
    data = prepare(project.data)
    monkeypatch.setattr(ranks, "size", lambda: 2)
    with pytest.raises(ObjectiveError, match="one process"):
        make(read(project.training, "dqn"), data, nn.Linear(4, 2))


@pytest.mark.slow
def test_deep_q_learning_keeps_the_pole_up(tmp_path: Path) -> None:
    project = case("dqn", mlp(128), epochs=12, optimizer={"type": "Adam", "lr": 0.002})
    found = train(project, None, tmp_path)

    assert found.test["mean_return"] >= 195


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reinforce", "actor_critic"])
def test_the_policy_gradient_keeps_the_pole_up(tmp_path: Path, name: str) -> None:
    found = train(case(name, batch_size=16, epochs=1), None, tmp_path)

    assert found.test["mean_return"] >= 195
