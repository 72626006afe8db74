"""Whatever is done to a document can be undone, byte for byte, in any order of doing and undoing."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studio.graph import blocks, dissolving, fragment, parameters
from studio.graph.document import Change, Document, EditError
from studio.graph.edit import Edit
from studio.graph.model import Arguments, Network, Node, ProjectData
from studio.graph.operations import MISSING
from studio.project import canonical, files, records
from studio.words import Message

IDS = st.sampled_from(["a", "b", "c", "d", "e", "conv1", "layer1.0.conv1"])
NETWORKS = st.sampled_from(["model", "Block", "Other"])
NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.sampled_from([0.0, -0.0, 1.0, 0.5, float("inf"), True, False, None, "same", "é\ud83d"]),
)
VALUES = st.recursive(
    st.one_of(
        NUMBERS,
        st.builds(lambda n: {"n": n}, IDS),
        st.builds(lambda n, i: {"n": n, "i": i}, IDS, st.integers(0, 2)),
        st.just({"p": "channels"}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.builds(lambda v: {"t": v}, st.lists(inner, max_size=2)),
        st.builds(lambda v: {"d": v}, st.dictionaries(st.sampled_from("nxyz"), inner, max_size=3)),
        st.builds(lambda a, b: {"expr": "+", "of": [a, b]}, inner, inner),
        st.dictionaries(st.sampled_from(["n", "d", "odd"]), inner, max_size=2),
    ),
    max_leaves=4,
)
TABLES = st.dictionaries(st.sampled_from(["dim", "mask", "other"]), VALUES, max_size=2)
PLACES = st.tuples(st.integers(-500, 500), st.integers(-500, 500))
NODES = st.builds(
    Node,
    id=IDS,
    type=st.sampled_from(["nn.ReLU", "input", "torch.cat", "block:Block", "block:Other", "nn.Unheard"]),
    params=st.dictionaries(st.sampled_from(["channels", "bias"]), NUMBERS, max_size=2),
    args=st.lists(VALUES, max_size=3).map(tuple),
    kwargs=TABLES,
    at=PLACES,
    path=st.sampled_from([None, "shared"]),
    extra=TABLES,
)
SLOTS = st.sampled_from(
    [("args", 0), ("args", 1), ("args", 0, 1), ("kwargs", "mask"), ("kwargs", "other", 0)]
)
SETTINGS = st.sampled_from(
    [("name",), ("data", "source"), ("training", "optimizer", "lr"), ("training", "optimizer"), ("extra",)]
)


def some_network(edit: Edit, draw: st.DataObject) -> str:
    return draw.draw(st.sampled_from(edit.document.network_names()))


def some_node(edit: Edit, draw: st.DataObject) -> tuple[str, str]:
    """A network and, where it has any, one of its nodes."""
    network = some_network(edit, draw)
    return network, draw.draw(st.sampled_from(sorted(edit.document.nodes(network)) or ["none"]))


def add(edit: Edit, draw: st.DataObject) -> None:
    edit.add_node(some_network(edit, draw), draw.draw(NODES))


def remove(edit: Edit, draw: st.DataObject) -> None:
    network = some_network(edit, draw)
    present = sorted(edit.document.nodes(network))
    chosen = draw.draw(st.lists(st.sampled_from(present), unique=True, max_size=3)) if present else []
    edit.remove_nodes(network, chosen, heal=draw.draw(st.booleans()))


def rename(edit: Edit, draw: st.DataObject) -> None:
    edit.rename_node(*some_node(edit, draw), draw.draw(IDS))


def wire(edit: Edit, draw: st.DataObject) -> None:
    network, target = some_node(edit, draw)
    edit.connect(network, draw.draw(IDS), target, draw.draw(SLOTS), draw.draw(st.sampled_from([None, 1])))


def cut(edit: Edit, draw: st.DataObject) -> None:
    edit.disconnect(*some_node(edit, draw), draw.draw(SLOTS))


def call(edit: Edit, draw: st.DataObject) -> None:
    args = tuple(draw.draw(st.lists(VALUES, max_size=3)))
    edit.set_arguments(*some_node(edit, draw), Arguments(args, draw.draw(TABLES)))


def parameter(edit: Edit, draw: st.DataObject) -> None:
    value = draw.draw(st.one_of(NUMBERS, st.just(MISSING)))
    edit.set_param(*some_node(edit, draw), draw.draw(st.sampled_from(["channels", "bias"])), value)


def attribute(edit: Edit, draw: st.DataObject) -> None:
    network, node = some_node(edit, draw)
    edit.move(network, node, draw.draw(PLACES))
    edit.set_type(network, node, draw.draw(st.sampled_from(["nn.GELU", "block:Other"])))
    edit.set_extra(network, node, "note", draw.draw(st.one_of(NUMBERS, st.just(MISSING))))


def networks(edit: Edit, draw: st.DataObject) -> None:
    name, other = draw.draw(NETWORKS), draw.draw(NETWORKS)
    present = edit.document.network_names()
    if name not in present:
        nodes = {node.id: node for node in draw.draw(st.lists(NODES, max_size=2))}
        edit.add_network(name, Network(nodes, {"channels": 3}))
        return
    match draw.draw(st.sampled_from(["rename", "remove", "parameter"])):
        case "rename":
            edit.rename_network(name, other)
        case "remove" if len(present) > 1:
            edit.remove_network(name)
        case _:
            edit.set_network_parameter(name, "channels", draw.draw(NUMBERS))


def setting(edit: Edit, draw: st.DataObject) -> None:
    path = draw.draw(SETTINGS)
    if path == ("name",):
        edit.set(path, draw.draw(st.sampled_from(["Digits", "数字", ""])))
    elif draw.draw(st.booleans()):
        edit.set(path, draw.draw(VALUES))
    else:
        edit.unset(path)


def paste(edit: Edit, draw: st.DataObject) -> None:
    network, target = some_network(edit, draw), some_network(edit, draw)
    document = edit.document
    ids = draw.draw(st.lists(st.sampled_from(sorted(document.nodes(network)) or ["none"]), max_size=4))
    copied = fragment.copy(document.network(network), ids, document.data())
    moved = fragment.loads(fragment.dumps(canonical.plain(copied)))
    fragment.paste(edit, target, moved, draw.draw(PLACES), draw.draw(st.booleans()))


def make_block(edit: Edit, draw: st.DataObject) -> None:
    network = some_network(edit, draw)
    present = sorted(edit.document.nodes(network))
    chosen = draw.draw(st.sets(st.sampled_from(present), max_size=4)) if present else set()
    name = blocks.fresh_name(edit.document.network_names(), draw.draw(NETWORKS))
    blocks.group(edit, network, chosen, name)


def dissolve_block(edit: Edit, draw: st.DataObject) -> None:
    dissolving.dissolve(edit, *some_node(edit, draw))


def copy_block(edit: Edit, draw: st.DataObject) -> None:
    blocks.make_independent(edit, *some_node(edit, draw))


def repeat_block(edit: Edit, draw: st.DataObject) -> None:
    times = draw.draw(st.one_of(st.none(), st.integers(0, 4), st.just({"p": "channels"})))
    edit.set_repeat(*some_node(edit, draw), times)


def block_parameter(edit: Edit, draw: st.DataObject) -> None:
    network = some_network(edit, draw)
    known = sorted(edit.document.network(network).parameters)
    if not known:
        return
    if draw.draw(st.booleans()):
        parameters.rename(edit, network, draw.draw(st.sampled_from(known)), draw.draw(st.sampled_from("ab")))
    else:
        parameters.remove(edit, network, draw.draw(st.sampled_from(known)))


EDITS = [
    add,
    add,
    add,
    remove,
    rename,
    rename,
    wire,
    wire,
    cut,
    call,
    parameter,
    attribute,
    networks,
    setting,
    paste,
    make_block,
    dissolve_block,
    copy_block,
    repeat_block,
    block_parameter,
]


def start() -> Document:
    block = Network({"x": Node("x", "input"), "y": Node("y", "output", args=({"n": "x"},))}, {"channels": 4})
    nodes = {i: Node(i, "nn.ReLU", args=({"n": j},)) for i, j in (("a", "b"), ("b", "c"), ("c", "a"))}
    return Document(
        ProjectData("Start", {"model": Network(nodes), "Block": block}, {"data": {"source": "iris"}})
    )


def transact(document: Document, draw: st.DataObject) -> Change | None:
    """One transaction of a few random edits; what cannot be done is refused and leaves no trace."""
    changes: list[Change] = []
    end = document.subscribe(changes.append)
    before = files.dumps(document.data())
    try:
        with document.transaction(Message("Edit")) as edit:
            for do in draw.draw(st.lists(st.sampled_from(EDITS), min_size=1, max_size=4)):
                do(edit, draw)
    except EditError:
        assert files.dumps(document.data()) == before
    finally:
        end()
    return changes[0] if changes else None


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_edits_followed_by_their_inverses_give_the_same_bytes(data: st.DataObject) -> None:
    document = start()
    history = [files.dumps(document.data())]
    changes = []
    for _ in range(data.draw(st.integers(1, 6))):
        change = transact(document, data)
        if change is not None:
            changes.append(change)
            history.append(files.dumps(document.data()))

    for change in reversed(changes):
        assert files.dumps(document.data()) == history.pop()
        document.replay(change.inverse())

    assert files.dumps(document.data()) == history.pop()


class Editing(RuleBasedStateMachine):
    """Edits, undoes, redoes, saves, loads and recovers at random."""

    def __init__(self) -> None:
        super().__init__()
        self.document = start()
        self.done: list[Change] = []
        self.undone: list[Change] = []
        self.texts = [files.dumps(self.document.data())]
        self.follow()

    def follow(self) -> None:
        """Starts what a journal would hold: the project as it is, then every change as JSON."""
        self.base = files.loads(files.dumps(self.document.data()), "base"), self.document.ranks()
        self.journal: list[object] = []
        self.document.subscribe(lambda change: self.journal.append(records.encode_change(change)))

    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        change = transact(self.document, data)
        if change is not None:
            self.undone.clear()
            self.done.append(change)
            del self.texts[len(self.done) :]
            self.texts.append(files.dumps(self.document.data()))

    @precondition(lambda self: self.done)
    @rule()
    def undo(self) -> None:
        change = self.done.pop()
        self.document.replay(change.inverse())
        self.undone.append(change)

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self) -> None:
        change = self.undone.pop()
        self.document.replay(change)
        self.done.append(change)

    @rule()
    def save_and_load(self) -> None:
        text = files.dumps(self.document.data())
        self.document = Document(files.loads(text, "saved.json"))
        self.done, self.undone, self.texts = [], [], [text]
        self.follow()

    @rule()
    def recover(self) -> None:
        project, ranks = self.base
        recovered = Document(project, ranks)
        for table in self.journal:
            recovered.replay(records.decode_change(table))  # type: ignore[arg-type]
        assert files.dumps(recovered.data()) == files.dumps(self.document.data())

    @invariant()
    def text_is_that_of_this_point_in_history(self) -> None:
        assert files.dumps(self.document.data()) == self.texts[len(self.done)]


Editing.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestEditing = Editing.TestCase
