"""Each step does what scikit-learn and torchvision do, and its shape is known before it is fitted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import decomposition, feature_selection, impute, preprocessing
from torch import Tensor

from studio.data import steps
from studio.data.preprocessing import Preprocessing
from studio.data.source import DataError, SourceInfo
from studio.data.sources import SOURCES
from studio.data.steps import dropping
from studio.words import Message

Step = dict[str, Any]


def source(shape: tuple[int, ...], categories: Sequence[int] = (), **more: Any) -> SourceInfo:
    """A source of such samples; `categories` says how many values each column has, 0 for a number."""
    values = tuple(tuple(f"v{i}" for i in range(n)) for n in categories)
    return SourceInfo(
        "some", Message("Some"), Message("Some"), "classification", shape, 0, 2,
        lambda place: pytest.fail("nothing is read"), categories=values, **more,
    )  # fmt: skip


def fit(chain: Sequence[Step], x: Tensor, y: Tensor | None = None, info: SourceInfo | None = None) -> Any:
    """The operations of a list of steps, and the layout behind them."""
    info = info or source(tuple(x.shape[1:]))
    placed = steps.placed({"preprocessing": list(chain)}, info)
    for step in placed:
        if step.problem is not None:
            raise step.problem
    return steps.fit(placed, info, x, torch.zeros(len(x)) if y is None else y)


def done(chain: Sequence[Step], x: Tensor, y: Tensor | None = None, info: SourceInfo | None = None) -> Tensor:
    return Preprocessing(fit(chain, x, y, info)[0]).apply(x)


def close(found: Tensor, expected: Any, tolerance: float = 1e-4) -> bool:
    expected = torch.as_tensor(np.asarray(expected), dtype=torch.float32)
    assert found.shape == expected.shape
    scale = max(1.0, float(expected.abs().nan_to_num().max())) if expected.numel() else 1.0
    return torch.allclose(found, expected, rtol=1e-3, atol=tolerance * scale, equal_nan=True)


NUMBERS = arrays(np.float32, (12, 3), elements=st.integers(-5000, 5000).map(lambda n: n / 16))
"""finely stepped numbers: differences of floats that nearly agree would be a test of rounding"""


def _holes(x: np.ndarray, holes: np.ndarray) -> Tensor:
    """`x` with some numbers missing, never all of a column."""
    x = x.copy()
    holes = holes.copy()
    holes[0] = False
    x[holes] = np.nan
    return torch.from_numpy(x)


HOLES = arrays(bool, (12, 3), elements=st.integers(0, 3).map(lambda n: n == 0))


@pytest.mark.parametrize(
    ("name", "scaler"),
    [
        ("standardize", preprocessing.StandardScaler),
        ("min_max", preprocessing.MinMaxScaler),
        ("robust", preprocessing.RobustScaler),
    ],
)
@given(x=NUMBERS, holes=HOLES)
def test_scaling_is_scikit_learns(name: str, scaler: Any, x: np.ndarray, holes: np.ndarray) -> None:
    values = _holes(x, holes)

    found = done([{"type": name}], values)

    assert close(found, scaler().fit_transform(values.double().numpy()))


def test_only_the_named_columns_are_scaled() -> None:
    x = torch.tensor([[1.0, 10.0], [3.0, 30.0]])

    found = done([{"type": "min_max", "columns": ["x1"]}], x)

    assert found.tolist() == [[1.0, 0.0], [3.0, 1.0]]


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent", "constant"])
@given(x=NUMBERS, holes=HOLES)
def test_missing_values_are_filled_in_as_scikit_learn_does(
    strategy: str, x: np.ndarray, holes: np.ndarray
) -> None:
    values = _holes(x, holes)
    more = {"fill_value": 7.0} if strategy == "constant" else {}

    found = done([{"type": "missing", "by": strategy, "value": 7.0}], values)

    assert close(found, impute.SimpleImputer(strategy=strategy, **more).fit_transform(values.numpy()))


@given(
    seed=st.integers(0, 10_000),
    share=st.sampled_from([0.1, 0.4, 0.7]),
    count=st.integers(1, 15),
)
def test_missing_values_come_from_the_rows_that_scikit_learn_finds_nearest(
    seed: int, share: float, count: int
) -> None:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(30, 4)).astype(np.float32)
    holes = draw.random(x.shape) < share
    holes[:2] = False
    x[holes] = np.nan
    later = draw.normal(size=(9, 4)).astype(np.float32)
    later[draw.random(later.shape) < share] = np.nan
    operations, _ = fit([{"type": "missing", "by": "neighbours", "neighbours": count}], torch.from_numpy(x))

    found = Preprocessing(operations).apply(torch.from_numpy(later))

    imputer = impute.KNNImputer(n_neighbors=count).fit(x.astype(np.float64))
    assert close(found, imputer.transform(later.astype(np.float64)))


def test_rows_that_are_equally_near_all_count() -> None:
    x = torch.tensor([[0.0, 1.0], [0.0, 5.0], [0.0, 9.0], [7.0, 100.0]])
    operations, _ = fit([{"type": "missing", "by": "neighbours", "neighbours": 1}], x)

    found = Preprocessing(operations).apply(torch.tensor([[0.1, float("nan")]]))

    assert found[0, 1] == 5.0


def test_a_column_that_training_never_has_becomes_zero() -> None:
    x = torch.tensor([[0.0, float("nan")], [1.0, float("nan")]])

    assert done([{"type": "missing", "by": "neighbours"}], x)[:, 1].tolist() == [0.0, 0.0]


@given(x=NUMBERS, deviations=st.floats(0.5, 3))
def test_outliers_are_clipped_at_deviations(x: np.ndarray, deviations: float) -> None:
    found = done([{"type": "outliers", "deviations": deviations}], torch.from_numpy(x))

    mean, spread = x.mean(0, dtype=np.float64), deviations * x.std(0, dtype=np.float64)
    assert close(found, np.clip(x.astype(np.float64), mean - spread, mean + spread))


@given(x=NUMBERS, low=st.floats(0, 0.4), high=st.floats(0.6, 1))
def test_outliers_are_clipped_at_quantiles(x: np.ndarray, low: float, high: float) -> None:
    step = {"type": "outliers", "by": "quantiles", "low": low, "high": high}

    found = done([step], torch.from_numpy(x))

    assert close(found, np.clip(x, *np.quantile(x.astype(np.float64), [low, high], axis=0)))


def test_rows_with_outliers_leave_the_training_samples_only() -> None:
    x = torch.cat([torch.zeros(99, 2), torch.tensor([[0.0, 9.0]])])
    operations, _ = fit([{"type": "outliers", "then": "drop"}], x)

    training, later = (dropping.kept(operations, x, training) for training in (True, False))

    assert training is not None
    assert training.tolist() == [True] * 99 + [False]
    assert later is None


def test_rows_with_missing_values_are_left_out_and_later_steps_are_fitted_without_them() -> None:
    x = torch.tensor([[1.0, float("nan")], [2.0, 5.0], [4.0, 7.0]])

    operations, _ = fit([{"type": "missing", "by": "drop"}, {"type": "min_max"}], x)

    stays = dropping.kept(operations, x, training=False)
    assert stays is not None
    assert stays.tolist() == [False, True, True]
    assert Preprocessing(operations).apply(x[stays]).tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_a_step_that_leaves_no_training_sample_is_refused() -> None:
    with pytest.raises(DataError, match="No training sample is left after the step “Rows with a missing"):
        fit([{"type": "missing", "by": "drop"}], torch.full((3, 2), float("nan")))


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 1)), min_size=1, max_size=20))
def test_categories_become_columns_as_scikit_learn_makes_them(rows: list[tuple[int, int]]) -> None:
    x = torch.tensor(rows, dtype=torch.float32)
    x[x < 0] = float("nan")
    info = source((2,), (4, 2))

    found = done([{"type": "missing", "by": "constant", "columns": None}, {"type": "one_hot"}], x, info=info)

    filled = np.stack([_most_frequent(column) for column in x.numpy().T], 1)
    encoder = preprocessing.OneHotEncoder(categories=[range(4), range(2)], sparse_output=False)
    assert close(found, encoder.fit_transform(filled))


def _most_frequent(column: np.ndarray) -> np.ndarray:
    imputer = impute.SimpleImputer(strategy="most_frequent", keep_empty_features=True)
    return imputer.fit_transform(column[:, None])[:, 0]


def test_rare_categories_become_one() -> None:
    x = torch.tensor([[0.0], [1.0], [2.0], [2.0], [3.0], [3.0]])
    info = source((1,), (4,), feature_names=("colour",))
    placed = steps.placed({"preprocessing": [{"type": "rare", "most": 2}]}, info)

    operations, layout = steps.fit(placed, info, x, torch.zeros(6))

    assert layout.names == ("colour=v2", "colour=v3", "colour=…")
    assert placed[-1].after.shape == layout.shape == (3,)
    last = [
        [0.0, 0.0, 1.0],
        [0.0, 0.0, 1.0],
        [1.0, 0.0, 0.0],
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 1.0, 0.0],
    ]
    assert Preprocessing(operations).apply(x).tolist() == last


def test_categories_as_numbers_are_scaled_like_numbers() -> None:
    x = torch.tensor([[0.0], [2.0], [1.0]])

    found = done([{"type": "ordinal"}, {"type": "min_max"}], x, info=source((1,), (3,)))

    assert found.tolist() == [[0.0], [1.0], [0.5]]


@pytest.mark.parametrize(
    ("by", "score"),
    [
        ("mutual_information", lambda x, y: feature_selection.mutual_info_classif(x, y, random_state=0)),
        ("f_test", feature_selection.f_classif),
        ("variance", lambda x, y: x.var(0)),
    ],
)
def test_the_best_columns_are_those_of_scikit_learn(by: str, score: Any) -> None:
    info = SOURCES["wine"]
    raw = info.load(None)  # type: ignore[arg-type]  # bundled: looks nowhere

    found = done([{"type": "best", "keep": 4, "by": by}], raw.x, raw.y, info)

    chosen = feature_selection.SelectKBest(score, k=4).fit(raw.x.double().numpy(), raw.y.numpy())
    assert close(found, chosen.transform(raw.x.numpy()))
    assert fit([{"type": "best", "keep": 4, "by": by}], raw.x, raw.y, info)[1].names == tuple(
        np.array(info.feature_names)[chosen.get_support()]
    )


@given(seed=st.integers(0, 1000), components=st.integers(1, 4), whiten=st.booleans())
def test_main_directions_are_those_of_scikit_learn(seed: int, components: int, whiten: bool) -> None:
    x = np.random.default_rng(seed).normal(size=(20, 4)).astype(np.float32) * [1, 2, 4, 8] + 3

    found = done([{"type": "pca", "components": components, "whiten": whiten}], torch.from_numpy(x).float())

    expected = decomposition.PCA(components, whiten=whiten, svd_solver="full").fit_transform(
        x.astype(np.float32)
    )
    assert close(found, expected, 1e-3)


@settings(deadline=None)  # the first example waits for torchvision
@given(st.integers(3, 12), st.integers(3, 12), st.integers(2, 20), st.integers(2, 20))
def test_images_are_resized_as_torchvision_does(old: int, across: int, height: int, width: int) -> None:
    from torchvision.transforms.v2 import functional

    x = torch.rand(2, 3, old, across, generator=torch.Generator().manual_seed(old * across))

    found = done([{"type": "resize", "height": height, "width": width}], x)

    assert torch.allclose(found, functional.resize(x, [height, width], antialias=True), atol=1e-5)


@settings(deadline=None)  # the first example waits for torchvision
@given(st.integers(1, 9), st.integers(1, 9))
def test_the_middle_is_torchvisions(height: int, width: int) -> None:
    from torchvision.transforms.v2 import functional

    x = torch.arange(2 * 81.0).view(2, 1, 9, 9)

    found = done([{"type": "crop", "height": height, "width": width}], x)

    assert torch.equal(found, functional.center_crop(x, [height, width]))


def test_grey_is_torchvisions() -> None:
    from torchvision.transforms.v2 import functional

    x = torch.rand(4, 3, 5, 5, generator=torch.Generator().manual_seed(0))

    assert torch.allclose(done([{"type": "grey"}], x), functional.rgb_to_grayscale(x), atol=1e-3)


def test_differences_are_numpys() -> None:
    x = torch.randn(5, 8, 2, generator=torch.Generator().manual_seed(0))
    info = source((8, 2), ordered=True, channel=2)

    assert close(done([{"type": "difference", "order": 2}], x, info=info), np.diff(x.numpy(), 2, axis=1))


def test_each_window_gets_its_own_scale() -> None:
    x = torch.stack([torch.arange(4.0), torch.arange(4.0) * 100 + 7, torch.full((4,), 3.0)]).unsqueeze(2)
    info = source((4, 1), ordered=True, channel=2)

    found = done([{"type": "scale_each"}], x, info=info).squeeze(2)

    assert torch.allclose(found[0], found[1], atol=1e-5)
    assert close(found[:2], preprocessing.scale(x[:2, :, 0].double().numpy(), axis=1))
    assert found[2].tolist() == [0.0] * 4


def test_histograms_of_gradients_are_those_of_scikit_image() -> None:
    """Reference: skimage.feature.hog(image, 6, (4, 4), (2, 2), channel_axis=-1) of scikit-image 0.26."""
    rows, columns = np.mgrid[0:12, 0:10]
    image = np.stack([np.sin(rows * 0.9 + columns * k) + rows * columns * 0.01 for k in (0.3, 0.7)], 0)
    step = {"type": "hog", "cell": 4, "block": 2, "orientations": 6}

    found = done([step], torch.from_numpy(image).float()[None])

    assert close(found[0], HOG)


TABLE_STEPS: list[Step] = [
    {"type": "missing", "by": "mean"},
    {"type": "missing", "by": "neighbours", "neighbours": 2},
    {"type": "outliers"},
    {"type": "rare", "most": 2},
    {"type": "rare", "most": 1, "columns": ["x3"]},
    {"type": "ordinal"},
    {"type": "ordinal", "columns": ["x3"]},
    {"type": "one_hot"},
    {"type": "robust"},
    {"type": "best", "keep": 2, "by": "f_test"},
    {"type": "pca", "components": 2},
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(TABLE_STEPS), max_size=5), st.integers(0, 100))
def test_what_a_list_of_steps_makes_of_a_table_is_known_before_it_is_read(
    chain: list[Step], seed: int
) -> None:
    draw = np.random.default_rng(seed)
    info = source((4,), (0, 0, 3, 4))
    x = np.column_stack([draw.normal(size=(30, 2)), draw.integers(0, 3, 30), draw.integers(0, 4, 30)])
    x[draw.random(x.shape) < 0.1] = np.nan
    section = {"preprocessing": chain}
    placed = steps.placed(section, info)
    if any(step.problem for step in placed):
        return

    operations, layout = steps.fit(placed, info, torch.from_numpy(x).float(), torch.arange(30) % 2)

    found = Preprocessing(operations).apply(torch.from_numpy(x).float())
    assert found.shape[1:] == layout.shape == placed[-1].after.shape == steps.prepared(section, info).given
    assert len(layout.names) == layout.width
    assert not found.isnan().any()


@pytest.mark.parametrize(
    "step",
    [
        {"type": "grey"},
        {"type": "resize", "height": 5, "width": 17},
        {"type": "crop", "height": 3, "width": 9},
        {"type": "hog", "cell": 2, "block": 2},
        {"type": "robust"},
        {"type": "min_max"},
    ],
)
def test_what_a_step_makes_of_images_is_known_before_they_are_read(step: Step) -> None:
    info = source((3, 9, 11), scale=1 / 255)
    x = torch.randint(0, 256, (8, 3, 9, 11), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    placed = steps.placed({"preprocessing": [step]}, info)

    operations, _ = steps.fit(placed, info, x, torch.zeros(8))

    assert placed[-1].problem is None
    assert Preprocessing(operations).apply(x).shape[1:] == placed[-1].after.shape


@pytest.mark.parametrize("step", [{"type": "resize"}, {"type": "crop"}, {"type": "hog"}])
def test_pixels_with_classes_of_their_own_stay_where_they_are(step: Step) -> None:
    placed = steps.placed({"preprocessing": [step]}, SOURCES["shapes"])

    assert placed[0].problem is not None
    assert "each pixel has a class" in str(placed[0].problem)


@pytest.mark.parametrize(
    ("chain", "words"),
    [
        ([{"type": "pca", "components": 9}], "9 columns are to remain, and there are 4"),
        (
            [{"type": "pca", "components": 1.5}],
            r"data.preprocessing\[0\].components is 1.5; expected is a whole",
        ),
        ([{"type": "pca", "parts": 1}], r"data.preprocessing\[0\].parts is not known"),
        (
            [{"type": "robust", "columns": ["height"]}],
            "there is no column height here; there are x0, x1, x2, x3",
        ),
        ([{"type": "grey"}], "Grey does not fit here: it is for images"),
        ([{"type": "outliers", "by": "far"}], "one of deviations, quantiles"),
        (
            [{"type": "outliers", "by": "quantiles", "low": 0.5, "high": 0.5}],
            "the lower quantile must lie below",
        ),
        ([{"type": "difference"}], "it is for time series"),
        ([{"type": "best", "keep": 2}], "the column x2 is no number yet"),
    ],
)
def test_a_step_that_does_not_fit_is_refused_with_the_reason(chain: list[Step], words: str) -> None:
    info = source((4,), (0, 0, 0, 0) if chain[0]["type"] == "pca" else (0, 0, 3, 4))

    placed = steps.placed({"preprocessing": chain}, info)

    problem = next(step.problem for step in placed if step.problem is not None)
    with pytest.raises(DataError, match=words):
        raise problem


HOG = [0.1217, 0.3349, 0.292, 0.1574, 0.0, 0.0, 0.192, 0.3349, 0.3234, 0.0, 0.0, 0.0]
HOG += [0.0, 0.3349, 0.3349, 0.2462, 0.0, 0.0, 0.0, 0.3349, 0.3349, 0.0, 0.0, 0.0]
HOG += [0.0, 0.3383, 0.3383, 0.2465, 0.0, 0.0, 0.0, 0.3383, 0.3383, 0.0, 0.0, 0.0]
HOG += [0.1257, 0.3383, 0.2488, 0.1585, 0.0, 0.0, 0.2241, 0.3383, 0.3155, 0.0, 0.0, 0.0]
"""two rows of one block each, its four cells one after the other"""
