"""The Curves panel: what it shows of a training, what a hand can do with it, and the files it writes."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from studio import words
from studio.app import theme
from studio.app.curves import figure
from studio.app.curves.axes import figure as figure_text
from studio.app.curves.axes import regular, rounded_out
from studio.app.curves.history import History, Mark
from studio.app.curves.legend import EntryStyle
from studio.app.curves.panel import CurvesPanel
from studio.app.curves.plot import share_below
from studio.app.trainer import Trainer
from studio.training.progress import EpochRecord, Event, Progress

from .training_fakes import notices_of, progress_of, session_with_data

LOSSES = [2.0 * math.exp(-i / 10) + 0.05 for i in range(40)]


@pytest.fixture
def panel(qtbot: QtBot) -> CurvesPanel:
    session = session_with_data()
    panel = CurvesPanel(session, Trainer(session))
    qtbot.addWidget(panel)
    panel.resize(1000, 240)
    panel.show()
    return panel


def feed(panel: CurvesPanel, progress: Progress) -> None:
    panel.trainer.ticked.emit(progress)
    panel.redraw()


def shown_page(panel: CurvesPanel) -> str:
    current = panel._stack.currentWidget()
    return current.objectName() if current is not None else ""


def test_without_a_run_it_says_how_to_see_curves(panel: CurvesPanel) -> None:
    assert shown_page(panel) == "curves_empty"
    assert panel._empty.text() == "Press Train to see the curves."


def test_the_legends_say_the_newest_values(panel: CurvesPanel) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    entries = panel.loss.legend.entries()
    assert entries["validation"].text() == "validation 0.0905"
    assert entries["train"].text().startswith("train 0.")
    assert panel.other.legend.title() == "Accuracy"
    assert panel.other.legend.entries()["validation"].text() == "validation 100.0 %"


def test_every_step_is_taken_in_also_while_nobody_looks(panel: CurvesPanel, qtbot: QtBot) -> None:
    panel.hide()
    progress = progress_of(LOSSES[:20], 10, 4)
    panel.trainer.ticked.emit(progress)
    progress.add(np.array(LOSSES[20:]))
    panel.trainer.ticked.emit(progress)
    panel.show()
    assert len(panel.history.steps) == 40
    assert len(panel.loss.lines._drawn) == 3


def test_a_hidden_panel_reads_before_the_ring_of_the_loop_overwrites(panel: CurvesPanel) -> None:
    panel.hide()
    progress = Progress(epochs=1, steps_per_epoch=64, capacity=16)
    for loss in range(64):
        progress.add(np.array([float(loss)]))
        panel.trainer.ticked.emit(progress)
    panel.show()
    np.testing.assert_array_equal(panel.history.steps.y, np.arange(64.0))


def test_the_plot_on_the_right_waits_for_the_next_epoch(panel: CurvesPanel) -> None:
    progress = progress_of(LOSSES[:10], 10, 4)
    feed(panel, progress)
    right, left = list(panel.other.lines.lines), list(panel.loss.lines.lines)
    progress.add(np.array(LOSSES[10:15]))
    panel._drawn_at = 0.0
    panel.trainer.ticked.emit(progress)
    assert panel.loss.lines.lines is not left and len(panel.history.steps) == 15
    assert panel.other.lines.lines == right


def test_a_hidden_panel_draws_nothing(panel: CurvesPanel) -> None:
    panel.hide()
    feed(panel, progress_of(LOSSES, 10, 4))
    assert panel.loss.lines._drawn == []


def test_the_loss_has_a_fine_a_bold_and_a_marked_line(panel: CurvesPanel) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    assert [line.kind for line in panel.loss.lines.lines] == ["fine", "bold", "marked"]
    assert [drawn.markers for drawn in panel.loss.lines._drawn] == [False, False, True]


def test_a_click_on_the_legend_hides_a_series_and_a_second_shows_it(panel: CurvesPanel) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    panel.loss.legend.entries()["train"].click()
    assert [drawn.kind for drawn in panel.loss.lines._drawn] == ["marked"]
    panel.loss.legend.entries()["train"].click()
    assert len(panel.loss.lines._drawn) == 3


def test_the_fitted_view_spans_all_epochs_and_every_loss(panel: CurvesPanel) -> None:
    feed(panel, progress_of([*LOSSES, 7.5], 10, 6))
    (left, right), (low, high) = panel.loss.box.viewRange()
    assert left == 0 and 6 < right < 6.2, "all epochs, and the last mark is whole"
    assert low <= min(LOSSES) and high >= 7.5


def test_a_view_moved_by_hand_stays_until_it_is_fitted_again(panel: CurvesPanel) -> None:
    progress = progress_of(LOSSES, 10, 6)
    feed(panel, progress)
    panel.loss.box.setRange(xRange=(1, 2), yRange=(0, 1), padding=0)
    panel.loss.box.sigRangeChangedManually.emit([True, True])
    progress.add(np.array([9.0]))
    feed(panel, progress)
    assert panel.loss.box.viewRange()[0] == [1, 2]
    panel.loss.area.double_clicked.emit()
    assert panel.loss.box.viewRange()[0] == pytest.approx([0, 6], abs=0.1)
    assert panel.loss.box.viewRange()[1][1] >= 9.0


def test_the_wheel_zooms_in_where_the_pointer_is(panel: CurvesPanel, qtbot: QtBot) -> None:
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    feed(panel, progress_of(LOSSES, 10, 4))
    place = panel.loss.area.mapFromScene(panel.loss.box.sceneBoundingRect().center())
    at, turn = QPointF(place), QPoint(0, 120)
    buttons, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    viewport = panel.loss.area.viewport()
    event = QWheelEvent(
        at,
        QPointF(viewport.mapToGlobal(place)),
        QPoint(),
        turn,
        buttons,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)
    left, right = panel.loss.box.viewRange()[0]
    assert right - left < 4
    assert not panel.loss.fitted


def test_the_crosshair_leaves_no_trace(panel: CurvesPanel, qtbot: QtBot) -> None:
    def on_screen() -> QImage:
        return panel.screen().grabWindow(panel.winId()).toImage()  # a grab of the widget would draw it anew

    feed(panel, progress_of(LOSSES, 10, 4))
    seen = [on_screen()]
    qtbot.waitUntil(lambda: qtbot.wait(60) or seen.append(on_screen()) or seen[-3:] == [seen[-1]] * 3)
    before = seen[-1]
    for x in (1.0, 1.5, 2.2):
        panel.loss.read_at.emit(x)
        qtbot.waitUntil(lambda: on_screen() != before)
    panel.loss.read_at.emit(None)
    qtbot.waitUntil(lambda: on_screen() == before)


def test_the_log_scale_shows_powers_of_ten(panel: CurvesPanel) -> None:
    feed(panel, progress_of([10.0, 1.0, 0.1, 0.01], 2, 2))
    panel.side._log.setChecked(True)
    low, high = panel.loss.box.viewRange()[1]
    assert low == pytest.approx(-2, abs=0.3) and high == pytest.approx(1, abs=0.3)
    assert [text for _, text in panel.loss.area.values.figures(-2, 1, 200)] == ["0.01", "0.1", "1", "10"]


def test_smoothing_by_hand_replaces_the_automatic_one(panel: CurvesPanel) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    panel.side._smoothing.setValue(0)
    np.testing.assert_allclose(panel.history.smooth.y, panel.history.steps.y)
    feed(panel, progress_of(LOSSES, 10, 4))
    assert panel.history.window == 1


def test_the_crosshair_reads_the_values_of_both_plots(panel: CurvesPanel) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    panel.loss.read_at.emit(2.0)
    text = panel.loss._readout.text()
    assert "epoch 2.00 · step 20" in text and f"train {LOSSES[19]:.3f}" in text
    assert "validation 50.0 %" in panel.other._readout.text()
    panel.loss.read_at.emit(None)
    assert not panel.loss._readout.isVisible()


def test_a_loss_that_is_no_number_does_not_break_the_drawing(panel: CurvesPanel) -> None:
    feed(panel, progress_of([1.0, math.nan, math.inf, 0.5], 4, 1))
    assert panel.loss.box.viewRange()[1][1] < 10
    panel.grab()


def test_regression_offers_its_metrics_as_a_choice(panel: CurvesPanel) -> None:
    progress = progress_of([1.0, 0.5], 2, 1)
    values = {"loss": 0.5, "mae": 0.4, "r2": 0.3}
    progress.epochs_done[:] = [EpochRecord(1, 2, values, values, 0.1)]
    feed(panel, progress)
    assert panel.chosen_metric == "mae"
    panel.other.legend.metric_chosen.emit("r2")
    assert panel.other.legend.entries()["validation"].text() == "validation 0.300"


def test_a_new_run_begins_with_empty_curves(panel: CurvesPanel) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    panel.trainer.progress = Progress()
    panel.trainer.state_changed.emit("preparing")
    assert panel.history.empty


def test_language_and_theme_change_while_it_is_shown(panel: CurvesPanel) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    before = panel.grab().toImage()
    theme.use(theme.LIGHT)
    try:
        words.set_language("zh_CN")
        assert panel.loss.legend.title() == "损失"
        assert panel.loss.legend.entries()["train"].text().startswith("训练")
        assert panel.grab().toImage() != before
    finally:
        theme.use(theme.DARK)


def test_the_ground_of_the_plots_follows_the_theme(panel: CurvesPanel) -> None:
    theme.use(theme.DARK)
    feed(panel, progress_of(LOSSES, 10, 4))
    panel.grab()
    theme.use(theme.LIGHT)
    try:
        ground = panel.loss.area.grab().toImage().pixelColor(2, 2)
        assert ground == theme.LIGHT.color("panel")
    finally:
        theme.use(theme.DARK)


def written_run(folder: Path, losses: list[float]) -> Path:
    """A run on the disk with these losses, one step and one epoch each."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"format": "netloom-run", "status": "done", "process": null}')
    lines = [
        f'{{"epoch": {e}, "step": {e}, "train": {{"loss": {loss}}}, "validation": {{"loss": {loss}}}}}'
        for e, loss in enumerate(losses, 1)
    ]
    (folder / "metrics.jsonl").write_text("\n".join(lines))
    return folder


def open_as(panel: CurvesPanel, path: Path) -> None:
    panel.session.open(panel.session.document.data(), path)
    panel.session._idle.stop()  # the shapes are no matter here


def test_a_project_that_was_trained_opens_with_the_curves_of_its_newest_run(
    panel: CurvesPanel, tmp_path: Path, qtbot: QtBot
) -> None:
    written_run(tmp_path / "p.runs" / "2026-01-01_10-00-00", [3.0, 2.0])
    written_run(tmp_path / "p.runs" / "2026-01-02_10-00-00", [0.7, 0.6, 0.5])
    written_run(tmp_path / "p.runs" / "2026-01-03_10-00-00", [])  # it failed before its first step
    open_as(panel, tmp_path / "p.json")
    qtbot.waitUntil(lambda: not panel.history.empty, timeout=10_000)
    assert panel.side._run.text() == "Run of 01-02 10:00:00"
    assert panel.loss.legend.entries()["validation"].text() == "validation 0.500"
    open_as(panel, tmp_path / "other.json")
    assert shown_page(panel) == "curves_empty"


def test_a_training_takes_the_place_of_the_curves_that_were_opened(
    panel: CurvesPanel, tmp_path: Path, qtbot: QtBot
) -> None:
    written_run(tmp_path / "p.runs" / "2026-01-02_10-00-00", [0.7, 0.6, 0.5])
    open_as(panel, tmp_path / "p.json")
    panel.trainer.progress = Progress()
    panel.trainer.state_changed.emit("preparing")
    qtbot.wait(200)
    assert panel.history.empty


def test_nothing_of_the_last_run_stays_when_a_new_one_begins(panel: CurvesPanel) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    panel.trainer.progress = Progress()
    panel.trainer.state = "preparing"
    panel.trainer.state_changed.emit("preparing")
    assert panel.other.lines.lines == []
    assert panel._empty.text() == "The curves begin with the first step."
    panel.trainer.state = "idle"


def test_earlier_runs_are_laid_over_the_curves(panel: CurvesPanel, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "2026-01-01_10-00-00"
    folder.mkdir()
    metrics = '"train": {"loss": 1.0}, "validation": {"loss": 0.7, "accuracy": 0.5}'
    line = f'{{"epoch": %d, "step": %d, {metrics}, "seconds": 1}}'
    (folder / "metrics.jsonl").write_text("\n".join(line % (e, 10 * e) for e in (1, 2)))
    panel.show_runs([folder])
    qtbot.waitUntil(lambda: folder in panel.earlier, timeout=10_000)
    assert panel.loss.legend.entries()[folder.name].text() == "01-01 10:00:00 0.700"
    assert [drawn.kind for drawn in panel.loss.lines._drawn] == ["earlier marked"]
    panel.show_runs([])
    qtbot.waitUntil(lambda: not panel.earlier, timeout=10_000)


def test_the_table_has_every_point(panel: CurvesPanel, tmp_path: Path) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    panel.side.save(tmp_path / "c.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text())))
    steps = [row for row in rows if row["series"] == "step loss"]
    assert len(steps) == 40
    assert float(steps[0]["value"]) == pytest.approx(LOSSES[0])
    assert {row["series"] for row in rows} >= {"validation loss", "train accuracy", "smoothed step loss"}


def test_a_run_that_is_named_like_a_formula_cannot_run_in_a_spreadsheet() -> None:
    history = History("=HYPERLINK(1)")
    history.add_steps(np.array([1.0]), np.array([1.0]))
    assert figure.table([history]).splitlines()[1].startswith("'=")


def test_the_drawing_is_vectors_that_can_be_read(panel: CurvesPanel, tmp_path: Path) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    panel.side.save(tmp_path / "c.svg")
    text = (tmp_path / "c.svg").read_text()
    assert "<polyline" in text and "Loss" in text and "<image" not in text
    drawn = QSvgRenderer(str(tmp_path / "c.svg"))
    wide = re.search(r'width="([\d.]+)mm"', text)
    assert drawn.isValid() and wide is not None
    # at another resolution than the screen's, Qt scales what the axes keep and not the curves
    assert float(wide[1]) / 25.4 * panel.loss.logicalDpiX() == pytest.approx(drawn.viewBoxF().width(), abs=1)


def test_a_page_holds_the_plots_in_their_size(panel: CurvesPanel, tmp_path: Path) -> None:
    panel.resize(900, 300)
    panel.side.save(tmp_path / "c.pdf")
    panel.side.save(tmp_path / "c.svg")
    content = (tmp_path / "c.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert content.startswith(b"%PDF") and box is not None
    drawn = QSvgRenderer(str(tmp_path / "c.svg")).viewBoxF()
    points = 72 / panel.loss.logicalDpiX()
    assert [float(side) for side in box.groups()] == pytest.approx(
        [drawn.width() * points, drawn.height() * points], abs=1.5
    )


def test_the_picture_is_twice_as_fine_as_the_screen(panel: CurvesPanel, tmp_path: Path) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    panel.side.save(tmp_path / "c.png")
    image = QImage(str(tmp_path / "c.png"))
    assert image.size().width() > 2 * (panel.loss.width() + panel.other.width())
    accent = QImage(str(tmp_path / "c.png")).convertToFormat(QImage.Format.Format_RGB32)
    wanted = theme.current().color("accent").rgb()
    assert any(
        accent.pixel(x, y) == wanted for x in range(0, accent.width()) for y in range(0, accent.height(), 3)
    )
    assert image.size() != QSize(0, 0)


def test_curves_that_cannot_be_saved_say_why(panel: CurvesPanel, tmp_path: Path) -> None:
    heard = notices_of(panel.session)
    panel.side.save(tmp_path / "missing" / "c.png")
    assert [level for level, _ in heard] == ["error"]


@pytest.mark.parametrize(
    ("low", "high", "count", "values"),
    [
        (0, 10, 5, [0, 2, 4, 6, 8, 10]),
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-1, 1, 4, [-1, -0.5, 0, 0.5, 1]),
    ],
)
def test_axes_have_round_figures(low: float, high: float, count: int, values: list[float]) -> None:
    assert regular(low, high, count)[1] == pytest.approx(values)


def test_an_axis_without_extent_has_no_figures() -> None:
    assert regular(1, 1, 5)[1] == []
    assert regular(0, math.inf, 5)[1] == []


def test_figures_have_as_many_decimals_as_their_spacing() -> None:
    assert [figure_text(v, 0.25) for v in (0.25, 0.5)] == ["0.25", "0.50"]
    assert figure_text(1e-17, 0.1) == "0"


def test_bounds_are_rounded_out_and_start_at_zero_where_nothing_is_negative() -> None:
    assert rounded_out(0.02, 1.83) == (0.0, 2.0)
    assert rounded_out(-1.2, 0.9)[0] <= -1.2
    low, high = rounded_out(3.0, 3.0)
    assert low < 3.0 < high


@pytest.mark.parametrize(
    ("lowest", "begins"), [(0.0, 0.0), (0.1, 0.0), (0.62, 0.6), (0.87, 0.8), (0.994, 0.99), (1.0, 0.99)]
)
def test_an_axis_of_shares_begins_just_below_the_curves(lowest: float, begins: float) -> None:
    assert share_below(lowest) == begins


def test_what_was_done_to_a_run_is_marked_and_an_evaluation_is_a_point(panel: CurvesPanel) -> None:
    progress = progress_of(LOSSES[:25], 10, 4)
    progress.events += [
        Event("lr", 15, 2, {"from": 0.1, "to": 0.01}),
        Event("evaluation", 5, 1, {"loss": 0.7, "accuracy": 0.3}),
        Event("evaluation", 24, 3, {"loss": 0.5, "accuracy": None}),
    ]
    feed(panel, progress)
    for plot in (panel.loss, panel.other):
        assert plot.lines.marks == [Mark(1.5, "lr 0.01")]
    validation = panel.history.metrics["validation", "loss"]
    np.testing.assert_array_equal(validation.x, [0.5, 1.0, 2.0, 2.4])
    np.testing.assert_array_equal(validation.y[[0, 3]], [0.7, 0.5])
    assert np.isnan(panel.history.metrics["validation", "accuracy"].y[-1])


def test_the_marks_of_an_earlier_run_are_read_with_it(panel: CurvesPanel, tmp_path: Path) -> None:
    from studio.app.curves import earlier
    from studio.training import runs

    run = written_run(tmp_path / "2026-01-02_03-04-05", [0.5, 0.4])
    runs.append_event(run, {"kind": "snapshot", "step": 1, "epoch": 1, "values": {"name": "step-10"}})
    assert earlier.read(run).marks == [Mark(1.0, "step-10")]


def test_the_run_that_is_shown_is_not_drawn_a_second_time(
    panel: CurvesPanel, tmp_path: Path, qtbot: QtBot
) -> None:
    shown, other = (written_run(tmp_path / f"2026-01-0{day}_03-04-05", [0.5]) for day in (1, 2))
    progress = progress_of(LOSSES, 10, 4)
    progress.run = shown
    feed(panel, progress)
    panel.show_runs([shown, other])
    qtbot.waitUntil(lambda: len(panel.earlier) == 2, timeout=10_000)
    kinds = [line.kind for line in panel.loss.lines.lines]
    assert kinds.count("earlier marked") == 1
    assert {row.split(",")[0] for row in figure.table(panel.histories()).splitlines()[1:]} == {
        "01-01 03:04:05",
        "01-02 03:04:05",
    }


def test_entries_that_have_no_room_are_in_a_menu(panel: CurvesPanel, qtbot: QtBot) -> None:
    feed(panel, progress_of(LOSSES, 10, 4))
    legend = panel.loss.legend
    style = EntryStyle("accent")
    for number in range(12):
        legend.show_entry(f"run{number}", style, f"01-0{number} 10:00:00 0.1234")
    more = legend.findChild(QToolButton, "legend_more")
    shown: list[QToolButton] = []
    hidden: list[QToolButton] = []

    def laid_out() -> None:
        shown[:] = [entry for entry in legend.entries().values() if entry.isVisible()]
        hidden[:] = [entry for entry in legend.entries().values() if not entry.isVisible()]
        assert shown and hidden and more.text() == f"+{len(hidden)}"
        assert all(entry.width() == entry.sizeHint().width() for entry in shown), "none is squeezed"
        assert shown[-1].geometry().right() < more.geometry().left() < legend.width()

    qtbot.waitUntil(laid_out)
    legend._list_hidden()
    assert [action.text() for action in more.menu().actions()] == [entry.text() for entry in hidden]
    more.menu().actions()[0].setChecked(False)
    assert not hidden[0].isChecked()
    legend.keep_only(["validation", "train"])
    assert list(legend.entries()) == ["validation", "train"]
    assert not more.isVisibleTo(legend)
