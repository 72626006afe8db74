"""Reading against pandas and torchvision, with the same processor, in turns: medians and ratios.

    python -m tests.benchmarks.reading [--rows 1000000] [--columns 20] [--images 20000] [--rounds 3]
    python -m tests.benchmarks.reading --size --rows 5000000 --images 200000     memory only, one reading each

Tables: `sources.table.load` of a CSV against `pandas.read_csv(dtype=float32).to_numpy()`; float32 both.
Images: a folder of PNGs decoded into the cache, and an epoch of batches from there, against torchvision's
ImageFolder with a DataLoader of as many workers. Each side is a process of its own; its memory before it
reads is shown beside the most that it had (without the pages of mapped files, which the system takes back).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BATCH = 256
SIDE = 32


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--folder", type=Path, help="where made files are kept; a temporary folder without it"
    )
    parser.add_argument("--size", action="store_true", help="memory of large files, one reading each")
    parser.add_argument("--side", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        print(json.dumps(_measured(arguments.side[0], Path(arguments.side[1]))))
        return
    with tempfile.TemporaryDirectory(prefix="netloom-reading-") as scratch:
        folder = arguments.folder or Path(scratch)
        csv = made_table(
            folder / f"{arguments.rows}x{arguments.columns}.csv", arguments.rows, arguments.columns
        )
        images = made_images(folder / f"{arguments.images}-images", arguments.images)
        if arguments.size:
            _sizes(csv, images)
            return
        _compare("rows/s", arguments.rows, ("table", "pandas"), csv, arguments.rounds)
        _compare(
            "images/s, first reading", arguments.images, ("decode", "image_folder"), images, arguments.rounds
        )
        _compare(
            "images/s, later epochs", arguments.images, ("epoch", "image_folder"), images, arguments.rounds
        )


def _sizes(csv: Path, images: Path) -> None:
    sides = (("look", csv), ("table", csv), ("pandas", csv), ("decode", images), ("epoch", images))
    for side, path in sides:
        found = _run(side, path)
        memory = "   ".join(f"{key} {found[key]:6.0f} MiB" for key in ("before", "most", "data"))
        print(f"{side:8} {path.name:24} {found['seconds']:8.1f} s   {memory}")


def _compare(what: str, many: int, sides: tuple[str, str], path: Path, rounds: int) -> None:
    """Both sides in turns; prints the medians, their ratio and the memory."""
    found: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            found[side].append(_run(side, path))
    print(f"\n{what} ({many} in {path.name}, {rounds} rounds in turns)")
    rates = {side: statistics.median(many / one["seconds"] for one in found[side]) for side in sides}
    for side in sides:
        before, most = (max(one[key] for one in found[side]) for key in ("before", "most"))
        print(f"  {side:14} {rates[side]:12.0f}   memory {before:6.0f} -> {most:6.0f} MiB")
    spent = [statistics.median(one["processor"] for one in found[side]) for side in sides]
    print(f"  ratio {rates[sides[0]] / rates[sides[1]]:.2f}   of processor time {spent[1] / spent[0]:.2f}")


def _run(side: str, path: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="netloom-home-", dir=path.parent) as home:
        if side == "epoch":  # the pictures lie in the cache by then
            _process("decode", path, home)
        return _process(side, path, home)


def _process(side: str, path: Path, home: str) -> dict[str, float]:
    said = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.reading", "--side", side, str(path)],
        env=os.environ | {"NETLOOM_HOME": home},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    return dict(json.loads(said.splitlines()[-1]))


# -- made files --------------------------------------------------------------------------------------


def made_table(path: Path, rows: int, columns: int) -> Path:
    import numpy as np

    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    with path.open("w") as file:
        file.write(",".join([*(f"x{i}" for i in range(columns - 1)), "y"]) + "\n")
        for start in range(0, rows, 50_000):
            block = rng.integers(-99_999, 99_999, (min(50_000, rows - start), columns)) / 1000
            file.writelines(",".join(f"{v:.3f}" for v in row) + "\n" for row in block.tolist())
    return path


def made_images(folder: Path, images: int) -> Path:
    import numpy as np
    from PIL import Image

    if folder.is_dir():
        return folder
    base = np.random.default_rng(0).integers(0, 255, (64, SIDE, SIDE, 3), dtype=np.uint8)
    for i in range(images):
        file = folder / f"class{i % 10}" / f"{i:06}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.roll(base[i % 64], i // 64, 0)).save(file, compress_level=1)
    return folder


# -- the sides, each in a process of its own ---------------------------------------------------------


def _measured(side: str, path: Path) -> dict[str, float]:
    import pandas  # noqa: F401 - what is imported is no part of reading
    import torch
    import torchvision.datasets  # noqa: F401

    torch.set_num_threads(1)
    work = SIDES[side](path)
    memory = _Memory()
    times = os.times()
    computed = times.user + times.system + times.children_user + times.children_system
    before, began = memory.now(), time.perf_counter()
    data = work()
    seconds, times = time.perf_counter() - began, os.times()
    processor = times.user + times.system + times.children_user + times.children_system - computed
    return {
        "seconds": seconds,
        "processor": processor,
        "before": before,
        "most": memory.end(),
        "data": data / 2**20,
    }


class _Memory:
    """The most memory of this process that is its own, in MiB, looked at every 10 ms."""

    def __init__(self) -> None:
        self._most, self._over = self.now(), threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    @staticmethod
    def now() -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

    def _look(self) -> None:
        while not self._over.wait(0.01):
            self._most = max(self._most, self.now())

    def end(self) -> float:
        self._over.set()
        return self._most


def _look(path: Path) -> Callable[[], int]:
    from studio.data.sources import table

    def work() -> int:
        table.look(path, {})
        return 0

    return work


def _table(path: Path) -> Callable[[], int]:
    from studio.data.source import Place
    from studio.data.sources import table

    reading = _reading_of(path)

    def work() -> int:
        raw: Any = table.load(Place(path), reading)
        return int(raw.x.numel() * 4)

    return work


def _reading_of(path: Path) -> dict[str, Any]:
    """What looking would find, without looking: the files are made here."""
    with path.open() as file:
        names = file.readline().strip().split(",")
    rows = int(path.stem.split("x")[0])
    columns = [{"name": name, "type": "number"} for name in names]
    form = {"encoding": "utf-8", "separator": ",", "header": True}
    return {**form, "rows": rows, "target": "y", "columns": columns}


def _pandas(path: Path) -> Callable[[], int]:
    import numpy as np
    import pandas

    return lambda: pandas.read_csv(path, dtype=np.float32).to_numpy().nbytes


def _decode(path: Path) -> Callable[[], int]:
    from studio.data import decoded
    from studio.data.sources import images

    def work() -> int:
        files = [picture.file for picture in images._listed(path)]
        return decoded.pictures(files, (3, SIDE, SIDE)).x.numel()

    return work


def _epoch(path: Path) -> Callable[[], int]:
    """Batches of float32 from the cache, in random order, opened anew."""
    import torch

    from studio.data import decoded, pictures
    from studio.data.batches import batches
    from studio.data.prepare import Split
    from studio.data.preprocessing import Preprocessing
    from studio.data.sources import images

    pictures.HELD = 0
    files = [picture.file for picture in images._listed(path)]

    def work() -> int:
        found = decoded.pictures(files, (3, SIDE, SIDE))
        x = pictures.samples(found, range(len(files)))
        scale = Preprocessing(({"type": "scale", "factor": 1 / 255},))
        split = Split(x, torch.zeros(len(files), dtype=torch.int64), scale)
        return sum(x.numel() for x, _ in batches(split, BATCH, torch.Generator().manual_seed(0)))

    return work


def _image_folder(path: Path) -> Callable[[], int]:
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import ToTensor

    from studio.data import decoders

    def work() -> int:
        data = ImageFolder(path, ToTensor())
        loader = DataLoader(data, BATCH, shuffle=True, num_workers=decoders.workers())
        return sum(x.numel() for x, _ in loader)

    return work


SIDES: dict[str, Callable[[Path], Callable[[], int]]] = {
    "look": _look,
    "table": _table,
    "pandas": _pandas,
    "decode": _decode,
    "epoch": _epoch,
    "image_folder": _image_folder,
}

if __name__ == "__main__":
    main()
