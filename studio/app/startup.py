"""PyTorch is imported here, in a thread, when the window is on screen already."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import logging
import os
import sys
import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from studio.app import stages
from studio.app.stages import Stage
from studio.words import Message

CURVES = "studio.app.curves.panel"
PLAN = (
    (
        stages.PROJECT,
        (
            "studio.project.recovery",
            "studio.project.schema",
            "studio.insight.lessons",
            "studio.data.sources",
        ),
    ),
    (stages.ENGINE, ("numpy", CURVES, "torch", "studio.compiler.infer", "torch._dynamo")),
    (stages.ALL, ("sklearn.datasets", "pyarrow.csv", "torchvision", "studio.training.run")),
)
"""What is imported, in this order. The editor is ready when the second stage is.

The project room comes before PyTorch because of pydantic: while torch is imported it looks into every module
that is loaded, and a pydantic that another thread has half imported breaks by being looked at. The first
analysis needs torch._dynamo. What the last stage lacks is told by the work that needs it.
"""
IN_THE_WINDOW = {CURVES}
"""what defines classes of Qt: PySide crashes now and then where another thread than the GUI's does that"""
WITHOUT_QT = (
    "cuda.bindings.runtime",
    "xml.etree.ElementTree",
    "multiprocessing.connection",
    "pydoc",
    "cProfile",
)
"""what pyqtgraph imports, a third of its time: brought before it by the engine, where it is installed"""

log = logging.getLogger("netloom")

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


def prepare_curves() -> None:
    """Imports what the curves need and no class of Qt is in."""
    for name in WITHOUT_QT:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


class Engine(QObject):
    """Imports the modules of a plan once. All signals come on the GUI thread.

    `imported(name)` follows each module, `ready(seconds)` the last but one stage; `failed(Message)` comes in
    its place where a module of these stages cannot be imported.
    """

    imported = Signal(str)
    ready = Signal(float)
    failed = Signal(object)
    _wanted = Signal(str)
    _ended = Signal(float, object)

    def __init__(
        self, plan: tuple[tuple[Stage, tuple[str, ...]], ...] = PLAN, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._plan = plan
        self._thread = threading.Thread(target=self._import, name="netloom-engine", daemon=True)
        self._here = threading.Event()
        self._error_here: Exception | None = None
        self._leaving = False
        self._wanted.connect(self._bring_here, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._report, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        for stage, _ in self._plan:
            stage.begin()
        self._thread.start()

    def wait(self) -> None:
        """Waits for the thread, so that the interpreter does not end in the middle of an import."""
        self._leaving = True
        self._here.set()
        if self._thread.is_alive():
            self._thread.join()
        gc.unfreeze()  # libraries complain of what is not collected when the interpreter ends

    def _import(self) -> None:
        began = time.perf_counter()
        collecting = gc.isenabled()
        gc.disable()
        try:
            error = next((e for stage, names in self._plan[:-1] if (e := self._stage(stage, names))), None)
            self._ended.emit(time.perf_counter() - began, error)
            if error is None:
                self._stage(*self._plan[-1])
        finally:
            if collecting:
                gc.enable()
            for stage, _ in self._plan:
                stage.end()

    def _stage(self, stage: Stage, names: tuple[str, ...]) -> Exception | None:
        """Imports the modules of a stage, then lets pass who waits for it.

        What came with them stays: Python's collector, which looks at all it knows with everybody standing
        still (0.3 s of PyTorch alone), is told not to look at that again.
        """
        fresh = any(name not in sys.modules for name in names)
        try:
            for name in names:
                self._bring(name)
                self.imported.emit(name)
        except Exception as error:  # a broken installation fails in any way; it is shown and logged
            log.error("%s could not be imported", name, exc_info=error)
            return error
        if fresh:
            gc.freeze()
        stage.end()
        return None

    def _bring(self, name: str) -> None:
        if name not in IN_THE_WINDOW:
            if name == "torch":
                load_libraries()
            importlib.import_module(name)
            return
        prepare_curves()
        self._wanted.emit(name)
        self._here.wait()
        if self._error_here is not None:
            raise self._error_here

    @Slot(str)
    def _bring_here(self, name: str) -> None:
        if not self._leaving:
            try:
                importlib.import_module(name)
            except Exception as error:  # noqa: BLE001 - raised again where the plan is carried out
                self._error_here = error
        self._here.set()

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
