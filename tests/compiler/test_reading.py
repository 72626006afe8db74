"""Written Python comes back: what was not touched stays, what was is taken over, the rest is refused."""

from __future__ import annotations

import ast
import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch
from drawing import DIGITS, chain, network, node, project
from growing import projects
from handwritten import PAIRS, Pair
from hypothesis import HealthCheck, Phase, given, settings
from torch import Tensor, nn

from studio.catalog import signatures, table
from studio.compiler.analysis import Context
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.reading.faults import ReadingError
from studio.compiler.reading.file import remarks
from studio.compiler.reading.fresh import project_of
from studio.compiler.reading.merge import merge
from studio.compiler.reading.operators import PLAIN, TENSORS, in_their_places
from studio.compiler.source import source
from studio.compiler.survey import Step, Survey, survey
from studio.graph.document import Document
from studio.graph.model import INPUT, OUTPUT, Network, Node, ProjectData
from studio.graph.operations import same
from studio.graph.values import is_reference
from studio.project import files

SETTINGS = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


def reformatted(text: str) -> str:
    """The same program, without its comments and with other line breaks and quotes."""
    return ast.unparse(ast.parse(text))


def executed(text: str) -> nn.Module:
    """The module of a source, in training mode, with weights from seed 5."""
    names: dict[str, Any] = {"__name__": "written"}
    exec(compile(text, "written.py", "exec"), names)
    torch.manual_seed(5)
    made: nn.Module = names["Model"]()
    return made


def outputs(module: nn.Module, drawn: ProjectData) -> list[Tensor]:
    """What a module gives for an input of the network's shape, under a fixed seed."""
    torch.manual_seed(7)
    given = [
        torch.rand([3 if length == "N" else length for length in n.params["shape"]])
        for n in drawn.networks["model"].of_type(INPUT)
    ]
    result = module(*given)
    return [result] if isinstance(result, Tensor) else list(result)


# -- nothing changes where nothing was edited --------------------------------------------------------


@SETTINGS
@given(projects())
def test_graph_to_code_to_graph_is_the_identity(drawn: ProjectData):
    assert merge(drawn, reformatted(source(drawn))) is None


@SETTINGS
@given(projects())
def test_a_source_alone_gives_the_same_graph_and_so_the_same_source(drawn: ProjectData):
    text = source(drawn)
    read = project_of(text, drawn.name)
    assert source(read) == text
    assert meaning(read) == meaning(drawn)


@SETTINGS
@given(projects())
def test_the_built_module_equals_the_executed_source(drawn: ProjectData):
    built, written = build(drawn, seed=5), executed(source(drawn))
    assert list(built.state_dict()) == list(written.state_dict())
    for one, other in zip(built.state_dict().values(), written.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    try:
        expected = outputs(built, drawn)
    except (RuntimeError, IndexError, TypeError) as error:  # what only real values show, such as their type
        with pytest.raises(type(error)):
            outputs(written, drawn)
        return
    for one, other in zip(expected, outputs(written, drawn), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)


@SETTINGS
@given(projects())
def test_json_to_project_to_json_is_the_identity(drawn: ProjectData):
    text = files.dumps(drawn)
    assert files.loads(text, "grown.json") == drawn
    assert files.dumps(files.loads(text, "grown.json")) == text
    assert json.loads(text)["networks"].keys() == drawn.networks.keys()


def meaning(drawn: ProjectData) -> list[Any]:
    """What each output comes from: types, paths, arguments as PyTorch has them; no names, no places.

    Numbers that are `auto` are put in, defaults are left out.
    """
    walk = survey(drawn, Context()).uses["model"][0]
    return [_meaning(walk, walk.steps[n.id]) for n in walk.network.of_type(OUTPUT)]


TWINS = {PLAIN[sign]: TENSORS[sign] for sign in TENSORS if sign in PLAIN}
"""one sign of Python stands for both"""


def _meaning(walk: Survey, step: Step) -> Any:
    entry = table.entry(step.node.type)
    args, kwargs = list(step.args), dict(step.kwargs)
    if entry is not None and entry.kind == "function":
        args, kwargs = in_their_places(entry, args, kwargs)

    def told(value: Any) -> Any:
        if is_reference(value):
            return (_meaning(walk, walk.steps[value["n"]]), value.get("i"))
        if isinstance(value, dict):
            return {key: told(item) for key, item in value.items()}
        return [told(item) for item in value] if isinstance(value, list | tuple) else value

    defaults = {p.name: p.default for p in signatures.parameters(step.node.type) if not p.required}
    params = {
        k: v for k, v in step.params.items() if step.nested or k not in defaults or not same(v, defaults[k])
    }
    kwargs = {k: v for k, v in kwargs.items() if k not in defaults or not same(v, defaults[k])}
    own = step.module_path if step.nested or (entry and entry.kind in ("module", "structural")) else ""
    inside = (
        [_meaning(step.nested, step.nested.steps[n.id]) for n in step.nested.network.of_type(OUTPUT)]
        if step.nested
        else None
    )
    if step.node.type == INPUT:
        return (INPUT, step.node.id)
    if step.node.type == OUTPUT:
        return told(step.args[0])
    return (
        TWINS.get(step.node.type, step.node.type),
        own,
        step.times,
        sorted(params.items()),
        told(args),
        [(k, told(v)) for k, v in kwargs.items()],
        inside,
    )


SIGNS = [f"torch.{name}" for name in ("add", "sub", "mul", "div", "floor_divide", "remainder")]
SIGNS += [f"op.{name}" for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "eq", "lt")]


@pytest.mark.parametrize("args", [({"n": "x"}, {"n": "x"}), ({"n": "x"}, 2)], ids=["x", "2"])
@pytest.mark.parametrize("type_", [*SIGNS, "torch.neg", "op.neg"])
def test_what_is_written_as_a_sign_comes_back_as_what_it_was(type_: str, args: tuple[Any, ...]):
    given = {"x": Node("x", INPUT, {"shape": ["N", 4]})}
    node = Node("y", type_, args=args if "neg" not in type_ else args[:1])
    end = Node("end", OUTPUT, args=({"n": "y"},))
    drawn = ProjectData("Sign", {"model": Network({**given, "y": node, "end": end})})
    read = project_of(source(drawn), "Sign")
    assert meaning(read) == meaning(drawn)
    assert merge(drawn, source(drawn)) is None


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_what_people_write_comes_back(pair: Pair):
    drawn = pair.drawn()
    text = source(drawn)
    assert merge(drawn, reformatted(text)) is None
    assert source(project_of(text, drawn.name)) == text


# -- an edit -----------------------------------------------------------------------------------------


def digits() -> ProjectData:
    drawn = chain(
        node("conv1", "nn.Conv2d", out_channels=32, kernel_size=3, padding=1),
        node("relu1", "nn.ReLU"),
        node("flat", "torch.flatten", kwargs={"start_dim": 1}),
        node("fc1", "nn.Linear", out_features=128),
        node("relu2", "nn.ReLU"),
        node("fc2", "nn.Linear"),
    )
    placed = [replace(n, at=(0, 96 * i)) for i, n in enumerate(drawn)]
    loose = replace(node("spare", "nn.Tanh"), at=(400, 0))
    return project(*placed, loose, data={"source": "digits"})


def edited(
    drawn: ProjectData, *replacements: tuple[str, str], context: Context = DIGITS
) -> tuple[ProjectData, Document]:
    """The project after its source was edited and read back, and the document that took the change."""
    text = source(drawn, context=context)
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    document = Document(drawn)
    change = merge(drawn, text, context=context, ranks=document.ranks())
    assert change is not None
    document.replay(change)
    after = document.data()
    assert not analyse(after, context).errors
    assert merge(after, text, context=context) is None
    document.replay(change.inverse())
    assert document.data() == drawn
    document.replay(change)
    return after, document


def kept(before: ProjectData, after: ProjectData) -> set[str]:
    """The nodes that are as they were, places and all."""
    old, new = before.networks["model"].nodes, after.networks["model"].nodes
    return {id_ for id_ in old if new.get(id_) == old[id_]}


def test_a_changed_number_changes_one_argument_and_sizes_that_follow_stay_automatic():
    drawn = digits()
    after, _ = edited(drawn, ("nn.Linear(2048, 128)", "nn.Linear(2048, 200)"), ("(128, 10)", "(200, 10)"))
    assert after.networks["model"].nodes["fc1"].params == {"out_features": 200}
    assert kept(drawn, after) == set(drawn.networks["model"].nodes) - {"fc1"}
    assert after.settings == drawn.settings


def test_a_renamed_layer_is_the_same_layer():
    drawn = digits()
    after, _ = edited(drawn, ("conv1", "stem"))
    assert after.networks["model"].nodes["stem"] == replace(drawn.networks["model"].nodes["conv1"], id="stem")
    assert "conv1" not in after.networks["model"].nodes


def test_a_layer_of_another_type_stays_in_its_place():
    drawn = digits()
    after, _ = edited(drawn, ("self.relu1 = nn.ReLU()", "self.relu1 = nn.LeakyReLU(0.2)"))
    relu = after.networks["model"].nodes["relu1"]
    assert (relu.type, relu.params, relu.at) == ("nn.LeakyReLU", {"negative_slope": 0.2}, (0, 192))


def test_a_new_layer_comes_into_its_chain_and_what_follows_makes_room():
    drawn = digits()
    after, _ = edited(
        drawn,
        ("        self.fc2 =", "        self.drop = nn.Dropout(0.25)\n        self.fc2 ="),
        ("        x = self.relu2(x)\n", "        x = self.drop(self.relu2(x))\n"),
    )
    nodes = after.networks["model"].nodes
    assert (nodes["drop"].type, nodes["drop"].params) == ("nn.Dropout", {"p": 0.25})
    assert nodes["fc2"].args == ({"n": "drop"},)
    assert [nodes[id_].at for id_ in ("relu2", "drop", "fc2")] == [(0, 480), (0, 576), (0, 672)]
    assert max(Counter(n.at for n in nodes.values()).values()) == 1
    assert kept(drawn, after) == set(drawn.networks["model"].nodes) - {"fc2", "output"}


def test_what_no_line_says_any_more_is_removed_and_loose_cards_stay():
    drawn = digits()
    after, _ = edited(drawn, ("        x = self.relu1(x)\n", ""), ("        self.relu1 = nn.ReLU()\n", ""))
    assert "relu1" not in after.networks["model"].nodes
    assert after.networks["model"].nodes["spare"] == drawn.networks["model"].nodes["spare"]
    assert after.networks["model"].nodes["flat"].args == ({"n": "conv1"},)


def test_a_loose_card_is_taken_where_its_name_is_used():
    drawn = digits()
    after, _ = edited(
        drawn,
        ("        self.fc2 =", "        self.spare = nn.Tanh()\n        self.fc2 ="),
        ("x = self.fc2(x)", "x = self.fc2(self.spare(x))"),
    )
    assert after.networks["model"].nodes["spare"].at == (400, 0)


def test_functions_operators_and_methods_become_nodes():
    drawn = digits()
    after, _ = edited(
        drawn,
        ("        x = self.relu2(x)\n", "        x = 2 * F.gelu(x).clamp(0, 6) + x ** 2\n"),
        ("        self.relu2 = nn.ReLU()\n", ""),
        ("import torch\n", "import torch\nimport torch.nn.functional as F\n"),
    )
    types = Counter(n.type for n in after.networks["model"].nodes.values())
    assert types["F.gelu"] == types["torch.mul"] == types["torch.add"] == types["op.pow"] == 1


def test_a_new_class_becomes_a_block():
    drawn = digits()
    block = (
        "class Half(nn.Module):\n    def __init__(self, size: int):\n        super().__init__()\n"
        "        self.fc = nn.Linear(size, size // 2)\n"
        "    def forward(self, value):\n        return self.fc(value).relu()\n\n\nclass Model"
    )
    after, _ = edited(
        drawn,
        ("class Model", block),
        ("        self.relu2 = nn.ReLU()", "        self.halve = Half(128)"),
        ("self.relu2(x)", "self.halve(x)"),
        ("nn.Linear(128, 10)", "nn.Linear(64, 10)"),
    )
    assert after.networks["model"].nodes["halve"].type == "block:Half"
    assert after.networks["Half"].parameters == {"size": 128}
    assert [n.type for n in after.networks["Half"].nodes.values()][1:3] == ["nn.Linear", "Tensor.relu"]


def test_inputs_keep_the_order_of_the_arguments():
    drawn = project(
        node("a", "input", shape=["N", 4]),
        node("b", "input", shape=["N", 4]),
        node("sub", "torch.sub", "a", "b"),
        node("y", "output", "sub"),
    )
    after, _ = edited(
        drawn,
        ("a: Tensor, b: Tensor", "b: Tensor, a: Tensor"),
        ("a (N, 4), b", "b (N, 4), a"),
        context=Context(),
    )
    assert [n.id for n in after.networks["model"].of_type(INPUT)] == ["b", "a"]


# -- refusals ----------------------------------------------------------------------------------------

REFUSALS = {
    "x = self.relu2(x)|if x.sum() > 0:\n            x = self.relu2(x)": "A network has no if",
    "kernel_size=3|kernel=3": "Conv2d has no argument kernel",
    "nn.Conv2d(1,|nn.Conv2d(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,": "Conv2d takes",
    "nn.ReLU()|make_relu()": "make_relu() is nothing that a network can hold",
    "nn.ReLU()|nn.Relu()": "nn.Relu is no layer known here",
    "self.relu2(x)|self.relu3(x)": "self.relu3 is no layer that __init__ has made",
    "x = self.relu2(x)|x = x.numpy()": "numpy is no method known here",
    "x = self.relu2(x)|x = torch.load('x.pt')": "torch.load is no function known here",
    "x = self.relu2(x)|y = self.relu2(x)\n        open('x')": "open('x') is nothing that can be drawn",
    "import torch\n|import torch\nimport os\nos.remove('x')\n": "os.remove('x') is no part of a network",
    "class Model(nn.Module)|class Model(Base)": "is no plain subclass of nn.Module",
    "return x|return": "is nothing that can be drawn",
    "def forward|def backward": "no backward",
    "    return x|": "forward returns nothing",
    "nn.Linear(128, 10)|nn.Linear(99, 10)": "fc2 expects 99 features but receives 128",
    "super().__init__()|super().__init__()\n        self.n = open('x').read()": "nothing that a network can",
    "class Model|class Model:\n": "This is not Python",
}


@pytest.mark.parametrize("replacement", REFUSALS)
def test_what_a_network_cannot_hold_is_refused_with_line_and_reason(replacement: str):
    drawn = digits()
    old, _, new = replacement.partition("|")
    text = source(drawn, context=DIGITS)
    assert old in text
    with pytest.raises(ReadingError) as refused:
        merge(drawn, text.replace(old, new), context=DIGITS)
    fault = next(fault for fault in refused.value.faults if REFUSALS[replacement] in str(fault.text))
    assert 1 <= fault.line <= len(text.splitlines()) + 2


def test_every_line_that_cannot_be_read_is_told_once():
    text = (
        source(digits(), context=DIGITS)
        .replace("nn.Conv2d(1, 32", "conv(1, 32")
        .replace("x, start", "x, y, start")
    )
    with pytest.raises(ReadingError) as refused:
        merge(digits(), text, context=DIGITS)
    lines = text.splitlines()
    told = [lines[fault.line - 1].strip().split(" ")[0] for fault in refused.value.faults]
    assert told == ["self.conv1"]  # what follows from it is no fault of its own


def test_comments_that_a_network_has_no_place_for_are_counted():
    text = source(digits(), context=DIGITS)
    assert remarks(text) == []
    assert remarks(text.replace("self.relu2(x)", "self.relu2(x)  # why not")) == ["# why not"]


def test_reading_runs_nothing(tmp_path):
    trace = tmp_path / "trace"
    text = source(digits(), context=DIGITS) + f"\nopen({str(trace)!r}, 'w').write('ran')\n"
    with pytest.raises(ReadingError):
        merge(digits(), text, context=DIGITS)
    assert not trace.exists()


def test_a_removed_class_takes_its_network_along_unless_another_uses_it():
    block = network(*chain(node("fc", "nn.Linear", out_features=4)))
    drawn = project(*chain(node("one", "block:Four"), shape=["N", 4]), blocks={"Four": block})
    text = source(drawn)
    start, end = text.index("class Four"), text.index("class Model")
    text = (text[:start] + text[end:]).replace("Four()", "nn.Linear(4, 4)")
    change = merge(drawn, text)
    document = Document(drawn)
    document.replay(change)
    assert list(document.data().networks) == ["model"]


def test_classes_that_are_removed_together_are_all_gone_though_one_used_the_other():
    four = network(*chain(node("fc", "nn.Linear", out_features=4)))
    names = ["Four", *(f"Around{number}" for number in range(4))]
    around = [network(*chain(node("one", f"block:{name}"))) for name in names[:-1]]
    blocks = dict(zip(names, [four, *around], strict=True))
    drawn = project(*chain(node("one", f"block:{names[-1]}"), shape=["N", 4]), blocks=blocks)
    text = source(drawn)
    start, end = text.index("class Four"), text.index("class Model")
    text = (text[:start] + text[end:]).replace(f"{names[-1]}()", "nn.Linear(4, 4)")
    change = merge(drawn, text)
    document = Document(drawn)
    document.replay(change)
    assert list(document.data().networks) == ["model"]


def test_a_method_of_one_of_two_tensors_is_read_back() -> None:
    longer = {"expr": ">", "of": [{"size": [{"n": "x"}, 0]}, 4]}
    nodes = [
        Node("x", "input", {"shape": ["N", 8]}),
        Node("relu", "torch.relu", args=({"n": "x"},)),
        Node("view", "Tensor.view", args=({"if": [longer, {"n": "relu"}, {"n": "x"}]}, [-1, 2, 4])),
        Node("output", "output", args=({"n": "view"},)),
    ]
    whole = ProjectData("t", {"model": Network({node.id: node for node in nodes})})
    read = project_of(source(whole))
    (view,) = (node for node in read.networks["model"].nodes.values() if node.type == "Tensor.view")
    assert isinstance(view.args[0], dict) and view.args[0]["if"][0] == longer
    assert view.args[1:] == nodes[2].args[1:]
