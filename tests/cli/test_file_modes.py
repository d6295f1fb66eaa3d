"""All files that Hibiscus writes have the permissions of the umask, whichever library writes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.conftest import write_images

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs the permissions of POSIX")


@pytest.fixture(params=[0o022, 0o027])
def mask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_run_folder_outputs_and_cache(cli, tmp_path, mask):
    photos = write_images(tmp_path / "photos")
    assert cli("train", "classify", photos, "net=linear", "epochs=1", "--out", "run", "--quiet").code == 0
    for name in ("p.csv", "p.json", "p.npz", "p.parquet"):
        assert cli("predict", "run", photos, "--out", name, "--quiet").code == 0
    assert cli("report", "run").code == 0
    written = [path for folder in (Path(), tmp_path / "cache") for path in folder.rglob("*")]
    assert len(written) > 20
    modes = {str(path): oct(path.stat().st_mode & 0o777) for path in written}
    assert modes == {str(path): oct((0o777 if path.is_dir() else 0o666) & ~mask) for path in written}
