"""Every broken network gets its problem, on its node, in words; its first cure makes it whole."""

from __future__ import annotations

import pytest
import torch
from broken import ALL, Broken
from drawing import DIGITS, chain, network, node, project
from one_step import train_a_step

from studio.compiler.analysis import Context
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
from studio.graph.document import Change, Document


def cured(before, cure):
    document = Document(before)
    document.replay(Change(cure.label, cure.operations))
    return document.data()


@pytest.mark.parametrize("broken", ALL, ids=lambda broken: broken.name)
def test_a_broken_network_is_told_what_is_wrong_and_its_first_cure_heals_it(broken: Broken):
    analysis = analyse(broken.project, broken.context)
    found = {problem.code: problem for problem in analysis.errors}
    assert broken.code in found, [f"{p.code}: {p.text}" for p in analysis.problems]
    problem = found[broken.code]
    if broken.node:
        assert problem.node == broken.node
    assert "{" not in str(problem.text) and len(str(problem.text)) > 15
    assert len(problem.cures) <= 4
    if broken.curable:
        assert problem.cures, f"{problem.text} ({problem.detail})"
    for cure in problem.cures:
        after = analyse(cured(broken.project, cure), broken.context)
        assert problem.code not in {p.code for p in after.errors if p.node == problem.node}
    if broken.curable:
        whole = cured(broken.project, problem.cures[0])
        after = analyse(whole, broken.context)
        assert not after.errors, [f"{p.code}: {p.text}" for p in after.errors]
        assert train_a_step(whole, broken.context)


def test_the_corpus_is_large_and_nearly_everything_in_it_is_curable():
    assert len(ALL) > 100
    assert len({broken.name for broken in ALL}) == len(ALL)
    assert sum(broken.curable for broken in ALL) > 0.9 * len(ALL)


def test_nodes_before_a_fault_keep_their_shapes_and_those_after_say_whom_they_wait_for():
    wrong = node("fc1", "nn.Linear", in_features=400, out_features=8)
    drawn = project(
        *chain(node("flatten1", "nn.Flatten"), wrong, node("relu1", "nn.ReLU"), node("fc", "nn.Linear"))
    )
    report = analyse(drawn, DIGITS).networks["model"].nodes
    assert [report[n].state for n in ("flatten1", "fc1", "relu1", "fc")] == [
        "ok",
        "problem",
        "waiting",
        "waiting",
    ]
    assert str(report["flatten1"].outputs[0]) == "N×64"
    assert report["fc"].waits_for == "fc1"


def test_a_recurrent_layer_that_takes_the_batch_for_the_sequence_is_a_warning_with_a_cure():
    drawn = project(
        node("series", "input", shape=["N", 20, 6]),
        node("lstm1", "nn.LSTM", "series", hidden_size=8),
        node("output", "output", "lstm1:0"),
    )
    problem = analyse(drawn).problems[0]
    assert (problem.code, problem.severity) == ("batch-as-sequence", "warning")
    assert analyse(cured(drawn, problem.cures[0])).problems == ()


def test_numbers_of_the_wrong_kind_are_converted_by_a_card_on_the_wire():
    """Written as a person would write it: `relu1.long()`."""
    layers = [node("relu1", "nn.ReLU"), node("bag", "nn.EmbeddingBag", num_embeddings=9, embedding_dim=4)]
    words = project(*chain(*layers, shape=["N", 5]))
    (problem,) = analyse(words).errors
    assert str(problem.cures[0].label) == "Convert what comes from relu1 to int64"
    whole_words = cured(words, problem.cures[0])
    assert ".long()" in source(whole_words)
    module, whole = build(whole_words), torch.tensor([[1, 2, 3, 4, 5]])
    assert torch.equal(module(whole.float()), module.bag(whole))


def test_whole_numbers_behind_a_layer_are_no_output_whatever_is_to_be_learned():
    layers = (node("conv1", "nn.Conv2d", out_channels=3, kernel_size=1), node("bend", "nn.Sigmoid"))
    drawn = project(*chain(*layers, node("whole", "Tensor.long"), shape=["N", 3, 8, 8]))
    (problem,) = analyse(drawn, Context()).errors
    assert (problem.code, problem.node) == ("dtype-mismatch", "whole")
    healed = cured(drawn, problem.cures[0])
    assert not analyse(healed, Context()).errors
    assert train_a_step(healed, Context())


def test_the_place_of_the_largest_value_may_be_an_output():
    layers = (node("conv1", "nn.Conv2d", out_channels=3, kernel_size=1), node("most", "torch.argmax"))
    drawn = project(*chain(*layers, node("whole", "Tensor.long"), shape=["N", 3, 8, 8]))
    assert "dtype-mismatch" not in {problem.code for problem in analyse(drawn, Context()).problems}


def test_an_input_that_is_no_tensor_is_told_not_raised():
    drawn = project(
        node("a", "input", shape=["N", 8]),
        node("b", "input", shape=["N", 6]),
        node("halves", "torch.chunk", "a", kwargs={"chunks": 2, "dim": 1}),
        node("pair", "op.getitem", {"n": "halves"}, {"slice": [0, 1, None]}),
        node("fc", "nn.Bilinear", "pair", "b", in1_features=3, in2_features=4, out_features=2),
        node("output", "output", "fc"),
    )
    assert [problem.node for problem in analyse(drawn).errors] == ["fc"]


def test_a_loose_card_is_a_warning_whatever_is_wrong_with_it():
    drawn = project(
        *chain(node("flatten1", "nn.Flatten"), node("fc", "nn.Linear")),
        node("loose", "nn.Conv2d", "flatten1", out_channels=4, kernel_size=3),
    )
    analysis = analyse(drawn, DIGITS)
    assert {p.code for p in analysis.problems} == {"rank-mismatch", "unused"}
    assert not analysis.errors


def test_an_unused_block_without_shapes_is_no_problem():
    block = network(
        node("x", "input"),
        node("conv", "nn.Conv2d", "x", out_channels=4, kernel_size=3),
        node("y", "output", "conv"),
    )
    drawn = project(*chain(node("flatten1", "nn.Flatten"), node("fc", "nn.Linear")), blocks={"Spare": block})
    analysis = analyse(drawn, DIGITS)
    assert analysis.problems == ()
    assert analysis.report("Spare", "conv").state == "waiting"


def test_no_message_shows_the_stand_ins_for_the_batch():
    fold = node("fold1", "nn.Fold", output_size=[8, 8], kernel_size=3)
    problem = analyse(project(*chain(fold, shape=["N", 10, 16]))).errors[0]
    assert problem.code == "other"
    assert "11" not in str(problem.text)
    assert problem.detail
