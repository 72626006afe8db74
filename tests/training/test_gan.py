"""A GAN of two blocks: what is asked of the drawing, its steps against loops by hand, and what it learns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional

from studio.cli import main
from studio.compiler.analysis import Problem
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.graph.document import Change, Document
from studio.graph.model import Network, Node, ProjectData
from studio.insight.generated import generate, levels, tiled
from studio.project import files
from studio.training import runs
from studio.training.objectives import ObjectiveError, context_of
from studio.training.objectives.gan import Gan
from studio.training.run import resume as go_on
from studio.training.run import train
from studio.training.search.space import SearchError, read
from studio.training.search.study import Study

from .test_each_objective import Layer, chain
from .test_resume import outcome, stopped_after

LEAKY = {"negative_slope": 0.2}


def discriminator(*widths: int) -> Network:
    layers: list[Layer] = [("flat", "nn.Flatten", {})]
    for i, width in enumerate(widths):
        layers += [(f"fc{i}", "nn.Linear", {"out_features": width}), (f"leaky{i}", "nn.LeakyReLU", LEAKY)]
    return chain(*layers, ("score", "nn.Linear", {}))


def generator(*widths: int, norm: bool = False) -> Network:
    layers: list[Layer] = [("flat", "nn.Flatten", {})]
    for i, width in enumerate(widths):
        between: list[Layer] = [(f"norm{i}", "nn.BatchNorm1d", {})] if norm else []
        layers += [(f"fc{i}", "nn.Linear", {"out_features": width}), *between, (f"relu{i}", "nn.ReLU", {})]
    layers += [("pixels", "nn.Linear", {"out_features": 64}), ("sigmoid", "nn.Sigmoid", {})]
    return chain(*layers, ("image", "nn.Unflatten", {"dim": 1, "unflattened_size": [1, 8, 8]}))


def drawn(*calls: tuple[str, str, str] | tuple[str, str]) -> Network:
    """A network of nodes (id, type, what feeds it)."""
    return Network({name: Node(name, kind, args=tuple({"n": s} for s in fed)) for name, kind, *fed in calls})


IMAGE, NOISE = ("image", "input"), ("noise", "torch.randn_like", "image")
TELLS, MAKES = ("discriminator", "block:discriminator", "image"), ("generator", "block:generator", "noise")
REAL, MADE = ("real", "output", "discriminator"), ("generated", "output", "generator")
BENT, MORE = ("bent", "torch.sigmoid", "discriminator"), ("more", "nn.BatchNorm2d", "generator")
DRAWING = (IMAGE, TELLS, NOISE, MAKES, REAL, MADE)


def project(
    loss: str = "dcgan",
    drawing: Any = DRAWING,
    objective: Any = "gan",
    width: int = 16,
    norm: bool = False,
    **training: Any,
) -> ProjectData:
    networks = {
        "model": drawn(*drawing),
        "discriminator": discriminator(2 * width, width),
        "generator": generator(width, 2 * width, norm=norm),
    }
    section = {
        "objective": objective,
        "loss": loss,
        "optimizer": {"type": "Adam", "lr": 0.001, "betas": [0.5, 0.999]},
        **training,
    }
    data = {"source": "digits", "preprocessing": []}
    return ProjectData("Digits", networks, {"data": data, "training": section})


def problems(of: ProjectData) -> tuple[Problem, ...]:
    return analyse(of, context_of(of)).problems


def test_the_drawing_of_a_gan_has_no_problem_and_the_shapes_of_both_networks() -> None:
    found = analyse(project(), context_of(project()))

    assert found.problems == ()
    shapes = {name: str(found.report("model", name).outputs[0]) for name in ("discriminator", "generator")}
    assert shapes == {"discriminator": "N×1", "generator": "N×1×8×8"}


@pytest.mark.parametrize("part", ["discriminator", "generator"])
def test_a_block_that_is_called_otherwise_is_renamed_by_the_cure(part: str) -> None:
    drawing = [tuple(w if i == 1 or w != part else "other" for i, w in enumerate(call)) for call in DRAWING]
    wrong = project(drawing=drawing)

    (problem,) = problems(wrong)
    document = Document(wrong)
    document.replay(Change(problem.cures[0].label, problem.cures[0].operations))

    assert (problem.code, part in str(problem.text)) == ("no-part", True)
    assert problems(document.data()) == ()
    assert part in document.data().networks["model"].nodes


def test_a_generator_of_another_shape_is_a_problem_on_its_card() -> None:
    right = project()
    nodes = dict(right.networks["generator"].nodes)
    nodes["image"] = Node(
        "image", "nn.Unflatten", {"dim": 1, "unflattened_size": [1, 4, 16]}, nodes["image"].args
    )
    wrong = ProjectData("Digits", {**right.networks, "generator": Network(nodes)}, right.settings)

    (problem,) = problems(wrong)

    assert (problem.network, problem.node) == ("model", "generator")
    assert "1×8×8" in str(problem.text)


def test_one_output_is_too_few() -> None:
    (problem,) = problems(project(drawing=(IMAGE, TELLS, REAL)))

    assert problem.code == "output-count"
    assert "real, generated" in str(problem.text)


def test_patience_waits_for_nothing_and_is_taken_out_by_the_cure() -> None:
    wrong = project(patience=3)

    (problem,) = problems(wrong)
    document = Document(wrong)
    document.replay(Change(problem.cures[0].label, problem.cures[0].operations))

    assert problems(document.data()) == ()


@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        ((*DRAWING[:4], BENT, ("real", "output", "bent"), MADE), "nothing between"),
        ((IMAGE, TELLS, ("generator", "block:generator", "image"), REAL, MADE), "noise"),
        ((*DRAWING[:4], MORE, REAL, ("generated", "output", "more")), "neither"),
    ],
)
def test_what_would_not_be_a_gan_is_refused_before_a_run_begins(
    tmp_path: Path, drawing: Any, said: str
) -> None:
    with pytest.raises(ObjectiveError, match=said):
        train(project(drawing=drawing), None, tmp_path)

    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("kernel", [8, 3])
def test_convolutions_are_trained_as_every_cure_leaves_them(tmp_path: Path, kernel: int) -> None:
    right = project(epochs=1, batch_size=256)
    conv = chain(("score", "nn.Conv2d", {"out_channels": 1, "kernel_size": kernel}))
    wrong = ProjectData("Digits", {**right.networks, "discriminator": conv}, right.settings)

    (problem,) = problems(wrong)

    assert problem.node == "discriminator"
    assert problem.cures
    for cure in problem.cures:
        document = Document(wrong)
        document.replay(Change(cure.label, cure.operations))
        assert problems(document.data()) == ()
        assert train(document.data(), None, tmp_path).test["generator_loss"] > 0


Loss = Callable[[nn.Module, nn.Module, Tensor], Tensor]


def dcgan_discriminator(tell: nn.Module, make: nn.Module, x: Tensor) -> Tensor:
    fake = make(torch.randn_like(x)).detach()
    real = functional.binary_cross_entropy_with_logits(tell(x), torch.ones(len(x), 1))
    return real + functional.binary_cross_entropy_with_logits(tell(fake), torch.zeros(len(x), 1))


def dcgan_generator(tell: nn.Module, make: nn.Module, x: Tensor) -> Tensor:
    fake = make(torch.randn_like(x))
    return functional.binary_cross_entropy_with_logits(tell(fake), torch.ones(len(x), 1))


def wasserstein_critic(tell: nn.Module, make: nn.Module, x: Tensor) -> Tensor:
    real, fake = tell(x), make(torch.randn_like(x)).detach()
    apart = tell(fake).mean() - real.mean()
    share = torch.rand(len(x), 1, 1, 1)
    between = (share * x + (1 - share) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(tell(between).sum(), between, create_graph=True)
    return apart + 7.0 * ((slope.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def wasserstein_generator(tell: nn.Module, make: nn.Module, x: Tensor) -> Tensor:
    return -tell(make(torch.randn_like(x))).mean()


@pytest.mark.parametrize(
    ("loss", "steps", "first", "second"),
    [
        ("dcgan", 1, dcgan_discriminator, dcgan_generator),
        ("wasserstein_gp", 3, wasserstein_critic, wasserstein_generator),
    ],
)
def test_a_run_ends_with_the_weights_of_a_loop_written_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loss: str, steps: int, first: Loss, second: Loss
) -> None:
    aim = {"type": "gan", "penalty": 7.0, "critic_steps": steps}
    given = project(loss, objective=aim, epochs=1, batch_size=256, threads=1)
    seen: list[tuple[Tensor, Tensor]] = []
    plain = Gan.step

    def step(self: Gan, module: nn.Module, x: Tensor, y: Tensor, turn: str) -> Any:
        seen.append((x.clone(), torch.get_rng_state()))
        return plain(self, module, x, y, turn)

    with monkeypatch.context() as patched:
        patched.setattr(Gan, "step", step)
        folder = train(given, None, tmp_path).folder

    module = build(given, "model", context_of(given), seed=0)
    tell, make = module.get_submodule("discriminator"), module.get_submodule("generator")
    adam: dict[str, Any] = {"lr": 0.001, "betas": (0.5, 0.999), "fused": True}
    movers = [torch.optim.Adam(part.parameters(), **adam) for part in (tell, make)]
    for number, (x, drawn_so_far) in enumerate(seen):
        last = number % (steps + 1) == steps
        torch.set_rng_state(drawn_so_far)
        module.zero_grad()
        (second if last else first)(tell, make, x).backward()
        movers[last].step()
    kept = load_file(folder / "last.safetensors")
    assert len(seen) == 6 * (steps + 1)
    assert all(torch.equal(value, kept[name]) for name, value in module.state_dict().items())


@pytest.mark.parametrize("loss", ["dcgan", "wasserstein_gp"])
@pytest.mark.parametrize("steps", [3, 7])
def test_a_stopped_gan_goes_on_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loss: str, steps: int
) -> None:
    given = project(loss, epochs=2, batch_size=256, seed=1)
    whole = train(given, None, tmp_path / "whole").folder

    folder = stopped_after(steps, given, tmp_path / "cut", monkeypatch)
    go_on(folder, None)

    assert outcome(folder) == outcome(whole)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of two epochs, the project beside it."""
    folder = tmp_path_factory.mktemp("gan")
    files.save(folder / "digits.json", project())
    return train(project(epochs=2, batch_size=256), None, runs.runs_folder(folder / "digits.json")).folder


def test_the_last_epoch_is_kept_and_both_losses_are_told(trained: Path) -> None:
    run = runs.open_run(trained)
    test = run.record["test"]

    assert run.record["best"]["epoch"] == 2
    assert set(test) == {"loss", "discriminator_loss", "generator_loss", "real_score", "fake_score"}
    assert test["generator_loss"] == pytest.approx(test["loss"], rel=1e-5)


def test_the_same_seed_makes_the_same_pictures(trained: Path) -> None:
    run = runs.open_run(trained)
    one, same, other = (generate(run, 5, seed) for seed in (1, 1, 2))

    assert one.shape == (5, 1, 8, 8)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_netloom_sample_writes_a_picture_of_pictures(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(trained.parent.parent / "digits.json")

    assert main(["sample", place]) == 2
    assert "--out" in capsys.readouterr().err
    assert main(["sample", place, "--out", str(tmp_path / "made.png"), "--count", "10"]) == 0
    with Image.open(tmp_path / "made.png") as picture:
        assert picture.size == (4 * (4 * 9 - 1), 4 * (3 * 9 - 1))


def test_netloom_evaluate_tells_both_losses(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(trained.parent.parent / "digits.json")]) == 0
    assert "discriminator_loss" in capsys.readouterr().out


def test_pictures_are_in_the_units_of_the_data() -> None:
    from studio.data.preprocessing import Preprocessing

    steps = ({"type": "scale", "factor": 1 / 255}, {"type": "standardize", "mean": [0.5], "std": [0.25]})
    x = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    whole = Preprocessing(steps)

    assert torch.equal(levels(whole.apply(x), whole), x)
    grid = tiled(torch.zeros(3, 1, 2, 2, dtype=torch.uint8))
    assert grid.shape == (5, 5, 1)
    assert int((grid == 0).sum()) == 12


def test_a_search_is_refused_as_no_figure_tells_the_better_gan(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match="look at what it makes"):
        Study(project(), read(project()), tmp_path)

    assert not any(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "steps", "rate", "epochs", "batch"),
    [("dcgan", 1, 0.0005, 60, 32), ("wasserstein_gp", 2, 0.001, 40, 64)],
)
def test_a_classifier_knows_the_digits_that_a_gan_makes(
    tmp_path: Path, loss: str, steps: int, rate: float, epochs: int, batch: int
) -> None:
    """At least 8 of 10 digits among 500, and four in ten of them with a certainty above 0.7."""
    aim, adam = {"type": "gan", "critic_steps": steps}, {"type": "Adam", "lr": rate, "betas": [0.5, 0.999]}
    given = project(loss, objective=aim, width=128, norm=True, epochs=epochs, batch_size=batch,
                    optimizer=adam, threads=1)  # fmt: skip
    folder = train(given, None, tmp_path).folder

    made = generate(runs.open_run(folder), 500).flatten(1).numpy()
    images, classes = load_digits(return_X_y=True)
    judge = LogisticRegression(max_iter=300).fit(images / 16, classes)
    sure = judge.predict_proba(made)
    counts = np.bincount(sure.argmax(1)[sure.max(1) > 0.7], minlength=10)

    assert (counts >= 5).sum() >= 8
    assert counts.sum() >= 200
    verdict = runs.open_run(folder).record["verdict"]["test"]["metrics"]
    assert verdict["classes_recognised"] >= 7  # 9 and 10 were seen
