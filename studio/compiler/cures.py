"""Every cure is tried on a copy first: offered only if the problem goes and no other comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from studio.compiler.analysis import Context, Cure
from studio.compiler.problems.finding import Finding, Remedy
from studio.compiler.survey import ProjectSurvey, survey
from studio.graph.document import Change, Document
from studio.graph.model import ProjectData
from studio.graph.operations import Operation
from studio.words import Message, NetloomError

MOST_CURES = 4
MOST_TRIALS, FEWEST_TRIALS = 60, 12
"""trials an analysis may make: a project in ruins is still analysed quickly"""
_STEPS = 20_000
"""nodes that all trials together may walk through, so that large networks have fewer of them"""
MOST_STEPS = 3
"""remedies that one cure may take where no single one heals: what lay hidden behind the problem goes too"""
_WIDTH = 3
"""remedies of a problem that came to light which are tried as the next step"""


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """A copy with remedies applied: what it is, what is said of it, and how it was made."""

    project: ProjectData
    after: ProjectSurvey
    label: Message
    operations: tuple[Operation, ...] = ()


class Trials:
    """Tries remedies on copies of one project. `check` is called before each; what it raises goes on."""

    def __init__(self, before: ProjectSurvey, check: Callable[[], None] = lambda: None) -> None:
        self._before = before
        self._check = check
        self._known = {finding.key for finding in before.findings}
        self._unseen = _unseen(before)
        walked = sum(len(walk.order) for walks in before.uses.values() for walk in walks)
        self._left = max(FEWEST_TRIALS, min(MOST_TRIALS, _STEPS // max(1, walked)))
        self._tried: dict[int, _Trial | None] = {}

    def cures(self, finding: Finding) -> tuple[Cure, ...]:
        """The remedies of a finding that work, the likeliest first; where none does alone, several as one."""
        found: list[Cure] = []
        half: list[_Trial] = []
        start = _Trial(self._before.drawn, self._before, finding.text)
        for remedy in finding.remedies:
            trial = self._first(start, remedy)
            if trial is None or _still(finding, trial):
                continue
            if self._next(trial) is not None:
                half.append(trial)
            elif all(trial.operations != other.operations for other in found):
                found.append(Cure(trial.label, trial.operations))
            if len(found) == MOST_CURES:
                break
        if not found and finding.severity == "error":
            whole = (self._go_on(finding, trial, MOST_STEPS - 1) for trial in half[:_WIDTH])
            found += [Cure(t.label, t.operations) for t in whole if t is not None][:1]
        return tuple(found)

    def _first(self, start: _Trial, remedy: Remedy) -> _Trial | None:
        """A remedy alone. Where a block's problem is told at its use too, both have the same remedies."""
        if id(remedy) not in self._tried:
            self._tried[id(remedy)] = self._try(start, remedy)
        return self._tried[id(remedy)]

    def _go_on(self, finding: Finding, trial: _Trial, steps: int) -> _Trial | None:
        """Heals what came to light by the remedies that this has itself."""
        new = self._next(trial)
        if new is None:
            return trial
        if not steps:
            return None
        for remedy in new.remedies[:_WIDTH]:
            further = self._try(trial, remedy)
            if further is None or _still(finding, further) or _still(new, further):
                continue
            healed = self._go_on(finding, further, steps - 1)
            if healed is not None:
                return healed
        return None

    def _next(self, trial: _Trial) -> Finding | None:
        """A problem that was not there before, errors first.

        Hints are none, nor is a warning at a node that could not be looked at before.
        """
        new = [f for f in trial.after.findings if f.severity != "hint" and f.key not in self._known]
        counted = [f for f in new if f.severity == "error" or (f.network, f.node) not in self._unseen]
        return min(counted, key=lambda f: f.severity != "error", default=None)

    def _try(self, trial: _Trial, remedy: Remedy) -> _Trial | None:
        self._check()
        if not self._left:
            return None
        self._left -= 1
        document = Document(trial.project)
        changes: list[Change] = []
        document.subscribe(changes.append)
        try:
            with document.transaction(remedy.label) as edit:
                remedy.apply(edit)
        except NetloomError:
            return None
        if not changes:
            return None
        project = document.data()
        label = remedy.label
        if trial.operations:
            label = Message("{first}; {second}", first=trial.label, second=remedy.label)
        operations = (*trial.operations, *changes[0].operations)
        return _Trial(project, survey(project, self._context(project)), label, operations)

    def _context(self, project: ProjectData) -> Context:
        """What holds for a copy: a remedy may change what is to be learned."""
        context, before = self._before.context, self._before.drawn
        if context.derive is None or project.settings == before.settings:
            return context
        return context.derive(project)


def _unseen(before: ProjectSurvey) -> set[tuple[str, str | None]]:
    """The nodes that nothing was known of: they have a problem, or wait for one that has."""
    return {
        (name, id_)
        for name, walks in before.uses.items()
        for id_, step in walks[0].steps.items()
        if step.outcome is None
    }


def _still(finding: Finding, trial: _Trial) -> bool:
    return any(other.key == finding.key for other in trial.after.findings)
