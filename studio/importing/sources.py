"""What a person may import as a new project: an ONNX file, or an architecture of torchvision by its name.

Nothing is downloaded unless that is asked for, and nothing of a file is run.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.graph.model import ProjectData
from studio.words import Message, NetloomError, tr

if TYPE_CHECKING:
    from torch import Tensor, nn

TORCHVISION = "torchvision:"
SIZES: Mapping[str, int] = {"inception_v3": 299, "vit_h_14": 518}
"""how wide the images are that an architecture was made for, where it is not `USUAL`"""
USUAL = 224
FRAMES = 16
SUFFIXES = (".onnx",)

Tell = Callable[[float, str], None]


class SourceError(NetloomError):
    """What is to be imported is not known or not there."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A project with one network `model`, the weights it came with if any, and the report in sentences."""

    project: ProjectData
    source: str
    weights: Mapping[str, Tensor] | None
    lines: tuple[Message, ...]


def draw(source: str, download: bool = False, tell: Tell = lambda share, text: None) -> Drawn:
    """The project that `source` becomes. `tell(share, text)` says how far it is and may raise to cancel.

    Raises NetloomError with what is in the way.
    """
    if source.startswith(TORCHVISION):
        return _architecture(source.removeprefix(TORCHVISION), download, tell)
    path = Path(source)
    if path.suffix.lower() in SUFFIXES:
        return _onnx(path, tell)
    raise SourceError(
        Message(
            "{source} is nothing that becomes a network: name an .onnx file, or torchvision:NAME as in "
            "torchvision:resnet18.",
            source=source,
        )
    )


def architectures() -> list[str]:
    """The names of torchvision's architectures that can be drawn: those that read images or films."""
    from torchvision import models

    names = models.list_models(module=models)
    return sorted([*names, *models.list_models(module=models.segmentation), *_films()])


def _films() -> list[str]:
    from torchvision import models

    return list(models.list_models(module=models.video))


def _onnx(path: Path, tell: Tell) -> Drawn:
    import numpy as np
    import torch

    from studio.compiler.analysis import Context
    from studio.compiler.survey import survey
    from studio.importing.onnx.network import import_file
    from studio.importing.onnx.scopes import nested
    from studio.importing.placing import placed

    tell(0.1, tr("Reading {file}", file=path.name))
    found = import_file(path)
    tell(0.6, tr("Finding the blocks"))
    networks, arrays = nested(found.network, found.weights, found.homes)
    tell(0.8, tr("Placing the nodes"))
    whole = ProjectData(path.stem, networks)
    if survey(whole, Context()).errors():  # what the names say need not fit what the operators do
        networks, arrays = {"model": found.network}, dict(found.weights)
        whole = ProjectData(path.stem, networks)
    placed_ = {name: placed(network, whole) for name, network in reversed(networks.items())}
    project = ProjectData(path.stem, placed_)
    weights = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
    return Drawn(project, str(path.resolve()), weights, found.lines)


def _architecture(name: str, download: bool, tell: Tell) -> Drawn:
    import torch
    from torchvision import models

    from studio.importing.modules import read_module

    if name not in architectures():
        near = difflib.get_close_matches(name, architectures(), 3, 0.4) or architectures()
        raise SourceError(
            Message(
                "torchvision has no architecture {name} that can be drawn. Among those it has: {known}.",
                name=name,
                known=", ".join(near),
            )
        )
    more: dict[str, object] = (
        {"init_weights": False} if name in ("googlenet", "inception_v3") and not download else {}
    )
    if name in models.list_models(module=models.segmentation):
        more = {"weights_backbone": None}
    tell(
        0.1,
        tr("Downloading the weights of {name}", name=name) if download else tr("Making {name}", name=name),
    )
    module = _made(name, download, more)
    tell(0.4, tr("Reading {name}", name=name))
    size = SIZES.get(name, USUAL)
    shape = (2, 3, FRAMES, size, size) if name in _films() else (2, 3, size, size)
    found = read_module(module, torch.empty(shape, device="meta"), name)
    tell(0.9, tr("Placing the nodes"))
    weights = module.state_dict() if download else None
    return Drawn(found.project, TORCHVISION + name, weights, tuple(found.report.lines()))


def trained_file(name: str) -> Path:
    """Where torchvision's trained weights of an architecture lie once they are downloaded.

    Raises SourceError where torchvision has no trained weights of that name.
    """
    import torch
    from torchvision import models

    try:
        url = str(models.get_model_weights(name)["DEFAULT"].url)
    except (ValueError, KeyError) as error:
        known = ", ".join(difflib.get_close_matches(name, architectures(), 3, 0.4) or architectures())
        raise SourceError(
            Message("torchvision has no trained weights of {name}. Near it: {known}.", name=name, known=known)
        ) from error
    return Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]


def _made(name: str, download: bool, more: Mapping[str, object]) -> nn.Module:
    """The module: with trained weights where they are downloaded, else with no more values than it needs."""
    import urllib.error

    import torch
    from torchvision import models

    if not download:
        with torch.device("meta"):
            module: nn.Module = models.get_model(name, weights=None, **more)
        return models.get_model(name, weights=None, **more) if _begins_with_numbers(module) else module
    try:
        module = models.get_model(name, weights="DEFAULT")
    except (OSError, urllib.error.URLError, RuntimeError) as error:
        raise SourceError(
            Message(
                "The weights of {name} could not be downloaded: {reason}. Import it without them, or read "
                "them from a file afterwards.",
                name=name,
                reason=error,
            )
        ) from error
    return module


def _begins_with_numbers(module: nn.Module) -> bool:
    """Whether parts of the module's own making hold tensors, whose first values the document keeps."""
    from studio.importing.layers import type_of

    return any(
        type_of(part) is None and ([*part.parameters(recurse=False), *part.buffers(recurse=False)])
        for part in module.modules()
    )
