"""The start of the program, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"NETLOOM_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_window_is_painted_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    done = run(
        """
        import sys
        from studio.app import main as start
        from studio.app.window import MainWindow
        start.Engine.start = lambda self: None
        def painted(window):
            print(sorted({"torch", "numpy", "pydantic", "sklearn", "pyqtgraph"} & set(sys.modules)))
            window.leave_without_asking()
        MainWindow.after_first_paint = painted
        sys.exit(start.main(None))
        """,
        tmp_path,
    )

    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.slow
def test_the_engine_comes_after_the_paint_and_the_program_ends_cleanly(tmp_path: Path) -> None:
    done = run(
        """
        import sys
        sys.setswitchinterval(0.00002)  # threads that import must not meet half-made modules
        from pathlib import Path
        from studio.app import main as start
        from studio.app.window import MainWindow
        from studio.words import Message
        ready = MainWindow.engine_ready
        def leave(window):
            ready(window)
            window.session.analysed.connect(lambda a: window.files.active and tell(window, a))
        def tell(window, analysis):
            print(len(analysis.networks), len(analysis.errors))
            with window.session.edit(Message("Set {name}", name="epochs")) as edit:
                edit.set(("training", "epochs"), 3)  # a step to undo must not be heard of at the end
            end(window)
        def end(window):
            window.leave_without_asking()
        MainWindow.engine_ready = leave
        sys.exit(start.main(Path("projects/iris.json")))
        """,
        tmp_path,
    )

    assert (done.returncode, done.stdout.strip()) == (0, "1 0"), done.stderr
    assert done.stderr == ""
    assert not any((tmp_path / "recovery").glob("*.jsonl"))
