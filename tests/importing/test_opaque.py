"""What no document can hold of a module is an opaque node: seen, kept, and built with the module only."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import studio
from studio.compiler.errors import CompileError
from studio.graph.model import Node
from studio.importing import exported
from studio.importing.errors import ImportRefusedError, SizeDependentError
from studio.importing.modules import read_module
from studio.importing.sizes import depends
from studio.words import NetloomError


class Bessel(nn.Module):
    """Uses a function that the catalogue does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((8,), 0.5))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.special.bessel_j0(x) * self.scale, x[:, :2]


class Decides(nn.Module):
    """Does what the values in its input say."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if x.sum() > 0 else x


class Whole(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 8)
        self.odd = Bessel()
        self.last = nn.Linear(8, 3)
        self.choice = Decides()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        made, part = self.odd(self.first(x))
        return self.choice(self.last(made)), part


class Halfway(nn.Module):
    """Draws a layer first, and then goes by the values that it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        scores = self.fc(x).softmax(-1)
        return scores[scores.max(-1).values > 0.5]


@pytest.fixture
def whole() -> nn.Module:
    torch.manual_seed(0)
    return Whole().eval()


def opaque(project: studio.Project, network: str = "model") -> list[Node]:
    return [node for node in project.networks[network].nodes.values() if node.type == "opaque"]


def test_a_part_that_cannot_be_read_is_one_node_and_the_rest_is_drawn(whole: nn.Module) -> None:
    project = studio.from_module(whole, torch.rand(2, 4))
    assert [node.id for node in opaque(project)] == ["odd", "choice"]
    assert [node.type for node in project.networks["model"].nodes.values()] == [
        *("input", "nn.Linear", "opaque", "nn.Linear", "opaque", "output", "output")
    ]
    said = opaque(project)[0].extra["opaque"]
    assert said["class"].endswith("Bessel") and "bessel_j0" in said["reason"]
    assert project.report is not None
    lines = [str(line) for line in project.report.lines()]
    assert any(line.startswith("odd: Bessel is opaque") for line in lines)
    assert any(line.startswith("choice: Decides is opaque") for line in lines)


def test_its_shapes_are_known_and_it_is_a_problem_that_says_what_it_is(whole: nn.Module) -> None:
    analysis = studio.from_module(whole, torch.rand(2, 4)).analyse()
    assert [(p.code, p.node) for p in analysis.errors] == [("opaque", "odd"), ("opaque", "choice")]
    assert "Bessel" in str(analysis.errors[0].text)
    report = analysis.report("model", "odd")
    assert report is not None and [str(spec) for spec in report.outputs] == ["N×8", "N×2"]
    last = analysis.report("model", "last")
    assert last is not None and last.state == "ok" and [str(spec) for spec in last.outputs] == ["N×3"]


def test_building_refuses_by_name_until_the_module_is_handed_in(whole: nn.Module) -> None:
    project = studio.from_module(whole, torch.rand(2, 4))
    with pytest.raises(CompileError, match="odd is a Bessel"):
        project.build()
    with pytest.raises(NetloomError, match="choice is opaque"):
        project.build(modules={"odd": whole.odd})
    built = project.build(modules={"odd": whole.odd, "choice": whole.choice}).eval()
    built.load_state_dict(whole.state_dict())
    for x in (torch.rand(2, 4), torch.rand(5, 4)):
        for one, other in zip(built(x), whole(x), strict=True):
            assert torch.equal(one, other)


def test_a_file_keeps_it_as_it_is_and_runs_nothing(whole: nn.Module, tmp_path: Path) -> None:
    project = studio.from_module(whole, torch.rand(2, 4))
    project.save(tmp_path / "whole.json")
    loaded = studio.load(tmp_path / "whole.json")
    assert opaque(loaded) == opaque(project)
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "whole.json").read_bytes()
    built = loaded.build(modules={"odd": whole.odd, "choice": whole.choice})
    built.load_state_dict(whole.state_dict())


def test_a_module_that_breaks_off_shows_what_was_read_and_the_rest_as_one_node() -> None:
    module = nn.Sequential(Halfway(), nn.Linear(4, 2)).eval()
    project = studio.from_module(module, torch.rand(2, 4))
    assert [node.type for node in project.networks["Halfway"].nodes.values()][:3] == [
        *("input", "nn.Linear", "torch.softmax")
    ]
    (rest,) = opaque(project, "Halfway")
    assert rest.extra["opaque"]["rest"] is True
    with pytest.raises(NetloomError, match="no module by itself"):
        project.build(modules={})


def test_only_who_asks_for_it_gets_opaque_nodes(whole: nn.Module) -> None:
    with pytest.raises(ImportRefusedError, match=r"in odd, the function .*bessel_j0"):
        read_module(whole, torch.rand(2, 4))


class Heads(nn.Module):
    """A block of which one part goes by values, as the heads of a detector do."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = Decides()
        self.fc = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.pool(x))


def test_what_torch_export_has_for_other_sizes_alone_is_opaque_and_its_block_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> None:
        raise SizeDependentError(depends())

    monkeypatch.setattr(exported, "graph_of", refused)
    project = studio.from_module(nn.Sequential(nn.Linear(4, 8), Heads()).eval(), torch.rand(2, 4))
    assert [(name, node.id) for name in project.networks for node in opaque(project, name)] == [
        ("Heads", "pool")
    ]
