"""Every format of a trained network: it works without Netloom and gives what the network gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from studio.data.prepare import prepare
from studio.export.export import export
from studio.export.formats import FORMATS
from studio.training.runs import Run


@pytest.fixture(scope="module")
def raw_digits() -> tuple[torch.Tensor, torch.Tensor]:
    """All digits as scikit-learn has them, (1797, 1, 8, 8) from 0 to 16, and their classes."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1), torch.tensor(bunch.target)


def expected_on(run: Run, raw: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return run.load_module()(run.preprocessing.apply(raw))


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_is_proven_on_real_samples_quietly_and_leaves_nothing_else(
    digits_run: Run, format: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = export(digits_run, format, tmp_path / "digits")

    assert [path.name for path in report.paths] == [f"digits{FORMATS[format].suffix}"]
    assert sorted(tmp_path.iterdir()) == sorted(report.paths)
    assert report.samples >= 5
    assert report.largest_deviation <= report.tolerance < 0.1
    assert not any("random values" in str(line) for line in report.details)
    assert capfd.readouterr() == ("", "")


def test_the_onnx_file_takes_raw_images_and_classifies_them_as_the_network_does(
    digits_run: Run, raw_digits: tuple[torch.Tensor, torch.Tensor], tmp_path: Path
) -> None:
    import onnxruntime

    export(digits_run, "onnx", tmp_path / "digits.onnx")

    session = onnxruntime.InferenceSession(str(tmp_path / "digits.onnx"))
    images, classes = raw_digits
    (scores,) = session.run(None, {"input": images.numpy()})
    expected = expected_on(digits_run, images)
    assert session.get_inputs()[0].shape == ["N", 1, 8, 8]
    assert [output.name for output in session.get_outputs()] == ["digit"]
    assert torch.allclose(torch.from_numpy(scores), expected, atol=1e-4)
    accuracy = (torch.from_numpy(scores).argmax(1) == classes).float().mean()
    assert accuracy == (expected.argmax(1) == classes).float().mean()


def test_without_its_preprocessing_the_onnx_file_takes_standardised_values(
    digits_run: Run, raw_digits: tuple[torch.Tensor, torch.Tensor], tmp_path: Path
) -> None:
    import onnxruntime

    export(digits_run, "onnx", tmp_path / "digits.onnx", include_preprocessing=False)

    session = onnxruntime.InferenceSession(str(tmp_path / "digits.onnx"))
    images = raw_digits[0][:7]
    (scores,) = session.run(None, {"input": digits_run.preprocessing.apply(images).numpy()})
    assert torch.allclose(torch.from_numpy(scores), expected_on(digits_run, images), atol=1e-4)


def test_the_onnx_file_describes_itself_and_not_the_machine_it_was_made_on(
    digits_run: Run, tmp_path: Path
) -> None:
    import onnx

    export(digits_run, "onnx", tmp_path / "digits.onnx")

    model = onnx.load(tmp_path / "digits.onnx")
    said = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(said["netloom.class_names"]) == list("0123456789")
    assert json.loads(said["netloom.inputs"]) == [
        {"name": "input", "shape": ["N", 1, 8, 8], "dtype": "float32"}
    ]
    assert said["netloom.preprocessing_is_inside"] == "true"
    content = (tmp_path / "digits.onnx").read_bytes()
    assert b"site-packages" not in content
    assert str(Path.cwd()).encode() not in content


def test_the_pt2_program_takes_raw_images_of_any_number(
    digits_run: Run, raw_digits: tuple[torch.Tensor, torch.Tensor], tmp_path: Path
) -> None:
    export(digits_run, "pt2", tmp_path / "digits.pt2")

    program = torch.export.load(tmp_path / "digits.pt2").module()
    for count in (1, 2, 33):
        images = raw_digits[0][:count]
        assert torch.allclose(program(images), expected_on(digits_run, images), atol=1e-5)


def test_weights_have_the_names_of_the_nodes(digits_run: Run, tmp_path: Path) -> None:
    from safetensors import safe_open

    export(digits_run, "safetensors", tmp_path / "weights")
    export(digits_run, "state_dict", tmp_path / "weights")

    state = torch.load(tmp_path / "weights.pt", weights_only=True)
    with safe_open(tmp_path / "weights.safetensors", "pt") as file:
        names, metadata = list(file.keys()), file.metadata()
    assert sorted(names) == sorted(state)
    assert "conv1.weight" in names
    assert json.loads(metadata["netloom.preprocessing"]) == [
        dict(step) for step in digits_run.preprocessing.steps
    ]


def test_the_python_source_imports_torch_only(digits_run: Run, tmp_path: Path) -> None:
    export(digits_run, "python", tmp_path / "network")

    imports = [
        line
        for line in (tmp_path / "network.py").read_text(encoding="utf-8").splitlines()
        if line.startswith(("import ", "from "))
    ]
    roots = {line.split()[1].partition(".")[0] for line in imports}
    assert roots <= {"__future__", "torch", "math", "operator"}


@pytest.fixture(scope="module")
def diabetes_folder(diabetes_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(diabetes_run, "folder", tmp_path_factory.mktemp("exports") / "diabetes").paths[0]


def predict(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-E", "-s", "-B", str(folder / "predict.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_the_folder_classifies_an_image_file(
    digits_run: Run, raw_digits: tuple[torch.Tensor, torch.Tensor], tmp_path: Path
) -> None:
    from PIL import Image

    folder = export(digits_run, "folder", tmp_path / "digits").paths[0]
    image = raw_digits[0][0, 0]
    picture = tmp_path / "digit.png"
    Image.fromarray((image * 255 / 16).round().to(torch.uint8).numpy()).save(picture)

    done = predict(folder, "--json", picture)

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    expected = expected_on(digits_run, (image * 255 / 16).round()[None, None] * 16 / 255)
    assert said["class"] == str(int(expected.argmax()))
    assert torch.allclose(torch.tensor(said["outputs"]), expected[0], atol=1e-4)


def test_the_folder_reads_a_table_by_its_header(
    diabetes_run: Run, diabetes_folder: Path, tmp_path: Path
) -> None:
    data = prepare(diabetes_run.project.data)
    from studio.data.sources import SOURCES

    raw = SOURCES["diabetes"].load(None).x[:3]  # type: ignore[arg-type]  # bundled: looks nowhere
    backwards = list(reversed(range(raw.shape[1])))
    lines = [",".join(data.feature_names[i] for i in backwards)]
    lines += [",".join(repr(float(row[i])) for i in backwards) for row in raw]
    (tmp_path / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    done = predict(diabetes_folder, "--json", tmp_path / "people.csv")

    assert done.returncode == 0, done.stderr
    given = torch.tensor([json.loads(line)["outputs"] for line in done.stdout.splitlines()])
    assert torch.allclose(given, expected_on(diabetes_run, raw), rtol=1e-4)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("1,2\n", "N×10"),
        ("", "is empty"),
        ("age,sex\n1,2\n", "lacks bmi"),
        ("1,2,3,4,5,6,7,8,9,10\n1,2,3\n", "line 2"),
    ],
)
def test_predict_says_what_is_wrong_with_a_table(
    diabetes_folder: Path, tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "table.csv").write_text(content, encoding="utf-8")

    done = predict(diabetes_folder, tmp_path / "table.csv")

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
