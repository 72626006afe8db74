"""Figures: what is drawn, that nothing covers anything, and that a style sheet is read or refused by name."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path

import pytest

from studio import places
from studio.compiler.survey import survey
from studio.export.figure import drawing, style, svg, text
from studio.export.figure.drawing import Drawing, Options
from studio.export.formats import ExportError
from studio.graph.blocks import group
from studio.graph.document import Document
from studio.graph.model import ProjectData
from studio.project import files
from studio.training import objectives
from studio.words import Message

PAPER = style.STYLES["paper"]


@pytest.fixture
def digits() -> ProjectData:
    return files.load(places.gallery() / "digits.json")


def drawn(project: ProjectData, **options: object) -> Drawing:
    walked = survey(project, objectives.context_of(project))
    return drawing.draw(walked, "model", PAPER, Options(**options))  # type: ignore[arg-type]


def with_a_block(project: ProjectData) -> ProjectData:
    document = Document(project)
    with document.transaction(Message("Group")) as edit:
        group(edit, "model", {"conv1", "relu1", "pool1"}, "Stage")
    return document.data()


def test_small_layers_stand_in_the_box_of_the_one_they_follow(digits: ProjectData) -> None:
    joined, apart = drawn(digits), drawn(digits, joined=False)

    assert [part.title for part in joined.boxes[1].parts] == ["Conv2d", "ReLU"]
    assert all(len(box.parts) == 1 for box in apart.boxes)
    assert len(apart.boxes) == len(digits.networks["model"].nodes)
    assert sum(len(box.parts) for box in joined.boxes) == len(apart.boxes)


def test_shapes_stand_on_the_wires_once_and_can_be_left_out(digits: ProjectData) -> None:
    labels = [line.label for line in drawn(digits).lines]

    assert labels[0] == "N×1×8×8"
    assert not any(line.label for line in drawn(digits, shapes=False).lines)


def test_no_box_covers_another_and_all_lie_in_the_picture(digits: ProjectData) -> None:
    for depth in (0, 1):
        made = drawn(with_a_block(digits), depth=depth, names=True)
        for one, other in combinations(made.boxes, 2):
            assert not _overlap(one.rect, other.rect)
        for box in (*made.boxes, *made.frames):
            left, top, width, height = box.rect
            assert left >= 0 and top >= 0 and left + width <= made.width and top + height <= made.height
        for line in made.lines:
            assert all(0 <= x <= made.width for segment in line.segments for x in segment[::2])


def test_an_open_block_shows_its_inside_in_a_frame(digits: ProjectData) -> None:
    project = with_a_block(digits)

    closed, open_ = drawn(project), drawn(project, depth=1)

    assert closed.frames == []
    assert [frame.title for frame in open_.frames] == ["Stage"]
    titles = [part.title for box in open_.boxes for part in box.parts]
    assert "Stage" not in titles
    assert titles.count("Conv2d") == 2
    # the wire into the block goes on inside from where it ends outside
    tops = {line.end for line in open_.lines}
    assert any(line.start in tops for line in open_.lines if not line.label)


def test_the_svg_is_well_formed_and_says_what_it_shows(digits: ProjectData) -> None:
    document = Document(digits)
    with document.transaction(Message("Rename")) as edit:
        edit.rename_node("model", "image", "bild_und_ton")
        edit.set(("name",), "<A & B>")
    project = document.data()

    root = ElementTree.fromstring(svg.write(drawn(project), PAPER, project.name))

    words = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert root[0].text == "<A & B>"
    assert "bild_und_ton" in words
    assert "Conv2d" in words


def test_what_changed_is_marked(digits: ProjectData) -> None:
    walked = survey(digits, objectives.context_of(digits))
    made = drawing.draw(walked, "model", PAPER, Options(), {("model", "relu1"): "changed"})

    assert [part.mark for part in made.boxes[1].parts] == ["", "changed"]
    assert f'fill="{PAPER.changed}"' in svg.write(made, PAPER, "x")


def test_a_network_that_is_not_there_is_refused(digits: ProjectData) -> None:
    walked = survey(digits, objectives.context_of(digits))
    with pytest.raises(ExportError, match="no network other"):
        drawing.draw(walked, "other", PAPER)


def test_a_style_sheet_changes_what_it_names() -> None:
    found = style.read('base = "dark"\ntext = "#ABCDEF"\nsize = 20\n[fills]\nlinear = "#000000"\n', "my.toml")

    assert (found.text, found.size, found.fills["linear"]) == ("#ABCDEF", 20.0, "#000000")
    assert found.fills["io"] == style.STYLES["dark"].fills["io"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("text = ", "my.toml"),
        ('texts = "#000000"', "texts"),
        ('text = "red\\"/><script>"', "text"),
        ('font = "<x>"', "font"),
        ("size = true", "size"),
        ('base = "poster"', "base"),
        ('fills = "#000000"', "fills"),
        ('[fills]\nlinears = "#000000"', "linears"),
    ],
)
def test_a_style_sheet_that_does_not_fit_is_refused_by_name(content: str, named: str) -> None:
    with pytest.raises(ExportError, match=named):
        style.read(content, "my.toml")


def test_a_style_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in ("poster", str(tmp_path / "none.toml")):
        with pytest.raises(ExportError, match=r"poster|none\.toml"):
            style.load(name)


def test_texts_are_about_as_wide_as_in_helvetica() -> None:
    # widths by Adobe's font metrics: M 833, i 222, l 222, k 500
    assert text.width("Milk", 1000) == pytest.approx(833 + 222 + 222 + 500)
    assert text.width("层", 10) == 10


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )
