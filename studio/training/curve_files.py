"""The numbers of runs for other programs: a table (CSV), and TensorBoard's event files."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from studio.project import atomic
from studio.training import labels, runs
from studio.words import Message, NetloomError

SPLITS = ("train", "validation")


class CurveFileError(NetloomError):
    """The numbers of a run could not be written for another program."""


def csv_text(folders: Iterable[Path]) -> str:
    """Every number of every run, one a line: run, series, step, epoch, value. Nothing is thinned out."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["run", "series", "step", "epoch", "value"])
    for folder in folders:
        name = _harmless(labels.read(folder).title or folder.name)
        rows.writerows(
            [name, series, step, epoch, repr(value)] for series, step, epoch, value in _numbers(folder)
        )
    return out.getvalue()


def write_csv(folders: Iterable[Path], path: Path) -> None:
    """Writes the table. Raises WriteError, RunError."""
    atomic.write(path, csv_text(folders))


def write_tensorboard(folders: Iterable[Path], into: Path) -> list[Path]:
    """Writes a folder of event files for each run into `into`, for `tensorboard --logdir`; gives them.

    A folder of the same name that is there already is replaced. Raises CurveFileError, RunError.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise CurveFileError(
            Message(
                "TensorBoard's files need the package tensorboard, which is not installed. Install it with: "
                "pip install 'netloom[tensorboard]'"
            )
        ) from error
    return [_events(folder, into, SummaryWriter) for folder in folders]


def _events(folder: Path, into: Path, writer_class: Any) -> Path:
    """Written beside its place and moved there when it is whole."""
    target = into / folder.name
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".netloom-", dir=into) as temporary:
            made = Path(temporary) / folder.name
            with writer_class(log_dir=str(made)) as writer:
                for series, step, _, value in _numbers(folder):
                    writer.add_scalar(series, value, step)
                for event in runs.events_of(folder):
                    said = ", ".join(f"{name} {value}" for name, value in event.values.items())
                    writer.add_text(event.kind, said, event.step)
            if target.exists():
                shutil.rmtree(target)
            made.replace(target)
    except OSError as error:
        raise CurveFileError(
            Message(
                "The event files could not be written to {folder}: {reason}. Choose another folder, or free "
                "some space.",
                folder=target,
                reason=error.strerror or error,
            )
        ) from error
    return target


def _numbers(folder: Path) -> Iterator[tuple[str, int, float, float]]:
    """Series, step, epoch and value: the loss of every step, then what each epoch reached."""
    records = runs.metrics_of(folder)
    whole = next((line for line in records if line.get("complete", True)), None)
    per_epoch = max(1, whole["step"] // max(1, whole["epoch"])) if whole is not None else 1
    for step, loss in enumerate(runs.steps_of(folder), 1):
        yield "step/loss", step, step / per_epoch, loss
    for line in records:
        for split in SPLITS:
            for metric, value in (line.get(split) or {}).items():
                if value is not None:
                    yield f"{split}/{metric}", line["step"], float(line["epoch"]), float(value)


def _harmless(text: str) -> str:
    """A spreadsheet runs a cell that starts like a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
