"""The Code panel: the newest good source, told apart from one that is out of date."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import lists, sampled_from
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from studio.app import theme
from studio.app.code import CodePanel, _Written
from studio.app.code_text import CodeText, spans_of
from studio.app.session import Session
from studio.compiler.analysis import Analysis, Context
from studio.words import Message, NetloomError

from .training_fakes import notices_of

SOURCE = 'import torch\n\n\nclass Model(torch.nn.Module):\n    """Digits."""\n'


@pytest.fixture
def panel(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> CodePanel:
    monkeypatch.setattr("studio.app.code._source_of", lambda ticket, project, context, kind: SOURCE)
    session = Session()
    session.engine_ready = True
    panel = CodePanel(session)
    qtbot.addWidget(panel)
    panel.resize(800, 300)
    return panel


def shown(panel: CodePanel, qtbot: QtBot) -> None:
    panel.show()
    qtbot.waitUntil(lambda: panel.text.toPlainText() == SOURCE, timeout=10_000)


def test_the_source_is_written_when_it_is_looked_at(panel: CodePanel, qtbot: QtBot) -> None:
    panel._session.analysed.emit(Analysis())
    assert not panel._wait.isActive()
    shown(panel, qtbot)
    assert panel.status.text() == "Plain PyTorch; it needs nothing of Netloom."


def test_where_it_cannot_be_written_the_last_good_source_stays_greyed_with_the_reason(
    panel: CodePanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise NetloomError(Message("No wire."))

    shown(panel, qtbot)
    with monkeypatch.context() as changed:
        changed.setattr("studio.app.code._source_of", fail)
        panel._session.analysed.emit(panel._session.analysis)
        qtbot.waitUntil(lambda: "No wire." in panel.status.text(), timeout=10_000)
    assert panel.text.toPlainText() == SOURCE
    assert panel.text.highlighter.grey
    panel._session.analysed.emit(panel._session.analysis)
    qtbot.waitUntil(lambda: not panel.text.highlighter.grey, timeout=10_000)


def test_a_source_that_cannot_be_written_says_why(
    panel: CodePanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise NetloomError(Message("The block calls itself."))

    monkeypatch.setattr("studio.app.code._source_of", fail)
    panel.show()
    qtbot.waitUntil(lambda: panel.status.text() == "The block calls itself.", timeout=10_000)
    assert not panel.copy_button.isEnabled()


def test_the_source_is_coloured_by_what_it_says(panel: CodePanel, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    formats = panel.text.document().firstBlock().layout().formats()
    assert (formats[0].start, formats[0].length) == (0, len("import"))
    assert formats[0].format.foreground().color() == theme.current().color("recurrent")


def contrast(one: QColor, other: QColor) -> float:
    def light(color: QColor) -> float:
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("table", [theme.DARK, theme.LIGHT])
def test_every_colour_of_the_source_can_be_read(panel: CodePanel, qtbot: QtBot, table: theme.Theme) -> None:
    from studio.app.code_text import COLORS, _format

    theme.use(table)
    try:
        for name in set(COLORS.values()):
            assert contrast(_format(name).foreground().color(), QColor(table.window)) >= 4.5, name
    finally:
        theme.use(theme.DARK)


def test_text_over_several_lines_keeps_its_colour() -> None:
    spans = spans_of('x = """one\ntwo"""\n')
    assert {name for _, _, name in spans[1]} == {"normalisation"}


@given(*[lists(sampled_from(["import torch", "x = 1", "", '"""', "y = x  # more"]), max_size=8)] * 2)
def test_other_source_comes_in_place_of_the_first_whatever_lines_they_share(
    qapp: QApplication, before: list[str], after: list[str]
) -> None:
    text, changed = CodeText(), "\n".join(after)
    text.show_source("\n".join(before), spans_of("\n".join(before)))
    text.show_source(changed, spans_of(changed))
    assert text.toPlainText() == changed
    fresh = CodeText()
    fresh.show_source(changed, spans_of(changed))
    assert colours(text) == colours(fresh)


def colours(text: CodeText) -> list[list[tuple[int, int, str]]]:
    """Of each line, what is coloured how."""
    found, block = [], text.document().firstBlock()
    while block.isValid():
        formats = block.layout().formats()
        found.append([(f.start, f.length, f.format.foreground().color().name()) for f in formats])
        block = block.next()
    return found


def test_copy_puts_the_source_on_the_clipboard(panel: CodePanel, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    panel.copy_button.click()
    assert QGuiApplication.clipboard().text() == SOURCE


def test_the_source_is_saved_as_it_is_shown(panel: CodePanel, qtbot: QtBot, tmp_path: Path) -> None:
    shown(panel, qtbot)
    panel.save(tmp_path / "model.py")
    assert (tmp_path / "model.py").read_text() == SOURCE


def test_a_place_that_cannot_be_written_is_told(panel: CodePanel, qtbot: QtBot, tmp_path: Path) -> None:
    shown(panel, qtbot)
    heard = notices_of(panel._session)
    panel.save(tmp_path / "missing" / "model.py")
    assert [level for level, _ in heard] == ["error"]


# -- editing -----------------------------------------------------------------------------------------


@pytest.fixture
def real(qtbot: QtBot) -> CodePanel:
    """The panel on the bundled iris, with its true source."""
    from studio import places
    from studio.project import files

    session = Session()
    qtbot.addWidget(panel := CodePanel(session))
    session.open(files.load(places.gallery() / "iris.json"), None)
    session.set_engine_ready()
    panel.resize(900, 400)
    panel.show()
    qtbot.waitUntil(lambda: "class Model" in panel.source and panel.edit_button.isEnabled(), timeout=60_000)
    return panel


def type_in(panel: CodePanel, old: str, new: str) -> None:
    assert old in panel.source
    panel.text.setPlainText(panel.source.replace(old, new))


def test_text_that_is_not_applied_is_asked_about_before_it_goes(panel: CodePanel, qtbot: QtBot) -> None:
    shown(panel, qtbot)
    gone: list[str] = []
    panel._written = _Written(panel._session.document, 0, panel._session.document.data(), {}, Context())
    panel.begin()
    panel.leave(lambda: gone.append("nothing was typed"))
    type_in(panel, "Digits", "Letters")
    panel.leave(lambda: gone.append("discarded"))
    question = panel.window().findChild(QMessageBox, "question")
    assert gone == ["nothing was typed"]
    question.findChild(QPushButton, "cancel_button").click()
    assert gone == ["nothing was typed"] and panel.editing and "Letters" in panel.source
    qtbot.waitUntil(lambda: panel.window().findChild(QMessageBox, "question") is None)
    panel.leave(lambda: gone.append("discarded"))
    question = panel.window().findChild(QMessageBox, "question")
    question.findChild(QPushButton, "discard_code_button").click()
    assert gone[1:] == ["discarded"] and not panel.editing


@pytest.mark.slow
def test_leaving_goes_on_when_the_code_is_in_the_network_and_not_where_it_is_refused(
    real: CodePanel, qtbot: QtBot
) -> None:
    session, gone = real._session, []
    real.edit_button.click()
    type_in(real, "nn.Linear(4, 16)", "make_layer()")
    real.leave(lambda: gone.append("refused"))
    real.window().findChild(QPushButton, "apply_code_button").click()
    qtbot.waitUntil(lambda: bool(real.text.marks), timeout=60_000)
    assert real.editing and not gone
    type_in(real, "make_layer()", "nn.Linear(4, 24)")
    real.leave(lambda: gone.append("applied"))
    qtbot.waitUntil(lambda: real.window().findChild(QPushButton, "apply_code_button") is not None)
    real.window().findChildren(QPushButton, "apply_code_button")[-1].click()
    qtbot.waitUntil(lambda: bool(gone), timeout=60_000)
    assert gone == ["applied"] and session.document.node("model", "fc1").params == {"out_features": 24}


@pytest.mark.slow
def test_an_edit_becomes_one_step_that_can_be_undone(real: CodePanel, qtbot: QtBot) -> None:
    session = real._session
    before = session.document.data()
    real.edit_button.click()
    assert not real.text.isReadOnly()
    type_in(real, "nn.Linear(4, 16)", "nn.Linear(4, 24)")
    real.apply_button.click()
    qtbot.waitUntil(lambda: not real.editing, timeout=60_000)
    assert session.document.node("model", "fc1").params == {"out_features": 24}
    assert session.undo_stack.count() == 1
    qtbot.waitUntil(lambda: "nn.Linear(24, 16)" in real.source, timeout=60_000)
    session.undo()
    assert session.document.data() == before


@pytest.mark.slow
def test_a_line_that_cannot_be_read_is_marked_and_nothing_changes(real: CodePanel, qtbot: QtBot) -> None:
    before = real._session.document.data()
    real.edit_button.click()
    type_in(real, "nn.ReLU()", "make_relu()")
    real.apply_button.click()
    qtbot.waitUntil(lambda: bool(real.text.marks), timeout=60_000)
    lines = real.source.splitlines()
    assert ["make_relu()" in lines[line - 1] for line in real.text.marks] == [True, True]
    assert "make_relu() is nothing that a network can hold." in real.status.text()
    assert real.editing and real._session.document.data() == before
    real.discard_button.click()
    assert real.text.marks == {} and "make_relu" not in real.source


@pytest.mark.slow
def test_an_edit_of_the_network_meanwhile_is_kept_beside_that_of_the_code(
    real: CodePanel, qtbot: QtBot
) -> None:
    session = real._session
    real.edit_button.click()
    type_in(real, "nn.Linear(4, 16)", "nn.Linear(4, 24)")
    with session.edit(Message("Change")) as edit:
        edit.set_param("model", "fc2", "out_features", 12)
    real.apply_button.click()
    qtbot.waitUntil(lambda: not real.editing, timeout=60_000)
    assert session.document.node("model", "fc1").params == {"out_features": 24}
    assert session.document.node("model", "fc2").params == {"out_features": 12}


@pytest.mark.slow
def test_a_network_with_a_problem_is_edited_as_code_and_healed(real: CodePanel, qtbot: QtBot) -> None:
    session = real._session
    with session.edit(Message("Change")) as edit:
        edit.set_param("model", "fc2", "in_features", 99)
    qtbot.waitUntil(lambda: "# Problem: " in real.source, timeout=60_000)
    assert "comment says where" in real.status.text() and not real.text.highlighter.grey
    real.edit_button.click()
    type_in(real, "nn.Linear(4, 16)", "nn.Linear(4, 24)")
    real.apply_button.click()
    qtbot.waitUntil(lambda: not real.editing, timeout=60_000)
    assert session.document.node("model", "fc1").params == {"out_features": 24}
    assert session.document.node("model", "fc2").params["in_features"] == 99, (
        "the problem stays until it is mended"
    )
    qtbot.waitUntil(
        lambda: "nn.Linear(4, 24)" in real.source and real.edit_button.isEnabled(), timeout=60_000
    )
    real.edit_button.click()
    type_in(real, "nn.Linear(99, 16)", "nn.Linear(24, 16)")
    real.apply_button.click()
    qtbot.waitUntil(lambda: not real.editing, timeout=60_000)
    qtbot.waitUntil(lambda: "# Problem: " not in real.source, timeout=60_000)
    assert not session.analysis.errors


@pytest.mark.slow
def test_the_training_script_is_shown_and_cannot_be_edited(real: CodePanel, qtbot: QtBot) -> None:
    real.kind.setCurrentIndex(1)
    qtbot.waitUntil(lambda: "def main() -> None:" in real.source, timeout=60_000)
    assert not real.edit_button.isVisible()
