"""`netloom sample`: text from a trained language model."""

from __future__ import annotations

import argparse

from studio.cli.opening import open_run
from studio.cli.output import DONE, print_json
from studio.cli.parser import Commands, add_command, add_json, add_trained
from studio.words import tr


def add(commands: Commands) -> None:
    parser = add_command(commands, "sample", tr("text from a trained language model"), run)
    add_trained(parser)
    parser.add_argument("--prompt", default="\n", help=tr("how the text begins"))
    parser.add_argument("--length", type=int, default=200, metavar="N", help=tr("how many characters follow"))
    parser.add_argument(
        "--temperature",
        type=float,
        default=0.8,
        metavar="T",
        help=tr("0: the likeliest each time; 1: as learned"),
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help=tr("the same seed writes the same"))
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Writes the text as it is drawn."""
    from studio.insight.sampling import sample

    drawn = sample(
        open_run(arguments),
        arguments.prompt,
        arguments.length,
        arguments.temperature,
        arguments.seed,
        arguments.weights,
    )
    if arguments.json:
        print_json("sample", prompt=arguments.prompt, text="".join(drawn))
        return DONE
    print(arguments.prompt, end="", flush=True)
    for piece in drawn:
        print(piece, end="", flush=True)
    print()
    return DONE
