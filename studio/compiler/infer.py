"""What is known of a project without running it: shapes, costs, problems and cures that were tried.

Imports torch; import it lazily.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from studio.compiler.analysis import Analysis, Context, Cure, NetworkReport, Problem
from studio.compiler.cures import Trials
from studio.compiler.problems.finding import Finding
from studio.compiler.reporting import with_passing
from studio.compiler.survey import ProjectSurvey, survey
from studio.graph.model import ProjectData

_SEVERITIES = ("error", "warning", "hint")


def analyse(project: ProjectData, context: Context | None = None) -> Analysis:
    """Shapes, costs and problems of every network, the problems worst first.

    A node is worked out again only where its type, its arguments or the shapes that come in have changed.
    Nothing is allocated. Wrong projects give problems, never exceptions.
    """
    return report(survey(project, context or Context()))


def report(whole: ProjectSurvey, check: Callable[[], None] = lambda: None) -> Analysis:
    """The analysis of a project that was walked through.

    `check` is called before each remedy is tried; what it raises ends the search.
    """
    trials = Trials(whole, check)
    return _analysis(whole, trials.cures)


def first_report(whole: ProjectSurvey) -> Analysis:
    """The analysis without its cures, which take the longest; where there may be any, `report` finds them."""
    cures_known = not any(finding.remedies for finding in whole.findings)
    return replace(_analysis(whole, lambda _: ()), cures_known=cures_known)


def _analysis(whole: ProjectSurvey, cures: Callable[[Finding], tuple[Cure, ...]]) -> Analysis:
    networks = {
        name: with_passing(whole.uses[name][0].report, network) if name in whole.uses else NetworkReport()
        for name, network in whole.drawn.networks.items()
    }
    problems = [_problem(finding, cures(finding)) for finding in sorted(whole.findings, key=_rank(whole))]
    return Analysis(networks, tuple(problems))


def _problem(finding: Finding, cures: tuple[Cure, ...]) -> Problem:
    return Problem(
        finding.code, finding.severity, finding.network, finding.node, finding.text, cures, finding.detail
    )


def _rank(whole: ProjectSurvey) -> Callable[[Finding], tuple[int, int, int]]:
    """The severest first, then as the networks and nodes were met."""
    networks = {name: place for place, name in enumerate(whole.uses)}
    places = {
        (name, node): place for name, walks in whole.uses.items() for place, node in enumerate(walks[0].order)
    }

    def rank(finding: Finding) -> tuple[int, int, int]:
        node = places.get((finding.network, finding.node or ""), -1)
        return (_SEVERITIES.index(finding.severity), networks[finding.network], node)

    return rank
