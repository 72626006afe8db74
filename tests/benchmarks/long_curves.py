"""Eight hours of training in a minute: what two million plotted steps cost in memory and in a frame.

    python tests/benchmarks/long_curves.py [STEPS]

Feeds the Curves panel through a Progress, as the window does, and draws a frame every 1,000 steps: more than
come in between two frames. Shows the time of a frame (taking in, drawing, painting; of the clock and of the
processor), the memory beside what the numbers need, and whether what is drawn still has every extreme.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

CHUNK, FRAME = 500, 1_000
BYTES_A_STEP = 8 * (2 + 1 + 2 * 3)
"""x, the loss and its average, each average and loss with pyramids of minima and maxima: doubles"""


def memory() -> float:
    """MiB of this process now."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize() / 2**20


def main() -> None:
    from studio.app import stages
    from studio.app.curves.panel import CurvesPanel
    from studio.app.session import Session
    from studio.app.trainer import Trainer
    from studio.training.progress import EpochRecord, Progress

    total = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    application = QApplication.instance() or QApplication([])
    for stage in (stages.PROJECT, stages.ENGINE, stages.ALL):
        stage.end()
    session = Session()
    panel = CurvesPanel(session, Trainer(session))
    panel.resize(1200, 260)
    panel.show()
    application.processEvents()
    per_epoch = 10_000
    progress = Progress(status="running", epochs=-(-total // per_epoch), steps_per_epoch=per_epoch)
    drawn = np.random.default_rng(0)
    truth = np.empty(total, np.float32)
    gc.collect()
    before, frames, rows = memory(), [], []
    for start in range(0, total, CHUNK):
        losses = (2 * np.exp(-start / total * 4) + 0.2 * drawn.random(CHUNK)).astype(np.float32)
        if start % 50_000 == 0:
            losses[7] = 9.0 + start / total  # an extreme that must not be lost
        truth[start : start + CHUNK] = losses
        progress.add(losses)
        step = start + CHUNK
        if step % per_epoch == 0:
            values = {"loss": float(losses.mean()), "accuracy": 1 - float(losses.mean()) / 4}
            progress.epochs_done.append(EpochRecord(step // per_epoch, step, values, values, 1.0))
        if step % FRAME == 0:
            panel._drawn_at = 0.0
            began, worked = time.perf_counter(), time.process_time()
            panel.trainer.ticked.emit(progress)
            panel.loss.area.viewport().repaint()
            panel.other.area.viewport().repaint()
            frames.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)))
            application.processEvents()
        if step % (total // 5) == 0:
            last = np.array(frames[-total // FRAME // 5 :])
            rows.append((step, memory() - before, *np.median(last, axis=0), *np.percentile(last, 99, axis=0)))
    heads = ("steps", "memory MiB", "numbers", "frame ms", "processor", "99 %", "")
    print("{:>10} {:>11} {:>8} {:>9} {:>10} {:>7} {:>7}".format(*heads))
    for step, used, *times in rows:
        said = f"{step:10} {used:11.1f} {step * BYTES_A_STEP / 2**20:8.1f}"
        print(said, "{:9.2f} {:10.2f} {:7.2f} {:7.2f}".format(*times))
    steps = panel.history.steps
    kept = len(steps) == total and np.array_equal(steps.y.astype(np.float32), truth)
    print(f"every step kept: {kept}; longest frame {max(frames)[0]:.1f} ms")
    for low, high in ((0, total), (total // 3, total // 2), (total - 5000, total)):
        _, y = steps.envelope(low / per_epoch, high / per_epoch, 600)
        part = truth[low:high]
        print(
            f"envelope of steps {low}..{high}: {len(y)} points; smallest and largest kept: "
            f"{bool(np.nanmin(y) <= part.min()) and bool(np.nanmax(y) >= part.max())}"
        )


if __name__ == "__main__":
    main()
