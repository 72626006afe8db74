"""Dates of a table as numbers: days since the beginning of 2000, the time of day as a part of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import Series

FORM = re.compile(r"\s*\d{4}([-/.])\d{1,2}(\1\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?)?\s*")
"""year, month, and maybe the day and the time: the one order that nobody reads otherwise"""


def days(texts: Series[str]) -> NDArray[Any]:
    """(N,) float64; NaN for a text that is no date of this form."""
    import numpy as np
    import pandas

    places, different = pandas.factorize(texts)  # the same days come again and again
    fits = np.array([FORM.fullmatch(text) is not None for text in different], dtype=bool)
    found = np.full(len(different), np.nan)
    plain = pandas.Series([_plain(text) for text in different[fits]], dtype=object)
    read = pandas.to_datetime(plain, format="mixed", errors="coerce")
    found[fits] = ((read - pandas.Timestamp("2000-01-01")) / pandas.Timedelta(days=1)).to_numpy(float)
    values: NDArray[Any] = found[places]
    return values


def _plain(text: str) -> str:
    """With hyphens in the date, and without the sign of the time zone."""
    head, mark, tail = re.fullmatch(r"\s*([^ T]+)([ T]?)(.*?)Z?\s*", text).groups()  # type: ignore[union-attr]
    return re.sub("[/.]", "-", head) + mark + tail
