"""What the report shows of a variational autoencoder: how likely images are under it, what it makes, what its code holds."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.images.ops import image_grid
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.elbo import Model, Seen, bound, chosen, independent_pixels, kind_of, look, sampled_nll
from hibiscus.evaluation.items import Gallery, ReportItem, Scatter, Table
from hibiscus.methods.sampling import to_pixels
from hibiscus.metrics.likelihood import active_units
from hibiscus.training.method import Evaluation

__all__ = ["BASELINE", "evaluate_vae"]

BASELINE = "independent pixels"
SHOWN, SAMPLES, TRAVERSED, STEPS, MAP_SIDE, DOTS = 20, 60, 8, 9, 15, 2000


def evaluate_vae(model: Model, data: PreparedData, part: str) -> Evaluation:
    """All metrics beside independent pixels, with images of what the code holds."""
    config, seen = model.config, look(model, data, part)
    nll, values = sampled_nll(model, data, part), math.prod(model.preparation["image"].shape)
    baseline = independent_pixels(data, part, config.likelihood, bool(model.classes))
    told = model.told(chosen(model, data, part, np.arange(1)))  # of the image whose code is changed
    sampled = f"nll_{kind_of(data, part, config.likelihood)}_{config.importance_samples}is"
    active = active_units(seen.mean)
    metrics = {**bound(seen, config.beta), sampled: float(nll.mean()), "active_units": float(active.sum())}
    samples, note = model.sample(SAMPLES), "Expected images of codes from the prior, not chosen."
    report_items: list[ReportItem] = [
        _reconstructions(model, data, part),
        Gallery("Samples", list(samples["image"]), [str(name) for name in samples.get("label", ())], note),
        _traversals(model, seen, *told),
        _likelihoods(metrics, sampled, nll, baseline, config.importance_samples, values),
        _units(seen, active),
    ]
    if seen.mean.shape[1] == 2:
        report_items[2:3] = [_map(model, *told), _plane(seen)]
    return Evaluation(metrics, {BASELINE: {"neg_elbo": baseline, "loss": baseline, sampled: baseline}}, report_items)


def _reconstructions(model: Model, data: PreparedData, part: str) -> Gallery:
    batch, preparation = chosen(model, data, part, data.subsample(part, SHOWN)), model.preparation["image"]
    x, told = model.draw(batch), model.told(batch)
    rows = {
        "original": to_pixels(batch.image, preparation),
        "as drawn": to_pixels(2 * x - 1, preparation),
        "reconstruction": to_pixels(model.decode(model.encode(x, *told)[0], *told), preparation),
    }
    if model.config.likelihood == "gaussian":  # what was drawn looks the same
        rows.pop("as drawn")
    images = [image for several in zip(*rows.values(), strict=True) for image in several]
    note = "Through the code and back: the expected image of the mean code."
    return Gallery("Reconstructions", images, list(rows) * len(x), note)


def _traversals(model: Model, seen: Seen, *told: Tensor) -> Gallery:
    """One grid: a row for each of the units that tell most, changed alone from -2.5 to 2.5 in the code of the first image."""
    units = np.argsort(-seen.kl.mean(0), kind="stable")[:TRAVERSED]
    codes = np.repeat(seen.mean[:1], len(units) * STEPS, axis=0).reshape(len(units), STEPS, -1)
    codes[np.arange(len(units)), :, units] = np.linspace(-2.5, 2.5, STEPS)
    note = f"Each row changes one unit of one image's code from -2.5 to 2.5; from above: {', '.join(f'unit {u + 1}' for u in units)}."
    return Gallery("One unit at a time", [_grid(model, codes.reshape(-1, codes.shape[2]), STEPS, *told)], (), note)


def _map(model: Model, *told: Tensor) -> Gallery:
    """All of a code of two numbers: images at evenly spaced quantiles of the prior."""
    places = [NormalDist().inv_cdf((i + 0.5) / MAP_SIDE) for i in range(MAP_SIDE)]
    codes = np.array([(x, y) for y in reversed(places) for x in places], np.float32)
    note = "Unit 1 grows rightwards, unit 2 upwards, as the prior is spread."
    return Gallery("The whole code", [_grid(model, codes, MAP_SIDE, *told)], (), note)


def _grid(model: Model, codes: np.ndarray, columns: int, *told: Tensor) -> np.ndarray:
    """The images of codes, side by side; what the networks are told is the same for each."""
    images = model.decode(torch.from_numpy(codes).to(model.device), *(each.expand(len(codes), -1) for each in told))
    return image_grid(to_pixels(images, model.preparation["image"]), columns)


def _plane(seen: Seen) -> Scatter:
    chosen = seen.mean[evenly_spaced(len(seen.mean), DOTS)]
    return Scatter("Mean codes of the images", "unit 1", "unit 2", chosen[:, 0], chosen[:, 1])


def _likelihoods(metrics: dict[str, float], sampled: str, nll: np.ndarray, baseline: float, samples: int, values: int) -> Table:
    """Bound and estimate, with what each is of."""
    row = lambda name, nats, error=None: [name, nats, error, nats / values / math.log(2)]  # noqa: E731
    error = float(nll.std(ddof=1) / math.sqrt(len(nll))) if len(nll) > 1 else None
    rows = [row("bound, one sample", metrics["neg_elbo"]), row(f"{samples} importance samples", metrics[sampled], error)]
    what = {
        "dynamic": "pixels drawn black or white by their brightness (dynamic binarisation)",
        "static": "pixels that are black or white in the data (static)",
        "8bit": "levels of 0 to 255",
    }[sampled.split("_")[1]]
    note = f"Of {what}. The estimate is over {len(nll):,} images, evenly spaced; with more samples it falls towards the truth."
    columns = ["negative log-likelihood", "nats per image", "standard error", "bits per value"]
    return Table("How likely the images are", columns, [*rows, row(BASELINE, baseline)], note)


def _units(seen: Seen, active: np.ndarray) -> Table:
    """What each unit tells, and in words how many tell nothing."""
    kl, spread = seen.kl.mean(0), seen.mean.var(0)
    order = np.argsort(-kl, kind="stable")
    rows = [[f"{unit + 1}", float(kl[unit]), float(spread[unit]), "yes" if active[unit] else "collapsed"] for unit in order]
    idle = int((~active).sum())
    note = f"{int(active.sum())} of {len(active)} units tell images apart. "
    if idle:
        note += (
            f"The other {idle} hold the same noise for every image, and the decoder has learned not to read them (posterior collapse). "
            "That is no harm where the bound is good; if nearly all are so, try learning_starts=0.3 or a smaller beta."
        )
    return Table("What each unit tells", ["unit", "KL in nats", "variance of its mean", "active"], rows, note)
