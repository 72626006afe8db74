"""The narrow column beside the plots: smoothing, log scale, earlier runs, saving, fitting."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from studio import quantities
from studio.app import file_icons
from studio.app.named import named
from studio.words import Message, NetloomError, tr

if TYPE_CHECKING:
    from studio.app.curves.panel import CurvesPanel

WIDTH = 128
LONGEST_WINDOW = 10_000
TICKS = 100


class Side(QWidget):
    """Acts on its panel. `touched` once a hand has set the smoothing: from then on it stays as set."""

    def __init__(self, panel: CurvesPanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self.touched = False
        self.setFixedWidth(WIDTH)
        self._smoothing_label = QLabel()
        self._smoothing_label.setProperty("second", True)
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setRange(0, TICKS)
        self._smoothing.setObjectName("smoothing_slider")
        self._smoothing.valueChanged.connect(self._smooth)
        self._log = QCheckBox()
        self._log.setObjectName("log_scale")
        self._log.toggled.connect(panel.loss.set_log)
        self._earlier = named(QPushButton(), "earlier_runs_button")
        self._earlier_menu = QMenu(self)
        self._earlier_menu.aboutToShow.connect(self._list_runs)
        self._earlier.setMenu(self._earlier_menu)
        self._save = named(QPushButton(), "save_curves_button")
        self._save_menu = QMenu(self)
        self._save.setMenu(self._save_menu)
        self._actions: dict[str, QAction] = {}
        for suffix in ("png", "svg", "pdf", "csv"):
            action = self._save_menu.addAction("")
            action.triggered.connect(lambda _=False, kind=suffix: self._ask_path(kind))
            self._actions[suffix] = action
        self._fit = named(QPushButton(), "fit_curves_button")
        self._fit.clicked.connect(self._fit_all)
        self._run = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self._run.setObjectName("shown_run")
        self._run.setProperty("second", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 6, 4, 6)
        column.setSpacing(6)
        for widget in (
            self._smoothing_label,
            self._smoothing,
            self._log,
            self._earlier,
            self._save,
            self._fit,
            self._run,
        ):
            column.addWidget(widget)
        column.addStretch(1)

    def retranslate(self) -> None:
        self._write_window(self._panel.history.window)
        self._smoothing.setAccessibleName(tr("Smoothing"))
        self._log.setText(tr("Log scale"))
        self._log.setToolTip(tr("The loss in powers of ten"))
        self._earlier.setText(f"{tr('Earlier runs')} ▾")
        self._earlier.setToolTip(tr("Lay earlier runs of this project over the curves"))
        self._save.setText(f"{tr('Save curves')} ▾")
        self._actions["png"].setText(tr("As a picture (PNG)…"))
        self._actions["svg"].setText(tr("As a drawing (SVG)…"))
        self._actions["pdf"].setText(tr("As a page (PDF)…"))
        self._actions["csv"].setText(tr("As a table of all points (CSV)…"))
        self._fit.setText(tr("Fit"))
        self._fit.setToolTip(tr("Everything in view; a double-click into a plot does the same"))

    def show_run(self, name: str) -> None:
        """Says which run of the past is shown; nothing for the one that was trained just now."""
        self._run.setText(tr("Run of {when}", when=name) if name else "")

    # -- smoothing -------------------------------------------------------------------------------

    def show_window(self, window: float) -> None:
        """Shows a smoothing that was not set by hand."""
        with QSignalBlocker(self._smoothing):
            self._smoothing.setValue(round(TICKS * math.log(window) / math.log(LONGEST_WINDOW)))
        self._write_window(window)

    def _write_window(self, window: float) -> None:
        steps = max(1, round(window))
        text = tr("No smoothing") if steps == 1 else tr("Smoothing {n}", n=quantities.count(steps))
        if text != self._smoothing_label.text():
            self._smoothing_label.setText(text)
            self._smoothing.setToolTip(
                tr("The bold line averages over about {n} steps", n=quantities.count(steps))
            )

    def _smooth(self, tick: int) -> None:
        self.touched = True
        window = LONGEST_WINDOW ** (tick / TICKS)
        self._write_window(window)
        self._panel.smooth_over(window)
        self._panel.redraw()

    def _fit_all(self) -> None:
        self._panel.loss.fit()
        self._panel.other.fit()

    # -- earlier runs ----------------------------------------------------------------------------

    def _list_runs(self) -> None:
        from studio.training.runs import list_runs

        menu = self._earlier_menu
        menu.clear()
        try:
            runs = list_runs(self._panel.trainer.runs_folder)
        except (NetloomError, OSError) as error:
            self._panel.session.notice.emit(
                "error", Message("The runs could not be listed: {reason}", reason=error)
            )
            runs = []
        for run in reversed(runs[-20:]):
            action = menu.addAction(Path(run.folder).name)
            action.setCheckable(True)
            action.setChecked(Path(run.folder) in self._panel.earlier)
            action.toggled.connect(lambda shown, folder=Path(run.folder): self._toggle(folder, shown))
        if not runs:
            menu.addAction(tr("No earlier runs yet")).setEnabled(False)

    def _toggle(self, folder: Path, shown: bool) -> None:
        chosen = [known for known in self._panel.earlier if known != folder]
        self._panel.show_runs([*chosen, folder] if shown else chosen)

    # -- saving ----------------------------------------------------------------------------------

    def _ask_path(self, kind: str) -> None:
        dialog = QFileDialog(self, tr("Save the curves"))
        file_icons.use(dialog)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(kind)
        dialog.setNameFilter(f"{kind.upper()} (*.{kind})")
        dialog.selectFile(f"{self._panel.session.document.name}-curves.{kind}")
        dialog.fileSelected.connect(lambda path: self.save(Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def save(self, path: Path) -> None:
        """Writes the curves to `path`; its suffix says as what."""
        from studio.app.curves import figure
        from studio.project import atomic

        panel = self._panel
        plots = (panel.loss, panel.other)
        try:
            match path.suffix.lower():
                case ".csv":
                    atomic.write(path, figure.table(panel.histories()))
                case ".svg":
                    atomic.write(path, figure.svg(plots, panel.session.document.name))
                case ".pdf":
                    atomic.write(path, figure.pdf(plots, panel.session.document.name))
                case _:
                    atomic.write(path, figure.png(plots))
        except (NetloomError, OSError) as error:
            panel.session.notice.emit(
                "error", Message("The curves could not be saved: {reason}", reason=error)
            )
            return
        panel.session.notice.emit("info", Message("The curves are saved in {path}.", path=path))
