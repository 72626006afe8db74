"""Tables taken a piece at a time: the rows are those of the whole, and what is no row is named."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.data import table_pieces, table_rows, text_files
from studio.data.faults import SKIP
from studio.data.prepare import prepare
from studio.data.source import DataError, Place
from studio.data.sources import series, table, text
from studio.data.text_files import Form

FIELDS = st.text(st.sampled_from('ab ",\n1.5é北'), max_size=6)


@settings(max_examples=80)
@given(
    rows=st.lists(st.lists(FIELDS, min_size=3, max_size=3), min_size=1, max_size=9),
    block=st.integers(1, 40),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_pieces_together_are_the_table(
    tmp_path_factory: pytest.TempPathFactory, rows: list, block: int, encoding: str, end: str
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "t.csv"
    written = io.StringIO()
    csv.writer(written, lineterminator=end).writerows([["p", "q", "r"], *rows])
    path.write_bytes(written.getvalue().encode(encoding))
    said = csv.reader(io.StringIO(written.getvalue(), newline=""), skipinitialspace=True)
    expected = [[field.replace("\r\n", "\n") for field in row] for row in said][1:]
    before, table_pieces.BLOCK = table_pieces.BLOCK, block
    try:
        opened = table_pieces.opened(path, Form(encoding, ",", True))
        found = [table_rows.read(piece, opened.names).texts for piece in table_pieces.pieces(opened)]
    finally:
        table_pieces.BLOCK = before

    assert [row for frame in found for row in frame.to_numpy().tolist()] == expected


@settings(max_examples=150)
@given(
    text=st.text(st.sampled_from('ab ",,,\n\n1.5é\t'), max_size=60),
    block=st.integers(1, 40),
    header=st.booleans(),
)
def test_rows_are_those_that_csv_tells_apart(
    tmp_path_factory: pytest.TempPathFactory, text: str, block: int, header: bool
) -> None:
    path = tmp_path_factory.mktemp("rows") / "t.csv"
    path.write_text(f"p,q\n{text}", encoding="utf-8")
    ended = text.removesuffix("\n") + "\n"
    reader, begins = csv.reader(io.StringIO(f"p,q\n{ended}", newline=""), skipinitialspace=True), 1
    whole, others = {}, {}
    for row in reader:
        if row and (len(row) > 1 or row[0].strip()):
            (whole if len(row) == 2 else others)[begins] = row
        begins = reader.line_num + 1
    before, table_pieces.BLOCK = table_pieces.BLOCK, block
    try:
        opened = table_pieces.Table(path, Form("utf-8", ",", header), ("p", "q"), csv.QUOTE_MINIMAL)
        found = [table_rows.read(piece, opened.names) for piece in table_pieces.pieces(opened)]
    finally:
        table_pieces.BLOCK = before

    rows = {
        line: row for some in found for line, row in zip(some.lines, some.texts.values.tolist(), strict=True)
    }
    if header:
        del whole[1]
    assert rows == whole
    assert {line for some in found for line in some.faults} == set(others)


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["a,b,y", *(f"{i},{i % 3}.5,{i * 2}.25" for i in range(40)), *lines]) + "\n")
    return path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1,2", "line 42: it has 2 fields where 3 are expected"),
        ("1,2,3,4", "line 42: it has 4 fields where 3 are expected"),
        ("1,2\0,3", "line 42: it holds a zero byte"),
        ("1,wide,3", "line 42: 'wide' in the column b is no number"),
        ("1,1e50,3", "line 42: '1e50' in the column b is no number"),
        ("1,inf,3", "line 42: 'inf' in the column b is no number"),
    ],
)
def test_a_faulty_row_is_stopped_at_or_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, said: str
) -> None:
    monkeypatch.setattr(text_files, "HEAD", 200)
    path = written(tmp_path / "t.csv", line, "7,7,7")
    told = {"target": "y", "columns": [{"name": n, "type": "number"} for n in "aby"]}

    reading = table.look(path, told)

    assert reading["faulty"]["count"] == 1 and reading["rows"] in (41, 42)
    with pytest.raises(DataError, match=said):
        prepare({"source": "table", "root": str(path), "reading": reading})
    skipped = table.look(path, {**told, "faults": SKIP})
    data = prepare({"source": "table", "root": str(path), "reading": skipped})
    assert len(data.train) + len(data.validation) + len(data.test) == skipped["rows"] == 41
    assert data.faults.count == 1 and said in f"{data.faults.first[0].said}"


def test_a_column_of_numbers_with_a_text_stays_one_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{i * 1.5},{i % 2}\n" for i in range(200)) + "about 7,1\n")

    reading = table.look(path, {})

    assert reading["columns"][0] == {"name": "a", "type": "number"}
    assert reading["faulty"]["count"] == 1


def test_a_class_of_one_row_is_stopped_at_or_skipped(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,sort\n" + "".join(f"{i * 1.5},{'xy'[i % 2]}\n" for i in range(40)) + "1,z\n")
    section = {"source": "table", "root": str(path), "reading": table.look(path, {"target": "sort"})}

    with pytest.raises(DataError, match="line 42: it is the only example of the class z"):
        prepare(section)
    section["reading"]["faults"] = SKIP
    data = prepare(section)
    assert len(data.train) + len(data.validation) + len(data.test) == 40


def test_a_file_that_changes_while_it_is_read_stops_it(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv")

    def meddle(_: float) -> None:
        path.write_text("a,b,y\n1,2,3\n")

    reading = table.look(path, {})
    with pytest.raises(DataError, match=r"t\.csv changed while it was read"):
        table.load(Place(path, watch=meddle), {**reading, "faults": SKIP})


def test_a_quote_that_is_never_closed_is_said_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "t.csv", '1,"2,3', *["1,2,3"] * 200)
    monkeypatch.setattr(table_pieces, "BLOCK", 64)
    monkeypatch.setattr(table_pieces, "LONGEST_ROW", 256)

    with pytest.raises(DataError, match=r"line 42: .*a quote in it is never closed"):
        table.look(path, {})


@pytest.mark.parametrize("seed", range(3))
def test_numbers_are_those_that_pandas_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    frame = pandas.DataFrame(rng.normal(size=(500, 4)), columns=list("abcy"))
    frame[frame > 1.5] = np.nan
    frame["y"] = rng.normal(size=500)
    frame.to_csv(tmp_path / "t.csv", index=False)
    monkeypatch.setattr(table_pieces, "BLOCK", 1000)

    raw = table.load(Place(tmp_path / "t.csv"), table.look(tmp_path / "t.csv", {}))

    theirs = pandas.read_csv(tmp_path / "t.csv").to_numpy(np.float32)
    assert torch.equal(torch.cat([raw.x, raw.y], 1).nan_to_num(9), torch.from_numpy(theirs).nan_to_num(9))


def test_more_rows_than_there_were_find_room(tmp_path: Path) -> None:
    reading = table.look(written(tmp_path / "t.csv"), {})

    raw = table.load(Place(written(tmp_path / "t.csv", *["1,2,3"] * 30)), reading)

    assert len(raw.x) == len(raw.y) == 70 and raw.place(69) is not None


def test_texts_and_series_name_short_rows_too(tmp_path: Path) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text(
        "label,text\n" + "some,words that say a lot here\nother,of which some are new\n" * 20 + "some\n"
    )
    steps = tmp_path / "steps.csv"
    steps.write_text("day,n\n" + "".join(f"2020-01-{i:02},{i}\n" for i in range(1, 31)) + "2020-02-01,many\n")

    for path, kind, said in ((texts, text, "line 42: it has 1 fields"), (steps, series, "line 32: 'many'")):
        with pytest.raises(DataError, match=said):
            kind.load(Place(path), kind.look(path, {}))
        raw = kind.load(Place(path), kind.look(path, {"faults": SKIP}))
        assert raw.faults.count == 1


def numbers_of(path: Path, *rows: str) -> np.ndarray:
    """What is read of the column a, in a table with a column y of zeros."""
    path.write_text("a,y\n" + "".join(f"{row},0\n" for row in rows), encoding="utf-8")
    columns = [{"name": name, "type": "number"} for name in "ay"]
    form = {"encoding": "utf-8", "separator": ",", "header": True}
    return table.load(Place(path), {**form, "rows": len(rows), "target": "y", "columns": columns}).x.numpy()[
        :, 0
    ]


@settings(max_examples=40)
@given(
    st.lists(
        st.floats(-(10.0**30), 10.0**30).map(repr)
        | st.integers(-(2**70), 2**70).map(str)
        | st.decimals(-1000, 1000, places=3).map(str),
        min_size=1,
        max_size=30,
    )
)
def test_a_number_is_the_nearest_to_what_is_written(
    tmp_path_factory: pytest.TempPathFactory, written: list[str]
) -> None:
    found = numbers_of(tmp_path_factory.mktemp("numbers") / "t.csv", *written)

    np.testing.assert_array_equal(found, np.array([float(text) for text in written], np.float32))


def test_spaces_signs_and_quotes_around_a_number_are_no_part_of_it(tmp_path: Path) -> None:
    found = numbers_of(tmp_path / "t.csv", "  1.5", "2.5 ", '"3.5"', ' "4.5"', "007", "1E3", ".5", "5.")
    np.testing.assert_array_equal(found, np.array([1.5, 2.5, 3.5, 4.5, 7, 1000, 0.5, 5], np.float32))
    found = numbers_of(tmp_path / "t.csv", "+1.5", "-2", "NA", " ?", '"NULL"', "")
    np.testing.assert_array_equal(found, np.array([1.5, -2, *[np.nan] * 4], np.float32))


def test_lines_are_those_of_the_file_behind_quoted_line_ends_and_empty_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('\nname,y\n"a\nb",1\n\n  \n"c, d",2\n"e\n\nf"\ng,3\n')
    opened = table_pieces.opened(path, Form("utf-8", ",", True))

    [rows] = [table_rows.read(piece, ["name"], ["y"]) for piece in table_pieces.pieces(opened)]

    assert rows.texts["name"].tolist() == ["a\nb", "c, d", "g"] and rows.lines.tolist() == [3, 7, 11]
    assert rows.numbers is not None and rows.numbers[:, 0].tolist() == [1, 2, 3]
    assert [*rows.faults] == [8] and "1 fields where 2" in str(rows.faults[8])


def test_a_sign_of_another_encoding_is_said_with_its_line_in_any_column(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv")
    reading = table.look(path, {})
    path.write_bytes(path.read_bytes() + b"1,\xff,3\n1,2,3\n")
    types = {"a": "number", "b": "left out", "y": "number"}
    reading["columns"] = [{"name": name, "type": type_} for name, type_ in types.items()]

    with pytest.raises(DataError, match="line 42: it is not written in utf-8"):
        table.load(Place(path), {**reading, "faults": SKIP})


def test_lines_of_rows_are_kept_as_runs() -> None:
    lines = table_rows.Lines()
    given_lines = [np.array([2, 3, 5]), np.array([6, 7]), np.array([], np.int64), np.array([20])]
    for some in given_lines:
        lines.add(some)

    expected = np.concatenate(given_lines).tolist()
    assert lines.all().tolist() == expected == [lines.of(row) for row in range(len(lines))]
