"""How wide a text is about, without a font: by the widths of Helvetica's letters (Adobe Font Metrics)."""

from __future__ import annotations

import unicodedata

_WIDTHS = {
    "ijl'|": 222,
    " !,./:;ftI[]\\": 278,
    "()-r`{}": 333,
    '"': 355,
    "*^": 430,
    "Jcksvxyz": 500,
    "0123456789abdeghnopqu?_L$#": 556,
    "+<=>~×÷−·→": 584,
    "FTZ": 611,
    "ABEKPSVXY&": 667,
    "CDHNRUw": 722,
    "GOQ": 778,
    "mM%": 833,
    "W@…": 944,
}
_OF = {letter: width for letters, width in _WIDTHS.items() for letter in letters}
_BOLD = 1.06
"""how much wider the bold letters are, about"""


def width(text: str, size: float, bold: bool = False) -> float:
    """In the unit of `size`, the height of the font."""
    total = sum(_OF.get(letter) or (1000 if _is_wide(letter) else 600) for letter in text)
    return total * size / 1000 * (_BOLD if bold else 1)


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"
