"""A GAN of another package, added by an entry point: it keeps the contracts and works in every command, with
nothing else to edit.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from contract import checks
from hibiscus import api
from hibiscus.errors import UsageError
from hibiscus.methods.registry import METHODS, get_method, list_methods

SOURCE = '''r"""Hinge GAN: a discriminator that ignores the images that it already separates by a margin.

    discriminator_loss = mean max(0, 1 - D(x)) + mean max(0, 1 + D(G(z)))
    generator_loss     = - mean D(G(z)),        z uniform in [-1, 1]

D is unbounded. Real images with D(x) > 1 and generated ones with D(G(z)) < -1 contribute no gradient, so the
discriminator works on the images that it confuses.

Use it with `spectral_norm=true` on photos. What most often goes wrong is a discriminator that is too strong:
raise `generator_lr_factor`.

Differences from the paper: the networks are those of DCGAN.

Reference: Lim, Ye, "Geometric GAN", 2017, arXiv 1705.02894.
"""

from __future__ import annotations

from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.methods.gan.base import GAN
from hibiscus.methods.gan.config import GANConfig
from hibiscus.methods.gan.stabilization import discriminator_accuracy
from hibiscus.networks.dcgan import Discriminator, Generator

__all__ = ["HingeGAN"]


class Config(GANConfig):
    """Options of `hinge-gan`."""


class HingeGAN(GAN):
    """Two players: a discriminator on new batches, and a generator on the output of the discriminator."""

    name, title, family, summary = "hinge-gan", "Hinge GAN", "gan", "GAN with the hinge loss"
    Config = Config

    def networks(self) -> dict[str, nn.Module]:
        """The generator and the discriminator."""
        config = self.config
        generator = Generator(config.latent_dim, self.shape, config.width)
        # both terms would cancel in it
        discriminator = Discriminator(self.shape, config.width, last_bias=False)
        return self.stabilized({"generator": generator, "discriminator": discriminator})

    def discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The hinge loss of real and of generated images."""
        real, fake = self.discriminate(batch)
        loss = (1 - real.float()).relu().mean() + (1 + fake.float()).relu().mean()
        return loss, {"accuracy": discriminator_accuracy(real, fake)}

    def generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The negative output of the discriminator for generated images."""
        return -self.discriminator(self.fake_images(batch)).float().mean(), {}
'''
ENTRY_POINTS = """[hibiscus.methods]
hinge-gan = hinge_gan:HingeGAN
dcgan = hinge_gan:HingeGAN
broken-gan = no_such_module:GAN
"""
METADATA = "Metadata-Version: 2.1\nName: hinge-gan\nVersion: 1.0\n"
HERE_ONLY = (checks.formula_and_learning_are_tested,)  # asks for a file of this repository


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """An installed package of one module: the source and the metadata that an installer writes."""
    folder = tmp_path_factory.mktemp("site-packages")
    (folder / "hinge_gan.py").write_text(SOURCE, encoding="utf-8")
    info = folder / "hinge_gan-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA, encoding="utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def installed(package, monkeypatch, tmp_path_factory):
    monkeypatch.syspath_prepend(str(package))
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path_factory.getbasetemp() / "contract-cache"))


def test_it_is_short():
    assert SOURCE.count("\n") <= 70


def test_it_is_listed_beside_the_others():
    entry = next(entry for entry in list_methods() if entry.name == "hinge-gan")
    assert (entry.title, entry.family, entry.summary) == ("Hinge GAN", "gan", "GAN with the hinge loss")
    assert entry.name not in {own.name for own in METHODS}


def test_no_package_replaces_a_method_of_this_one_and_a_broken_one_is_reported():
    assert get_method("dcgan").__module__ == "hibiscus.methods.gan.dcgan"
    assert [entry.name for entry in list_methods()].count("dcgan") == 1
    broken = next(entry for entry in list_methods() if entry.name == "broken-gan")
    assert "no_such_module" in broken.summary
    with pytest.raises(UsageError, match="broken-gan: cannot be imported"):
        get_method("broken-gan")


@pytest.mark.parametrize(
    "check", [check for check in checks.CHECKS if check not in HERE_ONLY], ids=lambda check: check.__name__
)
def test_it_keeps_the_contract(check, tmp_path):
    check(get_method("hinge-gan"), tmp_path)


def test_the_objective_is_its_formula(tmp_path):
    bench = checks.Bench(get_method("hinge-gan"), tmp_path)
    images = torch.rand(5, 1, 8, 8) * 2 - 1
    from hibiscus.data.batch import Batch

    with torch.no_grad():
        torch.manual_seed(0)
        loss, _ = bench.method.discriminator_loss(Batch(image=images))
        torch.manual_seed(0)
        fake = bench.method.generate(Batch(image=images))
        real, fake = (bench.method.discriminator(values).numpy() for values in (images, fake))
    assert loss.item() == pytest.approx(
        np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean(), rel=1e-5
    )


def test_it_trains_from_the_command_line_to_the_report(tmp_path, capsys):
    from hibiscus.cli.app import app

    words = [
        "train",
        "hinge-gan",
        "digits",
        "epochs=1",
        "width=8",
        "latent_dim=8",
        "lr=1e-3",
        "--json",
        "--out",
        str(tmp_path / "run"),
    ]
    with pytest.raises(SystemExit) as end:
        app(words)
    assert end.value.code in (None, 0)
    assert "test/frechet" in json.loads(capsys.readouterr().out)["metrics"]
    run = api.load(tmp_path / "run")
    assert run.info["config"]["learning_rate"] == 1e-3
    assert len(run.sample(3)["image"]) == 3
    assert "Hinge GAN" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
