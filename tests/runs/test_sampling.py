"""Samples over sweeps: rows of the same noise, in the order in which a grid is read
(`hibiscus.runs.sampling`).
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.errors import UsageError
from hibiscus.methods.gan.cgan import CGAN
from hibiscus.methods.gan.dcgan import DCGAN
from hibiscus.methods.vae.vae import VAE
from hibiscus.runs.sampling import draw_samples
from hibiscus.training.method import Method
from methods.gan_fixtures import CLASSES, made


def trained(kind, **options):
    """A method whose networks are as they were drawn, which is enough to tell which noise an image is of."""
    method = made(kind, **options)
    method.train_mode(False)
    return method


def vae():
    return trained(VAE, likelihood="bernoulli", net="mlp")


def decoded(method, z):
    with torch.no_grad():
        return method.preparation["image"].decode(method.decode(z))


def noise(seed, rows, latent=4):
    torch.manual_seed(seed)
    return torch.randn(rows, latent)


def test_without_sweeps_it_is_what_the_method_draws():
    method = vae()
    found = draw_samples(method, 5, 3, None, {})
    assert list(found) == ["image"]
    np.testing.assert_array_equal(found["image"], decoded(method, noise(3, 5)))


def test_a_row_holds_the_same_noise_and_the_values_run_along_it():
    method = vae()
    found = draw_samples(method, 10, 3, None, {"code2": [-2, "0.5", 2.0]})
    np.testing.assert_array_equal(found["code2"], [-2, 0.5, 2] * 3)
    z = noise(3, 3).repeat_interleave(3, 0)
    z[:, 1] = torch.tensor([-2, 0.5, 2] * 3)
    np.testing.assert_array_equal(found["image"], decoded(method, z))
    assert len(draw_samples(method, 1, 3, None, {"code2": np.linspace(0, 1, 4)})["image"]) == 4


def test_of_two_sweeps_the_last_runs_along_the_row():
    method = vae()
    found = draw_samples(method, 12, 3, None, {"code1": (5, 6), "code3": [7, 8, 9], "code4": 1})
    assert found["code1"].tolist() == [5, 5, 5, 6, 6, 6] * 2
    assert found["code3"].tolist() == [7, 8, 9] * 4
    assert found["code4"].tolist() == [1] * 12
    z = noise(3, 2).repeat_interleave(6, 0)
    for unit, name in ((0, "code1"), (2, "code3"), (3, "code4")):
        z[:, unit] = torch.from_numpy(found[name])
    np.testing.assert_array_equal(found["image"], decoded(method, z))


def test_classes_by_name_on_the_same_noise():
    method, seen = trained(CGAN), []
    method.nets["generator"].register_forward_pre_hook(lambda net, given: seen.append(given[0]))
    found = draw_samples(method, 6, 0, None, {"label": ["dog", "7"]})
    assert found["label"].tolist() == ["dog", "7"] * 3
    first, second = seen
    assert torch.equal(first[:, :-3], second[:, :-3])
    assert first[:, -3:].argmax(1).tolist() == [2] * 3
    assert second[:, -3:].argmax(1).tolist() == [0] * 3
    assert draw_samples(method, 4, 0, None, {})["label"].tolist() == [*CLASSES, CLASSES[0]]


def test_a_walk_goes_from_one_draw_to_another():
    method = vae()
    found = draw_samples(method, 9, 3, 3, {})
    first, second = noise(3, 3), torch.randn(3, 4)
    half = (first + second) / np.sqrt(2)
    z = torch.stack([first, half, second], 1).flatten(0, 1)
    np.testing.assert_allclose(found["image"].astype(int), decoded(method, z).astype(int), atol=1)
    np.testing.assert_allclose(found["interpolate"], [0, 0.5, 1] * 3)


def test_a_walk_beside_a_sweep():
    found = draw_samples(vae(), 12, 3, "3", {"code1": [5, 6]})
    assert found["code1"].tolist() == [5, 5, 5, 6, 6, 6] * 2
    np.testing.assert_allclose(found["interpolate"], [0, 0.5, 1] * 4)


@pytest.mark.parametrize(
    ("kind", "conditions", "said"),
    [
        (CGAN, {"lable": "dog"}, "did you mean label?"),
        (CGAN, {"label": ["dog", "fish"]}, "label=fish: there is no such class"),
        (CGAN, {"label": []}, "label: no value"),
        (DCGAN, {"label": "dog"}, "dcgan has no condition 'label'"),
        (VAE, {"label": "dog"}, "code1 to code4"),
        (VAE, {"code0": 1}, "code1 to code4"),
        (VAE, {"code5": 1}, "code1 to code4"),
        (VAE, {"code1": "high"}, "code1=high"),
        (VAE, {"code1": float("inf")}, "code1=inf"),
    ],
)
def test_conditions_that_a_method_does_not_know(kind, conditions, said):
    with pytest.raises(UsageError) as caught:
        draw_samples(vae() if kind is VAE else trained(kind), 2, 0, None, conditions)
    assert said in str(caught.value)
    assert caught.value.parts.keys() == {"received", "expected", "fix"}


@pytest.mark.parametrize("steps", [1, 0, -2, "many", 2.5])
def test_a_walk_has_two_steps_or_more(steps):
    with pytest.raises(UsageError, match="interpolate="):
        draw_samples(trained(DCGAN), 2, 0, steps, {})


@pytest.mark.parametrize(
    ("count", "seed", "interpolate", "conditions", "named"),
    [
        (10**12, 0, None, {}, "count=1"), (10**400, 0, None, {}, "count=1"), (4, 10**19, None, {}, "seed=1"),
        (4, 0, 10**12, {}, "interpolate=1"), (4, 0, 10**5, {"code1": [0.0] * 11}, "code1, interpolate=1"),
    ],
)  # fmt: skip
def test_numbers_that_are_too_large_are_named(count, seed, interpolate, conditions, named):
    with pytest.raises(UsageError, match=f"^{named}"):
        draw_samples(vae(), count, seed, interpolate, conditions)


def test_a_method_that_does_not_sample_says_so_whatever_the_conditions():
    method = vae()
    method.abilities = lambda: []
    method.sample = lambda *arguments, **conditions: Method.sample(method, *arguments, **conditions)
    with pytest.raises(UsageError, match="vae does not sample"):
        draw_samples(method, 4, 0, None, {"label": 1})
