"""The one way out: a file is written aside, loaded back and compared, and only then gets its name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from studio.export.formats import FORMATS, ExportError, Format, Report
from studio.project import atomic
from studio.words import Message, tr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio.export.proof import Deviation
    from studio.export.subject import Subject
    from studio.training.runs import Run

__all__ = ["ExportError", "Report", "export"]

Progress = Callable[[float, str], None]


def export(
    run: Run,
    format: str,
    out: Path,
    progress: Progress | None = None,
    *,
    which: str = "best",
    include_preprocessing: bool = True,
) -> Report:
    """Writes the trained network of `run` to `out` as one of `FORMATS`; a missing suffix is added.

    An existing file is replaced, in one step, when the new one has proven itself. `progress(share, text)` may
    raise to cancel. Raises ExportError and WriteError; nothing is left behind then.
    """
    if format not in FORMATS:
        raise ExportError(
            Message(
                "{format} is no format known here. Known: {known}.", format=format, known=", ".join(FORMATS)
            )
        )
    chosen = FORMATS[format]
    target = _target(out, chosen)
    tell = progress or (lambda _share, _text: None)
    with _quiet():
        from studio.export import subject

        tell(0.05, tr("Loading the network and samples of its data"))
        network = subject.of(run, which, include_preprocessing and chosen.takes_raw)
        tell(0.3, tr("Writing {file}", file=target.name))
        try:
            return _write(network, chosen, target, tell)
        except OSError as error:  # of the temporary files that the comparison needs
            reason = error.strerror or str(error)
            raise ExportError(
                Message(
                    "{path} was not exported: {reason}. Free some space, and try again.",
                    path=target,
                    reason=reason,
                )
            ) from error


def _write(network: Subject, chosen: Format, target: Path, tell: Progress) -> Report:
    if chosen.name == "folder":
        from studio.export import folder

        paths, deviation = folder.write(network, target, tell)
        return _report(network, chosen, paths, deviation)
    write = _writer(chosen.name)
    with atomic.writing(target) as temporary:
        prove = write(network, temporary)
        tell(0.7, tr("Loading {file} back and comparing", file=target.name))
        deviation = prove()
        tell(0.95, tr("Comparing done"))
    return _report(network, chosen, (target,), deviation)


def _writer(name: str) -> Callable[[Subject, Path], Callable[[], Deviation]]:
    """What writes a format and returns its proof. Only the packages of that format are imported."""
    from studio.export import torch_files

    match name:
        case "onnx":
            from studio.export import onnx_file

            return onnx_file.write
        case "python":
            from studio.export import python_file

            return python_file.write
        case "pt2":
            return torch_files.write_program
        case "safetensors":
            return torch_files.write_safetensors
        case "state_dict":
            return torch_files.write_state_dict
        case _:
            raise ExportError(
                Message("Nothing here writes {format} yet. Choose another format.", format=name)
            )


def _report(network: Subject, chosen: Format, paths: tuple[Path, ...], deviation: Deviation) -> Report:
    return Report(
        paths, chosen.name, deviation.largest, deviation.tolerance, deviation.samples, network.details(chosen)
    )


def _target(out: Path, chosen: Format) -> Path:
    if chosen.suffix and not out.suffix:
        out = out.with_name(out.name + chosen.suffix)
    if not out.parent.is_dir():
        raise ExportError(
            Message(
                "{path} cannot be written: the folder {folder} does not exist. Create it, or choose another.",
                path=out,
                folder=out.parent,
            )
        )
    if chosen.suffix and out.is_dir():
        raise ExportError(Message("{path} is a folder. Choose the name of a file.", path=out))
    return out


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the exporters' warnings, which speak of their own insides, from the person's terminal."""
    import logging

    names = ("torch.onnx", "onnxscript", "torch.export", "torch.fx", "torch._dynamo", "onnx_ir")
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for logger in loggers:
                logger.setLevel(logging.CRITICAL)
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
