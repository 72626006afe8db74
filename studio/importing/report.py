"""What an import kept and what it could not: read by people, and by the window's dialog."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from studio.quantities import count
from studio.words import Message


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that differs from the module that was read, and the part concerned; "" is the whole."""

    path: str
    text: Message


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a module.

    `layers` and `blocks` count the nodes and networks, `parameters` the numbers that it learns. `sizes` says
    which sizes of the input may change: "all", "batch" or "none". `notes` are differences that a person
    should know.
    """

    name: str
    layers: int = 0
    blocks: int = 0
    parameters: int = 0
    sizes: str = "all"
    notes: tuple[Note, ...] = ()

    def lines(self) -> Iterator[Message]:
        """The report in sentences."""
        yield Message(
            "{name}: {layers} nodes in {blocks} networks, {parameters} parameters.",
            name=self.name,
            layers=self.layers,
            blocks=self.blocks,
            parameters=count(self.parameters),
        )
        match self.sizes:
            case "batch":
                yield Message("The batch may have any size; the other sizes are as they were read.")
            case "none":
                yield Message("All sizes are as they were read, the batch too.")
        for note in self.notes:
            yield Message("{path}: {text}", path=note.path, text=note.text) if note.path else note.text
