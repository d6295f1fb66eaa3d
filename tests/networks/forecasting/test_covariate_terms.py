import torch

from hibiscus.networks.forecasting.covariate_terms import covariate_term
from hibiscus.networks.forecasting.forecast_shape import ForecastShape

SHAPE = ForecastShape(5, 3, variables=4, targets=2, future=2, static=3, quantiles=2)


def test_the_term_is_its_formula():
    term = covariate_term(SHAPE)
    with torch.no_grad():
        for parameter in term.parameters():
            parameter.normal_()
    series, future, static = torch.randn(6, 5, 4), torch.randn(6, 8, 2), torch.randn(6, 3)
    others = series[:, :, 2:] - series[:, -1:, 2:]
    expected = (
        torch.einsum("bhf,of->bho", future[:, 5:], term.future.weight).unflatten(2, (2, 2))
        + (static @ term.static.weight.T).view(6, 1, 2, 2)
        + (others.flatten(1) @ term.others.weight.T).view(6, 3, 2, 2)
    )
    torch.testing.assert_close(term(series, future, static), expected)


def test_it_starts_as_nothing():
    term = covariate_term(SHAPE)
    assert (term(torch.randn(1, 5, 4), torch.randn(1, 8, 2), torch.randn(1, 3)) == 0).all()


def test_without_covariates_there_is_none():
    assert covariate_term(ForecastShape(5, 3)) is None
    assert covariate_term(ForecastShape(5, 3, variables=2), past=False) is None
    assert covariate_term(ForecastShape(5, 3, variables=2)) is not None
