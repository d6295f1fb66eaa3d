"""The formula in the docstring of `ssd`, computed in NumPy; its anchors and predictions."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.data.batch import Batch
from hibiscus.data.open import open_data
from hibiscus.data.preparation import BoxPreparation, ImagePreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.box_predictions import box_predictions
from hibiscus.evaluation.detection import evaluate_boxes, in_pixels
from hibiscus.methods.detect.anchor_grid import fitted_anchor_grid, paper_anchor_grid
from hibiscus.methods.detect.base import DetectionConfig
from hibiscus.methods.detect.ssd import SSD
from hibiscus.networks.ssd import map_sizes
from hibiscus.ops.boxes import match
from methods.learning import trained

SIZES = ((0.2, 0.25), (0.3, 0.3), (0.4, 0.5), (0.15, 0.2)) * 5
PREPARATION = Preparation(
    {
        "image": ImagePreparation(48, 64, 3, (0.5,) * 3, (0.25,) * 3, "squash"),
        "boxes": BoxPreparation(("a", "b"), (10, 10), SIZES),
    }
)


def build(**options):
    torch.manual_seed(0)
    return SSD(
        SSD.Config(**{"ema_decay": 0.0, "width": 0.25, "levels": 2, "anchors_per_cell": 2, **options}),
        PREPARATION,
    )


def batch():
    boxes = torch.zeros(2, 3, 5)
    boxes[..., 4] = -1
    boxes[0, 0] = torch.tensor([0.1, 0.2, 0.35, 0.5, 0])
    boxes[0, 1] = torch.tensor([0.5, 0.5, 0.95, 0.9, 1])
    boxes[1, 0] = torch.tensor([0.3, 0.1, 0.5, 0.4, 1])
    return Batch(image=torch.randn(2, 3, 48, 64, generator=torch.Generator().manual_seed(1)), boxes=boxes)


def overlap(box, anchors):
    low, high = np.maximum(box[:2], anchors[:, :2]), np.minimum(box[2:4], anchors[:, 2:])
    both = np.prod(np.clip(high - low, 0, None), 1)
    return both / (np.prod(box[2:4] - box[:2]) + np.prod(anchors[:, 2:] - anchors[:, :2], 1) - both)


def matched(rows, anchors, threshold):
    """The truth of each anchor: the best anchor of each box, and all above the threshold."""
    overlaps = np.stack([overlap(row, anchors) for row in rows])
    owner = np.where(overlaps.max(0) > threshold, overlaps.argmax(0), -1)
    for box in np.argsort(-overlaps.max(1)):
        owner[overlaps[box].argmax()] = box
    return owner


@pytest.mark.parametrize("offset_loss", ["smooth_l1", "l1"])
def test_the_objective_is_its_formula(offset_loss):
    method, data = build(offset_loss=offset_loss, offset_weight=0.7, match_threshold=0.4), batch()
    scores, offsets = (values.detach().double().numpy() for values in method.network(data.image))
    loss, _ = method.loss_from_outputs(
        torch.from_numpy(scores).float(), torch.from_numpy(offsets).float(), data.boxes
    )
    anchors, class_loss, box_loss, count = method.anchor_grid.anchors.double().numpy(), 0.0, 0.0, 0
    for image in range(2):
        rows = data.boxes[image][data.boxes[image, :, 4] >= 0].double().numpy()
        owner = matched(rows, anchors, 0.4)
        logs = scores[image] - np.log(np.exp(scores[image]).sum(1, keepdims=True))
        positive = np.flatnonzero(owner >= 0)
        labels, boxes = rows[owner[positive], 4].astype(int), rows[owner[positive], :4]
        hardest = np.sort(-logs[owner < 0, 0])[::-1][: max(3, 3 * len(positive))]
        class_loss += -logs[positive, labels + 1].sum() + hardest.sum()
        sides, center = (
            anchors[positive, 2:] - anchors[positive, :2],
            (anchors[positive, 2:] + anchors[positive, :2]) / 2,
        )
        true_sides, true_center = boxes[:, 2:] - boxes[:, :2], (boxes[:, 2:] + boxes[:, :2]) / 2
        target = np.concatenate([(true_center - center) / sides / 0.1, np.log(true_sides / sides) / 0.2], 1)
        error = np.abs(offsets[image][positive] - target)
        box_loss += (
            np.where(error < 1, error**2 / 2, error - 0.5) if offset_loss == "smooth_l1" else error
        ).sum()
        count += len(positive)
    assert loss.item() == pytest.approx((class_loss + 0.7 * box_loss) / count, rel=1e-4)


def test_raw_offsets_deviations_sigma_ratio_and_limit():
    """The targets and the loss with every option of the offsets, in NumPy."""
    data = batch()
    for offsets, deviations in (("raw", (1, 1, 1, 1)), ("normalized", (0.3, 0.4, 0.5, 0.6))):
        method = build(
            offsets=offsets, offset_deviations=deviations, smooth_l1_sigma=3.0, negative_ratio=1.5,
            negative_limit=0.2, match_threshold=0.4,
        )  # fmt: skip
        scores, predicted = (values.detach().double().numpy() for values in method.network(data.image))
        loss, _ = method.loss_from_outputs(torch.tensor(scores), torch.tensor(predicted), data.boxes)
        anchors, total, count = method.anchor_grid.anchors.double().numpy(), 0.0, 0
        for image in range(2):
            rows = data.boxes[image][data.boxes[image, :, 4] >= 0].double().numpy()
            owner = matched(rows, anchors, 0.4)
            logs = scores[image] - np.log(np.exp(scores[image]).sum(1, keepdims=True))
            positive = np.flatnonzero(owner >= 0)
            boxes, places = rows[owner[positive], :4], anchors[positive]
            background = (owner < 0) & (np.stack([overlap(row, anchors) for row in rows]).max(0) <= 0.2)
            assert 0 < background.sum() < (owner < 0).sum()
            hardest = np.sort(-logs[background, 0])[::-1][: max(3, int(1.5 * len(positive)))]
            total += hardest.sum() - logs[positive, rows[owner[positive], 4].astype(int) + 1].sum()
            target = boxes - places
            if offsets == "normalized":
                sides, true_sides = places[:, 2:] - places[:, :2], boxes[:, 2:] - boxes[:, :2]
                center = (boxes[:, :2] + boxes[:, 2:] - places[:, :2] - places[:, 2:]) / 2 / sides
                target = np.concatenate([center, np.log(true_sides / sides)], 1) / deviations
            u = np.abs(predicted[image][positive] - target)
            total += np.where(u < 1 / 9, (3 * u) ** 2 / 2, u - 1 / 18).sum()
            count += len(positive)
        assert loss.item() == pytest.approx(total / count, rel=1e-5)


@pytest.mark.parametrize("options", [{"offsets": "raw"}, {"offset_deviations": "0.2,0.2,0.4,0.4"}, {}])
def test_predictions_undo_the_offsets(options):
    method, data = build(**options), batch()
    anchors = method.anchor_grid.anchors
    labels, offsets, _ = match(data.boxes, anchors, 0.4, None, method.config.deviations)
    scores = torch.full((2, len(anchors), 3), -20.0)
    scores.scatter_(2, labels.clamp_min(0)[..., None], 20.0)
    found = method.detections(scores, offsets)
    for image, count in enumerate((2, 1)):
        boxes = found[image][found[image, :, 5] >= 0]
        assert len(boxes) == count
        rows = data.boxes[image][:count]
        for row in boxes:
            true = rows[rows[:, 4] == row[5]][0]
            torch.testing.assert_close(row[:4], true[:4], atol=1e-5, rtol=0)


def test_linear_soft_nms_lowers_scores_by_the_overlap():
    scores = torch.tensor([[[0.0, 9.0, 0.0], [0.0, 3.0, 0.0]]])
    boxes = torch.tensor([[0.2, 0.2, 0.6, 0.6], [0.2, 0.2, 0.6, 0.5]])
    method = build(nms="soft", soft_nms="linear", nms_threshold=0.3)
    method.anchor_grid.anchors = boxes
    found = method.detections(scores, torch.zeros(1, 2, 4))[0]
    second = torch.tensor([0.0, 3.0, 0.0]).softmax(0)[1]
    assert found[1, 4].item() == pytest.approx(second.item() * (1 - 0.75), rel=1e-5)
    gaussian = build(nms="soft", soft_nms_sigma=0.4)
    gaussian.anchor_grid.anchors = boxes
    lowered = gaussian.detections(scores, torch.zeros(1, 2, 4))[0, 1, 4].item()
    assert lowered == pytest.approx(second.item() * np.exp(-(0.75**2) / 0.4), rel=1e-5)


def test_the_score_threshold_is_chosen_saved_and_given():
    dataset = open_data("scenes")
    boxes = BoxPreparation.fit(dataset.fields["boxes"], dataset.names["boxes"], np.arange(10))
    learned = Preparation({"image": PREPARATION["image"], "boxes": boxes})
    data = PreparedData(dataset, learned, {"train": np.arange(10), "val": np.arange(10, 20)})
    truth = dataset.fields["boxes"][10:20]
    right = np.concatenate([truth[..., :4], np.where(truth[..., 4:] >= 0, 0.2, 0), truth[..., 4:]], 2)
    wrong = right.copy()
    wrong[..., :4], wrong[..., 4] = [0, 0, 0.01, 0.01], 0.1
    method = SSD(SSD.Config(levels=2, width=0.25), learned)
    assert method.score_threshold == 0.5
    method.choose_threshold(wrong, data, "val")
    assert method.score_threshold == 0.5  # none is right
    method.choose_threshold(np.concatenate([right, wrong], 1), data, "val")
    assert method.score_threshold == pytest.approx(0.15)
    again = SSD(SSD.Config(levels=2, width=0.25), learned)
    again.load_tensors(method.tensors())
    assert again.score_threshold == method.score_threshold
    earlier = {name: value for name, value in method.tensors().items() if name != "score_threshold"}
    assert build(score_threshold=0.7).score_threshold == 0.7
    old = SSD(SSD.Config(levels=2, width=0.25, score_threshold=0.5), learned)
    old.load_tensors(earlier)
    assert old.score_threshold == 0.5


def test_anchors_are_on_the_map_whose_stride_is_a_quarter_of_their_size():
    small, large = (
        (16 / 64, 16 / 48),
        (48 / 64, 46 / 48),
    )  # of 16 and about 47 pixels: 4 cells of stride 4, and of stride 12
    grid = fitted_anchor_grid((3, 48, 64), 4, [small] * 9 + [large] * 9, 2, None)
    sizes = map_sizes((3, 48, 64), 4, len(grid.per_cell))
    assert len(grid.anchors) == sum(2 * rows * columns for rows, columns in sizes)
    sides = grid.anchors[:, 2:] - grid.anchors[:, :2]
    first, last = sides[: 2 * sizes[0][0] * sizes[0][1]], sides[-2 * sizes[-1][0] * sizes[-1][1] :]
    torch.testing.assert_close(first[:1], torch.tensor([small]), atol=1e-4, rtol=0)
    torch.testing.assert_close(last[-1:], torch.tensor([large]), atol=1e-4, rtol=0)


def test_the_papers_grid_has_four_anchors_per_cell():
    grid = paper_anchor_grid((3, 96, 96), 8, 3, 0.2, 0.9)
    assert grid.per_cell == [4, 4, 4]
    assert len(grid.anchors) == 4 * (144 + 36 + 9)


def test_perfect_predictions_have_perfect_metrics_and_the_baseline_has_not():
    dataset = open_data("scenes")
    parts = {"train": np.arange(60), "test": np.arange(60, 90)}
    preparation = Preparation({"boxes": BoxPreparation.fit(dataset.fields["boxes"], dataset.names["boxes"],
    parts["train"]),
                               "image": ImagePreparation(48, 64, 3, (0.5,) * 3, (0.25,) * 3,
                               "squash")})  # fmt: skip
    data = PreparedData(dataset, preparation, parts)
    truth = dataset.fields["boxes"][60:90]
    detections = np.concatenate(
        [truth[..., :4], np.where(truth[..., 4:] >= 0, 0.9, 0), truth[..., 4:]], axis=2
    )
    evaluated = evaluate_boxes(detections, data, "test", list(dataset.names["boxes"]), 0.5, 20.0)
    assert evaluated.metrics["map50"] == pytest.approx(1)
    assert evaluated.metrics["recall"] == evaluated.metrics["precision"] == 1
    assert evaluated.metrics["matched_iou"] == pytest.approx(1, abs=1e-5)
    assert evaluated.baselines["mean box of each class"]["map50"] < 0.2
    predictions = box_predictions(detections, data, "test", list(dataset.names["boxes"]), 0.5)
    assert predictions["overlay"].shape == (30, 48, 64, 3)
    np.testing.assert_allclose(predictions["boxes"][0, 0, :4], truth[0, 0, :4] * (64, 48, 64, 48), atol=1e-3)


def test_boxes_are_in_pixels_of_the_files():
    rows = np.array([[0.5, 0.25, 1.0, 0.5, 0.9, 0]], np.float32)
    assert in_pixels(rows, np.array([100, 200]))[0, :4].tolist() == [100, 25, 200, 50]


def test_saturation_changes_color_images_only():
    assert DetectionConfig().build_augment(channels=3).saturation == 0.3
    assert DetectionConfig().build_augment(channels=1).saturation == 0.0
    assert DetectionConfig(flip=False).build_augment(channels=3).flip is False


@pytest.mark.slow
def test_it_learns_to_detect_shapes(tmp_path):
    evaluation = trained(tmp_path, "ssd", "scenes", epochs=20, finest_stride=4, width=0.5)
    metrics = evaluation["metrics"]
    assert metrics["test/map50"] > 0.75
    assert evaluation["baselines"]["mean box of each class"]["test/map50"] < 0.1
    assert metrics["test/matched_iou"] > 0.75
