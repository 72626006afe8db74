"""The device, the threads and the memory a training takes."""

import pytest
import torch

from studio.training.machine import (
    MemoryShortError,
    available_memory,
    check_memory,
    choose_device,
    choose_threads,
    using_threads,
)
from studio.training.settings import SettingsError


def test_a_network_that_does_not_fit_is_refused_with_the_numbers() -> None:
    with pytest.raises(MemoryShortError) as refused:
        check_memory(10**12, 0, 64, available=16 * 2**30)

    assert "14.6 TiB" in str(refused.value)
    assert "16.0 GiB are free" in str(refused.value)
    assert "largest layers smaller" in str(refused.value)


def test_a_batch_that_does_not_fit_says_to_make_it_smaller() -> None:
    with pytest.raises(MemoryShortError, match="Make the batch smaller"):
        check_memory(1000, 2**20, 100_000, available=2**30)


def test_what_fits_passes_up_to_four_fifths_of_what_is_free() -> None:
    check_memory(80, 0, 1, available=1600)
    with pytest.raises(MemoryShortError):
        check_memory(81, 0, 1, available=1600)


def test_where_the_system_does_not_say_nothing_is_refused() -> None:
    check_memory(10**15, 0, 1, available=None)


def test_this_machine_says_how_much_is_free() -> None:
    free = available_memory()

    assert free is not None
    assert 2**20 < free < 2**50


def test_little_work_takes_one_thread_much_all_but_one_and_a_setting_wins() -> None:
    assert choose_threads(None, 10_000, "cpu") == 1
    assert choose_threads(None, 10**9, "cpu") == max(1, torch.get_num_threads() - 1)
    assert choose_threads(3, 10_000, "cpu") == 3
    assert choose_threads(None, 10**9, "cuda") == 1


def test_the_number_of_threads_is_as_before_after_a_training() -> None:
    before = torch.get_num_threads()

    with pytest.raises(KeyError), using_threads(1):
        assert torch.get_num_threads() == 1
        raise KeyError

    assert torch.get_num_threads() == before


def test_a_device_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"training\.device is cuda:99"):
        choose_device("cuda:99")


def test_a_processor_is_always_there() -> None:
    assert choose_device("cpu") == "cpu"
    assert choose_device("auto") in {"cpu", "cuda", "mps"}
