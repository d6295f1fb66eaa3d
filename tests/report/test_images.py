"""The images of a report and their animation stay within its size."""

import base64
import io

import numpy as np
import sample_runs as sample
from PIL import Image

from hibiscus.report import write_report
from hibiscus.report.animation import MAX_BYTES, animate
from hibiscus.report.images import Images
from hibiscus.report.load import read_run


def test_large_images_are_shrunk_and_the_page_stays_small(tmp_path, read_page):
    folder = sample.complete(tmp_path / "run")
    noise = Image.effect_noise((1100, 1100), 90).convert("RGB")
    for index in range(12):
        noise.save(folder / "evaluation" / f"item-04-{index:03d}.png", compress_level=1)
    page = read_page(write_report(folder))
    assert len([link for link in page.links if link.startswith("data:image/jpeg")]) == 12
    assert "left out" not in page.text


def test_images_beyond_the_budget_are_left_out(tmp_path):
    sample.image(tmp_path / "a.png", side=40)
    images = Images(3, budget=9000)
    taken = [images.take(tmp_path / "a.png") for _ in range(9)]
    assert taken[0]
    assert not taken[-1]
    assert images.left_out == taken.count(None) > 0


def test_the_last_grid_of_samples_is_shown_and_all_of_them_move(tmp_path, read_page):
    folder = sample.complete(tmp_path / "run")
    (folder / "samples" / "epoch-0005.png").write_bytes(b"no image")
    (folder / "samples" / "samples.png").write_bytes((folder / "samples" / "epoch-0001.png").read_bytes())
    text = read_page(write_report(folder)).text
    assert "Epoch 13, the last." in text
    assert "13 grids, epoch 0 to 13" in text
    animation = animate(read_run(folder).samples)
    with Image.open(io.BytesIO(base64.b64decode(animation["uri"].split(",")[1]))) as image:
        assert (image.n_frames, image.format, image.size) == (
            13,
            "WEBP",
            (animation["width"], animation["height"]),
        )
        assert image.size == (6 * 64, 6 * 64 + 24)
        first = np.array(image.convert("RGB"))[24:]
    with Image.open(folder / "samples" / "epoch-0000.png") as grid:
        assert np.array_equal(first[::6, ::6], np.array(grid)), "small grids lose nothing"
    for path in (folder / "samples").iterdir():
        path.write_bytes(b"no image")
    assert animate(read_run(folder).samples) is None
    assert "Samples during training" not in read_page(write_report(folder)).text


def test_large_grids_move_within_the_size_of_the_page(tmp_path):
    for epoch in range(31):
        sample.image(tmp_path / f"epoch-{epoch:04d}.png", 530, epoch)
    animation = animate(sorted(tmp_path.iterdir()))
    assert animation["bytes"] <= 1.1 * MAX_BYTES
    assert max(animation["width"], animation["height"]) >= 160
