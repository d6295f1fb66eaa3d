"""File names that are bytes, not Unicode, on systems that allow them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hibiscus.data.files import readable_name

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have names in Unicode only")


@pytest.fixture
def latin(tmp_path) -> str:
    """A folder of images with names in Latin-1."""
    root = os.fsencode(tmp_path) + b"/d\xe9p\xf4t"
    for number, name in enumerate((b"caf\xe9", b"th\xe9")):
        os.makedirs(root + b"/" + name)
        for i in range(12):
            pixels = np.full((8, 8), 100 * number + i, np.uint8)
            with open(root + b"/" + name + b"/n\xb0%d.png" % i, "wb") as file:
                Image.fromarray(pixels).save(file, format="PNG")
    return os.fsdecode(root)


def test_a_name_as_text():
    assert readable_name(os.fsdecode(b"caf\xe9")) == r"caf\xe9"
    assert readable_name("café 日本") == "café 日本"


def test_inspect_train_predict_and_report(cli, latin):
    assert r"caf\xe9" in cli("inspect", latin).out
    assert r"caf\xe9" in cli("inspect", latin, "--json").json["classes"]
    assert cli("train", "classify", latin, "epochs=1", "--out", "run").code == 0
    assert json.loads(Path("run/split.json").read_text(encoding="utf-8"))["train"]
    assert r"caf\xe9" in Path("run/report.html").read_text(encoding="utf-8")
    assert cli("evaluate", "run", "--again").code == 0
    assert r"th\xe9" in cli("predict", "run", latin).out
    names = cli("predict", "run", latin, "--json").json["id"]
    assert len(names) == 24
    assert all(os.path.exists(name) for name in names)
    for ending in ("csv", "json", "parquet", "npz"):
        assert cli("predict", "run", latin, "--out", f"predictions.{ending}").code == 0
    assert json.loads(Path("predictions.json").read_text(encoding="utf-8"))["id"] == names
    for table in (pd.read_csv("predictions.csv"), pd.read_parquet("predictions.parquet")):
        assert table["id"][0].endswith(r"/caf\xe9/n\xb00.png")
