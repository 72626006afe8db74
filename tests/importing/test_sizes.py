"""What a module does for some sizes only is read for all: other images give the original's bits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import Phase, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from studio.compiler.build import build
from studio.compiler.reading.fresh import project_of
from studio.compiler.reading.merge import merge
from studio.compiler.source import source
from studio.importing.errors import ImportRefusedError
from studio.importing.modules import Imported, read_module
from studio.project import files


def made_of(imported: Imported, module: nn.Module) -> list[nn.Module]:
    """What is built from the document, from its Python, and from the document that its Python becomes."""
    text = source(imported.project)
    assert merge(imported.project, text) is None
    space: dict[str, Any] = {}
    exec(compile(text, "written.py", "exec"), space)
    again = build(project_of(text))
    found = [build(files.loads(files.dumps(imported.project), "x.json")), space["Model"](), again]
    for made in found:
        made.load_state_dict(module.state_dict())
        made.eval()
    return found


def agrees(module: nn.Module, imported: Imported, *sizes: tuple[int, ...]) -> None:
    """In evaluation, all that is made of a module gives its bits."""
    module.eval()
    for made in made_of(imported, module):
        for size in sizes:
            images = torch.rand(2, 3, *size)
            assert torch.equal(made(images), module(images)), size


class Windows(nn.Module):
    """Padded to windows; these are shifted where more than one covers the image."""

    def __init__(self, window: tuple[int, int], shift: tuple[int, int]) -> None:
        super().__init__()
        self.window, self.shift = window, shift
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        down = (self.window[0] - height % self.window[0]) % self.window[0]
        right = (self.window[1] - width % self.window[1]) % self.window[1]
        if down > 0 or right > 0:
            x = functional.pad(x, (0, right, 0, down))
        shift = list(self.shift)
        for place in (0, 1):
            if self.window[place] >= x.shape[2 + place]:
                shift[place] = 0
        if sum(shift) > 0:
            x = torch.roll(x, (-shift[0], -shift[1]), (2, 3))
        return self.conv(x)[:, :, :height, :width]


class Clipped(nn.Module):
    def __init__(self, floor: int) -> None:
        super().__init__()
        self.floor = floor

    def forward(self, x: Tensor) -> Tensor:
        rows = max(x.size(2) // 2, self.floor)
        return x[:, :, :rows, : min(x.size(3), rows + 3)]


class Outer(nn.Module):
    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = x + part(x).mean()
        return x


SIZE = st.tuples(st.integers(3, 24), st.integers(3, 24))


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@drawn(
    st.lists(
        st.builds(
            Windows,
            st.tuples(st.integers(2, 7), st.integers(2, 7)),
            st.tuples(st.integers(0, 2), st.integers(0, 2)),
        )
        | st.builds(Clipped, st.integers(1, 5)),
        min_size=1,
        max_size=2,
    ),
    SIZE,
    st.lists(SIZE, min_size=4, max_size=8),
)
def test_any_size_gives_the_same_bits(
    parts: list[nn.Module], read: tuple[int, int], sizes: list[tuple[int, int]]
) -> None:
    module = Outer(*parts)
    imported = read_module(module, torch.rand(2, 3, *read))
    assert imported.report.sizes == "all"
    assert not imported.report.notes
    agrees(module, imported, read, *sizes)


class Larger(nn.Module):
    """Does something else for larger images."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1] > 12:
            return self.second(x) * 2
        return self.first(x)


@pytest.mark.parametrize("read", [8, 16])
def test_a_part_for_some_sizes_only_is_there_for_these(read: int) -> None:
    module = Larger()
    imported = read_module(module, torch.rand(2, 3, read, read))
    agrees(module, imported, (8, 8), (8, 12), (8, 13), (40, 40))


class Adapting(nn.Module):
    """Windows as large as the image where that is smaller: a part works for these sizes only."""

    bias: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("bias", torch.rand(6, 6))

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        window = [6, 6]
        if height <= window[0]:
            window[0] = height
        if width <= window[1]:
            window[1] = width
        bias = self.bias[: window[0], : window[1]].reshape(window)
        down, right = -height % window[0], -width % window[1]
        x = functional.pad(x, (0, right, 0, down))
        x = x.view(x.shape[0], 3, x.shape[2] // window[0], window[0], x.shape[3] // window[1], window[1])
        x = x * bias[:, None]
        return x.flatten(4).flatten(2, 3)[:, :, :height, :width]


@pytest.mark.parametrize("read", [(5, 5), (4, 9), (20, 20)])
def test_a_part_that_works_for_some_sizes_only_is_read_with_these(read: tuple[int, int]) -> None:
    module = Outer(Adapting())
    imported = read_module(module, torch.rand(2, 3, *read))
    assert imported.report.sizes == "all"
    assert not imported.report.notes
    agrees(module, imported, (5, 5), (3, 6), (9, 4), (12, 13))


class Wanting(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        torch._assert(x.shape[-1] % 4 == 0, "four at a time")
        if x.shape[-2] < 3:
            raise ValueError("too small")
        return x.reshape(x.shape[0], -1, 4)


def test_sizes_that_a_module_refuses_need_not_be_drawn() -> None:
    imported = read_module(Wanting(), torch.rand(2, 3, 8, 8))
    assert imported.report.sizes == "all"
    assert not imported.report.notes
    agrees(Wanting(), imported, (5, 12))


class Dropping(nn.Module):
    """Draws random numbers for large images alone: drawn for all they would be others than the original's."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.dropout(x, 0.5, self.training) if x.shape[-1] > 9 else x


def test_a_random_part_for_some_sizes_holds_the_size() -> None:
    assert read_module(Dropping(), torch.rand(2, 3, 8, 8)).report.sizes == "batch"


class Both(nn.Module):
    """Asks for sizes, drops by the mode."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.dropout(self.conv(x), 0.25, self.training)
        return x[..., : min(x.size(3), 6)] * (2 if self.training else 3)


def test_choices_by_size_and_by_mode_come_back_from_the_source() -> None:
    imported = read_module(Both(), torch.rand(2, 3, 8, 8))
    text = source(imported.project)
    assert "self.training)" in text
    assert "min(" in text
    agrees(Both(), imported, (8, 8), (5, 5), (7, 4))


class Unlike(nn.Module):
    """The other way, which no size that it was read with goes, works on values."""

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1] < 4 and x.sum() > 0:
            return x * 3
        return x * 2


def test_what_was_not_read_is_reported() -> None:
    imported = read_module(Unlike(), torch.rand(2, 3, 8, 8))
    told = [str(line) for line in imported.report.lines()]
    assert any("at which not x.size(3) < 4" in line for line in told), told
    agrees(Unlike(), imported, (5, 12))


class Writing(nn.Module):
    """Writes into what it was handed."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Written()

    def forward(self, x: Tensor) -> Tensor:
        x = x + 1
        self.inner(x)
        return x


class Written(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1] > 9:
            x.mul_(2)
        return x * 1


def test_what_is_written_into_for_some_sizes_is_not_read_for_all() -> None:
    module = Writing()
    try:
        imported = read_module(module, torch.rand(2, 3, 8, 8))
    except ImportRefusedError:
        return
    assert imported.report.sizes == "batch"
    agrees(module, imported, (8, 8))
