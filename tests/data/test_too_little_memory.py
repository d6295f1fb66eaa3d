from __future__ import annotations

import errno
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hibiscus.data.images.preparation import ImagePreparation
from hibiscus.data.preparation import Preparation
from hibiscus.data.too_little_memory import missing_memory, names_too_little_memory, too_little_memory
from hibiscus.errors import DataError, OutOfMemoryError

CUDA = "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.15 GiB"
CPU = (
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
    "allocate 4000000000000 bytes. Error code 12 (Cannot allocate memory)"
)
IMAGES = Preparation({"image": ImagePreparation(48, 64, 3, (0.5,) * 3, (0.5,) * 3)})


@pytest.mark.parametrize(
    ("error", "missing"),
    [
        (torch.cuda.OutOfMemoryError(CUDA), "21.0 MB"),
        (RuntimeError(CPU), "4.0 TB"),
        (MemoryError("Unable to allocate 7.28 TiB for an array with shape (1000000000000,)"), "8.0 TB"),
        (MemoryError(), ""),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), ""),
        (RuntimeError("std::bad_alloc"), ""),
        (RuntimeError("shape '[2]' is invalid for input of size 3"), None),
        (OSError(errno.ENOSPC, "No space left on device"), None),
        (ValueError("out of memory"), None),
    ],
)
def test_the_memory_that_was_wanted(error, missing):
    assert missing_memory(error) == missing


@pytest.mark.parametrize(
    "allocate", [lambda: torch.empty(2**60, dtype=torch.uint8), lambda: np.empty(2**60, np.uint8)]
)
def test_a_real_allocation_that_fails_is_named(allocate):
    with (
        pytest.raises(OutOfMemoryError) as caught,
        too_little_memory("to train", SimpleNamespace(batch_size=32), IMAGES, "a smaller batch_size"),
    ):
        allocate()
    assert caught.value.received == (
        "not enough memory to train, 1,152,921.5 TB more were needed; batch_size=32 image_size=48,64"
    )
    assert caught.value.fix == "a smaller batch_size"


def test_other_errors_stay_as_they_are():
    for error in (RuntimeError("a bug"), KeyError("name"), DataError("no rows")):
        with (
            pytest.raises(type(error)) as caught,
            too_little_memory("to train", SimpleNamespace(), Preparation({}), ""),
        ):
            raise error
        assert caught.value is error


def test_data_that_is_too_large_to_open_is_named():
    @names_too_little_memory
    def opened(path, *, image_size=None):
        raise MemoryError(f"Unable to allocate 3. GiB for an array of {path}")

    with pytest.raises(DataError) as caught:
        opened("photos", image_size=512)
    assert caught.value.received == (
        "photos: not enough memory to open it, 3.2 GB more were needed; image_size=512"
    )
    with pytest.raises(DataError, match=r"data in memory: not enough memory to open it"):
        opened(np.zeros(3))
