"""Models that exist, through a document and back: the same bits, or the cause.

    python tests/benchmarks/round_trip.py [--evaluation] [--family FAMILY] [NAME ...]

Each model is read by `studio.from_module`, saved as JSON, loaded, built, and given the original's weights.
The built module and the written Python, which runs in an interpreter that cannot import our package, are
compared with the original: outputs in evaluation, also at a second size and for a second batch; loss,
gradients and buffers in training under a seed. Every comparison is of bits. `--evaluation` leaves training
and the written Python out.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib.abc
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CHECKS = ("eval", "size", "batch", "train")
SHORT = "NETLOOM_ROUND_TRIP"
"""set in the environment of the processes that compare the built module in evaluation only"""
SIZES = {"inception_v3": 299, "maxvit": 224, "vit_h_14": 56}
"""how wide the images are, by the beginning of the name; the rest take small ones, so that 80 models end"""
SMALL = 64
CLIPS = {"mvit": (16, 224), "s3d": (16, 224), "swin3d": (4, 64)}
"""frames and width of a film, by the beginning of the name; the rest take short and narrow ones"""
CLIP = (4, 32)
PER_PROCESS = 4
HUGE = 300_000_000
"""parameters of a model of which no two copies are held at once: 16 GB are enough for all of torchvision"""
TIMM = Path(__file__).with_name("timm_architectures.txt")


@contextlib.contextmanager
def starting(fill: Callable[[Any], Any]) -> Iterator[None]:
    """Weights start by `fill`: the usual ways take longer than all the rest."""
    from torch.nn import init

    names = [name for name in vars(init) if name.endswith("_") and not name.startswith("_")]
    usual = {name: getattr(init, name) for name in names if name not in ("zeros_", "ones_", "constant_")}
    for name in usual:
        setattr(init, name, lambda tensor, *_, **__: fill(tensor))
    try:
        yield
    finally:
        for name, function in usual.items():
            setattr(init, name, function)


def made(family: str, name: str) -> Any:
    """The model with weights at random, the same at every call."""
    import torch

    torch.manual_seed(0)
    with torch.no_grad(), starting(lambda tensor: tensor.uniform_(-0.05, 0.05)):
        return _made(family, name)


def _made(family: str, name: str) -> Any:
    if family == "timm":
        import timm

        return timm.create_model(name, pretrained=False)
    import torchvision

    more: dict[str, Any] = {"weights_backbone": None} if family == "segmentation" else {}
    if name.startswith("vit_"):
        more["image_size"] = width(name)
    if name in ("googlenet", "inception_v3"):
        more["init_weights"] = False
    return torchvision.models.get_model(name, weights=None, **more)


def width(name: str) -> int:
    return next((size for begin, size in SIZES.items() if name.startswith(begin)), SMALL)


def shapes(family: str, name: str, model: Any) -> dict[str, tuple[int, ...]]:
    """The shape of a batch for each check."""
    size = timm_width(model) if family == "timm" else width(name)
    if family == "segmentation":
        size = 128
    lead: tuple[int, ...] = (3,)
    if family == "video":
        frames, size = next((clip for begin, clip in CLIPS.items() if name.startswith(begin)), CLIP)
        lead = (3, frames)
    grown = (*lead, size * 3 // 2, size * 3 // 2)
    usual = (*lead, size, size)
    return {"eval": (2, *usual), "size": (2, *grown), "batch": (3, *usual), "train": (2, *usual)}


def names_of(family: str) -> list[str]:
    import torchvision

    if family == "timm":
        return timm_names()
    homes = {"classification": torchvision.models, "segmentation": torchvision.models.segmentation}
    home = homes.get(family, torchvision.models.video)
    return list(torchvision.models.list_models(module=home))


def timm_names() -> list[str]:
    """Architectures drawn over the modules of timm; the file says how."""
    lines = TIMM.read_text(encoding="utf-8").splitlines()
    return [line.split()[1] for line in lines if line and not line.startswith("#")]


def timm_width(model: Any) -> int:
    """The narrowest of the usual images that a model takes, from what it says and by trying."""
    import torch

    said = model.default_cfg
    usual = said["input_size"][-1]
    if said.get("fixed_input_size"):
        return int(usual)
    least = said.get("min_input_size", (0, 0, 0))[-1]
    for size in (64, 96, 128, 160, 192):
        if least <= size < usual:
            with contextlib.suppress(Exception), torch.no_grad():
                model.eval()(torch.zeros(2, 3, size, size))
                return size
    return int(usual)


# -- comparing, without our package ------------------------------------------------------------------


def tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from tensors(item)
    elif value is not None:
        yield value


def equal(one: Any, other: Any) -> bool:
    import torch

    ones, others = list(tensors(one)), list(tensors(other))
    return len(ones) == len(others) and all(torch.equal(a, b) for a, b in zip(ones, others, strict=True))


def trained(model: Any, batch: Any) -> tuple[Any, dict[str, Any]]:
    """The loss of a step under a seed, and the gradients and buffers after it, by each of their names."""
    import torch

    model.train()
    model.zero_grad()
    torch.manual_seed(1)
    loss = sum(output.float().square().mean() for output in tensors(model(batch)))
    loss.backward()
    held = {name: parameter.grad for name, parameter in model.named_parameters(remove_duplicate=False)}
    held |= {f"buffer {name}": buffer.clone() for name, buffer in model.named_buffers(remove_duplicate=False)}
    return loss.detach(), {name: value for name, value in held.items() if value is not None}


def compared(original: Any, other: Any, wanted: dict[str, tuple[int, ...]]) -> dict[str, str]:
    """ "same", "differs", or why the original itself does not do it ("-")."""
    import torch

    found: dict[str, str] = {}
    huge = sum(parameter.numel() for parameter in original.parameters()) > HUGE
    # what nothing uses is left out
    missing, _ = other.load_state_dict(original.state_dict(), strict=False, assign=huge)
    if missing:
        raise RuntimeError(f"the original's state_dict lacks {', '.join(missing[:3])}")
    if huge:
        apart(other)
    for check in ("eval", "size", "batch"):
        batch = torch.randn(wanted[check], generator=torch.Generator().manual_seed(7))
        with torch.no_grad():
            try:
                expected = original.eval()(batch)
            except Exception:  # noqa: BLE001 - whatever it says, it does not
                found[check] = "-"  # the original does not take this size
                continue
            try:
                found[check] = "same" if equal(expected, other.eval()(batch)) else "differs"
            except Exception as error:  # noqa: BLE001 - the table has a word for it
                found[check] = f"differs: {type(error).__name__}"
    if SHORT in os.environ:
        return found
    batch = torch.randn(wanted["train"], generator=torch.Generator().manual_seed(8))
    loss, held = trained(original, batch)
    original.zero_grad()
    other_loss, other_held = trained(other, batch)
    held = {k: v for k, v in held.items() if k in other_held or not is_store(original, k)}
    alike = held.keys() <= other_held.keys() and all(torch.equal(v, other_held[k]) for k, v in held.items())
    found["train"] = "same" if torch.equal(loss, other_loss) and alike else "differs"
    return found


def is_store(model: Any, name: str) -> bool:
    """Whether it is a buffer that no state_dict has: what follows from it is compared, not its place."""
    kind, _, path = name.partition(" ")
    return kind == "buffer" and path not in model.state_dict()


def apart(model: Any) -> None:
    """Gives a model that shares all its tensors with another its own buffers: training writes into them."""
    for part in model.modules():
        for name, buffer in part.named_buffers(recurse=False):
            setattr(part, name, buffer.clone())


class NoStudio(importlib.abc.MetaPathFinder):
    """Keeps our package out of an interpreter."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if fullname.partition(".")[0] == "studio":
            raise ImportError("the written source must work without Netloom")


def judge(family: str, folder: Path, names: list[str]) -> None:
    """Compares the sources in `folder` with their originals."""
    sys.meta_path.insert(0, NoStudio())
    for name in names:
        source = folder / f"{name}.py"
        if not source.exists():
            continue
        space: dict[str, Any] = {"__name__": name}
        try:
            exec(compile(source.read_text(encoding="utf-8"), str(source), "exec"), space)
            model = made(family, name)
            with starting(lambda tensor: tensor):
                other = space["Model"]()
            found = compared(model, other, shapes(family, name, model))
        except Exception as error:  # noqa: BLE001 - the table has a word for it
            found = {"fails": f"source: {type(error).__name__}: {str(error).splitlines()[0][:200]}"}
        print(json.dumps({"name": name, "python": found}), flush=True)
        gc.collect()


# -- with our package --------------------------------------------------------------------------------


def work(family: str, names: list[str]) -> None:
    """Reads, builds and writes each model, then has the sources judged."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            print(
                json.dumps({"name": name, **guarded(lambda name=name: one(family, name, Path(folder)))}),
                flush=True,
            )
            gc.collect()
        if SHORT not in os.environ:
            command = [sys.executable, "-I", __file__, "--judge", folder, "--family", family, *names]
            subprocess.run(command, check=False)


def guarded(do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return do()
    except Exception as error:  # noqa: BLE001 - the table has a word for it
        traceback.print_exc(file=sys.stderr)
        return {"fails": f"{type(error).__name__}: {str(error).splitlines()[0][:300]}"}


def one(family: str, name: str, folder: Path) -> dict[str, Any]:
    import torch

    import studio
    from studio.compiler.source import source

    model = made(family, name)
    wanted = shapes(family, name, model)
    begun = time.perf_counter()
    project = studio.from_module(model, torch.zeros(wanted["eval"]), name)
    seconds = time.perf_counter() - begun
    file = folder / f"{name}.json"
    project.save(file)
    loaded = studio.load(file)
    with starting(lambda tensor: tensor):
        built = loaded.build()
    found: dict[str, Any] = {"module": compared(model, built, wanted)}
    model.zero_grad()
    built.zero_grad()
    written = "" if SHORT in os.environ else source(loaded.document)
    (folder / f"{name}.py").write_text(written, encoding="utf-8")
    keys = list(model.state_dict()) == list(built.state_dict())
    assert project.report is not None
    notes = [str(line) for line in project.report.lines()][1:]
    return {
        **found,
        "lines": written.count("\n"),
        "json": file.stat().st_size,
        "networks": len(loaded.networks),
        "sizes": project.report.sizes,
        "order": keys,
        "seconds": round(seconds, 1),
        "notes": notes,
    }


# -- the table ---------------------------------------------------------------------------------------


def sweep(family: str, names: list[str]) -> None:
    rows: dict[str, dict[str, Any]] = {name: {} for name in names}
    print(f"{'model':<32} {'module':<24} {'python':<24} {'lines':>5} {'kB':>5} {'nets':>4} {'s':>5}  notes")
    for begin in range(0, len(names), PER_PROCESS):
        part = names[begin : begin + PER_PROCESS]
        command = [sys.executable, __file__, "--worker", "--family", family, *part]
        said = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True).stdout
        for line in said.splitlines():
            if line.startswith("{"):
                answer = json.loads(line)
                rows[answer.pop("name")].update(answer)
        for name in part:
            print(line_of(name, rows[name]), flush=True)
    good = [name for name in names if whole(rows[name])]
    print(f"\n{len(good)} of {len(names)} the same in every check that the original allows")
    for name in names:
        if name not in good:
            print(f"  {name}: {cause(rows[name])}")


def wanted_checks() -> Iterator[tuple[str, str]]:
    """What is compared: the built module or the written Python, and the check."""
    for kind in ("module", "python") if SHORT not in os.environ else ("module",):
        yield from ((kind, check) for check in (CHECKS if SHORT not in os.environ else CHECKS[:3]))


def whole(row: dict[str, Any]) -> bool:
    return all(row.get(kind, {}).get(check) in ("same", "-") for kind, check in wanted_checks())


def cause(row: dict[str, Any]) -> str:
    if "fails" in row:
        return str(row["fails"])
    said = [
        f"{kind} {check} {row.get(kind, {}).get(check)}"
        for kind, check in wanted_checks()
        if row.get(kind, {}).get(check) not in ("same", "-")
    ]
    return "; ".join([*said, *row.get("notes", [])]) or "no answer: out of memory?"


def line_of(name: str, row: dict[str, Any]) -> str:
    if "fails" in row or not row:
        return f"{name:<32} {row.get('fails', 'no answer')}"
    kinds = [
        " ".join(short(row.get(kind, {}).get(check)) for check in CHECKS) for kind in ("module", "python")
    ]
    numbers = f"{row['lines']:>5} {row['json'] / 1000:>5.1f} {row['networks']:>4} {row['seconds']:>5}"
    notes = "; ".join([*row["notes"], *([] if row["order"] else ["keys in another order"])])
    return f"{name:<32} {kinds[0]:<24} {kinds[1]:<24} {numbers}  {notes}"


def short(answer: str | None) -> str:
    return {"same": "same", "-": "-   ", None: "none"}.get(answer, "DIFF")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--family", default="classification", choices=("classification", "segmentation", "video", "timm")
    )
    parser.add_argument("--evaluation", action="store_true", help="the built module in evaluation only")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.evaluation:
        os.environ[SHORT] = "evaluation"
    os.environ.setdefault(
        "OMP_NUM_THREADS", "1"
    )  # of the processes it starts: threads would wait for each other
    if given.judge is not None:
        judge(given.family, given.judge, given.names)
    elif given.worker:
        work(given.family, given.names)
    else:
        sweep(given.family, given.names or names_of(given.family))


if __name__ == "__main__":
    main()
