"""`netloom import`: ONNX files, torchvision's architectures and weights, from a shell."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from studio.cli import main
from studio.project import files
from studio.training import runs


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An ONNX file that tells iris apart, in its way."""
    weight = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["z"], transB=1)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(weight, "w")],
    )
    path = tmp_path / "flowers.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_an_onnx_file_becomes_a_project_and_a_run_with_its_weights(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "p.json"

    status, out, _ = run(capsys, "import", model, "-o", target, "--json")

    told = json.loads(out)
    assert (status, told["file"], told["nodes"]) == (0, str(target), 3)
    kept = runs.open_run("last", runs.runs_folder(target))
    assert str(kept.folder) == told["run"]
    assert kept.info.status == "imported"
    assert files.load(target).training["weights"] == kept.folder.name
    wanted = numpy_helper.to_array(onnx.load(model).graph.initializer[0])
    assert np.array_equal(kept.load_module().fc1.weight.detach().numpy(), wanted)


def test_what_was_imported_can_be_judged_exported_and_trained_on(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "p.json"
    run(capsys, "import", model, target)
    data = json.loads(target.read_text()) | {"data": {"source": "iris"}}
    target.write_text(json.dumps(data))

    evaluated, out, _ = run(capsys, "evaluate", target, "--json")
    assert evaluated == 0
    assert set(json.loads(out)["metrics"]) == {"loss", "accuracy"}
    exported, _, _ = run(capsys, "export", target, "--format", "safetensors", "--out", tmp_path / "w")
    assert exported == 0

    trained, out, _ = run(capsys, "train", target, "--set", "training.epochs=1", "--json")

    assert trained == 0
    start = json.loads(out.splitlines()[0])["start"]
    assert (start["kept"], start["fresh"]) == (["fc1"], [])


def test_weights_go_into_a_project_that_exists(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "p.json"
    run(capsys, "import", model, target)
    torch.save({"module.fc1.weight": torch.ones(3, 4)}, tmp_path / "ones.pt")

    status, out, _ = run(capsys, "import", tmp_path / "ones.pt", target)

    assert status == 0
    assert "The file's names begin with “module.”, which was taken away." in out
    assert files.load(target).training["weights"] == runs.list_runs(runs.runs_folder(target))[-1].id
    assert runs.open_run("last", runs.runs_folder(target)).load_module().fc1.weight.unique().tolist() == [1]


def test_a_training_says_before_it_begins_what_it_begins_with(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "p.json"
    run(capsys, "import", model, target)
    torch.save({"fc1.weight": torch.zeros(3, 4)}, tmp_path / "zeros.pt")
    more = ("--set", "data.source=iris", "--set", "training.epochs=1")

    status, out, _ = run(capsys, "train", target, *more, "--from", tmp_path / "zeros.pt")

    assert status == 0
    lines = out.splitlines()
    lines = lines[lines.index(f"It begins with {tmp_path / 'zeros.pt'}.") - 1 :]
    assert lines[2] == "  Tensors that match by name and shape: 1."
    assert lines[3].startswith("epoch 1/1")


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        ("torchvision:resnet19", 2, "torchvision has no architecture resnet19"),
        ("picture.png", 2, "picture.png is nothing that becomes a network"),
        ("missing.onnx", 3, "missing.onnx could not be read: No such file"),
        ("missing.pt", 3, "There is no file"),
    ],
)
def test_what_cannot_be_imported_is_told_with_its_status(
    source: str,
    status: int,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    found, _, err = run(capsys, "import", source, "p.json")

    assert found == status
    assert words in err
    assert not (tmp_path / "p.json").exists()


def test_a_project_that_exists_is_not_written_over(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "p.json"
    target.write_text("mine")

    status, _, err = run(capsys, "import", model, target)

    assert (status, target.read_text()) == (3, "mine")
    assert "exists already and was left as it is" in err


def test_an_architecture_of_torchvision_is_drawn_without_a_download(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "import", "torchvision:squeezenet1_1", tmp_path / "s.json", "--json")

    assert status == 0
    assert json.loads(out)["run"] is None
    assert "model" in files.load(tmp_path / "s.json").networks
