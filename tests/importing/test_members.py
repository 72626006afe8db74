"""Members keep the original's order, and what was one tensor under two names stays one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.reading.fresh import project_of
from studio.compiler.reading.merge import merge
from studio.compiler.source import source
from studio.graph.document import Document
from studio.importing.modules import Imported, read_module
from studio.project import files
from studio.training.checkpoint import write_tensors
from studio.words import Message


def all_made(imported: Imported) -> list[nn.Module]:
    """What is built from the document, from its Python, and from the document that its Python becomes."""
    text = source(imported.project)
    assert merge(imported.project, text) is None
    space: dict[str, Any] = {}
    exec(compile(text, "written.py", "exec"), space)
    loaded = files.loads(files.dumps(imported.project), "x.json")
    return [build(loaded), space["Model"](), build(project_of(text))]


def steps_alike(module: nn.Module, made: nn.Module, *inputs: Tensor) -> None:
    """Two steps of an optimiser leave the same numbers: parameters stand in the same places."""
    made.load_state_dict(module.state_dict())
    for one in (module, made):
        torch.manual_seed(1)
        optimizer = torch.optim.SGD(one.parameters(), lr=0.1, momentum=0.9)
        for _ in range(2):
            optimizer.zero_grad()
            one(*inputs).square().mean().backward()
            optimizer.step()
    ours = made.state_dict()
    assert all(torch.equal(tensor, ours[name]) for name, tensor in module.state_dict().items())


class Backwards(nn.Module):
    """Registers what it uses last first."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(4, 2)
        self.act = nn.ReLU()
        self.scale = nn.Parameter(torch.rand(4))
        self.parts = nn.ModuleList([Inner(), Inner()])
        self.first = nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.first(x)) * self.scale
        return self.last(self.parts[0](self.parts[1](x)))


class Inner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.fc(x))


def test_members_are_registered_in_the_order_of_the_original() -> None:
    module = Backwards()
    imported = read_module(module, torch.rand(2, 3))
    assert imported.project.networks["Inner"].extra == {"order": ["norm", "fc"]}
    for made in all_made(imported):
        assert list(made.state_dict()) == list(module.state_dict())
        assert [name for name, _ in made.named_parameters()] == [n for n, _ in module.named_parameters()]
        steps_alike(module, made, torch.rand(2, 3))


def test_fresh_weights_of_the_built_and_the_written_are_the_same() -> None:
    imported = read_module(Backwards(), torch.rand(2, 3))
    text, space = source(imported.project), {}
    exec(compile(text, "written.py", "exec"), space)
    torch.manual_seed(3)
    written = space["Model"]().state_dict()
    built = build(imported.project, seed=3).state_dict()
    assert all(torch.equal(tensor, written[name]) for name, tensor in built.items())


def test_an_order_that_is_that_of_the_graph_is_not_said() -> None:
    imported = read_module(nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2)), torch.rand(2, 3))
    assert imported.project.networks["model"].extra == {}


class Language(nn.Module):
    """Embeds words, and tells words apart by the same numbers."""

    def __init__(self, width: int = 4, words: int = 7) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.body = Inner()
        self.head = nn.Linear(width, words, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, words: Tensor) -> Tensor:
        return self.head(self.body(self.embed(words)))


def test_tied_weights_are_one_tensor() -> None:
    module = Language()
    words = torch.randint(0, 7, (2, 5))
    imported = read_module(module, words)
    assert imported.project.networks["model"].extra == {"tied": [["embed.weight", "head.weight"]]}
    assert not imported.report.notes
    for made in all_made(imported):
        assert made.head.weight is made.embed.weight
        assert list(made.state_dict()) == list(module.state_dict())
        assert [name for name, _ in made.named_parameters()] == [n for n, _ in module.named_parameters()]
        steps_alike(module, made, words)


def test_tied_weights_are_written_under_both_names(tmp_path: Path) -> None:
    made = build(read_module(Language(), torch.randint(0, 7, (2, 5))).project)
    write_tensors(tmp_path / "weights.safetensors", made.state_dict(), {})
    loaded = load_file(tmp_path / "weights.safetensors")
    assert torch.equal(loaded["embed.weight"], loaded["head.weight"])
    assert list(made.load_state_dict(loaded)) == [[], []]


def test_tied_weights_count_once() -> None:
    imported = read_module(Language(), torch.randint(0, 7, (2, 5)))
    found = analyse(imported.project)
    assert found.networks["model"].parameters == sum(p.numel() for p in Language().parameters())


class Deep(nn.Module):
    """Ties parts of blocks, and has one module in two places."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = Inner(), Inner()
        self.two.fc.bias = self.one.fc.bias
        self.three = Holding(self.one)

    def forward(self, x: Tensor) -> Tensor:
        return self.three(self.two(self.one(x)))


class Holding(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.scale = nn.Parameter(torch.rand(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) * self.scale


def test_what_lies_in_blocks_is_tied_and_a_module_may_be_in_two_places() -> None:
    module = Deep()
    imported = read_module(module, torch.rand(2, 4))
    for made in all_made(imported):
        assert made.three.inner is made.one
        assert made.two.fc.bias is made.one.fc.bias
        assert list(made.state_dict()) == list(module.state_dict())
        steps_alike(module, made, torch.rand(2, 4))


class Functional(nn.Module):
    """Uses the numbers of a layer without calling it."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 4)

    def forward(self, words: Tensor) -> Tensor:
        return functional.linear(self.embed(words), self.embed.weight)


def test_the_weight_of_a_layer_that_a_function_uses_is_the_layers() -> None:
    module = Functional()
    words = torch.randint(0, 7, (2, 5))
    for made in all_made(read_module(module, words)):
        assert list(made.state_dict()) == ["embed.weight"]
        steps_alike(module, made, words)


def test_a_renamed_node_keeps_its_place_and_its_tie() -> None:
    document = Document(read_module(Language(), torch.randint(0, 7, (2, 5))).project)
    with document.transaction(Message("Rename")) as edit:
        edit.rename_node("model", "head", "tongue")
    made = build(document.data())
    assert made.get_submodule("tongue").weight is made.get_submodule("embed").weight


def test_a_tie_that_does_not_fit_is_a_problem_on_the_card() -> None:
    document = Document(read_module(Language(), torch.randint(0, 7, (2, 5))).project)
    with document.transaction(Message("Widen")) as edit:
        edit.set_param("model", "head", "out_features", 9)
    problems = analyse(document.data()).problems
    assert [(problem.code, problem.node) for problem in problems] == [("tied-shapes", "head")]
