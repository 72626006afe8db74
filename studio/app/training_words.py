"""What is said of a training: why it failed, how it ended, what was done to it on the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio import quantities
from studio.app.metric_words import metrics_text
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from studio.training.progress import Event
    from studio.training.run import RunResult


def event_of(event: Event) -> Message | None:
    """What was asked of a run, in a sentence; None where a notice says it already."""
    values, at = event.values, {"step": quantities.count(event.step)}
    match event.kind:
        case "lr":
            return Message(
                "The learning rate is {to} from step {step} on; before it was {old}.",
                to=f"{values['to']:.4g}",
                old=f"{values['from']:.4g}",
                **at,
            )
        case "snapshot":
            return Message("The weights after step {step} are kept as {name}.", name=values["name"], **at)
        case "evaluation":
            known = {name: value for name, value in values.items() if value is not None}
            return Message("Validation after step {step}: {metrics}.", metrics=metrics_text(known), **at)
    return None


def reason_of(error: Exception, folder: Path) -> Message:
    if isinstance(error, NetloomError):
        return error.message
    return Message(
        "Training stopped by an unexpected error: {error}; the last checkpoint is in {folder}.",
        error=f"{type(error).__name__}: {error}",
        folder=folder,
    )


def lost(result: RunResult) -> bool:
    """Whether no weights could be written, so that nothing is left of what was learned."""
    return result.best is None and bool(result.problems)


def ending_of(result: RunResult) -> Message:
    if lost(result):
        return _ending_without_weights(result)
    if result.status == "stopped":
        return Message("Training was stopped. What it learned so far is in {folder}.", folder=result.folder)
    best = result.best or {}
    reached = metrics_text(best.get("validation") or best.get("train") or {})
    if not reached:
        return Message("Training is done. The run is in {folder}.", folder=result.folder)
    return Message(
        "Training is done. Best epoch {epoch}: {metrics}. The run is in {folder}.",
        epoch=best.get("epoch"),
        metrics=reached,
        folder=result.folder,
    )


def _ending_without_weights(result: RunResult) -> Message:
    if result.status == "stopped":
        return Message(
            "Training was stopped, and no weights could be written to {folder}. Free some space or save the "
            "project elsewhere, and train again.",
            folder=result.folder,
        )
    return Message(
        "Training is done, but no weights could be written to {folder}. Free some space or save the project "
        "elsewhere, and train again.",
        folder=result.folder,
    )
