"""The bar under the menus: undo, tidy up, which data, which device, training, export."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QToolBar, QToolButton, QWidget

from studio import words
from studio.app import language
from studio.app.actions import Actions
from studio.app.icons import icon
from studio.app.session import Session
from studio.graph.document import Change
from studio.graph.operations import SetSetting
from studio.quantities import count
from studio.words import Message, tr

ROOMY = 1360
"""pixels; below, the chips leave words out"""
FIELD = 120
"""pixels that the controls of a run may have more where there are so many"""
NARROW_CHIP, WIDE_CHIP = 84, 420
"""pixels for the words of the data chip"""

DEVICES: dict[str, Message] = {
    "auto": Message("Automatic"),
    "cpu": Message("CPU"),
    "cuda": Message("CUDA graphics card"),
    "mps": Message("Apple graphics"),
}


class ToolBar(QToolBar):
    """Chips that say what is set and open where it is changed. `crowded(bool)`: no room for a field more."""

    crowded = Signal(bool)

    def __init__(
        self, session: Session, actions: Actions, controls: QWidget, choose_data: Callable[[], object]
    ) -> None:
        super().__init__()
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setIconSize(QSize(16, 16))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._session = session
        self._narrow = False
        self._said: object = None
        for id_ in ("undo", "redo"):
            button = _chip(f"{id_}_button")
            button.setDefaultAction(actions[id_])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            self.addWidget(button)
        self.tidy_button = _chip("tidy_button")
        self.tidy_button.setDefaultAction(actions["tidy"])
        self.tidy_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.addWidget(self.tidy_button)
        self.data_chip = _chip("data_chip")
        self.data_chip.clicked.connect(lambda: choose_data())
        self.addWidget(self.data_chip)
        self.device_chip = _chip("device_chip")
        self.device_chip.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._devices = QMenu(self.device_chip)
        self._devices.aboutToShow.connect(self._list_devices)
        self.device_chip.setMenu(self._devices)
        self.addWidget(self.device_chip)
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self.addWidget(controls)
        self.export_button = QPushButton()
        self.export_button.setObjectName("export_button")
        self.export_button.setProperty("accent", True)
        self.export_button.setIcon(icon("export", "on_fill"))
        self.export_button.setIconSize(QSize(16, 16))
        self.export_button.clicked.connect(actions["export"].trigger)
        self.addWidget(self.export_button)
        self.available: tuple[str, ...] = ("cpu",)
        session.opened.connect(self._refresh)
        session.edited.connect(self._on_edit)
        session.analysed.connect(lambda _: self._refresh())
        language.follow(self, self.retranslate)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Says less where there is little room, so that no button goes."""
        super().resizeEvent(event)
        self.crowded.emit(event.size().width() < ROOMY + FIELD)
        narrow = event.size().width() < ROOMY
        if narrow != self._narrow:
            self._narrow = narrow
            styles = Qt.ToolButtonStyle
            self.tidy_button.setToolButtonStyle(
                styles.ToolButtonIconOnly if narrow else styles.ToolButtonTextBesideIcon
            )
            self._refresh()

    def retranslate(self) -> None:
        self.export_button.setAccessibleName(tr("Export…"))
        self.export_button.setToolTip(tr("Export the model…"))
        self._refresh()

    def set_available(self, devices: tuple[str, ...]) -> None:
        """Which devices PyTorch found here; known only when it is imported."""
        self.available = devices
        self._refresh()

    def _on_edit(self, change: Change) -> None:
        if any(isinstance(operation, SetSetting) for operation in change.operations):
            self._refresh()

    def _refresh(self) -> None:
        text = data_text(self._session.document.data().data, short=self._narrow)
        chosen = self._session.document.data().training.get("device", "auto")
        said = (words.language(), self._narrow, text, chosen, self.available)
        if said != self._said:
            self._said = said
            self._say(text, str(chosen))

    def _say(self, text: str, chosen: str) -> None:
        self.export_button.setText("" if self._narrow else tr("Export…"))
        room = NARROW_CHIP if self._narrow else WIDE_CHIP
        elide = Qt.TextElideMode.ElideRight
        self.data_chip.setText(self.data_chip.fontMetrics().elidedText(text, elide, room))
        self.data_chip.setToolTip(f"{text}\n{tr('Choose the data and how it is prepared')}")
        shown = self.available[-1] if chosen == "auto" else chosen
        name = _device_name(shown)
        self.device_chip.setText(str(name) if self._narrow else tr("Device: {name}", name=name))
        self.device_chip.setToolTip(tr("Where the network is trained"))

    def _list_devices(self) -> None:
        self._devices.clear()
        group = QActionGroup(self._devices)
        chosen = self._session.document.data().training.get("device", "auto")
        for name in ("auto", *self.available):
            action = self._devices.addAction(str(_device_name(name)))
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.triggered.connect(lambda _=False, name=name: self._choose(name))
            group.addAction(action)

    def _choose(self, name: str) -> None:
        with self._session.edit(Message("Train on {device}", device=_device_name(name))) as edit:
            edit.set(("training", "device"), name)


def data_text(settings: object, short: bool = False) -> str:
    """The words of the data chip: the source and, unless `short`, how many samples it has."""
    source = settings.get("source") if hasattr(settings, "get") else None
    if not source:
        return tr("Choose the data…")
    from studio.data.sources import known

    info = known(settings)  # type: ignore[arg-type]
    if info is None:
        return tr("Data: {name}", name=source)
    if short:
        return str(info.title)
    counts = " / ".join(count(n) for n in info.counts)
    return tr("Data: {name} · {counts}", name=info.title, counts=counts)


def _device_name(name: str) -> Message:
    return DEVICES.get(name.split(":")[0]) or Message("{name}", name=name)


def _chip(name: str) -> QToolButton:
    chip = QToolButton()
    chip.setObjectName(name)
    chip.setProperty("chip", True)
    chip.setIconSize(QSize(16, 16))
    chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return chip
