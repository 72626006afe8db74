"""Netloom from Python: open a project, look at what is known of it, build its PyTorch module, save it.

>>> import studio
>>> project = studio.load("digits.json")      # doctest: +SKIP
>>> model = project.build("model")            # doctest: +SKIP

Importing this loads no PyTorch; building does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.graph.model import Network, ProjectData
from studio.graph.values import Json
from studio.project import files
from studio.words import Message

if TYPE_CHECKING:
    from torch.fx import GraphModule
    from torch.nn import Module

    from studio.compiler.analysis import Analysis, Context
    from studio.importing.report import ImportReport


@dataclass(frozen=True, slots=True)
class Project:
    """A project: named networks and the settings of data and training. Frozen; edits are made in the window.

    `document` is its plain data, `path` the file it came from, `read_only` why it cannot be saved, if so.
    `report` says what became of the module that it was made of, see `from_module`.
    """

    document: ProjectData
    path: Path | None = None
    read_only: Message | None = None
    report: ImportReport | None = None

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def networks(self) -> Mapping[str, Network]:
        return self.document.networks

    @property
    def data(self) -> Mapping[str, Json]:
        """The data settings."""
        return self.document.data

    @property
    def training(self) -> Mapping[str, Json]:
        """The training settings."""
        return self.document.training

    def context(self) -> Context:
        """What the data settings say of the network's inputs and outputs, without reading any data."""
        from studio.training.objectives import context_of

        return context_of(self.document)

    def analyse(self) -> Analysis:
        """Shapes, costs and problems of every network, worked out without allocating anything."""
        from studio.compiler.infer import analyse

        return analyse(self.document, self.context())

    def build(self, network: str = "model", modules: Mapping[str, Module] | None = None) -> GraphModule:
        """A new PyTorch module of a network; its state_dict keys are the names of the nodes.

        `modules` are those of opaque nodes, by their paths, as `original.get_submodule(path)` has them.
        Raises NetloomError, with what is wrong and the cure, when the network has problems.
        """
        from studio.compiler.build import build

        return build(self.document, network, self.context(), modules=modules)

    def save(self, path: Path | str | None = None) -> Project:
        """Writes the project to `path`, or to where it came from; returns it as of that file.

        Raises NetloomError, with the cure, when it cannot be written; the file is then as it was.
        """
        target = Path(path) if path is not None else self.path
        if target is None:
            raise files.ProjectError(
                self.name, Message("The project has no file yet. Name one to save it in.")
            )
        files.save(target, self.document)
        return Project(self.document, target, self.read_only, self.report)


def load(path: Path | str) -> Project:
    """The project in a file. Raises NetloomError naming the file, the place in it and the cure.

    >>> studio.load("missing.json")               # doctest: +SKIP
    Traceback (most recent call last):
    studio.project.errors.ProjectError: missing.json: There is no file missing.json. Check its name.
    """
    opened = files.open_project(path)
    return Project(opened.project, Path(path), opened.read_only)


def save(project: Project, path: Path | str) -> Project:
    """Writes a project to `path`; returns it as of that file. Raises NetloomError, with the cure."""
    return project.save(path)


def from_module(module: Module, example_inputs: Any, name: str | None = None) -> Project:
    """A project whose network `model` computes what a PyTorch module does; its `report` says what was kept.

    `example_inputs` is a tensor, or the tuple of what the module is called with: only shapes and data types
    count. The module is not changed, and its state_dict fits the network that is built. Raises NetloomError,
    with the part and the reason, where the module does what no document can say. A part of it that no
    document can say becomes an opaque node, which the report tells; a copy of that part runs on random
    numbers.

    >>> project = studio.from_module(resnet18, torch.zeros(1, 3, 224, 224))   # doctest: +SKIP
    >>> project.build().load_state_dict(resnet18.state_dict())                # doctest: +SKIP
    """
    from studio.importing.modules import read_module

    found = read_module(module, example_inputs, name, partly=True)
    return Project(found.project, report=found.report)
