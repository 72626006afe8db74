"""The Problems panel: every problem with its cures, and a way to the node that has it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from studio import words
from studio.app.problems import ProblemsPanel
from studio.app.session import Session
from studio.compiler.analysis import Analysis, Cure, Problem
from studio.graph.model import Node
from studio.graph.operations import SetAttribute
from studio.words import Message

from .training_fakes import notices_of

LABEL = Message("Set in_features to {n}", n=256)
CURE = Cure(LABEL, (SetAttribute("model", "fc", ("params", "in_features"), 400, 256),))
PROBLEM = Problem(
    "width",
    "error",
    "model",
    "fc",
    Message("fc expects {n} features.", n=400),
    (CURE,),
    "mat1 and mat2 differ",
)
WARNING = Problem("odd", "warning", "model", None, Message("Nothing is trained."))


@pytest.fixture
def panel(qtbot: QtBot) -> ProblemsPanel:
    session = Session()
    with session.edit(Message("Add")) as edit:
        edit.add_node("model", Node("fc", "nn.Linear", {"in_features": 400, "out_features": 10}))
    session._idle.stop()
    session.engine_ready = True
    panel = ProblemsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(800, 240)
    panel.show()
    return panel


def analysed(panel: ProblemsPanel, *problems: Problem) -> None:
    panel._session.take(Analysis(problems=problems))


def test_without_problems_it_says_that_training_may_begin(panel: ProblemsPanel) -> None:
    analysed(panel)
    assert panel.none.isVisible()
    assert panel.none.text() == "No problems. The network can be trained."


def test_every_problem_is_listed_in_the_order_of_the_analysis(panel: ProblemsPanel) -> None:
    analysed(panel, PROBLEM, WARNING)
    assert [row.problem for row in panel.rows] == [PROBLEM, WARNING]
    assert panel.rows[0].accessibleName() == "fc: fc expects 400 features."


def test_the_number_of_problems_is_told_when_it_changes(panel: ProblemsPanel) -> None:
    counts: list[int] = []
    panel.count_changed.connect(counts.append)
    analysed(panel, PROBLEM)
    analysed(panel, PROBLEM, WARNING)
    analysed(panel)
    assert counts == [1, 2, 0]


def test_a_click_on_a_cure_applies_it_as_one_undo_step(panel: ProblemsPanel, qtbot: QtBot) -> None:
    analysed(panel, PROBLEM)
    button = panel.rows[0].findChild(QPushButton, "cure_button")
    assert button.text() == "Set in_features to 256"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    panel._session._idle.stop()
    document = panel._session.document
    assert document.node("model", "fc").params["in_features"] == 256
    panel._session.undo_stack.undo()
    panel._session._idle.stop()
    assert document.node("model", "fc").params["in_features"] == 400


def test_a_cure_for_a_node_that_is_gone_says_so_and_changes_nothing(
    panel: ProblemsPanel, qtbot: QtBot
) -> None:
    analysed(panel, PROBLEM)
    with panel._session.edit(Message("Remove")) as edit:
        edit.remove_nodes("model", ["fc"])
    heard = notices_of(panel._session)
    qtbot.mouseClick(panel.rows[0].findChild(QPushButton, "cure_button"), Qt.MouseButton.LeftButton)
    panel._session._idle.stop()
    assert [level for level, _ in heard] == ["warning"]


def test_a_click_selects_the_node_and_asks_to_see_it(panel: ProblemsPanel, qtbot: QtBot) -> None:
    analysed(panel, PROBLEM)
    with qtbot.waitSignal(panel.reveal) as asked:
        qtbot.mouseClick(panel.rows[0], Qt.MouseButton.LeftButton)
    assert asked.args == ["model", "fc"]
    assert panel._session.selection == ("fc",)


def test_the_keyboard_reaches_a_problem_as_the_mouse_does(panel: ProblemsPanel, qtbot: QtBot) -> None:
    analysed(panel, PROBLEM)
    with qtbot.waitSignal(panel.reveal):
        qtbot.keyClick(panel.rows[0], Qt.Key.Key_Return)


def test_pytorchs_own_words_show_only_when_unfolded(panel: ProblemsPanel, qtbot: QtBot) -> None:
    analysed(panel, PROBLEM)
    raw = panel.rows[0].findChild(QPlainTextEdit)
    assert raw.isHidden() and raw.toPlainText() == "mat1 and mat2 differ"
    qtbot.mouseClick(panel.rows[0].findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert not raw.isHidden()


def test_the_same_problems_again_leave_the_rows_alone(panel: ProblemsPanel) -> None:
    analysed(panel, PROBLEM)
    before = panel.rows[0]
    analysed(panel, PROBLEM)
    assert panel.rows[0] is before


def test_the_panel_follows_the_language(panel: ProblemsPanel) -> None:
    analysed(panel)
    words.set_language("zh_CN")
    assert panel.none.text() == "没有问题，可以训练网络。"
