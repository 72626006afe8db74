"""A script for Slurm beside an exported folder: it trains the run's project on so many nodes, by torchrun."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.export.formats import ExportError
from studio.project import atomic, files
from studio.words import Message

if TYPE_CHECKING:
    from studio.graph.model import ProjectData

PROJECT, SCRIPT = "project.json", "train.slurm"
PORT = 29_500
GRACE_S = 120
"""how long before the end of its time the job is told: the run stops, and goes on in the next job"""


@dataclass(frozen=True, slots=True)
class Nodes:
    """How many machines, and how many graphics cards (and processes) on each; 0 cards: one process a node."""

    count: int = 1
    gpus: int = 1


def parse(text: str) -> Nodes:
    """`2x4` is two nodes with four graphics cards each. Raises ExportError."""
    found = re.fullmatch(r"(\d{1,4})[x×](\d{1,3})", text.strip())
    if found is None or int(found[1]) < 1:
        raise ExportError(
            Message(
                "{text} does not say how many nodes and graphics cards: write 2x4 for two nodes with four "
                "each, or 2x0 for processors alone.",
                text=text,
            )
        )
    return Nodes(int(found[1]), int(found[2]))


def add(folder: Path, project: ProjectData, nodes: Nodes) -> tuple[Path, Path]:
    """Writes the project and the script into an exported folder. Raises WriteError."""
    script, copy = folder / SCRIPT, folder / PROJECT
    atomic.write(copy, files.dumps(project))
    atomic.write(script, text(project, nodes))
    return copy, script


def text(project: ProjectData, nodes: Nodes) -> str:
    """The script."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", project.name).strip("-") or "netloom"
    gpus = f"#SBATCH --gpus-per-node={nodes.gpus}\n" if nodes.gpus else ""
    root = project.data.get("root")
    data = (
        f"# The data lay in {_quiet(str(root))}. Where they lie elsewhere here, add --set data.root=FOLDER.\n"
        if root
        else ""
    )
    return f"""#!/bin/bash
# Trains {PROJECT} with one process for each graphics card:      sbatch {SCRIPT}
# Goes on with a run that was stopped, at the end of its time too: sbatch {SCRIPT} --resume last
# Netloom has to be installed here (pip install netloom), and every node has to see this folder.
{data}#SBATCH --job-name={name}
#SBATCH --nodes={nodes.count}
#SBATCH --ntasks-per-node=1
{gpus}#SBATCH --cpus-per-task={max(4, 4 * nodes.gpus)}
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@{GRACE_S}
#SBATCH --output=%x-%j.log

set -euo pipefail
cd "$SLURM_SUBMIT_DIR"
hosts=$(scontrol show hostnames "$SLURM_JOB_NODELIST")
first=${{hosts%%$'\\n'*}}

srun torchrun \\
  --nnodes "$SLURM_NNODES" --nproc-per-node {max(1, nodes.gpus)} \\
  --rdzv-id "$SLURM_JOB_ID" --rdzv-backend c10d --rdzv-endpoint "$first:{PORT}" \\
  -m studio train {PROJECT} "$@"
"""


def _quiet(said: str) -> str:
    """A path in a comment: one line, whatever it holds."""
    return re.sub(r"[\r\n]+", " ", said)
