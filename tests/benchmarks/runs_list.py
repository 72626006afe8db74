"""How long a list of many runs takes: read from the folders, with the index new, and with the index known.

    python tests/benchmarks/runs_list.py [RUNS]

Also shows the Runs panel (offscreen) and times from asking to rows on the screen, filtering and sorting.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from studio.training import index, runs


def make(folder: Path, number: int) -> None:
    day = f"{1 + number // 28 % 12:02}-{1 + number % 28:02}"
    run = folder / f"2026-{day}_10-{number // 60 % 60:02}-{number % 60:02}_{number}"
    run.mkdir(parents=True)
    reached = {"loss": 0.1, "accuracy": 0.5 + number % 50 / 100}
    settings = {"batch_size": 64, "epochs": 30, "optimizer": {"type": "Adam", "lr": 0.001 * (1 + number % 7)}}
    record = {
        "format": runs.FORMAT, "version": 1, "status": "done", "started": f"{run.name[:10]}T10:00:00+00:00",
        "name": "Digits", "device": "cpu", "epochs": 30, "best": {"epoch": 9, "validation": reached},
        "test": reached, "settings": settings, "context": {"class_names": [str(n) for n in range(10)]},
    }  # fmt: skip
    runs.write_record(run, record)
    for epoch in range(1, 31):
        line = {"epoch": epoch, "step": 20 * epoch, "train": reached, "validation": reached, "seconds": 1.0}
        runs.append_metrics(run, line)


def timed(what: str, do: object) -> None:
    began = time.perf_counter()
    do()  # type: ignore[operator]
    print(f"{what:44} {1000 * (time.perf_counter() - began):8.1f} ms")


def panel(folder: Path) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from studio.app import stages
    from studio.app.runs import RunsPanel
    from studio.app.session import Session
    from studio.app.trainer import Trainer
    from studio.graph.model import Network, ProjectData

    application = QApplication.instance() or QApplication([])
    for stage in (stages.PROJECT, stages.ENGINE, stages.ALL):
        stage.end()
    session = Session()
    session.open(ProjectData("p", {"model": Network()}), folder.with_suffix(".json"))
    widget = RunsPanel(session, Trainer(session))
    widget.resize(1200, 300)

    def until_shown() -> None:
        widget.show()
        while not widget.table.topLevelItemCount():
            application.processEvents()
        application.processEvents()

    timed("panel: from showing it to its rows", until_shown)

    def searched() -> None:
        widget.search.setText("0.003")
        application.processEvents()

    timed("panel: a search", searched)

    def sorted_by_best() -> None:
        widget.table.sortByColumn(2, widget.table.header().sortIndicatorOrder())
        application.processEvents()

    timed("panel: sorting by the best", sorted_by_best)


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "p.runs"
        for n in range(number):
            make(folder, n)
        print(f"{number} runs of 30 epochs each")
        timed("index not there yet", lambda: runs.list_runs(folder))
        for _ in range(3):
            timed("index known", lambda: runs.list_runs(folder))
        (folder / index.FILE).write_bytes(b"broken" * 1000)
        timed("index broken", lambda: runs.list_runs(folder))
        panel(folder)


if __name__ == "__main__":
    main()
