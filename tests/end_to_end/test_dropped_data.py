"""Every file of real data, dropped on a real window: taken for what it is, shown, and trained on unasked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.app.data_page.panel import ExplorePanel
from studio.app.settings_panel.data import DataPanel
from studio.app.window import MainWindow
from studio.data.sources import known
from studio.words import Message
from tests.end_to_end.conftest import child
from tests.end_to_end.hand import Hand

pytestmark = [pytest.mark.window, pytest.mark.slow, pytest.mark.timeout(600)]

NUMBER, CATEGORY, LEFT_OUT = "number", "category", "left out"


@dataclass(frozen=True)
class Case:
    """What a file should be taken for. `types` are those of some columns; `trained`: some steps are made."""

    file: str
    source: str
    task: str
    samples: int
    target: str = ""
    outputs: int = 1
    types: dict[str, str] = field(default_factory=dict)
    trained: bool = False


CASES = (
    Case(
        "titanic/train.csv", "table", "classification", 891, "Survived", 2,
        {"PassengerId": LEFT_OUT, "Name": LEFT_OUT, "Ticket": LEFT_OUT, "Sex": CATEGORY, "Age": NUMBER,
         "Fare": NUMBER, "Embarked": CATEGORY}, trained=True,
    ),
    Case(
        "titanic/seaborn_titanic.csv", "table", "classification", 891, "survived", 2,
        {"sex": CATEGORY, "age": NUMBER, "deck": CATEGORY, "alone": CATEGORY},
    ),
    Case(
        "titanic/test.csv", "table", "classification", 418, "Embarked", 3,
        {"Age": NUMBER, "Name": LEFT_OUT, "PassengerId": LEFT_OUT},
    ),
    Case(
        "penguins/penguins.csv", "table", "classification", 344, "species", 3,
        {"island": CATEGORY, "bill_length_mm": NUMBER, "sex": CATEGORY},
    ),
    Case(
        "auto_mpg/mpg.csv", "table", "regression", 398, "mpg", 1,
        {"horsepower": NUMBER, "origin": CATEGORY, "name": LEFT_OUT},
    ),
    Case("auto_mpg/raw_mpg.csv", "table", "regression", 398, "mpg", 1, {"weight": NUMBER, "name": LEFT_OUT}),
    Case(
        "california_housing/housing.csv", "table", "regression", 20_640, "median_house_value", 1,
        {"total_bedrooms": NUMBER, "ocean_proximity": CATEGORY}, trained=True,
    ),
    Case("wine_quality/winequality-red.csv", "table", "classification", 1599, "column 12", 6),
    Case("wine_quality/winequality-white.csv", "table", "classification", 4898, "column 12", 7),
    Case("wine_quality/winequality.names", "corpus", "language", 50, outputs=72),
    Case("airline_passengers/airline-passengers.csv", "series", "regression", 132, "Passengers"),
    Case(
        "airline_passengers/seaborn_flights.csv", "table", "regression", 144, "passengers", 1,
        {"year": NUMBER, "month": CATEGORY},
    ),
    Case("daily_temperatures/daily-min-temperatures.csv", "series", "regression", 3626, "Temp"),
    Case("daily_temperatures/daily-max-temperatures.csv", "series", "regression", 3626, "Temperature"),
    Case("sunspots/monthly-sunspots.csv", "series", "regression", 2796, "Sunspots"),
    Case("ett/ETTh1.csv", "series", "regression", 17_396, "OT", trained=True),
    Case("sms_spam/sms.tsv", "text", "classification", 5574, "column 1", 2, trained=True),
    Case("waimai_10k/waimai_10k.csv", "text", "classification", 11_987, "label", 2),
    Case("rt_polarity/rt-polarity.neg", "text", "classification", 10_662, "", 2),
    Case("rt_polarity", "text", "classification", 10_662, "", 2),
    Case("tiny_shakespeare/input.txt", "corpus", "language", 17_428, outputs=67, trained=True),
    Case("onnx_models/mnist-labels.txt", "corpus", "language", 8, outputs=22),
    Case("cifar10_png/cifar10_png_subset.zip", "images", "classification", 2000, "", 10, trained=True),
    Case("mnist/MNIST/raw/train-images-idx3-ubyte.gz", "mnist", "classification", 60_000, "", 10),
    Case("mnist", "mnist", "classification", 60_000, "", 10, trained=True),
)  # fmt: skip

MODELS = ("onnx_models/opt-mnist.onnx", "torch_models/burn_mnist_cnn.safetensors")
NO_DATA = ("onnx_models/images/0.jpg", "onnx_models/light/light_resnet50_output_0.pb")


class Dropper:
    """Drops files on the window and reads what the panels show."""

    def __init__(self, hand: Hand, window: MainWindow, data: Path) -> None:
        self.hand, self.window, self.data = hand, window, data

    def starts_anew(self) -> None:
        self.window.session.undo_stack.setClean()
        self.window.files.new()
        self.hand.until(lambda: self.window.files.active and not self.section)

    def drops(self, name: str) -> None:
        """The events that a file manager sends."""
        held = QMimeData()
        held.setUrls([QUrl.fromLocalFile(str(self.data / name))])
        at, left = QPointF(self.window.rect().center()), Qt.MouseButton.LeftButton
        copy, plain = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
        entering = QDragEnterEvent(at.toPoint(), copy, held, left, plain)
        assert QApplication.sendEvent(self.window, entering) and entering.isAccepted()
        dropping = QDropEvent(at, copy, held, left, plain)
        assert QApplication.sendEvent(self.window, dropping)

    def dialog(self) -> QWidget | None:
        """The import dialog, where it is open."""
        return next((w for w in self.window.findChildren(QWidget, "import_dialog") if w.isVisible()), None)

    @property
    def section(self) -> dict:
        return dict(self.window.session.document.data().data)

    @property
    def panel(self) -> DataPanel:
        panel = self.window.workspace.pages["data"].panel
        assert isinstance(panel, DataPanel)
        return panel

    def sees_data(self, case: Case) -> list[str]:
        """What is otherwise than it should be."""
        self.hand.until(lambda: self.section.get("source") or self.panel.own.error, timeout=60_000)
        self.hand.until(
            lambda: self.panel._seen == self.panel._key() and not self.panel._lane.busy, timeout=60_000
        )
        info, reading = known(self.section), dict(self.section.get("reading") or {})
        if info is None:
            return [f"nothing is known: {self.panel.status.text()}"]
        target = reading.get("target") or ", ".join(reading.get("targets") or ())
        types = {e["name"]: e["type"] for e in reading.get("columns") or () if not isinstance(e, str)}
        seen = (self.section["source"], info.task, info.samples, target, info.outputs)
        wanted = (case.source, case.task, case.samples, case.target, case.outputs)
        wrong = [f"{seen} instead of {wanted}"] if seen != wanted else []
        return wrong + [f"{n} is {types.get(n)}" for n, type_ in case.types.items() if types.get(n) != type_]

    def explores(self) -> ExplorePanel:
        self.window.show_panel("explore")
        explore = self.window.workspace.pages["explore"].panel
        assert isinstance(explore, ExplorePanel)
        self.hand.until(lambda: explore._seen == explore._key() and not explore._lane.busy, timeout=60_000)
        return explore

    def draws(self) -> list[str]:
        """Presses the button for a first network; what is wrong with the network."""
        self.window.show_panel("data")
        session, button = self.window.session, child(self.window, "data_draw")
        self.hand.until(lambda: session.context.inputs and button.isVisible(), timeout=60_000)
        self.hand.click_widget(button)
        self.hand.until(lambda: session.document.nodes("model"), timeout=15_000)
        self.hand.until(lambda: session.analysis.report("model", "y") is not None, timeout=60_000)
        return [str(problem.text) for problem in session.analysis.errors]

    def trains(self, steps: int) -> list[str]:
        """Starts training, and stops it after some steps."""
        trainer = self.window.trainer
        with self.window.session.edit(Message("few at a time")) as edit:
            edit.set(("training", "batch_size"), 32)
        self.hand.click_widget(child(self.window, "train_button"))
        self.hand.until(
            lambda: trainer.progress is not None and trainer.progress.step >= steps, timeout=90_000
        )
        trainer.stop()
        self.hand.until(lambda: not trainer.active, timeout=90_000)
        run = trainer.last_run
        return [] if run is not None and (run / "run.json").is_file() else ["it was not trained"]


@pytest.mark.parametrize("kinds", [("table",), ("series", "images"), ("text", "corpus"), ("mnist",)])
def test_each_file_is_taken_for_what_it_is_and_shown(
    hand: Hand, window: MainWindow, shared_data: Path, kinds: tuple[str, ...]
) -> None:
    dropper = Dropper(hand, window, shared_data)
    wrong: dict[str, list[str]] = {}
    for number, case in enumerate(CASES, 1):
        if case.source not in kinds:
            continue
        dropper.starts_anew()
        dropper.drops(case.file)
        found = dropper.sees_data(case)
        name = f"dropped-{number:02}-{case.file.replace('/', '-')}"
        hand.shot(f"{name}-data")
        explore = dropper.explores()
        if explore._look is None:
            found.append(f"not explored: {explore.status.text()}")
        hand.shot(f"{name}-explored")
        found += dropper.draws()
        if case.trained and not found:
            found += dropper.trains(3)
            hand.shot(f"{name}-trained")
        if found:
            wrong[case.file] = found
    assert wrong == {}


def test_models_are_imported_and_what_is_no_data_is_refused_in_words(
    hand: Hand, window: MainWindow, shared_data: Path
) -> None:
    dropper = Dropper(hand, window, shared_data)
    for name in MODELS:
        dropper.starts_anew()
        dropper.drops(name)
        hand.until(dropper.dialog)
        hand.click_widget(child(dropper.dialog(), "import_now"))
        outcome = child(dropper.dialog(), "import_outcome")
        hand.until(lambda outcome=outcome: outcome.text(), timeout=60_000)
        hand.shot(f"dropped-model-{name.replace('/', '-')}")
        dropper.dialog().close()
        hand.until(lambda: not dropper.dialog())
        assert bool(window.session.document.nodes("model")) == name.endswith(".onnx")
    for name, words in zip(NO_DATA, ("one image", "is no"), strict=True):
        dropper.starts_anew()
        dropper.drops(name)
        hand.until(lambda words=words: words in dropper.panel.status.text(), timeout=30_000)
        hand.shot(f"dropped-refused-{name.replace('/', '-')}")
        assert not dropper.section
