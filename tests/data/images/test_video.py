"""Videos as images: each frame as it was written, upright, and files that are none."""

import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from hibiscus.data.images import video
from hibiscus.data.images.video import read_frames, write_frames
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.errors import DataError, MissingExtraError
from hibiscus.runs.inputs import open_inputs

SQUASHED = Preparation({"image": ImagePreparation(8, 8, 3, (0.5,) * 3, (0.2,) * 3, resize="squash")})
COVERED = Preparation({"image": ImagePreparation(8, 8, 1, (0.5,), (0.2,))})


def frames(count=3, height=10, width=20):
    return np.random.default_rng(0).integers(0, 255, (count, height, width, 3), np.uint8)


def write(path, images, turned=0):
    """A video without loss."""
    with av.open(str(path), "w") as out:
        matroska = path.suffix in (".mkv", ".webm")
        stream = out.add_stream("ffv1" if matroska else "png", rate=5)
        stream.height, stream.width, stream.pix_fmt = *images.shape[1:3], "bgr0" if matroska else "rgb24"
        if turned:
            stream.set_display_rotation(turned)
        for image in images:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode())
    return path


@pytest.mark.parametrize("ending", [".mov", ".mkv", ".avi", ".mp4"])
def test_every_frame_is_read_as_it_was_written(tmp_path, ending):
    images = frames()
    found, size = read_frames(write(tmp_path / f"clip{ending}", images), (10, 20, 3))
    assert size == (10, 20)
    np.testing.assert_array_equal(found, images)


@pytest.mark.parametrize("ending", [".mpg", ".mp4", ".mkv"])
def test_a_damaged_file_is_named_by_both_readers(tmp_path, ending):
    file = tmp_path / f"clip{ending}"
    file.write_bytes(b"\0\0\1\xba" + bytes(50))
    for read in (lambda: read_frames(file, (8, 8, 3)), lambda: video.frame_rate(file)):
        with pytest.raises(DataError, match=f"clip{ending}: cannot be read"):
            read()


def test_frames_are_gray_or_resized_as_images_are(tmp_path):
    images = frames()
    file = write(tmp_path / "clip.mov", images)
    gray, _ = read_frames(file, (10, 20, 1))
    np.testing.assert_array_equal(gray[1, ..., 0], np.asarray(Image.fromarray(images[1]).convert("L")))
    small, size = read_frames(file, (5, 6, 3), "squash")
    assert small.shape == (3, 5, 6, 3)
    assert size == (10, 20)


def test_a_turned_video_stands_upright(tmp_path):
    images = frames()
    found, size = read_frames(write(tmp_path / "phone.mov", images, turned=90), (20, 10, 3))
    assert size == (20, 10)
    np.testing.assert_array_equal(found[0], np.rot90(images[0]))


def test_a_video_among_what_is_asked(tmp_path):
    Image.fromarray(frames()[0]).save(tmp_path / "one.png")
    file = write(tmp_path / "clip.mov", frames())
    found = open_inputs([file, tmp_path / "one.png"], SQUASHED)
    assert [item.rsplit("/", 1)[1] for item in found.ids] == [
        "one.png",
        "clip-000000",
        "clip-000001",
        "clip-000002",
    ]
    assert found.fields["size"].tolist() == [[10, 20]] * 4
    np.testing.assert_array_equal(found.fields["image"][0], found.fields["image"][1])
    assert len(set(found.keys.tolist())) == 4
    alone = open_inputs(file, COVERED)
    assert alone.fields["image"].shape == (3, 8, 8, 1)
    assert "size" not in alone.fields


def test_files_that_are_no_video(tmp_path, monkeypatch):
    other = tmp_path / "other.mp4"
    write(other, frames())
    hostile = {
        "words.mp4": b"no video",
        "empty.mp4": b"",
        "playlist.mp4": f"#EXTM3U\n#EXTINF:1,\n{other}\n".encode(),
        "cut.mov": write(tmp_path / "whole.mov", frames()).read_bytes()[:40],
    }
    for name, content in hostile.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=name) as caught:
            read_frames(tmp_path / name, (8, 8, 3))
        assert caught.value.fix
    monkeypatch.setattr(video, "MAX_FRAMES", 2)
    with pytest.raises(DataError, match="more than 2 frames"):
        read_frames(other, (8, 8, 3))
    monkeypatch.setattr(video, "PIXEL_LIMIT", 100)
    with pytest.raises(DataError, match="20 x 10 pixels"):
        read_frames(other, (8, 8, 3))


def test_without_the_package_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hibiscus\[video\]'"):
        read_frames(tmp_path / "clip.mp4", (8, 8, 3))


def test_a_video_that_was_written_is_read_again(tmp_path):
    """Lossy, so nearly: smooth images come back within a few levels, at the rate and the even size that were
    written.
    """
    rows = np.linspace(0, 200, 41).astype(np.uint8)[:, None, None]
    images = [np.broadcast_to(rows + np.uint8(10 * number), (41, 64, 3)) for number in range(4)]
    for ending in video.VIDEO_OUTPUT_ENDINGS:
        file = tmp_path / f"video{ending}"
        assert write_frames(images, file, Fraction(10)) == 4
        found, size = read_frames(file, (40, 64, 3))
        assert size == (40, 64)
        assert video.frame_rate(file) == 10
        assert np.abs(found.astype(int) - np.stack(images)[:, :40]).max() < 12
    with pytest.raises(DataError, match="cannot be written"):
        write_frames(images, file, Fraction(10))
    with pytest.raises(DataError, match="no images to write"):
        write_frames([], tmp_path / "empty.mp4", Fraction(10))
    assert not (tmp_path / "empty.mp4").exists(), "half a video is not left behind"


def test_a_video_that_is_stopped_leaves_nothing(tmp_path):
    def stopped():
        yield np.zeros((16, 16, 3), np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_frames(stopped(), tmp_path / "video.mp4", Fraction(5))
    assert not (tmp_path / "video.mp4").exists()


def test_the_frames_fit_into_the_memory(tmp_path, monkeypatch):
    file = write(tmp_path / "a.mp4", frames(3))
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "100KB")
    with pytest.raises(DataError, match=r"a\.mp4: 60\.0 KB of data, which take about 120\.0 KB"):
        read_frames(file, (10, 20, 3))
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "10MB")
    assert len(read_frames(file, (10, 20, 3))[0]) == 3
