"""What ten thousand cards take in processor time: paste as one undo step, undo, write, read, tidy up.

python tests/benchmarks/paste.py [CARDS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from studio.graph import fragment, layout, order, validate
from studio.graph.document import Change, Document
from studio.graph.model import Network, Node, ProjectData
from studio.project import files
from studio.words import Message


def chain(length: int) -> Network:
    nodes = {}
    for i in range(length):
        fed = ({"n": f"conv{i - 1}"},) if i else ()
        params = {"out_channels": 32, "kernel_size": 3, "padding": 1}
        nodes[f"conv{i}"] = Node(f"conv{i}", "nn.Conv2d", params, fed, at=(0, 96 * i))
    return Network(nodes)


def timed(name: str, work: Callable[[], Any], repeats: int = 5) -> Any:
    """Runs `work` a few times and prints the median in processor time."""
    seconds = []
    result = None
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    print(f"{name:28} {1000 * median(seconds):8.1f} ms")
    return result


def main() -> None:
    cards = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    network = chain(cards)
    project = ProjectData("Large", {"model": network})
    copied = timed("copy", lambda: fragment.copy(network, network.nodes))
    changes: list[Change] = []

    def paste() -> Document:
        document = Document()
        document.subscribe(changes.append)
        with document.transaction(Message("Paste")) as edit:
            fragment.paste(edit, "model", copied, (0, 0))
        return document

    document = timed("paste, one undo step", paste)

    done = changes[-1]

    def undo_and_redo() -> None:
        document.replay(done.inverse())
        document.replay(done)

    timed("undo and redo", undo_and_redo)
    text = timed("write as text", lambda: files.dumps(project))
    timed("read from text", lambda: files.loads(text, "large.json"))
    timed("order", lambda: order.topological(network))
    timed("validate", lambda: validate.faults(project))
    sizes = dict.fromkeys(network.nodes, (176.0, 64.0))
    timed("tidy up", lambda: layout.layered(sizes, network.wires()), repeats=3)


if __name__ == "__main__":
    main()
