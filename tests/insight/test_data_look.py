"""What is said of data before anything learns from it, held against pandas and against data made for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from studio.data.sources import KINDS
from studio.graph.model import ProjectData
from studio.insight.data_look.facts import Look
from studio.insight.data_look.look import look

ROWS = 400
Looking = Callable[..., Look]


def project(
    source: str, root: Path | None = None, training: dict[str, Any] | None = None, **data: Any
) -> ProjectData:
    section: dict[str, Any] = {"source": source, **data}
    if root is not None:
        section |= {"root": str(root), "reading": KINDS[source].look(root, data.pop("told", {}))}
        section.pop("told", None)
    return ProjectData(settings={"data": section, "training": training or {}})


@pytest.fixture
def patients() -> pandas.DataFrame:
    """A table with one of each oddity; "ill" is told by "age" in part, and by "treated" alone."""
    random = np.random.default_rng(0)
    age = random.normal(50, 12, ROWS).round(1)
    ill = np.where(age + random.normal(0, 12, ROWS) > 62, "yes", "no")
    return pandas.DataFrame(
        {
            "PatientId": 1000 + random.permutation(ROWS),
            "age": age,
            "weight": np.where(np.arange(ROWS) == 7, 9000, random.normal(70, 10, ROWS).round(1)),
            "pounds": 0.0,
            "ward": random.integers(1, 4, ROWS),
            "town": random.choice(["Ulm", "Bonn", "Jena"], ROWS),
            "mood": np.where(random.random(ROWS) < 0.5, "", random.choice(["up", "down"], ROWS)),
            "treated": np.where(ill == "yes", "pill", "none"),
            "ill": ill,
        }
    ).assign(pounds=lambda frame: (frame.age * 2.2).round(3))


@pytest.fixture
def written(tmp_path: Path) -> Callable[[pandas.DataFrame], Path]:
    def write(frame: pandas.DataFrame) -> Path:
        file = tmp_path / "patients.csv"
        frame.to_csv(file, index=False)
        return file

    return write


def codes(seen: Look) -> set[tuple[str, str]]:
    return {(finding.code, finding.place) for finding in seen.findings}


def test_each_oddity_of_a_table_is_found_where_it_is(
    patients: pandas.DataFrame, written: Callable[[pandas.DataFrame], Path]
) -> None:
    seen = look(project("table", written(patients)))

    assert codes(seen) >= {
        ("identifier", "PatientId"),
        ("leak", "treated"),
        ("twin", "pounds"),
        ("codes", "ward"),
        ("gaps", "mood"),
        ("outliers", "weight"),
    }
    assert not {"town", "age"} & {finding.place for finding in seen.findings}
    assert [f.severity for f in seen.findings] == sorted((f.severity for f in seen.findings), reverse=True)


def test_columns_are_described_as_pandas_describes_them(
    patients: pandas.DataFrame, written: Callable[[pandas.DataFrame], Path]
) -> None:
    told = {"target": "age"}
    kept = {"validation": 0.0, "test": 0.0, "seed": 0}
    seen = look(project("table", written(patients), told=told, split=kept))
    by_name = {column.name: column for column in seen.columns}

    assert seen.counts == (ROWS, 0, 0) and seen.target == "age"
    weight, mood = by_name["weight"], by_name["mood"]
    assert (weight.low, weight.middle, weight.high) == pytest.approx(
        tuple(patients.weight.quantile(q) for q in (0, 0.5, 1)), rel=1e-6
    )
    assert weight.relation == pytest.approx(patients.weight.corr(patients.age), abs=1e-5)
    assert by_name["pounds"].relation == pytest.approx(1.0, abs=1e-4) and by_name["pounds"].correlated
    assert mood.missing == int((patients.mood == "").sum())
    assert dict(mood.top) == patients.mood[patients.mood != ""].value_counts().to_dict()
    assert sum(weight.bins) == ROWS and by_name["age"].target


def test_a_constant_column_that_is_asked_for_is_warned_of(
    patients: pandas.DataFrame, written: Callable[[pandas.DataFrame], Path]
) -> None:
    file = written(patients.assign(town="Ulm"))
    told = {"columns": [{"name": "town", "type": "category"}]}

    assert ("constant", "town") in codes(look(project("table", file, told=told)))
    assert ("constant", "town") not in codes(look(project("table", file)))


def test_a_cure_takes_its_cause_away(
    patients: pandas.DataFrame, written: Callable[[pandas.DataFrame], Path]
) -> None:
    file = written(patients)
    for code in ("identifier", "leak", "twin", "codes", "gaps"):
        finding = next(f for f in look(project("table", file)).findings if f.code == code)
        told = finding.cures[0].told
        assert told is not None
        reading = KINDS["table"].look(file, {"target": "ill", **told})
        again = ProjectData(settings={"data": {"source": "table", "root": str(file), "reading": reading}})
        assert (code, finding.place) not in codes(look(again))


def test_samples_that_come_again_are_counted_in_and_between_the_parts(
    patients: pandas.DataFrame, written: Callable[[pandas.DataFrame], Path]
) -> None:
    twice = pandas.concat([patients, patients.head(40), patients.head(20).assign(ill="unknown")])
    seen = look(project("table", written(twice), told={"columns": [{"name": "treated", "type": "left out"}]}))

    found = {f.code: f for f in seen.findings}
    assert {"duplicates", "contradictions"} <= found.keys()
    assert {f.place for f in seen.findings if f.code == "shared"} == {"Validation", "Test"}
    path, value = found["shared"].cures[0].settings[0]
    told = {"columns": [{"name": "treated", "type": "left out"}]}
    once = look(project("table", written(twice), told=told, **{path[1]: value}))
    assert not {"duplicates", "contradictions", "shared"} & {f.code for f in once.findings}
    assert sum(once.counts) == len(patients)


def test_of_the_test_split_no_label_is_looked_at(
    patients: pandas.DataFrame, written: Callable[[pandas.DataFrame], Path]
) -> None:
    """Other labels of the rows that test, and nothing else is said."""
    parted = patients.assign(part=["test" if i % 4 == 0 else "train" for i in range(ROWS)])
    split = {"by": "given", "given": "part", "validation": 0.1}
    told = {"target": "ill", "columns": [{"name": "part", "type": "left out"}]}
    one = look(project("table", written(parted), told=told, split=split))
    turned = parted.ill.mask(parted.part == "test", parted.ill.map({"yes": "no", "no": "yes"}))
    other = look(project("table", written(parted.assign(ill=turned)), told=told, split=split))

    assert one.counts[2] == ROWS // 4
    assert one == other


def test_classes_with_few_samples_and_of_unequal_size_are_named(
    patients: pandas.DataFrame, written: Callable[[pandas.DataFrame], Path]
) -> None:
    rare = patients.assign(ill=["no"] * (ROWS - 4) + ["yes"] * 4)
    seen = look(project("table", written(rare), split={"by": "random", "validation": 0.1, "test": 0.1}))

    assert ("few", "yes") in codes(seen)
    unbalanced = next(f for f in seen.findings if f.code == "unbalanced")
    assert unbalanced.cures[0].settings == ((("training", "class_weights"), "balanced"),)
    assert sum(c.train + c.validation for c in seen.classes) == seen.of


def test_pictures_that_do_not_open_or_show_nothing_are_told(tmp_path: Path) -> None:
    from PIL import Image

    random = np.random.default_rng(0)
    for i in range(60):
        file = tmp_path / "pets" / ("cat", "dog")[i % 2] / f"{i:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 255, (8, 8, 3), dtype=np.uint8) if i else np.zeros((8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(file)
    (tmp_path / "pets" / "cat" / "10.png").write_bytes(b"no picture")
    kept = {"validation": 0.1, "test": 0.0, "seed": 0}

    seen = look(project("images", tmp_path / "pets", split=kept))

    found = {f.code: f for f in seen.findings}
    assert {"broken", "blank"} <= found.keys() and "10.png" in found["broken"].detail
    assert [c.name for c in seen.columns] == ["Red", "Green", "Blue"]
    assert seen.samples[0].picture is not None and seen.samples[0].label in ("cat", "dog")


def test_texts_that_are_empty_or_cut_off_are_told(tmp_path: Path) -> None:
    rows = [
        f"{('good', 'bad')[i % 2]}\t{' '.join(f'word{i}x{j}' for j in range(5 + i % 40))}" for i in range(200)
    ]
    (tmp_path / "texts.tsv").write_text("kind\ttext\n" + "\n".join(rows) + "\n", encoding="utf-8")
    seen = look(project("text", tmp_path / "texts.tsv", told={"length": 20}))

    cut = next(f for f in seen.findings if f.code == "cut")
    assert cut.cures[0].settings[0][1]["length"] > 35
    assert seen.columns[0].name == "Length in words" and seen.samples[0].text.startswith("word")


@pytest.mark.parametrize("source", ["iris", "digits", "two_moons", "diabetes", "shapes", "cartpole"])
def test_data_that_come_with_the_program_are_looked_at(source: str) -> None:
    seen = look(project(source))

    assert sum(seen.counts) > 0 and not [f for f in seen.findings if f.severity == "warning"]
    assert bool(seen.samples) == (source != "cartpole")


def test_a_look_can_be_ended(patients: pandas.DataFrame, written: Callable[[pandas.DataFrame], Path]) -> None:
    class EnoughError(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.5:
            raise EnoughError

    with pytest.raises(EnoughError):
        look(project("table", written(patients)), watch=stop)
