"""Dates of a table as numbers: days since the beginning of 2000, the time of day as a part of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

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


# -- dates in several columns --------------------------------------------------------------------

PARTS = ("year", "month", "day")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parts(names: Sequence[str]) -> list[str]:
    """The columns that are called year, month and, where there is one, day; none without the first two."""
    called = {str(name).strip().lower(): name for name in reversed(names)}
    found = [called[part] for part in PARTS if part in called]
    return found if found[:2] == [called.get("year"), called.get("month")] else []


def joined(values: Sequence[str]) -> str | None:
    """A date of a year, a month by its number or its English name, and maybe a day; None for none."""
    year, month, *day = (value.strip() for value in values)
    number = _MONTHS.index(month[:3].lower()) + 1 if month[:3].lower() in _MONTHS else month
    text = "-".join([year, f"{number:0>2}", *(f"{one:0>2}" for one in day)])
    return text if FORM.fullmatch(text) else None


def with_joined(frame: DataFrame) -> DataFrame:
    """(rows, columns) of texts with one column more at its beginning: the dates of those in `parts`.

    The frame itself where it has none, or where they are no dates.
    """
    names = parts(frame.columns)
    if not names:
        return frame
    found = [joined(values) for values in zip(*(frame[name] for name in names), strict=True)]
    title = "-".join(map(str, names))
    if None in found or title in frame.columns:
        return frame
    frame = frame.copy()
    frame.insert(0, title, found)
    return frame
