"""Average precision against pycocotools, and curves and figures against counting by hand."""

import contextlib
import io

import numpy as np
import pytest

from hibiscus.errors import ConfigError, DataError
from hibiscus.metrics.coco_detection import METRICS, average_precision
from hibiscus.metrics.voc_detection import mean_boxes, metrics_at_threshold, precision_recall, voc_precision

CLASSES = 4
NONE = np.zeros((0, 6))


def pycocotools_figures(truths, detections, areas=None):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    images = [{"id": b + 1} for b in range(len(truths))]
    categories = [{"id": c + 1} for c in range(CLASSES)]
    sides = []
    for lists, truth in ((truths, True), (detections, False)):
        rows, side = [], COCO()
        for b, boxes in enumerate(lists):
            for k, (x, y, x2, y2, one, two) in enumerate(boxes.tolist()):
                area = areas[b][k] if truth and areas is not None else (x2 - x) * (y2 - y)
                row = {"id": len(rows) + 1, "image_id": b + 1, "bbox": [x, y, x2 - x, y2 - y], "area": area}
                row |= (
                    {"category_id": int(one) + 1, "iscrowd": int(two)}
                    if truth
                    else {"category_id": int(two) + 1, "score": one}
                )
                rows.append(row)
        side.dataset = {"images": images, "categories": categories, "annotations": rows}
        with contextlib.redirect_stdout(io.StringIO()):
            side.createIndex()
        sides.append(side)
    with contextlib.redirect_stdout(io.StringIO()):
        judge = COCOeval(*sides, "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return judge.stats, judge.eval["precision"]


def some(rng, images=12, most=12, size=200, crowd=0.1, noise=6.0, tied=False, kinds=CLASSES):
    truths, detections = [], []
    for _ in range(images):
        count = rng.integers(0, most + 1)
        low = rng.random((count, 2)) * size
        boxes = np.concatenate([low, low + 2 + rng.random((count, 2)) ** 2 * size], 1)
        labels = rng.integers(0, kinds, count)
        truths.append(np.column_stack([boxes, labels, rng.random(count) < crowd]))
        again = np.repeat(np.arange(count), rng.integers(0, 4, count))
        near = boxes[again] + rng.normal(size=(len(again), 4)) * noise
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 0.01)
        score = rng.integers(1, 4, len(again)) / 4 if tied else rng.random(len(again))
        kind = np.where(rng.random(len(again)) < 0.8, labels[again], rng.integers(0, CLASSES, len(again)))
        detections.append(np.column_stack([near, score, kind]))
    return truths, detections


CASES = {
    "random": lambda rng: some(rng),
    "crowds": lambda rng: some(rng, crowd=0.5),
    "equal scores": lambda rng: some(rng, tied=True),
    "exact and double": lambda rng: some(rng, noise=0.0),
    "tiny": lambda rng: some(rng, size=3, noise=0.2),
    "large": lambda rng: some(rng, size=800, noise=20),
    "a class without truths": lambda rng: some(rng, kinds=2),
    "more than a hundred": lambda rng: some(rng, images=3, most=300, kinds=1),
    "no detections": lambda rng: (some(rng)[0], [NONE] * 12),
    "no truths": lambda rng: ([NONE] * 12, some(rng)[1]),
    "nothing": lambda rng: ([NONE] * 2, [NONE] * 2),
    "empty boxes": lambda rng: (
        [np.array([[5, 5, 5, 5, 0, 0], [1, 1, 9, 9, 1, 0.0]])],
        [np.array([[5, 5, 5, 5, 0.5, 0], [1, 1, 9, 9, 0.5, 1]])],
    ),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", CASES)
def test_average_precision_is_pycocotools(case, seed, capfd):
    truths, detections = CASES[case](np.random.default_rng(seed))
    found = average_precision(truths, detections, CLASSES)
    assert capfd.readouterr() == ("", "")
    stats, precision = pycocotools_figures(truths, detections)
    assert list(found.metrics) == METRICS
    assert list(found.metrics.values()) == pytest.approx(
        [s if s > -1 else np.nan for s in stats], abs=1e-6, nan_ok=True
    )
    for c in range(CLASSES):
        own = precision[:, :, c, 0, -1]
        assert found.by_class[c] == pytest.approx(
            own.mean() if own.max() > -1 else np.nan, abs=1e-6, nan_ok=True
        )
        assert found.by_class50[c] == pytest.approx(
            own[0].mean() if own.max() > -1 else np.nan, abs=1e-6, nan_ok=True
        )
    assert np.isnan(found.recall_by_class).tolist() == np.isnan(found.by_class).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_small_and_large_go_by_the_annotated_area(seed):
    rng = np.random.default_rng(seed)
    truths, detections = some(rng, size=300)
    areas = [(rows[:, 2] - rows[:, 0]) * (rows[:, 3] - rows[:, 1]) * rng.random(len(rows)) for rows in truths]
    found = average_precision(truths, detections, CLASSES, areas)
    stats, _ = pycocotools_figures(truths, detections, areas)
    assert list(found.metrics.values()) == pytest.approx(
        [s if s > -1 else np.nan for s in stats], nan_ok=True
    )
    assert found.metrics["map_small"] != average_precision(truths, detections, CLASSES).metrics["map_small"]
    with pytest.raises(DataError, match="areas of other boxes"):
        average_precision(truths, detections, CLASSES, areas[1:])


def kit_precision(truths, detections, label):
    """AP as VOCevaldet.m and VOCap.m of the VOC development kit compute it, on edges without its + 1."""
    rows = [
        (row[4], image, row[:4]) for image, found in enumerate(detections) for row in found if row[5] == label
    ]
    rows.sort(key=lambda row: -row[0])
    boxes = [found[found[:, 4] == label] for found in truths]
    detected = [np.zeros(len(found), bool) for found in boxes]
    count = sum(int((found[:, 5] == 0).sum()) for found in boxes)
    hits, misses = np.zeros(len(rows)), np.zeros(len(rows))
    for number, (_, image, box) in enumerate(rows):
        best, which = -np.inf, -1
        for j, truth in enumerate(boxes[image]):
            width = min(box[2], truth[2]) - max(box[0], truth[0])
            height = min(box[3], truth[3]) - max(box[1], truth[1])
            if width > 0 and height > 0:
                union = np.prod(box[2:] - box[:2]) + np.prod(truth[2:4] - truth[:2]) - width * height
                if width * height / union > best:
                    best, which = width * height / union, j
        if best < 0.5:
            misses[number] = 1
        elif not boxes[image][which][5]:
            hits[number] = not detected[image][which]
            misses[number] = detected[image][which]
            detected[image][which] = True
    hits, misses = hits.cumsum(), misses.cumsum()
    recall = np.concatenate([[0], hits / count, [1]])
    precision = np.concatenate([[0], hits / np.maximum(hits + misses, 1e-12), [0]])
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    steps = np.flatnonzero(recall[1:] != recall[:-1]) + 1
    return ((recall[steps] - recall[steps - 1]) * precision[steps]).sum()


@pytest.mark.parametrize("crowd", [0, 0.2, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_voc_precision_is_that_of_the_development_kit(seed, crowd):
    truths, detections = some(np.random.default_rng(seed), images=30, crowd=crowd)
    expected = [kit_precision(truths, detections, label) for label in range(CLASSES)]
    assert voc_precision(truths, detections, CLASSES).tolist() == pytest.approx(expected, abs=1e-9)


def test_difficult_objects_are_neither_counted_nor_penalized():
    truth = [np.array([[0, 0, 10, 10, 0, 0], [50, 50, 90, 90, 0, 1.0]])]
    on_it = np.array([[0, 0, 10, 10, 0.5, 0], [50, 50, 90, 88, 0.9, 0], [50, 50, 88, 90, 0.8, 0]])
    within = np.array([[0, 0, 10, 10, 0.5, 0], [60, 60, 70, 70, 0.9, 0]])
    assert voc_precision(truth, [on_it], 1).tolist() == [1]
    assert voc_precision(truth, [within], 1).tolist() == [0.5]  # it does not find the difficult object


TRUTH = [
    np.array([[0, 0, 10, 10, 0, 0], [20, 0, 30, 10, 0, 0], [50, 50, 90, 90, 0, 1]], dtype=float),
    np.array([[0, 0, 10, 10, 1, 0.0]]),
]
SEEN = [
    np.array(
        [
            [0, 0, 10, 10, 0.9, 0],
            [0, 0, 10, 9, 0.8, 0],
            [20, 0, 30, 6, 0.7, 0],
            [60, 60, 70, 70, 0.95, 0],
            [40, 0, 50, 10, 0.1, 1],
        ]
    ),
    NONE,
]


def test_curves_by_hand():
    half, three, other, _ = precision_recall(TRUTH, SEEN, 2)
    assert (half.label, half.level, half.truths) == (0, 0.5, 2)
    assert half.score.tolist() == [0.9, 0.8, 0.7]  # what lies in the crowd does not count
    assert half.precision.tolist() == pytest.approx([1, 1 / 2, 2 / 3])
    assert half.recall.tolist() == pytest.approx([1 / 2, 1 / 2, 1])
    assert three.recall.tolist() == pytest.approx([1 / 2] * 3)
    assert other.precision.tolist() == [0]
    # The small box inside the difficult object is a false positive for VOC.
    assert voc_precision(TRUTH, SEEN, 3).tolist() == pytest.approx([1 / 2, 0, np.nan], nan_ok=True)


def test_figures_at_a_threshold_by_hand():
    found = metrics_at_threshold(TRUTH, SEEN, 3, score=0.5)
    assert found.precision.tolist() == pytest.approx([2 / 3, np.nan, np.nan], nan_ok=True)
    assert found.recall.tolist() == pytest.approx([1, 0, np.nan], nan_ok=True)
    assert found.matched_iou.tolist() == pytest.approx([0.8, np.nan, np.nan], nan_ok=True)
    assert (found.hits.tolist(), found.detections.tolist(), found.truths.tolist()) == (
        [2, 0, 0],
        [3, 0, 0],
        [2, 1, 0],
    )


def test_curves_end_at_cocos_recall():
    truths, detections = some(np.random.default_rng(3), crowd=0.2)
    ours = [
        curve.recall[-1]
        for curve in precision_recall(truths, detections, CLASSES, np.linspace(0.5, 0.95, 10))
    ]
    assert np.mean(ours) == pytest.approx(
        average_precision(truths, detections, CLASSES).metrics["ar100"], abs=1e-6
    )


def test_voc_takes_the_nearest_truth_also_where_it_is_taken():
    truth = [np.array([[0, 0, 10, 10, 0, 0], [0, 0, 10, 6, 0, 0.0]])]
    seen = [np.array([[0, 0, 10, 10, 0.9, 0], [0, 0, 10, 9, 0.8, 0.0]])]
    assert voc_precision(truth, seen, 1).tolist() == [0.5]
    assert precision_recall(truth, seen, 1)[0].recall.tolist() == [0.5, 1]


def test_mean_boxes():
    truths = [*TRUTH, NONE, np.array([[0, 0, 30, 40, 0, 0.0]])]
    assert mean_boxes(truths, 3).tolist() == [
        pytest.approx([20 / 3, 0, 70 / 3, 20, 0.5, 0]),
        pytest.approx([0, 0, 10, 10, 0.25, 1]),
    ]
    assert mean_boxes([NONE], 3).shape == (0, 6)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: average_precision(TRUTH, SEEN[:1], 2), DataError),
        (lambda: average_precision([], [], 2), DataError),
        (lambda: average_precision(TRUTH, SEEN, 1), DataError),
        (lambda: average_precision([np.zeros((2, 5))], [NONE], 1), DataError),
        (lambda: average_precision([NONE], [np.full((1, 6), np.nan)], 1), DataError),
        (lambda: precision_recall(TRUTH, SEEN, 2, [0]), ConfigError),
        (lambda: metrics_at_threshold(TRUTH, SEEN, 2, level=1.5), ConfigError),
    ],
)
def test_errors(call, error):
    with pytest.raises(error) as caught:
        call()
    assert caught.value.fix
