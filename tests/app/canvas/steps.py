"""Random steps on a canvas, by mouse, keyboard and edits from elsewhere, and what must hold after each.

A `Machine` is drawn by one seed, so that what it finds can be done again: `Machine(seed).run(steps)`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from types import TracebackType

from PySide6.QtCore import QEvent, QMessageLogContext, QPointF, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from studio.app.canvas.geometry import Side
from studio.app.canvas.panel import CanvasPanel
from studio.app.session import Session
from studio.graph import frames
from studio.graph.document import EditError
from studio.graph.model import Node, ProjectData
from studio.project import files
from studio.words import Message

from .hand import LEFT, PLAIN, Hand, block, chain

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
HELD = (PLAIN, PLAIN, PLAIN, CTRL, SHIFT, ALT, CTRL | SHIFT)
TYPES = (
    "nn.ReLU",
    "nn.Conv2d",
    "nn.Linear",
    "torch.add",
    "torch.cat",
    "nn.LSTM",
    "input",
    "block:Residual",
    "dot",
)
NAMES = ("a", "b", "conv1", "relu1", "layer1.0.conv", "fc", "x.y")
MOST = 36
"""a network that grows beyond so many cards is thinned out"""
LONG = 25
"""every so many steps all is undone and done again, and what would be saved is read"""
KEYS: tuple[tuple[Qt.Key, Qt.KeyboardModifier], ...] = (
    (Qt.Key.Key_Delete, PLAIN),
    (Qt.Key.Key_Delete, SHIFT),
    (Qt.Key.Key_A, CTRL),
    (Qt.Key.Key_C, CTRL),
    (Qt.Key.Key_X, CTRL),
    (Qt.Key.Key_V, CTRL),
    (Qt.Key.Key_V, CTRL | SHIFT),
    (Qt.Key.Key_D, CTRL),
    (Qt.Key.Key_C, PLAIN),
    (Qt.Key.Key_C, SHIFT),
    (Qt.Key.Key_M, PLAIN),
    (Qt.Key.Key_Q, PLAIN),
    (Qt.Key.Key_J, CTRL),
    (Qt.Key.Key_F, PLAIN),
    (Qt.Key.Key_Home, PLAIN),
    (Qt.Key.Key_Return, PLAIN),
    (Qt.Key.Key_Backspace, PLAIN),
    (Qt.Key.Key_Escape, PLAIN),
    (Qt.Key.Key_Up, PLAIN),
    (Qt.Key.Key_Down, PLAIN),
    (Qt.Key.Key_Left, CTRL),
    (Qt.Key.Key_Right, SHIFT),
    (Qt.Key.Key_Down, SHIFT),
)


class Failure(AssertionError):  # noqa: N818 - it is what an assertion raises
    """What did not hold, with the steps that led there."""


class Machine:
    """A canvas on which one random step follows the other. `close` ends it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        QApplication.clipboard().clear()
        self.session = Session()
        self.panel = CanvasPanel(self.session)
        self.session.setParent(self.panel)
        self.panel.set_animated(False)
        self.panel.resize(900, 700)
        self.panel.show()
        self.hand = Hand(self.panel)
        self.count = 0
        self.told: list[str] = []
        self.faults: list[str] = []
        self.texts: list[str] = []
        self._open(ProjectData(networks={"model": chain(), "Residual": block()}))
        self.panel.activateWindow()
        self.panel.view.setFocus()

    def _open(self, project: ProjectData) -> None:
        self.session.open(project, None)
        QApplication.processEvents()
        self.panel.view.zoom_to(0.8)
        self.start = files.dumps(self.session.document.data())

    def close(self) -> None:
        self.panel.close()
        self.panel.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    # -- one step --------------------------------------------------------------------------------

    def run(self, steps: int) -> None:
        """Does so many steps. Raises Failure at the first after which something does not hold."""
        with heard(self.faults):
            for _ in range(steps):
                self._step()

    def _step(self) -> None:
        do = self.random.choices(_DO, _WEIGHTS)[0]
        self.told.append(do.__name__)
        try:
            do(self)
            self._settle()
            self._check()
            if self.count % LONG == LONG - 1:
                self._check_history()
        except Exception as error:
            raise self._failure(f"{type(error).__name__}: {error}") from error
        if self.faults:
            raise self._failure(self.faults[0])
        self.count += 1

    def _failure(self, what: str) -> Failure:
        steps = ", ".join(self.told[-12:])
        return Failure(f"seed {self.seed}, step {self.count}: {what}\nafter {steps}")

    def _settle(self) -> None:
        """Lets the events of the step arrive, and closes what it opened."""
        QApplication.processEvents()
        self.panel.view.cancel_gesture()
        self.panel._menu.hide()
        self.panel.search.close_popup()
        self.panel.rename_field.close_field()

    # -- what must hold --------------------------------------------------------------------------

    def _check(self) -> None:
        """The canvas shows the document, and nothing else."""
        session, graph, view = self.session, self.panel.graph, self.panel.view
        nodes = session.document.nodes(session.network)
        assert graph.cards.keys() == nodes.keys(), "cards are not the nodes"
        for id_, card in graph.cards.items():
            node = nodes[id_]
            assert card.node == node, f"the card of {id_} shows a node that was"
            assert (card.pos().x(), card.pos().y()) == node.at, f"the card of {id_} is elsewhere"
            assert not card.dimmed, f"{id_} is dimmed and nothing is dragged"
        wires = {w for w in session.document.network(session.network).wires() if w.source in nodes}
        assert set(graph.edges.wires()) == wires, "wires are not the document's"
        for wire in wires:
            edge = graph.edges.edge(wire)
            source, target = graph.cards[wire.source], graph.cards[wire.target]
            assert edge is not None
            assert edge.start == source.port("out", wire.index or 0), f"{wire} begins elsewhere"
            assert edge.end == target.port("in", graph.inlet(wire)), f"{wire} ends elsewhere"
        self._check_frames()
        assert set(session.selection) <= nodes.keys(), "what is selected is gone"
        assert not view.gesture, "a gesture goes on"
        overlay = graph.overlay
        assert not (overlay.ghosts or overlay.wires or overlay.band or overlay.guides), "a preview is left"

    def _check_frames(self) -> None:
        network = self.session.document.network(self.session.network)
        held, items = frames.frames(network), self.panel.graph.frames.items
        assert {id_: item.frame for id_, item in items.items()} == held, "frames are not the document's"
        for item in items.values():
            assert (item.pos().x(), item.pos().y()) == item.frame.at, f"{item.id} is elsewhere"
            assert (item.rect().width(), item.rect().height()) == item.frame.size, f"{item.id} is larger"

    def _check_history(self) -> None:
        """What is saved and loaded is the same, and so is what is undone and done again."""
        session, stack = self.session, self.session.undo_stack
        now = files.dumps(session.document.data())
        assert files.dumps(files.loads(now, "saved.json")) == now, "loading changes what was saved"
        index = stack.index()
        stack.setIndex(0)
        self._check()
        assert files.dumps(session.document.data()) == self.start, "undoing all leaves something"
        stack.setIndex(index)
        self._check()
        assert files.dumps(session.document.data()) == now, "doing all again leaves something out"

    # -- what is drawn ---------------------------------------------------------------------------

    def node(self) -> str | None:
        ids = sorted(self.panel.graph.cards)
        return self.random.choice(ids) if ids else None

    def held(self) -> Qt.KeyboardModifier:
        return self.random.choice(HELD)

    def space(self) -> QPointF:
        shown = self.panel.view.visible_rect()
        return QPointF(
            shown.left() + self.random.random() * shown.width(),
            shown.top() + self.random.random() * shown.height(),
        )

    def spot(self) -> QPointF:
        """A point that matters: a port, a card, a wire, or anywhere in sight."""
        kind, id_ = self.random.randrange(9), self.node()
        drawn = list(self.panel.graph.frames.items.values())
        if kind == 8 and drawn:
            frame = self.random.choice(drawn)
            end = frame.rect().bottomRight() if self.random.random() < 0.3 else QPointF(30, 14)
            return frame.pos() + end - QPointF(3, 3)
        wires = list(self.panel.graph.edges.wires())
        if kind == 0 or id_ is None:
            return self.space()
        if kind == 1 and wires:
            return self.panel.graph.edges.middle(self.random.choice(wires))
        if kind <= 3:
            return self.hand.middle(id_)
        side: Side = "in" if kind <= 5 else "out"
        count = self.panel.graph.cards[id_].count(side)
        return self.hand.port(id_, side, self.random.randrange(count)) if count else self.hand.middle(id_)


# -- the steps ---------------------------------------------------------------------------------------


def drag(machine: Machine) -> None:
    machine.hand.drag(machine.spot(), machine.spot(), machine.held(), _button(machine))


def drag_and_give_up(machine: Machine) -> None:
    machine.hand.pull(machine.spot(), machine.spot(), machine.held(), _button(machine))
    before = files.dumps(machine.session.document.data())
    if machine.panel.view.gesture:
        machine.hand.key(Qt.Key.Key_Escape)
        assert files.dumps(machine.session.document.data()) == before, (
            "a gesture that was given up did something"
        )
    machine.hand.release(machine.spot())


def key_in_a_drag(machine: Machine) -> None:
    """A command of the keyboard comes while the mouse drags."""
    machine.hand.pull(machine.spot(), machine.spot(), machine.held())
    machine.hand.key(*machine.random.choice(KEYS))
    machine.hand.release(machine.spot())


def edit_in_a_drag(machine: Machine) -> None:
    """The document changes from elsewhere while the mouse drags."""
    machine.hand.pull(machine.spot(), machine.spot(), machine.held())
    edit(machine)
    machine.hand.release(machine.spot())


def _button(machine: Machine) -> Qt.MouseButton:
    return machine.random.choice(
        (LEFT, LEFT, LEFT, LEFT, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton)
    )


def click(machine: Machine) -> None:
    machine.hand.click(machine.spot(), machine.held())


def two_clicks(machine: Machine) -> None:
    machine.hand.click(machine.spot())
    machine.hand.move(machine.spot())
    machine.hand.click(machine.spot())


def double_click(machine: Machine) -> None:
    machine.hand.double_click(machine.spot())


def key(machine: Machine) -> None:
    if machine.random.random() < 0.5:
        select(machine)
    machine.hand.key(*machine.random.choice(KEYS))


def search(machine: Machine) -> None:
    """Asks for a layer, types, and takes the first or gives up."""
    if machine.random.random() < 0.5:
        machine.hand.move(machine.spot())
        machine.hand.key(Qt.Key.Key_Tab)
    else:
        machine.hand.drag(machine.spot(), machine.space())
    if machine.panel.search.isVisible():
        machine.panel.search.field.setText(machine.random.choice(("relu", "conv", "add", "zzz", "")))
        machine.hand.key(machine.random.choice((Qt.Key.Key_Return, Qt.Key.Key_Escape)))


def drop(machine: Machine) -> None:
    machine.hand.drop(machine.random.choice(TYPES), machine.spot())


def rename(machine: Machine) -> None:
    id_ = machine.node()
    if id_ is not None:
        machine.session.select((id_,))
        machine.hand.key(Qt.Key.Key_F2)
        machine.panel.rename_field.setText(machine.random.choice(NAMES))
        machine.hand.key(Qt.Key.Key_Return)


def select(machine: Machine) -> None:
    ids = sorted(machine.panel.graph.cards)
    machine.session.select(machine.random.sample(ids, min(len(ids), machine.random.randrange(5))))


def undo(machine: Machine) -> None:
    for _ in range(machine.random.randrange(1, 4)):
        machine.session.undo()


def redo(machine: Machine) -> None:
    for _ in range(machine.random.randrange(1, 4)):
        machine.session.redo()


def blocks(machine: Machine) -> None:
    """Makes a block, dissolves one, or asks for what else can be done with one."""
    commands = machine.panel.blocks
    select(machine)
    do = machine.random.choice(
        (commands.group, commands.dissolve, commands.new, commands.make_independent, commands.use_again)
    )
    do()


def enter(machine: Machine) -> None:
    names = machine.session.document.network_names()
    machine.session.show_network(machine.random.choice(names))


def edit(machine: Machine) -> None:
    """An edit that the canvas did not make: an inspector's, a cure's, the code's."""
    random, session = machine.random, machine.session
    network = random.choice(session.document.network_names())
    ids = sorted(session.document.nodes(network))
    try:
        with session.edit(Message("Edit")) as made:
            for _ in range(random.randrange(1, 4)):
                _some_edit(machine, made, network, ids)
    except EditError:
        pass


def _some_edit(machine: Machine, made, network: str, ids: list[str]) -> None:  # type: ignore[no-untyped-def]
    random = machine.random
    place = (random.randrange(-40, 80) * 8, random.randrange(0, 80) * 8)
    one, other = (random.choice(ids or ["none"]) for _ in range(2))
    match random.randrange(8):
        case 0:
            made.add_node(network, Node(random.choice(NAMES), random.choice(TYPES), at=place))
        case 1:
            made.remove_nodes(network, [one], heal=random.random() < 0.5)
        case 2:
            made.rename_node(network, one, random.choice(NAMES))
        case 3 | 4:
            slot = random.choice((("args", 0), ("args", 1), ("args", 0, 1), ("kwargs", "mask")))
            made.connect(network, other, one, slot, random.choice((None, None, 1)))
        case 5:
            made.move(network, one, place)
        case 6:
            made.set_type(network, one, random.choice(TYPES))
        case _:
            made.set_param(network, one, "out_channels", random.randrange(64))


def save_and_load(machine: Machine) -> None:
    """What was saved is opened in place of what is there; the undo steps go."""
    text = files.dumps(machine.session.document.data())
    machine._open(files.loads(text, "saved.json"))
    assert machine.start == text, "loading changes what was saved"


def thin_out(machine: Machine) -> None:
    """Keeps the project small: steps stay quick."""
    data = machine.session.document.data()
    if sum(len(network.nodes) for network in data.networks.values()) > 3 * MOST:
        machine._open(ProjectData(networks={"model": chain(), "Residual": block()}))
        return
    ids = sorted(machine.panel.graph.cards)
    if len(ids) > MOST:
        machine.session.select(machine.random.sample(ids, len(ids) - MOST // 2))
        machine.hand.key(Qt.Key.Key_Delete)


def zoom(machine: Machine) -> None:
    if machine.random.random() < 0.3:
        machine.panel.frame_all()
    else:
        machine.panel.view.zoom_to(machine.random.choice((0.2, 0.5, 0.8, 1.0, 1.5)))


_STEPS: tuple[tuple[Callable[[Machine], None], int], ...] = (
    (drag, 20),
    (drag_and_give_up, 6),
    (key_in_a_drag, 4),
    (edit_in_a_drag, 4),
    (click, 6),
    (two_clicks, 4),
    (double_click, 2),
    (key, 14),
    (search, 4),
    (drop, 4),
    (rename, 4),
    (select, 4),
    (undo, 8),
    (redo, 6),
    (blocks, 4),
    (enter, 2),
    (edit, 10),
    (save_and_load, 2),
    (thin_out, 6),
    (zoom, 2),
)
_DO = [do for do, _ in _STEPS]
_WEIGHTS = [weight for _, weight in _STEPS]


@contextmanager
def heard(faults: list[str]) -> Iterator[None]:
    """Collects what Qt warns of and what a slot raises, which would else only be printed."""

    def message(kind: QtMsgType, _where: QMessageLogContext, text: str) -> None:
        if kind in (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg) and "propagateSizeHints" not in text:
            faults.append(f"Qt: {text}")

    def raised(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        faults.append(f"{kind.__name__}: {error}")
        sys.__excepthook__(kind, error, _trace)

    hook, sys.excepthook = sys.excepthook, raised
    before = qInstallMessageHandler(message)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
        sys.excepthook = hook
