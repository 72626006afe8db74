"""A new run from what another has learned: which of its weights, and what is different this time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.app.named import named
from studio.app.trainer import Trainer
from studio.graph.model import ProjectData
from studio.graph.values import set_at
from studio.words import tr

if TYPE_CHECKING:
    from studio.training.runs import RunInfo


class BranchDialog(QDialog):
    """Trains `project`, as it is on the screen, from a checkpoint of a run; the project is not changed."""

    def __init__(
        self, info: RunInfo, project: ProjectData, checkpoints: list[str], trainer: Trainer, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("branch_dialog")
        self.setWindowTitle(tr("New run from here"))
        self._info, self._project, self._trainer = info, project, trainer
        from studio.training.settings import DEFAULTS

        training = {**DEFAULTS, **project.training}
        self.which = named(QComboBox(), "branch_checkpoint")
        for name in checkpoints:
            self.which.addItem(checkpoint_text(name), name)
        self.epochs = named(QSpinBox(), "branch_epochs")
        self.epochs.setRange(1, 10**6)
        self.epochs.setValue(int(training["epochs"]))
        self.rate = named(QLineEdit(f"{_rate(training['optimizer']):.4g}"), "branch_lr")
        self.rate.textEdited.connect(self._check)
        said = QLabel(tr("The network and all other settings are those of the open project."))
        said.setProperty("second", True)
        said.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        roles = QDialogButtonBox.ButtonRole
        self.train_button = named(self.buttons.addButton(tr("Train"), roles.AcceptRole), "branch_train")
        self.queue_button = named(
            self.buttons.addButton(tr("Add to the queue"), roles.ActionRole), "branch_queue"
        )
        self.train_button.setEnabled(trainer.ready)
        self.buttons.accepted.connect(self._train)
        self.buttons.rejected.connect(self.reject)
        self.queue_button.clicked.connect(self._add)
        form = QFormLayout()
        form.addRow(tr("Weights"), self.which)
        form.addRow(tr("Epochs"), self.epochs)
        form.addRow(tr("Learning rate"), self.rate)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(said)
        column.addWidget(self.buttons)

    def project(self) -> ProjectData:
        """What would be trained."""
        settings = dict(self._project.settings)
        chosen = settings.get("training", {}).get("optimizer")
        if isinstance(chosen, str):
            settings = set_at(settings, ("training", "optimizer"), {"type": chosen})
        reference = f"{self._info.id}/{self.which.currentData()}"
        for path, value in (
            (("training", "weights"), reference),
            (("training", "epochs"), self.epochs.value()),
            (("training", "optimizer", "lr"), self._typed_rate()),
        ):
            settings = set_at(settings, path, value)
        return replace(self._project, settings=settings)

    def _typed_rate(self) -> float:
        try:
            return float(self.rate.text().replace(",", "."))
        except ValueError:
            return 0.0

    def _check(self) -> None:
        good = 0 < self._typed_rate() < float("inf")
        self.rate.setProperty("invalid", not good)
        self.rate.style().unpolish(self.rate)
        self.rate.style().polish(self.rate)
        self.train_button.setEnabled(good and self._trainer.ready)
        self.queue_button.setEnabled(good)

    def _train(self) -> None:
        if self._trainer.ready:
            self._trainer.train(self.project(), self._trainer.base, self._info.folder.parent)
        self.accept()

    def _add(self) -> None:
        self._trainer.queue.add(self.project(), self._trainer.base, self._info.folder.parent)
        self.accept()


def checkpoint_text(name: str) -> str:
    """How a checkpoint is called: "of the best epoch", "after step 120"."""
    if name == "best":
        return tr("of the best epoch")
    if name == "last":
        return tr("of the last epoch")
    return tr("snapshot after step {n}", n=name.removeprefix("step-"))


def _rate(optimizer: object) -> float:
    from studio.training.settings import OPTIMIZERS

    table = optimizer if isinstance(optimizer, dict) else {"type": optimizer}
    return float(table.get("lr") or OPTIMIZERS[str(table.get("type", "Adam"))]["lr"])  # type: ignore[arg-type]
