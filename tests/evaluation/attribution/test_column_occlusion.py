import numpy as np
import torch

from hibiscus.evaluation.attribution.column_occlusion import column_occlusion, column_sums

COLUMNS = [slice(0, 1), slice(1, 4)]  # a number, and a category of three values


def test_a_linear_score_gives_the_difference_from_the_mean_of_the_other_rows():
    rows = torch.tensor([[1.0, 1, 0, 0], [2, 0, 1, 0], [6, 0, 0, 1]])
    found = column_occlusion(lambda v: 10 * v[:, 0], rows, COLUMNS, draws=600)
    others = np.array([4.0, 3.5, 1.5])  # mean of the other two rows
    np.testing.assert_allclose(found[:, 0].numpy(), 10 * (rows[:, 0].numpy() - others), atol=2.5)
    assert not found[:, 1].any()


def test_the_features_of_a_category_stay_together():
    rows = torch.eye(3).repeat(4, 1)
    seen = []

    def score(values):
        seen.append(values[:, 1:4].clone())
        return values[:, 1]

    column_occlusion(score, torch.cat([torch.zeros(12, 1), rows], 1), COLUMNS, draws=2)
    assert all(torch.equal(values.sum(1), torch.ones(12)) for values in seen)


def test_the_same_seed_gives_the_same_attributions():
    rows = torch.randn(20, 4)
    one, two = (column_occlusion(lambda v: v.sum(1) ** 2, rows, COLUMNS, seed=3) for _ in range(2))
    assert torch.equal(one, two)


def test_a_single_row_is_compared_with_the_mean():
    found = column_occlusion(
        lambda v: v @ torch.tensor([2.0, 1, 1, 1]), torch.tensor([[3.0, 0, 1, 0]]), COLUMNS
    )
    assert found.tolist() == [[6.0, 1.0]]


def test_attributions_of_features_are_summed_by_column():
    assert column_sums(torch.tensor([[1.0, 2, 3, 4]]), COLUMNS).tolist() == [[1.0, 9.0]]
