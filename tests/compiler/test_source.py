"""The written Python: formatted, free of lint, without us, and the same module to the last bit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from drawing import DIGITS, chain, network, node, project
from handwritten import PAIRS, Pair

from studio.compiler.build import build
from studio.compiler.errors import CompileError
from studio.compiler.reading.merge import merge
from studio.compiler.source import source

RUN = """
import importlib.util, pathlib, sys, torch
for folder in map(pathlib.Path, sys.argv[1:]):
    spec = importlib.util.spec_from_file_location("written", folder / "written.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    state, inputs = torch.load(folder / "given.pt")
    model = module.Model()
    model.load_state_dict(state)
    torch.save(model.eval()(*inputs), folder / "out.pt")
assert "studio" not in sys.modules
"""


def ruff(*arguments: str, text: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def assert_tidy(text: str) -> None:
    formatted = ruff("format", text=text)
    assert formatted.returncode == 0, formatted.stderr
    assert formatted.stdout == text
    checked = ruff("check", "--select", "E,F,W,I,UP,B", text=text)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_written_file_is_tidy(pair: Pair):
    assert_tidy(source(pair.drawn()))


def test_written_files_run_without_us_and_give_bitwise_the_same_outputs(tmp_path: Path):
    expected = {}
    for pair in PAIRS:
        folder = tmp_path / pair.name
        folder.mkdir()
        module = build(pair.drawn(), seed=3).eval()
        given = pair.inputs(4)
        (folder / "written.py").write_text(source(pair.drawn()), encoding="utf-8")
        torch.save((module.state_dict(), given), folder / "given.pt")
        expected[folder] = module(*given)
    command = [sys.executable, "-c", RUN, *map(str, expected)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    for folder, outputs in expected.items():
        torch.testing.assert_close(torch.load(folder / "out.pt"), outputs, rtol=0, atol=0)


def test_a_chain_reads_as_a_person_writes_it():
    drawn = project(
        *chain(
            node("conv1", "nn.Conv2d", out_channels=32, kernel_size=3, stride=1, padding=1),
            node("relu1", "nn.ReLU"),
            node("flatten1", "torch.flatten", kwargs={"start_dim": 1}),
            node("fc", "nn.Linear"),
        )
    )
    assert (
        source(drawn, context=DIGITS)
        == '''"""Test: the network model, drawn with Netloom."""

import torch
from torch import Tensor, nn


class Model(nn.Module):
    """image (N, 1, 8, 8) -> output (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3, padding=1)
        self.relu1 = nn.ReLU()
        self.fc = nn.Linear(2048, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = self.conv1(image)  # (N, 32, 8, 8)
        x = self.relu1(x)
        x = torch.flatten(x, start_dim=1)  # (N, 2048)
        x = self.fc(x)  # (N, 10)
        return x
'''
    )


def test_long_lines_are_broken_as_ruff_breaks_them():
    many = [node(f"a_long_name_for_a_branch_{i}", "nn.Linear", "x", out_features=7) for i in range(6)]
    drawn = project(
        node("x", "input", shape=["N", 3]),
        *many,
        node("cat1", "torch.cat", [n.id for n in many], kwargs={"dim": 1}),
        node(
            "a_rather_long_name_for_an_encoder_layer", "nn.TransformerEncoderLayer", "stack1", nhead=7,
            dim_feedforward=123, dropout=0.25, activation="gelu", batch_first=True, norm_first=True,
        ),
        node("stack1", "torch.stack", ["cat1", "cat1"], kwargs={"dim": 1}),
        node(
            "unflatten_with_a_long_name", "nn.Unflatten", "cat1", dim=1,
            unflattened_size=[1, 1, 1, 1, 1, 1, 2, 3, 7],
        ),
        node("y", "output", "a_rather_long_name_for_an_encoder_layer"),
        node("another_output_with_a_long_name", "output", "unflatten_with_a_long_name"),
        node("z", "output", "cat1"),
    )  # fmt: skip
    assert_tidy(source(drawn))


def test_sizes_that_differ_between_uses_become_arguments_of_the_class():
    block = network(
        node("x", "input"),
        node("fc", "nn.Linear", "x", out_features={"expr": "*", "of": [{"p": "width"}, 2]}),
        node("y", "output", "fc"),
        width=4,
    )
    drawn = project(
        *chain(node("one", "block:Widen", width=5), node("two", "block:Widen"), shape=["N", 3]),
        blocks={"Widen": block},
    )
    text = source(drawn)
    assert_tidy(text)
    assert "def __init__(self, in_features: int, width: int = 4) -> None:" in text
    assert "self.fc = nn.Linear(in_features, width * 2)" in text
    assert "self.one = Widen(in_features=3, width=5)" in text
    assert "self.two = Widen(in_features=10)" in text


def test_layers_numbered_in_one_holder_are_written_as_a_sequential():
    text = source(PAIRS[4].drawn())
    assert "self.layers = nn.Sequential(" in text
    assert "x = self.layers(image)" in text


def test_problems_of_other_networks_do_not_matter_and_those_of_its_own_are_told():
    drawn = project(
        *chain(node("fc", "nn.Linear", out_features=2), shape=["N", 3]),
        blocks={
            "Bad": network(
                node("x", "input", shape=["N", 2]),
                node("fc", "nn.Linear", "x", in_features=5, out_features=1),
                node("y", "output", "fc"),
            )
        },
    )
    assert "nn.Linear(3, 2)" in source(drawn)
    with pytest.raises(CompileError, match="fc expects 5 features but receives 2 from x"):
        source(drawn, "Bad")


def test_awkward_names_become_names_python_takes():
    drawn = project(
        node("lambda_", "input", shape=["N", 2]),
        node("x", "nn.Linear", "lambda_", out_features=2),
        node("out", "torch.relu", "x"),
        node("add1", "torch.add", "x", "out"),
        node("match", "torch.tanh", "add1"),
        node("output", "output", "match"),
    )
    assert_tidy(source(drawn))


def test_many_numbers_fill_lines_and_long_choices_are_broken():
    size = {"size": [{"n": "rolled_by_three_to_the_left"}, 2]}
    small = {"expr": "<=", "of": [size, 7]}
    drawn = project(
        node("x", "input", shape=["N", 3, 9, 9]),
        node("table", "buffer", shape=[9, 9], value=[[n * 0.125 for n in range(9)] for _ in range(9)]),
        node("few", "const", value=[1.0, 2.0, 1e20]),
        node("rolled_by_three_to_the_left", "torch.roll", "x", kwargs={"shifts": [-3], "dims": [2]}),
        node(
            "part",
            "op.getitem",
            "rolled_by_three_to_the_left",
            {"t": [{"ellipsis": True}, {"slice": [-9, {"if": [small, 0, -3]}, None]}]},
        ),
        node(
            "powers", "torch.full_like", "x", {"expr": "*", "of": [{"expr": "*", "of": [size, size]}, size]}
        ),
        node(
            "most",
            "torch.maximum",
            {"if": [small, {"n": "x"}, {"n": "rolled_by_three_to_the_left"}]},
            "powers",
        ),
        node("added", "torch.add", "most", "table"),
        node("output", "output", "added"),
        node("other", "output", "part"),
        node("third", "output", "few"),
    )
    text = source(drawn)
    assert_tidy(text)
    assert "# fmt: skip" in text
    names: dict[str, Any] = {}
    exec(compile(text, "written.py", "exec"), names)
    x = torch.rand(2, 3, 9, 9)
    assert all(map(torch.equal, names["Model"]()(x), build(drawn)(x)))
    assert merge(drawn, text) is None


def test_values_python_lacks_are_written_out():
    drawn = project(
        node("x", "input", shape=["N", 4]),
        node("c", "const", value=[1.5, 2.5, 3.5, 4.5]),
        node("clamp1", "torch.clamp", "x", kwargs={"min": {"f": "-inf"}, "max": {"if_training": [1.0, 2.0]}}),
        node("sum1", "torch.sum", "clamp1", kwargs={"dim": [1], "dtype": {"dtype": "float64"}}),
        node("mul1", "torch.mul", "clamp1", "c"),
        node("part", "op.getitem", "mul1", {"t": [{"ellipsis": True}, {"slice": [1, None, 2]}]}),
        node("output", "output", "sum1"),
        node("other", "output", "part"),
    )
    text = source(drawn)
    assert_tidy(text)
    assert "[..., 1::2]" in text
    assert 'min=float("-inf"), max=1.0 if self.training else 2.0' in text
