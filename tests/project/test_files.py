"""A project file is written one way only, and read strictly, with words for everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.graph import validate
from studio.graph.model import Network, Node, ProjectData
from studio.project import files
from studio.project.files import ProjectError
from studio.words import NetloomError

VERSIONS = sorted((Path(__file__).parent / "versions").glob("*.json"))
GOLDEN = Path(__file__).parent / "versions" / "1.json"


def project(**sections: object) -> str:
    return json.dumps({"format": "netloom-project", "version": 1, "networks": {}} | sections)


def with_node(**node: object) -> str:
    return project(networks={"model": {"nodes": [{"id": "a", "type": "nn.ReLU"}, node]}})


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.stem)
def test_every_version_ever_written_is_read_as_the_newest(file: Path) -> None:
    assert files.load(file).version == 1


def test_what_is_written_is_what_was_read_unknown_keys_and_types_too() -> None:
    assert files.dumps(files.load(GOLDEN)) == GOLDEN.read_text(encoding="utf-8")


def test_a_node_is_one_line_and_chinese_is_not_escaped() -> None:
    lines = GOLDEN.read_text(encoding="utf-8").splitlines()
    assert sum('"id":' in line for line in lines) == 12
    assert any("是" in line for line in lines)
    assert files.dumps(files.load(GOLDEN)).endswith("}\n")


def test_the_order_of_keys_in_memory_does_not_show() -> None:
    one = ProjectData(
        "P", {"model": Network({"a": Node("a", "x", {"b": 1, "a": 2})})}, {"training": {}, "data": {}}
    )
    two = ProjectData(
        "P", {"model": Network({"a": Node("a", "x", {"a": 2, "b": 1})})}, {"data": {}, "training": {}}
    )
    assert files.dumps(one) == files.dumps(two)


def test_what_json_lacks_is_written_in_its_form() -> None:
    written = files.dumps(
        ProjectData(
            "half \ud800", {"model": Network({"a": Node("a", "x", {"p": float("inf"), "q": (1, 2)})})}
        )
    )
    node = files.loads(written, "x").networks["model"].nodes["a"]
    assert node.params == {"p": {"f": "inf"}, "q": [1, 2]}
    assert files.loads(written, "x").name == "half \ufffd"


def test_structural_faults_do_not_keep_a_file_from_opening() -> None:
    text = project(
        networks={
            "model": {
                "nodes": [
                    {"id": "a", "type": "nn.ReLU", "args": [{"n": "b"}]},
                    {"id": "b", "type": "acme.Unheard", "args": [{"n": "a"}, {"n": "ghost"}]},
                    {
                        "id": "big",
                        "type": "nn.Linear",
                        "params": {"in_features": 10**6, "out_features": 10**6},
                    },
                ]
            }
        }
    )
    found = files.loads(text, "odd.json")
    assert {fault.code for fault in validate.faults(found)} == {"circle", "missing-node", "unknown-type"}
    assert files.loads(files.dumps(found), "again.json") == found


def test_training_settings_are_written_from_what_is_learned_to_where() -> None:
    keys = ["objective", "loss", "optimizer", "network", "epochs", "batch_size", "seed", "threads", "device"]
    written = files.dumps(ProjectData(settings={"training": dict.fromkeys(sorted(keys), 1)}))
    assert list(json.loads(written)["training"]) == keys


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_bytes(b"\xef\xbb\xbf" + project(name="Marked").encode())
    assert files.load(file).name == "Marked"


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"", None, "empty"),
        (b" \n\t", None, "empty"),
        (GOLDEN.read_bytes()[:900], "line 19, column 7", "ends too early"),
        (b'{"format": "netloom-project', "line 1, column 12", "ends too early"),
        (b"<html>", "line 1, column 1", "not JSON"),
        (b'{"a": 1,}', "line 1", "not JSON"),
        (b'{\n "a": 1,\n "a": 2}', "line 3, column 2", "twice"),
        (b'{"a": [NaN]}', "line 1, column 8", "NaN is no number"),
        (b'{"a": -Infinity}', "line 1, column 7", "-Infinity is no number"),
        (b'{"a": 1e999}', "line 1, column 7", "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "line 1, column 7", "too large"),
        (b'{"a": "\\ud83d"}', "line 1, column 7", "half a character"),
        (b'{"a": "\xff"}', "line 1, column 8", "UTF-8"),
        (b'{"a":' + b"[" * 150 + b"]" * 150 + b"}", "line 1, column 105", "nested too deeply"),
        (b"[" * 200_000, "line 1, column 101", "nested too deeply"),
        (b"[]", None, "no Netloom project"),
        (b'{"nodes": []}', None, "no Netloom project"),
        (b'{"format": "netloom-project", "networks": {}}', "version", "whole number"),
        (b'{"format": "netloom-project", "version": true}', "version", "whole number"),
        (b'{"format": "netloom-project", "version": 1}', "networks", "missing"),
        (project(name=5).encode(), "name", "text"),
        (project(networks=[]).encode(), "networks", "object"),
        (project(data=[]).encode(), "data", "object"),
        (project(networks={"": {}}).encode(), "networks", "text"),
        (project(networks={"model": {"nodes": {}}}).encode(), "networks.model.nodes", "list"),
        (project(networks={"model": {"nodes": [5]}}).encode(), "networks.model.nodes[0]", "object"),
        (with_node(type="x").encode(), "networks.model.nodes[1].id", "missing"),
        (with_node(id="", type="x").encode(), "networks.model.nodes[1].id", "text"),
        (with_node(id="a", type="x").encode(), "networks.model.nodes[1].id", "twice"),
        (with_node(id="b", type="x", params=[]).encode(), "networks.model.nodes[1].params", "object"),
        (with_node(id="b", type="x", args={}).encode(), "networks.model.nodes[1].args", "list"),
        (with_node(id="b", type="x", at=[0]).encode(), "networks.model.nodes[1].at", "Two whole numbers"),
        (with_node(id="b", type="x", at=[0, 0.5]).encode(), "networks.model.nodes[1].at[1]", "whole number"),
        (
            with_node(id="b", type="x", at=[0, 10**30]).encode(),
            "networks.model.nodes[1].at[1]",
            "lies between",
        ),
        (
            with_node(id="b", type="x", at=["0", True]).encode(),
            "networks.model.nodes[1].at[0]",
            "whole number",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_place_and_cure(
    tmp_path: Path, content: bytes, place: str | None, words: str
) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(content)

    with pytest.raises(ProjectError) as caught:
        files.load(file)

    said = str(caught.value)
    assert said.startswith("broken.json")
    assert words in said
    assert (caught.value.place is None) == (place is None)
    if place is not None:
        assert place in said
    assert file.read_bytes() == content


def test_a_file_that_is_too_large_is_not_even_parsed(tmp_path: Path) -> None:
    file = tmp_path / "huge.json"
    with file.open("wb") as opened:
        opened.truncate(70 * 2**20)
    with pytest.raises(ProjectError, match="larger than 64 MB"):
        files.load(file)


def test_missing_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="There is no file"):
        files.load(tmp_path / "no.json")
    with pytest.raises(ProjectError, match="is a folder"):
        files.load(tmp_path)


def test_a_newer_file_is_opened_for_reading_only_and_never_written(tmp_path: Path) -> None:
    newer = GOLDEN.read_text(encoding="utf-8").replace('"version": 1', '"version": 7')
    file = tmp_path / "newer.json"
    file.write_text(newer, encoding="utf-8")

    opened = files.open_project(file)

    assert opened.project.name == "Digits"
    assert opened.read_only is not None
    assert "newer Netloom (format 7; this one knows 1)" in str(opened.read_only)
    assert str(opened.read_only).startswith("newer.json: ")
    for target in (file, tmp_path / "other.json"):
        with pytest.raises(ProjectError, match="newer Netloom"):
            files.save(target, opened.project)
    assert file.read_text(encoding="utf-8") == newer
    assert not (tmp_path / "other.json").exists()


def test_a_newer_file_of_another_shape_says_to_update(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="Update Netloom"):
        files.loads(project(version=2, networks=[]), "newer.json")


def test_this_version_has_nothing_to_hinder_saving() -> None:
    assert files.open_project(GOLDEN).read_only is None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_in_words_or_read_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(GOLDEN.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        found = files.loads_bytes(bytes(content), "damaged.json")
    except NetloomError as error:
        assert str(error).startswith("damaged.json")
    else:
        assert files.loads(files.dumps(found), "again.json") == found
        validate.faults(found)
