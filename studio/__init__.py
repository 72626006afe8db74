"""Netloom: draw a neural network, train it while you watch, export a model that works anywhere.

Importing this package is light: neither torch nor Qt is loaded until something needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.door import Project, from_module, load, save

__version__ = "0.1.0"
__all__ = ["Project", "__version__", "from_module", "load", "save"]


def __getattr__(name: str) -> Any:
    if name in {"Project", "from_module", "load", "save"}:
        from studio import door

        return getattr(door, name)
    raise AttributeError(f"module 'studio' has no attribute {name!r}")
