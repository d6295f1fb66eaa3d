"""From numbers in files to edges in pixels."""

from pathlib import Path

from hibiscus.data.boxes.box_reading import BoxReading, Numbers
from hibiscus.data.boxes.frames import Frame
from hibiscus.data.boxes.resolve import Entry, RawBox, resolve_edges


class Reporter:
    def __init__(self, **reading):
        self.reading, self.format, self.notes, self.fixed = BoxReading(**reading), "csv", [], []

    def fix(self, fault, place, reason):
        self.fixed.append(fault)


def entry(boxes, frame):
    return Entry(Path("a.png"), boxes, "labels", "", frame)


def test_each_kind_of_numbers_is_read_on_its_own():
    percent = RawBox((10, 20, 40, 80), "a", "", numbers=Numbers(unit="percent"))
    pixels = RawBox((10, 10, 20, 30), "a", "", numbers=Numbers(("xywh",)))
    bad = RawBox((), "a", "", fault=("malformed", "x"))
    report = Reporter()
    resolve_edges(report, [entry([percent, pixels, bad], Frame((80, 100)))])
    assert (percent.edges, pixels.edges, bad.edges) == ([10, 16, 40, 64], [10, 10, 30, 40], ())
    assert report.notes == report.fixed == []


def test_stored_pixels_and_stated_sizes():
    fraction = RawBox((0.1, 0.2, 0.4, 0.8), "a", "", numbers=Numbers(unit="fractions"))
    resolve_edges(Reporter(orientation="stored"), [entry([fraction], Frame((100, 80), 6))])
    assert fraction.edges == [16, 10, 64, 40]
    scaled = RawBox((20, 32, 80, 128), "a", "", extra={"segmentation": []})
    report = Reporter()
    resolve_edges(report, [entry([scaled], Frame((80, 100), stated=(160, 200)))])
    assert (scaled.edges, scaled.extra, len(report.notes)) == ([10, 16, 40, 64], {}, 1)
    kept = RawBox((20, 32, 80, 70), "a", "")
    resolve_edges(report, [entry([kept], Frame((80, 100), stated=(40, 40)))])
    assert (kept.edges, report.fixed) == ([20, 32, 80, 70], ["size differs"])
