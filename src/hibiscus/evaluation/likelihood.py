"""Evaluation of a variational autoencoder: likelihood, reconstructions, samples and latent space."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.images.ops import image_grid
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.elbo import (
    EncodedPart,
    LatentVariableModel,
    elbo_metrics,
    encode_part,
    independent_pixels,
    pixel_kind,
    sampled_nll,
    select_batch,
)
from hibiscus.evaluation.items import Gallery, ReportItem, Scatter, Table
from hibiscus.metrics.likelihood import active_units
from hibiscus.training.method import Evaluation

__all__ = ["BASELINE", "evaluate_likelihood"]

BASELINE = "independent pixels"
SHOWN, SAMPLES, MAX_DOTS = 20, 60, 2000  # reconstructions, samples, and points of the scatter plot
TRAVERSED, STEPS = 8, 9  # latent components of the traversals, and images of each
RANGE = 2.5  # traversals range from -RANGE to RANGE
MAP_SIDE = 15
PIXEL_KINDS = {
    "dynamic": "dynamically binarized pixels",
    "static": "statically binarized pixels",
    "8bit": "8-bit pixel levels",
}


def evaluate_likelihood(model: LatentVariableModel, data: PreparedData, part: str) -> Evaluation:
    """All metrics of a VAE, with independent pixels as baseline, and images of its latent space."""
    config, encoded = model.config, encode_part(model, data, part)
    nll, values = sampled_nll(model, data, part), math.prod(model.preparation["image"].shape)
    baseline = independent_pixels(data, part, config.likelihood, bool(model.classes))
    condition = model.condition(select_batch(model, data, part, np.arange(1)))  # that of the traversed image
    nll_name = f"nll_{pixel_kind(data, part, config.likelihood)}_{config.importance_samples}is"
    active = active_units(encoded.mean)
    metrics = {
        **elbo_metrics(encoded, config.beta),
        nll_name: float(nll.mean()),
        "active_units": float(active.sum()),
    }
    samples = model.sample(SAMPLES)
    labels = [str(name) for name in samples.get("label", ())]
    report_items: list[ReportItem] = [
        _reconstructions(model, data, part),
        Gallery("Samples", list(samples["image"]), labels, "Decoded samples of the prior, not selected."),
        _traversals(model, encoded, *condition),
        _likelihoods(metrics, nll_name, nll, baseline, config.importance_samples, values),
        _components(encoded, active),
    ]
    if encoded.mean.shape[1] == 2:
        report_items[2:3] = [_latent_map(model, *condition), _scatter(encoded)]
    return Evaluation(
        metrics, {BASELINE: {"neg_elbo": baseline, "loss": baseline, nll_name: baseline}}, report_items
    )


def _reconstructions(model: LatentVariableModel, data: PreparedData, part: str) -> Gallery:
    batch = select_batch(model, data, part, data.subsample(part, SHOWN))
    x, condition, to_images = (
        model.binarize_or_dequantize(batch),
        model.condition(batch),
        model.preparation["image"].decode,
    )
    rows = {
        "original": to_images(batch.image),
        "binarized": to_images(2 * x - 1),
        "reconstruction": to_images(model.decode(model.encode(x, *condition)[0], *condition)),
    }
    if model.config.likelihood == "gaussian":  # dequantization cannot be seen
        rows.pop("binarized")
    images = [image for group in zip(*rows.values(), strict=True) for image in group]
    note = "The expected image at the posterior mean."
    return Gallery("Reconstructions", images, list(rows) * len(x), note, group=len(rows))


def _traversals(model: LatentVariableModel, encoded: EncodedPart, *condition: Tensor) -> Gallery:
    """A grid of traversals: each row varies one of the components with the largest KL."""
    components = np.argsort(-encoded.kl.mean(0), kind="stable")[:TRAVERSED]
    codes = np.repeat(encoded.mean[:1], len(components) * STEPS, axis=0).reshape(len(components), STEPS, -1)
    codes[np.arange(len(components)), :, components] = np.linspace(-RANGE, RANGE, STEPS)
    grid = _decoded_grid(model, codes.reshape(-1, codes.shape[2]), STEPS, *condition)
    order = ", ".join(str(component + 1) for component in components)
    note = (
        f"In each row, one latent component of an image varies from {-RANGE:g} to {RANGE:g} while the others "
        f"are fixed. Components from top to bottom: {order}."
    )
    return Gallery("Latent traversals", [grid], (), note)


def _latent_map(model: LatentVariableModel, *condition: Tensor) -> Gallery:
    """Images decoded from a two-dimensional grid of evenly spaced quantiles of the prior."""
    quantiles = [NormalDist().inv_cdf((i + 0.5) / MAP_SIDE) for i in range(MAP_SIDE)]
    codes = np.array([(x, y) for y in reversed(quantiles) for x in quantiles], np.float32)
    note = "Component 1 increases to the right, component 2 upwards, at evenly spaced quantiles of the prior."
    return Gallery("Latent space map", [_decoded_grid(model, codes, MAP_SIDE, *condition)], (), note)


def _decoded_grid(
    model: LatentVariableModel, codes: np.ndarray, columns: int, *condition: Tensor
) -> np.ndarray:
    """The decoded images of latent codes as one grid, all under the same condition."""
    expanded = (values.expand(len(codes), -1) for values in condition)
    images = model.decode(torch.from_numpy(codes).to(model.device), *expanded)
    return image_grid(model.preparation["image"].decode(images), columns)


def _scatter(encoded: EncodedPart) -> Scatter:
    means = encoded.mean[evenly_spaced(len(encoded.mean), MAX_DOTS)]
    return Scatter("Posterior means", "component 1", "component 2", means[:, 0], means[:, 1])


def _likelihoods(
    metrics: dict[str, float], nll_name: str, nll: np.ndarray, baseline: float, samples: int, values: int
) -> Table:
    """The negative ELBO, the importance-sampled estimate and the baseline."""

    def row(name: str, nats: float, error: float | None = None) -> list[str | float | None]:
        return [name, nats, error, nats / values / math.log(2)]

    error = float(nll.std(ddof=1) / math.sqrt(len(nll))) if len(nll) > 1 else None
    rows = [
        row("negative ELBO, one sample", metrics["neg_elbo"]),
        row(f"{samples} importance samples", metrics[nll_name], error),
        row(BASELINE, baseline),
    ]
    note = (
        f"For {PIXEL_KINDS[nll_name.split('_')[1]]}. The importance-sampled estimate is the mean over "
        f"{len(nll):,} evenly spaced images; with more samples it approaches the true value from above."
    )
    return Table(
        "Likelihood",
        ["negative log-likelihood", "nats per image", "standard error", "bits per value"],
        rows,
        note,
    )


def _components(encoded: EncodedPart, active: np.ndarray) -> Table:
    """The KL of each latent component, and the number of collapsed components."""
    kl, variance = encoded.kl.mean(0), encoded.mean.var(0)
    rows = [
        [f"{unit + 1}", float(kl[unit]), float(variance[unit]), "yes" if active[unit] else "collapsed"]
        for unit in np.argsort(-kl, kind="stable")
    ]
    columns = ["component", "KL in nats", "variance of the posterior mean", "active"]
    return Table("Latent components", columns, rows, _active_components(int(active.sum()), len(active)))


def _active_components(active: int, total: int) -> str:
    """How many latent components are active, and what became of the others."""
    text = f"{active} of {total} latent components {'is' if active == 1 else 'are'} active."
    if total == 1:
        text = f"The only latent component is {'active' if active else 'not active'}."
    collapsed = total - active
    if not collapsed:
        return text
    one, many = ("The other one", f"The other {collapsed}") if active else ("It", "They")
    subject = f"{one} equals" if collapsed == 1 else f"{many} equal"
    what = "it" if collapsed == 1 else "them"
    return (
        f"{text} {subject} the prior for every image, and the decoder ignores {what} (posterior collapse). "
        "This is harmless if the ELBO is good; if nearly all have collapsed, try kl_warmup_fraction=0.3 or a "
        "smaller beta."
    )
