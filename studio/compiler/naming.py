"""Names in the written source: of classes, and words that a variable cannot be."""

from __future__ import annotations

import keyword

RESERVED = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, "self", "torch", "nn", "F", "Tensor", "super", "_"}
)
"""what no variable may be called"""


def class_name(network: str) -> str:
    """`encoder block` is EncoderBlock. Always a name that Python takes."""
    words = "".join(c if c.isalnum() and c.isascii() else " " for c in network).split()
    name = "".join(word[0].upper() + word[1:] for word in words)
    if not name or name[0].isdigit():
        name = f"Network{name}"
    return f"{name}_" if name in RESERVED or name == "None" else name


def class_names(networks: list[str]) -> dict[str, str]:
    """A class name for each network, no two alike."""
    found: dict[str, str] = {}
    for network in dict.fromkeys(networks):
        name = class_name(network)
        number = 2
        while name in found.values():
            name, number = f"{class_name(network)}{number}", number + 1
        found[network] = name
    return found


def variable(node: str) -> str:
    """A node's id as the name of a variable."""
    name = node.replace(".", "_").replace("-", "_")
    if name[:1].isdigit():
        name = f"_{name}"
    return f"{name}_" if name in RESERVED else name
