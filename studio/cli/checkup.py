"""What `netloom doctor` looks at, one function a thing: what it found and, if need be, the cure."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from studio import places
from studio.cli import libraries
from studio.cli.display import why_no_window
from studio.quantities import data_size
from studio.words import Message

GIB = 2**30
_REINSTALL = Message("Set up again: bash installer/run.sh --setup, or pip install --force-reinstall netloom.")


@dataclass(frozen=True, slots=True)
class Finding:
    """`missing` is a need; a `warning` costs a part of the program only."""

    name: str
    state: Literal["ok", "warning", "missing"]
    text: Message
    cure: Message | None = None


def examine() -> list[Finding]:
    """Every check, in the order a person reads them. Imports torch, so it takes some seconds."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        _torch,
        lambda: _package("torchvision", "missing"),
        lambda: _package("numpy", "missing"),
        lambda: _package("scikit-learn", "missing", "sklearn"),
        lambda: _package("safetensors", "missing"),
        lambda: _package("pydantic", "missing"),
        lambda: _package("optuna", "warning"),
        lambda: _package("gymnasium", "warning"),
        lambda: _package("onnx", "warning"),
        lambda: _package("onnxscript", "warning"),
        lambda: _package("onnxruntime", "warning"),
        _qt,
        _libraries,
        _window,
        _chinese,
        _shipped,
        lambda: _folder("own folder", places.user_data()),
        lambda: _folder("this folder", Path.cwd()),
        _memory,
    )
    return [check() for check in checks]


def _python() -> Finding:
    text = Message("{version} in {place}", version=platform.python_version(), place=sys.executable)
    return Finding("Python", "ok", text)


def _torch() -> Finding:
    try:
        import torch
    except (ImportError, OSError) as error:
        return _broken("torch", "missing", error)
    device = (
        torch.cuda.get_device_name()
        if torch.cuda.is_available()
        else Message("no GPU, works on the processor")
    )
    return Finding(
        "torch",
        "ok",
        Message(
            "{version}, {n} threads, {device}",
            version=torch.__version__,
            n=torch.get_num_threads(),
            device=device,
        ),
    )


def _package(name: str, need: Literal["warning", "missing"], module: str | None = None) -> Finding:
    try:
        import_module(module or name)
        return Finding(name, "ok", Message("{version}", version=version(name)))
    except (ImportError, OSError, RuntimeError, PackageNotFoundError) as error:
        return _broken(name, need, error)


def _broken(name: str, need: Literal["warning", "missing"], error: Exception) -> Finding:
    reason = str(error).partition("\n")[0] or type(error).__name__
    return Finding(name, need, Message("cannot be used: {reason}", reason=reason), _REINSTALL)


def _qt() -> Finding:
    try:
        found = version("PySide6-Essentials")
    except PackageNotFoundError as error:
        return _broken("Qt", "warning", error)
    if found == "6.12.0" and sys.version_info < (3, 12):
        return Finding(
            "Qt",
            "warning",
            Message("PySide6 {version} ends the program after a while on this Python", version=found),
            Message('Install another one: pip install "PySide6-Essentials!=6.12.0"'),
        )
    return Finding("Qt", "ok", Message("PySide6 {version}", version=found))


def _libraries() -> Finding:
    missing = libraries.missing()
    if not missing:
        return Finding("libraries", "ok", Message("Qt finds what it needs"))
    packages = [package for package in missing.values() if package]
    only_wayland = all(name.startswith("libwayland") for name in missing)
    return Finding(
        "libraries",
        "ok" if only_wayland else "warning",
        Message("Qt does not find {names}", names=", ".join(missing)),
        Message("Install them: {command}", command=libraries.apt_command(packages)) if packages else None,
    )


def _window() -> Finding:
    reason = why_no_window()
    if reason is not None:
        return Finding("window", "warning", Message("cannot open"), reason)
    return Finding("window", "ok", Message("can open on {display}", display=_display()))


def _display() -> str:
    names = ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY")
    return next((value for name in names if (value := os.environ.get(name))), platform.system())


def _chinese() -> Finding:
    if (
        sys.platform != "linux"
        or any((places.resources() / "fonts").glob("*.[ot]tf"))
        or _system_has_chinese()
    ):
        return Finding("Chinese font", "ok", Message("found"))
    return Finding(
        "Chinese font",
        "warning",
        Message("none found: Chinese texts would show as boxes"),
        Message("Install one: {command}", command=libraries.apt_command(["fonts-wqy-microhei"])),
    )


def _system_has_chinese() -> bool:
    if shutil.which("fc-list"):
        asked = ["fc-list", ":lang=zh", "family"]
        return bool(subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip())
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    names = ("cjk", "wqy", "sourcehan", "droidsansfallback", "uming", "ukai")
    return any(
        any(name in file.name.lower() for name in names)
        for folder in folders
        for file in folder.rglob("*.?t?")
    )


def _shipped() -> Finding:
    lacking = [
        str(folder)
        for folder, file in ((places.resources(), "icons/*.svg"), (places.gallery(), "*.json"))
        if not any(folder.glob(file))
    ]
    if lacking:
        return Finding(
            "resources", "missing", Message("nothing in {folders}", folders=", ".join(lacking)), _REINSTALL
        )
    return Finding("resources", "ok", Message("icons, words and examples are there"))


def _folder(name: str, folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            name,
            "warning",
            Message("{folder} cannot be written: {reason}", folder=folder, reason=error.strerror or error),
            Message("Change its permissions, free some space, or work in another folder (NETLOOM_HOME, cd)."),
        )
    text = Message("{folder}, {free} free", folder=folder, free=data_size(free))
    if free < GIB:
        return Finding(name, "warning", text, Message("Free some space: runs and exports are written there."))
    return Finding(name, "ok", text)


def _memory() -> Finding:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return Finding("memory", "ok", Message("not known on this system"))
    text = Message("{free} free", free=data_size(free))
    if free < 2 * GIB:
        return Finding("memory", "warning", text, Message("Close other programs, or train smaller networks."))
    return Finding("memory", "ok", text)
