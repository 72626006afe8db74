"""What the checks of exercises ask, on the digits network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from studio.compiler.infer import analyse
from studio.graph.document import Document
from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.insight.exercises import Exercise, Standing, Trained, setting
from studio.places import gallery
from studio.project import files
from studio.training.objectives import context_of
from studio.words import Message

DIGITS = files.load(gallery() / "digits.json")
WORDS = {"en": "Do it", "zh_CN": "做"}


def missing(
    check: Mapping[str, Any], project: ProjectData = DIGITS, trained: Trained | None = None
) -> list[str]:
    return all_missing([check], project, trained)


def all_missing(
    checks: list[Mapping[str, Any]], project: ProjectData = DIGITS, trained: Trained | None = None
) -> list[str]:
    standing = Standing(project, analyse(project, context_of(project)), DIGITS, trained)
    return [str(text) for text in Exercise(WORDS, tuple(checks)).missing(standing)]


def edited(node: str, name: str, value: Json) -> ProjectData:
    document = Document(DIGITS)
    with document.transaction(Message("Change it")) as edit:
        edit.set_param("model", node, name, value)
    return document.data()


def trained_with(**changes: Json) -> ProjectData:
    settings = {**DIGITS.settings, "training": {**DIGITS.training, **changes}}
    return replace(DIGITS, settings=settings)


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        ({"node": "nn.Conv2d"}, True),
        ({"node": "nn.Dropout"}, False),
        ({"node": ["nn.Dropout", "nn.Dropout2d"]}, False),
        ({"node": ["nn.Dropout", "nn.Conv2d"]}, True),
        ({"node": "nn.Dropout", "present": False}, True),
        ({"node": "nn.Conv2d", "present": False}, False),
        ({"node": "nn.Conv2d", "equal": 2}, True),
        ({"node": "nn.Conv2d", "at_least": 3}, False),
        ({"node": "nn.Conv2d", "at_most": 1}, False),
    ],
)
def test_nodes_are_counted(check: dict[str, Any], holds: bool) -> None:
    assert (not missing({"type": "node", **check})) is holds


def test_nodes_in_a_repeated_block_count_as_often_as_they_come() -> None:
    block = {
        "x": {"type": "input"},
        "fc": {"type": "nn.Linear", "params": {"out_features": {"p": "width"}}, "args": [{"n": "x"}]},
        "y": {"type": "output", "args": [{"n": "fc"}]},
    }
    project = _with_block(block, {"repeat": 3, "params": {"width": 64}})

    assert not missing({"type": "node", "node": "nn.Linear", "equal": 5}, project)
    wide = {"type": "parameter", "node": "nn.Linear", "parameter": "out_features", "equal": 64}
    assert not missing(wide, project)


def _with_block(nodes: dict[str, Any], use: dict[str, Any]) -> ProjectData:
    import json

    table = json.loads(files.dumps(DIGITS))
    table["networks"]["Part"] = {
        "parameters": {"width": 8},
        "nodes": [{"id": id_, **node} for id_, node in nodes.items()],
    }
    last = table["networks"]["model"]["nodes"]
    last.insert(-2, {"id": "part", "type": "block:Part", "args": [{"n": "relu3"}], **use})
    return files.loads(json.dumps(table), "made.json")


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        ({"node": "nn.Conv2d", "parameter": "kernel_size", "equal": 3}, True),
        ({"node": "nn.Conv2d", "parameter": "out_channels", "at_least": 64}, True),
        ({"node": "nn.Conv2d", "parameter": "out_channels", "at_least": 65}, False),
        ({"node": "nn.Conv2d", "parameter": "out_channels", "at_least": 64, "id": "conv1"}, False),
        ({"node": "nn.Conv2d", "parameter": "in_channels", "equal": 32, "id": "conv2"}, True),
        ({"node": "nn.Conv2d", "parameter": "stride", "equal": 1}, True),
        ({"node": "nn.Conv2d", "parameter": "stride", "not": 1}, False),
    ],
)
def test_a_parameter_is_the_written_one_or_the_one_that_follows(check: dict[str, Any], holds: bool) -> None:
    assert (not missing({"type": "parameter", **check})) is holds


def test_a_pair_of_equal_numbers_is_that_number() -> None:
    wanted = {"type": "parameter", "node": "nn.Conv2d", "id": "conv1", "parameter": "kernel_size", "equal": 5}

    assert missing(wanted, edited("conv1", "kernel_size", [5, 5])) == []
    assert missing(wanted) == ["kernel_size of nn.Conv2d is 3 and should be 5."]


def test_a_setting_left_out_has_its_default() -> None:
    assert setting(DIGITS, "training.optimizer.type") == "Adam"
    assert setting(DIGITS, "training.network") == "model"
    assert setting(DIGITS, "data.split.validation") == 0.1


def test_a_setting_may_have_to_be_another_than_it_came() -> None:
    check = {"type": "setting", "key": "training.batch_size", "changed": True}

    assert missing(check) == ["training.batch_size is still 64, as it came."]
    assert missing(check, trained_with(batch_size=16)) == []


def test_numbers_are_held_against_their_bounds() -> None:
    low = {"type": "parameters", "at_most": 10_000}
    assert "should be at most 10\u2009000" in missing(low)[0]
    assert missing({"type": "parameters", "at_least": 10_000}) == []


def test_the_shape_of_a_node_is_asked_for_with_the_batch_as_n() -> None:
    assert missing({"type": "shape", "id": "pool2", "shape": ["N", 64, 2, 2]}) == []
    assert missing({"type": "shape", "id": "pool2", "shape": ["N", 64, 4, 4]}) == [
        "The output of pool2 is N×64×2×2 and should be N×64×4×4."
    ]


def test_no_problem_may_be_left() -> None:
    assert missing({"type": "problems"}) == []
    assert missing({"type": "problems"}, edited("conv2", "kernel_size", 30))


ACCURATE = {"type": "metric", "split": "test", "metric": "accuracy", "at_least": 0.98}


def test_a_metric_is_read_off_the_last_run() -> None:
    assert missing(ACCURATE) == ["Now train (F5): the rest is read off the run."]
    assert missing(ACCURATE, trained=Trained(DIGITS, {"test": {"accuracy": 0.97}}))
    assert missing(ACCURATE, trained=Trained(DIGITS, {"test": {"accuracy": 0.99}})) == []


def test_a_metric_counts_only_of_the_network_that_was_asked_for() -> None:
    larger = {"type": "parameter", "node": "nn.Conv2d", "parameter": "kernel_size", "equal": 5}
    done = edited("conv1", "kernel_size", 5)
    good = {"test": {"accuracy": 0.99}}

    assert all_missing([larger, ACCURATE], done, Trained(DIGITS, good)) == [
        "The last run was trained before this change. Train again (F5)."
    ]
    assert all_missing([larger, ACCURATE], done, Trained(done, good)) == []
