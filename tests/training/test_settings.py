"""The `training` section: defaults, PyTorch's own parameters, refusals that name the key."""

import inspect

import pytest
import torch

from studio.training.objectives import KINDS
from studio.training.optimizer_settings import LEFT_OUT
from studio.training.optimizers import make
from studio.training.settings import DEFAULTS, OPTIMIZERS, SettingsError, read

OUR_OWN = {("SGD", "lr"), ("SGD", "momentum"), ("RMSprop", "lr")}
"""where a beginner is better served by another value than PyTorch's"""


def test_an_empty_section_has_every_default() -> None:
    assert read({}).to_json() == {**DEFAULTS}


def test_objective_and_loss_follow_the_data() -> None:
    settings = read({}, "regression")

    assert (settings.objective, settings.loss) == ("regression", "mse")


def test_what_is_read_can_be_written_and_read_again() -> None:
    settings = read({"optimizer": {"type": "SGD", "nesterov": True}, "epochs": 3})

    assert read(settings.to_json()) == settings


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_parameters_and_defaults_are_those_of_pytorch(name: str) -> None:
    signature = inspect.signature(getattr(torch.optim, name)).parameters

    for parameter, default in OPTIMIZERS[name].items():
        assert parameter in signature
        theirs = signature[parameter].default
        if (name, parameter) not in OUR_OWN:
            assert default == (list(theirs) if isinstance(theirs, tuple) else theirs), parameter


def test_every_optimiser_of_pytorch_is_offered_or_left_out_for_a_reason() -> None:
    classes = {name for name, found in vars(torch.optim).items() if inspect.isclass(found)} - {"Optimizer"}

    assert classes == {*OPTIMIZERS, *LEFT_OUT}
    assert not set(OPTIMIZERS) & set(LEFT_OUT)
    assert all(len(reason.split()) > 5 for reason in LEFT_OUT.values())


NOT_OFFERED = {"params", "foreach", "fused", "maximize", "capturable", "differentiable"}
"""how a step is computed, or up instead of down: nothing that a person sets"""


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_parameter_of_pytorch_is_offered(name: str) -> None:
    left_out = {"Adam": {"decoupled_weight_decay"}, "Adafactor": {"eps"}}.get(name, set())
    theirs = set(inspect.signature(getattr(torch.optim, name)).parameters)

    assert theirs - NOT_OFFERED - left_out == set(OPTIMIZERS[name])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_takes_a_step(name: str) -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = make(read({"optimizer": {"type": name}}).optimizer, [weight])

    weight.square().sum().backward()
    optimizer.step()

    assert (weight.detach().abs() < torch.tensor([1.0, 2.0])).all(), "towards the minimum"


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"epoch": 3}, "training.epoch is not known. Did you mean epochs"),
        ({"epochs": 0}, "training.epochs is 0"),
        ({"epochs": 2.5}, "training.epochs is 2.5"),
        ({"epochs": True}, "training.epochs is True"),
        ({"epochs": "3"}, "training.epochs is '3'"),
        ({"batch_size": -1}, "training.batch_size is -1"),
        ({"seed": -1}, "training.seed is -1"),
        ({"threads": 0}, "training.threads is 0"),
        ({"device": "tpu"}, "training.device is 'tpu'"),
        ({"network": ""}, "training.network is ''"),
        ({"objective": "guess"}, "training.objective is 'guess'"),
        ({"objective": ["classification"]}, "training.objective"),
        ({"loss": "mse"}, "training.loss is 'mse'; for classification it is one of cross_entropy, nll"),
        ({"optimizer": "Adamm"}, "training.optimizer.type is 'Adamm'"),
        ({"optimizer": 3}, "training.optimizer is 3"),
        ({"optimizer": {"type": "Adam", "momentum": 0.9}}, "training.optimizer.momentum is not known"),
        ({"optimizer": {"type": "SGD", "momentun": 0.9}}, "Did you mean momentum"),
        ({"optimizer": {"type": "Adam", "lr": 0}}, "training.optimizer.lr is 0"),
        ({"optimizer": {"type": "Adam", "lr": "fast"}}, "training.optimizer.lr is 'fast'"),
        ({"optimizer": {"type": "Adam", "lr": float("inf")}}, "training.optimizer.lr is inf"),
        ({"optimizer": {"type": "Adam", "betas": [0.9]}}, "training.optimizer.betas"),
        ({"optimizer": {"type": "Adam", "betas": [0.9, 1.0]}}, "training.optimizer.betas"),
        ({"optimizer": {"type": "Adam", "amsgrad": 1}}, "training.optimizer.amsgrad is 1"),
        ({"optimizer": {"type": "SGD", "momentum": 0, "nesterov": True}}, "nesterov needs a momentum"),
        ({"optimizer": {"type": "Rprop", "etas": [1.2, 0.5]}}, "one below 1 and one above 1"),
        ({"optimizer": {"type": "Rprop", "step_sizes": [5, 1]}}, "the smaller one first"),
        ({"optimizer": {"type": "Adafactor", "beta2_decay": 0.5}}, "a number up to 0"),
        ({"optimizer": {"type": "Adadelta", "rho": 2}}, "training.optimizer.rho is 2"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(section: dict, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(section)

    assert words in str(refused.value)


def test_an_objective_that_does_not_fit_the_data_names_the_cure() -> None:
    with pytest.raises(SettingsError, match="Set it to regression"):
        read({"objective": "classification"}, "regression")


def test_every_objective_has_losses() -> None:
    assert all(kind.losses for kind in KINDS.values())
