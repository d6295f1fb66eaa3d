import numpy as np
import pytest
import torch

from hibiscus.evaluation.attribution.scores import ClassScores, DetectionScores, PixelScores, ValueScores


def test_the_logit_of_a_class():
    scores, outputs = ClassScores(["a", "b", "c"]), torch.tensor([[1.0, 3.0, 2.0]])
    assert scores.defaults(outputs) == [1]
    np.testing.assert_allclose(scores.amounts(outputs), outputs[0].softmax(0))
    copies = torch.randn(5, 3)
    assert torch.equal(scores.fixed(outputs, 2)(copies), copies[:, 2])


def test_a_single_logit_is_that_of_the_second_of_two_classes():
    scores, outputs = ClassScores(["no", "yes"]), torch.tensor([[-2.0]])
    assert scores.defaults(outputs) == [0]
    np.testing.assert_allclose(
        scores.amounts(outputs), [1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))], rtol=1e-6
    )
    copies = torch.tensor([[1.0], [-3.0]])
    assert scores.fixed(outputs, 1)(copies).tolist() == [1, -3]
    assert scores.fixed(outputs, 0)(copies).tolist() == [-1, 3]


def test_several_labels_have_a_probability_each():
    scores, outputs = ClassScores(["a", "b"], several=True), torch.tensor([[2.0, -1.0]])
    np.testing.assert_allclose(scores.amounts(outputs), outputs[0].sigmoid())
    single = ClassScores(["a"], several=True)
    assert single.fixed(torch.tensor([[2.0]]), 0)(torch.tensor([[7.0]])).tolist() == [7]


def test_logits_may_be_a_part_of_the_outputs():
    scores = ClassScores(["a", "b"], logits=lambda outputs: outputs[:, 2:4])
    assert scores.fixed(torch.zeros(1, 6), 1)(torch.arange(6.0)[None]).tolist() == [3]


def test_values_are_in_the_unit_of_the_target():
    scores = ValueScores(["price", "size"], lambda values: values * 10 + 1)
    assert scores.amounts(torch.tensor([[2.0, 3.0]])).tolist() == [21, 31]
    assert scores.defaults(torch.zeros(1, 2)) == [0]
    assert scores.fixed(torch.zeros(1, 2), 1)(torch.tensor([[2.0, 3.0]])).tolist() == [3]


def test_the_anchor_of_a_detection_is_that_of_the_original_image():
    logits = torch.zeros(1, 4, 3)  # background, a, b
    logits[0, 2, 2], logits[0, 1, 1] = 5.0, 3.0
    scores, outputs = DetectionScores(["a", "b"], 0.95), (logits, torch.zeros(1, 4, 4))
    assert scores.defaults(outputs) == [1]  # the other has less than 0.95
    fixed = scores.fixed(outputs, 1)
    other = torch.randn(3, 4, 3)
    assert torch.equal(fixed((other, None)), other[:, 2, 2] - other[:, 2, 0])
    assert DetectionScores(["a", "b"], 0.999).defaults(outputs) == [
        1
    ]  # the most probable, if none is reported


def test_a_class_anywhere_is_its_smooth_maximum_over_the_anchors():
    logits = torch.zeros(1, 3, 3)
    logits[0, 0, 2], logits[0, 2, 2], logits[0, 1, 0] = 20.0, 20.0, 5.0
    logits.requires_grad_()
    score = DetectionScores(["a", "b"], 0.5).anywhere((logits, None), 1)((logits, None))
    assert score.tolist() == pytest.approx([20 + np.log(2)])
    (gradient,) = torch.autograd.grad(score.sum(), logits)
    np.testing.assert_allclose(gradient[0, :, 2], [0.5, 0, 0.5], atol=1e-6)  # both objects
    plain = ClassScores(["a", "b"])
    assert plain.anywhere(torch.zeros(1, 2), 1)(torch.tensor([[1.0, 4.0]])).tolist() == [4]


def test_the_pixels_of_a_class_are_those_of_the_original_image():
    logits = torch.zeros(1, 3, 2, 4)
    logits[0, 1, 0, :3] = 1  # class 1 on three of eight pixels, class 0 elsewhere
    scores = PixelScores(["sky", "tree", "car"])
    assert scores.amounts(logits).tolist() == [5 / 8, 3 / 8, 0]
    assert scores.defaults(logits) == [0, 1]
    other = torch.randn(2, 3, 2, 4)
    assert torch.allclose(scores.fixed(logits, 1)(other), other[:, 1, 0, :3].sum(1))
    assert torch.allclose(scores.fixed(logits, 2)(other), other[:, 2].sum((1, 2)))
