"""Pictures that a run makes with its newest weights: a sheet for those who watch it learn."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.data.prepare import prepare
from studio.graph.model import ProjectData
from studio.insight.generated import COLUMNS, Sheets, generate, levels
from studio.training import runs
from studio.training.run import train
from tests.training.test_each_objective import SQUEEZED, chain, mlp, settings_of, variational
from tests.training.test_gan import project as gan


def trained(project: ProjectData, folder: Path) -> runs.Run:
    training = {**project.training, "epochs": 1, "batch_size": 256}
    short = replace(project, settings={**project.settings, "training": training})
    return runs.open_run(train(short, None, folder).folder)


def digits(network: Any, objective: Any) -> ProjectData:
    return ProjectData("Case", {"model": network}, settings_of("digits", objective))


def test_the_sheet_of_a_gan_is_what_it_makes_of_one_noise(tmp_path: Path) -> None:
    run = trained(gan(), tmp_path)

    sheet = Sheets().of(run.folder, None)

    assert sheet is not None
    assert (sheet.kind, sheet.columns, sheet.width, sheet.height, sheet.channels) == (
        "generated", COLUMNS, 8, 8, 1,
    )  # fmt: skip
    made = levels(generate(run, COLUMNS**2), run.preprocessing)
    assert sheet.pictures == tuple(bytes(one.numpy()) for one in made)


@pytest.mark.parametrize("objective", ["autoencoder", "variational"])
def test_below_a_row_of_inputs_is_what_came_of_them(tmp_path: Path, objective: str) -> None:
    network = variational() if objective == "variational" else chain(*SQUEEZED)
    run = trained(digits(network, objective), tmp_path)

    sheet = Sheets().of(run.folder, None)

    assert sheet is not None
    assert (sheet.kind, len(sheet.pictures)) == ("reconstructed", COLUMNS**2)
    x = prepare(run.project.data).validation.x[: 2 * COLUMNS]
    lit = (x - x.amin((1, 2, 3), keepdim=True) > 1).flatten(1)
    for number, bright in enumerate(lit):
        row, column = divmod(number, COLUMNS)
        given = torch.frombuffer(bytearray(sheet.pictures[2 * row * COLUMNS + column]), dtype=torch.uint8)
        assert given[bright].float().mean() > given[~bright].float().mean() + 40


def test_the_input_of_a_denoising_network_has_its_noise_on_the_sheet(tmp_path: Path) -> None:
    strong = trained(digits(chain(*SQUEEZED), {"type": "denoising", "noise": 3.0}), tmp_path)
    none = trained(digits(chain(*SQUEEZED), {"type": "denoising", "noise": 0.0}), tmp_path)

    noisy, clean = (Sheets().of(run.folder, None) for run in (strong, none))

    assert noisy is not None
    assert clean is not None
    edges = [
        {byte for picture in sheet.pictures[:COLUMNS] for byte in picture[::8]} for sheet in (noisy, clean)
    ]
    assert len(edges[0]) > 10
    assert edges[1] == {0}  # nobody writes into the left edge


def test_a_run_that_makes_no_pictures_has_no_sheet(tmp_path: Path) -> None:
    run = trained(
        digits(chain(("flat", "nn.Flatten", {}), ("fc", "nn.Linear", {})), "classification"), tmp_path
    )
    table = ProjectData("Case", {"model": mlp(4)}, settings_of("iris", "autoencoder"))

    assert Sheets().of(run.folder, None) is None
    assert Sheets().of(trained(table, tmp_path).folder, None) is None
    assert Sheets().of(tmp_path / "none", None) is None
