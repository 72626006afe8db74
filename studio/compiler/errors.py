"""What is raised when a network with problems is to become a module or a file."""

from __future__ import annotations

from studio.compiler.analysis import Problem
from studio.words import Message, NetloomError


class CompileError(NetloomError):
    """A network cannot be built. `problems` are its errors, those of the blocks it uses among them."""

    def __init__(self, network: str, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        if len(problems) == 1:
            message = Message("{network} has a problem: {problem}", network=network, problem=first.text)
        else:
            message = Message(
                "{network} has {count} problems. The first: {problem}",
                network=network,
                count=len(problems),
                problem=first.text,
            )
        super().__init__(message)
        self.problems = problems
