"""A person's own blocks: kept whole, read back, replaced, removed and brought back."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.graph import fragment
from studio.graph.document import Document
from studio.graph.model import Network, Node, ProjectData
from studio.project import files, library
from studio.project.library import LibraryError
from studio.words import Message


def network(type_: str, **parameters: int) -> Network:
    nodes = (
        Node("x", "input"),
        Node("a", type_, args=({"n": "x"},)),
        Node("y", "output", args=({"n": "a"},)),
    )
    return Network({node.id: node for node in nodes}, parameters)


def project(inner: str = "nn.ReLU") -> ProjectData:
    nets = {"model": Network(), "编码 Encoder": network("block:Inner", width=8), "Inner": network(inner)}
    return ProjectData("Test", nets)


def test_a_block_is_kept_with_the_blocks_inside_it() -> None:
    library.keep(project(), "编码 Encoder")
    found = library.read()
    assert list(found.blocks) == ["编码 Encoder"] and not found.faults
    assert set(found.blocks["编码 Encoder"]["networks"]) == {"编码 Encoder", "Inner"}


def test_what_is_kept_gives_the_same_block_in_another_project() -> None:
    library.keep(project(), "编码 Encoder")
    tables = library.read().blocks["编码 Encoder"]["networks"]
    other = Document()
    with other.transaction(Message("test")) as edit:
        fragment.add_networks(edit, {n: fragment.network_from_json(t) for n, t in tables.items()})
    assert (
        other.network("编码 Encoder") == files.loads(files.dumps(project()), "test").networks["编码 Encoder"]
    )


def test_another_block_of_that_name_takes_its_place_and_the_first_comes_back() -> None:
    library.keep(project(), "Inner")
    library.keep(project("nn.GELU"), "Inner")
    assert kept_type() == "nn.GELU"
    library.restore("Inner")
    assert kept_type() == "nn.ReLU"


def kept_type() -> str:
    return str(library.read().blocks["Inner"]["networks"]["Inner"]["nodes"][1]["type"])


def test_a_removed_block_can_be_brought_back() -> None:
    library.keep(project(), "Inner")
    before = [path.read_bytes() for path in library.folder().glob("*.json")]
    library.remove("Inner")
    assert not library.read().blocks
    library.restore("Inner")
    assert [path.read_bytes() for path in library.folder().glob("*.json")] == before


def test_names_that_look_alike_to_a_file_system_are_two_files() -> None:
    held = ProjectData("Test", {"model": Network(), "A/B": network("nn.ReLU"), "a b": network("nn.GELU")})
    library.keep(held, "A/B")
    library.keep(held, "a b")
    assert set(library.read().blocks) == {"A/B", "a b"}


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"format": "netloom-fragment", "version": 1, "nodes": []}', "\x00"]
)
def test_a_file_that_is_no_block_is_told_and_the_others_are_read(text: str) -> None:
    library.keep(project(), "Inner")
    broken = library.folder() / "broken.json"
    broken.write_text(text, encoding="utf-8")
    found = library.read()
    assert list(found.blocks) == ["Inner"]
    assert str(broken) in str(found.faults[0])


def test_what_cannot_be_done_is_said(own_home: Path) -> None:
    with pytest.raises(LibraryError, match="no network Gone"):
        library.keep(project(), "Gone")
    with pytest.raises(LibraryError, match="could not be changed"):
        library.remove("Inner")
    (own_home / "blocks").write_text("in the way", encoding="utf-8")
    with pytest.raises(LibraryError, match="could not be changed"):
        library.keep(project(), "Inner")
