"""The formulas in the docstring of `cvae`, computed in NumPy; conditional samples, and classes of images."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from contract.checks import Bench
from hibiscus.data.batch import Batch
from hibiscus.errors import UsageError
from hibiscus.evaluation.conditional_accuracy import add_conditional, conditional_grid
from hibiscus.evaluation.elbo import independent_pixels
from hibiscus.methods.vae.cvae import CVAE
from hibiscus.training.method import Evaluation
from methods.gan_fixtures import CLASSES, images, made, sigmoid
from methods.learning import trained

LIKELIHOODS = ("bernoulli", "gaussian")


def cvae(**options):
    return made(CVAE, **{"likelihood": "bernoulli", "net": "mlp", **options})


@pytest.mark.parametrize("net", ["mlp", "cnn"])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_objective_is_its_formula(likelihood, net):
    method, batch, beta = cvae(likelihood=likelihood, net=net, beta=3.0), images(), 3.0
    torch.manual_seed(5)
    loss, terms = method.loss(batch)
    torch.manual_seed(5)
    uniform, noise = torch.rand(6, 1, 8, 8).numpy(), torch.randn(6, 4).double().numpy()
    share, c = (batch.image.numpy() + 1) / 2, np.eye(3, dtype=np.float32)[batch.label.numpy()]
    x = (uniform < share).astype(np.float32) if likelihood == "bernoulli" else (255 * share + uniform) / 256
    encoded = method.encoder(torch.from_numpy(2 * x - 1), torch.from_numpy(c)).detach().double().numpy()
    mean, log_variance = np.split(encoded, 2, axis=1)
    z = mean + np.exp(log_variance / 2) * noise
    s = sigmoid(method.decoder(torch.from_numpy(z).float(), torch.from_numpy(c)).detach().numpy())
    if likelihood == "bernoulli":
        log_x = (x * np.log(s) + (1 - x) * np.log(1 - s)).sum((1, 2, 3))
    else:
        sigma = np.sqrt(32.0**2 + 1)
        log_x = -(((256 * x - 256 * s) / sigma) ** 2 / 2 + np.log(sigma) + np.log(2 * np.pi) / 2).sum(
            (1, 2, 3)
        )
    kl = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1).sum(1)
    assert loss.item() == pytest.approx(-log_x.mean() + beta * kl.mean(), rel=1e-4)
    assert terms["kl"].item() == pytest.approx(kl.mean(), rel=1e-4)


def test_both_networks_depend_on_the_class():
    method, batch = cvae(), images(1)
    x, z = (batch.image + 1) / 2, torch.zeros(1, 4)
    conditions = [
        method.condition(Batch(image=batch.image, label=torch.tensor([number]))) for number in (0, 2)
    ]
    assert not torch.allclose(method.encode(x, *conditions[0])[0], method.encode(x, *conditions[1])[0])
    assert not torch.allclose(method.decode(z, *conditions[0]), method.decode(z, *conditions[1]))


def test_samples_are_conditioned_on_the_requested_class():
    method, labels = cvae(), []
    method.train_mode(False)
    method.decoder.register_forward_pre_hook(lambda net, inputs: labels.append(inputs[1].argmax(1).tolist()))
    assert method.sample(5)["label"].tolist() == ["7", "cat", "dog", "7", "cat"]
    for label, number in (("dog", 2), ("7", 0), (7, 0), ("1", 1), (2, 2)):
        samples = method.sample(2, label=label)
        assert samples["label"].tolist() == [CLASSES[number]] * 2
        assert samples["image"].shape == (2, 8, 8, 1)
        assert labels[-1] == [number] * 2
    with pytest.raises(UsageError, match="no such class"):
        method.sample(2, label="dig")


def test_the_predicted_class_is_the_one_with_the_largest_elbo():
    method, batch = cvae(), images(4)
    x, c = (batch.image + 1) / 2, torch.eye(3)[[1]].expand(4, -1)
    mean, log_variance = method.encode(x, c)
    kl = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(1)
    expected = method.log_likelihood(x, mean, c) - kl
    np.testing.assert_allclose(method.class_elbo(batch)[:, 1].detach(), expected.detach(), rtol=1e-5)
    unlabeled = Batch(image=batch.image)
    assert torch.equal(method.condition(unlabeled)[0].argmax(1), method.class_elbo(unlabeled).argmax(1))
    assert torch.equal(method.condition(batch)[0].argmax(1), batch.label)


def test_independent_pixels_may_be_fitted_by_class(tmp_path):
    data = Bench(CVAE, tmp_path, count=600).data
    likelihoods = [independent_pixels(data, "val", "bernoulli", by_class) for by_class in (False, True)]
    assert likelihoods[1] < likelihoods[0]
    expected = 0.0
    train, val = ([data.values(field, part) for field in ("image", "label")] for part in ("train", "val"))
    for pixels, label in zip(*val, strict=True):
        pixels_of_class = train[0][train[1] == label].astype(float)
        share = (pixels_of_class.sum(0) / 255 + 0.5) / (len(pixels_of_class) + 1)
        expected -= (pixels / 255 * np.log(share) + (1 - pixels / 255) * np.log(1 - share)).sum() / len(
            val[1]
        )
    assert likelihoods[1] == pytest.approx(expected)


def test_conditional_accuracy_is_how_often_the_classifier_predicts_the_condition(tmp_path):
    data = Bench(CVAE, tmp_path, count=800).data
    known, pixels = data.values("label", "train"), data.values("image", "train")
    baseline = Evaluation({}, {"independent pixels": {"loss": 1.0}}, [])

    def evaluated(turn):
        """A model that generates a training image of the class, or of the next one, and classifies
        likewise.
        """
        first = [pixels[np.flatnonzero(known == number)[0]] for number in range(10)]
        generate = lambda label: np.stack([first[(int(y) + turn) % 10] for y in label])  # noqa: E731
        classify = lambda batch: torch.eye(10)[(batch.label + turn) % 10]  # noqa: E731
        encode = lambda batch: torch.zeros(len(batch.image), 4)  # noqa: E731
        decode = lambda codes, label: (label / 10).view(-1, 1, 1, 1).expand(-1, 1, 8, 8)  # noqa: E731
        grid = conditional_grid(encode, decode, data, "train")
        return add_conditional(baseline, generate, classify, grid, data, "train")

    right, wrong = evaluated(0), evaluated(1)
    assert right.metrics["conditional_accuracy"] > 0.9
    assert right.metrics["accuracy"] == 1
    assert right.baselines["independent pixels"].keys() == {"loss", "conditional_accuracy"}
    titles = [report_item.title for report_item in right.report_items]
    assert titles == ["The same code in every class", "Conditional accuracy by class"]
    table = right.report_items[1]
    assert list(table.columns) == ["class", "images", "generated images", "independent pixels", "real images"]
    assert len(table.rows) == 10
    assert wrong.metrics["conditional_accuracy"] < 0.1
    assert wrong.metrics["accuracy"] == 0
    (grid,) = right.report_items[0].images
    centers = [int(grid[4, column * grid.shape[1] // 11 + 4]) for column in range(1, 11)]
    assert len(set(centers)) == 10, "an image for each class"


@pytest.mark.slow
def test_it_learns_to_generate_and_to_classify_digits(tmp_path):
    evaluation = trained(tmp_path, "cvae", "digits", epochs=150)
    metrics, pixels = evaluation["metrics"], evaluation["baselines"]["independent pixels"]
    assert metrics["test/conditional_accuracy"] >= 0.95
    assert metrics["test/accuracy"] >= 0.9
    assert metrics["test/neg_elbo"] < 0.975 * pixels["test/neg_elbo"]
