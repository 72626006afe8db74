"""Document to a Python file: a class a network, the names kept, nothing of ours imported.

The class has the state_dict keys of the built module and gives bitwise the same outputs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.compiler.analysis import Context
from studio.compiler.classes import ClassWriter, plan
from studio.compiler.faulty import walked
from studio.compiler.ready import ready
from studio.graph.model import ProjectData

PROBLEM = "# Problem: "
"""how the comment begins that tells of a problem"""


@dataclass(frozen=True, slots=True)
class WrittenClass:
    """Which network a class was written for, and the node that each line of its `forward` makes, in order."""

    network: str
    nodes: tuple[str, ...]


def source(project: ProjectData, network: str = "model", context: Context | None = None) -> str:
    """The Python source of a network and of the blocks it uses, formatted as `ruff format` would.

    What was `auto` is written as the number it is. Raises CompileError when the network, or a block it uses,
    has an error; problems of other networks do not matter.
    """
    return write(project, network, context)[0]


def write(
    project: ProjectData, network: str, context: Context | None = None, faulty: bool = False
) -> tuple[str, dict[str, WrittenClass]]:
    """The source, and what each of its classes was written for. Raises CompileError like `source`.

    With `faulty`, also of a network whose shapes or values have problems: a comment says each before its
    line, and what is not known (the width of what comes in) is left out. It can be read back, and not be run.
    """
    whole, walk = (walked if faulty else ready)(project, network, context)
    plans = plan(whole.project, walk)
    said = {(f.network, f.node or ""): f"{PROBLEM}{' '.join(str(f.text).split())}" for f in whole.errors()}
    writers = [ClassWriter(whole.project, plans, name, said) for name in plans]
    body = "\n\n\n".join("\n".join(writer.lines()) for writer in writers)
    title = re.sub(r'[\\"\s]+', " ", project.name).strip() or "Untitled"
    text = f'"""{title}: the network {walk.name}, drawn with Netloom."""\n\n{imports(body)}\n\n\n{body}\n'
    return text, {
        writer.plan.class_name: WrittenClass(writer.plan.name, tuple(_made(writer))) for writer in writers
    }


def _made(writer: ClassWriter) -> Iterator[str]:
    for statement in writer.forward.statements:
        yield from statement.run or (statement.step.node.id,)


def imports(body: str, more: Sequence[str] = ()) -> str:
    """The imports that `body` needs, and `more` whole statements, in the order of isort."""
    plain = [name for name in ("torch", "torch.nn.functional as F") if re.search(_USES[name], body)]
    names = [name for name in ("Tensor", "nn") if re.search(rf"\b{name}\b", body)]
    chosen = [f"from torch import {', '.join(names)}", *more]
    if re.search(r"\bops\.[A-Z]", body):
        chosen.append("from torchvision import ops")
    own = [line for line in chosen if line.split()[1].partition(".")[0] in sys.stdlib_module_names]
    others = [f"import {name}" for name in plain]
    others += [line for line in dict.fromkeys(chosen) if line not in own]
    others.sort(key=lambda line: (line.startswith("from"), _module(line)))
    if re.search(r"\boperator\.\w", body):
        own.append("import operator")
    own.sort(key=lambda line: (line.startswith("from"), _module(line)))
    return "\n\n".join("\n".join(lines) for lines in (own, others) if lines)


_USES = {"torch": r"\btorch\.", "torch.nn.functional as F": r"\bF\.\w"}


def _module(line: str) -> str:
    return line.split()[1]
