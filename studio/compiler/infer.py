"""What is known of a project without running it: shapes, costs, problems and cures that were tried.

Imports torch; import it lazily.
"""

from __future__ import annotations

from collections.abc import Callable

from studio.compiler.analysis import Analysis, Context, NetworkReport, Problem
from studio.compiler.cures import Trials
from studio.compiler.problems.finding import Finding
from studio.compiler.survey import ProjectSurvey, survey
from studio.graph.model import ProjectData

_SEVERITIES = ("error", "warning", "hint")


def analyse(project: ProjectData, context: Context | None = None) -> Analysis:
    """Shapes, costs and problems of every network, the problems worst first.

    A node is worked out again only where its type, its arguments or the shapes that come in have changed.
    Nothing is allocated. Wrong projects give problems, never exceptions.
    """
    return report(survey(project, context or Context()))


def report(whole: ProjectSurvey) -> Analysis:
    """The analysis of a project that was walked through."""
    trials = Trials(whole)
    problems = [_problem(finding, trials) for finding in sorted(whole.findings, key=_rank(whole))]
    networks = {
        name: whole.uses[name][0].report if name in whole.uses else NetworkReport()
        for name in whole.project.networks
    }
    return Analysis(networks, tuple(problems))


def _problem(finding: Finding, trials: Trials) -> Problem:
    return Problem(
        finding.code,
        finding.severity,
        finding.network,
        finding.node,
        finding.text,
        trials.cures(finding),
        finding.detail,
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
