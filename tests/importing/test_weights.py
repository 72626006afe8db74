"""Weights files: what is read, what is refused, and which tensor goes where."""

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import nn

from studio.importing import weights
from studio.importing.weights import Shape, WeightsError


def small() -> nn.Module:
    return nn.Sequential(
        OrderedDict(conv=nn.Conv2d(1, 4, 3), bn=nn.BatchNorm2d(4), flat=nn.Flatten(), fc=nn.Linear(16, 3))
    )


def shapes(module: nn.Module) -> dict[str, Shape]:
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    return small().state_dict()


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy"])
def test_a_file_gives_back_the_tensors_that_were_saved(
    state: dict[str, torch.Tensor], kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "weights.bin"
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "zip")

    read = weights.read(path)

    assert {name: tuple(value.shape) for name, value in read.tensors.items()} == shapes(small())
    assert all(torch.equal(read.tensors[name], state[name]) for name in state)
    assert read.ordered == (kind != "safetensors")


def test_the_weights_in_a_checkpoint_are_found(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save({"epoch": 3, "optimizer": {"lr": 0.1}, "state_dict": state}, tmp_path / "c.pt")

    assert set(weights.read(tmp_path / "c.pt").tensors) == set(state)


class Bomb:
    """Would make a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return (Path.touch, (self.path,))


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    torch.save({"w": torch.zeros(2), "x": Bomb(mark)}, tmp_path / "zip.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Bomb(mark)))
    torch.save(small(), tmp_path / "module.pt")

    for name in ("zip.pt", "plain.pt", "module.pt"):
        with pytest.raises(WeightsError, match=r"would run code, so it is not loaded\. Ask") as refusal:
            weights.read(tmp_path / name)
        assert name in str(refusal.value)
    assert not mark.exists()


def test_a_torchscript_program_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "s.pt", "w") as file:
        file.writestr("s/constants.pkl", b"\x80\x02).")
        file.writestr("s/code/__torch__.py", "raise SystemExit")
        file.writestr("s/version", "3")

    with pytest.raises(WeightsError, match=r"TorchScript program: loading it would run code"):
        weights.read(tmp_path / "s.pt")


@given(
    cut=st.integers(0, 3000), flips=st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 255)), max_size=4)
)
def test_a_broken_file_is_told_in_words(cut: int, flips: list[tuple[int, int]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.pt"
        torch.save({"a": torch.arange(5)}, path)
        content = bytearray(path.read_bytes())
        for place, flip in flips:
            content[place % len(content)] ^= flip
        path.write_bytes(bytes(content[:cut]))
        try:
            assert set(weights.read(path).tensors)
        except WeightsError as error:
            assert "w.pt" in str(error)


def test_a_file_without_tensors_and_one_that_is_not_there_say_so(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "empty.pt")

    with pytest.raises(WeightsError, match=r"holds no tensors by name"):
        weights.read(tmp_path / "empty.pt")
    with pytest.raises(WeightsError, match=r"could not be read: No such file"):
        weights.read(tmp_path / "none.pt")


def test_equal_names_and_shapes_match_completely() -> None:
    match = weights.match(shapes(small()), shapes(small()))

    assert match.complete
    assert dict(match.pairs) == {name: name for name in shapes(small())}
    assert (match.renamed, match.surplus) == (None, ())


@pytest.mark.parametrize("prefix", ["module.", "model.", "module.model.", "_orig_mod."])
def test_a_common_prefix_is_taken_away_or_put_before_and_said(prefix: str) -> None:
    known = shapes(small())
    longer = {prefix + name: shape for name, shape in known.items()}

    taken, put = weights.match(longer, known), weights.match(known, longer)

    assert taken.complete
    assert put.complete
    assert str(taken.renamed) == f"The file's names begin with “{prefix}”, which was taken away."
    assert str(put.renamed) == f"“{prefix}” was put before the file's names."


def test_missing_surplus_and_misshaped_tensors_are_told_apart() -> None:
    wanted = shapes(small())
    found = {**wanted, "fc.weight": (10, 16), "head.bias": (5,)}
    del found["conv.bias"], found["bn.num_batches_tracked"]

    match = weights.match(found, wanted)

    assert match.missing == ("conv.bias",)
    assert match.surplus == ("head.bias",)
    assert match.misshaped == (weights.Misshaped("fc.weight", (10, 16), (3, 16)),)
    assert not match.complete
    assert [str(line) for line in match.lines()] == [
        "Tensors that match by name and shape: 6.",
        "Not in the file, so they start fresh (1): conv.bias.",
        "Of another shape in the file, so they start fresh (1): fc.weight (10×16 → 3×16).",
        "In the file and not used (1): head.bias.",
    ]


def test_other_names_match_by_shape_only_where_there_is_one_way() -> None:
    wanted = {"a.weight": (4, 3), "a.bias": (4,), "b.weight": (2, 4), "b.bias": (2,)}
    renamed = {"1.weight": (2, 4), "1.bias": (2,), "0.weight": (4, 3), "0.bias": (4,)}

    match = weights.match(renamed, wanted)

    assert match.complete
    assert match.pairs["a.weight"] == "0.weight"
    assert "by their shapes" in str(match.renamed)

    twins = {"a.weight": (4, 4), "b.weight": (4, 4)}
    unknown = weights.match({"0.weight": (4, 4), "1.weight": (4, 4)}, twins)
    assert not unknown.pairs

    in_order = weights.match({"0.weight": (4, 4), "1.weight": (4, 4)}, twins, ordered=True)
    assert dict(in_order.pairs) == {"a.weight": "0.weight", "b.weight": "1.weight"}
    assert "in their order" in str(in_order.renamed)


_SHAPES = st.dictionaries(
    st.sampled_from(["a.weight", "a.bias", "b.weight", "m.a.weight", "m.b.weight", "c"]),
    st.sampled_from([(), (2,), (2, 3)]),
)


@given(found=_SHAPES, wanted=_SHAPES, ordered=st.booleans())
def test_every_tensor_is_accounted_for_once(
    found: dict[str, Shape], wanted: dict[str, Shape], ordered: bool
) -> None:
    match = weights.match(found, wanted, ordered)

    assert all(found[other] == wanted[name] for name, other in match.pairs.items())
    assert len(set(match.pairs.values())) == len(match.pairs)
    ours = [*match.pairs, *match.missing, *(m.name for m in match.misshaped)]
    assert sorted(ours) == sorted(wanted)
    assert not set(match.surplus) & set(match.pairs.values())
    assert set(match.surplus) <= set(found)
