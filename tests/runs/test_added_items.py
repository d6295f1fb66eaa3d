from __future__ import annotations

import numpy as np
import torch

from hibiscus.data.dataset import Dataset
from hibiscus.data.images.preparation import ImagePreparation
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.methods.registry import get_method
from hibiscus.runs.added_items import added_items

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (90, 20, 20, 1), dtype=np.uint8)
LABEL = np.arange(90) % 3


def added(name, **options):
    dataset = Dataset(
        "x", "x", {"image": IMAGES, "label": LABEL}, [str(i) for i in range(90)], content_keys(IMAGES)
    )
    preparation = Preparation({"image": ImagePreparation.fit(IMAGES), "label": LabelPreparation.fit(LABEL)})
    data = PreparedData(dataset, preparation, {"train": np.arange(50), "test": np.arange(50, 90)})
    kind = get_method(name)
    torch.manual_seed(0)
    method = kind(kind.resolve(kind.Config(**options), preparation, 50), preparation)
    method.train_mode(False)
    with torch.inference_mode():
        return added_items(method, data, "test", method.evaluate(data, "test"))


def test_a_classifier_has_maps_neighbors_and_suspected_labels():
    titles = [item.title for item in added("classify", net="mlp", net_options={"hidden": [8]})]
    assert titles == [
        "Embeddings: principal components",
        "Embeddings: t-SNE",
        "Nearest training images of the most confident errors",
        "Suspected label errors",
    ]


def test_a_method_that_predicts_no_classes_has_none_of_them():
    assert added("autoencoder", latent_dim=2) == []
