"""The example projects that come with Netloom: their files, their words, and the groups they are shown in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio import places, words
from studio.graph.model import ProjectData
from studio.words import Message

ABOUT = "about"
"""the section in which the gallery says what a project is; a copy does without"""
LESSON = "lesson"
"""the section of a copy that names the lesson it belongs to"""


@dataclass(frozen=True, slots=True)
class Example:
    """One gallery project: its file, its picture, its words by language, its seconds on two cores."""

    file: Path
    picture: Path
    titles: Mapping[str, str]
    abouts: Mapping[str, str]
    seconds: float | None = None

    @property
    def name(self) -> str:
        return self.file.stem

    @property
    def title(self) -> str:
        return self.titles.get(words.language()) or self.titles["en"]

    @property
    def about(self) -> str:
        return self.abouts.get(words.language()) or self.abouts.get("en", "")


@dataclass(frozen=True, slots=True)
class Group:
    """Examples that are shown together, in this order. `names` are those of their files."""

    title: Message
    names: tuple[str, ...]


GROUPS = (
    Group(
        Message("First steps"),
        (
            "digits",
            "iris",
            "diabetes",
            "perceptron",
            "linear_regression",
            "logistic_regression",
            "two_two_one",
        ),
    ),
    Group(
        Message("Images"),
        ("mnist_mlp", "mnist_cnn", "lenet_cifar10", "residual", "transfer", "unet", "contrastive"),
    ),
    Group(Message("Texts"), ("lstm_reviews", "text_cnn", "gru_waimai", "text_transformer", "char_gpt")),
    Group(Message("Sequences"), ("sunspots_rnn", "airline_lstm", "temporal_convolution")),
    Group(Message("Tables"), ("penguins", "titanic", "california_housing", "auto_mpg", "three_experts")),
    Group(Message("Generating"), ("autoencoder", "denoising", "variational", "gan")),
    Group(Message("Playing"), ("cartpole_dqn", "cartpole_policy")),
)
"""every example is in one of them"""
MORE = Message("More")
"""the group of examples that a person put into the folder"""


def examples(folder: Path | None = None) -> list[Example]:
    """Every project of the gallery, in the order of the groups. These small files come with the program.

    A project says of itself `"about": {"en": {"title": ..., "text": ...}, "zh_CN": {...}, "seconds": n}`; one
    without is shown by its name.
    """
    return [example for _, found in grouped(folder) for example in found]


def grouped(folder: Path | None = None) -> list[tuple[Message, list[Example]]]:
    """The same by groups, each with its title; a group without examples is left out."""
    left = {path.stem: path for path in sorted((folder or places.gallery()).glob("*.json"))}
    found = [(g.title, [_read(left.pop(name)) for name in g.names if name in left]) for g in GROUPS]
    found.append((MORE, [_read(path) for path in left.values()]))
    return [(title, group) for title, group in found if group]


def lessons(folder: Path | None = None) -> list[str]:
    """The names of the gallery's projects that have a lesson."""
    return sorted(path.stem for path in ((folder or places.gallery()) / "pages").glob("*.json"))


def lesson_of(project: ProjectData) -> str | None:
    """Whose lesson a project has: None where it never was a gallery project."""
    named = project.settings.get(LESSON)
    return named if isinstance(named, str) else None


def own_copy(project: ProjectData, name: str) -> ProjectData:
    """A gallery project as a person gets it: without what the gallery says of it, with its lesson."""
    settings = {key: value for key, value in project.settings.items() if key != ABOUT}
    return replace(project, settings={**settings, LESSON: name})


def _read(file: Path) -> Example:
    content = json.loads(file.read_text(encoding="utf-8"))
    about: Any = content.get(ABOUT)
    titles, texts = {"en": content.get("name") or file.stem}, {}
    if isinstance(about, str):
        about = {"en": about}
    if not isinstance(about, dict):
        about = {}
    for code in words.LANGUAGES:
        said = about.get(code)
        if isinstance(said, dict):
            titles[code] = said.get("title") or titles["en"]
            texts[code] = said.get("text") or ""
        elif said is not None:
            texts[code] = str(said)
    seconds = about.get("seconds")
    taken = float(seconds) if isinstance(seconds, int | float) else None
    return Example(file, file.with_suffix(".png"), titles, texts, taken)
