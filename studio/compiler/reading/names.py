"""What the names in a source stand for: imports, and the types of the catalogue. Nothing is imported."""

from __future__ import annotations

import ast

from studio.catalog import table
from studio.catalog.entry import Entry

_HOMES = (
    ("torch.nn.functional.", "F."),
    ("torch.nn.", "nn."),
    ("torch.Tensor.", "Tensor."),
    ("torchvision.ops.", "ops."),
    ("torch.", "torch."),
    ("operator.", "op."),
)
"""where Python has the types of the catalogue; the longer beginnings come first"""


class Names:
    """The imports of a file: each name and what it is short for."""

    def __init__(self) -> None:
        self._meant: dict[str, str] = {}

    def add(self, statement: ast.Import | ast.ImportFrom) -> None:
        for alias in statement.names:
            if isinstance(statement, ast.ImportFrom):
                self._meant[alias.asname or alias.name] = f"{statement.module}.{alias.name}"
            elif alias.asname:
                self._meant[alias.asname] = alias.name
            else:
                root = alias.name.partition(".")[0]
                self._meant[root] = root

    def dotted(self, expression: ast.expr) -> str | None:
        """`torch.nn.Linear` for `nn.Linear`; None where the expression is no imported name."""
        parts: list[str] = []
        while isinstance(expression, ast.Attribute):
            parts.append(expression.attr)
            expression = expression.value
        if not isinstance(expression, ast.Name) or expression.id not in self._meant:
            return None
        return ".".join([self._meant[expression.id], *reversed(parts)])

    def entry(self, expression: ast.expr) -> Entry | None:
        """The catalogue's entry that an expression names."""
        dotted = self.dotted(expression)
        for beginning, home in _HOMES:
            if dotted is not None and dotted.startswith(beginning):
                return table.entry(home + dotted.removeprefix(beginning))
        return None


def has_slice(node: ast.expr) -> bool:
    """Whether an index cuts anything out."""
    return any(isinstance(inner, ast.Slice) for inner in ast.walk(node))


def name_of(target: ast.expr) -> str | None:
    """The name that a value gets, the first of several."""
    match target:
        case ast.Name(id=name):
            return name
        case ast.Tuple(elts=[first, *_]) | ast.List(elts=[first, *_]):
            return name_of(first)
    return None
