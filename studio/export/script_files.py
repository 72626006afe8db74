"""How a training script reads a person's own files, as text: tables, texts in a table, folders of images.

What looking at the file found stands in constants at the head of the script. Like those of `script_parts`,
each function does what the source does that it is written for, in the same order.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.compiler import layout
from studio.data import faults, text_files
from studio.data.pictures import ENDINGS
from studio.data.settings import BY_COLUMN, DataSettings
from studio.data.sources import KINDS as KNOWN
from studio.data.sources import images, series, table, text
from studio.data.table_columns import CATEGORY, DATE, MISSING
from studio.data.text_files import Form
from studio.export.script_plan import Plan
from studio.words import Message

_MISSING = f'MISSING = ["", *"{" ".join(sorted(MISSING - {""}))}".split()]'
KINDS = ("table", "text", "images", "series")
"""the kinds of a person's own files that a script can read"""

READ = '''
def rows() -> pandas.DataFrame:
    """The fields of the file as text{those}."""
    table = pandas.read_csv(
        ROOT,
        dtype=str,
        keep_default_na=False,
        skipinitialspace=True,
        index_col=False,
{form}
    )
    table.columns = {names}
    return {kept}
'''
SERIES = '''
def load() -> tuple[Tensor, Tensor]:
    """Windows (N, WINDOW, {width}) and what comes after them (N, {outputs})."""
    table = rows()
    columns = [pandas.to_numeric(table[name]).to_numpy(float) for name in COLUMNS]
    series = torch.from_numpy(np.stack(columns, 1)).float()
    windows = series[:-HORIZON].unfold(0, WINDOW, 1).transpose(1, 2)
    targets = series[WINDOW:, [COLUMNS.index(name) for name in TARGETS]]
    ahead = targets.unfold(0, HORIZON, 1).transpose(1, 2)
    return windows.contiguous(), ahead.flatten(1)
'''
TABLE = '''
def load() -> tuple[Tensor, Tensor{more}]:
    """Rows (N, {width}): categories as places, NaN where nothing stands; {targets}."""
    table = rows()
{columns}
    x = torch.from_numpy(np.stack(columns, 1)).float()
    y = torch.from_numpy(numbers(table[TARGET], {labels}))
    return x, y.{kind}{column}


def numbers(column: pandas.Series, values: list[str]) -> np.ndarray:
    """A column as numbers, that of a category as places among its `values`."""
    missing = column.isin(MISSING)
    if not values:
        return pandas.to_numeric(column.mask(missing)).to_numpy(float)
    places = pandas.Index(values).get_indexer(column).astype(float)
    if (places[~missing] < 0).any():
        raise ValueError(f"{{column.name}} has a value that is none of {{values}}")
    return np.where(missing, np.nan, places)
'''
DAYS = '''
def days(column: pandas.Series) -> np.ndarray:
    """A column of dates as days since the beginning of 2000."""
    said = column.mask(column.isin(MISSING)).str.strip().str.removesuffix("Z")
    said = said.str[:10].str.replace("[/.]", "-", regex=True) + said.str[10:]
    since = pandas.to_datetime(said, format="mixed") - pandas.Timestamp("2000-01-01")
    return (since / pandas.Timedelta(days=1)).to_numpy(float)
'''
TEXTS = '''
def load() -> tuple[list[str], Tensor{more}]:
    """The texts and their classes (N,)."""
    table = rows()
    texts = [said[:CHARACTERS] for said in table[TEXT]]
    y = torch.tensor([LABELS.index(name) for name in table[TARGET]])
    return texts, y{column}


def tokens(said: str) -> list[str]:
    """{cut}"""
    return {tokens}


def vocabulary(texts: Sequence[str]) -> dict[str, int]:
    """The numbers of the most frequent tokens; 0 fills up, 1 is a token not known."""
    counts = Counter(token for said in texts for token in tokens(said))
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return {{token: number for number, token in enumerate(ranked[: WORDS - 2], 2)}}


def numbered(texts: Sequence[str], known: dict[str, int]) -> Tensor:
    """The numbers of the tokens of each text, (N, LENGTH)."""
    found = torch.zeros(len(texts), LENGTH, dtype=torch.int64)
    for row, said in zip(found, texts, strict=True):
        kept = [known.get(token, 1) for token in tokens(said){kept}]
        row[{side}] = torch.tensor(kept)
    return found
'''
IMAGES = '''
def load({given}) -> tuple[Tensor, Tensor]:
    """Images (N, {channels}, HEIGHT, WIDTH) as they are stored, 0 to 255, and classes (N,)."""
    images, labels = [], []
    for label, name in enumerate(LABELS):
        for file in pictures({home} / name):
            images.append(decoded(file))
            labels.append(label)
    return torch.stack(images), torch.tensor(labels)
{part}

def pictures(folder: Path) -> list[Path]:
    """The files of images below a folder, in the order of their paths."""
    found = [f for f in sorted(folder.rglob("*")) if f.suffix.lower() in ENDINGS]
    return [f for f in found if {there}]


def decoded(file: Path) -> Tensor:
    """({channels}, HEIGHT, WIDTH) uint8, turned as the camera says."""
    with Image.open(file) as opened:
        image = ImageOps.exif_transpose(opened).convert("{mode}")
    if image.size != (WIDTH, HEIGHT):
        image = image.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, dtype=np.uint8).reshape(HEIGHT, WIDTH, {channels})
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())
'''
PART = '''

def part(train: bool) -> Path:
    """The folder of those that train, or of those that test."""
    names = {training} if train else {testing}
    return next(f for f in sorted(Path(ROOT).iterdir()) if f.name.lower() in names)
'''
_WORDS = '"[㐀-鿿豈-﫿]|[^\\\\W_]+(?:[\'’][^\\\\W_]+)*|[^\\\\w\\\\s]"'


def refusal(data: DataSettings, reading: Mapping[str, Any]) -> Message | None:
    """What of a file, as it was looked at, no script reads yet; None where one can."""
    if data.source not in KINDS or (data.source == "text" and not reading.get("separator")):
        return Message(
            "A training script cannot read {kind} yet: of your own files it reads tables, texts and series "
            "in CSV files, and images in a folder for each class.",
            kind=KNOWN[data.source].title,
        )
    if data.source != "images" and faults.mode(reading) == faults.SKIP:
        return Message(
            "A training script skips no faulty rows. Mend the file, and let faults stop the reading "
            "(data.reading.faults)."
        )
    if reading.get("separator") == "\t" and not Path(str(data.root)).is_file():
        return Message(
            "How quotes are meant in {path}, whose fields are parted by tabs, is seen from the file, and it "
            "is not there. Write the training script where the file lies.",
            path=data.root,
        )
    if data.source == "images" and str(data.root).lower().endswith(".zip"):
        return Message(
            "A training script reads images in folders. Unpack {file} and choose the folder.", file=data.root
        )
    if data.source == "images" and (
        data.split.by in BY_COLUMN or (data.split.by is None and data.info.parted)
    ):
        return Message(
            "A training script draws the parts of images by chance or by class, not as their folders say. "
            "Set data.split.by to stratified or random first."
        )
    if data.source == "text" and data.augmentation:
        return Message("A training script does not change texts at random. Take data.augmentation out first.")
    return None


# -- constants -----------------------------------------------------------------------------------


def constants(plan: Plan) -> Iterator[str]:
    """The lines at the head of the script that say what the file holds."""
    match plan.data.source:
        case "table":
            found = table.read(plan.reading)
            columns = tuple(layout.led(f"{_text(c.name)}: ", _group(c.values)) for c in found.inputs)
            yield from layout.lines(layout.Group("", columns, "dict"), "", "COLUMNS = ")
            yield f"TARGET = {_text(found.target.name)}"
            if dates := [column.name for column in found.inputs if column.type == DATE]:
                yield from _list("DATES", dates)
            if found.target.type == CATEGORY:
                yield from _list("LABELS", found.target.values)
            yield _MISSING
        case "text":
            texts, cut = text.read(plan.reading), plan.cut
            yield f"TEXT = {_text(texts.text)}"
            yield f"TARGET = {_text(texts.target)}"
            yield from _list("LABELS", texts.classes)
            yield _MISSING
            yield f"CHARACTERS = {texts.characters}"
            yield f"LENGTH = {cut.length}"
            yield f"WORDS = {cut.size}"
        case "series":
            windows = series.read(plan.reading)
            yield from _list("COLUMNS", windows.columns)
            yield from _list("TARGETS", windows.targets)
            yield f"WINDOW, HORIZON = {windows.window}, {windows.horizon}"
        case "images":
            folder = images.read(plan.reading)
            yield from _list("LABELS", folder.classes)
            yield f"HEIGHT, WIDTH = {folder.size[0]}, {folder.size[1]}"
            yield from _list("ENDINGS", sorted(ENDINGS))
            if folder.left_out:
                yield from _list("LEFT_OUT", folder.left_out)


def _list(name: str, values: Sequence[str]) -> list[str]:
    return layout.lines(_group(values), "", f"{name} = ")


def _group(values: Sequence[str]) -> layout.Group:
    return layout.Group("", tuple(map(_text, values)), "list")


def _text(value: str) -> str:
    """A string as `ruff format` quotes it: so that the fewest quotes in it are escaped."""
    plain = layout.text(value)
    if value.count('"') <= value.count("'"):
        return plain
    return "'" + plain[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


# -- functions -----------------------------------------------------------------------------------


def loader(plan: Plan) -> Iterator[str]:
    """The functions that read the file, `load` among them."""
    match plan.data.source:
        case "table":
            found = table.read(plan.reading)
            yield _rows(found.form, plan)
            category = found.target.type == CATEGORY
            dated = any(column.type == DATE for column in found.inputs)
            read = "numbers(table[name], values)"
            read = f"days(table[name]) if name in DATES else {read}" if dated else read
            each = layout.Group("", (read, "for name, values in COLUMNS.items()"), "comprehension")
            yield TABLE.format(
                columns="\n".join(layout.lines(each, "    ", "columns = ")),
                width=len(found.inputs),
                targets="classes (N,)" if category else "targets (N, 1)",
                labels="LABELS" if category else "[]",
                kind="long()" if category else "float().unsqueeze(1)",
                **_beside(plan),
            ).strip("\n")
            if dated:
                yield DAYS.strip("\n")
        case "text":
            texts = text.read(plan.reading)
            yield _rows(Form(texts.encoding, texts.separator, texts.header), plan)
            yield _texts(plan)
        case "series":
            windows = series.read(plan.reading)
            yield _rows(Form(windows.encoding, windows.separator, windows.header), plan)
            yield SERIES.format(width=len(windows.columns), outputs=plan.info.outputs).strip("\n")
        case "images":
            yield _images(plan)


def _beside(plan: Plan) -> dict[str, str]:
    """What `load` gives besides where the data are parted by a column."""
    if plan.column is None:
        return {"more": "", "column": ""}
    return {"more": ", pandas.Series", "column": ", table[SPLIT_BY]"}


def _rows(form: Form, plan: Plan) -> str:
    said = [f"sep={layout.text(form.separator)},"]
    if form.encoding != "utf-8":
        said.append(f"encoding={layout.text(form.encoding)},")
    if not form.header:
        said.append("header=None,")
    if text_files.quoting_of(Path(str(plan.data.root)), form.encoding, form.separator) == csv.QUOTE_NONE:
        said.append("quoting=3,  # quotes are signs like others")
    names = "[name.strip() for name in table.columns]"
    if not form.header:
        names = '[f"column {i + 1}" for i in range(table.shape[1])]'
    lines = "\n".join(f"        {line}" for line in said)
    of_time = plan.data.source == "series"
    return READ.format(
        form=lines,
        names=names,
        those="" if of_time else ", those rows that have a target",
        kept="table" if of_time else "table[~table[TARGET].isin(MISSING)]",
    ).strip("\n")


def _texts(plan: Plan) -> str:
    cut = plan.cut
    heard = "said.lower()" if cut.lower else "said"
    by_words = cut.by == "words"
    found = TEXTS.format(
        cut="Its words; a Chinese character and a sign is one too." if by_words else "Its characters.",
        tokens=f"re.findall({_WORDS}, {heard})".replace("\\\\", "\\") if by_words else f"list({heard})",
        kept="[-LENGTH:]" if cut.last else "[:LENGTH]",
        side="LENGTH - len(kept) :" if cut.before else ": len(kept)",
        **_beside(plan),
    )
    return found.replace('re.findall("', 're.findall(r"').strip("\n")


def _images(plan: Plan) -> str:
    folder = images.read(plan.reading)
    parted = bool(folder.test_samples)
    home = "part(train)" if parted else "Path(ROOT)"
    there = "f.is_file()"
    if folder.left_out:
        there = "f.relative_to(ROOT).as_posix() not in LEFT_OUT"
    training, testing = (
        f"({', '.join(map(layout.text, names))})"
        for names in (tuple(n for n in images.TRAINING if n not in images.VALIDATING), images.TESTING)
    )
    return IMAGES.format(
        given="train: bool" if parted else "",
        channels=folder.channels,
        mode="L" if folder.channels == 1 else "RGB",
        home=home,
        there=there,
        part=PART.format(training=training, testing=testing) if parted else "",
    ).strip("\n")


def needs(plan: Plan) -> list[str]:
    """The imports of those functions."""
    match plan.data.source:
        case "table" | "series":
            return ["import numpy as np", "import pandas"]
        case "text":
            more = ["import re"] if plan.cut.by == "words" else []
            return ["import pandas", "from collections import Counter", *more]
        case "images":
            return ["import numpy as np", "from pathlib import Path", "from PIL import Image, ImageOps"]
    return []
