"""Document to a Python file: a class a network, the names kept, nothing of ours imported.

The class has the state_dict keys of the built module and gives bitwise the same outputs.
"""

from __future__ import annotations

import re

from studio.compiler.analysis import Context
from studio.compiler.classes import ClassWriter, plan
from studio.compiler.ready import ready
from studio.graph.model import ProjectData


def source(project: ProjectData, network: str = "model", context: Context | None = None) -> str:
    """The Python source of a network and of the blocks it uses, formatted as `ruff format` would.

    What was `auto` is written as the number it is. Raises CompileError when the network, or a block it uses,
    has an error; problems of other networks do not matter.
    """
    whole, walk = ready(project, network, context)
    plans = plan(whole.project, walk)
    classes = [ClassWriter(whole.project, plans, name).lines() for name in plans]
    body = "\n\n\n".join("\n".join(lines) for lines in classes)
    title = re.sub(r'[\\"\s]+', " ", project.name).strip() or "Untitled"
    return f'"""{title}: the network {walk.name}, drawn with Netloom."""\n\n{_imports(body)}\n\n\n{body}\n'


def _imports(body: str) -> str:
    found = []
    if re.search(r"\btorch\.", body):
        found.append("import torch")
    if re.search(r"\bF\.\w", body):
        found.append("import torch.nn.functional as F")
    names = ["Tensor"] if re.search(r"\bTensor\b", body) else []
    found.append(f"from torch import {', '.join([*names, 'nn'])}")
    return "\n".join(found)
