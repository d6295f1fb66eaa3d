"""What may be read into memory: a share of what is free, and no content absurdly larger than its file."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hibiscus.data import memory_limit
from hibiscus.data.memory_limit import allowed_memory, available_memory, check_memory, read_within
from hibiscus.errors import ConfigError, DataError

GB = 10**9


@pytest.fixture
def free(monkeypatch):
    monkeypatch.delenv("HIBISCUS_MAX_MEMORY", raising=False)
    monkeypatch.setattr(memory_limit, "available_memory", lambda: 8 * GB)


@pytest.mark.usefixtures("free")
def test_a_share_of_the_free_memory():
    check_memory("a.npz", 5.9 * GB)
    with pytest.raises(DataError, match=r"a\.npz: 6\.1 GB of data") as caught:
        check_memory("a.npz", 6.1 * GB)
    assert "6.0 GB, 75% of the free memory" in caught.value.expected
    assert "HIBISCUS_MAX_MEMORY=7GB" in caught.value.fix


@pytest.mark.usefixtures("free")
def test_what_reading_takes_counts():
    check_memory("a.csv", 1 * GB, factor=5)
    with pytest.raises(DataError, match=r"1\.0 GB of data, which take about 7\.0 GB of memory"):
        check_memory("a.csv", 1 * GB, factor=7)


@pytest.mark.usefixtures("free")
def test_absurd_compression_is_refused_even_if_it_fits():
    check_memory("a.npz", 1 * GB, stored=4_000_000)
    check_memory("a.npz", 500_000_000, stored=1000)  # small enough, whatever its ratio
    with pytest.raises(DataError, match=r"in a file of 1\.0 MB, 1,000 times its size"):
        check_memory("a.npz", 1 * GB, stored=1_000_000)


@pytest.mark.usefixtures("free")
def test_the_variable_replaces_both_limits(monkeypatch):
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "6GB")
    check_memory("a.npz", 5 * GB, stored=1000)
    with pytest.raises(DataError, match=r"7\.0 GB") as caught:
        check_memory("a.npz", 7 * GB)
    assert "HIBISCUS_MAX_MEMORY=6GB" in caught.value.expected
    assert "=8GB" in caught.value.fix
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "100")
    with pytest.raises(DataError):
        check_memory("a.npz", 101)
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "lots")
    with pytest.raises(ConfigError, match="HIBISCUS_MAX_MEMORY=lots"):
        allowed_memory()


def test_a_stream_is_counted_while_it_is_read(monkeypatch):
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "1MB")
    assert read_within(io.BytesIO(b"x" * 1000), "a.gz") == b"x" * 1000

    class Endless(io.RawIOBase):
        def read(self, size=-1):
            return bytes(size)

    with pytest.raises(DataError, match=r"a\.gz: 1[67]\.. MB of data"):
        read_within(Endless(), "a.gz")


def test_free_memory_of_this_machine():
    assert 2**20 < available_memory() < 2**50


def test_a_container_counts(tmp_path):
    own = tmp_path / "cgroup"
    own.write_text("7:cpu:/job\n4:memory:/job/a\n0::/new/b\n")
    old, new = tmp_path / "memory" / "job", tmp_path / "new" / "b"
    for folder in (old, new):
        folder.mkdir(parents=True)
    (old / "memory.limit_in_bytes").write_text("1000\n")
    (old / "memory.usage_in_bytes").write_text("400\n")
    (old / "memory.stat").write_text("cache 300\ntotal_inactive_file 100\n")
    (new / "memory.max").write_text("2000\n")
    (new / "memory.current").write_text("500\n")
    (new.parent / "memory.max").write_text("max\n")
    (new.parent / "memory.current").write_text("5\n")
    assert memory_limit._control_groups(tmp_path, own) == [700, 1500]
    assert memory_limit._control_groups(tmp_path, tmp_path / "none") == []


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS of Linux")
def test_the_limit_of_the_process_counts():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "from hibiscus.data.memory_limit import available_memory; print(available_memory())"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 2**28 < int(answer.stdout) < 2**30


OPEN = """
import resource, sys
from hibiscus.data.open import open_data
from hibiscus.errors import DataError

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in sys.argv[1:]:
    try:
        open_data(name)
    except DataError as error:
        print(error.received)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def zeros_npz(path, blocks):
    """A `.npz` file of `blocks` times 16 MB of zeros."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (blocks, 2**24)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as entry:
        np.lib.format.write_array_header_1_0(entry, header)
        for _ in range(blocks):
            entry.write(bytes(2**24))


def test_real_bombs_take_little_memory(tmp_path):
    """Three files of about 1 MB or less, which hold 0.3 GB and twice 1 GB."""
    names = ["a.npz", "a.parquet", "a.csv.gz"]
    zeros_npz(tmp_path / "a.npz", 20)
    same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(2 * 10**6, np.int8)), pa.array(["x" * 500]))
    pq.write_table(pa.table({"s": same}), tmp_path / "a.parquet")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"0,0\n" * 2**22) * 64)
    assert all((tmp_path / name).stat().st_size < 1_500_000 for name in names)
    command = [sys.executable, "-c", OPEN, *(str(tmp_path / name) for name in names)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [Path(line.partition(": ")[0]).name for line in lines[:3]] == names
    assert all("times its size" in line for line in lines[:3])
    assert int(lines[3]) < 600_000_000
