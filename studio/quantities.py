"""Numbers as people read them: thin-space thousands, three significant digits, units."""

from __future__ import annotations

import math

THIN_SPACE = "\u2009"


def count(number: int) -> str:
    """A whole number with thin spaces between thousands.

    >>> count(72362) == "72\\u2009362"
    True
    """
    return f"{number:,}".replace(",", THIN_SPACE)


def short(number: float) -> str:
    """Three significant digits and an SI prefix.

    >>> short(2_104_000), short(950)
    ('2.10 M', '950')
    """
    for limit, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= limit:
            return f"{significant(number / (limit if prefix != 'k' else 1e3))} {prefix}"
    return significant(number) if number != int(number) else count(int(number))


def significant(number: float, digits: int = 3) -> str:
    """`digits` significant digits, without an exponent where that stays readable.

    >>> significant(0.04123), significant(31.4159), significant(0.0000123)
    ('0.0412', '31.4', '1.23e-05')
    """
    if number == 0:
        return "0"
    if not 1e-3 <= abs(number) < 1e6:
        return f"{number:.{digits}g}"
    exponent = math.floor(math.log10(abs(number)))
    return f"{number:.{max(0, digits - 1 - exponent)}f}"


def data_size(size: float) -> str:
    """Bytes in binary units.

    >>> data_size(98 * 1024)
    '98.0 KiB'
    """
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024:
            return f"{int(size)} B" if unit == "B" else f"{significant(size)} {unit}"
        size /= 1024
    return f"{significant(size)} PiB"


def duration(seconds: float) -> str:
    """Minutes and seconds, or hours and minutes.

    >>> duration(72), duration(3725)
    ('1:12', '1:02:05')
    """
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"
