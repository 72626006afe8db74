"""Files of `shared/data`, spoilt, given to the readers: what comes of each.

    python -m tests.benchmarks.fuzz_readers [--files 2000] [--seed 0] [--limit 2.0] [--data FOLDER]

Each is looked at and, where that went well, loaded, in a process of its own readers that is killed after the
limit. What counts as right: a DataError that names the file, a key of `data.reading` or the column, or data.
Anything else raised is a crash; a process that is killed, a hang. Both are listed with their seeds.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from select import select

from tests.data.mutations import RENAMED, mutated

LARGEST = 400_000
"""bytes of a file that are kept: a large one is cut, so that many are tried"""
SAID = ("data.reading", "data.preprocessing", "data.split", "left out", "data.source")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root = Path(__file__).resolve().parents[2]
    named = os.environ.get("NETLOOM_TEST_DATA")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=2.0, help="seconds a file may take")
    parser.add_argument(
        "--data", type=Path, default=Path(named) if named else root.parent / "shared" / "data"
    )
    parser.add_argument("--child", action="store_true")
    arguments = parser.parse_args()
    if arguments.child:
        _answer()
        return
    sources = list(_sources(arguments.data))
    print(f"{len(sources)} files below {arguments.data}")
    with tempfile.TemporaryDirectory(prefix="netloom-fuzz-") as scratch:
        _run(sources, arguments, Path(scratch))


def _sources(data: Path) -> Iterator[tuple[str, bytes]]:
    """Real files by name: what readers take, cut where large, and arrays and pictures made of them."""
    for file in sorted(data.rglob("*")):
        if not file.is_file() or "onnx" in str(file) or file.name == "README.md":
            continue
        if file.suffix == ".zip":
            yield from _pictures(file)
        with file.open("rb") as opened:
            content = opened.read(LARGEST)
        whole = len(content) < LARGEST or file.suffix in (".csv", ".tsv", ".txt", ".neg", ".pos")
        yield file.name, content if whole else content[:50_000]
    yield from _arrays()


def _pictures(file: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as packed:
        for name in [n for n in packed.namelist() if n.endswith(".png")][:3]:
            yield Path(name).name, packed.read(name)


def _arrays() -> Iterator[tuple[str, bytes]]:
    import numpy as np
    from safetensors.numpy import save

    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 255, (40, 8, 8), dtype=np.uint8), np.arange(40) % 4
    for name, write in (("x.npy", lambda f: np.save(f, x)), ("a.npz", lambda f: np.savez(f, x=x, y=y))):
        file = io.BytesIO()
        write(file)
        yield name, file.getvalue()
    file = io.BytesIO()
    np.savez_compressed(file, x=x.astype(float), y=y)
    yield "packed.npz", file.getvalue()
    yield "a.safetensors", save({"x": x, "y": y})


class _Child:
    """A process that answers a path a line; killed where it does not."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.fuzz_readers", "--child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout.readline() == b"ready\n"

    def ask(self, path: Path) -> tuple[dict[str, str], float]:
        """What came of a file, and the seconds that the process computed for it."""
        self.process.stdin.write(f"{path}\n".encode())
        self.process.stdin.flush()
        began = time.monotonic()
        # waited for longer than the limit: on a busy machine the process may not have had its turn
        ready, _, _ = select([self.process.stdout], [], [], 15 * self.limit)
        line = self.process.stdout.readline() if ready else b""
        if line.endswith(b"\n"):
            answer = json.loads(line)
            return answer, float(answer["seconds"])
        self.process.kill()
        died = self.process.wait()
        self._start()
        said = "hang" if not ready else "crash"
        return {"outcome": said, "said": f"ended with {died}", "kind": "?"}, time.monotonic() - began


def _run(sources: list[tuple[str, bytes]], arguments: argparse.Namespace, scratch: Path) -> None:
    child = _Child(arguments.limit)
    outcomes: Counter[str] = Counter()
    by_mutation: dict[str, Counter[str]] = {}
    worst: list[tuple[float, str]] = []
    for number in range(arguments.files):
        random = Random(f"{arguments.seed} {number}")
        path, what = write_one(sources, random, scratch / str(number) / "some" / "where")
        answer, seconds = child.ask(path)
        outcome = answer["outcome"]
        if outcome != "hang" and seconds > arguments.limit:
            outcome = "slow"
        outcomes[outcome] += 1
        by_mutation.setdefault(what, Counter())[outcome] += 1
        worst = sorted([*worst, (seconds, f"{number}: {path.name} {what}")], reverse=True)[:5]
        if outcome not in ("refused", "read"):
            print(f"{outcome}: seed {arguments.seed}, file {number}, {path.name}, {what}: {answer['said']}")
    print(f"\n{'mutation':28}{'refused':>9}{'read':>7}{'vague':>7}{'crash':>7}{'hang':>6}{'slow':>6}")
    kinds = ("refused", "read", "vague", "crash", "hang", "slow")
    for name, counts in sorted(by_mutation.items()):
        print(
            f"{name:28}"
            + "".join(f"{counts[k]:>{w}}" for k, w in zip(kinds, (9, 7, 7, 7, 6, 6), strict=True))
        )
    print(
        f"{'all':28}" + "".join(f"{outcomes[k]:>{w}}" for k, w in zip(kinds, (9, 7, 7, 7, 6, 6), strict=True))
    )
    print("longest (seconds of processor): " + "; ".join(f"{s:.2f} {name}" for s, name in worst))


def write_one(sources: list[tuple[str, bytes]], random: Random, folder: Path) -> tuple[Path, str]:
    """A spoilt file, or a folder of spoilt ones, and what was done to it."""
    name, content = random.choice(sources)
    what, spoilt = mutated(content, random)
    folder.mkdir(parents=True)
    picture = name.endswith(".png")
    if picture or random.random() < 0.08:  # a folder a class, one file of them spoilt
        for i in range(6):
            other = folder / "ab"[i % 2] / (f"{i}.png" if picture else f"{i}{Path(name).suffix}")
            other.parent.mkdir(exist_ok=True)
            other.write_bytes(spoilt if i == 3 else content[:20_000])
        return folder, what
    ending = random.choice(RENAMED) if random.random() < 0.2 else ""
    path = folder / (Path(name).stem + ending if ending else name)
    path.write_bytes(spoilt)
    return path, what


# -- in the process of the readers -------------------------------------------------------------------


def _answer() -> None:
    import pandas  # noqa: F401 - what is imported first would be counted with the first file
    import sklearn.impute
    import sklearn.preprocessing  # noqa: F401
    import torch
    import torchvision.datasets  # noqa: F401

    torch.set_num_threads(1)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        began = time.process_time()
        answer = outcome_of(Path(line.rstrip("\n")))
        sys.stdout.write(json.dumps({**answer, "seconds": time.process_time() - began}) + "\n")
        sys.stdout.flush()


def outcome_of(path: Path) -> dict[str, str]:
    """What comes of a file: "read", "refused" with a place, "vague" without one, or "crash"."""
    import warnings

    from studio.data.guessing import guess
    from studio.data.prepare import prepare
    from studio.data.source import DataError
    from studio.data.sources import KINDS

    kind = "?"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            guessed = guess(path)
            kind = guessed.source
            section: dict[str, object] = {"source": kind, "root": str(guessed.root)}
            if guessed.brought:
                section["reading"] = KINDS[kind].look(guessed.root, {})
            data = prepare(section)
            if len(data.train):
                data.train.inputs(slice(0, 4))
    except DataError as error:
        said = str(error)
        placed = path.name in said or str(path.parent) in said or any(word in said for word in SAID)
        return {"outcome": "refused" if placed else "vague", "said": said, "kind": kind}
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is counted
        return {"outcome": "crash", "said": f"{type(error).__name__}: {error}", "kind": kind}
    return {"outcome": "read", "said": "", "kind": kind}


if __name__ == "__main__":
    main()
