"""Every cure is tried on a copy first: offered only if the problem goes and no other error comes."""

from __future__ import annotations

from studio.compiler.analysis import Cure
from studio.compiler.problems.finding import Finding, Remedy
from studio.compiler.survey import ProjectSurvey, survey
from studio.graph.document import Change, Document
from studio.words import NetloomError

MOST_CURES = 4
MOST_TRIALS = 60
"""trials an analysis may make: a project in ruins is still analysed quickly"""


class Trials:
    """Tries remedies on copies of one project."""

    def __init__(self, before: ProjectSurvey) -> None:
        self._before = before
        self._errors = {finding.key for finding in before.errors()}
        self._left = MOST_TRIALS

    def cures(self, finding: Finding) -> tuple[Cure, ...]:
        """The remedies of a finding that work, the likeliest first."""
        found: list[Cure] = []
        for remedy in finding.remedies:
            if len(found) == MOST_CURES or not self._left:
                break
            self._left -= 1
            cure = self._try(finding, remedy)
            if cure is not None and all(cure.operations != other.operations for other in found):
                found.append(cure)
        return tuple(found)

    def _try(self, finding: Finding, remedy: Remedy) -> Cure | None:
        document = Document(self._before.project)
        changes: list[Change] = []
        document.subscribe(changes.append)
        try:
            with document.transaction(remedy.label) as edit:
                remedy.apply(edit)
        except NetloomError:
            return None
        if not changes:
            return None
        after = survey(document.data(), self._before.context)
        if any(other.key == finding.key for other in after.findings):
            return None
        if {other.key for other in after.errors()} - self._errors:
            return None
        return Cure(remedy.label, changes[0].operations)
