"""What all forecasting networks have in common, over the whole list."""

import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.forecasting import FORECASTERS, build_forecaster, forecaster_options

L, H, V, T, F, C, Q = 20, 4, 3, 2, 2, 3, 3
SMALL = {
    "hidden": [16],
    "units": 8,
    "filters": 8,
    "width": 8,
    "patch_length": 8,
    "stride": 4,
    "layers": 1,
    "dropout": 0.0,
}


def build(net, covariates=True, targets=T, **options):
    known = forecaster_options(net)
    options = {**{key: value for key, value in SMALL.items() if key in known}, **options}
    torch.manual_seed(0)
    return build_forecaster(net, L, H, V, targets, F * covariates, C * covariates, **options)


def inputs(batch=3):
    return torch.randn(batch, L, V), torch.randn(batch, L + H, F), torch.randn(batch, C)


@pytest.mark.parametrize("independent", [None, True])
@pytest.mark.parametrize("norm", [None, True, False])
@pytest.mark.parametrize("net", FORECASTERS)
def test_shapes(net, norm, independent):
    network = build(net, quantiles=Q, instance_norm=norm, channel_independent=independent)
    assert network(*inputs()).shape == (3, H, T, Q)
    point = build(net, covariates=False, targets=1, instance_norm=norm, channel_independent=independent)
    assert point(torch.randn(1, L, V)).shape == (1, H, 1, 1)


@pytest.mark.parametrize("net", FORECASTERS)
def test_quantiles_do_not_cross(net):
    y = build(net, quantiles=Q)(*inputs(20))
    assert (y.diff(dim=-1) >= 0).all()


@pytest.mark.parametrize("net", FORECASTERS)
def test_a_batch_of_one_in_bfloat16(net):
    network = build(net, quantiles=Q, instance_norm=True)
    with torch.autocast("cpu", torch.bfloat16):
        y = network(*inputs(1))
    y.float().square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize("net", FORECASTERS)
def test_items_of_a_batch_do_not_depend_on_each_other(net):
    network, parts = build(net).eval(), inputs()
    torch.testing.assert_close(network(*[part[1:2] for part in parts]), network(*parts)[1:2])


@pytest.mark.parametrize("net", FORECASTERS)
def test_all_covariates_matter(net):
    network = build(net)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    parts = [part.requires_grad_() for part in inputs()]
    network(*parts).square().sum().backward()
    series, future, static = (part.grad for part in parts)
    assert (series.abs().sum((0, 1)) > 0).all()  # the variable that is not forecast, too
    assert (future[:, L:].abs().sum((0, 1)) > 0).all()
    assert (static.abs().sum(0) > 0).all()


@pytest.mark.parametrize("net", FORECASTERS)
def test_independent_channels_do_not_see_each_other(net):
    network, (series, future, static) = build(net, channel_independent=True).eval(), inputs()
    changed = series.clone()
    changed[:, :, 1] += 1 + torch.randn(3, L)
    before, after = network(series, future, static), network(changed, future, static)
    torch.testing.assert_close(before[:, :, 0], after[:, :, 0])
    assert not torch.allclose(before[:, :, 1], after[:, :, 1])


@pytest.mark.parametrize("net", FORECASTERS)
def test_a_tiny_series_is_learned(net):
    """A sine of period 8 is a function of its past for each of them."""
    torch.manual_seed(0)
    wave = torch.sin(torch.arange(60) * 2 * torch.pi / 8)
    windows = wave.unfold(0, L + H, 1)
    network = build_forecaster(
        net, L, H, 1, 1, **{key: SMALL[key] for key in forecaster_options(net) if key in SMALL}
    )
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(120):
        loss = (network(windows[:, :L, None])[:, :, 0, 0] - windows[:, L:]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.05


@pytest.mark.parametrize(
    ("net", "options", "words"),
    [
        ("dlinaer", {}, "did you mean dlinear"),
        ("linear", {"hidden": [3]}, "linear has no option 'hidden'"),
        ("mlp", {"hiden": [3]}, "did you mean hidden"),
        ("dlinear", {"channel_independent": False}, "use one of: "),
        ("mlp", {"dropout": 1.0}, "dropout=1.0"),
    ],
)
def test_refusals(net, options, words):
    with pytest.raises(ConfigError) as caught:
        build_forecaster(net, L, H, V, T, **options)
    assert words in str(caught.value)


def test_missing_columns_are_refused():
    network, (series, future, _) = build("linear"), inputs()
    with pytest.raises(ConfigError, match="0 static columns"):
        network(series, future)
    with pytest.raises(ConfigError, match="2 future columns"):
        build("linear", covariates=False)(series, future)
