"""What is copied when the program ends."""

from __future__ import annotations

import subprocess
import sys

COPY_AND_END = """
from PySide6.QtWidgets import QApplication

app = QApplication([])

from studio.app.canvas.panel import CanvasPanel
from studio.app.session import Session
from studio.graph.model import Network, Node, ProjectData

session = Session()
panel = CanvasPanel(session)
session.open(ProjectData(networks={"model": Network({"relu": Node("relu", "nn.ReLU")})}), None)
session.select(("relu",))
panel.clipboard.copy()
assert "nn.ReLU" in app.clipboard().text()
"""


def test_the_program_ends_well_with_nodes_on_the_clipboard() -> None:
    ended = subprocess.run([sys.executable, "-c", COPY_AND_END], capture_output=True, text=True, timeout=240)
    assert (ended.returncode, ended.stderr) == (0, "")
