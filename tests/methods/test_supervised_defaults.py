from __future__ import annotations

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.preparation import ImagePreparation, Preparation
from hibiscus.methods.supervised import SupervisedConfig
from hibiscus.methods.supervised_defaults import batch_size_for, default_network, resolve_supervised


def test_every_type_of_input_has_its_default_network():
    image = ImagePreparation(8, 8, 1, (0.5,), (0.5,))
    series, vectors = (
        ArrayPreparation(shape, (0.0,) * shape[-1], (1.0,) * shape[-1]) for shape in ((5, 2), (4,))
    )
    assert default_network(Preparation({"image": image})) == "cnn"
    assert default_network(Preparation({"array": vectors})) == "mlp"
    assert default_network(Preparation({"array": series}), 3000) == "rocket"
    assert default_network(Preparation({"array": series}), 3001) == "inception-time"
    assert default_network(Preparation({"image": image, "array": vectors})) == "ynetwork"


def test_small_datasets_have_small_batches():
    assert [batch_size_for(items) for items in (None, 10_000, 1000, 20)] == [128, 128, 32, 8]


def test_photos_take_the_settings_of_the_transfer():
    photo = Preparation({"image": ImagePreparation(96, 96, 3, (0.5,) * 3, (0.5,) * 3)})
    resolved = resolve_supervised(SupervisedConfig(epochs=3), photo, 1000)
    assert (resolved.net, resolved.transfer, resolved.epochs) == ("efficientnet-lite0", "fine-tune", 3)
    scratch = resolve_supervised(SupervisedConfig(transfer="none"), photo, 1000)
    assert (scratch.net, scratch.transfer, scratch.epochs) == ("cnn", "none", 10)
