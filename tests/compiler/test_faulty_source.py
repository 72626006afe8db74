"""Networks with problems as source: what can be written is written, and reading it back changes nothing."""

from __future__ import annotations

import pytest
from broken import ALL
from drawing import DIGITS, chain, node, project

from studio.compiler.errors import CompileError
from studio.compiler.reading.faults import ReadingError
from studio.compiler.reading.file import remarks
from studio.compiler.reading.merge import editable, merge
from studio.compiler.survey import main_network
from studio.graph.document import Change, Document
from studio.words import NetloomError


def broken_chain():
    return project(
        *chain(
            node("conv1", "nn.Conv2d", out_channels=4, kernel_size=3),
            node("conv2", "nn.Conv2d", out_channels=8, kernel_size=99),
            node("flatten1", "nn.Flatten"),
            node("fc", "nn.Linear"),
        )
    )


def changed(before, change: Change | None):
    document = Document(before)
    document.replay(change)
    return document.data()


def test_a_problem_is_a_comment_before_its_line_and_what_is_not_known_is_left_out():
    text = editable(broken_chain(), "model", DIGITS)
    lines = [line.strip() for line in text.splitlines()]
    place = lines.index("x = self.conv2(x)")
    assert lines[place - 1].startswith("# Problem: ") and "99" in lines[place - 1]
    assert "self.fc = nn.Linear()" in lines
    assert remarks(text) == []


def test_reading_back_what_was_written_of_a_broken_network_changes_nothing():
    unwritten = []
    for case in ALL:
        network = main_network(case.project)
        try:
            text = editable(case.project, network, case.context)
        except NetloomError:
            unwritten.append(case.name)
            continue
        assert merge(case.project, text, network, case.context) is None, case.name
    assert len(unwritten) < len(ALL) / 4


def test_an_edit_of_a_broken_network_is_taken_with_the_problem_it_had():
    before = broken_chain()
    text = editable(before, "model", DIGITS).replace("nn.Conv2d(1, 4,", "nn.Conv2d(1, 6,")
    after = changed(before, merge(before, text, "model", DIGITS))
    assert after.networks["model"].nodes["conv1"].params["out_channels"] == 6
    assert after.networks["model"].nodes["conv2"].params == before.networks["model"].nodes["conv2"].params


def test_a_problem_is_mended_in_the_code_although_others_come_to_light_behind_it():
    before = project(
        *chain(
            node("conv1", "nn.Conv2d", out_channels=4, kernel_size=99),
            node("conv2", "nn.Conv2d", in_channels=7, out_channels=8, kernel_size=3),
        )
    )
    text = editable(before, "model", DIGITS).replace("kernel_size=99", "kernel_size=3")
    after = changed(before, merge(before, text, "model", DIGITS))
    assert after.networks["model"].nodes["conv1"].params["kernel_size"] == 3


def test_an_edit_that_brings_a_problem_of_its_own_is_refused_at_its_line():
    before = broken_chain()
    text = editable(before, "model", DIGITS).replace("kernel_size=3", "kernel_size=77")
    with pytest.raises(ReadingError) as refused:
        merge(before, text, "model", DIGITS)
    lines = [text.splitlines()[fault.line - 1] for fault in refused.value.faults]
    assert len(lines) == 1 and "self.conv1(image)" in lines[0]


def test_a_drawing_that_no_line_can_say_is_refused():
    loose = project(
        node("x", "input", shape=["N", 1, 8, 8]), node("fc", "nn.Linear"), node("y", "output", "fc")
    )
    with pytest.raises(CompileError, match="fc needs a wire"):
        editable(loose, "model", DIGITS)
