"""Which cards have another outline than usual: the hovered one, the selected, those a wire may end at."""

from __future__ import annotations

from collections.abc import Iterable

from studio.app.canvas import painting


class Marks:
    """Is asked by each card when it is painted: ten thousand selected cards are not told one by one."""

    def __init__(self) -> None:
        self._hovered: str | None = None
        self.selected: frozenset[str] = frozenset()
        self._targets: frozenset[str] = frozenset()

    def of(self, card: str) -> str:
        """The outline of a card: one of those of `painting`."""
        if card in self._targets:
            return painting.TARGET
        if card in self.selected:
            return painting.SELECTED
        return painting.HOVERED if card == self._hovered else painting.PLAIN

    def show(self, hovered: str | None, selected: Iterable[str], targets: frozenset[str]) -> frozenset[str]:
        """Sets all of them. Returns the cards that may look different now."""
        chosen = frozenset(selected)
        changed = chosen ^ self.selected if chosen and self.selected else chosen or self.selected
        if targets or self._targets:
            changed |= targets ^ self._targets
        if hovered != self._hovered:
            changed |= {card for card in (hovered, self._hovered) if card is not None}
        self._hovered, self.selected, self._targets = hovered, chosen, targets
        return changed
