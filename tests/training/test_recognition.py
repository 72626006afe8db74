"""What classifiers say of networks that learned without classes: what a GAN made, what vectors hold."""

from pathlib import Path

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from studio.data.prepare import Prepared, prepare
from studio.training import recognition, runs
from studio.training.appraisal import Verdict
from studio.training.objectives.gan import Gan
from studio.training.recognition import Probed, Recognised

from .test_each_objective import chain, conv, run


def digits() -> Prepared:
    return prepare({"source": "digits", "preprocessing": []})


def recognised(made: torch.Tensor) -> Verdict:
    judge = Recognised(digits().train)
    for part in made.split(50):
        judge.add((torch.zeros(len(part), 1), torch.zeros(len(part), 1), part), part)
    return judge.result()


def test_real_digits_are_recognised_as_all_ten() -> None:
    found = recognised(digits().test.x)

    assert found.metrics["classes_recognised"] == 10
    assert found.metrics["recognised"] > 0.85
    assert sum(found.by_class["recognised"]) == pytest.approx(found.metrics["recognised"])
    low, high = found.intervals["recognised"]
    assert low < found.metrics["recognised"] < high


def test_one_digit_over_and_over_is_one_class_and_noise_is_few() -> None:
    data = digits().test
    same = data.x[data.y == 3][:1].expand(100, -1, -1, -1)
    noise = torch.rand(180, 1, 8, 8, generator=torch.Generator().manual_seed(0))

    assert recognised(same).metrics["classes_recognised"] == 1
    assert recognised(noise).metrics["classes_recognised"] < 5
    assert recognised(torch.full((50, 1, 8, 8), 0.5)).metrics["classes_recognised"] == 0


def test_a_gan_of_data_without_classes_is_not_judged_by_a_classifier() -> None:
    assert Gan("dcgan", data=prepare({"source": "diabetes"})).appraisal() is None
    assert Gan("dcgan", data=digits()).appraisal() is not None


def test_ten_labels_a_class_are_shown_to_the_probe() -> None:
    train = digits().train

    x, y = recognition.few(train)

    assert torch.equal(y.bincount(), torch.full((10,), 10))
    assert torch.equal(x[:10], train.x[train.y == 0][:10])


def test_the_probe_is_a_logistic_regression_on_the_vectors_it_was_shown() -> None:
    data = digits()
    x, y = recognition.few(data.train)
    probe = Probed(y)
    for start in range(0, 180, 60):
        some = slice(start, start + 60)
        probe.add((data.test.x[some].flatten(1), x.flatten(1)), data.test.y[some])

    found = probe.result()

    plain = LogisticRegression(max_iter=1000).fit(x.flatten(1).double(), y)
    assert found.metrics["probe_accuracy"] == plain.score(data.test.x.flatten(1).double(), data.test.y)
    assert found.metrics["neighbour_accuracy"] > 0.9


def test_a_contrastive_run_says_what_ten_labels_a_class_are_worth(tmp_path: Path) -> None:
    network = chain(
        conv("conv1", 16), ("relu1", "nn.ReLU", {}), ("pool", "nn.MaxPool2d", {"kernel_size": 2}),
        conv("conv2", 32), ("relu2", "nn.ReLU", {}), ("flat", "nn.Flatten", {}),
        ("head", "nn.Linear", {}),
    )  # fmt: skip
    found = run(tmp_path, network, "digits", "contrastive", epochs=8, batch_size=128,
                optimizer={"type": "Adam", "lr": 0.003})  # fmt: skip

    verdict = runs.open_run(found.folder).record["verdict"]["test"]
    assert verdict["metrics"]["probe_accuracy"] > 0.8
    assert verdict["metrics"]["neighbour_accuracy"] == pytest.approx(found.test["neighbour_accuracy"])
