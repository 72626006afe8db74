"""Whether a program that left its number in a file still runs."""

from __future__ import annotations

import os
import sys


def runs(process: int) -> bool | None:
    """Whether a process of this machine runs; None where the system does not say."""
    if sys.platform == "win32":
        return None  # os.kill would end it there
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
