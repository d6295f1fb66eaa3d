"""What `predict` writes for boxes and masks: images, COCO's JSON, rows of a table."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from data import make_files as make
from hibiscus import api
from hibiscus.cli import overlays
from hibiscus.cli.detections import summarize_detections, write_coco
from hibiscus.cli.inspect import inspect_data
from hibiscus.cli.overlays import overlay_original
from hibiscus.cli.predictions import check_out
from hibiscus.data.images.video import read_frames, write_frames
from hibiscus.errors import DataError, UsageError
from hibiscus.evaluation.segmentation import draw_mask

FOUND = {
    "id": ["a.png", "b.png"],
    "found": ["1 dog", "nothing"],
    "boxes": np.array([[[1, 2, 11, 22, 0.9, 1], [0, 0, 5, 5, 0.25, 0]], [[0, 0, 0, 0, 0, -1]] * 2], float),
    "size": np.array([[40, 60], [30, 30]]),
    "box_classes": ["cat", "dog"],
    "overlay": np.zeros((2, 4, 4, 3), np.uint8),
    "skipped": [],
}


def test_a_table_has_a_row_for_each_box(tmp_path):
    rows = summarize_detections(FOUND, tmp_path / "boxes.csv")
    assert rows["id"] == ["a.png", "a.png"]
    assert rows["label"] == ["dog", "cat"]
    assert rows["xmax"] == [11, 5]
    assert summarize_detections(FOUND, tmp_path / "boxes.csv", score=0.5)["label"] == ["dog"]


def test_json_has_the_boxes_of_each_image_by_name(tmp_path):
    assert summarize_detections(FOUND, tmp_path / "boxes.json")["boxes"][0][0] == {
        "label": "dog",
        "score": 0.9,
        "xmin": 1,
        "ymin": 2,
        "xmax": 11,
        "ymax": 22,
    }
    assert summarize_detections(FOUND, tmp_path / "boxes.json")["boxes"][1] == []
    assert "boxes" not in summarize_detections(FOUND, None)
    assert summarize_detections(FOUND, None, score=0.2)["found"] == ["1 cat, 1 dog", "nothing"]
    assert summarize_detections(FOUND, tmp_path / "boxes.npz", score=0.5) is FOUND
    assert "overlay" not in summarize_detections(FOUND, tmp_path / "boxes.json")
    assert summarize_detections(FOUND, None, as_json=True, score=0.95)["boxes"] == [[], []]


def test_coco_json_is_read_by_its_own_tools(tmp_path):
    from pycocotools.coco import COCO

    write_coco(FOUND, tmp_path / "detections.json")
    read = COCO(str(tmp_path / "detections.json"))
    assert read.loadCats(2)[0]["name"] == "dog"
    assert [row["bbox"] for row in read.loadAnns(read.getAnnIds(imgIds=[1]))] == [
        [1, 2, 10, 20],
        [0, 0, 5, 5],
    ]
    with pytest.raises(DataError, match="cannot be written"):
        write_coco(FOUND, tmp_path / "detections.json")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Two images of other sizes than those of training."""
    folder = tmp_path_factory.mktemp("photos")
    for name, size in (("wide", (128, 60)), ("tall", (50, 90))):
        Image.effect_noise(size, 90).convert("RGB").save(folder / f"{name}.png")
    return folder


def test_a_detector_writes_images_and_coco_in_the_pixels_of_the_files(tmp_path, photos, cli):
    api.train("ssd", "scenes", out=tmp_path / "run", quiet=True, epochs=1, max_rounds=2, width=0.25, levels=2)
    assert cli("predict", tmp_path / "run", photos, "--out", tmp_path / "out").code == 0
    found = json.loads((tmp_path / "out" / "detections.json").read_text())
    assert {(image["width"], image["height"]) for image in found["images"]} == {(128, 60), (50, 90)}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"detections.json", "tall.png", "wide.png"}
    assert cli("predict", tmp_path / "run", photos, "--out", tmp_path / "boxes.csv").code == 0
    assert {"id", "label", "score", "xmin", "ymax"} <= set(pd.read_csv(tmp_path / "boxes.csv").columns)
    assert (
        cli("predict", tmp_path / "run", photos, "--out", tmp_path / "boxes.csv").code == 3
    )  # never over a file that is there
    assert cli("predict", tmp_path / "run", photos, "--score", "0", "--out", tmp_path / "all.csv").code == 0
    assert len(pd.read_csv(tmp_path / "all.csv")) > len(pd.read_csv(tmp_path / "boxes.csv"))


def test_boxes_and_classes_are_drawn_on_the_files(photos):
    image = np.array(Image.open(photos / "wide.png"))
    found = {**FOUND, "id": [str(photos / "wide.png"), "no file"], "size": np.array([[60, 128], [30, 30]])}
    untouched, sides = overlay_original(found, 0, score=0.95), overlay_original(found, 0, score=0.5)
    np.testing.assert_array_equal(untouched, image)
    assert (sides[21, 3:10] != image[21, 3:10]).any()  # the lower side of the dog
    np.testing.assert_array_equal(sides[30:], image[30:])
    assert overlay_original(found, 1, score=0.5) is None
    masks = {
        "id": found["id"],
        "size": found["size"],
        "mask": np.ones((2, 6, 8, 1), np.uint8),
        "classes": ["ground", "disc"],
    }
    np.testing.assert_array_equal(
        overlay_original(masks, 0, 0.0), draw_mask(image, np.ones((60, 128), np.uint8), 2)
    )


def test_a_segmenter_writes_masks_and_what_they_lie_on(tmp_path, photos, cli):
    api.train("unet", "scenes", out=tmp_path / "run", quiet=True, epochs=1, max_rounds=2, width=4, depth=2)
    assert cli("predict", tmp_path / "run", photos, "--out", tmp_path / "out").code == 0
    mask = np.array(Image.open(tmp_path / "out" / "tall.png"))
    assert mask.shape == (90, 50)  # as the image, not as the network took it
    assert mask.max() < 4
    assert Image.open(tmp_path / "out" / "tall-overlay.png").size == (50, 90)
    assert (tmp_path / "out" / "classes.txt").read_text().split() == ["ground", "disc", "square", "triangle"]
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "classes.txt").write_text("cat\n")
    assert (
        cli("predict", tmp_path / "run", photos, "--out", tmp_path / "taken").code == 3
    )  # the masks there have other classes
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["classes.txt"]
    assert cli("predict", tmp_path / "run", photos, "--score", "0.5", "--out", tmp_path / "other").code == 2


def test_two_runs_are_merged_into_maps_of_the_images_size(tmp_path, photos, cli):
    api.train(
        "ssd",
        "scenes",
        out=tmp_path / "things",
        quiet=True,
        epochs=1,
        max_rounds=2,
        width=0.25,
        levels=2,
        score_threshold=0.02,
    )
    api.train("unet", "scenes", out=tmp_path / "stuff", quiet=True, epochs=1, max_rounds=2, width=4, depth=2)
    words = [
        "panoptic",
        "--things",
        tmp_path / "things",
        "--stuff",
        tmp_path / "stuff",
        photos,
        "--out",
        tmp_path / "maps",
    ]
    assert cli(*words, "--json").json["items"] == 2
    for row in json.loads((tmp_path / "maps" / "segments.json").read_text()):
        numbers = np.array(Image.open(tmp_path / "maps" / row["map"]))
        assert numbers.shape == ((90, 50) if "tall" in row["image"] else (60, 128))
        assert set(np.unique(numbers)) - {0} <= {segment["id"] for segment in row["segments"]}
    assert cli(*words).code == 3  # never into a folder that is there


def make_video(path, count=3):
    """A gray video of 40x60 pixels."""
    write_frames([np.full((40, 60, 3), 100, np.uint8)] * count, path, Fraction(5))
    return path


def test_boxes_are_drawn_on_the_frames_of_a_video(tmp_path):
    source = make_video(tmp_path / "clip.mp4")
    ids = [f"clip-{number:06}" for number in range(3)]
    boxes = np.zeros((3, 1, 6))
    boxes[1] = [10, 10, 50, 30, 0.9, 1]
    found = FOUND | {
        "id": ids,
        "boxes": boxes,
        "size": np.array([[40, 60]] * 3),
        "overlay": np.zeros((3, 8, 8, 3), np.uint8),
    }
    overlays.write_video(found, ["overlay"], source, tmp_path / "boxes.mp4", 0.5)
    drawn, size = read_frames(tmp_path / "boxes.mp4", (40, 60, 3))
    assert size == (40, 60)
    assert len(drawn) == 3
    assert np.ptp(drawn[0].astype(int)) < 20, "nothing was found in the first"
    assert np.ptp(drawn[1].astype(int), axis=2).max() > 60, "a colored frame stands in the second"
    with pytest.raises(UsageError, match="contain no images"):
        overlays.write_video(
            {"id": ids, "label": np.array(["a"] * 3)}, [], source, tmp_path / "labels.mp4", 0.5
        )


def test_predicted_images_replace_the_frames(tmp_path):
    source = make_video(tmp_path / "clip.mp4")
    clean = np.stack([np.full((8, 8, 1), 60 * number, np.uint8) for number in range(3)])
    overlays.write_video(
        {"id": ["a", "b", "c"], "image": clean}, ["image"], source, tmp_path / "clean.mkv", 0.0
    )
    made, size = read_frames(tmp_path / "clean.mkv", (8, 8, 1))
    assert size == (8, 8)
    assert np.abs(made.astype(int) - clean).max() < 8


def test_a_video_needs_one_video_as_input(tmp_path):
    for inputs in (["photos/"], ["a.mp4", "b.mp4"], ["a.png"]):
        with pytest.raises(UsageError, match="not one video"):
            check_out(str(tmp_path / "out.mp4"), inputs, folders=True)
    assert check_out(str(tmp_path / "out.mp4"), ["a.MP4"], folders=True) == tmp_path / "out.mp4"
    make_video(tmp_path / "clip.mp4")
    with pytest.raises(UsageError, match="this is the input"):
        check_out(str(tmp_path / "clip.mp4"), [str(tmp_path / "clip.mp4")], folders=True)
    make_video(tmp_path / "there.mp4")
    with pytest.raises(DataError, match="exists already"):
        check_out(str(tmp_path / "there.mp4"), [str(tmp_path / "clip.mp4")], folders=True)


def test_inspect_groups_what_was_skipped(tmp_path, capsys):
    for number in range(3):
        make.image(tmp_path / f"{number}.png", size=(40, 60))
    rows = [f"{name}.png,1,2,30,{30 + name % 9},a" for name in (0, 1, 2, *range(10, 30))]
    (tmp_path / "labels.csv").write_text("\n".join(["filename,xmin,ymin,xmax,ymax,class", *rows]))
    inspect_data(str(tmp_path), {}, False)
    text = capsys.readouterr().out
    assert "skipped, annotation without image: 20" in text
    assert text.count("not found") == 3
    assert "... and 17 more (--json lists them all)" in text


def test_inspect_shows_the_boxes_and_masks_of_bundled_scenes(capsys):
    inspect_data("scenes", {}, False)
    text = capsys.readouterr().out
    assert "boxes per image: 1 to 3" in text
    assert "fraction of pixels" in text
