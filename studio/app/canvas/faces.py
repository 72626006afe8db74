"""What cards, wires and tooltips say: from the document, and from what the analysis found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from studio.app.canvas import look
from studio.app.canvas.look import Face, Shape
from studio.app.session import Session
from studio.compiler.analysis import Analysis, NodeReport, Problem
from studio.graph.model import INPUT, Node, ProjectData

if TYPE_CHECKING:
    from studio.app.canvas.node_item import NodeItem


class Faces:
    """Of the network that is shown, as of the analysis that was taken last."""

    def __init__(self, session: Session, cards: Mapping[str, NodeItem]) -> None:
        self._session, self._cards = session, cards
        self._problems: dict[str, list[Problem]] = {}
        self._reports: dict[str, NodeReport] = {}
        self._faulty: dict[str, str] = {}
        self._shared: Counter[str] | None = None

    def take(self, analysis: Analysis) -> tuple[set[str], bool]:
        """Tells from now on what `analysis` found: the nodes of which it says another thing, and whether of
        problems."""
        old_reports, old_problems = self._reports, self._problems
        found = analysis.networks.get(self._session.network)
        self._reports = dict(found.nodes) if found else {}
        self._problems = {}
        for problem in analysis.problems:
            if problem.network == self._session.network and problem.node is not None:
                self._problems.setdefault(problem.node, []).append(problem)
        worst = {id_: problems[0].severity for id_, problems in self._problems.items()}
        self._faulty = {id_: severity for id_, severity in worst.items() if severity != "hint"}
        changed = set()
        for id_ in self._cards:
            before, after = old_reports.get(id_), self._reports.get(id_)
            alike = before is after or before == after
            if not alike or old_problems.get(id_) != self._problems.get(id_):
                changed.add(id_)
        return changed, old_problems != self._problems

    def forget_uses(self) -> None:
        """Cards came, went or have another layer."""
        self._shared = None

    def shape_of(self, node: Node) -> Shape:
        return look.shape_of(node, self.project_of(node))

    def face_of(self, id_: str) -> Face:
        card = self._cards[id_]
        in_block = card.node.type == INPUT and self._is_block()
        report, problem = self._reports.get(id_), self.problem(id_)
        return look.face_of(card.node, card.shape_, report, problem, in_block, 1 + self._further_uses()[id_])

    def chip_text(self, source: str, output: int) -> str:
        spec = look.spec_of(self._reports.get(source), output)
        return str(spec) if spec is not None else ""

    def problem(self, id_: str) -> Problem | None:
        """The first, worst problem of a node."""
        found = self._problems.get(id_)
        return found[0] if found else None

    def faulty(self) -> dict[str, str]:
        """The nodes that have an error or a warning, with how severe the worst is."""
        return self._faulty

    def report(self, id_: str) -> NodeReport | None:
        return self._reports.get(id_)

    def tip(self, id_: str) -> str:
        return look.tip_of(self._cards[id_].node, self._reports.get(id_), self._problems.get(id_, ()))

    def project_of(self, node: Node) -> ProjectData:
        """The project, as far as a node's ports depend on it: only a block's do."""
        return self._session.document.data() if node.block is not None else look.NO_PROJECT

    def _further_uses(self) -> Counter[str]:
        """How many cards more are the layer of each card."""
        if self._shared is None:
            self._shared = Counter(card.node.path for card in self._cards.values() if card.node.path)
        return self._shared

    def _is_block(self) -> bool:
        """Whether the network that is shown is used as a layer by another one."""
        networks = self._session.document.data().networks.values()
        return any(n.block == self._session.network for network in networks for n in network.nodes.values())
