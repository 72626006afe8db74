"""How a trial stands, in words."""

from __future__ import annotations

from studio.words import Message

STATES = {
    "done": Message("done"),
    "pruned": Message("given up early"),
    "failed": Message("failed"),
    "cut off": Message("cut off"),
    "running": Message("running"),
}
"""every `state` of `study.Trial`, in the order in which they are told"""


def state_text(state: str) -> str:
    """A state in the language of the person; one that is not known here as it is."""
    return str(STATES[state]) if state in STATES else state
