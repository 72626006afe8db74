"""A network laid out as boxes, frames and wires, in pixels from the top left: what `svg` writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from studio.catalog import literals, ports, summary, table
from studio.compiler.survey import ProjectSurvey, Step, Survey
from studio.export.figure import text
from studio.export.figure.style import Style
from studio.export.formats import ExportError
from studio.graph import layout, routing
from studio.graph.model import INPUT, OUTPUT, Network, Node, Wire, wires_into
from studio.graph.routing import Point, Rect, Segment
from studio.words import Message

PAD_X, PAD_Y = 14.0, 8.0
LEADING = 1.45
"""the height of a line over that of its letters"""
LEAST_WIDTH = 96.0
FRAME_PAD = 20.0
MARGIN = 24.0
JOINED = frozenset({"normalisation", "activation", "dropout"})
"""categories that stand in the box of the layer they follow, where nothing else takes its output"""


@dataclass(frozen=True, slots=True)
class Options:
    """`depth`: how many levels of blocks are opened. `names`: the ids of nodes. `shapes`: on the wires.

    `joined`: normalisations, activations and dropouts stand in the box of the layer they follow.
    """

    depth: int = 0
    names: bool = False
    shapes: bool = True
    joined: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """One layer in a box: its title, and what stands under it. `mark` names a colour of the style."""

    title: str
    line: str
    category: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with the parts in it, from the top; a frame has a title and other boxes inside."""

    rect: Rect
    parts: tuple[Part, ...] = ()
    title: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A wire from `start` along `segments`; `label` stands beside its start, an arrow at its end."""

    start: Point
    segments: tuple[Segment, ...]
    label: str = ""
    arrow: bool = True

    @property
    def end(self) -> Point:
        x, y = self.segments[-1][-2:]
        return x, y


@dataclass(slots=True)
class Drawing:
    """`width` by `height` pixels; frames come before what is in them."""

    width: float = 0.0
    height: float = 0.0
    frames: list[Box] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """What becomes one box: a node and those joined to it, or an open block with its inside."""

    nodes: list[Node]
    size: tuple[float, float]
    parts: tuple[Part, ...] = ()
    inside: Drawing | None = None
    doors: Mapping[str, float] = field(default_factory=dict)
    """of an open block: where its inputs and outputs are, from the left"""


def draw(
    survey: ProjectSurvey,
    network: str,
    style: Style,
    options: Options | None = None,
    marks: Mapping[tuple[str, str], str] | None = None,
) -> Drawing:
    """A network of a project as a drawing; blocks have the sizes of the use that is drawn.

    `marks` name a colour of the style for nodes by their network and id.

    Raises ExportError for a network that is not there or has no nodes.
    """
    project = survey.project
    if network not in survey.uses:
        known = ", ".join(project.networks)
        raise ExportError(
            Message("There is no network {network}. There are: {known}.", network=network, known=known)
        )
    if not project.networks[network].nodes:
        raise ExportError(Message("The network {network} has no layers to draw.", network=network))
    drawer = _Drawer(survey, style, options or Options(), marks or {})
    made, _ = drawer.network(survey.uses[network][0], 0)
    return _moved(made, MARGIN, MARGIN, 2 * MARGIN)


class _Drawer:
    def __init__(
        self, survey: ProjectSurvey, style: Style, options: Options, marks: Mapping[tuple[str, str], str]
    ) -> None:
        self.survey, self.project = survey, survey.project
        self.style, self.options, self.marks = style, options, marks

    def network(self, use: Survey, depth: int) -> tuple[Drawing, dict[str, float]]:
        """The drawing of a use of a network, and where its inputs and outputs are, inside of a block."""
        network = use.network
        groups = {group.nodes[0].id: group for group in self._groups(use, depth)}
        holder = {node.id: id_ for id_, group in groups.items() for node in group.nodes}
        wires = [
            (holder[wire.source], holder[wire.target]) for wire in network.wires() if wire.source in holder
        ]
        placed = layout.layered({id_: group.size for id_, group in groups.items()}, wires)
        made = Drawing(
            max(placed[id_][0] + group.size[0] for id_, group in groups.items()),
            max(placed[id_][1] + group.size[1] for id_, group in groups.items()),
        )
        for id_, group in groups.items():
            self._place(made, group, placed[id_])
        wired = _Wiring(self, use, groups, holder, placed, depth > 0, made.height)
        made.lines += wired.lines()
        doors = {
            id_: placed[id_][0] + group.size[0] / 2
            for id_, group in groups.items()
            if depth and group.nodes[0].type in (INPUT, OUTPUT)
        }
        return _with_room(made, doors)

    # -- boxes -----------------------------------------------------------------------------------

    def _groups(self, use: Survey, depth: int) -> Iterator[_Group]:
        heads = _joined(use.network) if self.options.joined else {}
        members: dict[str, list[Node]] = {}
        for node in use.network.nodes.values():
            members.setdefault(heads.get(node.id, node.id), []).append(node)
        for nodes in members.values():
            step = use.steps[nodes[0].id]
            if depth and nodes[0].type in (INPUT, OUTPUT):
                yield _Group(nodes, (0.0, 0.0))
            elif step.nested is not None and depth < self.options.depth:
                yield self._open(use.name, step, step.nested, depth)
            else:
                parts = tuple(self._part(use.name, use.steps[node.id]) for node in nodes)
                yield _Group(nodes, self._size(parts), parts)

    def _open(self, name: str, step: Step, inside: Survey, depth: int) -> _Group:
        """A block with its inside."""
        made, doors = self.network(inside, depth + 1)
        title = self._title(step.node)
        top = head(self.style)
        titled = text.width(title, self.style.size, True) + 2 * PAD_X
        width = max(made.width + 2 * FRAME_PAD, 2 * titled)  # what comes in at the middle passes the title
        width = _even(width)
        left = (width - made.width) / 2
        part = Part(title, "", "block", self.marks.get((name, step.node.id), ""))
        size = (width, made.height + top + 2 * FRAME_PAD)
        inner = _moved(made, left, top + FRAME_PAD, 0)
        return _Group([step.node], size, (part,), inner, {id_: x + left for id_, x in doors.items()})

    def _part(self, name: str, step: Step) -> Part:
        node = step.node
        mark = self.marks.get((name, node.id), "")
        if node.type in (INPUT, OUTPUT):
            spec = step.report.outputs[0] if step.report and step.report.outputs else None
            return Part(node.id, "" if spec is None else str(spec), "io", mark)
        line = summary.summary(replace(node, params=step.params or node.params))
        return Part(self._title(node), line, table.category(node.type), mark)

    def _title(self, node: Node) -> str:
        label = table.label(node.type)
        if node.repeat is not None:
            label += f" ×{literals.text(node.repeat).replace(' ', '')}"
        return f"{node.id}: {label}" if self.options.names else label

    def _size(self, parts: tuple[Part, ...]) -> tuple[float, float]:
        style = self.style
        widths = [text.width(part.title, style.size, True) for part in parts]
        widths += [text.width(part.line, style.small) for part in parts]
        height = sum(part_height(part, style) for part in parts)
        return _even(max(LEAST_WIDTH, max(widths) + 2 * PAD_X)), float(round(height))

    def _place(self, made: Drawing, group: _Group, at: tuple[int, int]) -> None:
        rect = (float(at[0]), float(at[1]), *group.size)
        if group.inside is None:
            if group.parts:
                made.boxes.append(Box(rect, group.parts))
            return
        made.frames.append(Box(rect, title=group.parts[0].title, mark=group.parts[0].mark))
        shifted = _moved(group.inside, at[0], at[1], 0)
        made.frames += shifted.frames
        made.boxes += shifted.boxes
        made.lines += shifted.lines


@dataclass(frozen=True, slots=True)
class _Wiring:
    """The wires between the boxes of one network. `height` is how high they are, without the frame."""

    drawer: _Drawer
    use: Survey
    groups: Mapping[str, _Group]
    holder: Mapping[str, str]
    placed: Mapping[str, tuple[int, int]]
    inside: bool
    height: float

    def lines(self) -> Iterator[Line]:
        rects = {id_: self._rect(id_) for id_ in self.groups}
        labelled: set[tuple[str, int | None]] = set()
        for target in self.use.network.nodes.values():
            for number, wire in enumerate(wires_into(target)):
                ends = self.holder.get(wire.source), self.holder[target.id]
                if ends[0] is None or ends[0] == ends[1]:
                    continue
                start, end = self._start(wire), self._end(target, number)
                between = [rect for id_, rect in rects.items() if id_ not in ends and rect[3] > 0]
                key = (wire.source, wire.index)
                label = "" if key in labelled else self._label(wire, target)
                labelled.add(key)
                way = routing.way(start, end, routing.obstructed(start, end, between))
                into_box = self.groups[self.holder[target.id]].inside is None
                yield Line(start, tuple(way), label, into_box and not self._leaves(target))

    def _rect(self, id_: str) -> Rect:
        x, y = self.placed[id_]
        return (float(x), float(y), *self.groups[id_].size)

    def _start(self, wire: Wire) -> Point:
        source = self.use.network.nodes[wire.source]
        id_ = self.holder[source.id]
        left, top, width, height = self._rect(id_)
        if self.inside and source.type == INPUT:
            return left, -FRAME_PAD - head(self.drawer.style)
        place = wire.index or 0
        if self.groups[id_].inside is not None:
            return left + self._door(id_, OUTPUT, place), top + height
        count = max(1, len(ports.outputs(source, self.drawer.project)))
        return left + width * (place + 1) / (count + 1), top + height

    def _end(self, target: Node, number: int) -> Point:
        id_ = self.holder[target.id]
        left, top, width, _ = self._rect(id_)
        if self._leaves(target):
            return left, self.height + FRAME_PAD
        if self.groups[id_].inside is not None:
            return left + self._door(id_, INPUT, number), top
        count = sum(1 for _ in wires_into(target))
        return left + width * (number + 1) / (count + 1), top

    def _door(self, id_: str, type_: str, place: int) -> float:
        """Where an input or output of an open block is, from its left."""
        group = self.groups[id_]
        ids = [node.id for node in self.drawer.project.networks[str(group.nodes[0].block)].of_type(type_)]
        middle = group.size[0] / 2
        return group.doors.get(ids[place], middle) if place < len(ids) else middle

    def _leaves(self, target: Node) -> bool:
        """Whether a wire to `target` goes on outside of the block."""
        return self.inside and target.type == OUTPUT

    def _label(self, wire: Wire, target: Node) -> str:
        """The shape on a wire; what comes into a block or goes out has it outside."""
        step = self.use.steps[wire.source]
        if self._leaves(target) or (self.inside and step.node.type == INPUT):
            return ""
        report = step.report
        place = wire.index or 0
        if not self.drawer.options.shapes or report is None or place >= len(report.outputs):
            return ""
        spec = report.outputs[place]
        return "" if spec is None else str(spec)


def head(style: Style) -> float:
    """How high the title of a frame is."""
    return style.size * LEADING + PAD_Y


def _even(width: float) -> float:
    """The next width of which half lies on the grid of the layout: boxes in a chain stand straight."""
    return float(-(-width // (2 * layout.GRID)) * 2 * layout.GRID)


def part_height(part: Part, style: Style) -> float:
    """How much of a box a part takes."""
    return style.size * LEADING + (style.small * LEADING if part.line else 0) + PAD_Y


def _joined(network: Network) -> dict[str, str]:
    """For each node that stands in the box of another: the id of the one at its top."""
    takers: dict[str, list[Node]] = {}
    for node in network.nodes.values():
        for wire in wires_into(node):
            takers.setdefault(wire.source, []).append(node)
    heads: dict[str, str] = {}
    for id_, taken_by in takers.items():
        node = taken_by[0]
        source = network.nodes.get(id_)
        if len(taken_by) == 1 and source is not None and table.category(node.type) in JOINED:
            single = sum(1 for _ in wires_into(node)) == 1
            if single and source.block is None and source.type not in (INPUT, OUTPUT):
                heads[node.id] = id_
    return {id_: _top(id_, heads) for id_ in heads if _top(id_, heads) != id_}


def _top(id_: str, heads: Mapping[str, str]) -> str:
    walked = {id_}
    while id_ in heads and heads[id_] not in walked:
        id_ = heads[id_]
        walked.add(id_)
    return id_


def _with_room(made: Drawing, doors: dict[str, float]) -> tuple[Drawing, dict[str, float]]:
    """The same, so wide and so far to the right that no wire leaves it at a side."""
    across = [value for line in made.lines for segment in line.segments for value in segment[::2]]
    left = max(0.0, -min(across, default=0.0))
    wide = max([made.width, *across]) + left
    shifted = _moved(made, left, 0, 0)
    shifted.width = wide
    return shifted, {id_: x + left for id_, x in doors.items()}


def _moved(made: Drawing, x: float, y: float, more: float) -> Drawing:
    """The same further to the right and down, `more` wider and higher."""

    def box(each: Box) -> Box:
        left, top, width, height = each.rect
        return replace(each, rect=(left + x, top + y, width, height))

    def line(each: Line) -> Line:
        start = (each.start[0] + x, each.start[1] + y)
        shifted = tuple(
            tuple(value + (y if place % 2 else x) for place, value in enumerate(segment))
            for segment in each.segments
        )
        return replace(each, start=start, segments=shifted)

    return Drawing(
        made.width + more,
        made.height + more,
        [box(each) for each in made.frames],
        [box(each) for each in made.boxes],
        [line(each) for each in made.lines],
    )
