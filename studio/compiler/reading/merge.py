"""An edited source back into its project: what the edit left alone stays as it is in the document.

The project's own source and the edited one are read alike and compared; only the difference is applied. So
places of cards, values that follow from the input, loose cards and other networks are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from studio.catalog import placing, ports, signatures, table
from studio.compiler.analysis import Context
from studio.compiler.problems.finding import Finding
from studio.compiler.reading.faults import LineFault, ReadingError
from studio.compiler.reading.file import read
from studio.compiler.reading.fresh import default, in_network, network_of
from studio.compiler.reading.loops import AS_MANY
from studio.compiler.reading.match import matched
from studio.compiler.reading.model import ReadClass
from studio.compiler.ready import ready, with_blocks
from studio.compiler.source import WrittenClass, write
from studio.compiler.survey import CONSTANTS, ProjectSurvey, survey
from studio.graph import naming
from studio.graph import operations as op
from studio.graph.document import Change, Document, EditError, Ranks
from studio.graph.edit import Edit
from studio.graph.members import TIED
from studio.graph.model import INPUT, OUTPUT, Arguments, Node, ProjectData
from studio.graph.operations import MISSING, same
from studio.graph.values import Json
from studio.words import Message


@dataclass(frozen=True, slots=True)
class _Size:
    """A size that the source states and the document works out: kept so where both agree."""

    network: str
    node: str
    parameter: str
    stated: Json
    line: int
    of_class: bool


def editable(project: ProjectData, network: str = "model", context: Context | None = None) -> str:
    """The source of a network as it may be edited, problems and all.

    Raises CompileError for problems that no line can say.
    """
    text = write(project, network, context, faulty=True)[0]
    try:
        read(text)
    except ReadingError:
        ready(project, network, context)
        raise
    return text


def merge(
    project: ProjectData,
    text: str,
    network: str = "model",
    context: Context | None = None,
    ranks: Ranks | None = None,
) -> Change | None:
    """What changes in `project` so that its network says what `text` says; None where it does already.

    With the document's `ranks`, the change can be done on that document as it is. Raises ReadingError for a
    source that is no network or one whose network has an error that `project` had not, CompileError where
    that cannot be written at all.
    """
    before, classes = write(project, network, context, faulty=True)
    old, new = read(before), read(text)
    stated: set[tuple[str, str, str]] = set()
    while True:
        document = Document(project, ranks)
        changes: list[Change] = []
        document.subscribe(changes.append)
        made = _Merge(project, old, new, classes, stated)
        try:
            with document.transaction(Message("Edit the code")) as edit:
                made.apply(edit)
        except EditError as error:
            raise ReadingError([LineFault(made.line, error.message)]) from error
        wrong = list(_disagreeing(document.data(), context, made.sizes))
        for size in wrong:
            if size.of_class:
                text_ = Message(
                    "{name} follows from what comes in; change what feeds the block.", name=size.parameter
                )
                raise ReadingError([LineFault(size.line, text_)])
        if not wrong:
            _refuse_errors(document.data(), network, context, made, survey(project, context or Context()))
            return changes[0] if changes else None
        stated |= {(size.network, size.node, size.parameter) for size in wrong}


def _refuse_errors(
    project: ProjectData, network: str, context: Context | None, made: _Merge, before: ProjectSurvey
) -> None:
    """What does not fit together any more is told at the lines that say it.

    What did not before is no reason, nor is what comes to light behind that.
    """
    whole = survey(project, context or Context())
    concerned = with_blocks(whole.uses[made.renamed.get(network, network)][0])
    faults = [
        LineFault(made.lines.get((finding.network, finding.node or ""), 1), finding.text)
        for finding in whole.errors()
        if finding.network in concerned and not _was_there(finding, before)
    ]
    if faults:
        raise ReadingError(faults)


def _was_there(finding: Finding, before: ProjectSurvey) -> bool:
    """Whether a problem is one of before, under another name too, or of a node that nothing was known of."""
    walks = before.uses.get(finding.network)
    step = walks[0].steps.get(finding.node or "") if walks else None
    known = {(one.code, one.network) for one in before.errors()} if step is None else set()
    unseen = step is not None and step.outcome is None
    return (
        unseen
        or finding.key in {one.key for one in before.errors()}
        or (finding.code, finding.network) in known
    )


def _disagreeing(project: ProjectData, context: Context | None, sizes: list[_Size]) -> Iterator[_Size]:
    """The sizes that come out otherwise than they are stated."""
    if not sizes:
        return
    uses = survey(project, context or Context()).uses
    for size in sizes:
        for use in uses.get(size.network, ()):
            step = use.steps.get(size.node)
            known = step.nested.parameters if step and step.nested and size.of_class else None
            if size.of_class and known is not None:
                continue  # an argument that only the class has: the layers inside were compared
            if step is None or not same(step.params.get(size.parameter), size.stated):
                yield size
                break


@dataclass(slots=True)
class _Merge:
    """One attempt. `stated` are sizes that must be written down, as they do not follow."""

    project: ProjectData
    old: dict[str, ReadClass]
    new: dict[str, ReadClass]
    classes: dict[str, WrittenClass]
    stated: set[tuple[str, str, str]]
    sizes: list[_Size] = field(default_factory=list)
    homes: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    line: int = 1

    def apply(self, edit: Edit) -> None:
        pairs = self._paired()
        for name, was in pairs.items():
            self.homes[name] = self.classes[was].network if was else self._free(name)
        for name, was in pairs.items():
            self.line = self.new[name].line
            if was is None:
                edit.add_network(self.homes[name], network_of(self.new[name], self.new, self.homes))
                for node, line in self.new[name].lines.items():
                    self.lines[self.homes[name], node] = line
            else:
                _Class(self, edit, self.old[was], self.new[name], self.classes[was]).apply()
        for name, was in pairs.items():
            if was is not None and was != name:
                self._rename(edit, self.homes[name], name)
        left = [name for name in self.old if name not in pairs.values()]
        for was in reversed(left):  # who uses a class stands after it
            self._drop(edit, self.classes[was].network)

    def _paired(self) -> dict[str, str | None]:
        """Each class of the new source, and the class of the old one that it is."""
        pairs: dict[str, str | None] = {name: name if name in self.old else None for name in self.new}
        gone = [name for name in self.old if name not in self.new]
        for name in [name for name, was in pairs.items() if was is None]:
            alike = [was for was in gone if _types(self.old[was]) == _types(self.new[name])]
            if alike:
                pairs[name] = alike[0]
                gone.remove(alike[0])
        return pairs

    def _free(self, name: str) -> str:
        taken = {*self.project.networks, *self.homes.values()}
        return name if name not in taken else naming.fresh(f"{name} ", taken)

    def _rename(self, edit: Edit, old: str, new: str) -> None:
        edit.rename_network(old, new)
        if old == "model" and edit.document.setting(("training", "network")) is MISSING:
            edit.set(("training", "network"), new)
        self.renamed[old] = new
        self.lines = {(new if home == old else home, n): line for (home, n), line in self.lines.items()}
        self.sizes = [replace(size, network=new) if size.network == old else size for size in self.sizes]

    def _drop(self, edit: Edit, network: str) -> None:
        """Takes away the network of a class that is gone, unless another network uses it."""
        names = edit.document.network_names()
        used = any(n.block == network for name in names for n in edit.document.nodes(name).values())
        if not used and network in names:
            edit.remove_network(network)


def _types(read_: ReadClass) -> list[str]:
    return [node.type for node in read_.nodes.values()]


class _Class:
    """Brings one network to what its class says."""

    def __init__(
        self, whole: _Merge, edit: Edit, old: ReadClass, new: ReadClass, written: WrittenClass
    ) -> None:
        self.whole = whole
        self.edit = edit
        self.old = old
        self.new = new
        self.network = written.network
        self.base = whole.project.networks[written.network]
        self.known = self._known(written)
        self.match = matched(old, new)
        self.final: dict[str, str] = {}

    def _known(self, written: WrittenClass) -> dict[str, str]:
        """The node of the document that each node of the old source was written for."""
        live = [node.id for node in self.base.of_type(OUTPUT)]
        inputs = [node.id for node in self.base.of_type(INPUT)]
        found = dict(zip(self.old.inputs, inputs, strict=True))
        found |= dict(zip(self.old.outputs, live, strict=True))
        found |= dict(zip(self.old.outer, written.nodes, strict=True))
        for node in self.base.nodes.values():
            if node.type in CONSTANTS and (node.path or node.id) in self.old.nodes:
                found.setdefault(node.path or node.id, node.id)
        return found

    def apply(self) -> None:
        self._parameters()
        self._names()
        kept = {self.known[old] for old in self.match.values() if old in self.known}
        self.edit.remove_nodes(self.network, set(self.known.values()) - kept)
        self._rename()
        for id_ in self.new.nodes:
            self.whole.line = self.whole.lines[self.network, self.final[id_]] = self.new.lines[id_]
            if self.final[id_] in self.edit.document.nodes(self.network):
                self._update(id_)
            else:
                self._add(id_)
        for ids in (self.new.inputs, self.new.outputs):
            self._arrange([self.final[id_] for id_ in ids])
        if self.old.tied != self.new.tied:
            self.edit.set_network_extra(self.network, TIED, self.new.tied or MISSING)

    # -- parameters --------------------------------------------------------------------------------

    def _parameters(self) -> None:
        for name in {**self.old.parameters, **self.new.parameters}:
            before = self.old.parameters.get(name)
            after = self.new.parameters.get(name)
            if name in self.old.parameters and name in self.new.parameters and same(before, after):
                continue
            value = default(name, self.new, self.whole.new) if name in self.new.parameters else MISSING
            if value is not MISSING or name in self.base.parameters:
                self.edit.set_network_parameter(self.network, name, value)

    # -- names -------------------------------------------------------------------------------------

    def _names(self) -> None:
        """What each node of the new source is called in the document."""
        taken = set(self.base.nodes)
        for id_, node in self.new.nodes.items():
            held = self.known.get(self.match.get(id_, ""))
            if held is not None:
                spoken = id_ in self.new.spoken and id_ != self.match[id_]
                self.final[id_] = id_ if spoken else held
            elif id_ in taken and id_ not in self.new.spoken:
                self.final[id_] = naming.fresh(naming.base_name(node.type), taken)
            else:
                self.final[id_] = id_
            taken.add(self.final[id_])

    def _rename(self) -> None:
        moves = {
            self.known[old]: self.final[id_]
            for id_, old in self.match.items()
            if old in self.known and self.known[old] != self.final[id_]
        }
        there = self.edit.document.nodes(self.network)
        if not any(target in there for target in moves.values()):
            for before, after in moves.items():
                self.edit.rename_node(self.network, before, after)
            return
        for place, before in enumerate(moves):
            self.edit.rename_node(self.network, before, f"moving {place}")
        for place, after in enumerate(moves.values()):
            self.edit.rename_node(self.network, f"moving {place}", after)

    # -- nodes -------------------------------------------------------------------------------------

    def _update(self, id_: str) -> None:
        old = self.old.nodes.get(self.match.get(id_, ""))
        node = in_network(self.new.nodes[id_], self.whole.homes)
        final = self.final[id_]
        held = self.edit.document.node(self.network, final)
        if node.type != held.type and not (old is not None and self._same_type(old, id_)):
            self.edit.set_type(self.network, final, node.type)
        was = old.params if old is not None and self._same_type(old, id_) else None
        self._params(id_, node, held, was)
        arguments = node.arguments.map_references(self._final_reference)
        if old is None or not same(old.arguments.map_references(self._kept_reference), arguments):
            self.edit.set_arguments(self.network, final, arguments)
        changed = old is None or not same(old.repeat, node.repeat)
        if changed and node.repeat != AS_MANY:
            self.edit.set_repeat(self.network, final, node.repeat)
        if node.extra.get(ports.OUTPUTS, len(ports.outputs(held))) != len(ports.outputs(held)):
            self.edit.set_extra(self.network, final, ports.OUTPUTS, node.extra[ports.OUTPUTS])
        if node.path is not None:
            self._path(final, held, self.final.get(node.path, node.path))

    def _same_type(self, old: Node, id_: str) -> bool:
        new = self.new.nodes[id_]
        if old.block is None or new.block is None:
            return old.type == new.type
        return self.whole.homes.get(new.block) == self.whole.classes[old.block].network

    def _path(self, final: str, held: Node, path: str) -> None:
        if held.path != path and (held.path is not None or path != final):
            self.edit.do(op.SetAttribute(self.network, final, ("path",), held.path, path))

    def _params(self, id_: str, node: Node, held: Node, was: Mapping[str, Json] | None) -> None:
        """Sets what differs from `was`, the arguments in the old source; all of them where that is None."""
        final = self.final[id_]
        gone = held.params if was is None else was
        for name in {**gone, **node.params}:
            before = MISSING if was is None else was.get(name, MISSING)
            after = node.params.get(name, MISSING)
            if same(before, after):
                continue
            if after is MISSING:
                if name in held.params:
                    self.edit.set_param(self.network, final, name, MISSING)
            elif self._must_say(id_, node, held, name, after):
                self.edit.set_param(self.network, final, name, after)

    def _must_say(self, id_: str, node: Node, held: Node | None, name: str, value: Json) -> bool:
        """Whether the document must hold an argument, as it is neither the default nor follows."""
        if held is not None and name in held.params and node.type == held.type:
            return True
        of_class = self._only_of_class(id_, name)
        entry = table.entry(node.type)
        follows = entry is not None and (name in entry.auto or (held is not None and name == entry.auto_out))
        key = (self.network, self.final[id_], name)
        if of_class or (follows and type(value) is int and key not in self.whole.stated):
            line = self.new.lines[id_]
            self.whole.sizes.append(_Size(*key, stated=value, line=line, of_class=of_class))
            return False
        known = signatures.parameter(node.type, name)
        return known is None or known.required or not same(known.default, value)

    def _only_of_class(self, id_: str, name: str) -> bool:
        """Whether an argument of a block is one that the class needs and the document works out."""
        block = self.new.nodes[id_].block
        if block is None or block not in self.whole.old:
            return False
        was = self.whole.old[block].parameters
        return was.get(name, None) is MISSING and self.whole.new[block].parameters.get(name) is MISSING

    def _add(self, id_: str) -> None:
        node = in_network(self.new.nodes[id_], self.whole.homes)
        arguments = node.arguments.map_references(self._final_reference)
        params = {n: v for n, v in node.params.items() if self._must_say(id_, node, None, n, v)}
        path = None if node.path is None else self.final.get(node.path, node.path)
        at = self._place(id_, arguments)
        made = Node(
            self.final[id_], node.type, params, arguments.args, arguments.kwargs, at, path, repeat=node.repeat
        )
        self.edit.add_node(self.network, made)

    def _place(self, id_: str, arguments: Arguments) -> tuple[int, int]:
        """Below what feeds a new card. In a chain, what comes after it makes room."""
        nodes = self.edit.document.nodes(self.network)
        feeding = [value["n"] for _, value in arguments.references() if value["n"] in nodes]
        if not feeding:
            return placing.beside(nodes, (0, 0))
        last = max(feeding, key=lambda name: nodes[name].at[1])
        if not self._leads_back(id_, nodes):
            return placing.below(nodes, last)
        at, moved = placing.pushed(nodes, last)
        for name, place in moved.items():
            self.edit.move(self.network, name, place)
        return at

    def _leads_back(self, id_: str, nodes: Mapping[str, Node]) -> bool:
        """Whether a card that was there already follows a new one, be it behind other new ones."""
        open_ = [id_]
        for name in open_:
            users = [
                user
                for user, node in self.new.nodes.items()
                if any(value["n"] == name for _, value in node.arguments.references())
            ]
            if any(self.final.get(user) in nodes for user in users):
                return True
            open_ += [user for user in users if user not in open_]
        return False

    def _arrange(self, wanted: list[str]) -> None:
        """Gives inputs, or outputs, the order of the source: that of their ranks."""
        document = self.edit.document
        ranks = sorted(document.rank(self.network, id_) for id_ in wanted)
        if ranks == [document.rank(self.network, id_) for id_ in wanted]:
            return
        nodes = [document.node(self.network, id_) for id_ in wanted]
        for node in nodes:
            self.edit.do(op.RemoveNode(self.network, node, document.rank(self.network, node.id)))
        for node, rank in zip(nodes, ranks, strict=True):
            self.edit.do(op.AddNode(self.network, node, rank))

    # -- wires -------------------------------------------------------------------------------------

    def _final_reference(self, value: dict[str, Json]) -> Json:
        return {**value, "n": self.final[value["n"]]}

    def _kept_reference(self, value: dict[str, Json]) -> Json:
        """A wire of the old source as it is called now; one from a node that is gone equals no other."""
        now = next((new for new, old in self.match.items() if old == value["n"]), None)
        return {**value, "n": "" if now is None else self.final[now]}
