"""The only list of methods: a name, where it is, and what it is for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from hibiscus.errors import UsageError, nearest

if TYPE_CHECKING:
    from hibiscus.training.method import Method

__all__ = ["METHODS", "MethodEntry", "get_method", "list_methods"]


@dataclass(frozen=True)
class MethodEntry:
    """One row of the registry; reading it imports nothing."""

    name: str
    target: str
    family: str
    summary: str


METHODS = (
    MethodEntry("classify", "hibiscus.methods.classify.classify:Classify", "classify", "which class an item belongs to"),
    MethodEntry("regress", "hibiscus.methods.classify.regress:Regress", "classify", "a number for each item"),
    MethodEntry("dcgan", "hibiscus.methods.gan.dcgan:DCGAN", "gan", "makes images like those of a folder"),
    MethodEntry("lsgan", "hibiscus.methods.gan.lsgan:LSGAN", "gan", "makes images; least squares in place of logarithms"),
    MethodEntry("cgan", "hibiscus.methods.gan.cgan:CGAN", "gan", "makes images of the class that is asked for"),
    MethodEntry("acgan", "hibiscus.methods.gan.acgan:ACGAN", "gan", "makes images of the class that is asked for; a classifier helps"),
    MethodEntry("infogan", "hibiscus.methods.gan.infogan:InfoGAN", "gan", "finds kinds of images and how they vary, without labels"),
    MethodEntry("stackedgan", "hibiscus.methods.gan.stackedgan:StackedGAN", "gan", "makes images of a class by way of its features"),
    MethodEntry("wgan", "hibiscus.methods.gan.wgan:WGAN", "gan", "makes images; a critic with clipped weights measures the distance"),
    MethodEntry("wgan-gp", "hibiscus.methods.gan.wgan_gp:WGANGP", "gan", "makes images; steadier, five critic steps to one"),
    MethodEntry("progan", "hibiscus.methods.gan.progan:ProGAN", "gan", "makes images; grows from small ones to large"),
    MethodEntry("cyclegan", "hibiscus.methods.gan.cyclegan:CycleGAN", "gan", "gives images of one kind the look of another"),
    MethodEntry("autoencoder", "hibiscus.methods.autoencode.autoencoder:Autoencoder", "autoencode", "short codes for images, and back"),
    MethodEntry("denoiser", "hibiscus.methods.autoencode.denoiser:Denoiser", "autoencode", "takes noise off images"),
    MethodEntry("colorizer", "hibiscus.methods.autoencode.colorizer:Colorizer", "autoencode", "gives grey images colours"),
    MethodEntry(
        "autoencoder-classifier",
        "hibiscus.methods.autoencode.classifier:AutoencoderClassifier",
        "autoencode",
        "which class an image belongs to, its code, and the image without noise",
    ),
    MethodEntry("vae", "hibiscus.methods.vae.vae:VAE", "vae", "codes for images, likelihoods, and new images from codes"),
    MethodEntry("cvae", "hibiscus.methods.vae.cvae:CVAE", "vae", "codes within a class, and new images of the class that is asked for"),
    MethodEntry("beta-vae", "hibiscus.methods.vae.beta_vae:BetaVAE", "vae", "codes of few, independent units"),
    MethodEntry("ssd", "hibiscus.methods.detect.ssd:SSD", "detect", "where things are in images, and of what class"),
    MethodEntry("unet", "hibiscus.methods.segment.unet:UNet", "segment", "the class of each pixel; sharp outlines, few images"),
    MethodEntry("fcn", "hibiscus.methods.segment.fcn:FCN", "segment", "the class of each pixel, by a pyramid of maps"),
    MethodEntry("pspnet", "hibiscus.methods.segment.pspnet:PSPNet", "segment", "the class of each pixel, by the whole scene about it"),
    MethodEntry("dqn", "hibiscus.methods.control.dqn:DQN", "control", "acts in an environment, by the worth of each action"),
    MethodEntry("iic", "hibiscus.methods.information.iic:IIC", "information", "clusters of images, without labels"),
    MethodEntry("protonet", "hibiscus.methods.fewshot.protonet:Protonet", "fewshot", "new classes of images from a few examples of each"),
)


def list_methods() -> list[MethodEntry]:
    """All methods, with those that other packages add through the entry point group `hibiscus.methods`."""
    others = [MethodEntry(point.name, point.value, "added", f"from {point.value}") for point in entry_points(group="hibiscus.methods")]
    return [*METHODS, *others]


def get_method(name: str) -> type[Method]:
    """The method's class by its name.

    Raises:
        UsageError: no such method; the message names the nearest.
    """
    known = {entry.name: entry for entry in list_methods()}
    if name not in known:
        raise UsageError(f"there is no method '{name}'", "a method of `hibiscus list`", nearest(name, known))
    module, attribute = known[name].target.split(":")
    return getattr(importlib.import_module(module), attribute)
