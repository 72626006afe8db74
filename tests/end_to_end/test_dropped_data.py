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
    Case("airline_passengers/airline-passengers.csv", "series", "regression", 132, "Passengers"),
    Case("airline_passengers/seaborn_flights.csv", "series", "regression", 132, "passengers"),
    Case("daily_temperatures/daily-min-temperatures.csv", "series", "regression", 3626, "Temp"),
    Case("daily_temperatures/daily-max-temperatures.csv", "series", "regression", 3626, "Temperature"),
    Case("sunspots/monthly-sunspots.csv", "series", "regression", 2796, "Sunspots"),
    Case("ett/ETTh1.csv", "series", "regression", 17_396, "OT", trained=True),
    Case("sms_spam/sms.tsv", "text", "classification", 5574, "column 1", 2, trained=True),
    Case("waimai_10k/waimai_10k.csv", "text", "classification", 11_987, "label", 2),
    Case("rt_polarity/rt-polarity.neg", "text", "classification", 10_662, "", 2),
    Case("rt_polarity", "text", "classification", 10_662, "", 2),
    Case("tiny_shakespeare/input.txt", "corpus", "language", 17_428, outputs=67, trained=True),
    Case("cifar10_png/cifar10_png_subset.zip", "images", "classification", 2000, "", 10, trained=True),
    Case("rt_polarity/rt-polarity.pos", "text", "classification", 10_662, "", 2),
    Case("mnist/MNIST/raw/train-images-idx3-ubyte.gz", "mnist", "classification", 60_000, "", 10),
    Case("mnist/MNIST/raw/train-labels-idx1-ubyte.gz", "mnist", "classification", 60_000, "", 10),
    Case("mnist/MNIST/raw/t10k-images-idx3-ubyte.gz", "mnist", "classification", 60_000, "", 10),
    Case("mnist/MNIST/raw/t10k-labels-idx1-ubyte.gz", "mnist", "classification", 60_000, "", 10),
    Case("mnist", "mnist", "classification", 60_000, "", 10, trained=True),
)  # fmt: skip

MODELS = (
    *("onnx_models/opt-mnist.onnx", "onnx_models/single_relu.onnx"),
    *("onnx_models/light/light_squeezenet.onnx", "onnx_models/light/light_resnet50.onnx"),
    "torch_models/burn_mnist_cnn.safetensors",
)
IMAGE = "is one image; a network learns from many"
NO_DATA = {
    "titanic/test.csv": ("lacks the column Survived, which train.csv beside it has", "train.csv"),
    **{f"onnx_models/images/{number}.jpg": (IMAGE, "") for number in (0, 3, 5, 7)},
    "onnx_models/light/light_resnet50_output_0.pb": ("float32 of 1 × 1000", "light_resnet50.onnx"),
    "onnx_models/light/light_squeezenet_output_0.pb": ("1 × 1000 × 1 × 1", "light_squeezenet.onnx"),
    "onnx_models/mnist-labels.txt": ("names the 10 classes of a model", "opt-mnist.onnx"),
    "wine_quality/winequality.names": ("winequality-red.csv, winequality-white.csv", ""),
    "README.md": ("is a page about the data beside it: airline_passengers", ""),
    "titanic/README.md": ("seaborn_titanic.csv, test.csv, train.csv", ""),
    "penguins/README.md": ("a page about the data", "penguins.csv"),
}
"""what is none to learn from: words of the answer, and the file that is offered instead"""
FOLDERS = {
    "": ("holds folders with data of their own", ""),
    "titanic": ("holds several files", ""),
    "onnx_models": ("holds models", ""),
    "onnx_models/images": ("holds 4 images and does not say what they show", ""),
    "onnx_models/light": ("holds models", ""),
    "torch_models": ("the weights of a network", "burn_mnist_cnn.safetensors"),
}
"""folders that are no data as they are"""


def test_every_file_of_real_data_has_its_case(shared_data: Path) -> None:
    """A page about a set is taken like those of the others."""
    named = {*(case.file for case in CASES), *MODELS, *NO_DATA}
    lying = {str(file.relative_to(shared_data)) for file in shared_data.rglob("*") if file.is_file()}

    assert {name for name in lying - named if not name.endswith("/README.md")} == set()


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
        found = found or dropper.draws()
        if case.trained and not found:
            found += dropper.trains(3)
            hand.shot(f"{name}-trained")
        if found:
            wrong[case.file] = found
    assert wrong == {}


def test_models_are_imported(hand: Hand, window: MainWindow, shared_data: Path) -> None:
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


def test_what_is_no_data_is_told_in_words_and_leads_to_what_is(
    hand: Hand, window: MainWindow, shared_data: Path
) -> None:
    dropper = Dropper(hand, window, shared_data)
    for name, (words, instead) in (NO_DATA | FOLDERS).items():
        dropper.starts_anew()
        dropper.drops(name)
        hand.until(lambda words=words: words in dropper.panel.status.text(), timeout=30_000)
        hand.shot(f"dropped-refused-{name.replace('/', '-') or 'all'}")
        assert not dropper.section
        button = child(window, "data_instead")
        assert (button.text() if button.isVisible() else "") == (f"Take {instead}" if instead else "")


def test_what_is_offered_instead_is_taken_at_a_click(
    hand: Hand, window: MainWindow, shared_data: Path
) -> None:
    dropper = Dropper(hand, window, shared_data)
    dropper.starts_anew()
    dropper.drops("titanic/test.csv")
    hand.click_widget(child(window, "data_instead"))
    assert dropper.sees_data(CASES[0]) == []

    dropper.starts_anew()
    dropper.drops("onnx_models/light/light_resnet50_output_0.pb")
    hand.click_widget(child(window, "data_instead"))
    hand.until(dropper.dialog)
    dropper.dialog().close()
    hand.until(lambda: not dropper.dialog())
