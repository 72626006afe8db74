"""A network that has problems, walked through so far that its source can be written and read back."""

from __future__ import annotations

from collections.abc import Iterable

from studio.compiler.analysis import Context
from studio.compiler.errors import CompileError
from studio.compiler.infer import report
from studio.compiler.problems.graph import with_blocks
from studio.compiler.survey import ProjectSurvey, Survey, survey
from studio.graph import repeats
from studio.graph.model import ProjectData
from studio.words import Message, NetloomError

UNSOUND = frozenset(
    {"bad-parameter", "bad-repeat", "circle", "empty", "no-input", "no-output", "no-such-output", "not-wired",
     "opaque"}
)  # fmt: skip
"""problems of the drawing itself, beside those of `graph.validate`: no line of Python says such a node"""


def walked(
    project: ProjectData, network: str, context: Context | None, known: ProjectSurvey | None = None
) -> tuple[ProjectSurvey, Survey]:
    """The walk through `network` whatever is wrong with shapes and values; nodes that wait know their blocks.

    Raises CompileError where the drawing itself is unsound.
    """
    if network not in project.networks:
        raise NetloomError(Message("There is no network {network}.", network=network))
    whole = known or survey(project, context or Context())
    walk = whole.uses[network][0]
    concerned = {id(held) for held in with_blocks(project, network)}
    names = {name for name, held in project.networks.items() if id(held) in concerned}
    if not walk.live or any(_unsound(whole, names)):
        raise _refused(whole, network, names)
    _fill(whole, walk)
    return whole, walk


def _unsound(whole: ProjectSurvey, names: set[str]) -> Iterable[bool]:
    yield from (network in names for network, _ in whole.faults)
    yield from (finding.network in names and finding.code in UNSOUND for finding in whole.errors())


def _refused(whole: ProjectSurvey, network: str, names: set[str]) -> NetloomError:
    problems = tuple(problem for problem in report(whole).errors if problem.network in names)
    if not problems:
        return NetloomError(Message("Nothing leads to an output of {network} yet.", network=network))
    return CompileError(network, problems)


def _fill(whole: ProjectSurvey, walk: Survey) -> None:
    """Gives the blocks that were not reached an inside: that of the network by itself."""
    for id_ in walk.order:
        step = walk.steps[id_]
        name = step.node.block
        if name is None:
            continue
        step.times = repeats.times(step.node, walk.parameters)
        missing = (step.times or 1) - len(step.repetitions)
        step.repetitions += (step.repetitions[-1:] or [whole.uses[name][0]]) * missing
        for nested in {id(held): held for held in step.repetitions}.values():
            if not nested.clean:
                _fill(whole, nested)
