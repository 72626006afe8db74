"""What an exported ONNX file achieves on the data of its run, by the run's own metrics.

The file is given values as they are stored, since its preprocessing is inside. Of texts, whose words no graph
knows, it is given the numbers of the words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnxruntime
import torch
from torch import Tensor, nn

from studio.data.batches import batches
from studio.data.rows import rows
from studio.export import cut as cuts
from studio.export.cut import Cut
from studio.training import objectives
from studio.training.judging import EVALUATION_BATCH

if TYPE_CHECKING:
    from studio.data.prepare import Prepared, Split
    from studio.training.runs import Run

PARTLY = frozenset({"gan"})
"""objectives that judge by parts of the network, which a graph does not have"""
CHANGED = frozenset({"denoising", "contrastive"})
"""objectives that change what the network takes: their graph is judged without its preprocessing"""


def score(run: Run, path: Path, data: Prepared, part: str) -> dict[str, float]:
    """Loss and metrics of a split of `data` by the file `path`, an export of `run`.

    Those that the objective tells at the end are among them. `data` holds stored values
    (`prepare(..., as_stored=True)`). Not for the objectives that are `PARTLY`; the file of one that is
    `CHANGED` was exported without preprocessing. Raises NetloomError.
    """
    split: Split = getattr(data, part)
    graph = Graph(path, cuts.of(run))
    raw = run.settings.objective not in CHANGED and not run.preprocessing.of_texts
    judge = objectives.make(run.settings, data, run.load_module()).of_kept()
    told_last = bool(objectives.KINDS[run.settings.objective].at_the_end)
    meter, appraisal, total = judge.meter(), judge.appraisal() if told_last else None, 0.0
    with torch.no_grad():
        for stored, x, y in _batches(split):
            graph.instead = (x, stored) if raw else None
            loss, prediction, target = judge.judge(graph, x, y)
            total += float(loss) * len(x)
            meter.add(prediction, target)
            if appraisal is not None:
                appraisal.add(prediction, target)
    found = appraisal.result().metrics if appraisal is not None else {}
    return {**found, "loss": total / len(split), **meter.result()}


def _batches(split: Split) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """(as stored, as the network takes it, target), in the order of the samples."""
    first = 0
    for x, y in batches(split, EVALUATION_BATCH):
        yield rows(split.x, slice(first, first + len(x))), x, y
        first += len(x)


class Graph(nn.Module):
    """An ONNX file in the place of the network it was written from.

    Where it is called with the first of `instead`, it is given the second: the same samples as stored.
    """

    def __init__(self, path: Path, cut: Cut | None = None) -> None:
        super().__init__()
        self._cut = cut
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.instead: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor) -> Any:
        raw = self.instead is not None and self.instead[0] is x
        fed = self.instead[1] if self.instead is not None and raw else x
        parts = (fed,) if self._cut is None else self._cut.apart(fed, raw)
        values = {
            given.name: part.to(_DTYPES[given.type]).contiguous().numpy()
            for given, part in zip(self._session.get_inputs(), parts, strict=True)
        }
        found = [torch.from_numpy(value) for value in self._session.run(None, values)]
        return found[0] if len(found) == 1 else tuple(found)


_DTYPES = {"tensor(float)": torch.float32, "tensor(int64)": torch.int64}
