"""The commands of the canvas for blocks and for what is used twice: make, dissolve, repeat, share, keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from studio.app.canvas import block_edits, edits
from studio.app.own_blocks import OWN
from studio.catalog.entry import Entry, Port
from studio.graph import sharing
from studio.graph.document import EditError
from studio.graph.model import BLOCK, INPUT, OUTPUT, Node
from studio.words import Message

if TYPE_CHECKING:
    from studio.app.canvas.panel import CanvasPanel

T = TypeVar("T")


class BlockCommands:
    """Acts on the selection of a panel. What cannot be done is said in a notice."""

    def __init__(self, panel: CanvasPanel) -> None:
        self._panel = panel
        self._session = panel.session

    def entries(self) -> list[Entry]:
        """The project's other networks and the person's own blocks, as they would be placed."""
        session = self._session
        found = {
            f"{BLOCK}{name}": network
            for name, network in session.document.data().networks.items()
            if name not in {session.network, "model"}
        }
        found |= {f"{OWN}{name}": network for name, network in session.own_blocks.networks().items()}
        return [
            Entry(
                type_,
                type_.partition(":")[2],
                "block",
                "structural",
                tuple(Port(n.id, ("args", place)) for place, n in enumerate(network.of_type(INPUT))),
                tuple(n.id for n in network.of_type(OUTPUT)),
            )
            for type_, network in found.items()
        ]

    def group(self) -> None:
        """Makes the selection a block, and asks for its name where its card stands."""
        session = self._session
        ids = [node.id for node in session.selected_nodes() if node.type not in (INPUT, OUTPUT)]
        made = self._try(lambda: block_edits.group(session, ids))
        if made is not None:
            name = session.document.node(session.network, made).block or ""
            self._panel.view.reveal(made)
            self._panel.ask_block_name(made, block_edits.naming_of(session, name))

    def new(self) -> None:
        """Adds an empty block behind the selected card or at the mouse, asks for its name and goes in."""
        session, panel = self._session, self._panel
        chosen = session.selection
        after = chosen[0] if len(chosen) == 1 else None
        made = self._try(lambda: block_edits.new(session, panel.searching.free_spot(), after))
        if made is not None:
            name = session.document.node(session.network, made).block or ""
            panel.view.reveal(made)
            panel.ask_block_name(made, block_edits.naming_of(session, name), panel.enter_selected)

    def dissolve(self) -> None:
        """Puts what is inside the selected blocks in their place."""
        session = self._session
        made: list[str] = []
        for id_ in [node.id for node in session.selected_nodes() if node.block is not None]:
            made += self._try(lambda id_=id_: block_edits.dissolve(session, id_)) or []  # type: ignore[misc]
        if made:
            session.select(made)

    def rename(self) -> None:
        """Asks for another name of the selected block: of all its copies."""
        node = self._one()
        if node is not None:
            self._panel.ask_block_name(node.id)

    def make_independent(self) -> None:
        node = self._one()
        if node is not None:
            self._try(lambda: block_edits.make_independent(self._session, node.id))

    def keep(self) -> None:
        """Adds the selected block to the person's own ones."""
        node = self._one()
        if node is not None:
            self._session.own_blocks.keep(self._session.document.data(), node.block or "")

    def repeat(self) -> None:
        """Asks how often the selected block comes."""
        if self._one() is not None:
            self._panel.repeat_wanted.emit()

    def use_again(self) -> None:
        """Adds a card for the layer or block that is selected; both have the same weights."""
        node = self._layer()
        if node is not None:
            self._panel.view.reveal(edits.use_again(self._session, node.id))

    def own_weights(self) -> None:
        """Gives the selected card a layer of its own, where it shares one."""
        node = self._layer()
        if (
            node is not None
            and len(sharing.uses(self._session.document.nodes(self._session.network), node)) > 1
        ):
            edits.part(self._session, node.id)

    def _layer(self) -> Node | None:
        """The layer or block that is selected alone; says so where there is none."""
        chosen = self._session.selected_nodes()
        if len(chosen) == 1 and edits.can_be_used_again(chosen[0]):
            return chosen[0]
        self._session.notice.emit("warning", Message("Select one layer or block for this."))
        return None

    def _one(self) -> Node | None:
        """The block that is selected alone; says so where there is none."""
        chosen = [node for node in self._session.selected_nodes() if node.block is not None]
        if len(chosen) == 1:
            return chosen[0]
        self._session.notice.emit("warning", Message("Select one block for this."))
        return None

    def _try(self, do: Callable[[], T]) -> T | None:
        try:
            return do()
        except EditError as error:
            self._session.notice.emit("warning", error.message)
            return None
