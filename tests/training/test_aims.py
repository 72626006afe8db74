"""What an objective wants of data and network is said on the node, with a cure that works."""

from typing import Any

import pytest

from studio.compiler.analysis import Problem
from studio.compiler.infer import analyse
from studio.graph.document import Change, Document
from studio.graph.model import Network, Node, ProjectData
from studio.training.objectives import KINDS, context_of
from studio.training.objectives.kind import AimError, less_is_better
from studio.training.proposals import facts_of, propose
from studio.training.settings import SettingsError, read


def chain(*layers: tuple[str, str, dict[str, Any]]) -> Network:
    nodes: dict[str, Node] = {"x": Node("x", "input")}
    before = "x"
    for name, kind, params in layers:
        nodes[name] = Node(name, kind, params, ({"n": before},))
        before = name
    nodes["y"] = Node("y", "output", args=({"n": before},))
    return Network(nodes)


FLAT = ("flat", "nn.Flatten", {})
LINEAR = ("fc", "nn.Linear", {})


def project(source: str, objective: Any, *layers: tuple[str, str, dict[str, Any]]) -> ProjectData:
    training: dict[str, Any] = {} if objective is None else {"objective": objective}
    if objective == "perceptron":
        training["optimizer"] = {"type": "SGD", "momentum": 0}
    return ProjectData("P", {"model": chain(*layers)}, {"data": {"source": source}, "training": training})


def errors(of: ProjectData) -> tuple[Problem, ...]:
    return analyse(of, context_of(of)).errors


def cured(of: ProjectData, problem: Problem) -> ProjectData:
    """The project after the first cure."""
    document = Document(of)
    cure = problem.cures[0]
    document.replay(Change(cure.label, cure.operations))
    return document.data()


FITTING = {
    "classification": ("digits", [FLAT, LINEAR]),
    "binary": ("breast_cancer", [LINEAR]),
    "multilabel": ("shapes_present", [FLAT, LINEAR]),
    "regression": ("robot_arm", [LINEAR]),
    "segmentation": ("shapes", [("conv", "nn.Conv2d", {"out_channels": 4, "kernel_size": 1})]),
    "autoencoder": ("breast_cancer", [LINEAR]),
    "denoising": ("breast_cancer", [LINEAR]),
    "contrastive": ("digits", [FLAT, LINEAR]),
    "perceptron": ("iris", [LINEAR]),
}


@pytest.mark.parametrize("name", FITTING)
def test_a_network_that_fits_has_no_problem(name: str) -> None:
    source, layers = FITTING[name]

    assert errors(project(source, name, *layers)) == ()


WRONG = [
    ("digits", "binary", [FLAT, LINEAR], "objective-differs"),
    ("diabetes", "classification", [LINEAR], "objective-differs"),
    ("iris", "segmentation", [LINEAR], "objective-differs"),
    ("iris", "contrastive", [LINEAR], "objective-differs"),
    ("breast_cancer", "binary", [("fc", "nn.Linear", {"out_features": 2})], "output-width"),
    ("digits", "autoencoder", [FLAT, LINEAR], "output-shape"),
    ("digits", "denoising", [FLAT, ("fc", "nn.Linear", {"out_features": 10})], "output-shape"),
    ("shapes", "segmentation", [("c", "nn.Conv2d", {"out_channels": 3, "kernel_size": 1})], "output-width"),
    ("shapes", "segmentation", [FLAT, LINEAR], "output-shape"),
    ("iris", "perceptron", [("a", "nn.Linear", {"out_features": 8}), LINEAR], "not-linear"),
    ("iris", "perceptron", [LINEAR, ("relu", "nn.ReLU", {})], "not-linear"),
]


@pytest.mark.parametrize(("source", "objective", "layers", "code"), WRONG)
def test_a_mismatch_is_a_problem_with_a_cure_that_works(
    source: str, objective: str, layers: list[Any], code: str
) -> None:
    wrong = project(source, objective, *layers)

    (problem,) = errors(wrong)

    assert problem.code == code
    if (source, layers) == ("shapes", [FLAT, LINEAR]):
        return  # there is nothing that would make pixels of a row again
    assert problem.cures
    assert errors(cured(wrong, problem)) == ()


def test_a_variational_autoencoder_says_which_outputs_it_needs() -> None:
    (problem,) = errors(project("digits", "variational", FLAT, LINEAR))

    assert problem.code == "output-count"
    assert "reconstruction, mu, logvar" in str(problem.text)


def test_outputs_that_no_wire_leaves_from_are_offered_as_the_missing_ones() -> None:
    whole = project("iris", "variational", LINEAR)
    nodes = dict(whole.networks["model"].nodes)
    for name in ("mu", "logvar"):
        nodes[name] = Node(name, "nn.Linear", {"out_features": 2}, ({"n": "x"},))
    wrong = ProjectData("P", {"model": Network(nodes)}, whole.settings)

    problem = next(p for p in errors(wrong) if p.code == "output-count")

    assert errors(cured(wrong, problem)) == ()


@pytest.mark.parametrize("name", KINDS)
def test_every_objective_reads_its_own_settings_and_writes_them_back(name: str) -> None:
    settings = read({"objective": name})

    assert settings.objective == name
    assert settings.loss == KINDS[name].losses[0]
    assert set(settings.aim) == set(KINDS[name].numbers)
    assert read(settings.to_json()) == settings


def test_a_number_of_an_objective_is_checked_by_name() -> None:
    assert read({"objective": {"type": "variational", "beta": 4}}).aim == {"beta": 4.0}
    with pytest.raises(AimError, match=r"training\.objective\.beta"):
        read({"objective": {"type": "variational", "beta": -1}})
    with pytest.raises(SettingsError, match="gamma"):
        read({"objective": {"type": "variational", "gamma": 1}})


def test_the_perceptron_rule_wants_plain_steps() -> None:
    plain = project("iris", "perceptron", LINEAR)
    training = {**plain.training, "optimizer": {"type": "Adam"}}
    wrong = ProjectData("P", plain.networks, {**plain.settings, "training": training})

    (problem,) = errors(wrong)

    assert problem.node is None
    assert errors(cured(wrong, problem)) == ()
    assert read(cured(wrong, problem).training).optimizer.params["momentum"] == 0


@pytest.mark.parametrize("name", [*FITTING, "variational"])
def test_what_is_proposed_for_an_objective_can_be_trained_with(name: str) -> None:
    source, layers = FITTING.get(name, ("breast_cancer", [LINEAR]))
    found = propose(facts_of(project(source, name, *layers), None))
    proposed = {p.key: p.value for p in found if p.section == "training"}

    settings = read({"objective": name, "optimizer": {"type": "SGD", "momentum": 0}, **proposed})

    assert settings.objective == name
    assert "optimizer" in proposed or name == "perceptron"


def test_every_metric_of_an_objective_is_better_when_it_grows_or_is_known_to_be_an_error() -> None:
    growing = {"accuracy", "f1_micro", "r2", "iou", "return", "real_score", "fake_score"}
    names = {metric for kind in KINDS.values() for metric in kind.metrics}

    unclear = {name for name in names if less_is_better(name) == any(name.endswith(end) for end in growing)}

    assert unclear == set()
