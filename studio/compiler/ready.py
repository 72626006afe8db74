"""A network that has no errors, walked through and ready to be built or written."""

from __future__ import annotations

from studio.compiler.analysis import Context
from studio.compiler.errors import CompileError
from studio.compiler.infer import report
from studio.compiler.opaque import opaque_steps
from studio.compiler.survey import ProjectSurvey, Survey, survey
from studio.graph.model import ProjectData
from studio.words import Message, NetloomError


def ready(
    project: ProjectData, network: str, context: Context | None, opaque: bool = False
) -> tuple[ProjectSurvey, Survey]:
    """The walk through `network`. Raises CompileError when it, or a block it uses, has an error.

    `opaque`: the modules of its opaque nodes are at hand.
    """
    if network not in project.networks:
        raise NetloomError(Message("There is no network {network}.", network=network))
    whole = survey(project, context or Context())
    walk = whole.uses[network][0]
    waiting = any(walk.steps[node].outcome is None for node in walk.live or walk.steps)
    if walk.failed or waiting or (not opaque and any(opaque_steps(walk))):
        concerned = with_blocks(walk)
        problems = tuple(p for p in report(whole).errors if p.network in concerned)
        if not problems:
            raise NetloomError(
                Message("The shapes of {network} are not known: its inputs need one.", network=network)
            )
        raise CompileError(network, problems)
    return whole, walk


def with_blocks(walk: Survey) -> set[str]:
    found = {walk.name}
    for step in walk.steps.values():
        for nested in step.repetitions:
            found |= with_blocks(nested)
    return found
