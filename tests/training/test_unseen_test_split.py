"""Test data are looked at when a run is done or somebody asks: whatever they are, all before is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.app.settings_panel import augmentation_preview, preview
from studio.app.tasks import Ticket
from studio.data.prepare import prepare
from studio.data.sources import KINDS
from studio.graph.model import ProjectData
from studio.insight.data_look.look import look as data_page
from studio.training import folds, lr_range, proposals, runs
from studio.training.commands import Commands
from studio.training.run import train
from studio.training.search.space import read as read_search
from studio.training.search.study import Study, Told

from .conftest import chain


def project(path: Path, tests: list[tuple[float, str]]) -> ProjectData:
    """A table whose column `part` gives rows for testing; `tests` are what stands in those."""
    known = [(i * 7 % 50 / 10, "train" if i % 5 else "val", "xy"[(i * 7 % 50) > 25]) for i in range(100)]
    rows = [*known, *((height, "test", kind) for height, kind in tests)]
    path.write_text("height,part,kind\n" + "".join(f"{h},{p},{k}\n" for h, p, k in rows))
    reading = KINDS["table"].look(path, {"target": "kind"})
    reading["columns"] = [
        {**column, "type": "left out"} if column["name"] == "part" else column
        for column in reading["columns"]  # type: ignore[union-attr]
    ]
    data = {
        "source": "table",
        "root": str(path),
        "reading": reading,
        "split": {"by": "given", "given": "part"},
        "augmentation": [{"type": "noise"}],
    }
    training = {"epochs": 4, "batch_size": 16, "patience": 2, "schedule": "ReduceLROnPlateau"}
    network = chain(("fc", "nn.Linear", {}))
    search = {"space": {"training.optimizer.lr": {"choices": [0.1, 0.01]}}, "sampler": "grid", "trials": 2}
    settings = {"data": data, "training": training, "search": search}
    return ProjectData("Plants", {"model": network}, settings)


@pytest.fixture
def both(tmp_path: Path) -> tuple[ProjectData, ProjectData]:
    """Two projects that differ in nothing but the values of rows for testing."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    return (
        project(tmp_path / "a" / "plants.csv", [(i / 3, "xy"[i % 2]) for i in range(20)]),
        project(tmp_path / "b" / "plants.csv", [(1e6 * i, "yx"[i % 2]) for i in range(20)]),
    )


def without_places(found: Any) -> Any:
    """What was found, as text, without what names the folder."""
    return repr(found).replace("/a/", "/b/")


def test_the_two_projects_differ_in_their_test_data_alone(both: tuple[ProjectData, ProjectData]) -> None:
    one, other = (prepare(made.data) for made in both)

    assert not torch.equal(one.test.x, other.test.x) and not torch.equal(one.test.y, other.test.y)
    assert one.preprocessing.to_json() == other.preprocessing.to_json()
    for part in ("train", "validation"):
        assert torch.equal(getattr(one, part).x, getattr(other, part).x)


def test_previews_the_data_page_and_proposals_do_not_look(both: tuple[ProjectData, ProjectData]) -> None:
    ticket = Ticket(lambda share, text: None)

    def seen(made: ProjectData) -> Any:
        section = dict(made.data)
        changed = augmentation_preview.look(ticket, section, None, 0, None)
        return (
            preview.read(ticket, section, None, False),
            (changed.columns, changed.cells),
            proposals.facts_of(made, None),
            data_page(made),
        )

    assert without_places(seen(both[0])) == without_places(seen(both[1]))


def test_a_run_learns_stops_and_keeps_the_same(both: tuple[ProjectData, ProjectData], tmp_path: Path) -> None:
    one, other = (train(made, None, tmp_path / name) for made, name in zip(both, "ab", strict=True))

    assert one.best == other.best and one.test != other.test
    for name in ("best.safetensors", "last.safetensors", "steps.safetensors"):
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes()
    records = [runs.open_run(result.folder).record for result in (one, other)]
    assert records[0]["verdict"]["validation"] == records[1]["verdict"]["validation"]
    assert records[0]["test"] and records[0]["verdict"]["test"]


def test_the_rate_finder_does_not_look(both: tuple[ProjectData, ProjectData], tmp_path: Path) -> None:
    found = [lr_range.find(made, None, tmp_path) for made in both]

    assert found[0].losses == found[1].losses


def test_trials_of_a_search_are_not_judged_on_test_data(
    both: tuple[ProjectData, ProjectData], tmp_path: Path
) -> None:
    def scores(made: ProjectData, folder: Path) -> list[Any]:
        study = Study(made, read_search(made), folder)
        study.run(None, Commands(), Told())
        for run in runs.list_runs(folder):
            record = runs.open_run(run.folder).record
            assert record["test"] is None and set(record["verdict"]) == {"validation"}
        return [(dict(trial.values), trial.score) for trial in study.trials()]

    assert scores(both[0], tmp_path / "a") == scores(both[1], tmp_path / "b")


def test_folds_are_not_judged_on_test_data(both: tuple[ProjectData, ProjectData], tmp_path: Path) -> None:
    found = [
        folds.validate(made, None, tmp_path / name, 3, Commands())
        for made, name in zip(both, "ab", strict=True)
    ]

    assert [result.best for result in found[0]] == [result.best for result in found[1]]
    assert all(not result.test for results in found for result in results)
