"""The formats a trained network can leave in, what an export gives back, how it fails. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.words import Message, NetloomError


class ExportError(NetloomError):
    """The network was not exported: why, and the cure. No file is left behind."""


@dataclass(frozen=True, slots=True)
class Format:
    """`suffix` is the file's; empty for a folder. `takes_raw`: the preprocessing can be put inside."""

    name: str
    title: Message
    description: Message
    suffix: str
    takes_raw: bool = False


FORMATS: dict[str, Format] = {
    found.name: found
    for found in (
        Format(
            "onnx",
            Message("ONNX"),
            Message(
                "For ONNX Runtime and other engines, in any language. Takes raw values and any batch size."
            ),
            ".onnx",
            takes_raw=True,
        ),
        Format(
            "pt2",
            Message("PyTorch program (.pt2)"),
            Message("For torch.export.load: runs in PyTorch without the source. Takes raw values."),
            ".pt2",
            takes_raw=True,
        ),
        Format(
            "safetensors",
            Message("Weights (.safetensors)"),
            Message("The weights alone, in a format that cannot carry code."),
            ".safetensors",
        ),
        Format(
            "state_dict",
            Message("Weights (state_dict .pt)"),
            Message("The weights alone, for load_state_dict."),
            ".pt",
        ),
        Format(
            "python",
            Message("Python source"),
            Message("The network as a readable PyTorch class that imports torch only."),
            ".py",
        ),
        Format(
            "folder",
            Message("Folder with predict.py"),
            Message("Source, weights, preprocessing and a program that reads images, tables and arrays."),
            "",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Report:
    """What was written, and how far its outputs lie from the module's on `samples` samples.

    `largest_deviation` and `tolerance` are in the unit of the outputs. `details` are lines for a person.
    """

    paths: tuple[Path, ...]
    format: str
    largest_deviation: float
    tolerance: float
    samples: int
    details: tuple[Message, ...] = ()
