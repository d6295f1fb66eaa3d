"""What a method needs and the data lacks."""

import numpy as np
import pytest
from PIL import Image

from hibiscus.data.config import DataConfig
from hibiscus.data.open import open_data
from hibiscus.errors import DataError
from hibiscus.methods.registry import get_method
from hibiscus.runs.prepare import fit_preparation


@pytest.mark.parametrize("method", ["classify", "unet", "ssd"])
def test_the_commonest_fault_and_what_was_passed_over_are_named(tmp_path, method):
    for index in range(40):
        Image.new("L", (8, 8), index).save(tmp_path / f"{index:02}.png")
    for name in ("x.png", "y.png"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "z.png").write_bytes(b"text")
    (tmp_path / "labels.json").write_text('{"cats": [1]}')
    data = open_data(tmp_path, max_bad_fraction=0.2)
    with pytest.raises(DataError) as caught:
        fit_preparation(data, np.arange(30), get_method(method), DataConfig())
    message = caught.value.received
    assert "3 files were left out, 2 of them as: empty file (0 bytes)" in message
    assert f"(first: {tmp_path / 'x.png'})" in message
    assert "passed over: labels.json (keys cats)" in message


def test_files_beside_the_program_are_not_taken_for_those_of_bundled_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.json").write_text('{"cats": [1]}')
    with pytest.raises(DataError) as caught:
        fit_preparation(open_data("digits"), np.arange(30), get_method("unet"), DataConfig())
    assert "labels.json" not in caught.value.received
