"""A folder that predicts on its own: source, weights, preprocessing, predict.py and a page about them.

predict.py is shipped as it is, in resources/export; what differs between networks is in network.json.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch

from studio import places
from studio.data import subwords
from studio.data.steps import operations
from studio.export import description, python_file, torch_files
from studio.export.cut import Cut
from studio.export.formats import ExportError
from studio.export.proof import SAME_ENGINE, Batch, Deviation, compare, in_clean_python
from studio.export.subject import Subject
from studio.project import atomic
from studio.words import Message, language, tr

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "network.json"
"""a folder with this file in it was written by us and may be replaced"""

_RUN = """
import runpy
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def write(
    network: Subject, target: Path, tell: Callable[[float, str], None]
) -> tuple[tuple[Path, ...], Deviation]:
    """Writes the folder `target`. Raises ExportError; a folder that stood there before is then as it was."""
    _check(network, target)
    raw = network.with_raw_inputs()
    with _becoming(target) as made:
        for name, content in _contents(network).items():
            atomic.write(made / name, content)
        torch_files.write_state_dict(network, made / "weights.pt")
        tell(0.7, tr("Running {file} on its own and comparing", file="predict.py"))
        deviation = compare(raw, lambda batches: _predict(made, batches, network.cut), SAME_ENGINE)
    return (target,), deviation


def _check(network: Subject, target: Path) -> None:
    if (len(network.input_names) > 1 and network.cut is None) or len(network.output_names) > 1:
        raise ExportError(
            Message(
                "The folder's predict.py serves networks of one input and one output. Export as ONNX, "
                ".pt2 or Python source instead."
            )
        )
    if target.is_file() or (target.is_dir() and any(target.iterdir()) and not (target / MARK).is_file()):
        raise ExportError(
            Message(
                "{path} exists and is no export of Netloom's, so it was left as it is. Choose another name.",
                path=target,
            )
        )


def _contents(network: Subject) -> dict[str, str]:
    shipped = places.resources() / "export"
    code = python_file.text(network)
    said = settings(network, python_file.class_of(code))
    shape = list(network.stored)
    image = len(shape) == 3 and shape[0] in {1, 3}
    page = (shipped / f"README.{language()}.md").read_text(encoding="utf-8")
    example = "digit.png" if image else "table.csv" if len(shape) == 1 else "values.npy"
    for place, value in {
        "NAME": network.project.name,
        "CLASS": said["class"],
        "SHAPE": "×".join(map(str, ("N", *shape))),
        "EXAMPLE": example,
        "OUTPUT": _output_words(said),
    }.items():
        page = page.replace(f"@{place}@", value)
    needs = [f"torch>={'.'.join(torch.__version__.split('.')[:2])}", "numpy", *(["pillow"] if image else [])]
    return {
        "model.py": code,
        "predict.py": (shipped / "predict.py").read_text(encoding="utf-8"),
        "preprocessing.py": _source(operations),
        **({"subwords.py": _source(subwords)} if _in_pieces(network) else {}),
        MARK: json.dumps(said, ensure_ascii=False, indent=1) + "\n",
        "README.md": page,
        "requirements.txt": "\n".join(needs) + "\n",
    }


def _source(module: ModuleType) -> str:
    """A file of ours that stands by itself, as it is."""
    return Path(str(module.__file__)).read_text(encoding="utf-8")


def _in_pieces(network: Subject) -> bool:
    """Whether texts are cut into pieces of words."""
    return any(step.get("by") == "subwords" for step in network.preprocessing.steps)


def settings(network: Subject, class_name: str) -> dict[str, Any]:
    """What predict.py needs to know, as it stands in network.json."""
    from studio.data.sources import known

    source = known(network.project.data)
    layout = source.stored if source is not None else None
    scales = [step["factor"] for step in network.preprocessing.steps if step["type"] == "scale"]
    return {
        **description.of(network),
        "class": class_name,
        **({"parts": network.cut.prepared} if network.cut is not None else {}),
        "stored_shape": list(network.stored),
        "columns": [
            {"name": column.name, "values": list(column.values), "date": column.date}
            for column in (layout.columns if layout else ())
        ],
        "largest_stored_value": 1 / math.prod(scales) if scales else 255.0,
    }


def _output_words(said: dict[str, Any]) -> str:
    if said["output_kind"] == "values":
        return tr("the predicted values")
    if said["output_kind"] == "logit":
        return tr("one score; its sigmoid is the probability of {name}", name=said["class_names"][-1])
    if said["output_kind"] == "label_logits":
        return tr(
            "one score a label, its sigmoid a probability: {labels}", labels=", ".join(said["class_names"])
        )
    if said["class_names"]:
        return tr("one score a class: {classes}", classes=", ".join(said["class_names"]))
    return tr("one score a class")


def _predict(folder: Path, batches: Sequence[Batch], cut: Cut | None) -> list[Batch]:
    import numpy

    with tempfile.TemporaryDirectory(prefix="netloom-") as name:
        files = []
        for index, batch in enumerate(batches):
            files.append(Path(name, f"{index}.npy"))
            numpy.save(files[-1], (batch[0] if cut is None else cut.together(batch)).numpy())
        said = in_clean_python(_RUN, folder / "predict.py", "--json", *files)
    lines = [json.loads(line) for line in said.splitlines()]
    by_file = ([line["outputs"] for line in lines if line["file"] == str(file)] for file in files)
    return [[torch.tensor(outputs)] for outputs in by_file]


@contextmanager
def _becoming(target: Path) -> Iterator[Path]:
    """A new folder beside `target` that takes its name when the block ends well, and else is removed."""
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
    except OSError as error:
        raise _cannot(target, error) from error
    old = made.with_suffix(".old")
    try:
        yield made
        made.chmod(0o755)
        if target.exists():
            target.rename(old)
        try:
            made.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except (OSError, atomic.WriteError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        raise _cannot(target, cause) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _cannot(target: Path, error: BaseException | None) -> ExportError:
    return ExportError(
        Message(
            "The folder {path} cannot be written: {reason}. Choose another place, or free some space.",
            path=target,
            reason=getattr(error, "strerror", None) or str(error),
        )
    )
