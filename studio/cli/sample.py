"""`netloom sample`: text from a trained language model, pictures from a trained GAN."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli.opening import open_run
from studio.cli.output import DONE, UsageError, print_json
from studio.cli.parser import Commands, add_command, add_json, add_trained
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.training.runs import Run


def add(commands: Commands) -> None:
    parser = add_command(
        commands, "sample", tr("text from a trained language model, pictures from a trained GAN"), run
    )
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
    parser.add_argument("--out", metavar="FILE", type=Path, help=tr("of a GAN: the PNG file to write"))
    parser.add_argument("--count", type=int, default=64, metavar="N", help=tr("of a GAN: how many pictures"))
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Writes the text as it is drawn, or a file of pictures."""
    from studio.insight.sampling import sample

    opened = open_run(arguments)
    if opened.settings.objective == "gan":
        return _pictures(arguments, opened)
    drawn = sample(
        opened,
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


def _pictures(arguments: argparse.Namespace, opened: Run) -> int:
    from studio.insight.generated import generate, png
    from studio.project import atomic

    if arguments.out is None:
        raise UsageError(
            Message("A GAN makes pictures: name the file for them, such as --out {file}.", file="samples.png")
        )
    made = generate(opened, arguments.count, arguments.seed, arguments.weights)
    atomic.write(arguments.out, png(made, opened.preprocessing))
    if arguments.json:
        print_json("sample", file=str(arguments.out), count=arguments.count)
    else:
        print(tr("{count} pictures in {file}", count=arguments.count, file=arguments.out))
    return DONE
