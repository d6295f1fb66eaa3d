"""What classification and regression do with photos before they are trained."""

from __future__ import annotations

import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.methods.classify.classify import Classify


def photos(count=20, side=64):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (count, side, side, 3), dtype=np.uint8)
    fields = {"image": images, "label": np.arange(count) % 2}
    return Dataset("photos", "photos", fields, [str(i) for i in range(count)], content_keys(images))


def test_photo_files_are_resized_for_a_pretrained_base():
    data, config = photos(), Classify.Config()
    assert Classify.default_image_size(data, config) == 224
    data.about["longer_side"] = 110
    assert Classify.default_image_size(data, config) == 160
    assert Classify.default_image_size(photos(side=32), config) is None
    assert Classify.default_image_size(data, Classify.Config(net="resnet20")) is None
    data.fields["array"] = np.zeros((20, 1))
    assert Classify.default_image_size(data, config) is None


def test_all_folds_take_the_same_base():
    assert Classify.choose_once(Classify.Config(), photos(), 20) == {
        "net": "efficientnet-lite0",
        "transfer": "fine-tune",
    }
    assert Classify.choose_once(Classify.Config(), photos(side=32), 20) == {"net": "auto", "transfer": "none"}


def test_a_note_says_what_the_weights_would_bring(monkeypatch):
    assert Classify.data_notes(photos(), Classify.Config()) == []
    monkeypatch.setattr("hibiscus.methods.supervised_method.is_installed", lambda: False)
    (note,) = Classify.data_notes(photos(), Classify.Config())
    assert "pip install 'hibiscus[pretrained]'" in note
    assert Classify.data_notes(photos(), Classify.Config(transfer="none")) == []
    assert Classify.data_notes(photos(side=32), Classify.Config()) == []
