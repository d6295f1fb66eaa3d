from __future__ import annotations

import numpy as np
import pytest

from hibiscus import api
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.errors import UsageError

IMAGES = np.random.default_rng(0).integers(0, 255, (120, 8, 8, 1), dtype=np.uint8)
LABEL = np.array(["cat", "dog", "cow"])[np.arange(120) % 3]


def run_of(tmp_path, method, **options):
    dataset = Dataset(
        "x", "x", {"image": IMAGES, "label": LABEL}, [str(i) for i in range(120)], content_keys(IMAGES)
    )
    return api.train(method, dataset, out=tmp_path / "run", quiet=True, evaluate=False, epochs=1, **options)


@pytest.mark.parametrize(
    ("method", "options"),
    [("classify", {"net": "mlp", "net_options": {"hidden": [6]}}), ("autoencoder", {"latent_dim": 3})],
)
def test_every_method_that_embeds_has_maps_of_its_parts(tmp_path, method, options):
    run = run_of(tmp_path, method, **options)
    items = len(run._prepared().parts["train"])
    components, neighbors = run.embedding_maps("train")
    assert f"{items} items of the training part" in components.note
    assert len(components.x) == len(neighbors.y) == items
    assert set(components.groups) == {"cat", "dog", "cow"}


def test_a_part_that_the_run_does_not_have(tmp_path):
    run = run_of(tmp_path, "classify", net="linear")
    with pytest.raises(UsageError, match="part=tset"):
        run.embedding_maps("tset")
    (components, *_) = run.embedding_maps()
    assert "test part" in components.note


def test_a_method_that_does_not_embed(tmp_path):
    run = run_of(tmp_path, "lsgan")
    with pytest.raises(UsageError, match="lsgan does not embed"):
        run.embedding_maps()
