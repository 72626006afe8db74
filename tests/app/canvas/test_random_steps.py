"""Whatever is done in any order, the canvas shows the document. More: tests/benchmarks/random_steps.py."""

from __future__ import annotations

import pytest

from .steps import Machine


@pytest.mark.parametrize("seed", range(3))
def test_after_random_steps_the_canvas_shows_the_document_and_history_is_whole(qapp, seed: int) -> None:  # type: ignore[no-untyped-def]
    machine = Machine(seed)
    try:
        machine.run(150)
    finally:
        machine.close()
    assert machine.count == 150
