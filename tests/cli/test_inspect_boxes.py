"""What `inspect` and `convert` say about boxes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def boxes(tmp_path) -> Path:
    """Images in a train and a test part, with two boxes each; one box has no area."""
    (tmp_path / "boxes" / "images").mkdir(parents=True)
    for part, count in (("train", 20), ("test", 5)):
        rows = ["filename,xmin,ymin,xmax,ymax,class"]
        for i in range(count):
            name = f"{part}{i}.png"
            Image.new("L", (20, 20), 10 * i).save(tmp_path / "boxes" / "images" / name)
            rows += [f"{name},1,1,9,9,cat", f"{name},2,2,12,12,dog"]
        if part == "test":
            rows.append("test0.png,3,3,3,3,cat")
        (tmp_path / "boxes" / f"labels_{part}.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "boxes"


def test_boxes_are_counted_in_the_parts_that_train_would_make(cli, boxes):
    counts = cli("inspect", boxes, "--json").json
    assert set(counts["parts"]) == {"train", "val", "test"}
    by_part = counts["about"]["boxes"]["boxes"]
    assert by_part["cat"] == by_part["dog"] == counts["parts"]
    heading = next(line for line in cli("inspect", boxes).out.splitlines() if "boxes of" in line)
    assert heading.split() == ["boxes", "of", "train", "val", "test"]


def test_a_reason_in_json_does_not_repeat_the_path(cli, boxes):
    skipped = cli("convert", "boxes", boxes, "--to", "coco", "--out", "coco", "--json").json["skipped"]
    assert len(skipped) == 1
    assert skipped[0]["path"].startswith(str(boxes))
    assert skipped[0]["reason"].startswith("the box")


def test_an_unknown_option_of_data(fails, boxes):
    fails(4, "did you mean target", "inspect", boxes, "tarjet=x")
