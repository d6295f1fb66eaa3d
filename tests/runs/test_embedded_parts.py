from __future__ import annotations

import numpy as np
import pytest

from hibiscus import api
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.errors import UsageError
from hibiscus.runs import embedded_parts

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
    found = run.embedding_maps("train")
    components, neighbors = found.maps
    assert found.ids == run._prepared().ids("train")
    assert list(components.groups) == found.groups == [LABEL[int(name)] for name in found.ids]
    assert f"{items} items of the training part" in components.note
    assert len(components.x) == len(neighbors.y) == items
    assert set(components.groups) == {"cat", "dog", "cow"}


def test_a_part_that_the_run_does_not_have(tmp_path):
    run = run_of(tmp_path, "classify", net="linear")
    with pytest.raises(UsageError, match="part=tset"):
        run.embedding_maps("tset")
    (components, *_) = run.embedding_maps().maps
    assert "test part" in components.note


def test_inputs_are_marked_among_the_items_of_a_part(tmp_path):
    run = run_of(tmp_path, "classify", net="mlp", net_options={"hidden": [6]})
    first = run._prepared().parts["test"][0]
    found = run.embedding_maps("test", inputs=IMAGES[[first, 0]])
    assert found.parts[-3:] == ["test", "input", "input"]
    assert found.groups[-2:] == ["input", "input"]
    for item in found.maps[:1]:
        assert list(np.flatnonzero(item.marked)) == [len(found.ids) - 2, len(found.ids) - 1]
        np.testing.assert_allclose([item.x[0], item.y[0]], [item.x[-2], item.y[-2]], atol=1e-5)
        assert "and inputs (2)" in item.note
        assert "Crosses: the inputs" in item.note


def test_large_parts_are_thinned_out_and_tiny_ones_refused(tmp_path, monkeypatch):
    run = run_of(tmp_path, "autoencoder", latent_dim=3)
    monkeypatch.setattr(embedded_parts, "MAX_TSNE_ITEMS", 40)
    monkeypatch.setattr(embedded_parts, "MAX_INPUTS", 5)
    found = run.embedding_maps("train", inputs=IMAGES[:9])
    assert found.parts == ["train"] * 35 + ["input"] * 5
    assert len(found.maps) == 2
    monkeypatch.setattr(embedded_parts, "MAX_TSNE_ITEMS", 2)
    with pytest.raises(UsageError, match="2 items on a map"):
        run.embedding_maps("train")


def test_a_method_that_does_not_embed(tmp_path):
    run = run_of(tmp_path, "lsgan")
    with pytest.raises(UsageError, match="lsgan does not embed"):
        run.embedding_maps()
