"""What is proposed to train with: by the data and the network, readable, and good enough to begin with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import places
from studio.data.sources import images
from studio.graph.model import Network, ProjectData
from studio.project import files
from studio.training import proposals
from studio.training.proposals import CHANGED, KEYS, Facts, facts_of, propose
from studio.training.run import train
from studio.training.settings import Settings, read
from tests.data.test_images import draw

MLP = frozenset({"input", "nn.Linear", "nn.ReLU", "output"})
CNN = MLP | {"nn.Conv2d", "nn.Flatten"}
NORMALISED = CNN | {"nn.BatchNorm2d"}
TRANSFORMER = frozenset({"nn.Embedding", "nn.TransformerEncoderLayer", "nn.Linear"})


def settings(facts: Facts) -> Settings:
    return read({p.key: p.value for p in propose(facts) if p.section == "training"})


@given(
    st.builds(
        Facts,
        st.integers(1, 10**7),
        st.lists(st.integers(0, 10**6), max_size=200).map(tuple),
        st.sampled_from([(4,), (1, 28, 28), (3, 32, 32)]),
        st.frozensets(st.sampled_from(sorted(NORMALISED | TRANSFORMER | {"nn.LSTM"}))),
        st.integers(0, 10**9),
        st.booleans(),
        bare=st.booleans(),
        sided=st.booleans(),
    )
)
def test_whatever_is_proposed_can_be_read_and_says_why(facts: Facts) -> None:
    found = propose(facts)
    settings(facts)
    assert {p.key for p in found if p.section == "training"} <= set(KEYS)
    assert {(p.section, p.key) for p in found if p.section != "training"} <= {CHANGED}
    assert len({proposal.key for proposal in found}) == len(found)
    assert all(str(proposal.reason).endswith((".", "Adam.")) for proposal in found)


def test_a_transformer_warms_up_with_adamw_and_a_bounded_gradient() -> None:
    found = settings(Facts(20_000, types=TRANSFORMER, parameters=10**6))
    assert (found.optimizer.type, found.options.schedule.type) == ("AdamW", "CosineAnnealingLR")
    assert found.options.warmup_epochs >= 1 and found.options.clip_norm == 1.0
    assert found.options.decay == "matrices"


def test_convolutions_with_norms_go_through_one_cycle_and_others_fall_along_a_cosine() -> None:
    assert settings(Facts(20_000, types=NORMALISED)).options.schedule.type == "OneCycleLR"
    assert settings(Facts(20_000, types=CNN)).options.schedule.type == "CosineAnnealingLR"


def test_more_data_makes_larger_batches_and_fewer_epochs() -> None:
    found = [settings(Facts(samples, types=CNN)) for samples in (100, 1_000, 10_000, 100_000)]
    sizes, epochs = [s.batch_size for s in found], [s.epochs for s in found]
    assert sizes == sorted(sizes) and epochs == sorted(epochs, reverse=True)


def test_a_small_batch_is_not_proposed_to_batch_normalisation() -> None:
    assert settings(Facts(200, types=MLP)).batch_size == 16
    assert settings(Facts(200, types=NORMALISED)).batch_size == 32


def test_rare_classes_are_made_to_count() -> None:
    assert settings(Facts(100, (80, 20))).options.class_weights == "balanced"
    assert settings(Facts(100, (55, 45))).options.class_weights is None


def test_learned_weights_are_trained_on_gently() -> None:
    fresh, begun = (settings(Facts(10_000, types=CNN, begun=begun)) for begun in (False, True))
    assert begun.optimizer.params["lr"] == pytest.approx(fresh.optimizer.params["lr"] / 10)
    assert begun.epochs < fresh.epochs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "most", "score"), [("iris", 100, 0.9), ("digits", 12, 0.95), ("diabetes", 30, 0.3)]
)
def test_what_is_proposed_for_an_example_trains_it_well(
    name: str, most: int, score: float, tmp_path: Path
) -> None:
    project = files.open_project(places.gallery() / f"{name}.json").project
    found = proposals.propose(proposals.facts_of(project, None))
    section = {proposal.key: proposal.value for proposal in found}
    section = {**section, "epochs": min(int(str(section["epochs"])), most), "device": "cpu"}
    project = replace(project, settings={**project.settings, "training": section})
    result = train(project, None, tmp_path)
    assert result.test["r2" if name == "diabetes" else "accuracy"] >= score


@pytest.mark.parametrize(
    ("classes", "channels", "steps"),
    [
        (("cat", "dog"), 3, [{"type": "flip"}, {"type": "crop", "padding": 2}]),
        (("cat", "dog"), 1, [{"type": "crop", "padding": 2}]),
        (("turn left", "turn right"), 3, [{"type": "crop", "padding": 2}]),
        (("0", "1"), 3, [{"type": "crop", "padding": 2}]),
    ],
)
def test_images_are_mirrored_only_where_they_have_no_sides(
    classes: tuple[str, str], channels: int, steps: list[dict[str, object]], tmp_path: Path
) -> None:
    for i in range(30):
        draw(tmp_path / classes[i % 2] / f"{i}.png", (20, 16), "RGB" if channels == 3 else "L", seed=i)
    section = {"source": "images", "root": str(tmp_path), "reading": images.look(tmp_path, {})}
    project = ProjectData("T", {"model": Network()}, {"data": section})

    [found] = [p for p in propose(facts_of(project, None)) if p.section == "data"]

    assert (found.key, found.value) == ("augmentation", steps)
    assert "mirrored" in str(found.reason)
    chosen = ProjectData(
        "T", {"model": Network()}, {"data": {**section, "augmentation": [{"type": "erase"}]}}
    )
    assert all(p.section == "training" for p in propose(facts_of(chosen, None)))


def test_small_images_and_what_is_no_image_are_not_shifted() -> None:
    for shape in ((1, 8, 8), (13,), (20, 3)):
        assert all(p.section == "training" for p in propose(Facts(500, shape=shape, bare=True)))
