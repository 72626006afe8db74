"""The Data panel: which data, from where, how it is split and prepared, and what it looks like."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.app import file_icons, theme
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.session import Session
from studio.app.settings_panel import data_words, own_file, preview, splitting
from studio.app.settings_panel.augmentation import AugmentationSteps
from studio.app.settings_panel.fields import ChoiceField, Form, NumberField, WholeField, plain
from studio.app.settings_panel.inputs import InputsPanel
from studio.app.settings_panel.source_list import SourceList
from studio.app.settings_panel.steps import StepsPanel
from studio.app.tasks import Lane
from studio.graph.document import Change
from studio.graph.operations import SetSetting
from studio.words import Message, tr

SECTION = "data"
REPEATS = (("keep", Message("are kept")), ("drop", Message("are left out")))
WAIT_MS = 250
FORM_WIDTH = 330
VIEW_HEIGHT = 340


class DataPanel(QWidget):
    """Choices on the left, a look at the data on the right. Never fetches anything unasked."""

    drawn = Signal()
    """a first network was drawn"""
    file_wanted = Signal(object)
    """a file is to be taken instead of one that is no data"""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_panel")
        self.setAutoFillBackground(True)
        self._session = session
        self._seen: object = None
        self._lane = Lane(self)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self._lane.busy_changed.connect(lambda _: self._begin())
        self._lane.progressed.connect(lambda share, _: self._go_on(share))
        self._share = 0.0
        self._wait = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._wait.timeout.connect(self._look)
        self._error: Exception | None = None
        self._found: preview.Preview | None = None
        self._build_source()
        self._build_form()
        self._build_layout()
        session.opened.connect(self.to_top)
        session.opened.connect(self.own.forget)
        session.opened.connect(self._refresh)
        session.edited.connect(self._on_edit)
        session.analysed.connect(lambda _: self._look_soon())
        session.path_changed.connect(lambda _: self._look_soon())
        theme.notifier().changed.connect(self._say)
        follow(self, self.retranslate)

    # -- building --------------------------------------------------------------------------------

    def _build_source(self) -> None:
        self.source = named(SourceList(), "data_source")
        self.source.activated.connect(self._choose)
        self.description = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.description.setProperty("second", True)
        self.root = named(QLineEdit(), "data_root")
        self.root.editingFinished.connect(self._write_root)
        self.browse = named(QPushButton(), "data_browse")
        self.browse.setIcon(icon("open"))
        self.browse.clicked.connect(self._ask_folder)
        self.download = named(QCheckBox(), "data_download")
        self.download.toggled.connect(self._write_download)
        self.own = own_file.OwnFile(self._session)
        self.own.busy_changed.connect(self._begin)
        self.own.progressed.connect(self._go_on)
        self._folder = QWidget()
        column = QVBoxLayout(self._folder)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self.root, 1)
        row.addWidget(self.browse)
        column.addLayout(row)
        column.addWidget(self.download)

    def _build_form(self) -> None:
        session, form = self._session, Form()
        split = (SECTION, "split")
        form.add(
            NumberField(session, (*split, "validation"), Message("Validation share"), 0.1, data_words.share)
        )
        self._test = form.add(
            NumberField(session, (*split, "test"), Message("Test share"), 0.1, data_words.share)
        )
        form.add(WholeField(session, (*split, "seed"), Message("Seed of the split"), 0, 0))
        self.split_by, self.split_column = splitting.fields(session)
        form.add(self.split_by)
        form.add(self.split_column)
        form.add(ChoiceField(session, (SECTION, "duplicates"), Message("Repeated samples"), "keep", REPEATS))
        self.form = form
        self.inputs = InputsPanel(session)
        self.steps = StepsPanel(session)
        self.steps.preview_changed.connect(self._look_soon)

    def _build_layout(self) -> None:
        left = QWidget()
        left.setFixedWidth(FORM_WIDTH)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        parts = (self._folder, self.own, self.form, self.inputs, self.steps)
        for widget in (self.source, self.description, *parts):
            column.addWidget(widget)
        column.addStretch(1)
        self.status = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.status.setObjectName("data_status")
        self.fetch = named(QPushButton(), "data_fetch")
        self.fetch.setIcon(icon("import"))
        self.fetch.clicked.connect(lambda: self._start(download=True))
        self.stop = named(QPushButton(), "data_stop")
        self.stop.setIcon(icon("stop"))
        self.stop.clicked.connect(self._cancel)
        self.draw = named(QPushButton(), "data_draw")
        self.draw.setIcon(icon("add"))
        self.draw.clicked.connect(self._draw)
        self.instead = named(QPushButton(), "data_instead")
        self.instead.clicked.connect(lambda: self.file_wanted.emit(self.own.instead))
        self.view = preview.PreviewView()
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.view.setMaximumHeight(VIEW_HEIGHT)
        right = QVBoxLayout()
        right.setSpacing(8)
        above = QHBoxLayout()
        above.addWidget(self.status, 1)
        above.addWidget(self.instead)
        above.addWidget(self.draw)
        above.addWidget(self.fetch)
        above.addWidget(self.stop)
        right.addLayout(above)
        right.addWidget(self.view, 1)
        self.augmentation = AugmentationSteps(self._session, self)
        right.addWidget(self.augmentation)
        right.addStretch(1)
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(24)
        row.addWidget(left, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(right, 1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(inside)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll = scroll
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Data"))
        self.root.setAccessibleName(tr("Folder of the files"))
        self.download.setText(tr("Download the files if they are missing"))
        self.fetch.setText(tr("Download now"))
        self.stop.setText(tr("Cancel"))
        self.draw.setText(tr("Draw a network for it"))
        self.draw.setToolTip(tr("A small network of the usual kind for this data, to begin with"))
        self.source.retranslate()
        self.form.retranslate()
        self.inputs.retranslate()
        self.steps.retranslate()
        self._refresh()

    # -- following the document ------------------------------------------------------------------

    @property
    def _settings(self) -> dict[str, Any]:
        return dict(plain(self._session.document.data().settings.get(SECTION)))

    def _on_edit(self, change: Change) -> None:
        if any(isinstance(o, SetSetting) and o.path[0] == SECTION for o in change.operations):
            self.own.forget()
            self._refresh()

    def _refresh(self) -> None:
        from studio.data.sources import KINDS, known

        settings = self._settings
        info = known(settings)
        self.source.display(settings.get("source"))
        self.form.setVisible(info is not None)
        self._folder.setVisible(info is not None and info.needs_root)
        self.description.setVisible(info is not None)
        if info is not None:
            self.description.setText(str(info.description) + "\n" + data_words.size_text(info))
            self.root.setPlaceholderText(tr("the folder that holds {files}", files=info.files or info.title))
            of_file = info.brought and not KINDS[info.name].folder
            self.browse.setText(tr("File…") if of_file else tr("Folder…"))
            self.download.setVisible(not info.brought)
            test_of_its_own = info.test_samples > 0
            self._test.editor.setEnabled(not test_of_its_own)
            tip = tr("This data comes with a test set of its own.") if test_of_its_own else ""
            self._test.editor.setToolTip(tip)
        with QSignalBlocker(self.download):
            self.download.setChecked(settings.get("download") is True)
        if not self.root.hasFocus() or not self.root.isModified():
            self.root.setText(str(settings.get("root") or ""))
        self.form.refresh()
        self.inputs.refresh()
        self.steps.refresh()
        self.own.refresh()
        self._look_soon()

    # -- edits -----------------------------------------------------------------------------------

    def _choose(self, index: int) -> None:
        from studio.data.sources import KINDS, SOURCES

        name = self.source.itemData(index)
        if name in KINDS:
            self._refresh()  # until a file is chosen the data is what it was
            self.own.ask(name)
            return
        if name is None or name == self._settings.get("source"):
            self._refresh()
            return
        with self._session.edit(Message("Use the data {name}", name=SOURCES[name].title)) as edit:
            edit.set((SECTION, "source"), name)
            for key in ("root", "download", "reading", "inputs", "missing", "duplicates"):
                # another source's files lie elsewhere, and permission to fetch was given for that one
                edit.unset((SECTION, key))
            kept = {key: value for key, value in self._settings.items() if key != "reading"}
            splitting.drop_misfits(edit, {**kept, "source": name})

    def _write_root(self) -> None:
        self.root.setModified(False)
        text = self.root.text().strip()
        if text == str(self._settings.get("root") or ""):
            return
        if self._brought:
            self.own.look(str(self._settings["source"]), self.own.full(text))
            return
        with self._session.edit(Message("Set the folder of the data")) as edit:
            if text:
                edit.set((SECTION, "root"), text)
            else:
                edit.unset((SECTION, "root"))

    @property
    def _brought(self) -> bool:
        """Whether the data is a file of the person's own."""
        from studio.data.sources import KINDS

        return self._settings.get("source") in KINDS

    def _ask_folder(self) -> None:
        if self._brought:
            self.own.ask(str(self._settings["source"]))
            return
        dialog = QFileDialog(self, tr("The folder of the data"), self.root.text())
        file_icons.use(dialog)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._take_folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _take_folder(self, folder: str) -> None:
        self.root.setText(folder)
        self._write_root()

    def _write_download(self, wanted: bool) -> None:
        with self._session.edit(Message("Set downloading of missing data")) as edit:
            edit.set((SECTION, "download"), wanted)

    def to_top(self) -> None:
        """Scrolls to where the data is named."""
        self._scroll.verticalScrollBar().setValue(0)

    # -- a first network -------------------------------------------------------------------------

    def _network(self) -> tuple[str, bool]:
        """The network that is trained, and whether nothing is drawn in it yet."""
        document = self._session.document
        name = str(plain(document.data().settings.get("training")).get("network") or "model")
        empty = name in document.data().networks and not document.nodes(name)
        return name, empty

    def _draw(self) -> None:
        """Draws the usual network for the data where there is none yet, as one step."""
        from studio.compiler import beginnings
        from studio.training.objectives import context_of

        name, empty = self._network()
        made = beginnings.nodes(context_of(self._session.document.data()))
        if not empty or not made:
            return
        self.source.setFocus()  # the button hides, and what comes after it would be scrolled to
        with self._session.edit(Message("Draw a network for the data")) as edit:
            for node in made:
                edit.add_node(name, node)
        self.drawn.emit()

    # -- the preview -----------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_soon()

    def _look_soon(self) -> None:
        if self.isVisible():
            self._wait.start()
            self._say()

    def _key(self) -> object:
        settings = self._settings
        unseen: tuple[str, ...] = ("download", "augmentation")
        if not self.steps.after.isChecked():
            unseen += ("preprocessing",)
        kept = {k: v for k, v in settings.items() if k not in unseen}
        return repr(kept), self.steps.after.isChecked(), self._session.path and self._session.path.parent

    def _look(self) -> None:
        if not self._session.engine_ready or not self.isVisible():
            return
        if self._key() != self._seen:
            self._start(download=False)

    def _start(self, download: bool) -> None:
        settings = self._settings
        self._seen = self._key()
        self._error = self._found = None
        if not settings.get("source"):
            self._lane.cancel()
            self._say()
            return
        path = self._session.path
        if not self.steps.after.isChecked():
            settings["preprocessing"] = []
        self._lane.start(preview.read, settings, path.parent if path else None, download)

    def _begin(self) -> None:
        self._share = 0.0
        self._say()

    def _go_on(self, share: float) -> None:
        self._share = share
        self._say()

    def _reading(self) -> str:
        return tr("Reading the data…") + (f" {self._share:.0%}" if self._share else "")

    def _cancel(self) -> None:
        """Reads no further. What was chosen stays; another look at the panel does not begin again."""
        self.own.cancel()
        self._lane.cancel()
        self._say()

    def _take(self, found: preview.Preview) -> None:
        self._found = found
        self._say()

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._say()

    def _say(self) -> None:
        settings = self._settings
        stale = self._found is not None and self._key() != self._seen
        self.view.display(None if stale else self._found)
        self.draw.setVisible(self._found is not None and not stale and self._network()[1])
        self.stop.setVisible((self._lane.busy or self.own.busy) and self._share > 0)
        self.fetch.setVisible(self._error is not None and settings.get("download") is True)
        instead = self.own.instead
        self.instead.setVisible(instead is not None)
        if instead is not None:
            self.instead.setText(tr("Take {file}", file=instead.name))
        color = theme.current().second
        if self.own.error is not None:
            text, color = own_file.error_text(self.own.error), theme.current().ink("error").name()
        elif self.own.busy:
            text = self._reading()
        elif not settings.get("source"):
            text = tr("Choose the data that the network learns from.")
        elif not self._session.engine_ready:
            text = tr("PyTorch is still loading; then the data is shown here.")
        elif self._lane.busy or stale:
            text = self._reading()
        elif self._error is not None:
            text = data_words.error_text(self._error, bool(settings.get("download")))
            color = theme.current().ink("error").name()
        elif self._found is not None:
            text = data_words.counts_text(self._found)
        else:
            text = ""
        self.status.setText(text)
        self.status.setStyleSheet(f"color: {color}")
