"""Where one is: the networks that were entered, each a button, and a menu of all the others."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from studio.app import theme as themes
from studio.app.language import follow
from studio.app.session import Session
from studio.graph.document import Change
from studio.graph.operations import AddNetwork, RemoveNetwork, RenameNetwork
from studio.words import tr


class Breadcrumb(QFrame):
    """Follows `session.network`. `wanted(str)` asks to show a network that is on the way."""

    wanted = Signal(str)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_breadcrumb")
        self._session = session
        self._trail: list[str] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 3, 8, 3)
        self._row.setSpacing(0)
        self._root = QToolButton(self)
        self._root.setObjectName("canvas_networks")
        self._root.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._root)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._root.setMenu(self._menu)
        self._row.addWidget(self._root)
        self._crumbs: list[QWidget] = []
        session.opened.connect(self._restart)
        session.network_changed.connect(self._follow)
        session.edited.connect(self._edited)
        themes.notifier().changed.connect(self._restyle)
        self._restyle()
        self._restart()
        follow(self, self.retranslate)

    def retranslate(self) -> None:
        self._root.setText(tr("network"))
        self._root.setAccessibleName(tr("All networks of the project"))
        self.setAccessibleName(tr("Networks entered"))
        self.adjustSize()

    def _restyle(self) -> None:
        t = themes.current()
        name = "#canvas_breadcrumb"
        self.setStyleSheet(
            f"{name} {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: 6px; }}"
            f"{name} QToolButton {{ background: transparent; border: 0; padding: 1px 2px; margin: 0;"
            f" min-height: 16px; min-width: 0; color: {t.text}; }}"
            f"{name} QToolButton:hover {{ color: {t.accent}; }}"
            f"{name} QToolButton::menu-indicator {{ image: none; }}"
            f'{name} QToolButton[here="true"] {{ font-weight: 600; }}'
            f"{name} QLabel {{ color: {t.second}; }}"
        )

    # -- the trail -------------------------------------------------------------------------------

    @property
    def trail(self) -> list[str]:
        """The networks from the first that was shown to the present one."""
        return list(self._trail)

    @property
    def parent_network(self) -> str | None:
        """The network one came from."""
        return self._trail[-2] if len(self._trail) > 1 else None

    def entering(self, name: str) -> None:
        """The next network is inside the present one: the trail goes on instead of beginning anew."""
        self._trail.append(name)

    def _restart(self) -> None:
        self._trail = [self._session.network]
        self._show()

    def _follow(self, name: str) -> None:
        if name in self._trail:
            del self._trail[self._trail.index(name) + 1 :]
        else:
            self._trail = [name]
        self._show()

    def _edited(self, change: Change) -> None:
        for operation in change.operations:
            match operation:
                case RenameNetwork(old, new):
                    self._trail = [new if name == old else name for name in self._trail]
                    self._show()
                case RemoveNetwork() | AddNetwork():
                    known = self._session.document.network_names()
                    self._trail = [n for n in self._trail if n in known] or [self._session.network]
                    self._show()

    def _show(self) -> None:
        for widget in self._crumbs:
            self._row.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._crumbs = []
        for place, name in enumerate(self._trail):
            arrow = QLabel("▸", self)
            arrow.setTextFormat(Qt.TextFormat.PlainText)
            button = QToolButton(self)
            button.setText(name.replace("&", "&&"))
            button.setAccessibleName(name)
            button.setProperty("here", place == len(self._trail) - 1)
            button.clicked.connect(lambda _checked=False, n=name: self.wanted.emit(n))
            for widget in (arrow, button):
                self._row.addWidget(widget)
                widget.show()
                self._crumbs.append(widget)
        self.adjustSize()

    def _fill_menu(self) -> None:
        self._menu.clear()
        for name in self._session.document.network_names():
            action = self._menu.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(name == self._session.network)
            action.triggered.connect(lambda _checked=False, n=name: self.wanted.emit(n))
