"""What can be set of arrays and of sequences: which is the input, which is predicted, and how it is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QLabel

from studio import quantities
from studio.app.named import named
from studio.app.settings_panel.fields import WholeField, plain
from studio.app.settings_panel.own_parts import Choice, ImagesPart, Owner, Part, Reading
from studio.words import Message, tr

AXES = (
    ("as stored", Message("as stored")),
    ("channels last", Message("channels last")),
    ("one channel", Message("grey images")),
)
TASKS = (
    ("classification", Message("classes")),
    ("regression", Message("numbers")),
    ("multilabel", Message("several labels")),
    ("segmentation", Message("a class for each pixel")),
)


class _Row:
    """A title above a choice that looks at the file again."""

    def __init__(
        self, part: Part, name: str, title: Message, change: Callable[[Any], tuple[Message, Any]]
    ) -> None:
        self.label, self.choice, self._title = QLabel(), named(Choice(), name), title
        self.label.setBuddy(self.choice)
        self._part, self._change = part, change
        self.choice.activated.connect(self._choose)
        part.place(self.label, self.choice)

    def retranslate(self) -> None:
        self.label.setText(str(self._title))
        self.choice.setAccessibleName(str(self._title))

    def _choose(self) -> None:
        label, change = self._change(self.choice.currentData())
        reading = self._part.owner.reading()
        if any(reading.get(key) != value for key, value in change.items()):
            self._part.owner.look_again(label, change)


class ArraysPart(Part):
    """Which array is given to the network, which is predicted, and as what."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)

        def chosen(value: Any) -> tuple[Message, Any]:
            return Message("Take the array {name} as input", name=value), {"x": value, "y": None}

        def predicted(value: Any) -> tuple[Message, Any]:
            return Message("Predict {column}", column=value or tr("the last column")), {"y": value}

        def arranged(value: Any) -> tuple[Message, Any]:
            return Message("Set what the dimensions mean"), {"axes": value}

        def taken(value: Any) -> tuple[Message, Any]:
            return Message("Set what is predicted"), {"task": value}

        self.given = _Row(self, "data_x", Message("Input"), chosen)
        self.axes = _Row(self, "data_axes", Message("Its dimensions"), arranged)
        self.target = _Row(self, "data_y", Message("What to predict"), predicted)
        self.task = _Row(self, "data_task", Message("It is"), taken)
        self.place(self.form)

    def retranslate(self) -> None:
        for row in (self.given, self.axes, self.target, self.task):
            row.retranslate()

    def display(self, reading: Reading) -> str:
        forms = [plain(entry) for entry in reading["arrays"]]
        words = {_form(form): form["name"] for form in forms}
        rows = next((form["shape"][0] for form in forms if form["name"] == reading["x"]), 0)
        targets = {_form(form): form["name"] for form in forms if form["shape"][0] == rows}
        self.given.choice.offer(words, reading["x"])
        self.target.choice.offer({**targets, tr("the last column"): ""}, reading["y"])
        self.axes.choice.offer({str(word): value for value, word in AXES}, reading["axes"])
        self.task.choice.offer({str(word): value for value, word in TASKS}, reading["task"])
        return tr("{n} rows", n=quantities.count(int(rows)))


def _form(form: Reading) -> str:
    return f"{form['name']} ({'×'.join(map(str, form['shape']))}, {form['dtype']})"


class SequencesPart(Part):
    """How many steps of a sequence are taken."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)
        self.field(WholeField, "length", Message("Steps of a sequence"), 1, 1)
        self.place(self.form)

    def display(self, reading: Reading) -> str:
        self.form.refresh()
        count = tr("{n} sequences", n=quantities.count(int(reading["samples"])))
        said = tr("{text} → {target}", text=", ".join(reading["columns"]), target=reading["target"])
        return f"{count} · {said}"


class NamedImagesPart(ImagesPart):
    """As of images in folders, and what the table names."""

    def display(self, reading: Reading) -> str:
        super().display({**reading, "left_out": ()})
        count = tr("{n} images", n=quantities.count(int(reading["samples"])))
        return f"{count} · " + tr("{text} → {target}", text=reading["path"], target=reading["target"])


PARTS: dict[str, type[Part]] = {
    "arrays": ArraysPart,
    "sequences": SequencesPart,
    "labelled_images": NamedImagesPart,
}
