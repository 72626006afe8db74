"""Text from a language model, token by token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from studio.data import texts
from studio.training.runs import Run, RunError
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn


def sample(
    run: Run, prompt: str, tokens: int, temperature: float = 1.0, seed: int = 0, weights: str = "best"
) -> Iterator[str]:
    """Goes on with `prompt` for so many tokens, each as it is drawn. The same seed draws the same.

    At a temperature of 0 the likeliest token is taken, at 1 each as likely as the network says. Raises
    RunError where the run is of no language model, or knows no sign of the prompt.
    """
    import torch

    step = next((s for s in run.preprocessing.steps if s["type"] == "tokens"), None)
    if run.settings.objective != "language" or step is None:
        raise RunError(
            Message(
                "{run} has no language model: its objective is {objective}.",
                run=run.folder.name,
                objective=run.settings.objective,
            )
        )
    module = run.load_module(weights)
    prompt = prompt or "\n"
    known = _numbers(step, prompt)
    if not (known > texts.UNKNOWN).any():
        raise RunError(Message("The network knows no sign of {prompt}.", prompt=repr(prompt)))
    generator = torch.Generator().manual_seed(seed)
    vocabulary, separator = step["vocabulary"], "" if step["by"] == texts.CHARACTERS else " "
    for _ in range(tokens):
        number = _next(module, known[-step["length"] :], step["length"], temperature, generator)
        known = torch.cat([known, torch.tensor([number])])
        yield separator + vocabulary[number - texts.FIRST]


def _numbers(step: Mapping[str, Any], prompt: str) -> Tensor:
    """All tokens of the prompt, (L,) int64."""
    points = texts.stored([prompt], len(prompt))
    found = texts.apply({**step, "length": len(prompt)}, points)[0]
    return found[found != texts.PADDING]


def _next(module: nn.Module, known: Tensor, length: int, temperature: float, generator: Generator) -> int:
    """The number of a token after those that are known: never one that stands for none."""
    import torch
    from torch.nn import functional

    # filled up on the right: a network that does not look ahead does not see it
    whole = functional.pad(known, (0, length - len(known)))
    with torch.no_grad():
        scores = module(whole.unsqueeze(0))[0, len(known) - 1].clone()
    scores[: texts.FIRST] = -float("inf")
    if temperature <= 0:
        return int(scores.argmax())
    return int(torch.multinomial((scores / temperature).softmax(0), 1, generator=generator))
