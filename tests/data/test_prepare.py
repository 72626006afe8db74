"""From a project's `data` section to tensors."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from studio.compiler.analysis import Context, N, TensorSpec
from studio.data import prepare as room
from studio.data.prepare import context_of, prepare
from studio.data.sources import SOURCES

BUNDLED = [name for name, info in SOURCES.items() if not info.needs_root]


def test_the_context_says_what_the_network_takes_and_gives() -> None:
    context = context_of({"source": "digits"})

    assert context.inputs == (TensorSpec((N, 1, 8, 8)),)
    assert (context.outputs, context.task) == (10, "classification")
    assert context.class_names == tuple("0123456789")


@pytest.mark.parametrize("section", [{}, {"source": None}, {"source": "nothing"}, {"source": 3}])
def test_without_known_data_the_context_is_empty(section: dict) -> None:
    assert context_of(section) == Context()


def test_the_context_comes_without_torch_numpy_or_sklearn() -> None:
    code = (
        "import sys; from studio.data.prepare import context_of; context_of({'source': 'mnist'}); "
        "print([m for m in ('torch', 'numpy', 'sklearn', 'torchvision') if m in sys.modules])"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_source_is_what_it_says(name: str) -> None:
    info = SOURCES[name]

    data = prepare({"source": name, "preprocessing": []})

    assert len(data.train) + len(data.validation) + len(data.test) == info.samples
    assert tuple(data.train.x.shape[1:]) == info.shape
    assert data.train.x.dtype == torch.float32
    assert len(info.feature_names) == (info.shape[0] if len(info.shape) == 1 else 0)
    if info.task == "classification":
        assert data.train.y.dtype == torch.int64
        assert set(data.train.y.tolist()) == set(range(info.outputs))
        assert len(info.class_names) == info.outputs
    elif info.task == "segmentation":
        assert data.train.y.dtype == torch.int64
        assert data.train.y.shape[1:] == data.train.x.shape[2:]
        assert set(data.train.y.unique().tolist()) == set(range(info.outputs))
    elif info.environment:
        assert data.train.y.dtype == torch.int64
        assert data.train.y.shape[1:] == ()
    else:
        assert data.train.y.dtype == torch.float32
        assert tuple(data.train.y.shape[1:]) == (info.outputs,)


@pytest.mark.parametrize("name", ["digits", "iris", "wine", "breast_cancer", "diabetes"])
def test_names_of_classes_and_columns_are_those_of_scikit_learn(name: str) -> None:
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, f"load_{name}")()
    info = SOURCES[name]

    if info.class_names:
        assert [str(n) for n in bunch.target_names] == list(info.class_names)
    if info.feature_names:
        assert [str(n) for n in bunch.feature_names] == list(info.feature_names)


def test_digits_are_scaled_from_sixteenths_to_one() -> None:
    data = prepare({"source": "digits", "preprocessing": []})

    assert (float(data.train.x.min()), float(data.train.x.max())) == (0.0, 1.0)
    assert data.preprocessing.to_json() == {"input": [{"type": "scale", "factor": 1 / 16}]}


def test_statistics_come_from_training_samples_only() -> None:
    data = prepare({"source": "wine"})

    assert torch.allclose(data.train.x.mean(0), torch.zeros(13), atol=1e-5)
    assert data.validation.x.mean(0).abs().max() > 0.05


def test_the_fingerprint_tells_data_and_split() -> None:
    first = prepare({"source": "iris"}).fingerprint

    assert prepare({"source": "iris"}).fingerprint == first
    assert prepare({"source": "wine"}).fingerprint != first
    assert prepare({"source": "iris", "split": {"seed": 1}}).fingerprint != first


def test_images_too_large_as_floats_stay_as_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = prepare({"source": "digits"})
    monkeypatch.setattr(room, "FLOAT_LIMIT", 1000)

    stored = prepare({"source": "digits"})

    assert stored.train.pending is not None
    assert torch.equal(stored.train.inputs(slice(0, 50)), whole.train.x[:50])


def test_a_relative_folder_starts_at_the_projects(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()

    with pytest.raises(room.DataError) as refused:
        prepare({"source": "mnist", "root": "../data"}, tmp_path / "project")

    assert str(tmp_path / "project" / ".." / "data") in str(refused.value)
