"""The options that methods on images share: hibiscus.methods.augmentation."""

import pytest
import torch

from hibiscus.data.images.augment import Augment
from hibiscus.methods.augmentation import AugmentationConfig, flip_average
from hibiscus.methods.segment.base import SegmentationConfig
from hibiscus.methods.supervised import SupervisedConfig


def test_they_describe_the_augmentation():
    config = AugmentationConfig(rotation=15, scale_range=0.1, flip=True, padding_mode="zero")
    assert config.build_augment() == Augment(rotation=15, scale_range=0.1, flip=True, padding_mode="zero")
    assert not AugmentationConfig().build_augment().active


def test_options_keep_their_range_and_sentence_where_a_method_changes_the_default():
    shared, changed = AugmentationConfig.model_fields, SegmentationConfig.model_fields
    assert changed["scale_range"].default == 0.25
    for name in ("scale_range", "translate", "brightness", "padding_mode"):
        assert changed[name].description == shared[name].description
        assert changed[name].metadata == shared[name].metadata
    assert SupervisedConfig.model_fields["net_options"].description
    assert SupervisedConfig().net_options == {}
    with pytest.raises(ValueError, match="scale_range"):
        SegmentationConfig(scale_range=1.0)


def test_flip_average_is_the_mean_of_both_outputs():
    images = torch.arange(12.0).reshape(1, 1, 3, 4)
    torch.testing.assert_close(flip_average(lambda x: x, images, undo=lambda x: x.flip(3)), images)
    first_column = flip_average(lambda x: x[..., 0], images)
    torch.testing.assert_close(first_column, (images[..., 0] + images[..., 3]) / 2)
