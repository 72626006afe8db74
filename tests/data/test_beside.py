"""Files that lie beside data are told for what they are, and which one is likely meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from studio.data.beside import NotDataError
from studio.data.guessing import Guess, guess
from tests.data.test_images import draw

ASKED = "id,age,fare\n" + "".join(f"{i},{20 + i % 7},{i * 1.5}\n" for i in range(9))
ANSWERED = "id,survived,age,fare\n" + "".join(f"{i},{i % 2},{20 + i % 7},{i * 1.5}\n" for i in range(9))


def refused(path: Path) -> NotDataError:
    with pytest.raises(NotDataError) as met:
        guess(path)
    return met.value


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")


def test_a_table_whose_answers_were_kept_back_leads_to_the_one_that_has_them(tmp_path: Path) -> None:
    write(tmp_path, test=ASKED, train=ANSWERED)

    found = refused(tmp_path / "test.csv")

    assert found.instead == tmp_path / "train.csv"
    assert "lacks the column survived, which train.csv beside it has" in str(found)
    assert guess(tmp_path / "train.csv") == Guess("table", tmp_path / "train.csv")


def test_a_table_with_a_target_that_is_told_is_taken_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, test=ASKED, train=ANSWERED)

    assert guess(tmp_path / "test.csv", "fare") == Guess("table", tmp_path / "test.csv")


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param(ANSWERED.replace("survived", "weight"), id="the column is not called a target"),
        pytest.param(ANSWERED.replace("id,", "number,"), id="other columns"),
        pytest.param(ANSWERED.replace("fare", "fare,cabin"), id="two columns more"),
        pytest.param(ASKED, id="the same columns"),
    ],
)
def test_a_table_beside_one_that_is_otherwise_is_data(tmp_path: Path, beside: str) -> None:
    write(tmp_path, passengers=ASKED, more=beside)

    assert guess(tmp_path / "passengers.csv") == Guess("table", tmp_path / "passengers.csv")


def test_a_table_that_names_its_target_is_data_whatever_lies_beside_it(tmp_path: Path) -> None:
    write(tmp_path, test=ASKED.replace("fare", "price"), train=ANSWERED.replace("fare", "price"))

    assert guess(tmp_path / "test.csv").source == "table"


def test_an_array_beside_a_model_is_told_with_its_shape(tmp_path: Path) -> None:
    array = onnx.numpy_helper.from_array(np.zeros((1, 10), np.float32), "answer")
    (tmp_path / "net_output_0.pb").write_bytes(array.SerializeToString())
    (tmp_path / "net.onnx").write_bytes(b"")

    found = refused(tmp_path / "net_output_0.pb")

    assert found.instead == tmp_path / "net.onnx"
    assert "one array, float32 of 1 × 10" in str(found) and "The model is net.onnx" in str(found)


def test_models_and_weights_are_to_be_imported(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"")
    weights, arrays = tmp_path / "w.safetensors", tmp_path / "a.safetensors"
    save_file({"fc.weight": np.zeros((2, 3), np.float32), "fc.bias": np.zeros(2, np.float32)}, weights)
    save_file({"x": np.zeros((20, 3), np.float32), "y": np.zeros(20, np.int64)}, arrays)

    assert refused(tmp_path / "net.onnx").instead == tmp_path / "net.onnx"
    assert refused(weights).instead == weights
    assert guess(arrays) == Guess("arrays", arrays)


def test_a_page_about_data_leads_to_the_data(tmp_path: Path) -> None:
    write(tmp_path, wine="a,b\n1,2\n3,4\n")
    for name in ("README.md", "wine.names"):
        (tmp_path / name).write_text("It was measured in 1994. " * 20, encoding="utf-8")
        assert refused(tmp_path / name).instead == tmp_path / "wine.csv"


def test_a_list_of_classes_leads_to_its_model(tmp_path: Path) -> None:
    (tmp_path / "mnist-labels.txt").write_text("\n".join("0123456789"), encoding="utf-8")
    assert guess(tmp_path / "mnist-labels.txt").source == "corpus"

    for name in ("opt-mnist.onnx", "other.onnx"):
        (tmp_path / name).write_bytes(b"")
    found = refused(tmp_path / "mnist-labels.txt")

    assert found.instead == tmp_path / "opt-mnist.onnx" and "names the 10 classes" in str(found)


def test_images_that_nobody_says_the_classes_of_are_refused_with_the_cure(tmp_path: Path) -> None:
    for i in range(3):
        draw(tmp_path / "loose" / f"{i}.png", seed=i)

    assert "holds 3 images and does not say what they show" in str(refused(tmp_path / "loose"))


def test_a_folder_of_data_sets_is_none(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, t="a,b\n1,2\n3,4\n")

    assert "one, two. Drop one of them." in str(refused(tmp_path))
