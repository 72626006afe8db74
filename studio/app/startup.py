"""PyTorch is imported here, in a thread, when the window is on screen already."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import logging
import os
import sys
import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from studio.words import Message

PROJECT = "studio.project.recovery"
CURVES = "studio.app.curves.panel"
MODULES = (PROJECT, CURVES, "torch", "studio.compiler.infer")
"""What the editor needs, in this order; training imports the rest in its own thread.

The project room comes before PyTorch because of pydantic: while torch is imported it looks into every module
that is loaded, and a pydantic that another thread has half imported breaks by being looked at. The curves
come here because pyqtgraph would hold up the window for most of a second.
"""


log = logging.getLogger("netloom")

AFTERWARDS = ("torch._dynamo", "sklearn.datasets", "studio.training.loop")
"""What the first analysis and the first training would otherwise wait for: they import it where they need it,
so a failure here is theirs to tell."""

LIBRARIES = ("libtorch_global_deps.so", "libtorch_cpu.so", "libtorch_cuda.so", "libtorch.so")


def load_libraries() -> None:
    """Brings PyTorch's large libraries into memory before it is imported, on Linux.

    Python holds its lock while it loads a library, which for these is half a second in which the window does
    not answer; a foreign call does not hold it. What cannot be loaded is left to the import, which says why.
    """
    found = importlib.util.find_spec("torch") if sys.platform == "linux" else None
    if found is None or not found.submodule_search_locations:
        return
    folder = Path(found.submodule_search_locations[0]) / "lib"
    load = ctypes.CDLL(None).dlopen
    load.restype, load.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for name in LIBRARIES:
        if (folder / name).is_file():
            scope = os.RTLD_GLOBAL if name == LIBRARIES[0] else os.RTLD_LOCAL
            load(os.fsencode(folder / name), os.RTLD_NOW | scope)


class Engine(QObject):
    """Imports `MODULES` once. All signals come on the GUI thread.

    `imported(name)` follows each module, `ready(seconds)` the last; `failed(Message)` comes in their place.
    """

    imported = Signal(str)
    ready = Signal(float)
    failed = Signal(object)
    _ended = Signal(float, object)

    def __init__(
        self,
        modules: tuple[str, ...] = MODULES,
        afterwards: tuple[str, ...] = AFTERWARDS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._modules = modules
        self._afterwards = afterwards
        self._thread = threading.Thread(target=self._import, name="netloom-engine", daemon=True)
        self._ended.connect(self._report, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        """Waits for the thread, so that the interpreter does not end in the middle of an import."""
        if self._thread.is_alive():
            self._thread.join()

    def _import(self) -> None:
        began = time.perf_counter()
        error: Exception | None = None
        try:
            for name in self._modules:
                if name == "torch":
                    load_libraries()
                importlib.import_module(name)
                self.imported.emit(name)
        except Exception as caught:  # a broken installation fails in any way; it is shown and logged
            error = caught
            log.error("The engine could not be imported", exc_info=caught)
        self._ended.emit(time.perf_counter() - began, error)
        if error is None:
            self._warm_up()

    def _warm_up(self) -> None:
        for name in self._afterwards:
            try:
                importlib.import_module(name)
            except Exception as caught:
                log.warning("%s could not be imported ahead of its use", name, exc_info=caught)

    def _report(self, seconds: float, error: Exception | None) -> None:
        if error is None:
            self.ready.emit(seconds)
            return
        self.failed.emit(
            Message(
                "PyTorch cannot be imported: {reason}. You can edit and save; shapes and training need it. "
                "Run “netloom doctor”, or set up again with installer/run.sh --setup.",
                reason=f"{type(error).__name__}: {error}".splitlines()[0],
            )
        )
