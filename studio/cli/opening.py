"""What several commands begin with: a project file opened, its data's context, one of its runs."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from studio.compiler.analysis import Context
from studio.graph.model import ProjectData
from studio.words import tr

if TYPE_CHECKING:
    from studio.training.runs import Run


def open_project(arguments: argparse.Namespace) -> ProjectData:
    """The project named on the command line. Raises ProjectError; warns of a file of a newer version."""
    from studio.project import files

    opened = files.open_project(arguments.project)
    if opened.read_only is not None:
        print(tr("netloom: note: {note}", note=opened.read_only), file=sys.stderr)
    return opened.project


def context_of(project: ProjectData) -> Context:
    from studio.training import objectives

    return objectives.context_of(project)


def open_run(arguments: argparse.Namespace) -> Run:
    """The run that `--run` names, of the project on the command line. Raises NetloomError."""
    from studio.training import runs

    open_project(arguments)
    return runs.open_run(arguments.run_reference, runs.runs_folder(arguments.project))
