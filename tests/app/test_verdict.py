"""What a run achieved, as the Runs panel shows it."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from studio.app.verdict import ConfusionView, VerdictView
from studio.training.appraisal import Verdict

VERDICT = Verdict(
    12,
    {"accuracy": 0.75, "f1_macro": 0.7},
    {"accuracy": (0.5, 1.0)},
    ((5, 1), (2, 4)),
    {"f1": (0.8, 0.6)},
)


def run(folder: Path, verdict: object) -> Path:
    folder.mkdir(exist_ok=True)
    record = {
        "format": "netloom-run",
        "version": 1,
        "verdict": verdict,
        "data": {"class_names": ["cat", "dog"]},
    }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def test_every_metric_stands_there_with_its_interval(qtbot: QtBot, tmp_path: Path) -> None:
    view = VerdictView()
    qtbot.addWidget(view)

    view.show_run(run(tmp_path / "r", {"test": VERDICT.to_json(), "validation": None}))
    qtbot.waitUntil(lambda: view.metrics.topLevelItemCount() == 2, timeout=10_000)

    rows = [[view.metrics.topLevelItem(i).text(c) for c in range(3)] for i in range(2)]
    assert rows == [["Accuracy", "75.0 %", "50.0 % – 100.0 %"], ["F1 (macro)", "0.700", ""]]
    f1 = view.metrics.topLevelItem(1)
    assert [f1.child(i).text(0) + f1.child(i).text(1) for i in range(2)] == ["cat0.800", "dog0.600"]
    assert view.part.count() == 1
    assert view.matrix.accessibleDescription() == "2 × dog taken for cat; 1 × cat taken for dog"


def test_a_run_without_a_verdict_hides_the_view(qtbot: QtBot, tmp_path: Path) -> None:
    view = VerdictView()
    qtbot.addWidget(view)
    view.show_run(run(tmp_path / "r", {"test": VERDICT.to_json()}))
    qtbot.waitUntil(lambda: not view.isHidden(), timeout=10_000)

    view.show_run(run(tmp_path / "old", None))

    qtbot.waitUntil(view.isHidden, timeout=10_000)


def test_a_square_of_the_matrix_says_what_it_is(qtbot: QtBot) -> None:
    matrix = ConfusionView()
    qtbot.addWidget(matrix)
    matrix.resize(400, 300)
    matrix.display(VERDICT, ("cat", "dog"))
    cell = matrix.cell()

    def at(i: int, j: int) -> str:
        return matrix.told_at(QPoint(int(84 + (j + 0.5) * cell), int(34 + (i + 0.5) * cell)))

    assert at(0, 0) == "cat: 5 right, 83.3 % of them"
    assert at(1, 0) == "2 × dog taken for cat (33.3 %)"
    assert matrix.told_at(QPoint(2, 2)) == ""
