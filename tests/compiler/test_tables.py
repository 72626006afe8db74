"""A table of the pairs of places in a window is written as one line, which is read back as the table."""

from __future__ import annotations

import ast

import pytest
import torch

from studio.compiler import tables
from studio.compiler.layout import flat
from studio.compiler.reading.fresh import project_of
from studio.compiler.source import source
from studio.graph.model import Network, Node, ProjectData


def numbers_of(height: int, width: int) -> list[int]:
    """The numbers as Swin's own lines make them."""
    grid = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")).flatten(1)
    apart = grid[:, :, None] - grid[:, None, :]
    apart = apart.permute(1, 2, 0).contiguous()
    apart[:, :, 0] += height - 1
    apart[:, :, 1] += width - 1
    apart[:, :, 0] *= 2 * width - 1
    return apart.sum(-1).flatten().tolist()


@pytest.mark.parametrize(("height", "width"), [(7, 7), (8, 8), (2, 5), (5, 2), (1, 6), (6, 1)])
def test_the_line_gives_the_numbers_and_is_read_back_as_them(height: int, width: int) -> None:
    numbers = numbers_of(height, width)
    line = tables.line(numbers)
    assert line is not None
    space: dict[str, object] = {}
    exec(f"made = {flat(line)}", space)
    assert space["made"] == numbers
    assert tables.numbers(ast.parse(flat(line), mode="eval").body) == numbers


def test_one_number_that_differs_is_no_such_table() -> None:
    numbers = numbers_of(7, 7)
    numbers[100] += 1
    assert tables.line(numbers) is None
    assert tables.line([float(n) for n in numbers_of(7, 7)]) is None
    assert tables.line(list(range(2401))) is None


@pytest.mark.parametrize(
    "text",
    [
        "[(i // 7 - j // 7) * 12 + i % 7 - j % 7 + 84 for i in range(49) for j in range(49)]",
        "[(i // 7 - j // 7) * 13 + i % 7 - j % 7 + 84 for i in range(49) for j in range(48)]",
        "[(i // 0 - j // 0) * -1 + i % 0 - j % 0 + 84 for i in range(49) for j in range(49)]",
        "[(i // 7 - j // 7) * 13 + i % 7 - j % 7 + 84 for i in range(49) for j in range(49) if i]",
        "[i for i in range(49)]",
        "[1, 2]",
    ],
)
def test_a_line_that_says_something_else_is_not_read_as_a_table(text: str) -> None:
    assert tables.numbers(ast.parse(text, mode="eval").body) is None


@pytest.mark.parametrize("kind", ["buffer", "const"])
def test_a_network_comes_back_from_its_source_with_every_number(kind: str) -> None:
    value = numbers_of(7, 7)
    params = {"value": value, "dtype": "int64", **({"shape": [2401]} if kind == "buffer" else {})}
    nodes = [
        Node("x", "input", {"shape": ["N", 169]}),
        Node("places", kind, params),
        Node(
            "picked", "op.getitem", args=({"n": "x"}, {"t": [{"slice": [None, None, None]}, {"n": "places"}]})
        ),
        Node("output", "output", args=({"n": "picked"},)),
    ]
    project = ProjectData("t", {"model": Network({node.id: node for node in nodes})})
    text = source(project)
    assert "for i in range(49)" in text and text.count("\n") < 50
    assert project_of(text).networks["model"].nodes["places"].params["value"] == value
