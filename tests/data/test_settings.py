"""The `data` section of a project, read strictly."""

import pytest

from studio.data.settings import SplitSettings, read
from studio.data.source import DataError


def test_a_section_with_a_source_alone_has_every_default() -> None:
    settings = read({"source": "iris"})

    assert settings.split == SplitSettings(0.1, 0.1, 0)
    assert [step.written for step in settings.steps] == [{"type": "standardize"}]
    assert settings.download is False


def test_an_empty_list_of_steps_means_values_as_stored() -> None:
    assert read({"source": "iris", "preprocessing": []}).steps == ()


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({}, "No data is chosen"),
        ({"source": "irises"}, "data.source is 'irises'"),
        ({"source": ["iris"]}, "data.source"),
        ({"source": "iris", "root": 3}, "data.root is 3"),
        ({"source": "iris", "download": "yes"}, "data.download is 'yes'"),
        ({"source": "iris", "sourse": 1}, "Did you mean source"),
        ({"source": "iris", "split": {"validaton": 0.1}}, "Did you mean validation"),
        ({"source": "iris", "split": {"validation": 0.5, "test": 0.5}}, "leaves nothing to train on"),
        ({"source": "iris", "split": {"validation": -0.1}}, "data.split.validation is -0.1"),
        ({"source": "iris", "split": {"test": 1}}, "data.split.test is 1"),
        ({"source": "iris", "split": {"test": float("nan")}}, "data.split.test is nan"),
        ({"source": "iris", "split": {"test": True}}, "data.split.test is True"),
        ({"source": "iris", "split": {"seed": 1.5}}, "data.split.seed is 1.5"),
        ({"source": "iris", "split": 3}, "data.split is 3"),
        ({"source": "iris", "preprocessing": "standardize"}, "data.preprocessing"),
        ({"source": "iris", "preprocessing": [{"type": "whiten"}]}, "one of the steps tokens"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(section: dict, words: str) -> None:
    with pytest.raises(DataError, match="^.*" + words.replace(".", r"\.")):
        read(section)
